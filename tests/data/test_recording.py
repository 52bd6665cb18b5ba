"""Recordings: what a file may look like, and what is refused."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.recordings import one_channel
from wganad_core.data import DataError, recording
from wganad_core.data.recording import Recording, read_recording

NAN = math.nan


def read(text: str | bytes, *arguments: Any) -> Recording:
    data = text.encode() if isinstance(text, str) else text
    return read_recording(io.BytesIO(data), *arguments)


PLAIN = "time,x,y\n0,1,2\n0.02,3,4\n0.04,5,-6.5\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "# from my phone\n\n# licence: mine\n" + PLAIN,
        "\ufeff" + PLAIN.replace("\n", "\r\n"),
        PLAIN.replace(",", " , "),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace("\n", ",\n"),
        "y,x,T\n2,1,7.5\n4,3,7.52\n-6.5,5,7.54\n",
        'x,"Time (ms)",y\n1,100,2\n3,120,4\n5,140,-6.5\n',
        "seconds,x,y\n1700000000.00,1,2\n1700000000.02,3,4\n1700000000.04,5,-6.5\n",
        "Timestamp [ns],x,y\n1700000000000000000,1,2\n1700000000020000000,3,4\n"
        "1700000000040000000,5,-6.5\n",
        "timestamp,x,y\n2024-05-31T23:59:59.98,1,2\n2024-06-01T00:00:00,3,4\n"
        "2024-06-01 00:00:00.020000,5,-6.5\n",
        "timestamp,x,y\n2024-05-31T12:00:00Z,1,2\n2024-05-31T14:00:00.02+02:00,3,4\n"
        "2024-05-31T12:00:00.04Z,5,-6.5\n",
    ],
    ids=[
        "plain",
        "remarks",
        "windows",
        "blanks",
        "tabs",
        "decimal commas",
        "commas at the ends",
        "another order",
        "milliseconds",
        "unix",
        "nanoseconds",
        "ISO",
        "ISO with zones",
    ],
)
def test_a_table_in_many_forms_is_one_recording(text: str, tmp_path: Path) -> None:
    path = tmp_path / "walk.csv"
    path.write_bytes(text.encode())
    for found in (read(text), read_recording(path)):
        found = found.select(("x", "y"))
        np.testing.assert_allclose(found.time, [0, 0.02, 0.04], rtol=0, atol=5e-7)
        np.testing.assert_array_equal(found.values, [[1, 2], [3, 4], [5, -6.5]])
        assert found.values.dtype == np.float64
        assert found.rate == pytest.approx(50, rel=1e-4)


def test_the_rate_is_that_of_the_median_step() -> None:
    found = read("t,x\n0,1\n0.01,1\n0.02,1\n5,1\n5.02,1\n5.03,1\n")
    assert found.rate == pytest.approx(100)


def test_whole_nanoseconds_since_1970_lose_no_digit() -> None:
    found = read("t (ns),x\n1700000000000000001,1\n1700000000000100002,2\n")
    assert found.time[1] == pytest.approx(100_001e-9, rel=1e-12)


def test_the_caller_may_name_the_time() -> None:
    text = "elapsed,time,x\n0,5,1\n0.05,7,2\n"
    found = read(text, "elapsed")
    assert found.channels == ("time", "x")
    np.testing.assert_array_equal(found.time, [0, 0.05])
    with pytest.raises(DataError, match="no column 'clock'; found 'elapsed', 'time', 'x'"):
        read(text, "clock")


def test_empty_cells_are_missing() -> None:
    found = read("t,x,y\n0,1,\n0.02,NaN,2\n0.04,3,4\n")
    np.testing.assert_array_equal(found.values, [[1, NAN], [NAN, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "time", "x", "remark"),
    [
        ("t,x\n0,1\n,2\n0.04,3\n", [0, 0.04], [1, 3], "1 row without a time left out"),
        ("t,x\n0,1\n0.02,2\ninf,3\n", [0, 0.02], [1, 2], "1 row without a time left out"),
        ("t,x\n0.04,3\n0.02,2\n0,1\n", [0, 0.02, 0.04], [1, 2, 3], "The newest row comes first"),
        ("t,x\n0,1\n0.02,2\n0.02,2\n", [0, 0.02], [1, 2], "1 row that repeats another one"),
        ("time,seconds,x\n0,7,1\n0.1,7.1,2\n", [0, 0.1], [1, 2], ""),
        ("time,x\n1727599999000,1\n1727599999020,2\n", [0, 0.02], [1, 2], "milliseconds since"),
    ],
)
def test_rows_are_put_in_the_order_of_their_clock_and_that_is_said(
    text: str, time: list[float], x: list[float], remark: str
) -> None:
    found = read(text)
    assert found.channels == ("x",)
    np.testing.assert_allclose(found.time, time, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(found.values[:, 0], x)
    assert remark in " ".join(found.remarks)
    assert bool(remark) == bool(found.remarks)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This is empty; expected a header"),
        ("# only a remark\n\n", "This holds comments only; expected a header and rows"),
        ("time,x\n", "a header and no row"),
        ("time,x\n0,1\n", "two rows at least; found 1 channels and 1 rows"),
        ("time\n0\n0.02\n", "found 0 channels and 2 rows"),
        (
            "0,1\n0.02,1\n0.04,2\n",
            "Expected a column that tells the time, called time, timestamp, t or seconds; "
            "found '0', '1'. Rename or choose",
        ),
        ("a,b,c\n1,2,3\n", "found 'a', 'b', 'c'"),
        ("time (d),x\n0,1\n0.02,2\n", r"in s, ms, us, ns, min or h; found 'time \(d\)'"),
        ("t,x\n,1\n,2\n", "Column 't' holds no time"),
        (
            "t,x,activity\n0,1,walking\n0.02,2,walking\n",
            "Column 'activity' holds 'walking' in line 2; expected numbers",
        ),
        ("t,x\n0,1\n0.02,\n0.04,1..2\n", r"Column 'x' holds '1\.\.2' in line 4"),
        ("t,x\n0,True\n0.02,False\n", "Column 'x' holds 'True' in line 2"),
        ("t,x,y\n0,1,\n0.02,2,\n", "Column 'y' is empty; remove it"),
        ("t,x\n2024-05-31T12:00:00,1\nnoon,2\n", "Row 2 has the time 'noon'; expected seconds or"),
        ("t,x\n0,1\n0.02,-inf\n", "row 2 of 'x' holds -inf"),
        ("t,x\n0,1e39\n0.02,1\n", r"row 1 of 'x' holds 1e\+39"),
        (
            "t,x\n0,1\n20,2\n40,3\n",
            r"rows are 20 s apart and the longest allowed gap is 0\.1 s; "
            r"if the time is not in seconds.* 'time \(ms\)'",
        ),
        ("t,x\n0,1\n0.02,2,3\n", "Expected 2 columns in every row, .*; line 3 holds 3"),
        ("t,x\n0,1,3\n0.02,2,3\n", "Expected 2 columns in every row, .*; line 2 holds 3"),
        ('t,x\n0,"1\n', "A quotation mark is opened and never closed"),
        ("t,x,x \n0,1,2\n0.02,1,2\n", "Several columns have the name 'x'"),
        ("t" + "".join(f",x{i}" for i in range(200)) + "\n1" + ",1" * 200, "at most 200 columns"),
        ("t,x\n0,1\n".encode("utf-16")[:-1], "This is no text in UTF-16 throughout; save it"),
    ],
)
def test_other_files_are_refused_in_a_sentence(text: str | bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        read(text)
    assert str(caught.value).startswith("The file: ")
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(10**12)  # takes no room
    with pytest.raises(DataError, match=r"huge\.csv: Expected at most 50 MB, found more"):
        read_recording(path)
    monkeypatch.setattr(recording, "MAX_RECORDING_BYTES", len(PLAIN))
    read(PLAIN)
    with pytest.raises(DataError, match="found more"):
        read(PLAIN + "\n")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        read_recording(tmp_path / "none.csv")


@given(st.one_of(st.binary(), st.text("t,;\n0.1e5-\"#(' \tnaif:\r\x00é").map(str.encode)))
@example(b"t,x\n0,1\n5e-324,2\n")
@example(b"t,x\n0,1\n1e308,2\n")
@example(b"t,x\n-9223372036854775808,1\n9223372036854775807,2\n")
@example(b"t,x\n0,99999999999999999999999\n1,2\n")
@example(b"t,x\n0001-01-01T00:00:00,1\n9999-01-01T00:00:00,2\n")
def test_any_bytes_are_a_recording_or_refused(data: bytes) -> None:
    for prefix in (b"", b"t,x\n0,1\n"):
        try:
            found = read(prefix + data)
        except DataError:
            continue
        assert (np.diff(found.time) > 0).all()


def test_a_recording_has_values_for_its_times_and_channels() -> None:
    with pytest.raises(DataError, match=r"3 times and 1 channels; found the shape \(3, 2\)"):
        Recording(np.arange(3.0), ("x",), np.ones((3, 2)))
    with pytest.raises(DataError, match="longest gap is more than 0 seconds; found 0"):
        one_channel([1, 2], max_gap=0)
