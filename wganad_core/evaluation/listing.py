"""Events one by one, as a table lists them: when, how long, how high, and what they hang on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wganad_core.evaluation.events import Events, blamed


@dataclasses.dataclass(frozen=True)
class Listed:
    """One event, by the numbers of its moments. `labelled`: how many of them are anomalies;
    `seconds`: from the first to the last; `why`: what it hangs on; None where that is not known."""

    first: int
    last: int
    peak: int
    score: float
    labelled: int | None = None
    seconds: float | None = None
    why: str | None = None

    @property
    def length(self) -> int:
        """In moments."""
        return self.last - self.first + 1


def listed(
    found: Events,
    score: ArrayLike,
    label: ArrayLike | None = None,
    seconds: ArrayLike | None = None,
    why: NDArray[Any] | None = None,
    most: int | None = None,
) -> Sequence[Listed]:
    """Events by falling peak.

    Parameters
    ----------
    found : events of n moments
    score, label, seconds, why : (n,) each, what is known of the moments
    most : of the events, those with the highest peaks

    Examples
    --------
    >>> from wganad_core.evaluation import events, listed
    >>> score = [0, 3, 4, 0, 9]
    >>> [(one.first, one.length, one.score) for one in listed(events(score, 2), score)]
    [(4, 1, 9.0), (1, 2, 4.0)]
    """
    values, clock = np.asarray(score, np.float64), np.asarray([] if seconds is None else seconds)
    odd = np.concatenate([[0], np.cumsum([] if label is None else np.asarray(label))])
    made = []
    for i in np.argsort(-values[found.peak], kind="stable")[:most].tolist():
        low, high = found.runs[i].tolist()
        peak = int(found.peak[i])
        made.append(
            Listed(
                first=low,
                last=high - 1,
                peak=peak,
                score=float(values[peak]),
                labelled=None if label is None else int(odd[high] - odd[low]),
                seconds=None if seconds is None else float(clock[high - 1] - clock[low]),
                why=None if why is None else blamed(why, low, high, peak),
            )
        )
    return made
