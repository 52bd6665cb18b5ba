"""Evidence of every kind, against distances and medians that NumPy and SciPy take."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch import nn

from tests.methods.bundles import EVIDENCE, bundle_of, images, linear, places
from wganad_core.methods import Bundle
from wganad_core.methods.evidence import Evidence, spaces_of, spaces_there
from wganad_core.methods.fitting import evidence_of, with_levels
from wganad_core.methods.ours import OursScore
from wganad_core.records import FittedRules, FloatArray, Normals, Rule

X = np.random.default_rng(0).random((9, 784), np.float32)
AXES = np.eye(2, dtype=np.float32)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return images()


def near(queries: FloatArray, references: FloatArray, k: int) -> FloatArray:
    return np.sort(cdist(queries, references), axis=1)[:, :k].mean(axis=1)


def directions(x: FloatArray) -> FloatArray:
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_evidence_by_hand(bundle: Bundle) -> None:
    assert bundle.fitted is not None
    normals = bundle.fitted.normals
    assert normals is not None
    found = evidence_of(bundle, normals, X, EVIDENCE)
    assert tuple(found) == EVIDENCE
    generator, critic = bundle.chain("generator"), bundle.chain("critic")
    encoder = bundle.chain("encoder", "encoder")
    at = places(bundle, X)
    # the encoder's hidden layer is the one before its last Linear
    assert isinstance(encoder[8], nn.Linear)
    assert at["encoder"].shape == (9, 6)
    with torch.no_grad():
        x = torch.from_numpy(X)
        rebuilt = generator(torch.from_numpy(at["latents"]))
        f, hidden = critic(x)[:, 0].numpy(), critic[:-1](rebuilt).numpy()
    np.testing.assert_allclose(found["critic"], -f, rtol=0, atol=1e-6)
    residual = ((X - rebuilt.numpy()) ** 2).mean(axis=1)
    np.testing.assert_allclose(found["residual"], residual, rtol=1e-5)
    relative = residual / ((X**2).mean(axis=1) + 1e-3)
    np.testing.assert_allclose(found["relative"], relative, rtol=1e-4)
    izi = np.square(at["critic"] - hidden).mean(axis=1)
    np.testing.assert_allclose(found["izi"], izi, rtol=1e-4)
    points = normals.points
    for piece, space in (
        ("near-latent", "latents"),
        ("near-shifted", "shifted"),
        ("near-projected", "projected"),
    ):
        np.testing.assert_allclose(
            found[piece], near(at[space], points[space], 2), rtol=0, atol=1e-4
        )
    for piece in ("near-encoder", "near-critic"):
        space = piece.removeprefix("near-")
        expected = near(directions(at[space]), directions(points[space]), 2)
        np.testing.assert_allclose(found[piece], expected, rtol=0, atol=1e-4)
    evidence = Evidence(bundle, normals, ["residual"]).eval()
    np.testing.assert_allclose(evidence(x)[1].detach(), rebuilt, rtol=0, atol=1e-6)


def test_the_spaces_that_evidence_needs_and_that_there_are(bundle: Bundle) -> None:
    assert spaces_of(["critic", "relative"]) == set()
    assert spaces_of(["near-shifted", "critic"]) == {"shifted"}
    assert spaces_of(["near-axes/strength", "critic/posture"]) == {"axes", "strength", "posture"}
    there = {"latents", "encoder", "critic", "shifted", "projected"}
    assert spaces_there(bundle, None) == there
    pair = {name: bundle.networks[name] for name in ("wgan-gp", "encoder")}
    plain = Bundle(bundle.config, pair)
    assert spaces_there(plain, AXES) == {"latents", "encoder", "critic", "axes"}
    windows = Bundle(bundle.config, pair, windows=True)
    descriptors = {"posture", "strength", "rhythm"}
    assert spaces_there(windows, None) == {"latents", "encoder", "critic"} | descriptors


# Relative to peers: networks of the plane that do next to nothing; f(x) = x₁ − x₂


def plane(kept: float = 1.0) -> Bundle:
    """G(E(x)) = `kept` x."""
    return bundle_of(
        n_latent=2,
        generator=linear(kept * AXES),
        critic=nn.Sequential(nn.Identity(), linear([[1, -1]])),
        encoder=nn.Sequential(nn.Identity(), nn.Identity(), nn.Identity()),
    )


def among(x: list[list[float]], places: list[float], levels: list[float], piece: str) -> FloatArray:
    """A piece of evidence of points x (n, 2) relative to three peers, among normals at places
    along the first axis that have these levels of it."""
    points = np.stack([places, np.zeros(len(places))], axis=1).astype(np.float32)
    known = {piece.partition("/")[0]: np.array(levels, np.float32)}
    normals = Normals({"axes": points}, k=1, levels=known, n_peers=3)
    return evidence_of(plane(kept=0.0), normals, np.array(x, np.float32), [piece], AXES)[piece]


def test_how_far_above_its_peers_by_hand() -> None:
    """Peers at 1, 3, 8 among levels 1, 3, 8, 4: median 3, deviation √26/3; of all √(26/4)."""
    found = among([[2, 0]], [2, 2.1, 1.9, 99], [1, 3, 8, 4], "critic/axes")
    spread = np.sqrt(26 / 3) + 0.05 * np.sqrt(6.5)
    np.testing.assert_allclose(found, [(-2 - 3) / spread], rtol=1e-5)


def test_what_cannot_be_negative_is_compared_by_its_logarithm() -> None:
    """Residuals e⁴ and e², with peers 0, 1, 2 and 1, 2, 3."""
    e, root = math.e, math.sqrt(2)
    x = [[root * e**2, 0], [root * e, 0]]
    found = among(x, [20, 7.2, 7, 0], [1, e, e**2, e**9], "residual/axes")
    everyone = 0.05 * np.std([0, 1, 2, 9])
    expected = np.array([(4 - 1) / (np.std([0, 1, 2]) + everyone), 0])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_peers_that_agree_do_not_count_without_limit() -> None:
    """Three peers at exactly 1 would make any difference infinite."""
    found = among([[-2, 0]], [-2, -1.9, -2.1, 99], [1, 1, 1, 5], "critic/axes")
    np.testing.assert_allclose(found, [1 / (0.05 * np.sqrt(3))], rtol=1e-5)


def test_a_subjects_own_windows_are_not_their_neighbours_when_levels_are_found() -> None:
    """Two subjects side by side: without the rule everyone would be 0 or 0.1 from themselves."""
    x = np.array([[0, 0], [0.1, 0], [1, 0], [1.2, 0]], np.float32)
    normals = Normals({"axes": x}, k=1, n_peers=2)
    subjects = np.array(["1", "1", "2", "2"])
    found = with_levels(plane(), normals, x, subjects, ["near-axes/axes", "critic/axes"], AXES)
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
    normals = Normals({"axes": points}, 2, n_peers=6)
    normals = with_levels(plane(), normals, points, subjects, pieces, AXES)
    x = (2 * rng.normal(size=(5, 2))).astype(np.float32)
    found = evidence_of(plane(), normals, x, pieces, AXES)
    apart = cdist(x, points)
    logs, levels = np.log(normals.levels["near-axes"]), normals.levels["critic"]
    values = {
        "near-axes/axes": (np.log(np.sort(apart, axis=1)[:, :2].mean(axis=1)), logs),
        "critic/axes": (x[:, 1] - x[:, 0], levels),
    }
    for piece, (value, theirs) in values.items():
        for i in range(len(x)):
            peers = theirs[np.argsort(apart[i])[:6]]
            expected = (value[i] - np.median(peers)) / (peers.std() + 0.05 * theirs.std())
            assert found[piece][i] == pytest.approx(expected, rel=1e-4, abs=1e-4)
    rule = Rule(pieces, dict.fromkeys(pieces, 1.0), dict.fromkeys(pieces, 2.0))
    fitted = FittedRules(normals=normals, rules={"ours": rule}, axes=AXES)
    given = Bundle(plane().config, plane().networks, fitted)
    judged = OursScore(given, "ours").judge(x)
    both = np.mean([found[piece] for piece in pieces], axis=0)
    np.testing.assert_allclose(judged.score, (both - 1) / 2, rtol=1e-5, atol=1e-6)
    assert tuple(judged.terms) == pieces
    assert judged.reconstruction is None  # which none of this looks at
