"""Which of the rows to learn from are likely to be anomalies, as some are where nobody has looked.

A row is judged by the others alone: by the distance to its k-th nearest neighbour, with k beyond
the share that may be anomalous, so that a tight clump of them cannot vouch for itself. Those with
the largest distances are set aside, and the rest is judged anew without them, until the same rows
come out.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray

ROUNDS = 5
BEYOND = 1.5  # times the share that may be anomalous: so far reaches the neighbourhood
FEWEST = 5  # neighbours, at least
REFERENCES = 4_000  # rows that others are compared with, at most


def suspicious(x: FloatArray, share: float, seed: int = 0) -> NDArray[np.int64]:
    """The numbers of the `share` of rows (n, d), in standardised units, that fit least to the
    others, rising."""
    n = len(x)
    n_aside = math.floor(share * n)
    if not n_aside:
        return np.empty(0, np.int64)
    aside = np.empty(0, np.int64)
    order = np.random.default_rng(seed).permutation(n)
    for _ in range(ROUNDS):
        kept = order[~np.isin(order, aside)][:REFERENCES]
        found = np.sort(np.argsort(-_distance(x, kept, share), kind="stable")[:n_aside])
        if np.array_equal(found, aside):
            break
        aside = found
    return aside


def _distance(x: FloatArray, kept: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """From each row (n,) to its k-th nearest of those that are kept, itself left out."""
    from sklearn.neighbors import NearestNeighbors

    k = min(FEWEST + math.ceil(BEYOND * share * len(kept)), len(kept) - 1)
    index = NearestNeighbors(n_neighbors=k + 1).fit(x[kept])
    found = np.asarray(index.kneighbors(x)[0], np.float64)
    own = np.isin(np.arange(len(x)), kept)  # the first of these is the row itself
    return np.where(own, found[:, -1], found[:, -2])
