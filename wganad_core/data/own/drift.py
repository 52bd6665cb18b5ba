"""How a second file differs from the one that a detector learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.rows import listed

MOST = 0.5  # share of flagged rows from which on the data are others rather than odd
FAR, NAMED = 1.0, 3  # interquartile ranges that a median moves; columns in a sentence

Values = NDArray[np.float64]


def drifted(before: OwnSamples, now: OwnSamples, flagged: NDArray[np.bool_]) -> str:
    """A sentence where most rows of a second file are flagged, with the columns that have moved
    most; empty otherwise.

    Parameters
    ----------
    before : what the detector learned from
    now : what it scored, with the same features
    flagged : of the rows that have a score

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.data.own.drift import drifted
    >>> from wganad_core.data.own.samples import read_samples
    >>> rows = b"".join(b"%d,%d\\n" % (i % 7, i % 5) for i in range(70))
    >>> one = read_samples(b"heat,flow\\n" + rows, "a.csv")
    >>> two = read_samples(b"heat,flow\\n" + rows.replace(b",", b"0,"), "b.csv")
    >>> print(drifted(one, two, np.ones(70, bool)))
    Most of b.csv is flagged (100%): it is not as what the detector learned from, most in 'heat'. \
Another machine, unit or season? Then train on such rows, or this tells nothing of single ones.
    """
    share = float(flagged.mean()) if len(flagged) else 0.0
    if share <= MOST:
        return ""
    moved = np.zeros(len(now.features))
    for at in range(len(moved)):
        if not (now.words and now.words[at]):
            moved[at] = _moved(before.x[:, at], now.x[:, at])
    order = [at for at in np.argsort(-moved, kind="stable")[:NAMED] if moved[at] > FAR]
    names = f", most in {listed([now.features[at] for at in order])}" * bool(order)
    return (
        f"Most of {now.name} is flagged ({share:.0%}): it is not as what the detector "
        f"learned from{names}. Another machine, unit or season? Then train on such rows, or this "
        "tells nothing of single ones."
    )


def _moved(before: Values, now: Values) -> float:
    """By how many interquartile ranges a median has moved; infinite from a constant."""
    before, now = before[~np.isnan(before)], now[~np.isnan(now)]
    if not len(before) or not len(now):
        return 0.0
    low, middle, high = np.quantile(before, [0.25, 0.5, 0.75])
    away = abs(float(np.median(now)) - float(middle))
    return away / float(high - low) if high > low else np.inf * away if away else 0.0
