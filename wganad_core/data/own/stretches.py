"""Stretches of recordings: rows in the order of time, those to learn from, flagged ones."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import outside
from wganad_core.data.disorder import by_time
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.runs import runs_of

LOST = 4  # rows in a row that may be missing
Index = NDArray[np.int64]


def in_time(
    row: Index, seconds: NDArray[np.float64] | None = None, group: NDArray[Any] | None = None
) -> tuple[Index, Index]:
    """How rows follow each other: recording after recording, and in each by its clock.

    Parameters
    ----------
    row : (n,), their numbers in the file, which are the clock where there is none
    seconds : (n,), optional, when each was; NaN where nobody knows
    group : (n,), optional, which machine or recording each is of

    Returns
    -------
    order : (n,), the rows by number, from 0
    stretch : (n,)
        In that order, the number of what each belongs to: another one begins with a recording,
        where the clock falls back, and after a gap of more than `LOST` steps.

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.data.own.stretches import in_time
    >>> order, stretch = in_time(np.arange(1, 5), group=np.array(["a", "b", "a", "b"]))
    >>> order.tolist(), stretch.tolist()
    ([0, 2, 1, 3], [0, 0, 1, 1])
    """
    clock = row.astype(np.float64) if seconds is None else seconds
    parts: list[Index] = []
    for rows in _groups(group, len(row)):
        known = [rows[part] for part in by_time(clock[rows])]
        parts += [*known, rows[~np.isfinite(clock[rows])]]
    parts = [part for part in parts if len(part)]
    order = np.concatenate([*parts, np.empty(0, np.int64)])
    if not len(order):
        return order, order
    steps = np.concatenate([np.diff(clock[part]) for part in parts])
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else np.inf
    new = np.zeros(len(order), np.int64)
    new[np.cumsum([len(part) for part in parts[:-1]], dtype=np.int64)] = 1
    new[1:] |= np.diff(clock[order]) > (LOST + 1) * usual
    return order, np.cumsum(new)


def _groups(group: NDArray[Any] | None, n: int) -> list[Index]:
    """The rows of each."""
    if group is None:
        return [np.arange(n)]
    _, code = np.unique(group, return_inverse=True)
    order = np.argsort(code, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(code[order])) + 1)


def normal_stretch(label: NDArray[np.int64] | None, n: int) -> slice:
    """The longest run of steps that are not labelled anomalies; without labels, all n."""
    if label is None:
        return slice(0, n)
    runs = runs_of(label == 0)
    if not len(runs):
        return slice(0, 0)
    low, high = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return slice(int(low), int(high))


def counted(
    label: Index,
    flagged: NDArray[np.bool_],
    stretch: Index | None = None,
    unseen: NDArray[np.bool_] | None = None,
) -> tuple[int, int, int]:
    """Of rows (n,) in the order of time, each of a stretch (n,): labelled runs that are flagged
    somewhere, all of them, and flagged runs in which nothing is labelled. Only those that are
    `unseen` somewhere count, where that is told."""
    judged = np.ones(len(label), bool) if unseen is None else unseen

    def runs(mask: NDArray[np.bool_]) -> list[slice]:
        found = [slice(low, high) for low, high in runs_of(mask, stretch).tolist()]
        return [run for run in found if judged[run].any()]

    odd = runs(label == 1)
    caught = sum(bool(flagged[run].any()) for run in odd)
    alarms = sum(not (label[run] == 1).any() for run in runs(flagged))
    return caught, len(odd), alarms


def stretch_csv(samples: OwnSamples, part: slice) -> bytes:
    """These steps' features as CSV, every bit kept."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(outside.cells(samples.features).to_pylist())
    writer.writerows([repr(value) for value in row] for row in samples.x[part].tolist())
    return text.getvalue().encode()
