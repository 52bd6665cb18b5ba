"""How sure a curve, an operating point or the difference of two detectors is: percentile bootstrap.

Stratified, anomalies and normals are resampled apart, which keeps the base rate. By subject, whole
subjects are resampled, as windows of one person are not independent of each other; a resample
without anomalies or without normals is redrawn. Of few subjects or anomalies percentiles make
intervals that are too narrow, and say so. By subject, the difference of two detectors therefore
comes from leaving out each subject once (jackknife): with three of them it already errs as seldom
as it says, by simulation, which the tests repeat.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from wganad_core.evaluation import resampling
from wganad_core.evaluation.curves import IntArray, auprc, checked, curve
from wganad_core.evaluation.points import FloatArray
from wganad_core.evaluation.rates import check_base_rate
from wganad_core.evaluation.resampling import Binned, Counts, OnProgress

By = Literal["sample", "subject"]
Interval = tuple[float, float]

RECALLS = 101  # of the precision band
# Detectors may differ by less than thinning out costs, and each resample is a pass over the samples
# anyhow: pairs are compared at all states, as long as that takes a few seconds.
ALL_IN_PAIRS = 40_000
FEWEST = 20  # resamples below which percentiles say nothing
FEW_SAMPLES, FEW_SUBJECTS = 20, 15  # of a class, below which percentiles lie too close together


@dataclasses.dataclass(frozen=True, eq=False)
class Bands:
    """Percentile intervals, at `confidence` each for itself.

    `recall` (g,): a grid over [0, 1], with the interval of the precision at it, (g,) each: the
    precision of the first state with at least that recall. `thresholds` (s,), decreasing, last
    −inf: the drawn states, all of them up to 4,000, with the intervals of recall, false-alarm
    rate and precision there, (s,) each. Precision is meant at the base rate that was asked for,
    and is NaN where no resample flags anything; where only some do, it is that of those.
    `warning`: why all of them are too narrow, in a sentence, or None.
    """

    recall: FloatArray
    low: FloatArray
    high: FloatArray
    auprc: Interval
    auroc: Interval
    thresholds: FloatArray
    recall_low: FloatArray
    recall_high: FloatArray
    rate_low: FloatArray
    rate_high: FloatArray
    precision_low: FloatArray
    precision_high: FloatArray
    n_resamples: int
    confidence: float
    by: By
    warning: str | None = None

    def at(self, threshold: float) -> dict[str, Interval]:
        """Intervals of `recall`, `false_alarm_rate` and `precision` at a threshold, in O(log s).

        They are those of the first drawn state that flags at least as much: exactly the
        threshold's own with up to 4,000 distinct scores, and otherwise at most 1/1000 in
        recall + false-alarm rate off, or as much as one level holds.
        """
        if math.isnan(threshold):
            raise ValueError("Expected a threshold that is a number; found NaN.")
        # The first of the decreasing thresholds that is not above this one.
        j = len(self.thresholds) - int(self.thresholds[::-1].searchsorted(threshold, side="right"))
        return {
            "recall": (float(self.recall_low[j]), float(self.recall_high[j])),
            "false_alarm_rate": (float(self.rate_low[j]), float(self.rate_high[j])),
            "precision": (float(self.precision_low[j]), float(self.precision_high[j])),
        }


@dataclasses.dataclass(frozen=True)
class Difference:
    """AUPRC of detector a − that of b on the same samples, and its interval. `warning`: why that
    is too narrow, in a sentence, or None."""

    difference: float
    low: float
    high: float
    n_resamples: int
    confidence: float
    by: By
    warning: str | None = None


def bands(
    label: ArrayLike,
    score: ArrayLike,
    subject: ArrayLike | None = None,
    base_rate: float | None = None,
    n_resamples: int = 400,
    seed: int = 0,
    confidence: float = 0.95,
    progress: OnProgress | None = None,
) -> Bands:
    """Percentile intervals of a curve (Efron 1979); the same seed, the same bands.

    Parameters
    ----------
    label, score : (n,), as for `curve`
    subject : (n,), optional
        Whose the samples are: then whole subjects are resampled.
    base_rate : in [0, 1], the π at which precision is meant; by default the sample's own
    n_resamples, seed, confidence : how many, which, and how sure
    progress : is told the fraction done, now and then

    Raises
    ------
    ValueError
        For what `curve` refuses, one class only, fewer than two subjects, fewer than 20
        resamples, or a confidence outside (0, 1).

    Examples
    --------
    >>> from wganad_core.evaluation import bands
    >>> label = np.repeat([0, 1], 50)
    >>> low, high = bands(label, np.arange(100) + 20 * (1 - label), seed=1).auprc
    >>> 0.5 < low < high < 1
    True
    """
    label, score = _both_classes(label, score)
    _check(n_resamples, confidence, base_rate)
    binned = Binned.of(curve(label, score))
    random = np.random.default_rng(seed)
    if subject is None:
        draws = resampling.stratified(binned, n_resamples, random)
    else:
        together = resampling.by_subject((binned,), label, (score,), subject, n_resamples, random)
        draws = (counts for (counts,) in together)
    chunks: list[Counts] = []
    for counts in draws:
        chunks.append(counts)
        if progress is not None:
            progress(0.8 * sum(len(c.true) for c in chunks) / n_resamples)
    true, false = zip(*((c.true, c.false) for c in chunks), strict=True)
    drawn = Counts(np.concatenate(true), np.concatenate(false))
    found = _bands(binned, drawn, base_rate, confidence, "sample" if subject is None else "subject")
    if progress is not None:
        progress(1.0)
    return dataclasses.replace(found, warning=_few_samples(label) or _few_subjects(label, subject))


def paired_difference(
    label: ArrayLike,
    score_a: ArrayLike,
    score_b: ArrayLike,
    subject: ArrayLike | None = None,
    base_rate: float | None = None,
    n_resamples: int = 400,
    seed: int = 0,
    confidence: float = 0.95,
    progress: OnProgress | None = None,
) -> Difference:
    """The AUPRC difference a − b; both detectors are judged on the same resamples.

    Arguments and errors as for `bands`. With `subject`, the interval is the jackknife's: subjects,
    or as many groups of them as `n_resamples`, are left out one at a time.

    Examples
    --------
    >>> from wganad_core.evaluation import paired_difference
    >>> label, score = np.repeat([0, 1], 50), np.arange(100)
    >>> paired_difference(label, score, -score).low > 0
    True
    """
    label, score_a = _both_classes(label, score_a)
    _, score_b = _both_classes(label, score_b)
    _check(n_resamples, confidence, base_rate)
    score = (score_a, score_b)
    binned = tuple(Binned.of(curve(label, s), ALL_IN_PAIRS) for s in score)
    own = auprc(binned[0].curve, base_rate) - auprc(binned[1].curve, base_rate)
    random = np.random.default_rng(seed)
    if subject is None:
        draws = resampling.stratified_together(binned, label, score, n_resamples, random)
        gained = _gained(binned, draws, base_rate, n_resamples, progress)
        low, high = np.quantile(gained, _tails(confidence)).tolist()
    else:
        group = resampling.grouped(subject, n_resamples, random)
        n_resamples = resampling.samples_of(group, label).shape[1]
        low, high = -1.0, 1.0  # nothing is known from a single subject
        if (fewer := _fewer(group, label)) > 1:
            draws = resampling.without_each(binned, label, score, group)
            gained = _gained(binned, draws, base_rate, n_resamples, progress)
            reach = _jackknife(gained, fewer, confidence)
            low, high = max(own - reach, low), min(own + reach, high)
    by: By = "sample" if subject is None else "subject"
    return Difference(own, low, high, n_resamples, confidence, by, _few_samples(label))


def _gained(
    binned: tuple[Binned, ...],
    draws: Iterator[tuple[Counts, ...]],
    base_rate: float | None,
    n: int,
    progress: OnProgress | None,
) -> FloatArray:
    """(n,): the AUPRC of the first detector − that of the second, resample by resample."""
    found: list[float] = []
    for counts in draws:
        a, b = (x.corrected_auprc(c, base_rate) for x, c in zip(binned, counts, strict=True))
        found.extend(a - b)
        if progress is not None:
            progress(len(found) / n)
    return np.array(found)


def _jackknife(without: FloatArray, n_subjects: int, confidence: float) -> float:
    """How far the interval reaches to either side: Student's t times the standard error, from the
    differences `without` each subject. `n_subjects`: those that have the class that fewer have, as
    so many make the difference vary."""
    from scipy.special import stdtrit  # here: importing it takes longer than all the rest

    m = len(without)
    error = math.sqrt((m - 1) / m * float(((without - without.mean()) ** 2).sum()))
    return float(stdtrit(n_subjects - 1, _tails(confidence)[1])) * error


def _few_samples(label: IntArray) -> str | None:
    """Why intervals are too narrow for samples like these, in a sentence."""
    n, kind = min((int((label == v).sum()), kind) for v, kind in ((1, "anomalies"), (0, "normals")))
    return _narrow(f"{n} {kind}") if n < FEW_SAMPLES else None


def _few_subjects(label: IntArray, subject: ArrayLike | None) -> str | None:
    """Why percentiles over subjects like these lie too close together, in a sentence."""
    if subject is None:
        return None
    n = _fewer(subject, label)
    return _narrow(f"{n} subjects") if n < FEW_SUBJECTS else None


def _fewer(subject: ArrayLike, label: IntArray) -> int:
    """How many subjects have samples of the class that fewer of them have."""
    return int((resampling.samples_of(subject, label) > 0).sum(axis=1).min())


def _narrow(few: str) -> str:
    return f"With only {few} the intervals are too narrow; others could well lie beyond them."


def _bands(
    binned: Binned, drawn: Counts, base_rate: float | None, confidence: float, by: By
) -> Bands:
    grid, tails = np.linspace(0, 1, RECALLS), _tails(confidence)
    precision = drawn.precision(base_rate)
    area = np.quantile(binned.corrected_auprc(drawn, base_rate), tails)
    roc = np.quantile(binned.corrected_auroc(drawn), tails)
    reached = binned.states <= binned.curve.last_state  # but for scores of −inf: all
    return Bands(
        grid,
        *_interval(_precision_at(grid, drawn.true, precision), confidence),
        (float(area[0]), float(area[1])),
        (float(roc[0]), float(roc[1])),
        np.append(binned.curve.levels, -np.inf)[binned.states[reached]],
        *_interval(drawn.recall[:, reached], confidence),
        *_interval(drawn.false_alarm_rate[:, reached], confidence),
        *_interval(precision[:, reached], confidence),
        n_resamples=len(drawn.true),
        confidence=confidence,
        by=by,
    )


def _precision_at(grid: FloatArray, true: IntArray, precision: FloatArray) -> FloatArray:
    """(b, g): per resample the precision of the first state with at least each recall, and of the
    first that finds any anomaly for a recall of 0."""
    found = np.empty((len(true), len(grid)))
    for row, (counts, values) in enumerate(zip(true, precision, strict=True)):
        wanted = np.maximum(np.ceil(grid * counts[-1] - 1e-9), 1)
        found[row] = values[counts.searchsorted(wanted, side="left")]
    return found


def _interval(values: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Percentiles over the resamples (b, m) → two of (m,), leaving out NaN; NaN if all are."""
    tails = _tails(confidence)
    ends = np.quantile(values, tails, axis=0)
    undefined = np.isnan(values).any(axis=0)
    for column in np.flatnonzero(undefined & ~np.isnan(values).all(axis=0)):
        ends[:, column] = np.nanquantile(values[:, column], tails)
    return ends[0], ends[1]


def _tails(confidence: float) -> Interval:
    return (1 - confidence) / 2, (1 + confidence) / 2


def _both_classes(label: ArrayLike, score: ArrayLike) -> tuple[IntArray, FloatArray]:
    label, score = checked(label, score)
    if not 0 < label.sum() < len(label):
        raise ValueError(
            f"Expected anomalies and normals to resample; found {int(label.sum())} anomalies "
            f"among {len(label)} samples."
        )
    return label, score


def _check(n_resamples: int, confidence: float, base_rate: float | None) -> None:
    if n_resamples < FEWEST:
        raise ValueError(f"Expected at least {FEWEST} resamples; found {n_resamples}.")
    if not 0 < confidence < 1:
        raise ValueError(f"Expected a confidence between 0 and 1; found {confidence}.")
    if base_rate is not None:
        check_base_rate(base_rate)
