"""Points of one's own: what a file may look like, and how unusable ones are refused."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.points import own_points, read_points


def drawn(n: int = 12) -> NDArray[np.float64]:
    return np.column_stack([np.arange(n), -2.0 * np.arange(n)])


def test_own_points_may_be_whole_numbers_and_only_ten() -> None:
    points: Any = drawn(10).astype(np.int64)
    np.testing.assert_array_equal(own_points(points), points)
    edge = drawn()
    edge[0] = [10_000, -10_000]
    np.testing.assert_array_equal(own_points(edge), edge)


def with_row(row: int, *values: float) -> NDArray[np.float64]:
    points = drawn()
    points[row] = values
    return points


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (np.arange(12.0), r"two columns of numbers \(x, y\); found shape \(12,\)"),
        (np.ones((12, 3)), r"found shape \(12, 3\)"),
        (np.ones((2, 12, 2)), r"found shape \(2, 12, 2\)"),
        (drawn().astype(str), "Expected numbers in both columns; found <U"),
        (drawn().astype(object), "Expected numbers in both columns; found object"),
        (drawn() * 1j, "found complex128"),
        (drawn() > 3, "found bool"),
        (drawn(9), "Expected 10 to 1,000,000 points; found 9"),
        (np.empty((0, 2)), "found 0"),
        (np.broadcast_to(np.zeros(2), (1_000_001, 2)), "found 1,000,001"),
        (with_row(4, math.nan, 1), r"row 5 holds \[nan, 1.0\]"),
        (with_row(0, 1, math.inf), r"row 1 holds \[1.0, inf\]"),
        (with_row(11, 10_000.5, 1), "within ±10000; found 10000.5"),
        (with_row(3, 0, -2e6), "found 2e[+]06"),
        (np.ones((12, 2)), "all of them coincide"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unusable_own_points_are_refused(points: NDArray[np.float64], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        own_points(points)


def test_points_on_a_line_are_allowed() -> None:
    line = np.column_stack([np.zeros(10), np.arange(10.0)])
    np.testing.assert_array_equal(own_points(line), line)


def test_the_least_whole_number_is_too_large() -> None:
    points: Any = drawn().astype(np.int64)
    points[0] = np.iinfo(np.int64).min  # what some tables write for a missing value
    points[1:] = 0
    with pytest.raises(DataError, match="within ±10000"):
        own_points(points)


# Files


def text_of(separator: str = ",", header: str = "") -> str:
    return header + "".join(f"{x}{separator}{y}\n" for x, y in drawn())


@pytest.mark.parametrize(
    "text",
    [
        text_of(),
        text_of(header="x,y\n"),
        text_of(";", header="\n first ; second \n\n"),
        text_of(" \t ", header="# made by hand\nx y\n"),
        text_of(" , ").replace("\n", "  # a remark\r\n\r\n"),
        "\ufeff" + text_of(header='"x","y"\n').replace("1.0,", '"1.0",', 1),
    ],
    ids=["plain", "header", "semicolons", "blanks", "remarks", "quotes"],
)
def test_points_of_a_file_and_of_an_upload(text: str, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_bytes(text.encode())
    for source in (path, io.BytesIO(text.encode())):
        found = read_points(source)
        np.testing.assert_array_equal(found, drawn())
        assert found.dtype == np.float32


COUNT = "Expected two columns of numbers (x, y); found {} in the first line, {!r}. Keep two."
FILL = "Remove or fill such rows."
WRONG = (
    "Column {!r} holds {!r} in line {}; expected numbers. Remove or recode such rows, or leave the "
    "column out."
)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This is empty; expected a header and rows of numbers."),
        (b"x,y\n", "There is a header and no row; expected one row for each sample."),
        (b"1,2\n" * 9, "Expected 10 to 1,000,000 points; found 9."),
        (b"1,2\n" * 1_000_001, "Expected 10 to 1,000,000 points; found 1,000,001."),
        (b"x,y\n\n1,2\n3,four\n", WRONG.format("y", "four", 4)),
        (b"x,1\n2,3\n", "Expected 10 to 1,000,000 points; found 1."),
        (b"x,y\na,b\n", WRONG.format("x", "a", 2)),
        (b"1,2\n3,\n" * 5, "Expected finite numbers; row 2 holds [3.0, nan]. " + FILL),
        (
            b"1,2\n1,5;2,5\n",
            "Expected 2 columns in every row, as in the first line; line 2 holds 3. Write every "
            "row with the same columns.",
        ),
        (b"1,2\nnan,3\n" * 5, "Expected finite numbers; row 2 holds [nan, 3.0]. " + FILL),
        (b"1,2\n3,-inf\n" * 5, "Expected finite numbers; row 2 holds [3.0, -inf]. " + FILL),
        (b"x\n1\n2\n", COUNT.format(1, "x")),
        (b"x,y,z\n1,2,3\n", COUNT.format(3, "x; y; z")),
        (b"1,,2\n", COUNT.format(3, "x0; x1; x2")),
        (b"9" * 99, COUNT.format(1, "x0")),
        (b"1,2\n" * 10, "Expected points that differ; all of them coincide."),
    ],
    ids=[
        "empty",
        "header only",
        "few",
        "many",
        "text",
        "text in line 1",
        "second header",
        "missing",
        "decimal commas",
        "nan",
        "infinity",
        "one column",
        "three columns",
        "empty column",
        "a long line",
        "all alike",
    ],
)
def test_unusable_files_are_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    upload = io.BytesIO(data)
    upload.name = "mine.csv"
    with pytest.raises(DataError) as caught:
        read_points(upload)
    assert str(caught.value) == f"mine.csv: {sentence}"


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    with pytest.raises(DataError, match=r"points.csv cannot be read: No such file"):
        read_points(path)
    path.write_bytes("größe,y\n\x01".encode("latin-1"))
    with pytest.raises(DataError, match=r"points.csv: .* nor text in UTF-8 .byte 3.; save a table"):
        read_points(path)
    np.testing.assert_array_equal(read_points(io.BytesIO(text_of().encode("utf-16"))), drawn())
    path.write_bytes(b"x,y\n1,2\0\n")
    with pytest.raises(DataError, match=r"points.csv: .* nor text in UTF-8 .byte 8."):
        read_points(path)


def test_points_of_parquet_and_of_an_array() -> None:
    frame, array = io.BytesIO(), io.BytesIO()
    pd.DataFrame(drawn(), columns=["x", "y"]).to_parquet(frame)
    np.save(array, drawn())
    for file in (frame, array):
        np.testing.assert_array_equal(read_points(file), drawn())
