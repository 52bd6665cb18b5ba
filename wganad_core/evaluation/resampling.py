"""Resamples as weights, counted over the drawn states of a curve.

Between two neighbouring kept states of a curve lies a bin of samples. How often a resample takes
each bin is all that its cumulative counts at those states depend on, and these numbers are
multinomial: drawing them is the bootstrap itself, whatever the number of samples.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wganad_core.evaluation.curves import Curve, IntArray, auprc, auroc
from wganad_core.evaluation.drawing import states_to_draw
from wganad_core.evaluation.points import FloatArray

ALL_STATES = 4000  # a curve with more is thinned out to about as many
FIRST = 1000  # … the first so many states, where precision changes fastest,
THINNED = 2000  # … and `states_to_draw`, which returns up to 1.5 times this
CHUNK = 50  # resamples at a time

OnProgress = Callable[[float], None]  # is told the share that is done


@dataclasses.dataclass(frozen=True, eq=False)
class Counts:
    """Resamples at the kept states: anomalies and normals flagged, (b, s) each, first column 0."""

    true: NDArray[np.int64]
    false: NDArray[np.int64]

    @property
    def recall(self) -> FloatArray:
        return self.true / self.true[:, -1:]

    @property
    def false_alarm_rate(self) -> FloatArray:
        return self.false / self.false[:, -1:]

    def precision(self, base_rate: float | None) -> FloatArray:
        """(b, s), NaN where nothing is flagged; without a base rate at each resample's own."""
        if base_rate is None:
            true, false = self.true.astype(np.float64), self.false.astype(np.float64)
        else:
            true, false = base_rate * self.recall, (1 - base_rate) * self.false_alarm_rate
        with np.errstate(invalid="ignore"):
            return np.asarray(true / (true + false))

    def auprc(self, base_rate: float | None) -> FloatArray:
        """(b,): Σ (R_i − R_{i−1}) · P_i over the kept states."""
        gained = np.diff(self.true, axis=1)
        precision = np.where(gained > 0, self.precision(base_rate)[:, 1:], 0.0)
        return np.asarray((gained * precision).sum(axis=1) / self.true[:, -1])

    def auroc(self) -> FloatArray:
        """(b,): trapezoids over the kept states."""
        middle = self.true[:, 1:] + self.true[:, :-1]
        area = (np.diff(self.false, axis=1) * middle).sum(axis=1)
        return np.asarray(area / 2 / self.true[:, -1] / self.false[:, -1])


@dataclasses.dataclass(frozen=True, eq=False)
class Binned:
    """A curve at some of its states (s,), all of them where there are no more than 4,000.

    Areas over thinned-out states are a little off. `corrected_auprc` and `corrected_auroc`
    therefore add what the sample's own area loses by it. Per resample, the error that is left is
    below a hundredth of the 95% interval's width (measured at 20,000 and 500,000 Gaussian scores,
    base rates of 0.1% to 50%: 0.6% of it at most, and none with fewer than 1,000 anomalies).
    """

    curve: Curve
    states: IntArray

    @classmethod
    def of(cls, curve: Curve, all_up_to: int = ALL_STATES) -> Binned:
        k = len(curve.levels)
        if k <= all_up_to:
            return cls(curve, np.arange(k + 1))
        drawn = states_to_draw(curve, THINNED, along_axis=False)
        return cls(curve, np.union1d(np.arange(FIRST), drawn))

    @cached_property
    def counts(self) -> Counts:
        """The sample's own counts, (1, s)."""
        true, false = self.curve.true_positives, self.curve.false_positives
        return Counts(true[None, self.states], false[None, self.states])

    def bin_of(self, score: FloatArray) -> IntArray:
        """(n,): in which bin a score of the sample lies; bin j is flagged from states[j + 1] on."""
        lowest = self.curve.levels[self.states[1:] - 1]
        return np.searchsorted(-lowest, -score, side="left").astype(np.int64)

    def corrected_auprc(self, counts: Counts, base_rate: float | None) -> FloatArray:
        lost = auprc(self.curve, base_rate) - self.counts.auprc(base_rate)
        return np.clip(counts.auprc(base_rate) + lost, 0, 1)

    def corrected_auroc(self, counts: Counts) -> FloatArray:
        return np.clip(counts.auroc() + auroc(self.curve) - self.counts.auroc(), 0, 1)


def stratified(binned: Binned, n_resamples: int, random: np.random.Generator) -> Iterator[Counts]:
    """Anomalies and normals resampled apart, for one detector, some resamples at a time."""
    own = binned.counts
    for size in _chunks(n_resamples):
        yield Counts(*(_multinomial(c[0], size, random) for c in (own.true, own.false)))


def stratified_together(
    binned: tuple[Binned, ...],
    label: IntArray,
    score: tuple[FloatArray, ...],
    n_resamples: int,
    random: np.random.Generator,
) -> Iterator[tuple[Counts, ...]]:
    """As `stratified`, for several detectors of which each sees the same resamples."""
    members = [np.flatnonzero(label == value) for value in (1, 0)]
    bins = [b.bin_of(s) for b, s in zip(binned, score, strict=True)]
    # One column of bins per class and detector, so that a draw is a row number of its class.
    of_class = [[bin_[m] for bin_ in bins] for m in members]
    for size in _chunks(n_resamples):
        drawn = [[np.zeros((size, len(b.states)), dtype=np.int64) for _ in members] for b in binned]
        for row in range(size):
            for column, mine in enumerate(of_class):
                pick = random.integers(0, len(mine[0]), len(mine[0]))
                for detector, bin_ in enumerate(mine):
                    into = drawn[detector][column][row]
                    np.cumsum(np.bincount(bin_[pick], minlength=len(into) - 1), out=into[1:])
        yield tuple(Counts(true, false) for true, false in drawn)


