"""Which of the rows to learn from are likely to be anomalies, as some are where nobody has looked.

A row is judged by the others alone: by the distance to its k-th nearest neighbour, with k beyond
the share that may be anomalous, so that a tight clump of them cannot vouch for itself. Those with
the largest distances are set aside, and the rest is judged anew without them, until the same rows
come out.

Nobody tells the share of a clump that nobody knows of: `apart` looks whether there is one.
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
# A clump: neighbourhoods that reach beyond it, as shares of the rows; how much farther they have to
# reach than those of any other row; how close, as a share of that, its rows are to each other.
REACHES, GAP, CLOSE = (0.045, 0.15), 1.5, 0.25
LOOKED_AT = 2_000  # rows in which a clump is looked for


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


def apart(x: FloatArray, seed: int = 0) -> NDArray[np.int64]:
    """The numbers of the rows (n, d), in standardised units, that lie close together and apart from
    all others, rising: a tenth of them at most, of a sample of `LOOKED_AT`; none where there is no
    such group. What else lies far out, as in long tails, lies far from its neighbours, too."""
    from sklearn.neighbors import NearestNeighbors

    some = np.random.default_rng(seed).permutation(len(x))[:LOOKED_AT]
    reaches = [FEWEST + math.ceil(reach * len(some)) for reach in REACHES]
    if len(some) <= reaches[-1] + FEWEST:
        return np.empty(0, np.int64)
    distance = NearestNeighbors(n_neighbors=reaches[-1]).fit(x[some]).kneighbors()[0]
    widest, group = GAP, some[:0]
    for reach in reaches:
        order = np.argsort(-distance[:, reach - 1], kind="stable")[: int(reach / BEYOND) + 1]
        far = distance[order, reach - 1]
        after = far[FEWEST:]
        if not len(after):  # too few rows for a group and another
            continue
        gaps = np.divide(far[FEWEST - 1 : -1], after, out=np.ones(len(after)), where=after > 0)
        at = int(gaps.argmax()) + FEWEST
        near = np.median(distance[order[:at], FEWEST - 1])
        if gaps.max() >= widest and near <= CLOSE * far[at - 1]:
            widest, group = float(gaps.max()), some[order[:at]]
    return np.sort(group)


def _distance(x: FloatArray, kept: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """From each row (n,) to its k-th nearest of those that are kept, itself left out."""
    from sklearn.neighbors import NearestNeighbors

    k = min(FEWEST + math.ceil(BEYOND * share * len(kept)), len(kept) - 1)
    index = NearestNeighbors(n_neighbors=k + 1).fit(x[kept])
    found = np.asarray(index.kneighbors(x)[0], np.float64)
    own = np.isin(np.arange(len(x)), kept)  # the first of these is the row itself
    return np.where(own, found[:, -1], found[:, -2])
