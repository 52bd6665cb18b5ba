"""Samples of one's own: what is read from CSV, parquet and npy, in one piece and in chunks."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from tests.data.own.written import npy, parquet, read
from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own import csv_rows as own_rows_csv
from wganad_core.data.own.examples import example
from wganad_core.data.own.look import look
from wganad_core.data.own.offers import offered
from wganad_core.data.own.record import OwnSamples, joined
from wganad_core.data.own.samples import chunks, read_samples
from wganad_core.data.own.scores import read_scores

INF = np.inf
LARGEST = float(np.finfo(np.float32).max)


def same(a: OwnSamples, b: OwnSamples) -> None:
    for field in (
        "x",
        "row",
        "label",
        "sample_id",
        "time",
        "missing",
        "missing_label",
        "missing_id",
    ):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field), field)
    assert a.features == b.features


# ---------------------------------------------------------------- round trips

NAN = np.nan
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
VALUES = st.one_of(st.floats(), st.integers(-100, 100).map(float))
ROWS = st.lists(st.tuples(VALUES, VALUES, st.booleans(), WORDS), min_size=1, max_size=30)
FORMS = st.sampled_from([",", ";", "\t", "parquet"])


def written(rows: list[tuple], form: str) -> bytes:
    a, b, label, words = (list(column) for column in zip(*rows, strict=True))
    frame = pd.DataFrame({"sample_id": words, "a": a, "b": b, "label": label})
    if form == "parquet":
        return parquet(frame, row_group_size=7)
    # pandas quotes no lone carriage return unless all text is quoted
    text = frame.to_csv(index=False, sep=form, quoting=csv.QUOTE_NONNUMERIC)
    return text.encode()


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, form=FORMS)
def test_whatever_is_written_comes_back(rows: list[tuple], form: str):
    x = np.array([row[:2] for row in rows])
    x[~(np.abs(x) <= LARGEST)] = np.nan
    whole = ~np.isnan(x).all(axis=1)
    if not whole.any():
        with pytest.raises(DataError, match=r"No row has a feature"):
            read(written(rows, form), features=["a", "b"])
        return
    found = read(written(rows, form), features=["a", "b"])
    np.testing.assert_array_equal(found.x, x[whole])
    assert found.row.tolist() == (np.flatnonzero(whole) + 1).tolist()
    assert found.missing.tolist() == (np.flatnonzero(~whole) + 1).tolist()
    labels = np.array([row[2] for row in rows], int)
    ids = np.array([row[3].strip() for row in rows])
    for part, label, name in (
        (whole, found.label, found.sample_id),
        (~whole, found.missing_label, found.missing_id),
    ):
        np.testing.assert_array_equal(label, labels[part])
        np.testing.assert_array_equal(name, ids[part])
    assert found.time is None
    assert found.image_shape is None


@settings(max_examples=100, deadline=None)
@given(rows=ROWS, form=FORMS, n=st.integers(1, 12))
def test_chunks_are_the_whole_in_pieces(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple], form: str, n: int
):
    path = tmp_path_factory.getbasetemp() / "chunks"
    path.write_bytes(written(rows, form))
    pieces = list(chunks(path, Roles(("b", "a")), n))
    sizes = [len(piece.x) + len(piece.missing) for piece in pieces]
    assert sizes == [n] * (len(rows) // n) + [len(rows) % n] * (len(rows) % n > 0)
    if not any(len(piece.x) for piece in pieces):
        return
    whole = read_samples(path, features=["b", "a"])
    parts = joined(pieces)
    same(parts, whole)


@settings(max_examples=150, deadline=None)
@given(
    array=hnp.arrays(
        st.sampled_from(["<f8", ">f8", "<f4", "<f2", "<i8", ">i2", "u1", "?"]),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    ),
    fortran=st.booleans(),
)
def test_arrays_come_back(array: np.ndarray, fortran: bool):
    array = np.asfortranarray(array) if fortran else array
    x = array.astype(float)
    x[~(np.abs(x) <= LARGEST)] = np.nan
    whole = ~np.isnan(x).all(axis=1)
    if not whole.any():
        return
    found = read(npy(array))
    np.testing.assert_array_equal(found.x, x[whole])
    assert found.row.tolist() == (np.flatnonzero(whole) + 1).tolist()
    assert found.features == tuple(f"x{i}" for i in range(x.shape[1]))


@pytest.mark.parametrize("fortran", [False, True])
def test_arrays_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fortran: bool):
    array = np.random.default_rng(0).normal(size=(1000, 3))
    monkeypatch.setattr("wganad_core.data.own.npy_rows.VALUES", 100)
    (tmp_path / "a").write_bytes(npy(np.asfortranarray(array) if fortran else array))
    pieces = list(chunks(tmp_path / "a", Roles(("x2", "x0")), 64))
    assert [len(piece.x) for piece in pieces] == [64] * 15 + [40]
    np.testing.assert_array_equal(np.concatenate([p.x for p in pieces]), array[:, [2, 0]])


def test_blocks_of_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file of many blocks, whose rows are told apart by no block's end."""
    monkeypatch.setattr(own_rows_csv, "BLOCK", 4096)
    x = np.random.default_rng(0).normal(size=(5000, 3))
    text = pd.DataFrame(x, columns=["a", "b", "c"]).to_csv(index=False)
    np.testing.assert_array_equal(read(text).x, x)
    bad = text.splitlines()
    bad[4321] = '1,"oops",2'
    with pytest.raises(DataError, match=r"'b' holds 'oops' in line 4,322; expected numbers"):
        read("\n".join(bad))
    bad[4321] = "1,2"
    with pytest.raises(DataError, match=r"line 4,322 holds 2\."):
        read("\n".join(bad))


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("content", "features", "x"),
    [
        ("a,b\n1,2\n3,4\n", "ab", [[1, 2], [3, 4]]),
        ("\ufeffa,b\r\n1,2\r\n\r\n3,4", "ab", [[1, 2], [3, 4]]),
        ("a,b\r1,2\r3,4\r", "ab", [[1, 2], [3, 4]]),
        ("# by hand\n\n a , b \n 1 , +2 \n", "ab", [[1, 2]]),
        ("a;b\n1,5;2\n3;-4,25e1\n", "ab", [[1.5, 2], [3, -42.5]]),
        ("a;b\n1.5;2\n", "ab", [[1.5, 2]]),
        ("a\n0,5\n0,75\n", "a", [[0.5], [0.75]]),
        ('"a","b,c"\n"1.5",2\n', ("a", "b,c"), [[1.5, 2]]),
        ("a,b,\n1,2,\n3,4,\n", "ab", [[1, 2], [3, 4]]),
        ("1,2\n3,4\n", ("x0", "x1"), [[1, 2], [3, 4]]),
        ("1.0e+00 2.0e+00\n3.0e+00 4.0e+00\n", ("x0", "x1"), [[1, 2], [3, 4]]),
        ("5\n6\n", ("x0",), [[5], [6]]),
        ("1,nan\n3,4\n5,6\n", ("x0", "x1"), [[1, NAN], [3, 4], [5, 6]]),
        (",0,1\n0,1.5,2\n1,3,4\n", "01", [[1.5, 2], [3, 4]]),
        ("0,1\n1.5,2\n", "01", [[1.5, 2]]),
        (
            "a,b\n1,2\n,3\nNA,4\ninf,5\n1e39,6\n-Infinity,7\n1e400,8\n",
            "ab",
            [[1, 2], *([NAN, value] for value in range(3, 9))],
        ),
        ("a,b\n1,2\n,\n3,4\n", "ab", [[1, 2], [3, 4]]),  # of the second nothing is there
        ("a,b\nu,1\nv,2\nu,3\nv,5\n?,4\n", "ab", [[0, 1], [1, 2], [0, 3], [1, 5], [NAN, 4]]),
    ],
)
def test_forms_of_csv(content: str, features: str, x: list):
    found = read(content)
    assert found.features == tuple(features)
    np.testing.assert_array_equal(found.x, np.array(x, float))


