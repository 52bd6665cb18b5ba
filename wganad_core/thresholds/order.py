"""Thresholds that are one of the scores: quantile, conformal, and the paper's interval rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy  # which loads its parts when they are used: `stats` takes half a second
from numpy.typing import NDArray

from wganad_core.thresholds.advice import Advice, Values, check_rate, checked, exceeding, share_text

CONFIDENCE = 0.95
# From so many expected exceedances on, the interval ends below twice the wanted rate: for 8 of n
# it ends at 15.8/n, for 7 at 14.4/n.
ENOUGH = 8
LEAST = 1e-15  # rates up to this are for no sample that can be counted


def quantile_threshold(calibration: NDArray[np.floating], false_alarm_rate: float) -> float:
    """The smallest calibration score that at most `false_alarm_rate` of them exceed; −inf for 1.

    Only the order of the scores counts, so they may be infinite.

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
    >>> from wganad_core.thresholds import quantile_threshold
    >>> quantile_threshold(np.arange(100), 0.05)
    94.0
    """
    check_rate(false_alarm_rate)
    ordered = checked(calibration)
    allowed = _allowed(false_alarm_rate, len(ordered))
    return float(ordered[-1 - allowed]) if allowed < len(ordered) else -math.inf


def _allowed(rate: float, n: int) -> int:
    """How many of n scores may be flagged: the largest number whose share is at most the rate."""
    return min(math.floor(rate * n + 1e-9), n)


def rate_interval(n: int, flagged: int, allowed: int | None = None) -> tuple[float, float]:
    """Where the true false-alarm rate lies if `flagged` of n calibration scores are: 95%.

    This is Clopper and Pearson's interval. It holds at least as often as it says in both cases
    that occur here. For a threshold that was fixed beforehand the count is binomial, for which the
    interval is made. For the (k + 1)-th largest of n independent continuous scores the true rate
    has the distribution Beta(k + 1, n − k): the upper end is exactly its 97.5% quantile, the
    lower end, a quantile of Beta(k, n − k + 1), lies below its 2.5% quantile. Where ties let a
    rule flag fewer than it was `allowed` to, the upper end is taken at the latter, because then
    it still holds.

    Parameters
    ----------
    n : calibration scores
    flagged : how many of them exceed the threshold
    allowed : how many the rule lets exceed it; by default `flagged`

    Returns
    -------
    The lower and the upper end, in [0, 1].

    Examples
    --------
    >>> from wganad_core.thresholds import rate_interval
    >>> [round(end, 3) for end in rate_interval(n=1000, flagged=10)]
    [0.005, 0.018]
    """
    tail = (1 - CONFIDENCE) / 2
    most = flagged if allowed is None else allowed
    low = float(scipy.stats.beta.ppf(tail, flagged, n - flagged + 1)) if flagged else 0.0
    high = float(scipy.stats.beta.isf(tail, most + 1, n - most)) if most < n else 1.0
    return low, high


def quantile_advice(calibration: NDArray[Any], false_alarm_rate: float) -> Advice:
    """`quantile_threshold`, and in which interval its true rate lies (see `rate_interval`).

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
    >>> from wganad_core.thresholds import quantile_advice
    >>> quantile_advice(np.arange(1000), 0.01).assumption
    'New normals score like these 1,000, of which 1% at most exceed the threshold.'
    """
    ordered = checked(calibration)
    threshold = quantile_threshold(ordered, false_alarm_rate)
    n, flagged = len(ordered), exceeding(ordered, threshold)
    allowed = _allowed(false_alarm_rate, n)
    expected = rate_interval(n, flagged, allowed) if threshold > -math.inf else (1.0, 1.0)
    return Advice(
        "quantile",
        "Quantile",
        threshold,
        f"New normals score like these {n:,}, of which {share_text(false_alarm_rate)} at most "
        "exceed the threshold.",
        _quantile_warning(false_alarm_rate, n, flagged, allowed, expected[1]),
        expected,
    )


def _quantile_warning(rate: float, n: int, flagged: int, allowed: int, high: float) -> str | None:
    if rate <= LEAST:
        return (
            f"No sample can promise a rate of {rate:g}: this is the highest calibration score, and "
            f"up to {share_text(high)} of new normals may exceed it."
        )
    if rate < 1 and high > 2 * rate:
        which = "the highest of them" if allowed == 0 else f"exceeded by {flagged} of them"
        return (
            f"Few scores for this rate: {n:,}, and the threshold is {which}. The true rate may be "
            f"up to {share_text(high)}; {math.ceil(ENOUGH / rate):,} scores would keep it below "
            f"twice the {share_text(rate)} wanted."
        )
    if flagged < allowed / 2:
        return (
            f"Many scores are equal to the threshold, so only {flagged:,} of {n:,} exceed it "
            f"rather than {allowed:,}; no threshold comes closer without flagging more."
        )
    return None


# ---------------------------------------------------------------- conformal


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


# ---------------------------------------------------------------- the paper's rule


def interval_advice(
    fit_range: tuple[float, float], calibration: NDArray[Any] | None = None
) -> Advice:
    """The paper's rule (§5.1): flag what lies outside the range of the fit part's scores.

    `fit_range`: lowest and highest score of the fit part. The threshold is the highest; for the
    two-sided score `critic-interval`, the distance to that range, it is 0 by construction. There
    is no rate to choose: were the fit part exchangeable with new normals, 1/(n_fit + 1) would
    exceed it, but the model was trained on that part. `calibration` tells how many do.

    Raises
    ------
    ValueError
        For a range whose ends are not in order, and for a calibration sample that is empty or
        holds NaN.

    Examples
    --------
    >>> from wganad_core.thresholds import interval_advice
    >>> interval_advice((0.2, 3.5)).threshold
    3.5
    """
    low, high = map(float, fit_range)
    if not low <= high:
        raise ValueError(f"Expected the lowest and the highest score; found {fit_range}.")
    warning = (
        "The model was trained on these very samples, so new normals may well score higher, and "
        "no rate can be chosen"
    )
    if calibration is not None:
        ordered = checked(calibration)
        flagged = exceeding(ordered, high)
        warning += f": of the held-out normals {share_text(flagged / len(ordered))} are flagged"
    return Advice(
        "interval",
        "Range of training scores",
        high,
        "No normal scores higher than the highest sample of the fit part (the paper's §5.1).",
        f"{warning}.",
    )
