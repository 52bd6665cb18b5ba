"""Evidence relative to peers, and neighbours that may not be one's own, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch import nn
from wganad_core.live.panels import N_AXES, main_axes
from wganad_core.scoring.evidence import (
    Sources,
    _among,
    evidence,
    ours_detector,
    spaces_of,
    with_levels,
)
from wganad_core.scoring.neighbours import AT_ONCE, mean_distance, nearest

from wganad_core.records import Normals, Rule


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


# Neighbours


def test_neighbours_of_other_groups_by_hand() -> None:
    """References at 0 and 2 of group a, at 1 and 10 of group b."""
    references, theirs = column(0, 1, 2, 10), np.array(["a", "b", "a", "b"])
    queries, own = column(0, 0, 0, 9), np.array(["a", "b", "c", "b"])

    def found(k: int) -> list[float]:
        return mean_distance(queries, references, k, (own, theirs)).tolist()

    assert found(1) == pytest.approx([1, 0, 0, 7])
    assert found(2) == pytest.approx([(1 + 10) / 2, (0 + 2) / 2, (0 + 1) / 2, (7 + 9) / 2])
    assert mean_distance(queries, references, 1).tolist() == pytest.approx([0, 0, 0, 1])


def test_neighbours_of_other_groups_in_more_than_one_go() -> None:
    rng = np.random.default_rng(0)
    queries = rng.normal(size=(AT_ONCE + 9, 4)).astype(np.float32)
    references = rng.normal(size=(50, 4)).astype(np.float32)
    own, theirs = (rng.integers(0, 3, n).astype(str) for n in (len(queries), len(references)))
    apart = cdist(queries, references)
    for i, group in enumerate(own):
        apart[i, theirs == group] = np.nan
    expected = np.sort(apart, axis=1)[:, :3].mean(axis=1)  # NaN sorts last
    found = mean_distance(queries, references, 3, (own, theirs))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_the_numbers_of_the_nearest() -> None:
    _, found = nearest(column(0.9, 7), column(0, 1, 2, 10), 2)
    assert [set(row) for row in found.tolist()] == [{0, 1}, {3, 2}]
    assert found[:, 0].tolist() == [1, 3]


# Relative to peers


def test_how_far_above_its_peers_by_hand() -> None:
    """Peers at 1, 3, 8 among levels 1, 3, 8, 4: median 3, deviation √26/3; of all √(26/4)."""
    levels, peers = np.array([1, 3, 8, 4], np.float32), np.array([[0, 1, 2]])
    spread = np.sqrt(26 / 3) + 0.05 * np.sqrt(6.5)
    found = _among(np.array([-2], np.float32), levels, peers, signed=True)
    np.testing.assert_allclose(found, [(-2 - 3) / spread], rtol=1e-5)


def test_what_cannot_be_negative_is_compared_by_its_logarithm() -> None:
    e = math.e
    levels, peers = np.array([1, e, e**2, e**9], np.float32), np.array([[0, 1, 2], [1, 2, 3]])
    everyone = 0.05 * np.std([0, 1, 2, 9])
    found = _among(np.array([e**4, e**2], np.float32), levels, peers, signed=False)
    expected = np.array([(4 - 1) / (np.std([0, 1, 2]) + everyone), 0])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_peers_that_agree_do_not_count_without_limit() -> None:
    """Three peers at exactly 1 would make any difference infinite."""
    levels, peers = np.array([1, 1, 1, 5], np.float32), np.array([[0, 1, 2]])
    found = _among(np.array([2], np.float32), levels, peers, signed=True)
    np.testing.assert_allclose(found, [1 / (0.05 * np.sqrt(3))], rtol=1e-5)


def sources() -> Sources:
    """Networks of the plane that do next to nothing; f(x) = x₁ − x₂, along two main axes."""
    critic = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[1.0, -1.0]]))
    return Sources(
        generator=nn.Identity(),
        critic=nn.Sequential(nn.Identity(), critic),
        encoder=nn.Sequential(nn.Identity(), nn.Identity(), nn.Identity()),
        axes=np.eye(2, dtype=np.float32),
    )


def test_a_subjects_own_windows_are_not_their_neighbours_when_levels_are_found() -> None:
    """Two subjects side by side: without the rule everyone would be 0 or 0.1 from themselves."""
    x = np.array([[0, 0], [0.1, 0], [1, 0], [1.2, 0]], np.float32)
    normals = Normals({"axes": x}, k=1, n_peers=2)
    subjects = np.array(["1", "1", "2", "2"])
    found = with_levels(sources(), normals, x, subjects, ["near-axes/axes", "critic/axes"])
    assert found.levels.keys() == {"critic", "near-axes"}
    np.testing.assert_allclose(found.levels["near-axes"], [1, 0.9, 0.9, 1.1], rtol=1e-5)
    np.testing.assert_allclose(found.levels["critic"], [0, -0.1, -1, -1.2], rtol=1e-5)
    assert (found.k, found.n_peers) == (1, 2)
    assert found.points is normals.points


def test_evidence_relative_to_the_peers_of_a_space() -> None:
    """Against distances, medians and deviations taken one query at a time."""
    rng = np.random.default_rng(1)
    points = rng.normal(size=(30, 2)).astype(np.float32)
    subjects = np.repeat(["a", "b", "c"], 10)
    pieces = ("near-axes/axes", "critic/axes")
    normals = with_levels(
        sources(), Normals({"axes": points}, 2, n_peers=6), points, subjects, pieces
    )
    x = (2 * rng.normal(size=(5, 2))).astype(np.float32)
    found, rebuilt = evidence(sources(), normals, x, pieces)
    assert np.array_equal(rebuilt, x)
    apart = cdist(x, points)
    near, critic = np.sort(apart, axis=1)[:, :2].mean(axis=1), x[:, 1] - x[:, 0]
    for i in range(len(x)):
        peers = np.argsort(apart[i])[:6]
        logs = np.log(normals.levels["near-axes"])
        expected = (np.log(near[i]) - np.median(logs[peers])) / (
            logs[peers].std() + 0.05 * logs.std()
        )
        assert found["near-axes/axes"][i] == pytest.approx(expected, rel=1e-4, abs=1e-4)
        levels = normals.levels["critic"]
        expected = (critic[i] - np.median(levels[peers])) / (
            levels[peers].std() + 0.05 * levels.std()
        )
        assert found["critic/axes"][i] == pytest.approx(expected, rel=1e-4, abs=1e-4)
    rule = Rule(pieces, dict.fromkeys(pieces, 1.0), dict.fromkeys(pieces, 2.0))
    judged = ours_detector(sources(), normals, rule)(x)
    both = np.mean([found[piece] for piece in pieces], axis=0)
    np.testing.assert_allclose(judged.score, (both - 1) / 2, rtol=1e-5, atol=1e-6)
    assert tuple(judged.terms) == pieces


def test_the_spaces_that_evidence_needs() -> None:
    assert spaces_of(["critic", "relative"]) == set()
    assert spaces_of(["near-features-length", "critic"]) == {"features"}
    assert spaces_of(["near-axes/strength", "critic/posture"]) == {"axes", "strength", "posture"}


# Main axes


def test_rows_are_longest_along_their_main_axes() -> None:
    rng = np.random.default_rng(2)
    turned = np.linalg.qr(rng.normal(size=(60, 60)))[0]
    sizes = np.concatenate([np.linspace(9, 5, N_AXES), np.full(60 - N_AXES, 1e-3)])
    rows = (rng.normal(size=(500, 60)) * sizes @ turned.T).astype(np.float32)
    axes = main_axes(rows)
    assert axes.shape == (N_AXES, 60)
    assert np.array_equal(axes, axes.astype(np.float16))
    np.testing.assert_allclose(axes @ axes.T, np.eye(N_AXES), rtol=0, atol=2e-3)
    inside = turned[:, :N_AXES] @ turned[:, :N_AXES].T
    np.testing.assert_allclose(axes @ inside, axes, rtol=0, atol=1e-3)
