"""Distances to the nearest normals in a feature space (not in the paper)."""

from __future__ import annotations

import torch
from torch import Tensor

FAINT = 1e-12  # the least length of a direction


def unit(x: Tensor) -> Tensor:
    """Rows of length one, whose Euclidean distances order as cosines do."""
    lengths = x.square().sum(dim=1, keepdim=True).sqrt()
    return x / lengths.clamp(min=FAINT)


def squared_distances(queries: Tensor, references: Tensor) -> Tensor:
    """(n, d), (m, d) → (n, m) in float64, where ‖q‖² + ‖r‖² − 2q·r loses nothing that matters."""
    references = references.double()
    centre = references.mean(dim=0)
    q, r = queries.double() - centre, references - centre
    lengths = q.square().sum(dim=1, keepdim=True) + r.square().sum(dim=1)
    return (lengths - 2 * q @ r.T).clamp(min=0)


def nearest(
    queries: Tensor, references: Tensor, k: int, same: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Distances (n, k) to the k nearest references, the nearest first, and their numbers (n, k).
    Pairs that are in the `same` group (n, m) are not compared."""
    squares = squared_distances(queries, references)
    if same is not None:
        squares = squares.masked_fill(same, torch.inf)
    found = squares.topk(k, dim=1, largest=False)
    return found.values.sqrt(), found.indices
