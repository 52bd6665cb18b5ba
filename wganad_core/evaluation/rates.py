"""What recall and false-alarm rate mean in a population with another base rate.

Moving to another base rate changes how many anomalies and normals there are, but not how each of
them is scored: recall R and false-alarm rate F stay, and everything else follows from R, F and π.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from wganad_core.evaluation.points import OperatingPoint


def check_base_rate(base_rate: float) -> None:
    """Raises `ValueError` for a base rate outside [0, 1], or NaN."""
    if not 0 <= base_rate <= 1:
        raise ValueError(f"Expected a base rate in [0, 1]; found {base_rate}.")


def precision_at(
    recall: ArrayLike, false_alarm_rate: ArrayLike, base_rate: float
) -> NDArray[np.float64]:
    """π R / (π R + (1 − π) F), elementwise; NaN where nothing is flagged.

    What chance gives (F = R) is π itself, at every recall.

    Examples
    --------
    >>> from wganad_core.evaluation import precision_at
    >>> float(precision_at(0.9, 0.01, base_rate=0.001).round(3))
    0.083
    """
    check_base_rate(base_rate)
    true = base_rate * np.asarray(recall, dtype=np.float64)
    false = (1 - base_rate) * np.asarray(false_alarm_rate, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(true / (true + false))


def worst_precision(recall: ArrayLike, base_rate: float) -> NDArray[np.float64]:
    """The smallest precision that any ranking can have at a recall: all normals come before.

    The floor line of a precision-recall plot; the area under it is `auprc_floor(base_rate)`.

    Examples
    --------
    >>> from wganad_core.evaluation import worst_precision
    >>> worst_precision([0.5, 1.0], base_rate=0.5)
    array([0.33333333, 0.5       ])
    """
    return precision_at(recall, 1.0, base_rate)


def alarms_per_day(point: OperatingPoint, samples_per_day: float) -> tuple[float, float]:
    """Expected (true, false) alarms per day at the base rate that the point is meant at.

    Examples
    --------
    >>> from wganad_core.evaluation import alarms_per_day, curve
    >>> alarms_per_day(curve([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]).at(0.35), samples_per_day=1000)
    (250.0, 250.0)
    """
    if not 0 <= samples_per_day < float("inf"):
        raise ValueError(f"Expected a number of samples per day; found {samples_per_day}.")
    share = point.shares
    return samples_per_day * share.true_positives, samples_per_day * share.false_positives
