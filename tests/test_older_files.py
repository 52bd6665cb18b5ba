"""Files that version d8dc9f6 wrote still load, and say what they said then."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from wganad_core import detector, pretrained, storage
from wganad_core.__main__ import main as command
from wganad_core.panels.panel import Panel
from wganad_core.panels.plane import PlaneDetectors

FILES = Path(__file__).resolve().parent / "fixtures" / "d8dc9f6"
Arrays = dict[str, NDArray[Any]]


def archive(name: str) -> Arrays:
    with np.load(FILES / name) as found:
        return dict(found)


INPUTS, EXPECTED = archive("inputs.npz"), archive("expected.npz")
COMMANDS: dict[str, dict[str, Any]] = json.loads((FILES / "commands.json").read_text("utf-8"))
ESTIMATORS = sorted(
    path.stem for kind in ("rows", "images", "series") for path in FILES.glob(f"{kind}-*")
)
MODELS = sorted({name.rpartition("/")[0] for name in EXPECTED if name.startswith(("mnist", "har"))})


def below(prefix: str) -> Arrays:
    """What was expected of one file, by name."""
    start = f"{prefix}/"
    return {k.removeprefix(start): v for k, v in EXPECTED.items() if k.startswith(start)}


def assert_close(found: Any, expected: NDArray[Any], rtol: float, atol: float = 0.0) -> None:
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(np.asarray(found, np.float64), expected, rtol=rtol, atol=atol)


def samples(name: str) -> Any:
    """What the estimator of this file was given to score."""
    if name.startswith("rows"):
        return pd.DataFrame(INPUTS["rows"], columns=list("abcd"))
    return INPUTS["recording"] if name.startswith("series") else INPUTS["images"] / 255


def tolerance(name: str) -> float:
    """Convolutions calculate in single precision, and a search that goes downhill amplifies
    rounding; of rows, that version rounded more steps to single precision, and a critic's none."""
    if name.endswith(("inversion", "anogan")):
        return 1e-3
    if name.startswith("images"):
        return 1e-4
    return 1e-7 if "critic" in name else 2e-6


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_scores_as_it_did(name: str) -> None:
    found = detector.load(FILES / f"{name}.safetensors")
    expected = below("rows-ours") | below(name) if name == "rows-exported" else below(name)
    assert found.threshold_ == expected["threshold"]
    x = samples(name)
    rtol = tolerance(name)
    assert_close(found.anomaly_score(x), expected["score"], rtol, rtol)
    flagged = expected["score"] > expected["threshold"]
    np.testing.assert_array_equal(found.predict(x), np.where(flagged, -1, 1))
    np.testing.assert_array_equal(found.calibration_score_, expected["calibration_score"])
    np.testing.assert_array_equal(found.score_quantiles_, expected["score_quantiles"])
    for method in ("reconstruct", "explain"):
        if method in expected:
            assert_close(getattr(found, method)(x), expected[method], rtol, rtol)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_is_written_again_and_scores_the_same(name: str, tmp_path: Path) -> None:
    old = detector.load(FILES / f"{name}.safetensors")
    old.save(tmp_path / "again.safetensors")
    new = detector.load(tmp_path / "again.safetensors")
    for attribute in ("threshold_", "advice_", "n_steps_", "parameters_"):
        assert getattr(new, attribute) == getattr(old, attribute)
    assert repr(new.history_) == repr(old.history_)  # NaN's too
    x = samples(name)
    np.testing.assert_array_equal(new.anomaly_score(x), old.anomaly_score(x))


def judged(use_case: str, architecture: str, scorer: str) -> tuple[Any, Any]:
    """Scores, and reconstructions if there are any, of the samples by a model's files."""
    abnormal, protocol, x = {
        "mnist": ("4", "80/20", INPUTS["images"] / np.float32(255)),
        "har": ("laying", "test", INPUTS["windows"]),
    }[use_case]
    panel = Panel(FILES / use_case, abnormal, 0, protocol, architecture)
    flat = x.reshape(len(x), -1).astype(np.float32)
    judgement = panel.judge(panel.rows(flat), [scorer])[scorer]
    return judgement.score, judgement.reconstruction


@pytest.mark.parametrize("name", MODELS)
def test_models_and_rules_score_as_they_did(name: str) -> None:
    score, reconstruction = judged(*name.split("/"))
    expected = below(name)
    scale = float(np.abs(expected["score"]).max())
    assert_close(score, expected["score"], 1e-4, 1e-4 * scale)
    assert ("reconstruction" in expected) == (reconstruction is not None)
    if reconstruction is not None:  # kept in half precision
        assert_close(reconstruction, expected["reconstruction"].astype(float), 2e-3, 1e-3)


def test_a_run_scores_as_it_did() -> None:
    run = pretrained.load_run(FILES / "run-ring.safetensors")
    found = PlaneDetectors.from_run(run, max(run.weights)).score(INPUTS["points"])
    assert found.keys() == {"critic", "critic-interval", "generator", "density"}
    for name, score in found.items():
        assert_close(score, EXPECTED[f"run-ring/{name}"], 1e-4, 1e-5)


@pytest.mark.parametrize("name", ["run-ring", "run-own"])
def test_a_run_replays_as_it_did(name: str) -> None:
    past, expected = pretrained.load_run(FILES / f"{name}.safetensors").recording, below(name)
    assert [frame.step for frame in past.frames] == expected["steps"].tolist()
    np.testing.assert_array_equal(np.array(past.history), expected["history"])
    fields = [key.removeprefix("frames/") for key in expected if key.startswith("frames/")]
    assert len(fields) == 7
    for field in fields:
        content = b"".join(getattr(frame, field).tobytes() for frame in past.frames)
        assert hashlib.sha256(content).hexdigest() == str(expected[f"frames/{field}"]), field


def test_a_score_table_holds_what_it_held() -> None:
    table = storage.load_scores(FILES / "scores.parquet")
    for column, values in below("scores").items():
        np.testing.assert_array_equal(getattr(table, column), values)


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and text of a JSON, with where it stands."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from leaves(inner, f"{at}/{key}")
        else:
            yield f"{at}/{key}", None if inner is None or inner != inner else inner


@pytest.mark.parametrize("words", COMMANDS)
def test_commands_say_what_they_said(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(FILES)
    assert command([*words.split(), "--json"]) == 0
    found = dict(leaves(json.loads(capsys.readouterr().out)))
    expected = dict(leaves(COMMANDS[words]))
    # settings that there were not yet are as they were then without being named
    added = found.keys() - expected.keys()
    new = [
        "weight_decay",
        "depth",
        "scales",
        "precision",
        "critic_learning_rate",
        "side",
        "channels",
    ]
    assert {at.rpartition("/")[2] for at in added} <= set(new)
    assert found.keys() - added == expected.keys()
    for at, value in expected.items():
        if isinstance(value, float):
            assert math.isclose(found[at], value, rel_tol=1e-9), at
        elif isinstance(value, str):  # per cent had a blank before it then, and has it in old files
            assert found[at].replace(" %", "%") == value.replace(" %", "%"), at
        else:
            assert found[at] == value, at