ROLES = [
    ("id,a,label\n7,1,0\n8,2,1\n", {"a": "feature", "id": "id", "label": "label"}),
    ("time,a\n2024-01-01T00:00,1\n2024-01-02T00:00,2\n", {"time": "time", "a": "feature"}),
    ("time (s),a\n0.0,1\n0.5,2\n", {"time (s)": "time", "a": "feature"}),
    ("t,a\n20,1\n19,2\n", {"t": "feature", "a": "feature"}),  # a temperature
    ("when,a\n12:30,1\n12:31,2\n", {"when": "time", "a": "feature"}),
    ("x,y\n1,2\n2,3\n", {"x": "feature", "y": "feature"}),
    ("x,y\n1,0\n2,1\n", {"x": "feature", "y": "label"}),
    ("x,label\n1,7\n2,3\n", {"x": "feature", "label": "leave out"}),  # MNIST's, from 0 to 9
    ("x,target\n1,7.5\n2,3\n", {"x": "feature", "target": "leave out"}),
    ("x,class\n1,7\n2,3\n", {"x": "feature", "class": "leave out"}),
    ("x,kind\n1,red\n2,\n", {"x": "feature", "kind": "leave out"}),
    ("x,none\n1,\n2,NA\n", {"x": "feature", "none": "leave out"}),
    (
        "label,anomaly,x\n0,1,2\n1,1,3\n",
        {"label": "label", "anomaly": "second label", "x": "feature"},
    ),
    (",x\n0,1\n1,2\n", {"": "id", "x": "feature"}),
]


