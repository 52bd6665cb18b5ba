"""Score tables: every detector on every part of a split, as its panel says."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests import digit_models, window_models
from tests.panels.conftest import Small
from wganad_core import storage
from wganad_core.config import DIGITS
from wganad_core.methods.descent import Descent
from wganad_core.panels import tables
from wganad_core.panels.panel import SLOW
from wganad_core.panels.tables import recompute, score_all, shortened, subset
from wganad_core.records import ScoreTable

BASELINES = {"knn", "knn-total", "knn-spectra", "pca-total"}
SIZES = {
    "mnist": {"fit": 126, "validation": 45, "calibration": 27, "test": 102},
    "har": {"fit": 60, "validation": 20, "calibration": 20, "test": 48},
}
N_SUBSET = 20


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small pools in place of the data sets, and short searches in few of their samples."""
    monkeypatch.setattr(tables, "N_SUBSET", N_SUBSET)
    monkeypatch.setattr(tables, "TABLE_DESCENT", Descent(steps=2, restarts=1))
    digit_models.in_place_of_mnist(monkeypatch)
    window_models.in_place_of_har(monkeypatch)


MADE: dict[str, ScoreTable] = {}


def table_of(small: Small) -> ScoreTable:
    """Made once."""
    if small.case.name not in MADE:
        MADE[small.case.name] = score_all(small.case, small.folder, small.pool, small.split)
    return MADE[small.case.name]


def model_of(small: Small, architecture: str, detector: str) -> str:
    if detector in BASELINES:
        return "none"
    method = detector if detector in ("vae", "bigan") else "wgan-gp"
    return method if small.case.name == "mnist" else f"{method}-{architecture}"


def test_the_subset_is_fixed_and_stratified(monkeypatch: pytest.MonkeyPatch) -> None:
    split = digit_models.SPLIT
    chosen = subset(split)
    assert len(chosen) == len(set(chosen.tolist())) == N_SUBSET
    assert np.array_equal(chosen, np.sort(chosen))
    assert np.array_equal(subset(split), chosen)
    assert 0 <= chosen.min() <= chosen.max() < len(split.parts["test"])
    monkeypatch.setattr(tables, "N_SUBSET", 51)  # half of the 102 test images
    half = split.classes[split.parts["test"]][subset(split)]
    for digit in DIGITS:
        share = 15 if digit == digit_models.ABNORMAL else 4
        assert abs(int((half == digit).sum()) - share) <= 1, digit


def test_a_table_has_every_detector_on_every_part(both: Small) -> None:
    table, sizes = table_of(both), SIZES[both.case.name]
    assert {name: len(index) for name, index in both.split.parts.items()} == sizes
    expected = {
        (model_of(both, architecture, name), name)
        for architecture, panel in both.panels.items()
        for name in panel.detectors
    }
    slow = SLOW if both.case.searched else ()
    baselines = BASELINES if both.case.name == "har" else set()
    expected |= {("none", name) for name in baselines} | {("wgan-gp", name) for name in slow}
    pairs = set(zip(table.model.tolist(), table.detector.tolist(), strict=True))
    assert pairs == expected
    test = both.split.parts["test"]
    for model, detector in pairs:
        rows = table.where(model=model, detector=detector)
        counts = {name: len(rows.where(part=name)) for name in sizes}
        index = test
        if detector in slow:
            assert counts == {"fit": 0, "validation": 0, "calibration": 0, "test": N_SUBSET}
            index = test[subset(both.split)]
        else:
            assert counts == {**sizes, "fit": 2, "validation": 0}, detector
        tested = rows.where(part="test")
        assert tested.sample_id.tolist() == both.pool.ids(index).tolist()
        assert tested.subject.tolist() == both.pool.subjects(index).tolist()
        assert tested.class_.tolist() == both.split.classes[index].tolist()
    assert set(table.use_case.tolist()) == {both.case.name}
    assert set(table.abnormal.tolist()) == {both.split.abnormal}
    assert set(table.protocol.tolist()) == {both.case.protocols[0]}
    assert set(table.seed.tolist()) == {0}
    np.testing.assert_array_equal(table.label, table.class_ == both.split.abnormal)
    assert set(table.where(label=1).part.tolist()) == {"test"}
    assert np.isfinite(table.score).all()


