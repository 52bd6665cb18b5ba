"""What docs/architecture.md says about adding things, done as it says."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app_pages import ROOT
from wganad_core import WGANAnomalyDetector, board, config, pretrained, storage, use_cases
from wganad_core.__main__ import main
from wganad_core.data import mnist
from wganad_core.methods import DETECTORS, TRAINERS
from wganad_core.panels.panel import Panel
from wganad_core.panels.tables import table
from wganad_core.records import Split
from wganad_core.thresholds import RULES

TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```python\n# (\S+\.py)[^\n]*\n(.*?)```", TEXT, re.S))
X = np.random.default_rng(0).normal(size=(120, 4))


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Run one example as a module; what it registers is forgotten afterwards."""
    registries: list[Any] = [DETECTORS, TRAINERS, RULES, config.TRAINABLE]
    registries += [use_cases.USE_CASES, use_cases.SCORED_CASES]
    before = [registry.copy() for registry in registries]
    monkeypatch.syspath_prepend(str(tmp_path))
    made: list[str] = []

    def add(path: str) -> Any:
        name = f"added_{Path(path).stem}"
        (tmp_path / f"{name}.py").write_text(EXAMPLES[path], encoding="utf-8")
        made.append(name)
        return __import__(name)

    yield add
    for registry, kept in zip(registries, before, strict=True):
        registry.clear()
        registry.update(kept)
    for name in made:
        del sys.modules[name]


def test_every_example_is_run_here():
    assert sorted(EXAMPLES) == [
        "pages/base_rate.py",
        "wganad_core/methods/energy.py",
        "wganad_core/methods/hinge.py",
        "wganad_core/thresholds/highest.py",
        "wganad_core/use_cases/strokes.py",
    ]


@pytest.mark.no_cover  # which would trace the exporter
def test_a_detector_is_in_the_estimators_and_in_onnx(added, tmp_path: Path):
    import onnxruntime

    added("wganad_core/methods/energy.py")
    estimator = WGANAnomalyDetector(score_method="energy", steps=10, random_state=0).fit(X)
    score = estimator.anomaly_score(X)
    assert score.shape == (120,)
    assert (score >= 0).all()
    estimator.save(tmp_path / "m.safetensors")
    loaded = WGANAnomalyDetector.load(tmp_path / "m.safetensors")
    assert np.array_equal(loaded.anomaly_score(X), score)
    estimator.export_onnx(tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    found = session.run(["score"], {"x": X.astype(np.float32)})[0]
    assert found == pytest.approx(score, abs=1e-4)


def test_a_detector_is_on_the_board_and_among_a_pages_choices(
    added, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    added("wganad_core/methods/energy.py")
    panel = Panel(pretrained.SHIPPED / "mnist", "4")
    digits, case = mnist.load_sample(), use_cases.MNIST
    pool, classes = mnist.DigitPool(digits), digits.labels.astype(np.str_)
    index = np.arange(0, len(classes), 40)
    split = Split("mnist", "4", "80/20", classes, {"test": index})
    score = panel.judge(pool.rows(index, None), ["energy"])["energy"].score
    path = tmp_path / "mnist" / "scores" / "4.parquet"
    storage.save_scores(table(panel, pool, split, "test", {"energy": score}), path)
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)

    assert main(["evaluate", "mnist", "--abnormal", "4", "--detector", "energy", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["detector"], row["model"], row["n"]) == ("energy", "wgan-gp", len(index))
    assert next(board.shipped_scores("mnist", "4")).detector[0] == "energy"
    assert case.offered(["energy", "ours", "knn"]).keys() == {"ours", "energy"}


def test_the_loop_of_the_readme_is_the_one_that_runs(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(from wganad_core.config .*?)```", text, re.S)
    steps = "SHARP = __import__('wganad_core.use_cases').use_cases.SHARP.replace(steps=4)"
    exec(code.replace("from wganad_core.use_cases import SHARP", steps).replace("1000", "2"), {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "4"]


def test_a_method_is_trained_like_any_other(added):
    from wganad_core.run import Run, Stage

    added("wganad_core/methods/hinge.py")
    training = config.TrainingConfig(method="hinge", steps=3, batch_size=8)
    steps = [snapshot.step for snapshot in Run(X[:, :2].astype(np.float32), [Stage(training)])]
    assert steps == [1, 2, 3]


def test_a_data_set_is_trained_scored_and_evaluated(
    added, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    from pages._ui.cockpit.data import cases

    added("wganad_core/use_cases/strokes.py")
    models, scores = tmp_path / "models", tmp_path / "strokes" / "scores"
    for method in ("wgan-gp", "encoder"):
        words = f"train strokes --method {method} --abnormal slanted --steps 5 --out {models}"
        assert main(words.split()) == 0
    assert main(f"score strokes --abnormal slanted --models {models} --out {scores}".split()) == 0
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    capsys.readouterr()
    assert main(["evaluate", "strokes", "--json"]) == 0
    detectors = {row["detector"] for row in json.loads(capsys.readouterr().out)}
    assert {"critic", "critic-interval", "encoder", "ours"} <= detectors
    assert cases()["strokes"] == "Strokes"


def test_a_page_is_a_page(tmp_path: Path):
    path = tmp_path / "base_rate.py"
    path.write_text(EXAMPLES["pages/base_rate.py"], encoding="utf-8")
    page = AppTest.from_file(str(path), default_timeout=60).run()
    assert not page.exception
    assert "**0.11**" in page.markdown[0].value
    page.slider[0].set_value(0.5).run()
    assert "**0.31**" in page.markdown[0].value


def test_a_threshold_rule_is_in_the_estimators_and_in_the_shell(added, tmp_path: Path, capsys):
    added("wganad_core/thresholds/highest.py")
    estimator = WGANAnomalyDetector(threshold_rule="highest", steps=10, random_state=0).fit(X)
    assert estimator.threshold_ == estimator.calibration_score_.max()
    scores = tmp_path / "scores.csv"
    scores.write_text("score\n1\n3\n2\n", encoding="utf-8")
    words = ["threshold", str(scores), "--false-alarm-rate", "0.1", "--rule", "highest", "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["threshold"] == 3
