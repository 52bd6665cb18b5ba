"""The conformal rule: a threshold whose rate holds whatever the scores' distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.thresholds.advice import Advice, Values, check_rate, checked, exceeding, share_text
from wganad_core.thresholds.quantile import LEAST, rate_interval


def conformal_p_values(calibration: NDArray[np.floating], score: NDArray[np.floating]) -> Values:
    """Of each score (m,): (1 + calibration scores at least as high)/(n + 1).

    If a new normal is exchangeable with the calibration sample, P(p ≤ α) ≤ α for every α, whatever
    the scores' distribution and however many are tied (Vovk et al. 2005).

    Parameters
    ----------
    calibration : (n,), scores of normals that were used for nothing else
    score : (m,), of new samples

    Returns
    -------
    (m,), in (0, 1].

    Raises
    ------
    ValueError
        For an empty calibration sample, or NaN in either.

    Examples
    --------
    >>> from wganad_core.thresholds import conformal_p_values
    >>> conformal_p_values(np.arange(9), np.array([8.5, 4.0]))
    array([0.1, 0.6])
    """
    ordered = checked(calibration)
    found = np.asarray(score, np.float64)
    if np.isnan(found).any():
        raise ValueError("Expected scores that are numbers; found NaN.")
    at_least = len(ordered) - np.searchsorted(ordered, found, side="left")
    return np.asarray((1 + at_least) / (len(ordered) + 1), np.float64)


def conformal_threshold(calibration: NDArray[np.floating], false_alarm_rate: float) -> float:
    """The smallest threshold with P(score of a new normal > threshold) ≤ `false_alarm_rate`.

    It is the ⌈(1 − α)(n + 1)⌉-th smallest calibration score, and flags exactly the scores with
    `conformal_p_values` ≤ α; +inf, which flags nothing, if n + 1 < 1/α. The probability is over
    calibration sample and new normal together, which must be exchangeable.

    Parameters
    ----------
    calibration : (n,), scores of normals that were used for nothing else
    false_alarm_rate : in [0, 1], the share of normals that may be flagged

    Raises
    ------
    ValueError
        For an empty sample, NaN, or a rate outside [0, 1].

    Examples
    --------
    >>> from wganad_core.thresholds import conformal_threshold
    >>> conformal_threshold(np.arange(99), 0.05), conformal_threshold(np.arange(9), 0.05)
    (94.0, inf)
    """
    check_rate(false_alarm_rate)
    ordered = checked(calibration)
    rank = _p_rank(false_alarm_rate, len(ordered))
    if rank < 1:
        return math.inf
    return float(ordered[-rank]) if rank <= len(ordered) else -math.inf


def _p_rank(rate: float, n: int) -> int:
    """The largest k with k/(n + 1) ≤ rate, in the arithmetic in which p-values are compared."""
    k = math.floor(rate * (n + 1)) + 1
    while k / (n + 1) > rate:
        k -= 1
    return k


def conformal_advice(calibration: NDArray[Any], false_alarm_rate: float) -> Advice:
    """`conformal_threshold`, and where the rate lies for the calibration sample at hand.

    Parameters
    ----------
    calibration : (n,), scores of normals that were used for nothing else
    false_alarm_rate : in [0, 1], the share of normals that may be flagged

    Raises
    ------
    ValueError
        For an empty sample, NaN, or a rate outside [0, 1].

    Examples
    --------
    >>> from wganad_core.thresholds import conformal_advice
    >>> conformal_advice(np.arange(99), 0.05).threshold
    94.0
    """
    ordered = checked(calibration)
    threshold = conformal_threshold(ordered, false_alarm_rate)
    n = len(ordered)
    rank = _p_rank(false_alarm_rate, n)
    warning = None
    expected = (1.0, 1.0)
    if threshold == math.inf and rank < 1:
        possible = false_alarm_rate > LEAST
        enough = math.ceil(1 / false_alarm_rate - 1e-9) - 1 if possible else 0
        warning = (
            f"Nothing is flagged: {n:,} scores cannot guarantee a rate of "
            f"{share_text(false_alarm_rate)}; "
            + (f"it takes {enough:,} at least." if possible else "no number of them can.")
        )
        expected = (0.0, 0.0)
    elif rank <= n:
        expected = rate_interval(n, exceeding(ordered, threshold), rank - 1)
    return Advice(
        "conformal",
        "Conformal",
        threshold,
        "A new normal is exchangeable with the calibration scores; then it is flagged with a "
        f"probability of at most {share_text(false_alarm_rate)}, whatever their distribution.",
        warning,
        expected,
    )
