"""HAR's detectors from files, on a pool of 168 made windows: panels, rules, tables, the worker."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from wganad_core.live.panels import (
    Panel,
    fitted_panel,
    fitted_panels,
    recompute,
    score_all,
)
from wganad_core.scoring.evidence import spaces_of

from tests.direct import Direct
from tests.window_models import ABNORMAL, POOL, SPLIT, WINDOWS, in_place_of_har, make_split, raw
from tests.window_models import train_models as train
from wganad_core import pretrained, storage
from wganad_core.config import Architecture
from wganad_core.data import har
from wganad_core.data.views import View
from wganad_core.live.client import ModelKey, WorkerError
from wganad_core.records import Judgement, ScoreTable
from wganad_core.use_cases import HAR

BASE = {"critic", "encoder", "critic-features"}
OURS = HAR.ours.rules
FULL = BASE | {"critic-interval", *OURS}
BASELINES = {"knn", "knn-total", "knn-spectra", "pca-total"}
ARCHITECTURES: tuple[Architecture, ...] = ("conv", "dense", "recurrence", "recurrent")
EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", ARCHITECTURES)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for architecture in ARCHITECTURES:
        train(folder, architecture, "wgan-gp", "encoder")
    train(folder, "conv", "features")
    return folder


@pytest.fixture(scope="module")
def panels(models: Path) -> dict[str, Panel]:
    return {panel.architecture: panel for panel in fitted_panels(HAR, models, POOL, SPLIT)}


@pytest.fixture(scope="module")
def table(models: Path, panels: dict[str, Panel]) -> ScoreTable:
    return score_all(HAR, models, POOL, SPLIT)


def part(panel: Panel, name: str) -> np.ndarray:
    return POOL.rows(SPLIT.parts[name], panel.view)


# Panels


def test_a_panel_has_the_detectors_of_its_architecture(
    models: Path, panels: dict[str, Panel]
) -> None:
    assert list(panels) == list(HAR.architectures)
    assert panels["conv"].detectors.keys() == FULL
    for name in ("dense", "recurrence", "recurrent"):
        assert panels[name].detectors.keys() == BASE, name
    assert {path.name for path in (models / ABNORMAL).glob("ours*")} == {"ours-conv.safetensors"}


@EVERY_ARCHITECTURE
def test_samples_come_as_raw_signals(panels: dict[str, Panel], architecture: Architecture) -> None:
    panel = panels[architecture]
    kind = {"dense": "total", "recurrence": "recurrence"}.get(architecture, "signals")
    assert panel.view == View.fitted(kind, raw("fit"))
    expected = panel.view.rows(raw("test"))
    assert expected.shape == (len(SPLIT.parts["test"]), panel.config.n_features)
    assert np.array_equal(panel.rows(raw("test")), expected)
    assert np.array_equal(panel.rows(raw("test").reshape(-1, 9 * 128)), expected)
    assert panel.rows(np.empty((0, 9 * 128))).shape == (0, panel.config.n_features)


@EVERY_ARCHITECTURE
def test_blame_is_the_error_of_each_channel(
    panels: dict[str, Panel], architecture: Architecture
) -> None:
    panel = panels[architecture]
    x = part(panel, "test")
    judged = panel.judge(x, ["encoder"])["encoder"]
    blamed = har.SIGNALS[6:] if architecture == "dense" else har.SIGNALS
    assert tuple(judged.terms) == blamed
    assert judged.reconstruction is not None
    errors = ((x - judged.reconstruction) ** 2).reshape(len(x), len(blamed), -1)
    for i, name in enumerate(blamed):
        expected = errors[:, i].mean(axis=1) / len(blamed)
        np.testing.assert_allclose(judged.terms[name], expected, rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(sum(judged.terms.values()), judged.score, rtol=1e-5)


def test_no_windows_no_scores(panels: dict[str, Panel]) -> None:
    for panel in panels.values():
        for name, judged in panel.judge(panel.rows(np.empty((0, 9, 128)))).items():
            assert judged.score.shape == (0,), (panel.architecture, name)


# Rules


def test_rules_are_fitted_once_and_standardise_validation_normals(
    models: Path, panels: dict[str, Panel]
) -> None:
    panel = panels["conv"]
    path = panel.file("ours")
    before = path.read_bytes()
    stored = pretrained.load_rules(path)
    assert stored.rules.keys() == OURS.keys()
    assert stored.normals.points.keys() == spaces_of(n for names in OURS.values() for n in names)
    n = len(SPLIT.parts["fit"])
    assert {len(points) for points in stored.normals.points.values()} == {n}
    bases = {piece.partition("/")[0] for names in OURS.values() for piece in names if "/" in piece}
    assert stored.normals.levels.keys() == bases
    assert (stored.normals.k, stored.normals.n_peers) == (HAR.ours.k, HAR.ours.n_peers)
    if stored.axes is not None:
        np.testing.assert_allclose(stored.axes @ stored.axes.T, np.eye(32), rtol=0, atol=2e-3)
    for name, names in OURS.items():
        terms = panel.detectors[name](part(panel, "validation")).terms
        assert tuple(terms) == names
        for piece, term in terms.items():
            assert np.median(term) * len(names) == pytest.approx(0, abs=1e-2), piece
            assert np.quantile(term, 0.9) * len(names) == pytest.approx(1, abs=1e-2), piece
    fitted_panel(HAR, models, POOL, SPLIT)
    assert path.read_bytes() == before


def test_what_was_fitted_is_what_the_file_gives(
    models: Path, panels: dict[str, Panel], tmp_path: Path
) -> None:
    shutil.copytree(models / ABNORMAL, tmp_path / ABNORMAL)
    (tmp_path / ABNORMAL / "ours-conv.safetensors").unlink()
    fresh = fitted_panel(HAR, tmp_path, POOL, SPLIT)
    x = part(fresh, "test")
    for name in OURS:
        expected = panels["conv"].detectors[name](x)
        assert np.array_equal(fresh.detectors[name](x).score, expected.score)
        np.testing.assert_allclose(sum(expected.terms.values()), expected.score, rtol=0, atol=1e-5)


def test_a_rule_needs_its_networks(models: Path, panels: dict[str, Panel], tmp_path: Path) -> None:
    """Without the contrastive features there is only the rule that does not need them."""
    rules = {"ours": ("critic", "near-features/features"), "ours-wgan": ("critic", "relative")}
    case = dataclasses.replace(HAR, ours=dataclasses.replace(HAR.ours, rules=rules))
    folder = tmp_path / ABNORMAL
    folder.mkdir()
    for method in ("wgan-gp", "encoder", "features"):
        shutil.copy(models / ABNORMAL / f"{method}-conv.safetensors", folder)
    whole = fitted_panel(case, tmp_path, POOL, SPLIT)
    assert whole.detectors.keys() == BASE | {"critic-interval", *rules}
    (folder / "features-conv.safetensors").unlink()
    without = fitted_panel(case, tmp_path, POOL, SPLIT)
    assert without.detectors.keys() == BASE | {"critic-interval", "ours-wgan"}
    whole.file("ours").unlink()
    fresh = fitted_panel(case, tmp_path, POOL, SPLIT)
    assert pretrained.load_rules(fresh.file("ours")).rules.keys() == {"ours-wgan"}
    x = part(fresh, "test")
    found, expected = (panel.detectors["ours-wgan"](x).score for panel in (fresh, whole))
    assert np.array_equal(found, expected)


def test_models_that_are_not_there(models: Path, tmp_path: Path) -> None:
    with pytest.raises(storage.StorageError, match=r"wgan-gp-conv.safetensors cannot be read"):
        list(fitted_panels(HAR, tmp_path, POOL, SPLIT))
    with pytest.raises(storage.StorageError, match=r"wgan-gp-dense-1.safetensors cannot be read"):
        Panel(models, ABNORMAL, seed=1, protocol="test", architecture="dense")


# Score tables


def test_the_score_table(table: ScoreTable) -> None:
    pairs = set(zip(table.model.tolist(), table.detector.tolist(), strict=True))
    expected = {("none", name) for name in BASELINES} | {("wgan-gp-conv", name) for name in FULL}
    expected |= {(f"wgan-gp-{a}", name) for a in ARCHITECTURES[1:] for name in BASE}
    assert pairs == expected
    n = {name: len(index) for name, index in SPLIT.parts.items()}
    assert n == {"fit": 60, "validation": 20, "calibration": 20, "test": 48}
    for model, detector in pairs:
        rows = table.where(model=model, detector=detector)
        counts = {name: len(rows.where(part=name)) for name in n}
        assert counts == {"fit": 2, "validation": 0, "calibration": 20, "test": 48}
        test = rows.where(part="test")
        index = SPLIT.parts["test"]
        assert test.sample_id.tolist() == har.sample_ids(WINDOWS.signals[index]).tolist()
        assert test.subject.tolist() == WINDOWS.subjects[index].astype(str).tolist()
        assert test.class_.tolist() == WINDOWS.activities[index].tolist()
    assert set(table.use_case.tolist()) == {"har"}
    assert set(table.abnormal.tolist()) == {ABNORMAL}
    assert set(table.protocol.tolist()) == {"test"}
    assert set(table.seed.tolist()) == {0}
    np.testing.assert_array_equal(table.label, table.class_ == ABNORMAL)
    assert set(table.where(label=1).part.tolist()) == {"test"}
    assert np.isfinite(table.score).all()


def test_scores_are_those_of_the_panels(panels: dict[str, Panel], table: ScoreTable) -> None:
    for panel in panels.values():
        for name, judged in panel.judge(part(panel, "test")).items():
            rows = table.where(model=f"wgan-gp-{panel.architecture}", detector=name, part="test")
            np.testing.assert_allclose(rows.score, judged.score, rtol=2**-12, atol=1e-7)


def test_rows_of_the_fit_part_are_its_extremes(panels: dict[str, Panel], table: ScoreTable) -> None:
    ids = har.sample_ids(raw("fit"))
    for name, judged in panels["conv"].judge(part(panels["conv"], "fit")).items():
        rows = table.where(model="wgan-gp-conv", detector=name, part="fit")
        ends = [judged.score.argmin(), judged.score.argmax()]
        np.testing.assert_allclose(rows.score, judged.score[ends], rtol=2**-12, atol=1e-7)
        assert rows.sample_id.tolist() == ids[ends].tolist()


def test_the_wide_protocol_adds_the_activity_of_all_other_subjects(
    models: Path, table: ScoreTable
) -> None:
    """The models are the same, so are the scores of what both protocols test."""
    wide = score_all(HAR, models, POOL, make_split(WINDOWS, ABNORMAL, "test+all"))
    assert set(wide.protocol.tolist()) == {"test+all"}
    for model, detector in (("none", "knn"), ("wgan-gp-conv", "ours"), ("wgan-gp-dense", "critic")):
        few, many = (t.where(model=model, detector=detector, part="test") for t in (table, wide))
        assert len(many) == len(few) + 5 * 4
        assert many.label.sum() == few.label.sum() + 5 * 4 == 7 * 4
        scores = dict(zip(many.sample_id.tolist(), many.score.tolist(), strict=True))
        shared = [scores[name] for name in few.sample_id.tolist()]
        np.testing.assert_allclose(shared, few.score, rtol=2**-10, atol=1e-6)


def test_another_seed_has_no_baselines(models: Path, tmp_path: Path) -> None:
    """They have none: one set of them is enough."""
    (tmp_path / ABNORMAL).mkdir()
    for method in ("wgan-gp", "encoder"):
        source = models / ABNORMAL / f"{method}-dense.safetensors"
        shutil.copy(source, tmp_path / ABNORMAL / f"{method}-dense-1.safetensors")
    table = score_all(HAR, tmp_path, POOL, SPLIT, seed=1)
    assert set(table.model.tolist()) == {"wgan-gp-dense"}
    assert set(table.seed.tolist()) == {1}


def test_recomputing_gives_the_same_scores(
    models: Path, table: ScoreTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_place_of_har(monkeypatch)
    storage.save_scores(table, tmp_path / "scores.parquet")
    shipped = storage.load_scores(tmp_path / "scores.parquet")
    again = recompute(HAR, ABNORMAL, folder=models)
    for field in dataclasses.fields(ScoreTable):
        found, expected = getattr(again, field.name), getattr(shipped, field.name)
        assert np.array_equal(found, expected), field.name
    wide = recompute(HAR, ABNORMAL, "test+all", folder=models)
    assert set(wide.protocol.tolist()) == {"test+all"}


def test_windows_need_a_view() -> None:
    with pytest.raises(ValueError, match="Windows need a view"):
        POOL.rows(SPLIT.parts["fit"], None)


# The worker


@pytest.fixture
def client(
    models: Path, panels: dict[str, Panel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Direct:
    shutil.copytree(models, tmp_path / "har")
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    return Direct()


def assert_same(found: Judgement, expected: Judgement) -> None:
    assert np.array_equal(found.score, expected.score)
    assert list(found.terms) == list(expected.terms)
    for name, term in expected.terms.items():
        assert np.array_equal(found.terms[name], term)
    assert (found.reconstruction is None) == (expected.reconstruction is None)
    if found.reconstruction is not None and expected.reconstruction is not None:
        assert np.array_equal(found.reconstruction, expected.reconstruction)


@EVERY_ARCHITECTURE
def test_the_worker_judges_raw_windows(
    client: Direct, panels: dict[str, Panel], architecture: Architecture
) -> None:
    panel, signals = panels[architecture], raw("test")[:5]
    judged, times, view = client.judge(ModelKey("har", ABNORMAL, architecture), signals)
    assert view == panel.view
    assert judged.keys() == times.keys() == panel.detectors.keys()
    assert min(times.values()) > 0
    for name, expected in panel.judge(panel.rows(signals)).items():
        assert_same(judged[name], expected)
    some, _, _ = client.judge(ModelKey("har", ABNORMAL, architecture), signals, ["critic"])
    assert some.keys() == {"critic"}
    none, _, _ = client.judge(ModelKey("har", ABNORMAL, architecture), signals[:0])
    assert all(value.score.shape == (0,) for value in none.values())


@EVERY_ARCHITECTURE
def test_the_worker_generates_windows(
    client: Direct, panels: dict[str, Panel], architecture: Architecture
) -> None:
    z = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    rows, view = client.generate(ModelKey("har", ABNORMAL, architecture), z)
    assert view is not None
    assert view == panels[architecture].view
    assert np.array_equal(rows, panels[architecture].generate(z))
    if architecture != "recurrence":
        shape = (3, 3 if architecture == "dense" else 9, 128)
        assert view.signals(rows).shape == shape


def test_the_worker_refuses_in_a_sentence(client: Direct) -> None:
    signals = raw("test")[:1]
    with pytest.raises(WorkerError, match=r"wgan-gp-conv.safetensors cannot be read"):
        client.judge(ModelKey("har", "laying", "conv"), signals)
    with pytest.raises(WorkerError, match="finite"):
        client.judge(ModelKey("har", ABNORMAL, "conv"), np.full_like(signals, np.nan))
