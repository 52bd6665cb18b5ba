"""Evidence of recognised shifts, and rules that add squares, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.small import QUICK, data
from wganad_core.config import RuleConfig, WindowConfig
from wganad_core.methods import Bundle, make_trainer, networks_of
from wganad_core.methods.evidence import FAINT_SHIFT, Contrast, Evidence
from wganad_core.methods.fitting import fit_rules
from wganad_core.methods.ours import TOGETHER
from wganad_core.methods.registry import DETECTORS
from wganad_core.records import Normals, Rule

CONFIG = WindowConfig(n_latent=3, width=8, hidden=6, features=5)
X = data("conv")
PIECES = ("near-shifted/shifted", "shift-logs", "shift-squares")
RULES = RuleConfig(rules={"ours": PIECES}, k=2, n_references=15, n_peers=5, join="squares", bits=32)


def bundle(seed: int = 0) -> Bundle:
    """Untrained networks, whose features of a window do not depend on those beside it."""
    settings = QUICK.replace(seed=seed, batch_size=4)
    networks = {
        method: make_trainer(X, settings.replace(method=method), CONFIG).networks.modules
        for method in ("wgan-gp", "contrast")
    }
    encoder = networks_of("encoder", CONFIG, torch.Generator().manual_seed(seed)).modules
    return Bundle(CONFIG, {**networks, "encoder": encoder}, windows=True)


BUNDLE = bundle()


def test_squares_by_hand() -> None:
    normals = {"a": np.array([0, 2, 4], np.float32), "b": np.array([5, 5, 5], np.float32)}
    rule = Rule.fitted(("a", "b"), normals, "squares")
    assert rule.location == {"a": 2, "b": 5}
    assert rule.scale["a"] == pytest.approx((8 / 3) ** 0.5)
    # Below the mean nothing counts; one deviation above it, 1; far above it, no more than 64.
    values = np.array([-10, 2, 2 + (8 / 3) ** 0.5, 1e6])
    assert rule.share("a", values).tolist() == pytest.approx([0, 0, 1, 64])
    assert rule.share("a", torch.from_numpy(values)).tolist() == pytest.approx([0, 0, 1, 64])
    assert rule.share("b", np.array([5.0, 6.0])).tolist() == [0, 64]  # what never varies


def test_features_of_compared_shifts_lie_side_by_side() -> None:
    contrast = Contrast(BUNDLE).eval()
    with torch.no_grad():
        x = torch.from_numpy(X[:6])
        found = contrast(x)
        shifted = contrast.head.shift(x)
        h = [contrast.features(rows) for rows in shifted]
        for k in range(3):
            expected = torch.nn.functional.normalize(h[k], dim=1) / 3**0.5
            torch.testing.assert_close(found["shifted"][:, 5 * k : 5 * k + 5], expected)
        assert found["shifted"].shape == (6, 15)
        torch.testing.assert_close(found["shifted"].norm(dim=1), torch.ones(6))
        # Of the fourth shift that is scored the head should say that it is the fifth.
        log_p = contrast.head(h[3]).log_softmax(dim=1)[:, 4]
        torch.testing.assert_close(found["log-p"][:, 3], log_p)
        assert found["log-p"].shape == (6, 7)


def test_how_badly_shifts_are_recognised() -> None:
    units = np.stack([np.linspace(0, 1, 7), np.linspace(0.5, 2, 7)]).astype(np.float32)
    pieces = ("shift", "shift-logs", "shift-squares")
    evidence = Evidence(BUNDLE, Normals({}, k=1, shift_units=units), pieces).eval()
    with torch.no_grad():
        x = torch.from_numpy(X[:6])
        nll = -Contrast(BUNDLE).eval()(x)["log-p"].numpy().astype(np.float64)
        found = {name: value.numpy() for name, value in evidence(x)[0].items()}
    each = np.log(nll + FAINT_SHIFT)
    above = np.maximum((each - units[0]) / units[1], 0)
    assert 0 < (above > 0).mean() < 1
    np.testing.assert_allclose(found["shift"], nll.sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found["shift-logs"], each.sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(
        found["shift-squares"], np.sqrt(np.square(above).sum(axis=1)), rtol=1e-5
    )


def test_units_of_shifts_come_from_validation_normals() -> None:
    fitted = fit_rules(BUNDLE, RULES, X[:20], X[20:])
    assert fitted.normals is not None
    assert fitted.normals.shift_units is not None
    with torch.no_grad():
        log_p = Contrast(BUNDLE).eval()(torch.from_numpy(X[20:]))["log-p"].numpy()
    each = np.log(FAINT_SHIFT - log_p.astype(np.float64))
    np.testing.assert_allclose(fitted.normals.shift_units[0], each.mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(fitted.normals.shift_units[1], each.std(axis=0), rtol=1e-3)


def test_several_seeds_together_say_the_mean() -> None:
    members = [bundle(seed) for seed in range(3)]
    fitted = [
        Bundle(m.config, m.networks, fit_rules(m, RULES, X[:20], X[20:]), windows=True)
        for m in members
    ]
    together = Bundle(
        CONFIG, fitted[0].networks, fitted[0].fitted, windows=True, others=tuple(fitted[1:])
    )
    said = DETECTORS[TOGETHER].make(together).judge(X[:10])
    alone = [DETECTORS["ours"].make(member).judge(X[:10]) for member in fitted]
    np.testing.assert_allclose(said.score, np.mean([j.score for j in alone], axis=0), rtol=1e-5)
    assert np.std([j.score for j in alone], axis=0).max() > 0.01  # they do not agree
    np.testing.assert_allclose(sum(said.terms.values()), said.score, rtol=1e-5)
    assert DETECTORS[TOGETHER].wants(together)
    assert not DETECTORS[TOGETHER].wants(fitted[0])
    unfitted = Bundle(CONFIG, fitted[0].networks, fitted[0].fitted, others=(members[1],))
    assert not DETECTORS[TOGETHER].wants(unfitted)