@pytest.mark.parametrize(("content", "roles"), ROLES)
def test_roles_are_guessed(content: str, roles: dict[str, str]):
    assert {column.name: column.guess for column in look(content.encode()).columns} == roles
    found = read(content)
    by_role: dict[str, list[str]] = {role: [] for role in ("feature", "label", "id", "time")}
    for name, role in roles.items():
        by_role.setdefault(role, []).append(name)
    assert found.features == tuple(by_role["feature"])
    assert (found.label is not None) == bool(by_role["label"])
    assert (found.sample_id is not None) == bool(by_role["id"])
    assert (found.time is not None) == bool(by_role["time"])


def test_roles_that_are_chosen():
    content = "id,a,fault,when,label\n007,1,yes,x,0\n008,2,no,y,1\n"
    found = read(content, features=["a"], label="", sample_id="when", time="ID")
    assert found.label is None
    assert found.sample_id is not None
    assert found.time is not None
    assert (found.sample_id.tolist(), found.time.tolist()) == (["x", "y"], ["007", "008"])
    assert read(content, label="LABEL").features == ("a",)
    assert read("label,a\n0,1\n1,2\n", features=["label", "a"]).label is None
    assert read("label,a\n0,1\n1,2\n", label="").features == ("a",)


def test_types_of_parquet():
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "at": pd.to_datetime(["2024-01-01", "2024-01-02", "NaT"]),
            "f": [1.5, None, 3],
            "i": pd.array([1, 2, None], "Int8"),
            "s": ["a", None, "c"],
            "flag": [True, False, True],
            "cat": pd.Categorical(["u", "v", "u"]),
            "many": [[1], [2], [3]],
            "no": [None] * 3,
            "d.e": [1.0, 2, 3],
            "label": [0.0, 1.0, 0.0],
        }
    )
    seen = {column.name: column for column in look(parquet(frame)).columns}
    assert {name: column.kind for name, column in seen.items()} == {
        "id": "number",
        "at": "time",
        "f": "number",
        "i": "number",
        "s": "text",
        "flag": "text",
        "cat": "text",
        "many": "other",
        "no": "empty",
        "d.e": "number",
        "label": "number",
    }
    assert [seen[name].n_missing for name in ("at", "f", "i", "s", "no")] == [1, 1, 1, 1, 3]
    found = read(parquet(frame))
    assert found.features == ("f", "i", "d.e")
    np.testing.assert_array_equal(found.x, [[1.5, 1, 1], [NAN, 2, 2], [3, NAN, 3]])
    assert found.label is not None
    assert found.label.tolist() == [0, 1, 0]
    kinds = read(parquet(frame), features=["f", "flag", "cat"], categories=["f"])
    assert kinds.words == (("1.5", "3"), ("true", "false"), ("u", "v"))
    np.testing.assert_array_equal(kinds.x, [[0, 0, 0], [NAN, 1, 1], [1, 0, 0]])
    for name, kind in (("many", "list"), ("at", "timestamp")):
        with pytest.raises(DataError, match=rf"'{name}' holds .*{kind}.*; expected numbers"):
            read(parquet(frame), features=[name])


