"""A use case's detectors from files: which there are, what they were fitted to, what they say."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.digit_models import ABNORMAL as DIGIT
from tests.panels.conftest import Small
from tests.window_models import ABNORMAL as ACTIVITY
from tests.window_models import raw
from wganad_core import pretrained, storage
from wganad_core.data import har
from wganad_core.data.views import View
from wganad_core.methods.descent import Descent
from wganad_core.methods.evidence import spaces_of
from wganad_core.panels import panel as panels
from wganad_core.panels.panel import SLOW, Panel, Panels, fitted_panel, fitted_panels
from wganad_core.use_cases import HAR, MNIST

OF_DIGITS = {"critic", "encoder", "vae", "bigan"}
OF_WINDOWS = {"critic", "encoder", "critic-features"}
EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", HAR.architectures)


def copied(small: Small, folder: Path, *names: str) -> Path:
    """Some of the files of a class elsewhere; all but the rules if none is named."""
    abnormal = small.split.abnormal
    (folder / abnormal).mkdir(exist_ok=True)
    for path in (small.folder / abnormal).iterdir():
        if path.stem in names if names else not path.stem.startswith("ours"):
            shutil.copy(path, folder / abnormal)
    return folder


# Which detectors there are


def test_a_panel_has_the_detectors_whose_files_are_there(digits: Small, tmp_path: Path) -> None:
    assert digits.panel.detectors.keys() == OF_DIGITS | {
        "critic-interval",
        *MNIST.ours["image"].rules,
    }
    assert Panel(copied(digits, tmp_path), DIGIT).detectors.keys() == OF_DIGITS
    assert set(SLOW) == {"inversion", "anogan"}
    for path in (tmp_path / DIGIT).iterdir():
        path.unlink()
    with pytest.raises(storage.StorageError, match=r"wgan-gp.safetensors cannot be read"):
        Panel(tmp_path, DIGIT)
    copied(digits, tmp_path, "wgan-gp")
    with pytest.raises(storage.StorageError, match=r"encoder.safetensors cannot be read"):
        Panel(tmp_path, DIGIT)
    expected = {"critic", "encoder"}
    for method in ("encoder", "vae", "bigan"):
        expected |= {method}
        panel = Panel(copied(digits, tmp_path, method), DIGIT)
        assert panel.detectors.keys() == expected
    assert not panel.bundle.has("contrast")


def test_a_panel_of_windows_has_the_detectors_of_its_architecture(windows: Small) -> None:
    assert list(windows.panels) == list(HAR.architectures)
    assert windows.panel.detectors.keys() == OF_WINDOWS | {
        "critic-interval",
        *HAR.ours["conv"].rules,
    }
    for name in ("dense", "recurrence", "recurrent"):
        assert windows.panels[name].detectors.keys() == OF_WINDOWS, name
    found = {path.name for path in (windows.folder / ACTIVITY).glob("ours*")}
    assert found == {"ours-conv.safetensors"}


def test_models_of_other_seeds_and_protocols_lie_elsewhere(
    digits: Small, windows: Small, tmp_path: Path
) -> None:
    with pytest.raises(storage.StorageError, match=r"wgan-gp-1.safetensors cannot be read"):
        Panel(digits.folder, DIGIT, seed=1)
    with pytest.raises(storage.StorageError, match=r"wgan-gp-official.safetensors cannot be"):
        Panel(digits.folder, DIGIT, protocol="official")
    with pytest.raises(storage.StorageError, match=r"wgan-gp-dense-1.safetensors cannot be read"):
        Panel(windows.folder, ACTIVITY, seed=1, protocol="test", architecture="dense")
    with pytest.raises(storage.StorageError, match=r"wgan-gp-conv.safetensors cannot be read"):
        list(fitted_panels(HAR, tmp_path, windows.pool, windows.split))


def test_a_further_seed_borrows_the_first_ones_wgan_gp(windows: Small, tmp_path: Path) -> None:
    """Then it has the detectors in which its own features take part, and the first one has their
    mean as well."""
    copied(windows, tmp_path)
    file = windows.panel.file
    for path in (tmp_path / ACTIVITY).glob("ours-*"):
        path.unlink()
    first, second = (Path(tmp_path / ACTIVITY / file("contrast", seed=s).name) for s in (0, 1))
    assert second.name == "contrast-conv-1.safetensors"
    model = pretrained.load_model(first)
    other = {name: -np.asarray(value) for name, value in model.arrays.items() if "shifts" in name}
    pretrained.save_model(dataclasses.replace(model, arrays={**model.arrays, **other}), second)
    one = fitted_panel(HAR, tmp_path, windows.pool, windows.split)
    further = Panel(tmp_path, ACTIVITY, 1, "test", "conv")
    assert further.borrows
    assert not one.borrows
    assert further.detectors.keys() == {"ours", "ours-others"}
    x = windows.rows("test")
    a, b = (panel.detectors["ours"].judge(x).score for panel in (one, further))
    assert not np.allclose(a, b)
    np.testing.assert_allclose(
        one.detectors["ours-together"].judge(x).score, (a + b) / 2, rtol=1e-5, atol=1e-6
    )


def test_the_panel_uses_the_stored_weights(both: Small) -> None:
    for method, networks in both.panel.bundle.networks.items():
        stored = pretrained.load_model(both.panel.file(method)).arrays
        found = {
            f"{part}.{name}": value.numpy()
            for part, network in networks.items()
            for name, value in network.state_dict().items()
        }
        assert found.keys() == stored.keys()
        for name, value in stored.items():
            assert np.array_equal(found[name], value.astype(np.float32)), name


# Rules


def test_rules_are_fitted_once_and_standardise_validation_normals(both: Small) -> None:
    panel, config = both.panel, both.config
    path = panel.file("ours")
    before = path.read_bytes()
    stored = pretrained.load_rules(path)
    assert stored.rules.keys() == config.rules.keys()
    rules = {name: rule.names for name, rule in stored.rules.items()}
    assert all(set(names) <= set(config.rules[name]) for name, names in rules.items())
    fit = both.rows("fit")
    f = -panel.detectors["critic"].judge(fit).score
    assert stored.critic_range == pytest.approx((f.min(), f.max()), abs=1e-6)
    normals = stored.normals
    assert normals is not None
    assert normals.points.keys() == spaces_of(name for names in rules.values() for name in names)
    assert {len(points) for points in normals.points.values()} == {len(fit)}
    relative = {n.partition("/")[0] for names in rules.values() for n in names if "/" in n}
    assert normals.levels.keys() == relative
    assert normals.k == config.k
    if relative:
        assert normals.n_peers == min(config.n_peers, len(fit) // 3)
    if stored.axes is not None:
        np.testing.assert_allclose(stored.axes @ stored.axes.T, np.eye(32), rtol=0, atol=2e-3)
    # standardised on validation normals: their evidence has median 0 and 90 % quantile 1, or
    # squares of what is above the mean
    for name, names in rules.items():
        terms = panel.detectors[name].judge(both.rows("validation")).terms
        assert tuple(terms) == names
        for piece, term in terms.items():
            if config.join == "squares":
                assert 0 < (term > 0).mean() < 1, piece
                assert term.mean() <= 1, piece
                continue
            assert np.median(term) * len(names) == pytest.approx(0, abs=1e-2), piece
            assert np.quantile(term, 0.9) * len(names) == pytest.approx(1, abs=1e-2), piece
    again = fitted_panel(both.case, both.folder, both.pool, both.split)
    assert path.read_bytes() == before
    x = both.rows("test")
    one, other = (found.detectors["ours"].judge(x).score for found in (again, panel))
    assert np.array_equal(one, other)


def test_what_was_just_fitted_is_what_the_file_gives(both: Small, tmp_path: Path) -> None:
    fresh = fitted_panel(both.case, copied(both, tmp_path), both.pool, both.split)
    x = both.rows("test")
    for name in both.config.rules:
        expected = both.panel.detectors[name].judge(x)
        assert np.array_equal(fresh.detectors[name].judge(x).score, expected.score)
        np.testing.assert_allclose(sum(expected.terms.values()), expected.score, rtol=0, atol=1e-5)


def test_a_rule_needs_its_networks(
    windows: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the contrastive features there is only the rule that does not need them."""
    monkeypatch.setattr(pretrained, "load_choice", lambda case: None)
    rules = {"ours": ("critic", "near-shifted/shifted"), "ours-wgan": ("critic", "relative")}
    case = dataclasses.replace(HAR, ours={"conv": HAR.ours["conv"].replace(rules=rules)})

    def fitted() -> Panel:
        return fitted_panel(case, tmp_path, windows.pool, windows.split)

    copied(windows, tmp_path)
    whole = fitted()
    assert whole.detectors.keys() == OF_WINDOWS | {"critic-interval", *rules}
    (tmp_path / ACTIVITY / "contrast-conv.safetensors").unlink()
    assert fitted().detectors.keys() == OF_WINDOWS | {"critic-interval", "ours-wgan"}
    whole.file("ours").unlink()
    fresh = fitted()
    assert pretrained.load_rules(fresh.file("ours")).rules.keys() == {"ours-wgan"}
    x = windows.rows("test")
    found, expected = (panel.detectors["ours-wgan"].judge(x).score for panel in (fresh, whole))
    assert np.array_equal(found, expected)


