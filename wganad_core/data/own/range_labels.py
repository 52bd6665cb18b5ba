"""Which rows lie in ranges of a second file: labels, and a sentence on how the ranges were read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.clock import Clock, read_clock
from wganad_core.data.own import Counted, LabelRanges
from wganad_core.data.own.ranges import Ranges, read_ranges
from wganad_core.data.own.record import numbered_within
from wganad_core.data.own.rows import listed

HOW = "rows, rows-from-0, rows-of-each, time or seconds (--ranges-count)"

Index = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class RowsToLabel:
    """The rows that ranges are about: `name` of their file, `row` (n,) their numbers from 1, and,
    where there are such columns, `time` and `group` (n,) as texts. `missing` (m,): the numbers of
    rows that hold nothing, and `missing_group` (m,)."""

    name: str
    row: NDArray[Any]
    time: NDArray[np.object_] | None = None
    time_name: str = ""
    group: NDArray[np.object_] | None = None
    missing: NDArray[Any] | None = None
    missing_group: NDArray[np.object_] | None = None


def labels_by_ranges(wanted: LabelRanges, rows: RowsToLabel) -> tuple[Index, str]:
    """Labels (n,) of rows, 1 within a range of the file and 0 elsewhere, and a sentence on how the
    ranges were read. Raises `DataError`."""
    found = read_ranges(wanted.file, wanted.file.name)
    try:
        return label_rows(found, rows, wanted.counted, wanted.zone)
    except DataError as error:
        raise DataError(f"{found.name}: {error}") from None


def label_rows(
    ranges: Ranges, rows: RowsToLabel, counted: Counted | None = None, zone: str | None = None
) -> tuple[Index, str]:
    """What `labels_by_ranges` finds, of ranges that are read already. First and last rows and times
    belong to their ranges; a range between two rows is the nearer one's.

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.data.own.range_labels import RowsToLabel, label_rows
    >>> from wganad_core.data.own.ranges import Ranges
    >>> ranges = Ranges("r.csv", ("2",), ("3",), ("",))
    >>> label, said = label_rows(ranges, RowsToLabel("a.csv", np.arange(1, 6)))
    >>> label.tolist()
    [0, 1, 1, 0, 0]
    """
    said: list[str] = []
    mine, by_group = _of_these(ranges, rows, said)
    label = np.zeros(len(rows.row), np.int64)
    if not len(mine.start):
        return label, f"{ranges.name} has no range of {rows.name}: every row is labelled normal."
    place, low, high = _placed(mine, rows, counted, zone, said, by_group)
    if (unknown := np.flatnonzero(~np.isfinite(low + high))).size:
        at = int(unknown[0])
        raise DataError(
            f"The range from {mine.start[at]} to {mine.end[at]} has no place; expected two rows, "
            "numbers or times. Write both."
        )
    if (wrong := np.flatnonzero(high < low)).size:
        at = int(wrong[0])
        raise DataError(
            f"A range ends before it begins ({mine.start[at]} to {mine.end[at]}); swap them."
        )
    groups = [(np.arange(len(place)), np.arange(len(low)))]
    if by_group and rows.group is not None:
        of = np.array(mine.of, object)
        groups = [(np.flatnonzero(rows.group == g), np.flatnonzero(of == g)) for g in set(mine.of)]
    outside = sum(_mark(label, at, place[at], low[some], high[some]) for at, some in groups)
    n = len(mine.start)
    if outside == n:
        ends = f"{mine.start[0]} to {mine.end[0]}"
        raise DataError(
            f"None of the {n:,} ranges lies within {rows.name}; the first is {ends}. "
            f"{' '.join(said)} If that is not as meant, say what the numbers count ({HOW}) or the "
            "time zone (--ranges-zone)."
        )
    told = (
        f"The label is {n:,} range{'s' * (n > 1)} of {ranges.name}: {int(label.sum()):,} of "
        f"{len(label):,} rows"
    )
    told += f"; {outside:,} range{'s lie' if outside > 1 else ' lies'} outside" * bool(outside)
    return label, " ".join([f"{told}.", *said])


# Which of them are of these rows


def _of_these(ranges: Ranges, rows: RowsToLabel, said: list[str]) -> tuple[Ranges, bool]:
    """Those of this recording, and whether they are told apart by the rows' groups."""
    names = list(dict.fromkeys((*ranges.of, *ranges.names)))
    if not any(names):
        return ranges, False
    if rows.group is not None and set(names) & set(rows.group.tolist()):
        known = set(rows.group.tolist())
        mine = [i for i, name in enumerate(ranges.of) if name in known]
        if other := len(ranges.of) - len(mine):
            said.append(f"Ranges of other recordings are left out: {other:,}.")
        return ranges.take(mine), True
    here = [name for name in names if _alike(name, rows.name)]
    if not here and len(names) == 1:
        said.append(f"They are called {names[0][:60]!r} there and are taken for {rows.name}.")
        return ranges, False
    if len(here) != 1:
        raise DataError(
            f"It has ranges of {listed(names, 5)}, and {'several' if here else 'none'} of them "
            f"{'are' if here else 'is'} called as {rows.name}; rename the file, keep its ranges "
            "only, or say which column tells recordings apart (--group-column)."
        )
    return ranges.take([i for i, name in enumerate(ranges.of) if name == here[0]]), False