def test_look_tells_what_there_is():
    content = "id,a,b,c,label\n" + "".join(
        f"s{i},{i * i % 2003},1,{i % 3},{i % 2}\n" for i in range(2000)
    )
    found = look((content + "s9,nan,1,inf,1\n").encode(), "x.csv")
    columns = {column.name: column for column in found.columns}
    assert found.n_rows == 2001
    assert found.head[:2] == (("s0", "0", "1", "0", "0"), ("s1", "1", "1", "1", "1"))
    assert [columns[name].n_missing for name in "abc"] == [1, 0, 1]
    assert [columns[name].distinct for name in ("id", "a", "b", "c", "label")] == [
        1000,
        1000,
        1,
        3,
        2,
    ]
    assert [column.name for column in found.columns if column.constant] == ["b"]
    assert found.remarks == (
        "The same value throughout: the column 'b'.",
        "Missing or infinite values are in the columns 'a', 'c'; a table counts them as the "
        "median of their column and learns which were missing, a recording bridges a few rows.",
    )


def test_look_goes_on_after_text_among_numbers():
    found = look(b"a,b\n" + b"1,2\n" * 3000 + b"3,oops\n")
    assert [column.guess for column in found.columns] == ["feature", "leave out"]
    assert [column.kind for column in found.columns] == ["number", "text"]
    assert found.n_rows == 3001
    assert "Column 'b' holds 'oops' in line 3,002" in found.remarks[0]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        ("a,b\n1,2\n1,3\n", "The same value throughout: the column 'a'."),
        ("a,b\n1,2\nnan,3\n", "In 1 of 2 rows a cell is missing."),
        ("a,b\n1,2\nnan,inf\n", "1 of 2 rows is left out: nothing is there."),
        ("a,b\n1,inf\n", "Infinite numbers, and those beyond 3.4e38, count as missing."),
        ("a,b\nx,2\ny,3\n", "Left out the column 'a': text that hardly repeats is no category."),
        ("a,label\n1,0\n2,0\n", "Every sample is labelled normal."),
        ("1,2\n3,4\n", "The first line holds numbers, no names; columns are called x0 to x1."),
        (
            f"a,b\n{2**60},1\n{2**60 + 1},2\n",
            "The same value throughout, as far as 16 digits tell: the column 'a'. Whole numbers "
            "beyond 2^53 are rounded; take them as the id, or subtract what they share.",
        ),
        (
            f"a,b\n{2**60 + 700},1\n{2**60 + 1900},2\n{2**60},2\n",
            "Numbers beyond 2^53 are rounded, which blurs the column 'a'; take them as the id or "
            "the time, or subtract what they share.",
        ),
        ("a;b\n1,5;2\n", "Commas in numbers are read as decimal points."),
        ("t,a\n1,2\n2,3\n", "Column 't' serves as the time and is no feature."),
        ("id,a\n1,2\n2,3\n", "Column 'id' serves as the id and is no feature."),
    ],
)
def test_remarks(content: bytes | str, remark: str):
    assert remark in read(content).remarks


