"""Samples of one's own as recordings: stretches of equally spaced steps, and the way back to rows.

A clock may be in disorder, have gaps, or tick at another rate than a detector learned from; without
one, the numbers of rows within each recording are the clock. What is missing for up to `LOST` steps
is interpolated, a longer gap ends a stretch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from wganad_core.data import DataError
from wganad_core.data.clock import seconds_of
from wganad_core.data.disorder import in_order
from wganad_core.data.own.record import OwnSamples, complete, numbered_within
from wganad_core.data.own.stretches import LOST
from wganad_core.data.recording import Recording
from wganad_core.data.runs import runs_of
from wganad_core.data.windows import ON_GRID, on_grid
from wganad_core.data.windows import stretches as unbroken

ALIKE = 0.02  # rates as near as this are the same one
SLOWER = 4.0  # times; what lies between rows of a still slower recording is anybody's guess

Values = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Stretch:
    """Equally spaced steps `x` (m, d). `nearest` (m,): the row that each stands for, and `rows`
    (k,) with the `step` (k,) nearest to each; rows are numbers of samples, from 0. `recording`:
    what it is part of."""

    x: Values
    nearest: Index
    rows: Index
    step: Index
    recording: str = ""

    def take(self, low: int, high: int) -> Stretch:
        """The steps from `low` until before `high`."""
        there = (self.step >= low) & (self.step < high)
        return Stretch(
            self.x[low:high],
            self.nearest[low:high],
            self.rows[there],
            self.step[there] - low,
            self.recording,
        )


@dataclasses.dataclass(frozen=True)
class Recordings:
    """The stretches of `n` rows in time, at `rate` steps a second, None where nothing tells.
    `same`: rows that no stretch has, as another row has their time, and that other row."""

    stretches: tuple[Stretch, ...]
    n: int
    rate: float | None
    remarks: tuple[str, ...]
    same: tuple[Index, Index] = (np.empty(0, np.int64), np.empty(0, np.int64))

    def of_rows(self, along: Sequence[NDArray[Any]]) -> Values:
        """Scores of every step of every stretch as scores of rows (n,): the highest of the steps
        that a row is nearest to, or of the step nearest to it; NaN for rows of no stretch."""
        found = np.full(self.n, -np.inf)
        for stretch, scores in zip(self.stretches, along, strict=True):
            np.maximum.at(found, stretch.nearest, scores)
            np.maximum.at(found, stretch.rows, scores[stretch.step])
        found[self.same[0]] = found[self.same[1]]
        return np.where(np.isneginf(found), np.nan, found)


def recordings(
    samples: OwnSamples,
    rate: float | None = None,
    shortest: int = 1,
    use: NDArray[np.bool_] | None = None,
) -> Recordings:
    """Samples in time, at the `rate` that a detector learned from or their own, in stretches of
    `shortest` steps or more.

    `use` (n,): rows that may be used; others end a stretch. Raises `DataError` where no stretch is
    long enough, and for a recording that is more than four times slower than the detector's rate.
    """
    remarks: list[str] = []
    usable = np.ones(len(samples.x), np.bool_) if use is None else use
    seconds = _seconds(samples, remarks)
    parts = _parts(samples, seconds, remarks)
    step = _step(parts)
    clock = None if samples.time is None else samples.time_name
    wanted = _rate(clock, step, rate, remarks)
    bridged, found = 0, []
    for name, rows, time in parts:
        if len(rows) < max(2, shortest * step * wanted * 0.5):
            continue
        for stretch, n in _stretches(name, samples.x[rows], rows, time, step, wanted):
            bridged += n
            kept = usable[stretch.nearest]
            found += [stretch.take(low, high) for low, high in runs_of(kept).tolist()]
    enough = [stretch for stretch in found if len(stretch.x) >= shortest]
    if not enough:
        longest = max((len(stretch.x) for stretch in found), default=0)
        raise DataError(
            f"Expected a stretch of {shortest:,} steps without a gap; the longest has {longest:,}. "
            "Record longer, or fit with a shorter window."
        )
    _tell(samples, enough, len(found), bridged, step, shortest, remarks)
    told = None if clock is None and rate is None else float(f"{wanted:.6g}")
    same = _same(seconds, samples.group, [rows for _, rows, _ in parts])
    return Recordings(tuple(enough), len(samples.x), told, tuple(remarks), same)


def evenly(time: Values, step: float) -> bool:
    """Whether rows are equally spaced, to a tenth of a step: then they are the steps."""
    return bool((np.abs(np.diff(time) - step) <= ON_GRID * step).all())


def as_they_come(chunks: Iterable[OwnSamples], rate: float | None) -> bool:
    """Whether all rows of a file, read in chunks, are the steps of one recording at this rate, so
    that it need not be held as a whole."""
    first, last, step = "", 0.0, None
    for samples in chunks:
        if len(samples.missing) or samples.group is not None:
            return False
        if samples.time is None or not len(samples.time):
            continue
        start = first or str(samples.time[0])
        texts = pd.Series([start, *samples.time.tolist()])
        seconds = seconds_of(texts, samples.time_name)[0][1:]
        if first:
            seconds = np.append(last, seconds)
        if len(seconds) < 2 or not np.isfinite(seconds).all():
            return False
        step = step or float(np.mean(np.diff(seconds)))
        if step <= 0 or not evenly(seconds, step):
            return False
        first, last = start, float(seconds[-1])
    return step is None or rate is None or abs(1 / (step * rate) - 1) <= ALIKE


def _seconds(samples: OwnSamples, remarks: list[str]) -> Values:
    if samples.time is None and samples.group is not None:  # rows of machines may alternate
        missing = samples.missing, samples.missing_group
        return numbered_within(samples.row, samples.group, *missing)
    if samples.time is None:
        return samples.row.astype(np.float64)
    seconds, remark = seconds_of(pd.Series(samples.time, dtype=str), samples.time_name)
    remarks += [remark] if remark else []
    return seconds


def _parts(
    samples: OwnSamples, seconds: Values, remarks: list[str]
) -> list[tuple[str, Index, Values]]:
    """Rows of one recording each with their times, which increase."""
    groups: list[tuple[str, Index]] = [("", np.arange(len(samples.x)))]
    if samples.group is not None:
        names, code = np.unique(samples.group, return_inverse=True)
        order = np.argsort(code, kind="stable")
        cuts = np.flatnonzero(np.diff(code[order])) + 1
        groups = list(zip(names.tolist(), np.split(order, cuts), strict=True))
    found = []
    for name, rows in groups:
        ordered = in_order(seconds[rows], samples.x[rows])
        remarks += [remark for remark in ordered.remarks if remark not in remarks]
        found += [(name, rows[index], time) for index, time in ordered.parts]
    return found


def _same(seconds: Values, group: Any, parts: Sequence[Index]) -> tuple[Index, Index]:
    """Rows that are left out as another one has their time, and that other one."""
    kept = np.concatenate(parts)
    out = np.setdiff1d(np.flatnonzero(np.isfinite(seconds)), kept)
    if not len(out):
        return out, out
    keys = pd.DataFrame({"time": seconds, "group": "" if group is None else group})
    first = keys.iloc[kept].assign(row=kept).drop_duplicates(["time", "group"])
    found = keys.iloc[out].merge(first, how="left", on=["time", "group"])["row"].to_numpy()
    known = np.isfinite(found)
    return out[known], found[known].astype(np.int64)


def _step(parts: Sequence[tuple[str, Index, Values]]) -> float:
    """Seconds from row to row: the mean of usual steps, which rounded times do not disturb."""
    steps = np.concatenate([np.diff(time) for _, _, time in parts])
    if not len(steps):
        raise DataError("A recording has two rows or more; found one of each.")
    usual = float(np.median(steps))
    return float(np.mean(steps[(steps > 0.5 * usual) & (steps < 1.5 * usual)]))


def _rate(clock: str | None, step: float, wanted: float | None, remarks: list[str]) -> float:
    """Steps a second: the detector's, or the file's own. `clock`: the name of its column."""
    own = 1 / step
    if wanted is None:
        if clock is not None:
            told = f"its time ({clock})" if clock else "its time"
            remarks.append(f"A row every {step:.4g} s ({own:.4g} Hz), by {told}.")
        return own
    if clock is None:
        remarks.append(
            f"The file has no time; its rows are taken to be {1 / wanted:.4g} s apart, as those "
            "that the detector learned from."
        )
        return own
    if abs(own / wanted - 1) <= ALIKE:
        return own
    told = (
        f"The detector learned from a row every {1 / wanted:.4g} s; this has one every {step:.4g} s"
    )
    if wanted > SLOWER * own:
        raise DataError(
            f"{told}. What happens in between cannot be known; fit a detector to such recordings, "
            f"or to the ones before with rate {own:.4g}."
        )
    how = "values between are interpolated" if own < wanted else "averaged to that"
    remarks.append(f"{told}: {how}. Fit to recordings of this rate for a fairer judgement.")
    return wanted


def _stretches(
    name: str, x: Values, rows: Index, time: Values, step: float, rate: float
) -> list[tuple[Stretch, int]]:
    """Without gaps, with how many rows were made up in each."""
    known = complete(x)
    if known.all() and abs(rate * step - 1) < 1e-9 and evenly(time, step):
        return [(Stretch(x, rows, rows, np.arange(len(rows)), name), 0)]
    gap = (LOST + 1) * step
    table = Recording(
        time, tuple(map(str, range(x.shape[1]))), np.where(known[:, None], x, np.nan), gap * 1.001
    )
    values, found = unbroken(table)
    made = []
    width = round(1 / (rate * step))
    for low, high in found:
        own, part = time[low:high], values[low:high]
        if width > 1:  # what is faster than the new rate would fold back
            part = ndimage.uniform_filter1d(part, width, axis=0, mode="nearest")
        grid, part = on_grid(own, part, rate)
        middle = (own[1:] + own[:-1]) / 2
        nearest = np.searchsorted(middle, grid)
        at = (
            np.searchsorted((grid[1:] + grid[:-1]) / 2, own)
            if len(grid) > 1
            else own.astype(int) * 0
        )
        lost = max(0, round(float(np.ptp(own)) / step) + 1 - int(known[low:high].sum()))
        made.append((Stretch(part, rows[low:high][nearest], rows[low:high], at, name), lost))
    return made


def _tell(
    samples: OwnSamples,
    stretches: Sequence[Stretch],
    n_before: int,
    bridged: int,
    step: float,
    shortest: int,
    remarks: list[str],
) -> None:
    n = len({stretch.recording for stretch in stretches})
    if samples.group is not None:
        remarks.append(f"{n:,} recording{'s' * (n > 1)}; no window crosses from one to another.")
    if bridged:
        remarks.append(f"About {bridged:,} missing rows are interpolated, at most {LOST} in a row.")
    if len(stretches) > n:
        what = f"{LOST + 1:g} steps" if samples.time is None else f"{(LOST + 1) * step:.4g} s"
        remarks.append(
            f"{len(stretches):,} stretches, which gaps of more than {what} part; no window crosses "
            "a gap."
        )
    if n_before > len(stretches):
        few = n_before - len(stretches)
        remarks.append(
            f"{few:,} stretch{'es' * (few > 1)} of fewer than {shortest} steps, the detector's "
            f"window, {'are' if few > 1 else 'is'} left out."
        )
