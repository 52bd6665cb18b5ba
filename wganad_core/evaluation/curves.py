"""From labels and scores, sorted once, to what any threshold does.

The states of a curve: in state i the i highest distinct scores are flagged, so that state 0 flags
nothing and state k everything. Samples with equal scores are flagged together.
"""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wganad_core.evaluation.points import FloatArray, OperatingPoint, Shares, weights
from wganad_core.evaluation.rates import check_base_rate

IntArray = NDArray[np.int64]


@dataclasses.dataclass(frozen=True, eq=False)
class Curve:
    """Cumulative counts over the k distinct scores.

    `levels` (k,): the distinct scores, strictly decreasing, ±inf allowed. `true_positives`,
    `false_positives` (k + 1,): anomalies and normals flagged in state i, in which the i highest
    levels are flagged.

    No threshold flags a score of −inf. Where the lowest level is −inf, state k is therefore a
    point of the curve (it counts in AUPRC and AUROC, which are about the order alone) that no
    threshold reaches: `threshold(k)` is −inf as ever, and `state(−inf)` is k − 1.
    """

    levels: FloatArray
    true_positives: IntArray
    false_positives: IntArray

    @property
    def n_anomalies(self) -> int:
        return int(self.true_positives[-1])

    @property
    def n_normals(self) -> int:
        return int(self.false_positives[-1])

    @property
    def n(self) -> int:
        return self.n_anomalies + self.n_normals

    @property
    def base_rate(self) -> float:
        return self.n_anomalies / self.n

    @property
    def last_state(self) -> int:
        """The state of the threshold −inf: k, or k − 1 where the lowest level is −inf."""
        return len(self.levels) - int(self.levels[-1] == -np.inf)

    def threshold(self, state: int) -> float:
        """The lowest threshold that flags exactly the `state` highest levels: the next level, and
        −inf for the state that flags all (see the class where scores of −inf occur)."""
        if not 0 <= state <= len(self.levels):
            raise ValueError(f"Expected a state in 0 … {len(self.levels)}; found {state}.")
        return float(self.levels[state]) if state < len(self.levels) else -math.inf

    def state(self, threshold: float) -> int:
        """How many levels lie above the threshold, in O(log k)."""
        if math.isnan(threshold):
            raise ValueError("Expected a threshold that is a number; found NaN.")
        not_above = self.levels[::-1].searchsorted(threshold, side="right")
        return len(self.levels) - int(not_above)

    def at(self, threshold: float, base_rate: float | None = None) -> OperatingPoint:
        """What this threshold does, in O(log k); at another base rate if one is given."""
        if base_rate is not None:
            check_base_rate(base_rate)
        state = self.state(threshold)
        true, false = int(self.true_positives[state]), int(self.false_positives[state])
        return OperatingPoint(
            threshold=float(threshold),
            true_positives=true,
            false_positives=false,
            false_negatives=self.n_anomalies - true,
            true_negatives=self.n_normals - false,
            base_rate=self.base_rate if base_rate is None else float(base_rate),
        )

    @cached_property
    def recall(self) -> FloatArray:
        """(k + 1,), read-only; NaN where there are no anomalies."""
        return _rates(self.true_positives)

    @cached_property
    def false_alarm_rate(self) -> FloatArray:
        """(k + 1,), read-only; NaN where there are no normals."""
        return _rates(self.false_positives)

    def shares(
        self, base_rate: float | None = None, states: NDArray[Any] | None = None
    ) -> Shares[FloatArray]:
        """The confusion matrices of all or some states, as shares of all samples."""
        base_rate = self.base_rate if base_rate is None else base_rate
        check_base_rate(base_rate)
        anomalies, normals = weights(self.n_anomalies, self.n_normals, base_rate)
        where = slice(None) if states is None else states
        true, false = self.true_positives[where], self.false_positives[where]
        return Shares[FloatArray](
            np.multiply(true, anomalies, dtype=np.float64),
            np.multiply(false, normals, dtype=np.float64),
            np.multiply(self.n_anomalies - true, anomalies, dtype=np.float64),
            np.multiply(self.n_normals - false, normals, dtype=np.float64),
        )

    def precision(
        self, base_rate: float | None = None, states: NDArray[Any] | None = None
    ) -> FloatArray:
        """(k + 1,) or, for some states only, one per state; NaN in states that flag nothing."""
        share = self.shares(base_rate, states)
        with np.errstate(invalid="ignore"):
            return np.asarray(share.true_positives / (share.true_positives + share.false_positives))


