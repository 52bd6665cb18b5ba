"""Labels from a second file that says from when to when something was wrong, or in which rows."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.clock import Clock, clock_name, name_and_unit, read_clock
from wganad_core.data.own import Counted, LabelRanges
from wganad_core.data.own.file import OwnFile, Source, named, own_file
from wganad_core.data.own.labels import tokens, words_in
from wganad_core.data.own.rows import OwnRows, listed, listed_names
from wganad_core.data.own.source import open_rows

STARTS = words_in("start starts begin begins beginning from first onset von anfang début inicio")
ENDS = words_in("end ends stop stops to until last offset bis ende fin")
OF = words_in(
    "file filename recording chan channel machine unit asset device subject group series datei"
)
ROWS = words_in("row rows index idx sample samples step steps position zeile line")
TIMES = words_in("time timestamp date datetime seconds second sec ms zeit epoch")
PAIRS = "anomaly_sequences"  # of SMAP and MSL: [[first, last], …] in a cell, counted from 0
MOST, MOST_BYTES = 100_000, 50_000_000
HOW = "rows, rows-from-0, time or seconds (--ranges-count)"

Index = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Ranges:
    """`start` and `end` (k,) as they are written, `of` (k,): of which recording, "" where nothing
    tells. `column`: what the starts are called, and `counted` what that says of their numbers.
    `names`: of recordings that may have none."""

    name: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    of: tuple[str, ...]
    column: str = ""
    counted: Counted | None = None
    names: tuple[str, ...] = ()

    def take(self, which: Sequence[int]) -> Ranges:
        some = ([values[i] for i in which] for values in (self.start, self.end, self.of))
        start, end, of = map(tuple, some)
        return dataclasses.replace(self, start=start, end=end, of=of)


@dataclasses.dataclass(frozen=True, eq=False)
class Ranged:
    """The rows that ranges are about: `name` of their file, `row` (n,) their numbers from 1, and,
    where there are such columns, `time` and `group` (n,) as texts."""

    name: str
    row: NDArray[Any]
    time: NDArray[np.object_] | None = None
    time_name: str = ""
    group: NDArray[np.object_] | None = None


def read_ranges(source: Source, name: str | None = None) -> Ranges:
    """Ranges from CSV, parquet or JSON.

    A table has columns for start and end, and perhaps one for the recording; or it is that of SMAP
    and MSL. JSON is a list of [start, end], of {"start": …, "end": …} or of single times, or such
    lists by recording, as NAB's windows are.

    Raises
    ------
    DataError
        With one sentence, for what holds no ranges.

    Examples
    --------
    >>> from wganad_core.data.own.ranges import read_ranges
    >>> found = read_ranges(b'{"pump.csv": [["2024-01-01 10:00", "2024-01-01 11:00"]]}', "w.json")
    >>> found.of, found.start
    (('pump.csv',), ('2024-01-01 10:00',))
    """
    file = own_file(source, name)
    with named(file):
        if file.is_folder:
            raise DataError("This is a folder; expected a file of ranges.")
        if file.size > MOST_BYTES:
            raise DataError(f"Expected at most {MOST_BYTES // 10**6} MB of ranges; found more.")
        text = file.first(64).lstrip(b"\xef\xbb\xbf \r\n\t")
        found = _of_json(file) if text.startswith((b"{", b"[")) else _of_table(file)
        if len(found.start) > MOST:
            raise DataError(f"Expected at most {MOST:,} ranges; found {len(found.start):,}.")
        return found


def ranged_labels(wanted: LabelRanges, rows: Ranged) -> tuple[Index, str]:
    """Labels (n,) of rows, 1 within a range of the file and 0 elsewhere, and a sentence on how the
    ranges were read. Raises `DataError`."""
    found = read_ranges(wanted.file, wanted.file.name)
    try:
        return label_rows(found, rows, wanted.counted, wanted.zone)
    except DataError as error:
        raise DataError(f"{found.name}: {error}") from None


def label_rows(
    ranges: Ranges, rows: Ranged, counted: Counted | None = None, zone: str | None = None
) -> tuple[Index, str]:
    """What `ranged_labels` finds, of ranges that are read already. First and last rows and times
    belong to their ranges; a range between two rows is the nearer one's.

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.data.own.ranges import Ranged, Ranges, label_rows
    >>> ranges = Ranges("r.csv", ("2",), ("3",), ("",))
    >>> label, said = label_rows(ranges, Ranged("a.csv", np.arange(1, 6)))
    >>> label.tolist()
    [0, 1, 1, 0, 0]
    """
    said: list[str] = []
    mine, by_group = _of_these(ranges, rows, said)
    label = np.zeros(len(rows.row), np.int64)
    if not len(mine.start):
        return label, f"{ranges.name} has no range of {rows.name}: every row is labelled normal."
    place, low, high = _placed(mine, rows, counted, zone, said)
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


# What is in the file


def _of_json(file: OwnFile) -> Ranges:
    try:
        with file.open() as opened:
            found = json.loads(opened.read().decode("utf-8-sig"), parse_constant=str)
    except (ValueError, RecursionError):
        raise DataError("This is no JSON that can be read; save it again, or as CSV.") from None
    pairs: list[tuple[str, str, str]] = []
    columns = {str(key).casefold(): value for key, value in found.items()} if _named(found) else {}
    if {"start", "end"} <= columns.keys():
        ends = columns["start"], columns["end"]
        both = [value if isinstance(value, list) else [value] for value in ends]
        found = [list(pair) for pair in zip(*both, strict=False)]
    by_name = found if isinstance(found, dict) else {"": found}
    for key, values in by_name.items():
        if not isinstance(values, list):
            raise DataError(
                f"Expected a list of [start, end] for {str(key)[:40]!r}; found "
                f"{type(values).__name__}."
            )
        pairs += [(str(key), *_pair(value)) for value in values]
    of, start, end = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Ranges(file.name, start, end, of, names=tuple(map(str, by_name)))


def _named(found: Any) -> bool:
    return isinstance(found, dict)


def _pair(value: Any) -> tuple[str, str]:
    """Start and end of one entry of JSON."""
    if isinstance(value, dict):
        names = {word: key for key in value for word in tokens(str(key))}
        start = next((value[names[word]] for word in names if word in STARTS), None)
        end = next((value[names[word]] for word in names if word in ENDS), None)
        value = [start, end]
    ends = value if isinstance(value, list) else [value, value]
    plain = all(isinstance(end, str | int | float) and not isinstance(end, bool) for end in ends)
    if len(ends) != 2 or not plain:
        raise DataError(
            f'Expected [start, end] or {{"start": …, "end": …}}; found {str(value)[:60]}.'
        )
    return str(ends[0]), str(ends[1])


def _of_table(file: OwnFile) -> Ranges:
    table = open_rows(file)
    at = {name.casefold(): i for i, name in enumerate(table.names)}
    of = _column(table, OF)
    if PAIRS in at:
        return _of_sequences(file, table, at[PAIRS], of)
    start, end = _column(table, STARTS), _column(table, ENDS)
    if not table.named and len(table.names) == 2:
        start, end = 0, 1
    if start is None and end is None:
        start = end = next((i for i, n in enumerate(table.names) if _counts(n)), None)
    if start is None or end is None:
        raise DataError(
            f"Expected columns 'start' and 'end' (times or numbers of rows); found "
            f"{listed_names(table.names)}. Rename them."
        )
    texts = [[] if i is None else _texts(table, i) for i in (start, end, of)]
    texts[2] = texts[2] or [""] * len(texts[0])
    kept = [row for row in zip(*texts, strict=True) if row[0] or row[1]]
    column = table.names[start] if table.named else ""
    starts, ends, names = zip(*kept, strict=True) if kept else ((), (), ())
    return Ranges(file.name, starts, ends, names, column, _counts(column))


def _of_sequences(file: OwnFile, table: OwnRows, at: int, of: int | None) -> Ranges:
    names = _texts(table, of) if of is not None else [""] * len(_texts(table, at))
    pairs: list[tuple[str, str, str]] = []
    for name, cell in zip(names, _texts(table, at), strict=True):
        try:
            pairs += [(name, *_pair(pair)) for pair in json.loads(cell)]
        except (ValueError, TypeError, RecursionError):
            raise DataError(
                f"Column {PAIRS!r} holds {cell[:40]!r}; expected [[first, last], …]."
            ) from None
    of_each, start, end = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Ranges(file.name, start, end, of_each, PAIRS, "rows-from-0")


def _texts(table: OwnRows, at: int) -> list[str]:
    values, code = table.texts(at)
    return [values[i] for i in code.tolist()]


def _column(table: OwnRows, words: frozenset[str]) -> int | None:
    """The first whose name has such a word."""
    return next((i for i, n in enumerate(table.names) if words & set(tokens(n))), None)


def _counts(column: str) -> Counted | None:
    """What a name says of its numbers."""
    words = set(tokens(column))
    if words & ROWS:
        return "rows"
    known = words & TIMES or name_and_unit(column)[1] or clock_name(column)
    return "time" if known else None


# Which of them are of these rows


def _of_these(ranges: Ranges, rows: Ranged, said: list[str]) -> tuple[Ranges, bool]:
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
    ranges: Ranges, rows: Ranged, counted: Counted | None, zone: str | None, said: list[str]
) -> tuple[Values, Values, Values]:
    """On one axis: every row (n,), NaN where it has no place, and both ends of the ranges."""
    ends = pd.Series([*ranges.start, *ranges.end], dtype=str)
    numbers = pd.to_numeric(ends.str.replace(",", "."), errors="coerce")
    dates = bool(numbers.isna().any())
    clock = None
    if rows.time is not None and not str(counted).startswith("rows"):
        clock = read_clock(pd.Series(rows.time, dtype=str), rows.time_name, zone or "")
    how = counted or _told(ranges, numbers, clock, said)
    if dates and how != "time":
        raise DataError(
            f"Its ranges are times such as {ends[0][:40]!r}, no {how.replace('-', ' ')}."
        )
    if how.startswith("rows"):
        if numbers.min() == 0:
            how = "rows-from-0"
        begin = 0 if how == "rows-from-0" else 1
        said.append(f"They are rows, counted from {begin} without a header, the last included.")
        low, high = np.split(numbers.to_numpy(np.float64), 2)
        return rows.row - 1.0 + begin, low, high
    if clock is None:
        raise DataError(
            f"Its ranges are {'times' if dates else how}, and {rows.name} has no column of times; "
            f"say which it is (--time-column), or what they count ({HOW})."
        )
    if how == "seconds":
        said.append("They are seconds since the first row.")
        low, high = np.split(numbers.to_numpy(np.float64), 2)
        return clock.seconds, low, high
    low, high = np.split(_times(ranges, ends, clock, zone, rows, said), 2)
    return clock.times, low, high


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
    ranges: Ranges, ends: Any, clock: Clock, zone: str | None, rows: Ranged, said: list[str]
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
    if found.remark:
        said.append(found.remark)
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