def test_scores_are_those_of_the_panels(both: Small) -> None:
    table = table_of(both)
    for architecture, panel in both.panels.items():
        for name, judged in panel.judge(both.rows("test", panel)).items():
            model = model_of(both, architecture, name)
            rows = table.where(model=model, detector=name, part="test")
            np.testing.assert_allclose(rows.score, judged.score, rtol=2**-12, atol=1e-7)


def test_rows_of_the_fit_part_are_its_extremes(both: Small) -> None:
    ids = both.pool.ids(both.split.parts["fit"])
    architecture = both.case.architectures[0]
    for name, judged in both.panel.judge(both.rows("fit")).items():
        model = model_of(both, architecture, name)
        rows = table_of(both).where(model=model, detector=name, part="fit")
        ends = [judged.score.argmin(), judged.score.argmax()]
        np.testing.assert_allclose(rows.score, judged.score[ends], rtol=2**-12, atol=1e-7)
        assert rows.sample_id.tolist() == ids[ends].tolist()


def test_recomputing_gives_the_same_scores(both: Small, tmp_path: Path) -> None:
    storage.save_scores(table_of(both), tmp_path / "scores.parquet")
    shipped = storage.load_scores(tmp_path / "scores.parquet")
    again = recompute(both.case, both.split.abnormal, folder=both.folder)
    for field in dataclasses.fields(ScoreTable):
        found, expected = getattr(again, field.name), getattr(shipped, field.name)
        assert np.array_equal(found, expected), field.name


def test_the_quick_table_has_no_searches(digits: Small) -> None:
    table = score_all(digits.case, digits.folder, digits.pool, digits.split, slow=False)
    assert set(table.detector.tolist()) == digits.panel.detectors.keys()


def test_the_wide_protocol_adds_the_activity_of_all_other_subjects(windows: Small) -> None:
    """The models are the same, so are the scores of what both protocols test."""
    wide = recompute(windows.case, windows.split.abnormal, "test+all", folder=windows.folder)
    assert set(wide.protocol.tolist()) == {"test+all"}
    for model, detector in (("none", "knn"), ("wgan-gp-conv", "ours"), ("wgan-gp-dense", "critic")):
        few, many = (
            table.where(model=model, detector=detector, part="test")
            for table in (table_of(windows), wide)
        )
        assert len(many) == len(few) + 5 * 4
        assert many.label.sum() == few.label.sum() + 5 * 4 == 7 * 4
        scores = dict(zip(many.sample_id.tolist(), many.score.tolist(), strict=True))
        shared = [scores[name] for name in few.sample_id.tolist()]
        np.testing.assert_allclose(shared, few.score, rtol=2**-10, atol=1e-6)


def test_another_seed_has_no_baselines(windows: Small, tmp_path: Path) -> None:
    """They have none: one set of them is enough."""
    abnormal = windows.split.abnormal
    (tmp_path / abnormal).mkdir()
    for method in ("wgan-gp", "encoder"):
        source = windows.folder / abnormal / f"{method}-dense.safetensors"
        shutil.copy(source, tmp_path / abnormal / f"{method}-dense-1.safetensors")
    table = score_all(windows.case, tmp_path, windows.pool, windows.split, seed=1)
    assert set(table.model.tolist()) == {"wgan-gp-dense"}
    assert set(table.seed.tolist()) == {1}


def test_shortened_scores_keep_their_leading_bits_and_their_sign() -> None:
    scores = np.concatenate([[0.0, 1e-30], np.geomspace(1e-6, 1e6, 500), -np.arange(5.0)])
    found = shortened(scores.astype(np.float32))
    np.testing.assert_allclose(found, scores, rtol=2**-12)
    assert np.array_equal(np.sign(found), np.sign(scores.astype(np.float32)))
    assert len(np.unique(found.view(np.int32) & 0x7FF)) == 1  # eleven bits that compress to nothing
