"""What a screen can show: the states of a curve to draw, the digits of a score to write."""

from __future__ import annotations

import math

import numpy as np

from wganad_core.evaluation.curves import Curve, IntArray
from wganad_core.evaluation.points import FloatArray

FEWEST, MOST = 40, 4000  # states to draw; more than any screen shows
RAREST = 1e-8  # the false-alarm rate from which on differences are looked at
FEW_DIGITS, ALL_DIGITS = 4, 17  # significant ones; 17 tell any two numbers apart


def digits(low: float, high: float) -> int:
    """How many significant digits tell numbers apart that differ by a 1000th of `high` − `low`.

    Examples
    --------
    >>> from wganad_core.evaluation import digits
    >>> digits(1000.0, 1000.5)
    8
    """
    span, largest = high - low, max(abs(low), abs(high))
    if not 0 < span < math.inf:
        return FEW_DIGITS
    needed = math.floor(math.log10(largest)) - math.floor(math.log10(span) - 3) + 1
    return min(max(needed, FEW_DIGITS), ALL_DIGITS)


def states_to_draw(curve: Curve, n: int = 400, along_axis: bool = True) -> IntArray:
    """At most 1.5 n states, increasing, with the first and the last; all if they are n or fewer.

    A state that is left out differs from the last kept one before it by less than
    - 2/n in recall + false-alarm rate,
    - 50/n in ln(recall), beyond a recall of 1/n, and in ln(false-alarm rate), and so by less than
      12.5/n in precision at *any* base rate: logit P = logit π + ln R − ln F, and the slope of P
      over its logit is at most 1/4,
    - 12/n of the finite range of scores; not `along_axis`, the order of the scores alone decides.
    Raises `ValueError` for an n outside 40 … 4,000.

    Examples
    --------
    >>> from wganad_core.evaluation import curve, states_to_draw
    >>> score = np.arange(10_000)
    >>> len(states_to_draw(curve(score % 2, score)))
    491
    """
    if not FEWEST <= n <= MOST:
        raise ValueError(f"Expected {FEWEST} to {MOST} states to draw; found {n}.")
    k = len(curve.levels)
    if k + 1 <= n:
        return np.arange(k + 1)
    cell = np.floor(_position(curve, n, along_axis))
    first = np.flatnonzero(cell[1:] != cell[:-1]) + 1
    return np.unique(np.concatenate([[0], first, [k]]))


def _position(curve: Curve, n: int, along_axis: bool) -> FloatArray:
    """(k + 1,): how far along the drawing a state is, growing; each unit gets one state."""
    position = (
        n / 12 * _along_the_axis(curve.levels) if along_axis else np.zeros(len(curve.levels) + 1)
    )
    for counts, smallest in ((curve.true_positives, 1 / n), (curve.false_positives, RAREST)):
        total = int(counts[-1])
        if not total:
            continue
        rate = counts / total
        position += n / 2 * rate
        position += counts > 0  # the first one is a step of its own, as ln 0 = −∞
        # From 1/25 on, 2/n of the whole is less than a factor of 1 + 50/n already.
        low = min(max(1 / total, smallest), 1 / 25)
        position += n / 50 * np.log(np.clip(rate, low, 1 / 25) / low)
    return position


def _along_the_axis(levels: FloatArray) -> FloatArray:
    """(k + 1,): where a state's threshold lies between the highest (0) and the lowest (1)."""
    finite = levels[np.isfinite(levels)]
    if not len(finite) or finite[0] == finite[-1]:
        return np.zeros(len(levels) + 1)
    top, bottom = finite[0] / 2, finite[-1] / 2  # halved: their difference must not overflow
    along = (top - np.clip(levels / 2, bottom, top)) / (top - bottom)
    return np.append(along, 1.0)
