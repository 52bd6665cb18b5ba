"""Beyond the sample: the tail of the scores as a generalised Pareto (peaks over threshold)."""

from __future__ import annotations

import dataclasses
import functools
import math
import warnings
from typing import Any

import numpy as np
import scipy  # which loads its parts when they are used: `stats` takes half a second
from numpy.typing import NDArray

from wganad_core.evaluation import digits
from wganad_core.thresholds.advice import Advice, Values, check_rate, checked, exceeding, share_text
from wganad_core.thresholds.quantile import quantile_threshold

# A tenth of the scores are the tail: DuMouchel's (1983) rule, which leaves the bulk out. Of fewer
# than 500, a shape that can be fitted takes a larger share, with a warning if that is WIDE.
SHARE, WIDE = 0.1, 0.15
WANTED, FEWEST, MOST = 50, 30, 2000  # excesses
# The Cramér–von Mises statistic of excesses that are generalised Pareto indeed exceeds this in
# 1% of samples or fewer, with both parameters fitted: by simulation, which the tests repeat. Tails
# that end abruptly are hard to fit; theirs is the limit for a uniform distribution that is known.
POOR, POOR_ABRUPT, ABRUPT = 0.25, 0.75, -0.4


@dataclasses.dataclass(frozen=True)
class Tail:
    """Excesses over `start` follow a generalised Pareto; a `share` of all scores exceeds it.

    `n` excesses gave the `shape` ξ and the `scale` σ; `misfit` is their Cramér–von Mises statistic.
    """

    start: float
    share: float
    n: int
    shape: float
    scale: float
    misfit: float

    @property
    def end(self) -> float:
        """The highest score that the tail allows: +inf unless ξ < 0."""
        return self.start - self.scale / self.shape if self.shape < 0 else math.inf

    @property
    def shape_error(self) -> float:
        """Standard error of ξ for many excesses; NaN for ξ ≤ −1/2, where the theory ends."""
        return (1 + self.shape) / math.sqrt(self.n) if self.shape > -0.5 else math.nan

    @property
    def poor(self) -> bool:
        """Whether the excesses do not look like this tail, which chance does to 1% of samples."""
        return self.misfit > (POOR if self.shape > ABRUPT else POOR_ABRUPT)

    def threshold(self, rate: float) -> float:
        """What a share `rate` ≤ `share` of all scores exceeds."""
        if rate <= 0:
            return self.end
        excess = scipy.stats.genpareto.isf(rate / self.share, self.shape, scale=self.scale)
        return self.start + float(excess)


