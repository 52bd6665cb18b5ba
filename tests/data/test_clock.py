"""Clocks of recordings: what is one, what its cells mean, and rows in disorder."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wganad_core.data import DataError
from wganad_core.data.clock import clock_name, is_clock, read_clock, seconds_of
from wganad_core.data.disorder import in_order

X = np.arange(12.0)[:, None]


@pytest.mark.parametrize(
    ("column", "cells", "seconds", "said"),
    [
        ("time", ["1727599999570090001", "1727599999570095001"], [0, 5e-6], "nanoseconds"),
        ("time", ["1727599999570090", "1727599999570095"], [0, 5e-6], "microseconds"),
        ("time", ["1727599999570", "1727599999575"], [0, 5e-3], "milliseconds"),
        ("time", ["1727599999", "1727600004.5"], [0, 5.5], "seconds"),
        ("seconds_elapsed", ["0.5", "0.75"], [0, 0.25], ""),
        ("timestamp_(min)", ["1", "1.5"], [0, 30], ""),
        ("timestamp_ms", ["10", "", "30"], [0, np.nan, 0.02], ""),
        ("Zeit (s)", ["0,5", "0,75"], [0, 0.25], ""),
        ("when", ["2024-03-31T01:59:59+01:00", "2024-03-31T03:00:00+02:00"], [0, 1], ""),
        ("when", ["23:59", "23:58"], [0, -60], ""),
        ("when", ["31.05.2024 12:00:00", "01.06.2024 12:00:00"], [0, 86400], "day.month.year"),
        ("when", ["05/30/2024 12:00:00", "06/01/2024 12:00:00"], [0, 172800], "month/day/year"),
        ("when", ["01/02/2024 12:00", "02/02/2024 12:00"], [0, 86400], "day/month/year"),
    ],
)
def test_seconds(column: str, cells: list[str], seconds: list[float], said: str):
    found, remark = seconds_of(pd.Series(cells), column)
    np.testing.assert_allclose(found, seconds, rtol=0, atol=1e-9)
    assert said in remark
    assert bool(said) == bool(remark)


@pytest.mark.parametrize(
    ("cells", "said"),
    [(["2024-05-31", "noon"], "Row 2 has the time 'noon'; expected"), ([""], "holds no time")],
)
def test_what_is_no_time_is_refused(cells: list[str], said: str):
    with pytest.raises(DataError, match=said):
        seconds_of(pd.Series(cells), "when")


AUTUMN, SPRING = "2024-10-27", "2024-03-31"


@pytest.mark.parametrize(
    ("day", "hours", "minutes", "said"),
    [
        (AUTUMN, ["01:40", "02:10", "02:40", "03:10"], [0, 30, 60, 150], "in summer time"),
        (AUTUMN, ["02:10", "02:40", "03:10"], [0, 30, 120], "in summer time"),
        (AUTUMN, ["02:10", "02:40", "02:10", "03:10"], [0, 30, 60, 120], "for the second hour"),
        (AUTUMN, ["01:00", "02:00", "02:00", "03:00"], [0, 60, 120, 180], "for the second hour"),
        (AUTUMN, ["01:00", "01:00", "02:00", "02:00"], [0, 0, 60, 60], "in summer time"),
        (AUTUMN, ["03:10", "02:40", "02:10"], [0, -90, -120], "in summer time"),
        (AUTUMN, ["03:10", "", "04:10"], [0, np.nan, 60], ""),
        (SPRING, ["01:40", "02:10", "03:10"], [0, 20, 30], "the end of that hour"),
    ],
)
def test_no_time_is_lost_where_clocks_change(
    day: str, hours: list[str], minutes: list[float], said: str
):
    cells = pd.Series([f"{day} {hour}" if hour else "" for hour in hours])
    found = read_clock(cells, "when", "Europe/Berlin", in_order=True)
    np.testing.assert_array_equal(found.seconds / 60, minutes)
    assert np.isfinite(found.start)
    assert said in found.zone_remark
    assert bool(said) == bool(found.zone_remark)


def test_a_moment_in_the_hour_that_comes_twice_is_no_hour():
    cells = pd.Series([f"{AUTUMN} 02:10", f"{AUTUMN} 02:10"])  # the two ends of a range
    assert read_clock(cells, "start", "Europe/Berlin").seconds.tolist() == [0, 0]


def test_what_a_clock_is():
    assert clock_name("Time (ms)") == ("time", "ms")
    assert clock_name("timestamp_ns") == ("timestamp", "ns")
    assert clock_name("flow_ns") is clock_name("flow") is None
    assert is_clock("t", ["1", "2", "3"])
    assert not is_clock("t", ["21.5", "20", "22"])  # a temperature
    assert is_clock("time", ["3", "1", "2"])
    assert not is_clock("time", ["1", "0", "1", "0"])


def parts(time: list[float], values: np.ndarray = X) -> tuple[list[list[int]], str]:
    found = in_order(np.array(time), values[: len(time)])
    for _, seconds in found.parts:
        assert (np.diff(seconds) > 0).all()
    return [rows.tolist() for rows, _ in found.parts], " ".join(found.remarks)


@pytest.mark.parametrize(
    ("time", "rows", "said"),
    [
        ([0, 1, 2, 5], [[0, 1, 2, 3]], ""),
        ([3, 2, 1], [[2, 1, 0]], "newest row comes first"),
        ([3, 0, 2, 1], [[1, 3, 2, 0]], "not in the order of their times (2 come before"),
        ([0, np.nan, 1], [[0, 2]], "1 row without a time left out"),
        ([0, 1, 1, 2, 3, 4], [[0, 1, 3, 4, 5]], "the first row counts"),
        # Winter time comes, or another recording: what was before is not mixed with it.
        ([5, 6, 7, 8, 6, 7, 8, 9], [[0, 1, 2, 3], [4, 5, 6, 7]], "falls back once, first in row 5"),
        ([5, 6, 7, 8, 1, 2, 3, 4], [[4, 5, 6, 7, 0, 1, 2, 3]], "they are sorted"),
    ],
)
def test_rows_in_order(time: list[float], rows: list[list[int]], said: str):
    found, remarks = parts(time)
    assert found == rows
    assert said in remarks
    assert bool(said) == bool(remarks)


def test_copies_are_left_out():
    found, remarks = parts([0, 1, 2, 1, 2, 3], X[[0, 1, 2, 1, 2, 3]])
    assert found == [[0, 1, 2, 5]]
    assert "2 rows that repeat another one left out" in remarks


def test_a_clock_of_whole_seconds_is_spread():
    found = in_order(np.repeat([0.0, 1.0, 2.0], 4), X)
    np.testing.assert_allclose(found.parts[0][1], np.arange(12) / 4)
    assert "The clock moves every 1 s and about 4 rows have each" in found.remarks[0]
