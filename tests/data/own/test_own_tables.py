"""Tables as programs write them: separators, decimal marks, encodings, missing cells, gzip."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own.samples import chunks, read_samples
from wganad_core.data.own.scores import read_scores

X = [[1.5, 2.0], [-3.25, 40.0], [5.0, 6.5]]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        ("a b\n1.5 2\n-3.25 40\n5 6.5\n", "Blanks part the columns"),
        ("   a    b\n  1.5    2 \n-3.25   40\n  5   6.5\n", "Blanks part the columns"),
        ("a\t b\n1.5\t 2\n-3.25  \t40\n5 \t6.5", None),
        ("a   b\r\n1,5   2\r\n-3,25   40\r\n5   6,5\r\n", "Commas in numbers are read as decimal"),
        ("a\tb\n1.5\t2\n-3.25\t40\n5\t6.5\n", None),
        ("a;b\n1,5;2\n-3,25;40\n5;6,5\n", "Commas in numbers are read as decimal points."),
        ("a,b\n# one\n1.5,2\n#two\n-3.25,40\n5,6.5\n", "Lines that begin with # are left out."),
        ("a,b\n1.5,2\n-3.25,40\n5,6.5\n".encode("utf-16"), "The file is read as text in UTF-16."),
        (gzip.compress(b"a,b\n1.5,2\n-3.25,40\n5,6.5\n", mtime=0), None),
    ],
)
def test_forms(content: bytes | str, remark: str | None):
    found = read_samples(content.encode() if isinstance(content, str) else content)
    assert found.features == ("a", "b")
    assert found.x.tolist() == X
    assert bool(found.remarks) == bool(remark)
    assert remark is None or any(line.startswith(remark) for line in found.remarks)


def test_what_begins_with_a_hash_and_is_no_comment():
    content = b"part,b\n#12,2\n#13,4\n"
    assert read_samples(content, sample_id="part").sample_id.tolist() == ["#12", "#13"]  # type: ignore[union-attr]


def test_words_with_blanks_are_one_column():
    content = b"id,my note\nx y,1\nz w,2\n"
    assert read_samples(content).features == ("my note",)
    with pytest.raises(DataError, match="Expected at least one column of numbers"):
        read_samples(b"two words\nand these\nor those\n")


def test_lines_are_told_as_they_are_in_the_file():
    """Comments, blanks and encodings do not shift them."""
    content = "# by hand\nWert  °C\n1  2\n# here\n3  4\n5  x\n".encode("cp1252")
    with pytest.raises(DataError, match="Column '°C' holds 'x' in line 6; expected numbers"):
        read_samples(content, features=["Wert", "°C"])
    with pytest.raises(DataError, match="Column 'a' holds 'oops' in line 4"):
        read_samples(b'a,b\n"1,234.5",2\n"2,000",3\noops,4\n', features=["a", "b"])


def test_latin_1_is_read_and_said():
    content = "Zeit;Temperatur (°C)\n1;2,5\n2;3,5\n".encode("latin-1")
    found = read_samples(content)
    assert found.features == ("Temperatur (°C)",)
    assert found.x.tolist() == [[2.5], [3.5]]
    assert any("is read as Latin-1 (Windows-1252)" in remark for remark in found.remarks)
    scores = io.BytesIO("score,id\n1,é\n2,ü\n".encode("latin-1"))
    ids = read_scores(scores).scored.sample_id
    assert ids is not None
    assert ids.tolist() == ["é", "ü"]


@pytest.mark.parametrize(
    ("content", "x"),
    [
        ('a,b\n"1,234.5",2\n"12,345",3\n999,4\n', [[1234.5, 2], [12345, 3], [999, 4]]),
        ("a;b\n1.234,5;2\n-1.012.345,25;3\n9,5;4\n", [[1234.5, 2], [-1012345.25, 3], [9.5, 4]]),
    ],
)
def test_thousands(content: str, x: list):
    found = read_samples(content.encode())
    assert found.x.tolist() == x
    assert any("is read as what parts thousands" in remark for remark in found.remarks)


@pytest.mark.parametrize("mark", ["", "?", "-", "NA", "#N/A", "<NA>", "NaN", "null", "None", "--"])
def test_marks_of_missing_cells(mark: str):
    found = read_samples(f"a,b\n1,2\n{mark},4\n5,6\n".encode())
    assert found.features == ("a", "b")
    np.testing.assert_array_equal(found.x, [[1, 2], [np.nan, 4], [5, 6]])


def test_long_files_of_blanks_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wganad_core.data.own.streams.PIECE", 1000)
    x = np.random.default_rng(0).normal(size=(3000, 4)).round(3)
    with gzip.open(tmp_path / "x.txt.gz", "wb") as file:
        np.savetxt(file, x, fmt="%12.3f")
    parts = list(chunks(tmp_path / "x.txt.gz", Roles(), 700))
    np.testing.assert_array_equal(np.concatenate([part.x for part in parts]), x)


@pytest.mark.parametrize("kind", ["parquet", "npy"])
def test_packed_files_of_other_kinds(kind: str):
    buffer = io.BytesIO()
    if kind == "npy":
        np.save(buffer, np.array(X))
    else:
        pd.DataFrame(X, columns=["a", "b"]).to_parquet(buffer)
    assert read_samples(gzip.compress(buffer.getvalue(), mtime=0)).x.tolist() == X


CASES = Path(os.environ.get("WGANAD_CASES", "/work/shared/cases"))


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here: published cases")
@pytest.mark.parametrize(
    ("file", "features", "first"),
    [
        ("30-encodings/excel_latin1.csv", ("Temperatur (°C)", "Drehzahl", "Strom"), 14.98),
        ("30-encodings/thousands.csv", ("temp", "rpm", "current"), 14.98),
        ("30-encodings/dayfirst.csv", ("Temp", "rpm"), 14.98),
        ("40-other-containers/utf16.csv", ("a", "b"), 0.1257302210933933),
        ("28-missing/question_marks.csv", tuple(f"feature_{i}" for i in range(6)), None),
    ],
)
def test_cases(file: str, features: tuple[str, ...], first: Any):
    found = read_samples(CASES / file)
    assert found.features == features
    assert first is None or found.x[0, 0] == first
