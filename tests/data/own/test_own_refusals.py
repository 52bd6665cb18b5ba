"""Samples of one's own: what cannot be read is told in a sentence."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings

from tests.data.own.written import npy, parquet, read
from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own import samples as own_samples
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import chunks, read_samples

WIDE = ",".join(f"c{i}" for i in range(10**6))
REFUSED: list[tuple[bytes | str, dict[str, Any], str]] = [
    ("", {}, "This is empty"),
    ("\n \r\n", {}, "This is empty"),
    ("# only\n", {}, "comments only"),
    ("a,b\n", {}, "There is a header and no row"),
    ("a,b\n\n\n", {}, "There is a header and no row"),
    ("a,b\n1,2\n3,x\n", {}, "Column 'b' holds 'x' in line 3; expected numbers"),
    ('id,b\n"1\nx",2\n"y",z\n', {}, "Column 'b' holds 'z' in line 4; expected numbers"),
    (
        "a,b\n" + "".join(f"x{i},1\n" for i in range(1001)),
        {"features": ["a"]},
        "Column 'a' holds more than 1,000 different texts; expected few categories",
    ),
    ("a;b\n1,5;2\n1.5;3\n1,5;3\n", {}, "'a' holds '1.5' in line 3; expected numbers"),
    ("a,b\n1,2\n3\n", {}, "Expected 2 columns in every row, as in the first line; line 3 holds 1"),
    ("a,b\n1,2\n3,4,5\n", {}, "line 3 holds 3"),
    ("a,b\n1,2,3\n4,5,6\n", {}, "Expected 2 columns in every row, .* line 2 holds 3"),
    ("<html>\n1,2\n", {}, "This is HTML or XML"),
    ('<?xml version="1.0"?><a>', {}, "This is HTML or XML"),
    ("<row><a>1</a></row>\n", {}, "This is HTML or XML"),
    ("a,b\nx,y\n", {}, "Expected at least one column of numbers"),
    ("a,b\n,\n,\n", {}, "found the columns 'a', 'b', with no value"),
    (
        "a,b\nnan,inf\n,\n",
        {},
        r"No row has a feature that is neither missing nor infinite \(2 rows\)",
    ),
    ("a,a,b\n1,2,3\n", {}, "Several columns have the name 'a'"),
    (WIDE + "\n", {}, "Expected at most 5,000 columns"),
    ("c" * 10 + ",c" * 20_000 + "\n", {}, "Expected at most 5,000 columns; found 20,001"),
    ('a,b\n1,"2\n', {}, "A quotation mark is opened and never closed"),
    ("a,b\n1,2\n", {"features": ["c"]}, "There is no column 'c'; found the columns 'a', 'b'"),
    ("a,b\n1,2\n", {"features": ["a", "a"]}, "A feature is named twice"),
    ("a,b\n1,2\n", {"features": []}, "Expected at least one column"),
    ("a,b\n1,2\n", {"label": "c"}, "There is no column 'c'"),
    ("a,b\n1,2\n", {"features": ["a"], "label": "a"}, "Column 'a' is a feature"),
    ("a,label\n1,0\n2,1\n1,q\n", {"label": "label"}, "'label' holds '0', '1', 'q', of which"),
    ("a,label\n1,0\n" + "2,1\n" * 999 + "3,x\n", {}, "'label' holds 'x' in line 1,002; expected"),
    ("id,a\n" + "x" * 500 + ",1\n", {}, "holds 500 characters in line 2; expected at most 200"),
    (b"a,b\n1,\xff\x01\n", {}, r"nor text in UTF-8 \(byte 7\)"),
    (b"a,b\n1,\xc3", {}, r"nor text in UTF-8 \(byte 7\)"),
    (b"a,b\n1,\x00\n", {}, r"nor text in UTF-8 \(byte 7\)"),
    ("a,b\n1,2\n".encode("utf-16")[:-1], {}, "This is no text in UTF-16 throughout"),
    (b"\x1f\x8b\x08\x00abc", {}, "This gzip file is damaged or cut off"),
    (gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:-9], {}, "This gzip file is damaged or cut off"),
    (b"\xd0\xcf\x11\xe0abc", {}, "This is an old Excel file"),
    ('{"a": 1, "b": [2]}', {}, "Expected records of JSON"),
    ("a,b\n" + "1" * 9_000_000 + ",2\n", {}, "A line cannot be read"),
    ("a,b\n" + "1,2\n" * 2000 + "1" * 20_000_000 + ",2\n", {}, "A line is longer than 8 MB"),
    (b"PAR1", {}, "This parquet file is damaged"),
    (parquet(pd.DataFrame({"a": [1.0] * 1000}))[:-20], {}, "This parquet file is damaged"),
    (parquet(pd.DataFrame({"a": [], "b": []})), {}, "There are columns and no row"),
    (parquet(pd.DataFrame({"a": ["x"]})), {}, "Expected at least one column of numbers"),
    (b"\x93NUMPY", {}, "This NumPy file is damaged"),
    (npy(np.zeros((4, 3)))[:-1], {}, "Expected 96 bytes .* found 95"),
    (npy(np.zeros((0, 3))), {}, "The array is empty"),
    (npy(np.zeros(5)), {}, r"Expected an array \(rows, columns\)"),
    (npy(np.zeros((2, 3), complex)), {}, "found the type complex128"),
    (npy(np.full((2, 3), "x")), {}, "found the type <U1"),
    (npy(np.zeros((2, 3), "M8[s]")), {}, "found the type datetime64"),
    (npy(np.zeros(2, [("a", float), ("b", int)]).reshape(1, 2)), {}, "one with the fields a, b"),
    (npy(np.zeros((2, 6000))), {}, "Expected at most 5,000 columns; found 6,000"),
]


@pytest.mark.parametrize(("content", "columns", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(content: bytes | str, columns: dict[str, Any], sentence: str):
    with pytest.raises(DataError, match=rf"^upload: .*{sentence}") as caught:
        read(content, name="upload", **columns)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_pickles_are_refused(tmp_path: Path):
    """An array of objects would be unpickled, which can run anything."""
    array = np.array([[1, "x"], [2, None]], dtype=object)
    with pytest.raises(DataError, match="found the type object"):
        read(npy(array))


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(own_samples, "MAX_VALUES", 5)
    with pytest.raises(DataError, match="Expected at most 5 values in all"):
        read("a,b\n1,2\n3,4\n5,6\n")
    monkeypatch.setattr("wganad_core.data.own.file.MAX_HELD_BYTES", 5)
    with pytest.raises(DataError, match="upload: Expected at most 0 MB, found more"):
        read("a,b\n1,2\n", name="upload")


def test_a_million_columns_of_parquet(monkeypatch: pytest.MonkeyPatch):
    table = pa.table({f"c{i}": [1.0] for i in range(6000)})
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer)
    with pytest.raises(DataError, match="Expected at most 5,000 columns; found 6,000"):
        read(buffer.getvalue())
    monkeypatch.setattr("wganad_core.data.own.parquet_rows.MAX_FOOTER", 1000)
    with pytest.raises(DataError, match="Expected at most 5,000 columns; found a description"):
        read(buffer.getvalue())


def test_paths_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        read_samples(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        chunks(tmp_path / "none.csv", Roles(("a",)))


def test_uploads_have_names():
    upload = io.BytesIO(b"a\n1\n2\n")
    upload.name = "mine.csv"
    for _ in range(2):  # a page reads it again and again
        assert read_samples(upload).name == "mine.csv"
    assert read_samples(upload, "yours.csv").name == "yours.csv"


def test_labels_that_turn_out_to_be_classes():
    content = "x,label\n" + "1,0\n" * 1500 + "".join(f"2,{i}\n" for i in range(100))
    seen = look(content.encode())
    assert [column.guess for column in seen.columns] == ["feature", "leave out"]
    assert "Column 'label' is no label: it holds 100 values" in seen.doubts[0]
    assert read(content, label="").features == ("x",)


def test_text_of_parquet_that_is_no_text():
    content = parquet(pd.DataFrame({"id": ["surely"] * 3, "a": [1.0, 2, 3]}), compression="none")
    with pytest.raises(DataError, match="This parquet file is damaged"):
        read(content.replace(b"surely", b"sure\xeay"))


def test_names_of_parquet():
    frame = pd.DataFrame({"d": [1.0, 2], "d.e": [3.0, 4], "__index_level_0__": [5, 6]})
    found = read(parquet(frame))
    assert (found.features, found.x.tolist()) == (("d", "d.e"), [[1, 3], [2, 4]])
    assert found.sample_id is not None
    assert read(parquet(frame), features=["d"]).x.tolist() == [[1], [2]]


TABLE = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=["a", "b", "c"])
NAMED = TABLE.assign(id=[f"é{i}" for i in range(50)], label=np.arange(50) % 2)
SEEDS = [
    TABLE.to_csv(index=False).encode(),
    NAMED.to_csv(sep=";", decimal=",").encode(),
    parquet(TABLE),
    parquet(NAMED, compression="none"),
    npy(TABLE.to_numpy()),
]


@settings(max_examples=250, deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    cut=st.integers(0, 3000),
    changes=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=4),
)
def test_damaged_files_are_read_or_refused(seed: bytes, cut: int, changes: list):
    damaged = bytearray(seed)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    content = bytes(damaged[:cut] if cut < len(damaged) // 2 else damaged)
    try:
        found = read(content)
    except DataError:
        return
    assert not np.isinf(found.x).any()
    assert found.x.shape == (len(found.row), len(found.features))