def curve(label: ArrayLike, score: ArrayLike) -> Curve:
    """Sort the samples once, for every question about thresholds.

    Parameters
    ----------
    label : (n,) of 0 (normal) and 1 (anomaly)
    score : (n,), higher = more anomalous, ±inf allowed

    Raises
    ------
    ValueError
        For an empty sample, unequal lengths, labels other than 0 and 1, or NaN.

    Examples
    --------
    >>> from wganad_core.evaluation import curve
    >>> found = curve([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9])
    >>> found.levels, found.true_positives
    (array([0.9, 0.4, 0.3, 0.1]), array([0, 1, 1, 2, 2]))
    >>> found.at(0.35).recall
    0.5
    """
    label, score = checked(label, score)
    order = np.argsort(score)[::-1]
    ordered = score[order]
    ends = ends_of(ordered)
    true = np.cumsum(label[order])[ends]
    start = np.zeros(1, dtype=np.int64)
    return Curve(
        levels=ordered[ends],
        true_positives=np.concatenate([start, true]),
        false_positives=np.concatenate([start, ends + 1 - true]),
    )


def ends_of(ordered: FloatArray) -> IntArray:
    """Where each run of equal scores (n,), which may be infinite, has its last."""
    return np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)


def checked(label: ArrayLike, score: ArrayLike) -> tuple[IntArray, FloatArray]:
    """Labels and scores as arrays of int64 and float64, or `ValueError`; see `curve`."""
    label, score = np.asarray(label), np.asarray(score, dtype=np.float64)
    if label.ndim != 1 or label.shape != score.shape or not len(label):
        raise ValueError(
            f"Expected one label per score and at least one of each; found labels of shape "
            f"{label.shape} and scores of shape {score.shape}."
        )
    if not ((label == 0) | (label == 1)).all():
        raise ValueError("Expected labels of 0 (normal) and 1 (anomaly); found others.")
    if np.isnan(score).any():
        raise ValueError("Expected scores that are numbers; found NaN.")
    return label.astype(np.int64), score


def auprc(curve: Curve, base_rate: float | None = None) -> float:
    """Average precision Σ (R_i − R_{i−1}) · P_i, as scikit-learn's; re-weighted if asked.

    1 without normals; NaN without anomalies, and for a base rate of 0.

    Examples
    --------
    >>> from wganad_core.evaluation import auprc, curve
    >>> round(auprc(curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])), 4)
    0.8333
    """
    if not curve.n_anomalies or base_rate == 0:
        return math.nan
    steps = np.flatnonzero(np.diff(curve.true_positives)) + 1
    gained = curve.true_positives[steps] - curve.true_positives[steps - 1]
    return float(gained @ curve.precision(base_rate, steps)) / curve.n_anomalies


def auroc(curve: Curve) -> float:
    """Area under recall over false-alarm rate, by trapezoids; NaN unless both classes are there.

    Examples
    --------
    >>> from wganad_core.evaluation import auroc, curve
    >>> auroc(curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    if not curve.n_anomalies or not curve.n_normals:
        return math.nan
    true, false = curve.true_positives, curve.false_positives
    doubled = int(np.diff(false) @ (true[1:] + true[:-1]))  # whole numbers: no rounding
    return doubled / (2 * curve.n_anomalies * curve.n_normals)


def _rates(counts: IntArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        rates: FloatArray = np.divide(counts, counts[-1], dtype=np.float64)
    rates.flags.writeable = False
    return rates
