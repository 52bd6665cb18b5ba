"""Two detectors on the same samples, at as many false alarms: whom both catch, whom only one."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from wganad_core.evaluation.choices import at_false_alarm_rate
from wganad_core.evaluation.curves import IntArray, checked, curve
from wganad_core.evaluation.events import Mask
from wganad_core.evaluation.points import FloatArray, OperatingPoint

Counts = dict[str, tuple[float, float]]
KINDS = ("both", "first", "second", "neither")  # who flags


@dataclasses.dataclass(frozen=True, eq=False)
class Agreement:
    """Who is flagged by the first and by the second detector, above a threshold each.

    `anomaly` (n,): the truth; `first`, `second` (n,): whether each flags; `score` (n,) and `other`
    (n,): their scores; `point`: what the second does at its threshold.
    """

    anomaly: Mask
    score: FloatArray
    other: FloatArray
    first: Mask
    second: Mask
    point: OperatingPoint

    @property
    def false_alarm_rate(self) -> float:
        """Of the first detector."""
        return float(self.first[~self.anomaly].mean())

    @property
    def counts(self) -> Counts:
        """How many anomalies and how many normals are flagged by whom, by `KINDS`."""
        masks = (
            self.first & self.second,
            self.first & ~self.second,
            ~self.first & self.second,
            ~self.first & ~self.second,
        )
        return {
            name: (float((which & self.anomaly).sum()), float((which & ~self.anomaly).sum()))
            for name, which in zip(KINDS, masks, strict=True)
        }

    def expected(self, base_rate: float, n: float) -> Counts:
        """The counts that are to be expected among n samples of a world with that base rate."""
        anomalies = int(self.anomaly.sum())
        odd, normal = (
            base_rate * n / anomalies,
            (1 - base_rate) * n / (len(self.anomaly) - anomalies),
        )
        return {name: (odd * one, normal * each) for name, (one, each) in self.counts.items()}

    def caught_by_first_only(self) -> IntArray:
        """Anomalies, the first detector's highest scores first."""
        return _highest(self.anomaly & self.first & ~self.second, self.score)

    def caught_by_second_only(self) -> IntArray:
        """Anomalies, the second detector's highest scores first."""
        return _highest(self.anomaly & self.second & ~self.first, self.other)

    def alarms_of_one(self) -> IntArray:
        """Normals that one of the two flags, the first detector's highest scores first."""
        return _highest(~self.anomaly & (self.first != self.second), self.score)


def agreement(label: ArrayLike, score: ArrayLike, other: ArrayLike, threshold: float) -> Agreement:
    """The first detector at a threshold, the second where it has at most as many false alarms.

    Raises `ValueError` for samples of one class only, NaN, and unequal lengths.

    Examples
    --------
    >>> from wganad_core.evaluation import agreement
    >>> found = agreement([0, 0, 1, 1], [1, 5, 9, 2], [5, 1, 2, 9], threshold=4)
    >>> found.counts["first"], found.point.threshold, found.alarms_of_one().tolist()
    ((0.0, 1.0), 1.0, [1, 0])
    """
    truth, first = checked(label, score)
    _, second = checked(label, other)
    anomaly = truth == 1
    if not 0 < anomaly.sum() < len(anomaly):
        raise ValueError(
            f"Expected anomalies and normals; found {int(anomaly.sum())} anomalies among "
            f"{len(anomaly)} samples."
        )
    flagged = first > threshold
    found = curve(truth, second)
    point = found.at(at_false_alarm_rate(found, float(flagged[~anomaly].mean())))
    return Agreement(anomaly, first, second, flagged, second > point.threshold, point)


def _highest(which: Mask, score: FloatArray) -> IntArray:
    """The numbers of the marked samples, the highest score first."""
    found = np.flatnonzero(which)
    return found[np.argsort(-score[found], kind="stable")]
