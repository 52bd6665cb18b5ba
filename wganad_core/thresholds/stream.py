"""Whether scores, one after the other, are still those of held-out normals.

A conformal test martingale (Vovk et al. 2021, "Retrain or not retrain"): somebody bets on each
score's p-value, and while scores and calibration are exchangeable no way of betting gains. By
Ville's inequality the capital ever reaches `ODDS` times the stake with a probability of at most
1 / `ODDS`, however long the stream.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ODDS = 100.0
BETS = np.array([-1.0, 0.0, 1.0])  # on large scores, on nothing, on small ones
JUMP = 0.01  # share of the capital that moves between the bets at each score
MOST = 20_000  # scores that are looked at, evenly spaced in the stream


@dataclasses.dataclass(frozen=True)
class Change:
    """Where scores stopped being exchangeable with the calibration: from `start` on, counted from
    0, they are `higher` (or lower); at `known` that was beyond chance."""

    start: int
    known: int
    higher: bool


def stream_p_values(calibration: ArrayLike, score: ArrayLike, seed: int = 0) -> NDArray[np.float64]:
    """Of each score the share of the calibration and of the scores before it that is as large or
    larger, ties broken at random: independent and uniform while all are exchangeable.

    Parameters
    ----------
    calibration : (n,), scores of normals that were used for nothing else
    score : (m,), in their order
    seed : of the ties

    Examples
    --------
    >>> from wganad_core.thresholds import stream_p_values
    >>> stream_p_values([1.0, 2.0, 3.0], [2.5, 9.0]).round(2).tolist()
    [0.41, 0.05]
    """
    seen: list[float] = sorted(np.asarray(calibration, np.float64).tolist())
    stream = np.asarray(score, np.float64)
    chance = np.random.default_rng(seed).uniform(size=len(stream))
    found = np.empty(len(stream))
    for at, value in enumerate(stream.tolist()):
        first, after = bisect_left(seen, value), bisect_right(seen, value)
        larger, equal = len(seen) - after, after - first + 1
        found[at] = (larger + chance[at] * equal) / (len(seen) + 1)
        seen.insert(after, value)
    return found


def capital(p: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Logarithm of the capital (m,) after each p-value of a stake of 1, by the simple jumper; and
    whether most of it was then bet on large scores."""
    shares, stake = np.full(len(BETS), 1 / len(BETS)), 0.0
    logs, large = np.empty(len(p)), np.empty(len(p), bool)
    for at, value in enumerate(p):
        shares = (1 - JUMP) * shares + JUMP / len(BETS)
        shares *= 1 + BETS * (value - 0.5)
        total = shares.sum()
        stake += np.log(total)
        shares /= total
        logs[at], large[at] = stake, shares[0] > shares[-1]
    return logs, large


def change_in(calibration: NDArray[Any], score: NDArray[Any]) -> Change | None:
    """Where a stream of scores leaves what the calibration lets expect; None while that may be
    chance, which it is at most once in `ODDS` streams of exchangeable scores.

    Rows that resemble their neighbours, as those of a day, are not exchangeable, and may be found
    to change although nothing is wrong.

    Parameters
    ----------
    calibration : (n,), scores of normals that were used for nothing else
    score : (m,), in their order

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.thresholds import change_in
    >>> normal = np.random.default_rng(0).normal(size=1500)
    >>> change_in(normal[:500], normal[500:])
    >>> change = change_in(normal[:500], np.append(normal[500:], normal[:500] + 2))
    >>> change.higher, 990 < change.start < 1010 < change.known < 1050
    (True, True)
    """
    every = max(1, -(-len(score) // MOST))
    logs, large = capital(stream_p_values(calibration, score[::every]))
    beyond = np.flatnonzero(logs >= np.log(ODDS))
    if not len(beyond):
        return None
    known = int(beyond[0])
    before = np.append(0.0, logs[:known])
    # Since when the capital has only risen; chance alone makes it waver by less than thrice.
    start = int(np.flatnonzero(before <= before.min() + np.log(3))[-1])
    return Change(start * every, known * every, bool(large[known]))
