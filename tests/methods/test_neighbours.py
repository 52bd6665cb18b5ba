"""Distances to the nearest normals, against SciPy's and worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch import Tensor

from wganad_core.methods.neighbours import nearest, unit


def column(*values: float) -> Tensor:
    return torch.tensor(values)[:, None]


@pytest.mark.parametrize("k", [1, 3, 20])
def test_distances_and_numbers_are_scipys(k: int) -> None:
    rng = np.random.default_rng(6)
    queries = rng.normal(size=(30, 7)).astype(np.float32)
    references = rng.normal(size=(20, 7)).astype(np.float32)
    apart = cdist(queries, references)
    distances, numbers = nearest(torch.from_numpy(queries), torch.from_numpy(references), k)
    assert distances.dtype == torch.float64
    np.testing.assert_allclose(distances, np.sort(apart, axis=1)[:, :k], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(numbers, np.argsort(apart, axis=1)[:, :k])


def test_far_from_the_origin_small_distances_keep_their_digits() -> None:
    points = torch.from_numpy(np.random.default_rng(8).normal(size=(20, 5)) * 1e-3 + 1e3)
    expected = np.sort(cdist(points, points), axis=1)[:, 1]
    np.testing.assert_allclose(nearest(points, points, 2)[0][:, 1], expected, rtol=1e-6)


def test_a_reference_is_at_no_distance_from_itself() -> None:
    points = unit(torch.from_numpy(np.random.default_rng(7).random((50, 16), np.float32)))
    np.testing.assert_allclose(nearest(points, points, 1)[0], 0, rtol=0, atol=1e-3)


def test_no_queries_and_too_few_references() -> None:
    points = torch.zeros(2, 3)
    assert nearest(points[:0], points, 1)[0].shape == (0, 1)
    with pytest.raises(RuntimeError, match="out of range"):
        nearest(points, points, 3)


def test_directions_by_hand() -> None:
    found = unit(torch.tensor([[3.0, 4], [0, 0], [-2, 0]]))
    expected = torch.tensor([[0.6, 0.8], [0, 0], [-1, 0]])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-7)


def test_neighbours_of_other_groups_by_hand() -> None:
    """References at 0 and 2 of group a, at 1 and 10 of group b."""
    references, theirs = column(0, 1, 2, 10), np.array(["a", "b", "a", "b"])
    queries, own = column(0, 0, 0, 9), np.array(["a", "b", "c", "b"])
    same = torch.from_numpy(own[:, None] == theirs)

    def found(k: int) -> list[float]:
        return nearest(queries, references, k, same)[0].mean(dim=1).tolist()

    assert found(1) == pytest.approx([1, 0, 0, 7])
    assert found(2) == pytest.approx([(1 + 10) / 2, (0 + 2) / 2, (0 + 1) / 2, (7 + 9) / 2])
    assert nearest(queries, references, 1)[0][:, 0].tolist() == pytest.approx([0, 0, 0, 1])


def test_neighbours_of_other_groups_are_scipys() -> None:
    rng = np.random.default_rng(0)
    queries, references = rng.normal(size=(300, 4)), rng.normal(size=(50, 4))
    own, theirs = (rng.integers(0, 3, n) for n in (300, 50))
    same = own[:, None] == theirs
    expected = np.sort(np.where(same, np.nan, cdist(queries, references)))[:, :3]  # NaN last
    x, points, groups = (torch.from_numpy(values) for values in (queries, references, same))
    found, _ = nearest(x, points, 3, groups)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_numbers_of_the_nearest() -> None:
    _, found = nearest(column(0.9, 7), column(0, 1, 2, 10), 2)
    assert found.tolist() == [[1, 0], [3, 2]]
