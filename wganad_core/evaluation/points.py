"""What one threshold does: a confusion matrix, and its rates at some base rate."""

from __future__ import annotations

import dataclasses
import math
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Number = TypeVar("Number", float, FloatArray)


@dataclasses.dataclass(frozen=True)
class Shares(Generic[Number]):
    """A confusion matrix as shares of all samples, at some base rate; the four add up to 1."""

    true_positives: Number
    false_positives: Number
    false_negatives: Number
    true_negatives: Number


@dataclasses.dataclass(frozen=True)
class OperatingPoint:
    """What one threshold does: the sample's confusion matrix, and its rates.

    `base_rate` is the π at which `shares`, `precision`, `mcc`, `f` and `cost` are meant: the
    sample's own, or another to which it is re-weighted. A rate without a denominator is NaN:
    recall without anomalies, false-alarm rate and specificity without normals, precision where
    nothing is flagged, F where nothing is flagged and there is no anomaly. Re-weighting a sample
    of one class gives NaN throughout.

    Examples
    --------
    >>> from wganad_core.evaluation import OperatingPoint
    >>> point = OperatingPoint(0.5, 8, 2, 2, 88, base_rate=0.1)
    >>> point.recall, round(point.precision, 3), round(point.f(), 3)
    (0.8, 0.8, 0.8)
    """

    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    base_rate: float

    @property
    def flagged(self) -> int:
        return self.true_positives + self.false_positives

    @property
    def recall(self) -> float:
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def false_alarm_rate(self) -> float:
        return _ratio(self.false_positives, self.false_positives + self.true_negatives)

    @property
    def specificity(self) -> float:
        return _ratio(self.true_negatives, self.false_positives + self.true_negatives)

    @property
    def shares(self) -> Shares[float]:
        """The confusion matrix at `base_rate`, as shares of all samples."""
        weight = weights(
            self.true_positives + self.false_negatives,
            self.false_positives + self.true_negatives,
            self.base_rate,
        )
        return Shares(
            self.true_positives * weight[0],
            self.false_positives * weight[1],
            self.false_negatives * weight[0],
            self.true_negatives * weight[1],
        )

    @property
    def precision(self) -> float:
        share = self.shares
        return _ratio(share.true_positives, share.true_positives + share.false_positives)

    @property
    def mcc(self) -> float:
        """Matthews' correlation; 0 where a margin is empty, as in scikit-learn."""
        share = self.shares
        tp, fp = share.true_positives, share.false_positives
        fn, tn = share.false_negatives, share.true_negatives
        # Pair by pair: the product of four margins of a rare class can underflow.
        margins = math.sqrt((tp + fp) * (tn + fn)) * math.sqrt((tp + fn) * (tn + fp))
        return (tp * tn - fp * fn) / margins if margins else 0.0

    def f(self, beta: float = 1.0) -> float:
        """F-beta: recall counts beta times as much as precision."""
        share = self.shares
        return float(f_of(share.true_positives, share.false_positives, share.false_negatives, beta))

    def cost(self, ratio: float) -> float:
        """Expected cost per sample, in false alarms, when a miss costs `ratio` of them:
        π · ratio · (1 − recall) + (1 − π) · false-alarm rate."""
        check_ratio(ratio)
        share = self.shares
        return ratio * share.false_negatives + share.false_positives


def f_of(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, beta: float) -> FloatArray:
    """F-beta from counts or shares; NaN where nothing is flagged and there is no anomaly."""
    if not 0 < beta < math.inf:
        raise ValueError(f"Expected a beta above 0; found {beta}.")
    hits = (1 + beta**2) * np.asarray(tp, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(hits / (hits + beta**2 * np.asarray(fn) + np.asarray(fp)))


def check_ratio(ratio: float) -> None:
    if not 0 <= ratio < math.inf:
        raise ValueError(f"Expected a cost ratio of 0 or more; found {ratio}.")


def weights(n_anomalies: int, n_normals: int, base_rate: float) -> tuple[float, float]:
    """What one anomaly and one normal weigh, as shares of all; NaN for what cannot be weighed."""
    n = n_anomalies + n_normals
    if base_rate == n_anomalies / n:  # also where a class is absent
        return 1 / n, 1 / n
    return _ratio(base_rate, n_anomalies), _ratio(1 - base_rate, n_normals)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