def _alike(one: str, other: str) -> bool:
    """'realKnownCause/pump.csv' and 'pump'."""
    stems = [PurePath(re.sub(r"\\", "/", name)).stem.casefold() for name in (one, other)]
    return stems[0] == stems[1]


# Where they are


def _placed(
    ranges: Ranges,
    rows: RowsToLabel,
    counted: Counted | None,
    zone: str | None,
    said: list[str],
    by_group: bool,
) -> tuple[Values, Values, Values]:
    """On one axis: every row (n,), NaN where it has no place, and both ends of the ranges."""
    ends = pd.Series([*ranges.start, *ranges.end], dtype=str)
    numbers = pd.to_numeric(ends.str.replace(",", "."), errors="coerce")
    dates = bool(numbers.isna().any())
    clock = None
    if rows.time is not None and not str(counted).startswith("rows"):
        times = pd.Series(rows.time, dtype=str)
        clock = read_clock(times, rows.time_name, zone or "", in_order=True)
        said += [clock.zone_remark] if clock.zone_remark else []
    how = counted or _told(ranges, numbers, clock, said)
    if dates and how != "time":
        raise DataError(
            f"Its ranges are times such as {ends[0][:40]!r}, no {how.replace('-', ' ')}."
        )
    low, high = np.split(numbers.to_numpy(np.float64), 2)
    if how.startswith("rows"):
        from_0 = how == "rows-from-0" or (how != "rows" and ranges.counted == "rows-from-0")
        begin = 0 if from_0 or numbers.min() == 0 else 1
        each = counted == "rows-of-each" if counted else (None if by_group else False)
        place, through = _rows_from(begin, rows, ranges.of, low, high, each)
        said.append(
            f"They are rows, counted from {begin} without a header, the last included{through}."
        )
        return place, low, high
    if clock is None:
        raise DataError(
            f"Its ranges are {'times' if dates else how}, and {rows.name} has no column of times; "
            f"say which it is (--time-column), or what they count ({HOW})."
        )
    if how == "seconds":
        said.append("They are seconds since the first row.")
        seconds = clock.seconds
        if by_group and rows.group is not None:
            seconds = seconds - pd.Series(seconds).groupby(rows.group).transform("min").to_numpy()
        return seconds, low, high
    low, high = np.split(_times(ranges, ends, clock, zone, rows, said), 2)
    return clock.times, low, high


