"""Distance to the nearest normals in a feature space (not in the paper)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray

# The group of each query (n,) and of each reference (m,): members of one are not compared.
Groups = tuple[NDArray[np.str_], NDArray[np.str_]]
# Distances (n, k) to references, and their numbers.
Near = tuple[NDArray[np.floating], NDArray[np.int64]]
AT_ONCE = 512  # queries whose distances to all references are held at a time


def unit(features: NDArray[np.floating]) -> FloatArray:
    """Rows of length one, whose Euclidean distances order as cosines do."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-12), np.float32)


def nearest(queries: FloatArray, references: FloatArray, k: int) -> Near:
    """The k references (m, d) nearest to each query (n, d), the nearest first."""
    from sklearn.neighbors import NearestNeighbors

    if not len(queries):
        return np.empty((0, k)), np.empty((0, k), np.int64)
    index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(references)
    distances, numbers = index.kneighbors(queries)
    return distances, numbers


def mean_distance(
    queries: FloatArray, references: FloatArray, k: int, groups: Groups | None = None
) -> FloatArray:
    """Mean Euclidean distance of each query (n, d) to its k nearest references (m, d), of other
    groups than its own if they are told."""
    if groups is None:
        return np.asarray(nearest(queries, references, k)[0].mean(axis=1), np.float32)
    from sklearn.metrics import pairwise_distances

    found = np.empty(len(queries), np.float32)
    for start in range(0, len(queries), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        apart = pairwise_distances(queries[some], references)
        apart[groups[0][some, None] == groups[1][None]] = np.inf
        found[some] = np.partition(apart, k - 1, axis=1)[:, :k].mean(axis=1)
    return found
