"""Recordings put on a regular grid and cut into windows.

One rule for everything that is missing: from one value of a channel to its next, `max_gap` seconds
may pass, whether the rows between are absent or hold NaN. Up to that, values between are linearly
interpolated. Beyond it, and where a channel has not begun or has ended, the recording breaks into
stretches. No interpolation, filter or window reaches across a break, and a stretch that is shorter
than a window gives none.

The default, 0.1 s, bridges four rows lost at 50 Hz: a fifth of a step at two steps a second. A
straight line over more would flatten the impacts that tell activities apart.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.har import LENGTH, RATE
from wganad_core.data.recording import ROUNDING, Recording, Values
from wganad_core.records import FloatArray

MAX_NUMBERS = 100_000_000  # in all windows, or on the grid of `resample`
EXACT = 1e-9  # seconds; what binary fractions may be off
ON_GRID = 0.1  # of a step; rows as near as this to a regular grid are left as they are


@dataclasses.dataclass(frozen=True)
class Cut:
    """`windows` (n, c, length), `start` (n,) in seconds, and `row` (n,), the first, from 0."""

    windows: FloatArray
    start: Values
    row: NDArray[np.int64]


def stretches(recording: Recording) -> tuple[Values, list[tuple[int, int]]]:
    """The values with short runs of NaN interpolated, and (first row, row after the last) of every
    stretch by the rule of this module."""
    table, longest = pd.DataFrame(recording.values, recording.time), recording.max_gap + ROUNDING
    known = table.notna()
    times = known.where(known).mul(recording.time, axis=0)
    inside = times.bfill() - times.ffill() <= longest  # from a value to the next; 0 at a value
    values = table.interpolate("index", limit_area="inside").where(inside).to_numpy()
    usable = np.asarray(np.isfinite(values).all(axis=1))
    joined = usable[1:] & usable[:-1] & (np.diff(recording.time) <= longest)
    first = np.flatnonzero(usable & ~np.append(False, joined))
    last = np.flatnonzero(usable & ~np.append(joined, False))
    return values, list(zip(first.tolist(), (last + 1).tolist(), strict=True))


def resample(recording: Recording, rate: float = RATE) -> Recording:
    """Rows at `rate` Hz in every stretch of two or more, linearly interpolated, without NaN.

    A stretch whose times are within a tenth of a step of that grid keeps its rows. A line between
    rows is no filter: `smooth` a much faster recording first, or what is above half the new rate
    folds back. Raises `DataError` for steps longer than `max_gap` and where no stretch remains.
    """
    if not rate * (recording.max_gap + ROUNDING) >= 1:
        raise DataError(
            f"A rate of {rate:g} Hz has longer steps than the longest gap, "
            f"{recording.max_gap:g} s; allow longer gaps."
        )
    seconds = float(np.ptp(recording.time))
    if seconds * rate * len(recording.channels) > MAX_NUMBERS:
        raise DataError(
            f"{seconds:g} s at {rate:g} Hz are more than {MAX_NUMBERS:,} "
            "numbers; split the recording or check its times."
        )
    values, found = stretches(recording)
    times, rows = [], []
    for first, stop in found:
        grid, part = on_grid(recording.time[first:stop], values[first:stop], rate)
        if len(grid) > 1:
            times.append(grid)
            rows.append(part)
    if not times:
        raise DataError(f"No stretch of two rows has all channels.{_scarcest(recording)}")
    return dataclasses.replace(recording, time=np.concatenate(times), values=np.concatenate(rows))


def on_grid(time: Values, values: Values, rate: float) -> tuple[Values, Values]:
    """Times at `rate` Hz, and the values (m, c) then: interpolated, unless all rows are within a
    tenth of a step of them; those are kept."""
    grid = time[0] + np.arange(math.floor(np.ptp(time) * rate + ON_GRID) + 1) / rate
    if len(grid) == len(time) and np.abs(grid - time).max() <= ON_GRID / rate:
        return time, values
    # Never beyond the last row, or a break could shrink to a gap that is allowed.
    grid = np.minimum(grid[grid < time[-1] + EXACT], time[-1])
    return grid, np.stack([np.interp(grid, time, c) for c in values.T], axis=1)


def cut(recording: Recording, length: int = LENGTH, stride: int = LENGTH // 2) -> Cut:
    """Windows of `length` rows, one every `stride` rows of a stretch from its first row on.

    Rows are taken as they come, so `resample` first. What is left at the end of a stretch is
    dropped. Raises `DataError` if no window fits, or if they would hold a hundred million numbers.
    """
    if length < 1 or stride < 1:
        raise DataError(f"Windows have 1 row or more; found length {length}, stride {stride}.")
    values, found = stretches(recording)
    longest = max((stop - first for first, stop in found), default=0)
    if longest < length:
        rate = recording.rate
        raise DataError(
            f"No window fits: it needs {length / rate:.2f} s ({length} rows), and the longest "
            f"stretch without a gap of more than {recording.max_gap:g} s is {longest / rate:.2f} s "
            f"({longest} rows); record longer.{_scarcest(recording)}"
        )
    row = np.concatenate([np.arange(first, stop - length + 1, stride) for first, stop in found])
    if len(row) * length * values.shape[1] > MAX_NUMBERS:
        raise DataError(
            f"{len(row):,} windows are too many to hold; take a longer stride or cut less."
        )
    view = np.lib.stride_tricks.sliding_window_view(values.astype(np.float32), length, axis=0)
    return Cut(np.ascontiguousarray(view[row]), recording.time[row], row)


def _scarcest(recording: Recording) -> str:
    """A sentence on the channel with the fewest values, if any lacks some."""
    counts = np.isfinite(recording.values).sum(axis=0)
    least = int(np.argmin(counts))
    if counts[least] == len(recording.time):
        return ""
    name, n = recording.channels[least], len(recording.time)
    return f" Channel {name!r} has {counts[least]:,} values in {n:,} rows."
