"""Every detector: it touches nothing, sees one sample at a time, and says what is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.methods.bundles import images
from wganad_core.methods import Bundle, Score, detectors, evaluate
from wganad_core.methods import descent as searching
from wganad_core.methods import score as scoring
from wganad_core.methods.descent import Descent, SearchScore
from wganad_core.methods.score import evaluating
from wganad_core.records import FloatArray

X = np.random.default_rng(0).random((9, 784), np.float32)
REBUILDING = ("encoder", "critic-features", "vae", "bigan", "inversion", "anogan", "ours")
NAMES = ("critic", "critic-interval", *REBUILDING)
SEARCHING = ("inversion", "anogan")
EVERY_DETECTOR = pytest.mark.parametrize("name", NAMES)


def scores_of(bundle: Bundle) -> dict[str, Score]:
    """All, with short searches."""
    found = detectors(bundle, searching=True)
    for score in found.values():
        if isinstance(score, SearchScore):
            score.descent = Descent(steps=5, rate=0.05, restarts=2)
    return found


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return images()


@pytest.fixture(scope="module")
def scores(bundle: Bundle) -> dict[str, Score]:
    return scores_of(bundle)


def test_a_bundle_has_the_detectors_that_it_has_the_networks_for(bundle: Bundle) -> None:
    assert detectors(bundle, searching=True).keys() == set(NAMES)
    assert detectors(bundle).keys() == set(NAMES) - set(SEARCHING)
    pair = Bundle(bundle.config, {"wgan-gp": bundle.networks["wgan-gp"]}, bundle.fitted)
    assert detectors(pair, searching=True).keys() == {"critic", "critic-interval", *SEARCHING}
    assert detectors(Bundle(pair.config, pair.networks)).keys() == {"critic"}
    with_encoder = {name: bundle.networks[name] for name in ("wgan-gp", "encoder")}
    assert detectors(Bundle(bundle.config, with_encoder)).keys() == {"critic", "encoder"}
    # the rule asks for contrastive features, which are not there
    found = detectors(Bundle(bundle.config, with_encoder, bundle.fitted))
    assert found.keys() == {"critic", "critic-interval", "encoder"}


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
def test_networks_are_as_before(
    bundle: Bundle, scores: dict[str, Score], name: str, mode: str
) -> None:
    modules = [network for parts in bundle.networks.values() for network in parts.values()]
    for module in modules:
        module.train(mode != "eval")
        first = next(module.parameters())
        first.requires_grad_(mode != "mixed")
        if mode == "mixed":
            list(module.modules())[-1].eval()
        for parameter in module.parameters():
            parameter.grad = torch.full_like(parameter, 7)
    weights, before = [state(m) for m in modules], [flags(m) for m in modules]
    found = scores[name].judge(X)
    assert [state(m) for m in modules] == weights
    assert [flags(m) for m in modules] == before
    gradients = [p.grad for module in modules for p in module.parameters()]
    assert all(g is not None and bool((g == 7).all()) for g in gradients)
    # and the mode that they were found in plays no part
    for module in modules:
        module.eval()
    np.testing.assert_array_equal(scores[name].judge(X).score, found.score)


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
def test_the_data_is_left_alone_even_where_it_cannot_be_written(
    scores: dict[str, Score], name: str
) -> None:
    x = X.copy()
    x.flags.writeable = False
    scores[name].judge(x)
    assert np.array_equal(x, X)


# One sample at a time


@EVERY_DETECTOR
def test_scores_do_not_depend_on_the_batch(
    scores: dict[str, Score], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = scores[name]
    whole = score.judge(X)
    assert whole.score.shape == (9,)
    assert whole.score.dtype == np.float32
    tolerance = 1e-3 if name in ("anogan", "bigan") else 1e-4  # sums over 784 pixels; means

    def assert_same(found: FloatArray, expected: FloatArray) -> None:
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)

    def found(x: FloatArray) -> FloatArray:
        return score.judge(x).score

    assert_same(np.concatenate([found(X[i : i + 1]) for i in range(9)]), whole.score)
    assert_same(found(X[::-1]), whole.score[::-1])
    assert_same(found(np.concatenate([X[:2], 1 - X, X[2:3]]))[[0, 1, -1]], whole.score[:3])
    # the same in batches of four, of which the last is short
    monkeypatch.setattr(scoring, "BATCH_NUMBERS", 4 * 784)
    monkeypatch.setattr(searching, "QUERIES_AT_ONCE", 4)
    again = score.judge(X)
    assert_same(again.score, whole.score)
    for term, value in whole.terms.items():
        assert_same(again.terms[term], value)
    if whole.reconstruction is not None:
        assert again.reconstruction is not None
        np.testing.assert_allclose(again.reconstruction, whole.reconstruction, rtol=0, atol=1e-4)


def test_many_references_make_small_batches(
    scores: dict[str, Score], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, sizes = scores["ours"], []
    assert ours.n_references == 12
    whole = ours.judge(X).score
    monkeypatch.setattr(scoring, "MAX_DISTANCES", 24)
    hook = ours.register_forward_pre_hook(lambda _, given: sizes.append(len(given[0])))
    np.testing.assert_allclose(ours.judge(X).score, whole, rtol=0, atol=1e-4)
    hook.remove()
    assert sizes == [2, 2, 2, 2, 1]


@EVERY_DETECTOR
def test_in_double_precision_a_batch_changes_next_to_nothing(bundle: Bundle, name: str) -> None:
    exact, single = (scores_of(some)[name] for some in (bundle.double(), bundle))
    whole = exact.judge(X)
    assert whole.score.dtype == np.float32  # which hides what is left of the company
    alone = np.concatenate([exact.judge(X[i : i + 1]).score for i in range(9)])
    np.testing.assert_allclose(alone, whole.score, rtol=1e-6 if name in SEARCHING else 2**-23)
    np.testing.assert_allclose(single.judge(X).score, whole.score, rtol=1e-3, atol=1e-3)
    assert next(single.parameters()).dtype == torch.float32  # the copy is one


@EVERY_DETECTOR
def test_scores_repeat_exactly(scores: dict[str, Score], name: str) -> None:
    one = scores[name].judge(X)
    torch.manual_seed(3)  # global random state plays no part
    assert np.array_equal(one.score, scores[name].judge(X).score)


@EVERY_DETECTOR
def test_terms_sum_to_the_score(scores: dict[str, Score], name: str) -> None:
    judged = scores[name].judge(X)
    assert bool(judged.terms) == (name in REBUILDING)
    if judged.terms:
        total = np.sum(list(judged.terms.values()), axis=0)
        np.testing.assert_allclose(total, judged.score, rtol=1e-5, atol=1e-5)
    assert (judged.reconstruction is not None) == (name in REBUILDING)
    if judged.reconstruction is not None:
        assert judged.reconstruction.shape == X.shape


@EVERY_DETECTOR
def test_other_kinds_of_numbers_are_read(scores: dict[str, Score], name: str) -> None:
    black = np.zeros((2, 784))
    expected = scores[name].judge(black.astype(np.float32)).score
    for kind in (np.float64, np.uint8):
        found = scores[name].judge(black.astype(kind)).score
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@EVERY_DETECTOR
def test_no_images_no_scores(scores: dict[str, Score], name: str) -> None:
    judged = scores[name].judge(np.empty((0, 784), np.float32))
    assert judged.score.shape == (0,)
    assert bool(judged.terms) == (name in REBUILDING)
    assert all(value.shape == (0,) for value in judged.terms.values())
    if name in REBUILDING:
        assert judged.reconstruction is not None
        assert judged.reconstruction.shape == (0, 784)


@EVERY_DETECTOR
def test_what_is_no_table_of_finite_numbers_is_refused(scores: dict[str, Score], name: str) -> None:
    for bad in (np.nan, np.inf):
        x = X[:2].copy()
        x[1, 5] = bad
        with pytest.raises(ValueError, match="Expected finite samples; found NaN or infinite"):
            scores[name].judge(x)
    for shape in ((784,), (1, 28, 28)):
        with pytest.raises(ValueError, match=r"Expected samples of shape \(n, d\); found"):
            scores[name].judge(np.zeros(shape, np.float32))
