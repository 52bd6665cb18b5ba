"""Thresholds that a curve recommends: best F, lowest cost, enough recall, few enough alarms.

Every threshold returned is a score of the sample or −inf; of equally good states, the one with
the higher threshold is taken.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.evaluation.curves import Curve
from wganad_core.evaluation.points import FloatArray, check_ratio, f_of

ROUNDING = 1e-14  # what are equal numbers on paper may differ by this much, relatively
WHOLE = 1e-9  # 0.07 · 100 is 7 alarms, although 7.000000000000001 as floating-point numbers go


def f_scores(
    curve: Curve,
    beta: float = 1.0,
    base_rate: float | None = None,
    states: NDArray[Any] | None = None,
) -> FloatArray:
    """F-beta of all or some states; NaN where nothing is flagged and there is no anomaly.

    Examples
    --------
    >>> from wganad_core.evaluation import curve, f_scores
    >>> f_scores(curve([0, 1], [0.2, 0.7]))
    array([0.        , 1.        , 0.66666667])
    """
    share = curve.shares(base_rate, states)
    return f_of(share.true_positives, share.false_positives, share.false_negatives, beta)


def costs(
    curve: Curve, ratio: float, base_rate: float | None = None, states: NDArray[Any] | None = None
) -> FloatArray:
    """Expected cost per sample of all or some states, in false alarms; a miss costs `ratio`.

    Examples
    --------
    >>> from wganad_core.evaluation import costs, curve
    >>> costs(curve([0, 1], [0.2, 0.7]), ratio=5)
    array([2.5, 0. , 0.5])
    """
    check_ratio(ratio)
    share = curve.shares(base_rate, states)
    return ratio * share.false_negatives + share.false_positives


def best_f(curve: Curve, beta: float = 1.0, base_rate: float | None = None) -> float:
    """The threshold with the largest F-beta.

    Raises `ValueError` without anomalies, in the sample or, at a base rate of 0, in the population.

    Examples
    --------
    >>> from wganad_core.evaluation import best_f, curve
    >>> best_f(curve([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]))
    0.1
    """
    if base_rate == 0:
        raise ValueError("Expected a base rate above 0, as F is about anomalies; found 0.")
    _need(curve, anomalies=True, normals=_is_shifted(curve, base_rate))
    return _best(curve, f_scores(curve, beta, base_rate))


def lowest_cost(curve: Curve, ratio: float, base_rate: float | None = None) -> float:
    """The threshold with the lowest expected cost.

    Raises `ValueError` for a ratio below 0, and for a sample of one class at another base rate.

    Examples
    --------
    >>> from wganad_core.evaluation import curve, lowest_cost
    >>> lowest_cost(curve([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]), ratio=0.5)
    0.4
    """
    shifted = _is_shifted(curve, base_rate)
    _need(curve, anomalies=shifted, normals=shifted)
    return _best(curve, -costs(curve, ratio, base_rate))


def at_recall(curve: Curve, recall: float) -> float:
    """The threshold of the first state with at least this recall: the fewest flagged.

    −inf where no threshold reaches it, as anomalies have a score of −inf. Raises `ValueError`
    for a recall outside [0, 1] and without anomalies.

    Examples
    --------
    >>> from wganad_core.evaluation import at_recall, curve
    >>> at_recall(curve([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]), 0.5)
    0.4
    """
    _need(curve, anomalies=True)
    if not 0 <= recall <= 1:
        raise ValueError(f"Expected a recall in [0, 1]; found {recall}.")
    wanted = math.ceil(recall * curve.n_anomalies - WHOLE)
    return curve.threshold(int(curve.true_positives.searchsorted(wanted, side="left")))


def at_false_alarm_rate(curve: Curve, rate: float) -> float:
    """The lowest threshold at which at most this share of the normals is flagged.

    Raises `ValueError` for a rate outside [0, 1] and without normals.

    Examples
    --------
    >>> from wganad_core.evaluation import at_false_alarm_rate, curve
    >>> at_false_alarm_rate(curve([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]), 0.5)
    0.1
    """
    _need(curve, normals=True)
    if not 0 <= rate <= 1:
        raise ValueError(f"Expected a false-alarm rate in [0, 1]; found {rate}.")
    allowed = math.floor(rate * curve.n_normals + WHOLE)
    return curve.threshold(int(curve.false_positives.searchsorted(allowed, side="right")) - 1)


def _best(curve: Curve, worth: FloatArray) -> float:
    """The threshold of the first of the reachable states that are worth most."""
    reachable = worth[: curve.last_state + 1]
    most = np.nanmax(reachable)
    return curve.threshold(int(np.argmax(reachable >= most - ROUNDING * abs(most))))


def _is_shifted(curve: Curve, base_rate: float | None) -> bool:
    return base_rate is not None and base_rate != curve.base_rate


def _need(curve: Curve, anomalies: bool = False, normals: bool = False) -> None:
    if anomalies and not curve.n_anomalies:
        raise ValueError(f"Expected anomalies among the samples; found {curve.n} normals only.")
    if normals and not curve.n_normals:
        raise ValueError(f"Expected normals among the samples; found {curve.n} anomalies only.")
