"""The worker's answers about models of images and of windows: those of their panels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import digit_models, window_models
from tests.direct import Direct
from wganad_core import pretrained
from wganad_core.config import ARCHITECTURES
from wganad_core.live.client import WorkerError
from wganad_core.live.messages import ModelKey, Search
from wganad_core.methods.descent import Descent
from wganad_core.panels.panel import SLOW, Panel, fitted_panel
from wganad_core.records import Judgement
from wganad_core.use_cases import HAR, MNIST

DIGIT, ACTIVITY = digit_models.ABNORMAL, window_models.ABNORMAL
DIGITS = ModelKey("mnist", DIGIT)
X, SIGNALS = digit_models.rows("test")[:5], window_models.raw("test")[:5]
EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", ARCHITECTURES)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders as they ship, with the models of one class each."""
    folder = tmp_path_factory.mktemp("shipped")
    digit_models.train_models(folder / "mnist", *digit_models.METHODS)
    fitted_panel(MNIST, folder / "mnist", digit_models.POOL, digit_models.SPLIT)
    for architecture in ARCHITECTURES:
        window_models.train_models(folder / "har", architecture, "wgan-gp", "encoder")
    fitted_panel(HAR, folder / "har", window_models.POOL, window_models.SPLIT)
    return folder


@pytest.fixture(scope="module")
def panel(shipped: Path) -> Panel:
    return Panel(shipped / "mnist", DIGIT)


@pytest.fixture(scope="module")
def panels(shipped: Path) -> dict[str, Panel]:
    return {
        name: Panel(shipped / "har", ACTIVITY, protocol="test", architecture=name)
        for name in ARCHITECTURES
    }


@pytest.fixture
def client(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> Direct:
    monkeypatch.setattr(pretrained, "SHIPPED", shipped)
    return Direct()


def movements(architecture: str) -> ModelKey:
    return ModelKey("har", ACTIVITY, architecture)


def assert_same(found: Judgement, expected: Judgement) -> None:
    assert np.array_equal(found.score, expected.score)
    assert list(found.terms) == list(expected.terms)
    for name, term in expected.terms.items():
        assert np.array_equal(found.terms[name], term)
    assert (found.reconstruction is None) == (expected.reconstruction is None)
    if found.reconstruction is not None and expected.reconstruction is not None:
        assert np.array_equal(found.reconstruction, expected.reconstruction)


def test_the_worker_judges(client: Direct, panel: Panel) -> None:
    found = client.judge(DIGITS, X)
    judged, times = found.judgements, found.milliseconds
    assert found.view is None
    assert judged.keys() == times.keys() == panel.detectors.keys()
    assert min(times.values()) > 0
    for name, expected in panel.judge(X).items():
        assert_same(judged[name], expected)
    assert client.judge(DIGITS, X[:2], ["vae"]).judgements.keys() == {"vae"}


@EVERY_ARCHITECTURE
def test_the_worker_judges_raw_windows(
    client: Direct, panels: dict[str, Panel], architecture: str
) -> None:
    panel = panels[architecture]
    found = client.judge(movements(architecture), SIGNALS)
    judged, times = found.judgements, found.milliseconds
    assert found.view == panel.view
    assert judged.keys() == times.keys() == panel.detectors.keys()
    assert min(times.values()) > 0
    for name, expected in panel.judge(panel.rows(SIGNALS)).items():
        assert_same(judged[name], expected)
    some = client.judge(movements(architecture), SIGNALS, ["critic"])
    assert some.judgements.keys() == {"critic"}


@pytest.mark.parametrize("name", SLOW)
def test_the_worker_searches(client: Direct, panel: Panel, name: str) -> None:
    found = client.search(DIGITS, name, X[:2], frames=2, steps=4, restarts=2, seed=5)
    expected, path = panel.search(name, X[:2], Descent(steps=4, restarts=2, seed=5), 2)
    assert path is not None
    assert found.judgement is not None
    assert np.array_equal(found.judgement.score, expected.score)
    assert list(found.judgement.terms) == list(expected.terms)
    assert np.array_equal(found.images, path.images)
    assert np.array_equal(found.losses, path.losses)
    assert found.milliseconds > 0


@pytest.mark.parametrize("name", SLOW)
def test_a_search_that_is_watched_is_told_frame_by_frame(client: Direct, name: str) -> None:
    how = {"frames": 3, "steps": 6, "restarts": 3}
    expected = client.search(DIGITS, name, X[:1], **how)
    client.begin_search("mine", DIGITS, name, X[:1], **how)
    seen: list[Search] = []
    while client.worker.searches:
        client.search_on()
        view = client.search_view("mine")
        if view is not None and (not seen or view.steps > seen[-1].steps):
            seen.append(view)
    assert [len(view.images) for view in seen] == [1, 2, 3, 4]  # at 0, 2, 4 and at the end
    assert [view.steps for view in seen] == [1, 3, 5, 6]
    assert [view.judgement is None for view in seen] == [True, True, True, False]
    last = seen[-1]
    assert last.judgement is not None
    assert expected.judgement is not None
    assert_same(last.judgement, expected.judgement)
    assert np.array_equal(last.images, expected.images)
    assert np.array_equal(last.losses, expected.losses)
    # a frame is of the restart that leads then
    assert all(np.array_equal(view.losses[-1], view.losses.min(axis=0)) for view in seen)


def test_the_worker_generates(client: Direct, panel: Panel, panels: dict[str, Panel]) -> None:
    z = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    assert np.array_equal(client.generate(DIGITS, z).x, panel.generate(z))
    for architecture, one in panels.items():
        found = client.generate(movements(architecture), z)
        assert found.view == one.view is not None
        assert np.array_equal(found.x, one.generate(z))
        if architecture != "recurrence":
            assert found.view is not None
            shape = (3, 3 if architecture == "dense" else 9, 128)
            assert found.view.signals(found.x).shape == shape


def test_the_worker_takes_no_samples(client: Direct) -> None:
    judged = client.judge(DIGITS, X[:0]).judgements
    assert all(value.score.shape == (0,) for value in judged.values())
    found = client.search(DIGITS, "inversion", X[:0], frames=2, steps=4)
    assert found.judgement is not None
    assert found.judgement.score.shape == (0,)
    none = client.judge(movements("conv"), SIGNALS[:0]).judgements
    assert all(value.score.shape == (0,) for value in none.values())


def test_the_worker_refuses_in_a_sentence(client: Direct) -> None:
    with pytest.raises(WorkerError, match=r"wgan-gp.safetensors cannot be read"):
        client.judge(ModelKey("mnist", "7"), X)
    with pytest.raises(WorkerError, match=r"wgan-gp-conv.safetensors cannot be read"):
        client.judge(ModelKey("har", "laying", "conv"), SIGNALS)
    with pytest.raises(WorkerError, match="Expected finite samples"):
        client.judge(DIGITS, np.full((1, 784), np.nan))
    with pytest.raises(WorkerError, match="Expected finite samples"):
        client.search(DIGITS, "anogan", np.full((1, 784), np.nan))
    with pytest.raises(WorkerError, match="finite"):
        client.judge(movements("conv"), np.full_like(SIGNALS, np.nan))
