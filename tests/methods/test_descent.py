"""Searching latents by gradient descent: inversion and AnoGAN on a generator that is a matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from tests.methods.bundles import bundle_of, linear
from wganad_core.methods import descent as searching
from wganad_core.methods.anogan import AnoGANScore
from wganad_core.methods.descent import Descent
from wganad_core.methods.inversion import InversionScore
from wganad_core.methods.score import rows
from wganad_core.records import FloatArray

# G(z) = A z with orthonormal columns, so that z = Aᵀx is what must be found.
D, K = 12, 3
A = np.linalg.qr(np.random.default_rng(2).normal(size=(D, K)))[0].astype(np.float32)
G = linear(A)
Z = np.random.default_rng(3).normal(size=(5, K)).astype(np.float32)
APART = np.random.default_rng(4).normal(size=(5, D)).astype(np.float32)
APART -= APART @ A @ A.T  # what no z can reach
PATIENT = Descent(steps=500, rate=0.1, restarts=2)


@pytest.fixture(autouse=True)
def _linear_generator_is_whole() -> Iterator[None]:
    before = G.weight.detach().clone()
    yield
    assert torch.equal(G.weight.detach(), before)


def inversion(prior: float, descent: Descent = PATIENT) -> InversionScore:
    return InversionScore(bundle_of(n_latent=K, generator=G), prior, descent)


def anogan(weight: float, descent: Descent, *critic: nn.Module) -> AnoGANScore:
    bundle = bundle_of(n_latent=K, generator=G, critic=nn.Sequential(*critic))
    return AnoGANScore(bundle, weight, descent)


def test_inversion_finds_z() -> None:
    judged = inversion(0.0).judge(Z @ A.T)
    assert judged.reconstruction is not None
    np.testing.assert_allclose(judged.reconstruction @ A, Z, rtol=0, atol=1e-3)
    np.testing.assert_allclose(judged.score, 0, rtol=0, atol=1e-6)


def test_inversion_scores_what_no_z_can_reach() -> None:
    judged = inversion(0.0).judge(Z @ A.T + APART)
    expected = np.square(APART).mean(axis=1)
    np.testing.assert_allclose(judged.score, expected, rtol=0, atol=1e-5)
    assert judged.score.min() > 0.1  # higher than on the generator's range


@pytest.mark.parametrize("prior", [0.1, 1.0])
def test_the_prior_pulls_z_to_the_origin(prior: float) -> None:
    # min ‖x − A z‖²/D + λ ‖z‖²/(2K): z = Aᵀx / (1 + λ D/(2K))
    judged = inversion(prior).judge(Z @ A.T)
    assert judged.reconstruction is not None
    expected = Z / (1 + prior * D / (2 * K))
    np.testing.assert_allclose(judged.reconstruction @ A, expected, rtol=0, atol=1e-3)
    # the score is the squared error alone
    residual = np.square(Z - expected).sum(axis=1) / D
    np.testing.assert_allclose(judged.score, residual, rtol=0, atol=1e-4)
    assert list(judged.terms) == ["residual"]


def test_the_path_leads_from_the_start_to_the_end() -> None:
    x, score = Z @ A.T + APART, inversion(0.1, Descent(steps=40, rate=0.05, restarts=3))
    judged, path = score.path(x, 15)
    assert path.images.shape == (4, 5, D)  # at 0, 15, 30 and at the end
    assert path.losses.shape == (4, 5)
    np.testing.assert_array_equal(path.images[-1], judged.reconstruction)
    assert (np.diff(path.losses, axis=0) < 0).all()
    # a frame's loss is that of its image
    z = path.images @ A
    by_hand = np.square(x - path.images).mean(axis=2) + 0.1 * np.square(z).mean(axis=2) / 2
    np.testing.assert_allclose(path.losses, by_hand, rtol=0, atol=1e-4)
    prior = 0.1 * np.square(z[-1]).mean(axis=1) / 2
    np.testing.assert_allclose(path.losses[-1] - prior, judged.score, rtol=1e-4)
    # the first one is where one of its starting points lies
    starts = starting_points(x, 3)
    apart = np.abs(starts - z[0][:, None]).max(axis=2).min(axis=1)
    np.testing.assert_allclose(apart, 0, atol=1e-4)
    again = score.judge(x)
    assert np.array_equal(again.score, judged.score)
    assert np.array_equal(again.terms["residual"], judged.terms["residual"])


def starting_points(x: FloatArray, restarts: int, seed: int = 0) -> FloatArray:
    """The latents (n, restarts, K) that searches for queries start from."""
    starts = searching._starts(rows(x), K, restarts, seed).numpy()
    return starts.reshape(len(x), restarts, K)


def test_starting_points_belong_to_a_query() -> None:
    x = Z @ A.T
    starts = starting_points(x, 2)
    assert np.array_equal(starting_points(x[3:], 2), starts[3:])
    assert np.array_equal(starting_points(x[::-1], 2), starts[::-1])
    assert len({start.tobytes() for start in starts.reshape(-1, K)}) == 10
    assert not np.isin(starting_points(x, 2, seed=1), starts).any()
    # more restarts come on top of the first ones
    assert np.array_equal(starting_points(x, 5)[:, :2], starts)


def test_the_best_restart_counts() -> None:
    x = Z @ A.T + APART
    scores = [inversion(0.0, Descent(steps=3, restarts=n)).judge(x).score for n in (1, 2, 6)]
    assert (scores[0] >= scores[1]).all()
    assert (scores[1] >= scores[2]).all()
    assert (scores[0] > scores[2]).any()
    starts = starting_points(x, 6).transpose(1, 0, 2)
    six = np.min([np.square(x - start @ A.T).mean(axis=1) for start in starts], axis=0)
    judged = inversion(0.0, Descent(steps=0, restarts=6)).judge(x)
    assert judged.reconstruction is not None
    np.testing.assert_allclose(judged.score, six, rtol=1e-5)
    rebuilt = np.square(x - judged.reconstruction).mean(axis=1)
    np.testing.assert_allclose(rebuilt, six, rtol=1e-5)


# AnoGAN

HIDDEN = np.random.default_rng(5).normal(size=(4, D)).astype(np.float32)
LAST = linear(np.ones((1, 4)))


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.9])
def test_anogan_by_hand(weight: float) -> None:
    x = Z @ A.T + APART
    score = anogan(weight, Descent(steps=4, restarts=2), linear(HIDDEN), nn.ReLU(), LAST)
    judged = score.judge(x)
    rebuilt = judged.reconstruction
    assert rebuilt is not None
    residual = np.abs(x - rebuilt).sum(axis=1)

    def hidden(of: FloatArray) -> FloatArray:
        return np.maximum(of @ HIDDEN.T, 0)

    features = np.abs(hidden(x) - hidden(rebuilt)).sum(axis=1)
    np.testing.assert_allclose(judged.terms["residual"], (1 - weight) * residual, rtol=1e-4)
    np.testing.assert_allclose(judged.terms["features"], weight * features, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(judged.score, (1 - weight) * residual + weight * features, rtol=1e-4)


def test_anogan_finds_what_the_generator_can_make() -> None:
    score = anogan(0.1, Descent(steps=500, rate=0.02), linear(HIDDEN), LAST)
    normal, strange = score.judge(Z @ A.T).score, score.judge(Z @ A.T + APART).score
    assert normal.max() < 0.5
    assert strange.min() > 2 * normal.max()


def test_anogans_features_steer_the_search() -> None:
    """With the whole weight on f_D = x₁, only the first coordinate is rebuilt."""
    x = Z @ A.T + APART
    score = anogan(1.0, Descent(steps=400, rate=0.02), linear(np.eye(1, D)), linear([[1]]))
    judged = score.judge(x)
    assert judged.reconstruction is not None
    np.testing.assert_allclose(judged.reconstruction[:, 0], x[:, 0], rtol=0, atol=0.05)
    np.testing.assert_allclose(judged.terms["residual"], 0, atol=1e-7)