def _rows_from(
    begin: int, rows: RowsToLabel, of: Sequence[str], low: Values, high: Values, each: bool | None
) -> tuple[Values, str]:
    """The numbers of rows through the file or, with `each`, within their recordings, and a word on
    which. With None, it is the latter where both ends of more ranges are rows of the recording that
    they are `of`."""
    whole = rows.row - 1.0 + begin
    if rows.group is None or each is False:
        return whole, ""
    own = numbered_within(rows.row, rows.group, rows.missing, rows.missing_group) - 1 + begin
    if each:
        return own, ", in each recording"

    def fitting(place: Values) -> int:
        names, n = np.array(of, object), 0
        for name in set(of):
            here, mine = place[rows.group == name], names == name
            n += int((np.isin(low[mine], here) & np.isin(high[mine], here)).sum())
        return n

    if fitting(own) > fitting(whole):
        return own, ", in each recording (through the whole file: --ranges-count rows)"
    return whole, ", through the whole file (in each recording: --ranges-count rows-of-each)"


def _told(ranges: Ranges, numbers: Any, clock: Clock | None, said: list[str]) -> Counted:
    """What the ranges count, where nobody has said it."""
    if numbers.isna().any():
        return "time"
    if ranges.counted is not None:
        return ranges.counted
    whole = bool((numbers % 1 == 0).all())
    if clock is None and whole:
        return "rows"
    if clock is not None and clock.since_1970 and whole and numbers.max() < 1e8:
        said.append("(Numbers as small as these are taken for rows, not for times.)")
        return "rows"
    if clock is not None and whole:
        said.append(
            "(The numbers are taken for times; if they are rows, say so: --ranges-count rows.)"
        )
    return "time"


def _times(
    ranges: Ranges, ends: Any, clock: Clock, zone: str | None, rows: RowsToLabel, said: list[str]
) -> Values:
    """The ends on the axis of `clock.times`."""
    given = zone or ""
    column = ranges.column or "start"
    found = read_clock(ends, column, given, clock.unit)
    if found.since_1970 != clock.since_1970:
        what = ("dates", "a clock of its own")
        raise DataError(
            f"Its ranges are by {what[not found.since_1970]}, and column {rows.time_name!r} of "
            f"{rows.name} is by {what[not clock.since_1970]}; say what the numbers count ({HOW})."
        )
    if found.zone == "" and clock.zone and not given:
        one = clock.zone != "several"
        found = read_clock(ends, column, clock.zone if one else "UTC")
        said.append(
            f"They have no time zone and are taken to be in {rows.name}'s, "
            f"{clock.zone if one else 'UTC'} (--ranges-zone)."
        )
    elif (found.zone == "") != (clock.zone == "") and clock.since_1970:
        which = "They have" if found.zone == "" else f"{rows.name} has"
        said.append(f"{which} no time zone: taken as {given or 'UTC'} (--ranges-zone).")
    else:
        said.append("They are times.")
    said += [remark for remark in (found.remark, found.zone_remark) if remark]
    return found.times


def _mark(label: Index, at: Index, place: Values, low: Values, high: Values) -> int:
    """Mark the rows `at` (k,), of which each has a `place`, within each range, or the one that is
    nearest to what lies between two rows; how many ranges are outside."""
    order = np.argsort(place)[: int(np.isfinite(place).sum())]
    there = place[order]
    first = np.searchsorted(there, low, side="left")
    behind = np.searchsorted(there, high, side="right")
    between = (first == behind) & (first > 0) & (first < len(there))
    if between.any():
        middle, last = (low + high)[between] / 2, first[between]
        nearer = middle - there[last - 1] <= there[last] - middle
        first[between] -= nearer
        behind[between] = first[between] + 1
    edges = np.zeros(len(there) + 1, np.int64)
    np.add.at(edges, first, 1)
    np.add.at(edges, behind, -1)
    label[at[order[edges.cumsum()[:-1] > 0]]] = 1
    return int((first == behind).sum())
