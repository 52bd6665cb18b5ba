"""Alarms in time: from a score for each moment to events, and what these are worth.

A moment is flagged when its score > threshold; label 1 = anomaly, 0 = normal. Moments stand in
their order; a *range* is a run of labelled moments, an *event* a run of alarms.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wganad_core.data.runs import runs_of
from wganad_core.evaluation.curves import checked
from wganad_core.evaluation.points import FloatArray

Runs = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class EventRule:
    """How alarms become events, in moments.

    An event begins above the threshold and lasts while scores stay above `release` (None: the
    threshold; lower is hysteresis). Events with at most `merge_gap` moments between them are one;
    then those shorter than `min_length` are dropped.
    """

    min_length: int = 1
    merge_gap: int = 0
    release: float | None = None

    def __post_init__(self) -> None:
        if self.min_length < 1 or self.merge_gap < 0:
            raise ValueError(
                "Expected a least length of 1 or more and a gap of 0 or more moments; found "
                f"{self.min_length} and {self.merge_gap}."
            )


@dataclasses.dataclass(frozen=True, eq=False)
class Events:
    """`runs` (k, 2): the first moment of each event and the one behind its last; `peak` (k,): the
    moment of its highest score, the first of several; `n`: moments in all; `stretch` (n,): what
    each belongs to, which no event spans two of."""

    runs: Runs
    peak: NDArray[np.int64]
    n: int
    stretch: NDArray[np.int64] | None = None

    @property
    def flagged(self) -> Mask:
        """(n,): whether each moment belongs to an event."""
        edges = np.zeros(self.n + 1, np.int64)
        np.add.at(edges, self.runs[:, 0], 1)
        np.add.at(edges, self.runs[:, 1], -1)
        return np.asarray(edges.cumsum()[:-1] > 0)


@dataclasses.dataclass(frozen=True, eq=False)
class EventReport:
    """What events are worth beside labelled `ranges` (m, 2).

    `caught` (m,): whether some event touches the range; `delay` (m,): moments from a range's
    beginning to its first alarm, NaN where it is missed; `false` (k,): whether an event touches
    no range. `recall` and `precision` count ranges and events; NaN without any.
    """

    ranges: Runs
    caught: Mask
    delay: FloatArray
    false: Mask
    n_normal: int

    @property
    def recall(self) -> float:
        return float(self.caught.mean()) if len(self.caught) else math.nan

    @property
    def precision(self) -> float:
        return float(1 - self.false.mean()) if len(self.false) else math.nan

    @property
    def median_delay(self) -> float:
        return float(np.median(self.delay[self.caught])) if self.caught.any() else math.nan

    @property
    def median_length(self) -> float:
        """Of the ranges, in moments; NaN without any."""
        lengths = self.ranges[:, 1] - self.ranges[:, 0]
        return float(np.median(lengths)) if len(lengths) else math.nan

    def false_per(self, moments: float) -> float:
        """False events expected in so many normal moments, such as those of a day."""
        return float(self.false.sum()) * moments / self.n_normal if self.n_normal else math.nan


def events(
    score: ArrayLike,
    threshold: float,
    rule: EventRule = EventRule(),
    stretch: ArrayLike | None = None,
) -> Events:
    """Group the moments above a threshold.

    Parameters
    ----------
    score : (n,), in the order of time, higher = more anomalous, none of them NaN
    threshold : where an event begins
    rule : how long it lasts, and what is one event
    stretch : (n,), optional
        What each moment belongs to, a machine or a recording: no event spans two.

    Raises
    ------
    ValueError
        For NaN, no moments, or a release above the threshold.

    Examples
    --------
    >>> from wganad_core.evaluation import EventRule, events
    >>> score = [0, 3, 1, 3, 0, 0, 3, 0]
    >>> events(score, 2).runs.tolist()
    [[1, 2], [3, 4], [6, 7]]
    >>> events(score, 2, EventRule(release=0.5, min_length=2)).runs.tolist()
    [[1, 4]]
    """
    values = np.asarray(score, np.float64)
    if values.ndim != 1 or not len(values) or np.isnan(values).any():
        raise ValueError(
            f"Expected a score for each moment, none of them NaN; found {values.shape}"
        )
    release = threshold if rule.release is None else rule.release
    if release > threshold:
        raise ValueError(f"Expected a release of at most {threshold:g}; found {release:g}.")
    if stretch is None:
        cuts = np.array([0, len(values)])
    else:
        other = np.asarray(stretch)
        cuts = np.concatenate([[0], np.flatnonzero(other[1:] != other[:-1]) + 1, [len(values)]])
    parts = [
        low + _runs(values[low:high], threshold, release, rule)
        for low, high in itertools.pairwise(cuts.tolist())
    ]
    runs = np.concatenate(parts)
    peak = np.array([low + values[low:high].argmax() for low, high in runs], np.int64)
    return Events(runs, peak, len(values), None if stretch is None else np.asarray(stretch))


def _runs(values: FloatArray, threshold: float, release: float, rule: EventRule) -> Runs:
    """The events of one stretch."""
    begun = np.concatenate([[0], np.cumsum(values > threshold)])
    runs = runs_of(values > release)
    runs = runs[begun[runs[:, 1]] > begun[runs[:, 0]]]
    # With hysteresis, what comes before the threshold is first crossed was no alarm yet.
    first = begun.searchsorted(begun[runs[:, 0]], side="right") - 1
    runs = np.column_stack([np.maximum(runs[:, 0], first), runs[:, 1]])
    if len(runs):
        apart = runs[1:, 0] - runs[:-1, 1] > rule.merge_gap
        starts = runs[np.concatenate([[True], apart]), 0]
        runs = np.column_stack([starts, runs[np.concatenate([apart, [True]]), 1]])
    return runs[runs[:, 1] - runs[:, 0] >= rule.min_length]


def event_report(label: ArrayLike, found: Events) -> EventReport:
    """Events beside labelled ranges, none of which spans two of their stretches.

    Raises `ValueError` for labels other than 0 and 1, and of another length.

    Examples
    --------
    >>> from wganad_core.evaluation import event_report, events
    >>> report = event_report([0, 1, 1, 0, 0, 0], events([0, 0, 9, 9, 0, 9], 5))
    >>> report.recall, report.median_delay, int(report.false.sum())
    (1.0, 1.0, 1)
    """
    truth, _ = checked(label, np.zeros(found.n))
    ranges, flagged = runs_of(truth, found.stretch), found.flagged
    alarms = np.concatenate([[0], np.cumsum(flagged)])
    caught = alarms[ranges[:, 1]] > alarms[ranges[:, 0]]
    # The first alarm from each moment on; behind the last there is none.
    coming = np.append(np.flatnonzero(flagged), found.n)
    first = coming[np.searchsorted(coming, ranges[:, 0])]
    delay = np.where(caught, first - ranges[:, 0], np.nan)
    odd = np.concatenate([[0], np.cumsum(truth)])
    false = odd[found.runs[:, 1]] == odd[found.runs[:, 0]]
    return EventReport(ranges, caught, delay, false, int((truth == 0).sum()))


def blamed(why: NDArray[Any], low: int, high: int, peak: int) -> str:
    """What an event hangs on, of texts (n,) for each moment: that of its peak, or else the most
    frequent one; empty where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.evaluation.events import blamed
    >>> why = np.array(["", "flow", "heat", "heat", ""], object)
    >>> blamed(why, 1, 4, 1), blamed(why, 0, 5, 0), blamed(why, 4, 5, 4)
    ('flow', 'heat', '')
    """
    if why[peak]:
        return str(why[peak])
    counts = Counter(str(text) for text in why[low:high] if text)
    return counts.most_common(1)[0][0] if counts else ""
