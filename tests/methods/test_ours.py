"""The mean of several pieces of evidence, and how it is fitted to normals."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch import nn

from tests.methods.bundles import images
from wganad_core.config import RuleConfig
from wganad_core.methods import Bundle, detectors, fitting
from wganad_core.methods.evidence import Spaces
from wganad_core.methods.fitting import evidence_of, fit_rules, main_axes
from wganad_core.methods.ours import OursScore
from wganad_core.methods.score import batched
from wganad_core.records import Rule

X = np.random.default_rng(0).random((9, 784), np.float32)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return images()


def with_rule(bundle: Bundle, rule: Rule) -> OursScore:
    assert bundle.fitted is not None
    fitted = dataclasses.replace(bundle.fitted, rules={"ours": rule})
    return OursScore(dataclasses.replace(bundle, fitted=fitted), "ours")


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


def test_ours_is_the_mean_of_its_standardised_evidence(bundle: Bundle) -> None:
    rule = Rule(("critic", "residual"), {"critic": 1, "residual": 0}, {"critic": 2, "residual": 4})
    judged = with_rule(bundle, rule).judge(X)
    others = detectors(bundle)
    critic, error = (others[name].judge(X).score for name in ("critic", "encoder"))
    np.testing.assert_allclose(judged.score, ((critic - 1) / 2 + error / 4) / 2, rtol=1e-4)
    assert list(judged.terms) == ["critic", "residual"]
    # and the same as the record says
    assert bundle.fitted is not None
    assert bundle.fitted.normals is not None
    found = evidence_of(bundle, bundle.fitted.normals, X, rule.names)
    for name, term in judged.terms.items():
        expected = (found[name] - rule.location[name]) / rule.scale[name] / 2
        np.testing.assert_allclose(term, expected, rtol=1e-5)


def test_ours_without_the_contrastive_features(bundle: Bundle) -> None:
    names = ("near-critic", "near-encoder")
    rule = Rule(names, dict.fromkeys(names, 0.0), dict.fromkeys(names, 1.0))
    networks = {name: bundle.networks[name] for name in ("wgan-gp", "encoder")}
    without = dataclasses.replace(bundle, networks=networks)
    one, other = (with_rule(some, rule).judge(X) for some in (without, bundle))
    assert np.array_equal(one.score, other.score)


def test_a_rule_whose_material_is_missing_is_refused(bundle: Bundle) -> None:
    def of(*names: str) -> Rule:
        return Rule(names, dict.fromkeys(names, 0.0), dict.fromkeys(names, 1.0))

    with pytest.raises(ValueError, match="there is no evidence magic"):
        with_rule(bundle, of("critic", "magic"))
    with pytest.raises(ValueError, match="its normals lack axes"):
        with_rule(bundle, of("near-axes"))
    with pytest.raises(ValueError, match="its normals lack critic"):
        with_rule(bundle, of("critic/latents"))
    with pytest.raises(ValueError, match="ours-wgan lacks what it is made of"):
        OursScore(bundle, "ours-wgan")


def test_normals_have_a_low_score_and_strangers_a_high_one(bundle: Bundle) -> None:
    """References score about 0 by their own rule; noise of another kind scores higher."""
    judge = detectors(bundle)["ours"].judge
    normals = np.random.default_rng(8).random((30, 784), np.float32)
    strangers = (np.random.default_rng(9).random((30, 784)) < 0.1).astype(np.float32)
    assert np.median(judge(strangers).score) > 2 * np.quantile(judge(normals).score, 0.9)


# Fitting

PIECES = ("critic", "residual/latents", "near-critic/critic")
CONFIG = RuleConfig(
    rules={"ours": PIECES, "ours-wgan": ("critic", "near-axes"), "ours-others": ("near-posture",)},
    k=2,
    n_references=20,
    n_peers=5,
)


@pytest.mark.parametrize("pieces", [("critic", "near-latents"), "critic"])
def test_evidence_that_there_is_not_is_named(bundle: Bundle, pieces: tuple[str, ...]) -> None:
    """Such a rule, of a slip of the pen, was left out without a word."""
    config = RuleConfig(rules={"ours": pieces}, k=1, n_references=5)
    with pytest.raises(ValueError, match=r"there is no evidence (near-latents|c, i, r, t)"):
        fit_rules(bundle, config, X, X)


def test_a_fitted_rule_standardises_validation_normals(bundle: Bundle) -> None:
    rng = np.random.default_rng(5)
    fit, validation = (rng.random((n, 784), np.float32) for n in (40, 30))
    fitted = fit_rules(bundle, CONFIG, fit, validation)
    # images have no posture
    assert fitted.rules.keys() == {"ours", "ours-wgan"}
    normals = fitted.normals
    assert normals is not None
    assert normals.points.keys() == {"latents", "critic", "axes"}
    assert {len(points) for points in normals.points.values()} == {20}
    assert normals.levels.keys() == {"residual", "near-critic"}
    assert (normals.k, normals.n_peers) == (2, 5)
    f = -detectors(bundle)["critic"].judge(fit).score
    assert fitted.critic_range == pytest.approx((f.min(), f.max()), abs=1e-6)
    found = detectors(dataclasses.replace(bundle, fitted=fitted))
    for name, rule in fitted.rules.items():
        terms = found[name].judge(validation).terms
        assert tuple(terms) == rule.names
        for term in terms.values():
            assert np.median(term) * len(terms) == pytest.approx(0, abs=1e-3)
            assert np.quantile(term, 0.9) * len(terms) == pytest.approx(1, abs=1e-3)


def test_few_normals_have_as_many_neighbours_as_there_are(bundle: Bundle) -> None:
    fit = np.random.default_rng(6).random((4, 784), np.float32)
    normals = fit_rules(bundle, CONFIG, fit, fit).normals
    assert normals is not None
    assert (normals.k, normals.n_peers) == (2, 1)


def test_levels_that_are_all_equal_say_nothing_about_peers(bundle: Bundle) -> None:
    """Of one row, repeated, evidence counts by itself."""
    fit = np.repeat(X[:1], 12, axis=0)
    pieces = ("residual/latents", "near-latent/latents", "residual")
    config = dataclasses.replace(CONFIG, rules={"ours": pieces}, bits=32)
    fitted = fit_rules(bundle, config, fit, X)
    assert fitted.rules["ours"].names == ("residual", "near-latent")
    judged = detectors(dataclasses.replace(bundle, fitted=fitted))["ours"].judge(X)
    assert np.isfinite(judged.score).all()


def test_levels_next_to_nothing_are_lifted(bundle: Bundle) -> None:
    rng = np.random.default_rng(7)
    fit = rng.random((12, 784), np.float32)
    fit[1] = fit[0]
    config = dataclasses.replace(CONFIG, rules={"ours": ("near-latent/latents",)}, k=1)
    raw, lifted = (
        fit_rules(bundle, dataclasses.replace(config, bits=bits), fit, X).normals
        for bits in (8, 32)
    )
    assert raw is not None
    assert lifted is not None
    levels = lifted.levels["near-latent"]
    assert (raw.levels["near-latent"] < 1e-3).sum() == 2
    positive = raw.levels["near-latent"][2:]
    assert levels.min() == pytest.approx(0.05 * np.median(positive), rel=0.3)


# Along a plane


def test_what_lies_outside_of_the_plane_of_references_counts(bundle: Bundle) -> None:
    """As if references were where their coordinates say, in the whole space."""
    fit = np.random.default_rng(10).random((60, 784), np.float32)
    rules = {"ours": ("near-critic", "near-latent")}
    config = RuleConfig(rules=rules, k=3, n_references=40, n_axes={"critic": 4}, bits=4)
    along = fit_rules(bundle, config, fit, X).normals
    assert along is not None
    plane, points = along.planes["critic"], along.points["critic"]
    assert along.planes.keys() == {"critic"}
    assert points.shape == (40, 4)
    assert [len(np.unique(column)) <= 15 for column in points.T] == [True] * 4
    whole = dataclasses.replace(
        along,
        points={**along.points, "critic": plane.centre + points @ plane.directions},
        planes={},
    )
    seen = np.asarray(batched(Spaces(bundle, ["critic"], None), X)[0]["critic"])
    queries = seen / np.linalg.norm(seen, axis=1, keepdims=True)
    expected = np.sort(cdist(queries, whole.points["critic"]))[:, :3].mean(axis=1)
    found = evidence_of(bundle, along, X, rules["ours"], join="mean")
    np.testing.assert_allclose(found["near-critic"], expected, rtol=2e-3)
    assert np.array_equal(
        found["near-latent"], evidence_of(bundle, whole, X, rules["ours"])["near-latent"]
    )


@pytest.mark.parametrize("centres", [True, False])
def test_directions_have_no_length(bundle: Bundle, centres: bool) -> None:
    """A critic whose last hidden layer says the same twenty times as loudly."""
    louder = copy.deepcopy(bundle)
    inner = [layer for layer in louder.part("critic").modules() if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for parameter in inner[-2].parameters():
            parameter.mul_(20)
    fit = np.random.default_rng(10).random((60, 784), np.float32)
    rules = {"ours": ("near-critic",)}
    axes = {"critic": 4}
    config = RuleConfig(rules=rules, k=3, n_references=80, n_axes=axes, bits=32, centres=centres)
    found = []
    for one in (bundle, louder):
        normals = fit_rules(one, config, fit, X).normals
        assert normals is not None
        found.append(evidence_of(one, normals, X, rules["ours"])["near-critic"])
    np.testing.assert_allclose(found[0], found[1], rtol=2e-3)


def test_peers_are_not_sought_along_a_plane(bundle: Bundle) -> None:
    config = dataclasses.replace(CONFIG, n_axes={"critic": 3})
    with pytest.raises(ValueError, match="Peers are sought in whole spaces"):
        fit_rules(bundle, config, np.random.default_rng(0).random((40, 784), np.float32), X)


# Main axes


@pytest.mark.parametrize("most", [6, 4])
def test_whitened_rows_are_halfway_to_equal_spread(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard deviations along the axes become their roots; where features are too many, those
    of the longest, after each variance was moved halfway to their mean."""
    monkeypatch.setattr(fitting, "MAX_AXES", most)
    rng = np.random.default_rng(3)
    turned = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    sizes = np.geomspace(4, 0.25, 6)
    rows = (rng.normal(size=(4_000, 6)) * sizes @ turned.T).astype(np.float32)
    axes = main_axes(rows)
    assert axes.shape == (most, 6)
    spread = np.sort((rows @ axes.T).std(axis=0))[::-1]
    expected, variances = np.sqrt(sizes), sizes[:most] ** 2
    if most < 6:
        expected = sizes[:most] / ((variances + variances.mean()) / 2) ** 0.25
    np.testing.assert_allclose(spread, expected, rtol=0.04)
