"""Detectors of images: they touch nothing, see one sample at a time, and say what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch import Tensor, nn
from wganad_core.networks.build import make_networks
from wganad_core.scoring import base, inversion
from wganad_core.scoring.base import evaluate, evaluating, rows
from wganad_core.scoring.evidence import Sources, evidence, ours_detector
from wganad_core.scoring.inversion import Descent, inversion_terms, search
from wganad_core.scoring.neighbours import mean_distance, unit

from wganad_core import scoring
from wganad_core.config import ImageConfig
from wganad_core.networks import image
from wganad_core.records import FloatArray, Normals, Rule

TINY = ImageConfig(n_latent=3, generator_width=2, critic_width=2, encoder_width=2, hidden=6)
SHORT = Descent(steps=5, rate=0.05, restarts=2)
X = np.random.default_rng(0).random((9, 784), np.float32)


class World:
    """Tiny networks of every model, with batch statistics that are not the initial ones."""

    def __init__(self) -> None:
        rng = torch.Generator().manual_seed(0)
        wgan = make_networks(TINY, rng, "wgan-gp")
        encoder = make_networks(TINY, rng, "encoder")["encoder"]
        vae, bigan = make_networks(TINY, rng, "vae"), make_networks(TINY, rng, "bigan")
        features = make_networks(TINY, rng, "features")["features"]
        with torch.no_grad():
            for _ in range(20):
                encoder(5 * torch.rand(16, 784, generator=rng))
        self.sources = Sources(
            wgan.generator, cast(nn.Sequential, wgan.critic), cast(nn.Sequential, encoder), features
        )
        self.modules = [wgan.generator, wgan.critic, encoder, features]
        self.modules += [*vae.modules.values(), *bigan.modules.values()]
        references = np.random.default_rng(1).random((12, 784), np.float32)
        spaces = {name: place(references) for name, place in self.sources.spaces().items()}
        self.normals = Normals(spaces, k=2)
        normals, _ = evidence(self.sources, self.normals, references)
        self.rule = Rule.fitted(tuple(normals), normals)
        self.detectors: dict[str, scoring.Detector] = {
            "critic": scoring.critic_detector(wgan.critic),
            "critic-interval": scoring.interval_detector(wgan.critic, 0.0, 1e-3),
            "encoder": scoring.encoder_detector(encoder, wgan.generator),
            "vae": scoring.vae_detector(vae["encoder"], vae.generator),
            "bigan": scoring.bigan_detector(
                bigan["encoder"], bigan.generator, cast(image.JointDiscriminator, bigan.critic)
            ),
            "inversion": scoring.inversion_detector(wgan.generator, 3, descent=SHORT),
            "anogan": scoring.anogan_detector(
                wgan.generator, self.sources.critic, 3, descent=SHORT
            ),
            "ours": ours_detector(self.sources, self.normals, self.rule),
        }


NAMES = ["critic", "critic-interval", "encoder", "vae", "bigan", "inversion", "anogan", "ours"]
REBUILDING = ["encoder", "vae", "bigan", "inversion", "anogan", "ours"]
EVERY_DETECTOR = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


# Nothing is touched


def state(module: nn.Module) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in module.state_dict().items()}


def flags(module: nn.Module) -> list[tuple[bool, ...]]:
    parameters = list(module.parameters())
    return [
        tuple(part.training for part in module.modules()),
        tuple(parameter.requires_grad for parameter in parameters),
    ]


@EVERY_DETECTOR
@pytest.mark.parametrize("mode", ["train", "eval", "mixed"])
def test_networks_are_as_before(world: World, name: str, mode: str) -> None:
    for module in world.modules:
        module.train(mode != "eval")
        first = next(module.parameters())
        first.requires_grad_(mode != "mixed")
        if mode == "mixed":
            list(module.modules())[-1].eval()
        for parameter in module.parameters():
            parameter.grad = torch.full_like(parameter, 7)
    weights, before = [state(m) for m in world.modules], [flags(m) for m in world.modules]
    found = world.detectors[name](X)
    assert [state(m) for m in world.modules] == weights
    assert [flags(m) for m in world.modules] == before
    gradients = [p.grad for module in world.modules for p in module.parameters()]
    assert all(g is not None and bool((g == 7).all()) for g in gradients)
    # and the mode that they were found in plays no part
    for module in world.modules:
        module.eval()
    np.testing.assert_array_equal(world.detectors[name](X).score, found.score)


def test_networks_are_as_before_after_a_failure() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    network[1].eval()
    with pytest.raises(RuntimeError, match="on purpose"), evaluating(network):  # noqa: PT012
        assert not network.training
        assert not network[0].weight.requires_grad
        raise RuntimeError("on purpose")
    assert network.training
    assert not network[1].training
    assert network[0].weight.requires_grad


def test_networks_are_run_in_eval_mode() -> None:
    network = nn.Sequential(nn.Linear(2, 100), nn.Dropout(0.9)).train()
    x = np.ones((2, 2), np.float32)
    one, other = evaluate(network, x)
    assert np.array_equal(one, other)
    assert (one != 0).mean() > 0.9


@EVERY_DETECTOR
def test_the_data_is_left_alone_even_where_it_cannot_be_written(world: World, name: str) -> None:
    x = X.copy()
    x.flags.writeable = False
    world.detectors[name](x)
    assert np.array_equal(x, X)


# One sample at a time


def tolerance_of(name: str) -> float:
    return 1e-3 if name in ("anogan", "bigan") else 1e-4  # sums over 784 pixels; means


@EVERY_DETECTOR
def test_scores_do_not_depend_on_the_batch(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = world.detectors[name]
    whole = detector(X)
    assert whole.score.shape == (9,)
    assert whole.score.dtype == np.float32
    tolerance = tolerance_of(name)

    def assert_same(found: FloatArray, expected: FloatArray) -> None:
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)

    assert_same(np.concatenate([detector(X[i : i + 1]).score for i in range(9)]), whole.score)
    assert_same(detector(X[::-1]).score, whole.score[::-1])
    assert_same(detector(np.concatenate([X[:2], 1 - X, X[2:3]])).score[[0, 1, -1]], whole.score[:3])
    # the same in batches of three, of which the last is short
    monkeypatch.setattr(base, "BATCH_NUMBERS", 4 * 784)
    monkeypatch.setattr(inversion, "QUERIES_AT_ONCE", 4)
    again = detector(X)
    assert_same(again.score, whole.score)
    for term, value in whole.terms.items():
        assert_same(again.terms[term], value)
    if whole.reconstruction is not None:
        assert again.reconstruction is not None
        np.testing.assert_allclose(again.reconstruction, whole.reconstruction, rtol=0, atol=1e-4)


@EVERY_DETECTOR
def test_scores_repeat_exactly(world: World, name: str) -> None:
    one = world.detectors[name](X)
    torch.manual_seed(3)  # global random state plays no part
    assert np.array_equal(one.score, world.detectors[name](X).score)


@EVERY_DETECTOR
def test_terms_sum_to_the_score(world: World, name: str) -> None:
    judged = world.detectors[name](X)
    assert bool(judged.terms) == (name in REBUILDING)
    if judged.terms:
        total = np.sum(list(judged.terms.values()), axis=0)
        np.testing.assert_allclose(total, judged.score, rtol=1e-5, atol=1e-5)
    assert (judged.reconstruction is not None) == (name in REBUILDING)
    if judged.reconstruction is not None:
        assert judged.reconstruction.shape == X.shape


@EVERY_DETECTOR
def test_other_kinds_of_numbers_are_read(world: World, name: str) -> None:
    black = np.zeros((2, 784))
    expected = world.detectors[name](black.astype(np.float32)).score
    for kind in (np.float64, np.uint8):
        found = world.detectors[name](black.astype(kind)).score
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@EVERY_DETECTOR
def test_no_images_no_scores(world: World, name: str) -> None:
    judged = world.detectors[name](np.empty((0, 784), np.float32))
    assert judged.score.shape == (0,)
    assert all(value.shape == (0,) for value in judged.terms.values())
    if judged.reconstruction is not None:
        assert judged.reconstruction.shape == (0, 784)


@EVERY_DETECTOR
def test_what_is_not_finite_is_refused(world: World, name: str) -> None:
    for bad in (np.nan, np.inf):
        x = X[:2].copy()
        x[1, 5] = bad
        with pytest.raises(ValueError, match="Expected finite samples; found NaN or infinite"):
            world.detectors[name](x)


@EVERY_DETECTOR
def test_a_shape_that_is_no_table_is_refused(world: World, name: str) -> None:
    for shape in ((784,), (1, 28, 28)):
        with pytest.raises(ValueError, match=r"Expected samples of shape \(n, d\); found"):
            world.detectors[name](np.zeros(shape, np.float32))


# Worked out by hand


def linear(matrix: list[list[float]] | FloatArray, bias: float = 0.0) -> nn.Linear:
    """y = A x + bias."""
    weight = torch.as_tensor(np.asarray(matrix, np.float32))
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight, torch.full((len(weight),), bias)
    return layer


POINTS = np.array([[1, 2], [3, -4]], np.float32)


def test_the_critics_sign() -> None:
    critic = nn.Sequential(linear([[1, 10]]))  # f = x₁ + 10 x₂
    assert scoring.critic_detector(critic)(POINTS).score.tolist() == [-21, 37]
    assert scoring.critic_range(critic, POINTS) == (-37, 21)


def test_the_interval_by_hand() -> None:
    critic = nn.Sequential(linear([[1]]))
    x = np.array([[-3], [-1], [0], [2], [2.5]], np.float32)
    found = scoring.interval_detector(critic, -1.0, 2.0)(x).score
    assert found.tolist() == [2, 0, 0, 0, 0.5]


LINE = linear([[1], [0]])  # G(z) = (z, 0)


def test_the_encoder_by_hand() -> None:
    judged = scoring.encoder_detector(linear([[1, 0]]), LINE)(POINTS)
    assert judged.score.tolist() == [2, 8]  # (0² + 2²)/2 and (0² + 4²)/2
    assert judged.reconstruction is not None
    assert judged.reconstruction.tolist() == [[1, 0], [3, 0]]


def test_the_vae_takes_its_mean_only() -> None:
    encoder = linear([[1, 0], [1e3, 1e3]])  # mean x₁; a log-variance that must not matter
    assert scoring.vae_detector(encoder, LINE)(POINTS).score.tolist() == [2, 8]


class Joint(nn.Module):
    """A discriminator whose last hidden layer is (x₁ + x₂, 3 x₂, z)."""

    def hidden(self, x: Tensor, z: Tensor) -> Tensor:
        return torch.cat([x.sum(dim=1, keepdim=True), 3 * x[:, 1:], z], dim=1)


def test_the_bigan_by_hand() -> None:
    joint = cast(image.JointDiscriminator, Joint())
    judged = scoring.bigan_detector(linear([[1, 0]]), LINE, joint, weight=0.75)(POINTS)
    # residual 2 and 4; features |2| + |6| and |−4| + |−12|
    assert judged.terms["residual"].tolist() == [1.5, 3]
    assert judged.terms["features"].tolist() == [2, 4]
    assert judged.score.tolist() == [3.5, 7]


# Inversion: G(z) = A z with orthonormal columns, so that z = Aᵀx is what must be found

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


def test_inversion_finds_z() -> None:
    judged = scoring.inversion_detector(G, K, prior=0.0, descent=PATIENT)(Z @ A.T)
    assert judged.reconstruction is not None
    np.testing.assert_allclose(judged.reconstruction @ A, Z, rtol=0, atol=1e-3)
    np.testing.assert_allclose(judged.score, 0, rtol=0, atol=1e-6)


def test_inversion_scores_what_no_z_can_reach() -> None:
    judged = scoring.inversion_detector(G, K, prior=0.0, descent=PATIENT)(Z @ A.T + APART)
    expected = np.square(APART).mean(axis=1)
    np.testing.assert_allclose(judged.score, expected, rtol=0, atol=1e-5)
    assert judged.score.min() > 0.1  # higher than on the generator's range


@pytest.mark.parametrize("prior", [0.1, 1.0])
def test_the_prior_pulls_z_to_the_origin(prior: float) -> None:
    # min ‖x − A z‖²/D + λ ‖z‖²/(2K): z = Aᵀx / (1 + λ D/(2K))
    judged = scoring.inversion_detector(G, K, prior=prior, descent=PATIENT)(Z @ A.T)
    assert judged.reconstruction is not None
    expected = Z / (1 + prior * D / (2 * K))
    np.testing.assert_allclose(judged.reconstruction @ A, expected, rtol=0, atol=1e-3)
    # the score is the squared error alone
    residual = np.square(Z - expected).sum(axis=1) / D
    np.testing.assert_allclose(judged.score, residual, rtol=0, atol=1e-4)


def test_the_path_leads_from_the_start_to_the_end() -> None:
    x, descent = Z @ A.T + APART, Descent(steps=40, rate=0.05, restarts=3)
    terms = inversion_terms(0.1)
    found, rebuilt, path = search(G, K, rows(x), terms, descent, record_every=15)
    assert path is not None
    assert path.images.shape == (4, 5, D)  # at 0, 15, 30 and at the end
    assert path.losses.shape == (4, 5)
    np.testing.assert_array_equal(path.images[-1], rebuilt)
    total = found["residual"] + found["prior"]
    np.testing.assert_allclose(path.losses[-1], total, rtol=1e-6)
    assert (np.diff(path.losses, axis=0) < 0).all()
    # a frame's loss is that of its image
    z = path.images @ A
    by_hand = np.square(x - path.images).mean(axis=2) + 0.1 * np.square(z).mean(axis=2) / 2
    np.testing.assert_allclose(path.losses, by_hand, rtol=0, atol=1e-4)
    # the first one is where one of its starting points lies
    starts = np.stack([unhurried(x, descent.restarts)[i] for i in range(5)])
    apart = np.abs(starts - z[0][:, None]).max(axis=2).min(axis=1)
    np.testing.assert_allclose(apart, 0, atol=1e-4)
    again, _, none = search(G, K, rows(x), terms, descent)
    assert none is None
    assert np.array_equal(again["residual"], found["residual"])


def unhurried(x: FloatArray, restarts: int, seed: int = 0) -> FloatArray:
    """The starting points (n, restarts, K) of queries, from searches that make no step."""
    starts = inversion._starts(rows(x), K, restarts, seed).numpy()
    return starts.reshape(len(x), restarts, K)


def test_starting_points_belong_to_a_query() -> None:
    x = Z @ A.T
    starts = unhurried(x, 2)
    assert np.array_equal(unhurried(x[3:], 2), starts[3:])
    assert np.array_equal(unhurried(x[::-1], 2), starts[::-1])
    assert len({start.tobytes() for start in starts.reshape(-1, K)}) == 10
    assert not np.isin(unhurried(x, 2, seed=1), starts).any()
    # more restarts come on top of the first ones
    assert np.array_equal(unhurried(x, 5)[:, :2], starts)


def test_the_best_restart_counts() -> None:
    x, terms = Z @ A.T + APART, inversion_terms(0.0)
    scores = [
        search(G, K, rows(x), terms, Descent(steps=3, restarts=restarts))[0]["residual"]
        for restarts in (1, 2, 6)
    ]
    assert (scores[0] >= scores[1]).all()
    assert (scores[1] >= scores[2]).all()
    assert (scores[0] > scores[2]).any()
    six = [np.square(x - start @ A.T).mean(axis=1) for start in unhurried(x, 6).transpose(1, 0, 2)]
    found, rebuilt, _ = search(G, K, rows(x), terms, Descent(steps=0, restarts=6))
    np.testing.assert_allclose(found["residual"], np.min(six, axis=0), rtol=1e-5)
    np.testing.assert_allclose(np.square(x - rebuilt).mean(axis=1), np.min(six, axis=0), rtol=1e-5)


# AnoGAN

HIDDEN = np.random.default_rng(5).normal(size=(4, D)).astype(np.float32)


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.9])
def test_anogan_by_hand(weight: float) -> None:
    critic = nn.Sequential(linear(HIDDEN), nn.ReLU(), linear(np.ones((1, 4), np.float32)))
    x = Z @ A.T + APART
    detector = scoring.anogan_detector(G, critic, K, weight, Descent(steps=4, restarts=2))
    judged = detector(x)
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
    critic = nn.Sequential(linear(HIDDEN), linear(np.ones((1, 4), np.float32)))
    detector = scoring.anogan_detector(G, critic, K, 0.1, Descent(steps=500, rate=0.02))
    normal = detector(Z @ A.T).score
    strange = detector(Z @ A.T + APART).score
    assert normal.max() < 0.5
    assert strange.min() > 2 * normal.max()


def test_anogans_features_steer_the_search() -> None:
    """With the whole weight on f_D = x₁, only the first coordinate is rebuilt."""
    first = np.eye(1, D, dtype=np.float32)
    critic = nn.Sequential(linear(first), linear([[1]]))
    detector = scoring.anogan_detector(G, critic, K, 1.0, Descent(steps=400, rate=0.02))
    judged = detector(Z @ A.T + APART)
    assert judged.reconstruction is not None
    x = Z @ A.T + APART
    np.testing.assert_allclose(judged.reconstruction[:, 0], x[:, 0], rtol=0, atol=0.05)
    np.testing.assert_allclose(judged.terms["residual"], 0, atol=1e-7)


# Neighbours


@pytest.mark.parametrize("k", [1, 3, 20])
def test_mean_distance_to_neighbours(k: int) -> None:
    rng = np.random.default_rng(6)
    queries = rng.normal(size=(30, 7)).astype(np.float32)
    references = rng.normal(size=(20, 7)).astype(np.float32)
    expected = np.sort(cdist(queries, references), axis=1)[:, :k].mean(axis=1)
    found = mean_distance(queries, references, k)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_a_reference_is_at_no_distance_from_itself() -> None:
    points = unit(np.random.default_rng(7).random((50, 16), np.float32))
    np.testing.assert_allclose(mean_distance(points, points, 1), 0, rtol=0, atol=1e-3)


def test_no_queries_and_too_few_references() -> None:
    points = np.zeros((2, 3), np.float32)
    assert mean_distance(points[:0], points, 1).shape == (0,)
    with pytest.raises(ValueError, match="n_neighbors"):
        mean_distance(points, points, 3)


def test_directions_by_hand() -> None:
    found = unit(np.array([[3, 4], [0, 0], [-2, 0]], np.float32))
    np.testing.assert_allclose(found, np.array([[0.6, 0.8], [0, 0], [-1, 0]]), rtol=0, atol=1e-7)


# Ours


def test_a_rule_by_hand() -> None:
    normals = {
        "a": np.arange(11, dtype=np.float32),  # median 5, 90 % quantile 9
        "b": np.array([2, 2, 2], np.float32),  # no spread
        "c": np.zeros(3, np.float32),
    }
    rule = Rule.fitted(("a", "b"), normals)
    assert rule.names == ("a", "b")
    assert rule.location == {"a": 5, "b": 2}
    assert rule.scale == {"a": pytest.approx(4), "b": pytest.approx(1e-9)}
    found = {name: np.array([5, 13, 1], np.float32) for name in "abc"}
    terms = Rule(("a", "c"), {"a": 5, "c": 1}, {"a": 4, "c": 0.5}).terms(found)
    assert terms.keys() == {"a", "c"}
    assert terms["a"].tolist() == [0, 1, -0.5]
    assert terms["c"].tolist() == [4, 12, 0]


def test_evidence_by_hand(world: World) -> None:
    sources = world.sources
    found, rebuilt = evidence(sources, world.normals, X)
    assert found.keys() == {
        "critic",
        "residual",
        "relative",
        "izi",
        "near-latent",
        "near-encoder",
        "near-critic",
        "near-features",
        "near-features-length",
    }
    with torch.no_grad():
        for module in world.modules:
            module.eval()
        x = torch.from_numpy(X)
        z = sources.encoder(x)
        expected = sources.generator(z)
        np.testing.assert_allclose(rebuilt, expected.numpy(), rtol=0, atol=1e-6)
        residual = ((x - expected) ** 2).mean(dim=1).numpy()
        np.testing.assert_allclose(found["residual"], residual, rtol=1e-5)
        relative = residual / ((x**2).mean(dim=1).numpy() + 1e-3)
        np.testing.assert_allclose(found["relative"], relative, rtol=1e-4)
        f = sources.critic(x)[:, 0].numpy()
        np.testing.assert_allclose(found["critic"], -f, rtol=0, atol=1e-6)
        # the encoder's hidden layer is the one before its last Linear
        hidden = x
        for layer in list(sources.encoder)[:8]:
            hidden = layer(hidden)
        assert hidden.shape == (9, 6)
        latent = np.sort(cdist(z.numpy(), world.normals.points["latents"]), axis=1)[:, :2].mean(
            axis=1
        )
        np.testing.assert_allclose(found["near-latent"], latent, rtol=0, atol=1e-4)
        near = np.sort(cdist(unit(hidden.numpy()), unit(world.normals.points["encoder"])), axis=1)[
            :, :2
        ]
        np.testing.assert_allclose(found["near-encoder"], near.mean(axis=1), rtol=0, atol=1e-4)


def test_ours_is_the_mean_of_its_standardised_evidence(world: World) -> None:
    rule = Rule(("critic", "residual"), {"critic": 1, "residual": 0}, {"critic": 2, "residual": 4})
    judged = ours_detector(world.sources, world.normals, rule)(X)
    f = -world.detectors["critic"](X).score
    error = world.detectors["encoder"](X).score
    np.testing.assert_allclose(judged.score, ((-f - 1) / 2 + error / 4) / 2, rtol=1e-4, atol=1e-5)
    assert list(judged.terms) == ["critic", "residual"]


def test_ours_without_the_contrastive_features(world: World) -> None:
    with_features = world.sources
    without = Sources(with_features.generator, with_features.critic, with_features.encoder)
    assert without.spaces().keys() == {"latents", "encoder", "critic"}
    names = ("near-critic", "near-encoder")
    rule = Rule(names, dict.fromkeys(names, 0.0), dict.fromkeys(names, 1.0))
    one = ours_detector(without, world.normals, rule)(X)
    other = ours_detector(with_features, world.normals, rule)(X)
    assert np.array_equal(one.score, other.score)


def test_normals_have_a_low_score_and_strangers_a_high_one(world: World) -> None:
    """References score about 0 by their own rule; noise of another kind scores higher."""
    judge: Callable[[FloatArray], FloatArray] = lambda x: world.detectors["ours"](x).score  # noqa: E731
    normals = np.random.default_rng(8).random((30, 784), np.float32)
    strangers = (np.random.default_rng(9).random((30, 784)) < 0.1).astype(np.float32)
    assert np.median(judge(strangers)) > 2 * np.quantile(judge(normals), 0.9)