def test_a_table_without_names_serves_a_detector_with_names():
    found = read(npy(np.arange(6.0).reshape(3, 2)), features=["flow", "speed"])
    assert found.x.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found.remarks == ("The file has no names of columns; they are taken in their order.",)
    with pytest.raises(DataError, match=r"There is no column 'flow', 'speed'; found the columns"):
        read(npy(np.zeros((3, 3))), features=["flow", "speed"])


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("x0,x1\n1,2\n3,4\n", True),
        ("0,1\n1.5,2\n3,4\n", True),
        ("1,2\n3,4\n", False),
        (npy(np.zeros((2, 2))), False),
        (parquet(pd.DataFrame({"x0": [1.0], "x1": [2.0]})), True),
    ],
)
def test_whether_names_are_the_files_own(content: bytes | str, named: bool):
    found = read(content)
    assert found.named == named
    assert found.features in (("x0", "x1"), ("0", "1"))
    if named:  # so that they are no one else's
        with pytest.raises(DataError, match="There is no column 'flow', 'speed'"):
            read(content, features=["flow", "speed"])


@pytest.mark.parametrize(
    ("content", "features"),
    [
        ("f (x,y,z);g;h\n1;2;3\n4;5;6\n", ("f (x,y,z)", "g", "h")),
        ("f (x,y,z);g;h\n1,5;2,5;3\n4,5;5,5;6\n", ("f (x,y,z)", "g", "h")),
        ("f (x;y;z),h\n1,2\n", ("f (x;y;z)", "h")),
        ("a,b;c,d\n1\t2\n", None),
        ("a\tb, c, d\n1\t2\n", ("a", "b, c, d")),
        ('a;"b;c";d,e,f,g\n1;2;3\n', ("a", "b;c", "d,e,f,g")),
    ],
)
def test_separators_in_names(content: str, features: tuple[str, ...] | None):
    if features is None:  # no separator fits: as many as there are in the header
        with pytest.raises(DataError, match="Expected 3 columns in every row"):
            read(content)
        return
    assert read(content).features == features
    assert offered(io.BytesIO(content.encode())).columns == features


def test_a_long_field_before_a_wrong_cell_gets_a_sentence():
    content = "a,score\n" + "x" * 200_000 + ",1\ny,2\nz,bad\n"
    with pytest.raises(DataError, match="A line cannot be read"):
        read_scores(io.BytesIO(content.encode()))


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.csv")
    for source in (tmp_path / "pipe.csv", Path(os.devnull)):
        with pytest.raises(DataError, match="is no file but a pipe, a socket or a device"):
            read_samples(source)
        with pytest.raises(DataError, match="save its content as a file first"):
            chunks(source, Roles())


@pytest.mark.parametrize("header", ["<5 µm,>5 µm", "<a>,<b>", "<a b,c"])
def test_a_header_that_begins_like_markup_is_a_header(header: str):
    assert read(f"{header}\n1,2\n").features == tuple(header.split(","))


def test_one_row_is_read():
    assert read("a,b\n1,2\n").x.tolist() == [[1, 2]]
    assert look(b"a,b\n1,2\n").remarks[-1].startswith("There is one row")


# ---------------------------------------------------------------- examples


@pytest.mark.parametrize(
    ("kind", "shape", "anomalies"),
    [("table", (1200, 6), 60), ("images", (440, 784), 40), ("series", (3000, 3), 150)],
)
def test_examples(kind: Any, shape: tuple[int, int], anomalies: int):
    name, content = example(kind)
    assert example(kind) == (name, content)
    found = read_samples(content, name)
    assert found.x.shape == shape
    assert found.label is not None
    assert found.label.sum() == anomalies
    assert not len(found.missing)
    assert look(content, name).n_rows == len(found.x)


def test_no_other_example():
    with pytest.raises(DataError, match="The examples are table, images, series; found 'x'"):
        example("x")  # type: ignore[arg-type]
