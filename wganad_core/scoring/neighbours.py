"""Distance to the nearest normals in a feature space (not in the paper)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray


def unit(features: NDArray[np.floating]) -> FloatArray:
    """Rows of length one, whose Euclidean distances order as cosines do."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-12), np.float32)


def mean_distance(queries: FloatArray, references: FloatArray, k: int) -> FloatArray:
    """Mean Euclidean distance of each query (n, d) to its k nearest references (m, d)."""
    from sklearn.neighbors import NearestNeighbors

    if not len(queries):
        return np.empty(0, np.float32)
    index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(references)
    return np.asarray(index.kneighbors(queries)[0].mean(axis=1), np.float32)
