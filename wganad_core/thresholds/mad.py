"""Median and median absolute deviation: a threshold from the middle of the scores."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy  # which loads its parts when they are used: `stats` takes half a second
from numpy.typing import NDArray

from wganad_core.thresholds.advice import Advice, Values, check_rate, checked, exceeding, share_text

TO_DEVIATION = 1.4826  # × MAD is the standard deviation of a normal distribution
FEWEST = 20  # scores from which a shape can be judged at all
SKEW, KURTOSIS = 0.5, 1.0  # beyond which a shape is no bell, if it cannot be chance (1%)


def mad_advice(calibration: NDArray[Any], false_alarm_rate: float) -> Advice:
    """median + k · 1.4826 · MAD, where a normal variable exceeds k with the wanted rate.

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
    >>> from wganad_core.thresholds import mad_advice
    >>> scores = np.random.default_rng(0).normal(size=1000)
    >>> round(mad_advice(scores, 0.01).threshold, 2)
    2.14
    """
    check_rate(false_alarm_rate)
    ordered = checked(calibration)
    centre, spread = _middle(ordered)
    k = float(scipy.stats.norm.isf(false_alarm_rate))
    threshold = centre + k * spread if spread > 0 and math.isfinite(centre) else centre
    if not 0 < false_alarm_rate < 1:
        threshold = k
    return Advice(
        "mad",
        "Median + k·MAD",
        threshold,
        f"Scores of normals are bell-shaped, so that {share_text(false_alarm_rate)} of them lie "
        f"more than k = {k:.3g} standard deviations (1.4826 MAD each) above their median.",
        _warning(ordered, false_alarm_rate, threshold, spread),
    )


def _middle(ordered: Values) -> tuple[float, float]:
    """Median and 1.4826 MAD. Of two middle scores of which one is infinite, the other counts."""
    n = len(ordered)
    with np.errstate(all="ignore"):
        centre = float(np.median(ordered))
        if not math.isfinite(centre):
            centre = float(ordered[(n - 1) // 2])
        spread = TO_DEVIATION * float(np.median(np.abs(ordered - centre)))
    return centre, spread if math.isfinite(spread) else 0.0


def _warning(ordered: Values, rate: float, threshold: float, spread: float) -> str | None:
    found = (
        f"it flags {share_text(exceeding(ordered, threshold) / len(ordered))} of the calibration "
        f"scores for the {share_text(rate)} wanted."
    )
    if rate in (0, 1):
        return f"No bell ends anywhere, so a rate of {share_text(rate)} has no finite threshold."
    if not math.isfinite(ordered[(len(ordered) - 1) // 2]):
        return f"Half of the scores are infinite: there is no bell, and {found}"
    if spread == 0:
        return f"Half of the scores or more are equal (MAD 0), so the rule says nothing: {found}"
    if len(ordered) < FEWEST:
        return (
            f"{len(ordered)} score{'s' * (len(ordered) > 1)} cannot show whether the shape is a "
            f"bell; {FEWEST} are the least."
        )
    if not math.isfinite(ordered[0]) or not math.isfinite(ordered[-1]):
        return f"Some scores are infinite, which no bell has; {found}"
    if shape := _not_a_bell(ordered):
        return f"{shape}; {found}"
    return None


def _not_a_bell(ordered: Values) -> str | None:
    """What is wrong with the shape: skewness or kurtosis beyond a limit and beyond chance."""
    scaled = ordered / np.abs(ordered).max()  # so that no power of a score is too large
    skew, kurtosis = float(scipy.stats.skew(scaled)), float(scipy.stats.kurtosis(scaled))
    if abs(skew) > SKEW and scipy.stats.skewtest(scaled).pvalue < 0.01:
        return f"The scores are skewed (skewness {skew:.2g}; a bell has 0)"
    if abs(kurtosis) > KURTOSIS and scipy.stats.kurtosistest(scaled).pvalue < 0.01:
        tails = "heavy" if kurtosis > 0 else "light"
        return f"The tails are {tails} (excess kurtosis {kurtosis:.2g}; a bell has 0)"
    return None