def fit_tail(calibration: NDArray[Any]) -> Tail | str:
    """Fit the highest tenth of the scores, or say why there is no tail.

    They are 2,000 at most, and 50 at least or, of fewer than 100 scores, half.

    Maximum likelihood by scipy; its likelihood has no maximum below ξ = −1, where the tail ends
    in a jump, so ξ is −1 at least (then the end is the highest score itself).

    Parameters
    ----------
    calibration : (n,), scores of normals that were used for nothing else

    Raises
    ------
    ValueError
        For an empty sample, or NaN.

    Examples
    --------
    >>> from wganad_core.thresholds import fit_tail
    >>> tail = fit_tail(np.random.default_rng(0).exponential(size=2000))
    >>> round(tail.shape, 2), tail.n
    (-0.02, 200)
    """
    ordered = checked(calibration)
    if not np.isfinite(ordered).all():
        return "some scores are infinite"
    k = min(max(round(SHARE * len(ordered)), min(WANTED, len(ordered) // 2)), MOST)
    start = float(ordered[max(len(ordered) - 1 - k, 0)])
    with np.errstate(over="ignore"):
        excess = ordered[ordered > start] - start
        unit = float(np.median(excess)) if len(excess) else 0.0
    if len(excess) < FEWEST:
        ties = ", with ties" if len(excess) < k else ""
        return (
            f"it would rest on the {len(excess)} highest of {len(ordered):,} scores{ties}, and "
            f"{FEWEST} are the least"
        )
    with np.errstate(over="ignore"):
        excess = excess / unit
    if not np.isfinite(excess).all():
        return "the highest scores lie too far apart to calculate with"
    fitted = _fitted(excess)
    if fitted is None:
        return "no generalised Pareto could be fitted to the highest scores"
    shape, scale = fitted
    law = scipy.stats.genpareto(shape, scale=scale)
    misfit = float(scipy.stats.cramervonmises(excess, law.cdf).statistic)
    return Tail(start, len(excess) / len(ordered), len(excess), shape, scale * unit, misfit)


def _fitted(excess: Values) -> tuple[float, float] | None:
    """Shape and scale for excesses with median 1."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            shape, _, scale = scipy.stats.genpareto.fit(excess, 0.1, floc=0, scale=1)
        except (scipy.stats.FitError, ValueError, FloatingPointError):
            return None
    if not (math.isfinite(shape) and 0 < scale < math.inf):
        return None
    return (float(shape), float(scale)) if shape > -1 else (-1.0, float(excess.max()))


def tail_advice(calibration: NDArray[Any], false_alarm_rate: float) -> Advice:
    """What a generalised Pareto, fitted to the highest scores, exceeds at the wanted rate.

    Made for rates below 1/n, of which the sample itself knows nothing. A rate at or above the
    tail's share lies inside the sample: then this is `quantile_threshold`, and says so.

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
    >>> from wganad_core.thresholds import tail_advice
    >>> scores = np.random.default_rng(0).exponential(size=2000)
    >>> round(tail_advice(scores, 1e-4).threshold, 1)
    9.5
    """
    check_rate(false_alarm_rate)
    ordered, advice = checked(calibration), functools.partial(Advice, "tail", "Extreme-value tail")
    tail = fit_tail(ordered)
    if isinstance(tail, str):
        reason = "There is no tail to fit, so this is the quantile of the scores themselves."
        quantile = quantile_threshold(ordered, false_alarm_rate)
        return advice(quantile, reason, f"No tail could be fitted: {tail}.")
    if false_alarm_rate >= tail.share:
        return advice(
            quantile_threshold(ordered, false_alarm_rate),
            f"The tail begins at the highest {share_text(tail.share)} of the scores; "
            f"{share_text(false_alarm_rate)} lies before it, so this is the plain quantile.",
        )
    threshold = tail.threshold(false_alarm_rate)
    about = "" if math.isnan(tail.shape_error) else f" ± {tail.shape_error:.2f}"
    k = digits(float(ordered[0]), float(ordered[-1]))
    ends = "" if tail.end == math.inf else f", so that none exceeds {tail.end:.{k}g}"
    return advice(
        threshold,
        f"Beyond {tail.start:.{k}g}, where the highest {share_text(tail.share)} of the scores "
        f"begin, normals follow a generalised Pareto tail (shape {tail.shape:.2f}{about}{ends}).",
        _warning(ordered, false_alarm_rate, threshold, tail),
    )


def _warning(ordered: Values, rate: float, threshold: float, tail: Tail) -> str | None:
    n = len(ordered)
    if tail.poor:
        return (
            f"The {tail.n:,} highest scores do not follow such a tail (Cramér–von Mises "
            f"statistic {tail.misfit:.2g}, which chance gives in fewer than 1% of samples): do "
            "not trust it beyond the sample."
        )
    if rate == 0:
        return "A rate of 0 is the end of the fitted tail, which no sample can show."
    if tail.n < WANTED:
        return f"The tail rests on {tail.n} scores; {WANTED} are needed before its shape says much."
    if tail.share > WIDE:
        return (
            f"With {n:,} scores, the tail is {share_text(tail.share)} of them and reaches into the "
            f"bulk, whose shape is another: the true rate may well be off. It takes "
            f"{math.ceil(WANTED / SHARE):,} for a tail of {share_text(SHARE)}."
        )
    if rate * n < 1:
        most = exceeding(ordered, threshold)
        return (
            f"Extrapolated: {share_text(rate)} of {n:,} scores is less than one score, and "
            f"{most or 'none'} of them exceed{'s' * (most <= 1)} the threshold; it rests on the "
            f"fitted shape alone."
        )
    return None
