"""Rows of a recording put in the order of their clock, by rules that are told."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEW_FALLS = 0.02  # of the steps: more often, rows are in disorder and no clock starts anew
COARSE = 0.2  # of the steps: so many equal times are a clock that counts too slowly

Index = NDArray[np.int64]
Seconds = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Ordered:
    """Parts of a recording: `rows` (k,) of each and their `time` (k,), which increases."""

    parts: tuple[tuple[Index, Seconds], ...]
    remarks: tuple[str, ...] = ()


def in_order(time: Seconds, values: NDArray[np.float64]) -> Ordered:
    """Rows by time (n,) and `values` (n, c), which tell what is double.

    Rows without a time and copies of other rows are left out. Where the clock falls back to a time
    that was there before, as when another recording begins or summer time ends, a part ends.
    Otherwise rows are sorted. Of rows with the same time the first counts, unless so many have
    it that the clock must be a slow one: then they are spread evenly until its next time.
    """
    rows = np.flatnonzero(np.isfinite(time))
    remarks = []
    if n := len(time) - len(rows):
        remarks.append(f"{_rows(n)} without a time left out.")
    if not (np.diff(time[rows]) > 0).all():
        copies = _copies(time[rows], values[rows])
        if n := int(copies.sum()):
            remarks.append(f"{_rows(n)} that repeat{'s' * (n == 1)} another one left out.")
            rows = rows[~copies]
    parts = []
    for part in _between_falls(time, rows, remarks):
        part = part[np.argsort(time[part], kind="stable")]
        parts.append(_apart(part, time[part], remarks))
    return Ordered(tuple(parts), tuple(dict.fromkeys(remarks)))


def by_time(time: Seconds) -> list[Index]:
    """Rows by time (n,) as `in_order` has them, but for those that it leaves out: here, only such
    as have no time are."""
    rows = np.flatnonzero(np.isfinite(time))
    parts = _between_falls(time, rows, [])
    return [part[np.argsort(time[part], kind="stable")] for part in parts]


def _copies(time: Seconds, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return pd.DataFrame(np.column_stack([time, values])).duplicated().to_numpy()


def _between_falls(time: Seconds, rows: Index, remarks: list[str]) -> list[Index]:
    """The rows as they are to be sorted: all of them, or what lies between two falls."""
    steps = np.diff(time[rows])
    falls = np.flatnonzero(steps < 0) + 1
    if not len(falls):
        return [rows]
    if not (steps > 0).any():
        remarks.append("The newest row comes first; rows are taken in the order of their times.")
        return [rows]
    parts = np.split(rows, falls)
    spans = sorted((time[part[0]], time[part[-1]]) for part in parts)
    overlap = any(high > low for (_, high), (low, _) in itertools.pairwise(spans))
    if overlap and len(falls) <= max(1, FEW_FALLS * len(steps)):
        n = len(falls)
        again = "once" if n == 1 else f"{n:,} times"
        remarks.append(
            f"The clock falls back {again}, first in row {int(rows[falls[0]]) + 1:,}: what follows "
            "is a recording of its own, and no window crosses that."
        )
        return parts
    remarks.append(
        f"The rows are not in the order of their times ({len(falls):,} come before the row above "
        "them); they are sorted."
    )
    return [rows]


def _apart(rows: Index, time: Seconds, remarks: list[str]) -> tuple[Index, Seconds]:
    """The same with times that differ."""
    first = np.append(True, np.diff(time) > 0)
    n = int((~first).sum())
    if not n:
        return rows, time
    if n <= COARSE * len(rows):
        other = "; of each time the first row counts"
        remarks.append(f"{_rows(n)} with a time that was there before{other}.")
        return rows[first], time[first]
    starts = np.flatnonzero(first)
    if len(starts) == 1:  # no clock at all
        remarks.append("All rows have the same time; they are taken to be a second apart.")
        return rows, time + np.arange(len(rows))
    counts = np.diff(np.append(starts, len(rows)))
    steps = np.diff(time[starts])
    usual = float(np.median(steps))
    until = np.minimum(np.append(steps, usual), usual) / counts
    place = np.arange(len(rows)) - np.repeat(starts, counts)
    remarks.append(
        f"The clock moves every {usual:g} s and about {len(rows) / len(starts):.3g} rows have each "
        "of its times; they are spread evenly. If they are of several machines, say which column "
        "tells them apart."
    )
    return rows, time + place * np.repeat(until, counts)


def _rows(n: int) -> str:
    return f"{n:,} row{'s' * (n != 1)}"