# What they say


@EVERY_ARCHITECTURE
def test_samples_come_as_raw_signals(windows: Small, architecture: str) -> None:
    panel = windows.panels[architecture]
    kind = {"dense": "total", "recurrence": "recurrence"}.get(architecture, "signals")
    assert panel.view == View.fitted(kind, raw("fit"))
    expected = panel.view.rows(raw("test"))
    n, n_features = len(windows.split.parts["test"]), panel.config.n_features
    assert expected.shape == (n, n_features)
    assert np.array_equal(panel.rows(raw("test")), expected)
    assert np.array_equal(panel.rows(raw("test").reshape(-1, 9 * 128)), expected)
    assert panel.rows(np.empty((0, 9 * 128))).shape == (0, n_features)


@EVERY_ARCHITECTURE
def test_blame_is_the_error_of_each_channel(windows: Small, architecture: str) -> None:
    panel = windows.panels[architecture]
    x = windows.rows("test", panel)
    judged = panel.judge(x, ["encoder"])["encoder"]
    blamed = har.SIGNALS[6:] if architecture == "dense" else har.SIGNALS
    assert tuple(judged.terms) == blamed
    assert judged.reconstruction is not None
    errors = ((x - judged.reconstruction) ** 2).reshape(len(x), len(blamed), -1)
    for i, name in enumerate(blamed):
        expected = errors[:, i].mean(axis=1) / len(blamed)
        np.testing.assert_allclose(judged.terms[name], expected, rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(sum(judged.terms.values()), judged.score, rtol=1e-5)


def test_judging_some_all_and_none(both: Small) -> None:
    for panel in both.panels.values():
        x = both.rows("test", panel)
        every = panel.judge(x)
        assert every.keys() == panel.detectors.keys()
        some = panel.judge(x, ["encoder", "critic"])
        assert list(some) == ["encoder", "critic"]
        for name, judged in some.items():
            assert np.array_equal(judged.score, every[name].score)
        for name, judged in panel.judge(x[:0]).items():
            assert judged.score.shape == (0,), (panel.architecture, name)


@pytest.mark.parametrize("name", SLOW)
def test_a_search_and_its_path(digits: Small, name: str) -> None:
    panel, x, descent = digits.panel, digits.rows("test")[:3], Descent(steps=6, restarts=2)
    weights = panel.bundle.part("generator").state_dict()
    before = {name: value.clone() for name, value in weights.items()}
    judged, path = panel.search(name, x, descent, frames=3)
    assert path is not None
    assert path.images.shape == (4, 3, 784)
    assert judged.reconstruction is not None
    assert np.array_equal(path.images[-1], judged.reconstruction)
    total = np.sum(list(judged.terms.values()), axis=0)
    np.testing.assert_allclose(judged.score, total, rtol=1e-6)
    assert "prior" not in judged.terms
    plain, none = panel.search(name, x, descent)
    assert none is None
    assert np.array_equal(plain.score, judged.score)
    lighter, _ = panel.search(name, x, descent, weight=0.0)
    assert not np.array_equal(lighter.score, judged.score)
    assert all(value.equal(before[name]) for name, value in weights.items())


def test_generated_images(digits: Small) -> None:
    z = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    found = digits.panel.generate(z)
    assert found.shape == (4, 784)
    assert 0 <= found.min() <= found.max() <= 1
    assert np.array_equal(digits.panel.generate(z), found)


def test_windows_need_a_view(windows: Small) -> None:
    with pytest.raises(ValueError, match="Windows need a view"):
        windows.pool.rows(windows.split.parts["fit"], None)


def test_the_last_few_panels_stay_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def panel_of(folder: Path, abnormal: str, protocol: str, architecture: str) -> str:
        made.append(abnormal)
        return f"{folder.name} {abnormal} {protocol} {architecture}"

    monkeypatch.setattr(panels, "Panel", panel_of)
    kept: Any = Panels(kept=2)
    asked = [kept.get("mnist", digit) for digit in "1213"]
    assert asked == [f"mnist {digit} 80/20 image" for digit in "1213"]
    assert made == ["1", "2", "3"]
    assert list(kept.loaded) == [("mnist", "1", "image"), ("mnist", "3", "image")]
    kept.get("mnist", "2")
    assert made == ["1", "2", "3", "2"]
    assert kept.get("har", "laying") == "har laying test conv"
    assert kept.get("har", "laying", "dense") == "har laying test dense"
    assert made == ["1", "2", "3", "2", "laying", "laying"]