def by_subject(
    binned: tuple[Binned, ...],
    label: IntArray,
    score: tuple[FloatArray, ...],
    subject: ArrayLike,
    n_resamples: int,
    random: np.random.Generator,
) -> Iterator[tuple[Counts, ...]]:
    """Whole subjects with replacement, the same for each detector.

    Resamples without anomalies or without normals are redrawn. Raises `ValueError` for fewer
    than two subjects.
    """
    totals = samples_of(subject, label)
    weights = (_subject_weights(totals, size, random) for size in _chunks(n_resamples))
    return _weighted(binned, label, score, subject, weights)


def without_each(
    binned: tuple[Binned, ...], label: IntArray, score: tuple[FloatArray, ...], subject: ArrayLike
) -> Iterator[tuple[Counts, ...]]:
    """All subjects but one, each left out once, the same for each detector.

    Both classes must come from two subjects at least, see `samples_of`.
    """
    n = samples_of(subject, label).shape[1]
    everyone = np.ones((n, n), dtype=np.int64) - np.eye(n, dtype=np.int64)
    return _weighted(
        binned, label, score, subject, (everyone[i : i + CHUNK] for i in range(0, n, CHUNK))
    )


def grouped(subject: ArrayLike, most: int, random: np.random.Generator) -> IntArray:
    """(n,): numbers of the samples' subjects, or of `most` groups that more are put into."""
    names, who = np.unique(np.asarray(subject), return_inverse=True)
    return np.asarray(who if len(names) <= most else random.permutation(len(names))[who] % most)


def samples_of(subject: ArrayLike, label: IntArray) -> IntArray:
    """(2, subjects): how many anomalies, and how many normals, are each subject's.

    Raises `ValueError` for fewer than two subjects.
    """
    names, who = np.unique(np.asarray(subject), return_inverse=True)
    if who.shape != label.shape:
        raise ValueError(f"Expected {len(label)} subjects; found {len(who)}.")
    if len(names) < 2:
        raise ValueError(f"Expected at least two subjects to resample; found {len(names)}.")
    return np.stack([np.bincount(who[label == v], minlength=len(names)) for v in (1, 0)])


def _weighted(
    binned: tuple[Binned, ...],
    label: IntArray,
    score: tuple[FloatArray, ...],
    subject: ArrayLike,
    weights: Iterable[IntArray],
) -> Iterator[tuple[Counts, ...]]:
    """The counts for each chunk of weights (b, subjects): how often each subject is taken."""
    names, who = np.unique(np.asarray(subject), return_inverse=True)
    tables = [
        [_counts_per_subject(b, s, who, label == v, len(names)) for v in (1, 0)]
        for b, s in zip(binned, score, strict=True)
    ]
    for weight in weights:
        yield tuple(Counts(*(_flagged(weight @ t) for t in pair)) for pair in tables)


def _counts_per_subject(
    binned: Binned, score: FloatArray, who: IntArray, of_class: NDArray[np.bool_], n: int
) -> Any:
    """(subjects, bins), sparse: how many samples of one class each subject has in each bin."""
    from scipy.sparse import coo_array  # here: importing it takes longer than all the rest

    place = (who[of_class], binned.bin_of(score[of_class]))
    ones = np.ones(len(place[0]), dtype=np.int64)
    return coo_array((ones, place), shape=(n, len(binned.states) - 1)).tocsr()


def _subject_weights(totals: IntArray, size: int, random: np.random.Generator) -> IntArray:
    """(size, subjects): how often each subject is taken; every resample has both classes."""
    n = totals.shape[1]
    kept = np.empty((0, n), dtype=np.int64)
    while len(kept) < size:
        weight = random.multinomial(n, np.full(n, 1 / n), size=size - len(kept))
        kept = np.concatenate([kept, weight[(weight @ totals.T > 0).all(axis=1)]])
    return kept


def _multinomial(cumulative: IntArray, size: int, random: np.random.Generator) -> IntArray:
    """(size, s): cumulative counts of as many samples, drawn with replacement."""
    in_bin = np.diff(cumulative)
    some = np.flatnonzero(in_bin)
    total = int(cumulative[-1])
    drawn = np.zeros((size, len(in_bin)), dtype=np.int64)
    drawn[:, some] = random.multinomial(total, in_bin[some] / total, size=size)
    return _flagged(drawn)


def _flagged(in_bin: IntArray) -> IntArray:
    """(b, s): cumulative counts at the states, from counts per bin (b, s − 1)."""
    flagged = np.zeros((len(in_bin), in_bin.shape[1] + 1), dtype=np.int64)
    np.cumsum(in_bin, axis=1, out=flagged[:, 1:])
    return flagged


def _chunks(n_resamples: int) -> Iterator[int]:
    for start in range(0, n_resamples, CHUNK):
        yield min(CHUNK, n_resamples - start)
