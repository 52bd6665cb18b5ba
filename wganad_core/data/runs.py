"""Runs of what holds without a break."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Index = NDArray[np.int64]


def runs_of(mask: ArrayLike, stretch: Index | None = None) -> Index:
    """(k, 2): where the mask (n,) holds without a break, first and behind the last; none spans two
    stretches (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.data.runs import runs_of
    >>> runs_of([0, 1, 1, 0, 1]).tolist()
    [[1, 3], [4, 5]]
    >>> runs_of([0, 1, 1, 0, 1], np.array([0, 0, 1, 1, 1])).tolist()
    [[1, 2], [2, 3], [4, 5]]
    """
    held = np.asarray(mask, bool)
    cut = np.ones(len(held) + 1, bool)
    cut[1:-1] = held[1:] != held[:-1]
    if stretch is not None:
        cut[1:-1] |= stretch[1:] != stretch[:-1]
    cuts = np.flatnonzero(cut)
    there = held[cuts[:-1]]
    return np.column_stack([cuts[:-1][there], cuts[1:][there]])
