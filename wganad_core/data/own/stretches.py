"""Stretches of a recording: the normal one to learn from, those that are flagged."""

from __future__ import annotations

import csv
import io

import numpy as np
from numpy.typing import NDArray

from wganad_core import outside
from wganad_core.data.own.record import OwnSamples


def normal_stretch(label: NDArray[np.int64] | None, n: int) -> slice:
    """The longest run of steps that are not labelled anomalies; without labels, all n."""
    if label is None:
        return slice(0, n)
    runs = runs_of(label == 0)
    if not len(runs):
        return slice(0, 0)
    low, high = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return slice(int(low), int(high))


def runs_of(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where the mask (n,) holds without a break: (k, 2), first and behind the last."""
    edges = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return np.flatnonzero(edges).reshape(-1, 2)


def counted(label: NDArray[np.int64], flagged: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Labelled stretches that are flagged somewhere, all of them, and flagged stretches in which
    nothing is labelled."""
    odd = runs_of(label == 1)
    caught = sum(bool(flagged[low:high].any()) for low, high in odd)
    alarms = sum(not (label[low:high] == 1).any() for low, high in runs_of(flagged))
    return caught, len(odd), alarms


def stretch_csv(samples: OwnSamples, part: slice) -> bytes:
    """These steps' features as CSV, every bit kept."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(outside.cells(samples.features).to_pylist())
    writer.writerows([repr(value) for value in row] for row in samples.x[part].tolist())
    return text.getvalue().encode()
