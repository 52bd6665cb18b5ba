"""Labels from a second file that says from when to when something was wrong, or in which rows."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from wganad_core.data import DataError
from wganad_core.data.clock import clock_name, name_and_unit
from wganad_core.data.missing import FOLDED
from wganad_core.data.own import Counted
from wganad_core.data.own.file import OwnFile, Source, named, own_file
from wganad_core.data.own.labels import tokens, words_in
from wganad_core.data.own.rows import OwnRows, listed_names
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
    file = own_file(source, name, json_is_table=False)
    with named(file):
        if file.is_folder:
            raise DataError("This is a folder; expected a file of ranges.")
        if file.size > MOST_BYTES:
            raise DataError(f"Expected at most {MOST_BYTES // 10**6} MB of ranges; found more.")
        text = file.first(64).lstrip(b"\xef\xbb\xbf \r\n\t")
        found = _of_json(file) if text.startswith((b"{", b"[")) else _of_table(file)
        if len(found.start) > MOST:
            raise DataError(f"Expected at most {MOST:,} ranges; found {len(found.start):,}.")
        for at, ends in enumerate(zip(found.start, found.end, strict=True)):
            if any(end.strip().casefold() in FOLDED for end in ends):
                raise DataError(
                    f"Range {at + 1:,} has the start {ends[0]!r} and the end {ends[1]!r}; expected "
                    "both. Where one is open, write the recording's first or last row or time."
                )
        return found


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
        if len(both[0]) != len(both[1]):
            raise DataError(
                f"Expected as many ends as starts; found {len(both[0]):,} starts and "
                f"{len(both[1]):,} ends."
            )
        found = [list(pair) for pair in zip(*both, strict=True)]
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
