"""The quantile rule: so many of the calibration scores may exceed the threshold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy  # which loads its parts when they are used: `stats` takes half a second
from numpy.typing import NDArray

from wganad_core.thresholds.advice import Advice, check_rate, checked, exceeding, share_text

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
