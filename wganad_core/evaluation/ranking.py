"""Which samples a threshold flags: who crosses it, who is missed, who gives a false alarm."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wganad_core.evaluation.curves import IntArray, checked
from wganad_core.evaluation.points import FloatArray


@dataclasses.dataclass(frozen=True, eq=False)
class Queue:
    """Some of the samples by falling (or rising) score; of equal scores the first sample first."""

    key: FloatArray  # (m,) increasing: −score, or the score where it rises
    index: IntArray  # (m,) the samples' numbers among all

    @classmethod
    def of(cls, score: FloatArray, members: IntArray | None = None, rising: bool = False) -> Queue:
        key = score if members is None else score[members]
        key = key if rising else -key
        order = np.argsort(key, kind="stable")
        return cls(key[order], order if members is None else members[order])

    def above(self, threshold: float) -> int:
        """How many members of a falling queue are flagged: they are its first ones."""
        return int(self.key.searchsorted(-threshold, side="left"))

    def not_above(self, threshold: float) -> int:
        """How many members of a rising queue are not flagged: they are its first ones."""
        return int(self.key.searchsorted(threshold, side="right"))


class Ranking:
    """The samples of one detector, sorted once: O(n log n).

    After that, every question about a threshold costs O(log n) and the length of its answer.
    Of samples with equal scores, the one with the lower number comes first.

    Examples
    --------
    >>> from wganad_core.evaluation import Ranking
    >>> ranking = Ranking([0.1, 0.9, 0.4], label=[0, 1, 1])
    >>> ranking.n_flagged(0.5), ranking.misses(0.5, limit=10)
    (1, array([2]))
    """

    def __init__(
        self,
        score: ArrayLike,
        label: ArrayLike | None = None,
        group: ArrayLike | None = None,
        among: ArrayLike | None = None,
    ) -> None:
        """`score` (n,); `label` (n,) of 0 and 1; `group` (n,): a name per sample; `among` (n,):
        which samples `crossed`, `misses` and `alarms` may name (numbers count all samples).

        Raises `ValueError` for an empty sample, unequal lengths, NaN, or other labels.
        """
        some_label = np.zeros(np.shape(score)) if label is None else label
        checked_label, score = checked(some_label, score)
        shown = np.ones(len(score), dtype=bool) if among is None else np.asarray(among, dtype=bool)
        if shown.shape != score.shape:
            raise ValueError(f"Expected {len(score)} marks of whom to show; found {len(shown)}.")
        self._all = Queue.of(score)
        self._shown = Queue.of(score, np.flatnonzero(shown)) if among is not None else self._all
        self._misses: Queue | None = None
        self._alarms: Queue | None = None
        if label is not None:
            anomaly = checked_label == 1
            self._misses = Queue.of(score, np.flatnonzero(anomaly & shown), rising=True)
            self._alarms = Queue.of(score, np.flatnonzero(~anomaly & shown))
        self._groups: dict[int, dict[str, Queue]] = {}
        if group is not None:
            for kind in (0, 1):
                members = np.flatnonzero(checked_label == kind)
                self._groups[kind] = _by_group(score, np.asarray(group), members)

    def n_flagged(self, threshold: float) -> int:
        """How many of all samples score above a threshold."""
        _check(threshold)
        return self._all.above(threshold)

    def flagged_by_group(self, threshold: float, kind: int = 0) -> dict[str, tuple[int, int]]:
        """Name → (flagged, all) of every group, by name, among the normals (kind 0: without labels
        all samples) or the anomalies (1); O(log n) per group."""
        _check(threshold)
        queues = self._groups.get(kind, {})
        return {name: (queue.above(threshold), len(queue.key)) for name, queue in queues.items()}

    def crossed(self, before: float, after: float, limit: int | None) -> tuple[IntArray, int]:
        """Whose verdict changed when the threshold moved: at most `limit` samples of those that
        may be shown, highest score first, and how many of all samples changed.

        They are flagged now if the threshold fell, and were before if it rose.
        """
        _check(before, after)
        low, high = min(before, after), max(before, after)
        changed = self._all.above(low) - self._all.above(high)
        first, last = self._shown.above(high), self._shown.above(low)
        return _first(self._shown.index[first:last], limit), changed

    def nearest(self, threshold: float, limit: int) -> IntArray:
        """Whom a small move would decide otherwise about: at most `limit` samples, half of them
        flagged if there are so many, highest score first."""
        _check(threshold)
        index, cut = self._shown.index, self._shown.above(threshold)
        low = max(0, min(cut - limit // 2, len(index) - limit))
        return _first(index[low:], limit)

    def misses(self, threshold: float, limit: int | None) -> IntArray:
        """Anomalies that are not flagged, lowest score first, at most `limit`.

        Raises `ValueError` without labels.
        """
        _check(threshold)
        queue = _labelled(self._misses)
        return _first(queue.index[: queue.not_above(threshold)], limit)

    def alarms(self, threshold: float, limit: int | None) -> IntArray:
        """Normals that are flagged, highest score first, at most `limit`.

        Raises `ValueError` without labels.
        """
        _check(threshold)
        queue = _labelled(self._alarms)
        return _first(queue.index[: queue.above(threshold)], limit)


def _by_group(score: FloatArray, group: NDArray[Any], members: IntArray) -> dict[str, Queue]:
    """A falling queue per group, in the order of their names, of some of the samples."""
    if group.shape != score.shape:
        raise ValueError(f"Expected {len(score)} names of groups; found {len(group)}.")
    if not len(members):
        return {}
    queue = Queue.of(score, members)
    names, queued = np.unique(group[queue.index], return_inverse=True)
    order = np.argsort(queued, kind="stable")
    cuts = np.cumsum(np.bincount(queued, minlength=len(names)))[:-1]
    keys, indices = np.split(queue.key[order], cuts), np.split(queue.index[order], cuts)
    return {str(n): Queue(k, i) for n, k, i in zip(names, keys, indices, strict=True)}


def _first(index: IntArray, limit: int | None) -> IntArray:
    if limit is not None and limit < 0:
        raise ValueError(f"Expected a limit of 0 or more; found {limit}.")
    return index[:limit].copy()


def _labelled(queue: Queue | None) -> Queue:
    if queue is None:
        raise ValueError("Expected labels, to tell misses and false alarms; found none.")
    return queue


def _check(*thresholds: float) -> None:
    if any(math.isnan(threshold) for threshold in thresholds):
        raise ValueError("Expected a threshold that is a number; found NaN.")
