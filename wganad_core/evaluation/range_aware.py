"""Measures of alarms and scores in time that know of ranges, and of how some of them flatter.

Moments stand in their order; label 1 = anomaly, 0 = normal; a *range* is a run of labelled moments.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wganad_core.data.runs import runs_of
from wganad_core.evaluation.curves import checked, ends_of
from wganad_core.evaluation.events import Mask, Runs
from wganad_core.evaluation.points import FloatArray


def point_adjusted(label: ArrayLike, flagged: ArrayLike) -> Mask:
    """What "point adjustment" makes of alarms: one in a labelled range counts as all of it.

    It flatters so much that random alarms look good (Kim et al. 2022); it is here to show that.

    Examples
    --------
    >>> from wganad_core.evaluation.range_aware import point_adjusted
    >>> point_adjusted([0, 1, 1, 1, 0], [0, 0, 1, 0, 1]).astype(int)
    array([0, 1, 1, 1, 1])
    """
    adjusted = np.array(flagged, bool)
    for low, high in runs_of(label):
        adjusted[low:high] |= adjusted[low:high].any()
    return adjusted


def at_random(flagged: ArrayLike) -> Mask:
    """As many alarms, at moments that a fixed seed draws.

    Examples
    --------
    >>> from wganad_core.evaluation.range_aware import at_random
    >>> int(at_random([1, 1, 0, 0, 0]).sum())
    2
    """
    return np.random.default_rng(0).permutation(np.asarray(flagged, bool))


def f1_of(label: ArrayLike, flagged: ArrayLike) -> float:
    """F1 moment by moment; NaN without anomalies and alarms.

    Examples
    --------
    >>> from wganad_core.evaluation.range_aware import f1_of
    >>> f1_of([0, 1, 1, 0], [0, 1, 0, 0])
    0.6666666666666666
    """
    truth, flags = np.asarray(label) == 1, np.asarray(flagged, bool)
    both = int(truth.sum()) + int(flags.sum())
    return 2 * int((truth & flags).sum()) / both if both else math.nan


def affiliation(label: ArrayLike, flagged: ArrayLike) -> tuple[float, float]:
    """Affiliation precision and recall (Huet et al. 2022): how near alarms and ranges are, as the
    share of random moments that would be as far away or further.

    Each range owns the moments that are nearer to it than to another (of two equally near, the
    earlier). Precision is the mean over the ranges that own alarms, recall over all ranges.

    Parameters
    ----------
    label, flagged : (n,) of 0 and 1

    Returns
    -------
    Precision, NaN without alarms, and recall; both NaN without ranges.

    Examples
    --------
    >>> from wganad_core.evaluation.range_aware import affiliation
    >>> affiliation([0, 1, 1, 0, 0, 0], [0, 1, 1, 0, 0, 0])
    (1.0, 1.0)
    """
    alarm = np.flatnonzero(np.asarray(flagged, bool))
    ranges, n = runs_of(label), len(np.asarray(label))
    middles = (ranges[:-1, 1] - 1 + ranges[1:, 0]) // 2 + 1
    zones = zip([0, *middles.tolist()], [*middles.tolist(), n], strict=True)
    if not len(ranges):
        return math.nan, math.nan
    precision, recall = [], []
    for (low, high), (first, last) in zip(ranges.tolist(), zones, strict=True):
        own = alarm[(alarm >= first) & (alarm < last)]
        if not len(own):
            recall.append(0.0)
            continue
        moments = np.arange(first, last)
        away = np.maximum.reduce([low - moments, moments - high + 1, np.zeros(len(moments), int)])
        further = 1 - np.searchsorted(np.sort(away), away[own - first]) / len(away)
        precision.append(float(further.mean()))
        inside = np.arange(low, high)
        right = np.searchsorted(own, inside)
        near = np.minimum(
            np.abs(inside - own[np.minimum(right, len(own) - 1)]),
            np.abs(inside - own[np.maximum(right - 1, 0)]),
        )
        within = np.minimum(inside + near, last) - np.maximum(inside - near + 1, first)
        recall.append(float((1 - np.where(near > 0, within, 0) / len(moments)).mean()))
    return (float(np.mean(precision)) if precision else math.nan), float(np.mean(recall))


def vus_pr(label: ArrayLike, score: ArrayLike, buffer: int) -> float:
    """Volume under the precision-recall surface (Paparrizos et al. 2022): the mean of the range-
    aware areas for buffers of 0 … `buffer` moments.

    Around every range the label falls from 1 as √(1 − d/ℓ) to the distance ℓ/2; recall is what is
    flagged of it, over the mean of both labels' sums, times the share of ranges that are touched.
    Areas are exact, over all thresholds.

    Raises `ValueError` for what `curve` refuses, and for a buffer below 0.

    Examples
    --------
    >>> from wganad_core.evaluation import vus_pr
    >>> vus_pr([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.2], buffer=0)
    1.0
    """
    truth, values = checked(label, score)
    if buffer < 0:
        raise ValueError(f"Expected a buffer of 0 or more moments; found {buffer}.")
    if not truth.any():
        return math.nan
    order = np.argsort(-values, kind="stable")
    ends = ends_of(values[order])
    areas = [_range_auc(truth, values, order, ends, width) for width in range(buffer + 1)]
    return float(np.mean(areas))


def softened(label: ArrayLike, width: int) -> FloatArray:
    """Labels (n,) that fall from 1 around each range, as far as half a `width`."""
    truth = np.asarray(label)
    weight = truth.astype(np.float64)
    away = np.arange(1, width // 2 + 1)
    fall = np.sqrt(1 - away / width) if width else away.astype(float)
    for low, high in runs_of(truth):
        for at, by in ((low - away, fall), (high - 1 + away, fall)):
            there = (at >= 0) & (at < len(weight))
            weight[at[there]] += by[there]
    return np.minimum(weight, 1)


def _range_auc(
    truth: NDArray[Any], values: FloatArray, order: Runs, ends: Runs, width: int
) -> float:
    weight = softened(truth, width)
    true = np.cumsum(weight[order])[ends]
    highest = np.sort([values[low:high].max() for low, high in runs_of(weight > 0)])
    touched = len(highest) - highest.searchsorted(values[order][ends], side="left")
    positives = (truth.sum() + weight.sum()) / 2
    recall = np.minimum(true / positives, 1) * touched / len(highest)
    precision = true / (ends + 1)
    return float(np.diff(recall, prepend=0.0) @ precision)
