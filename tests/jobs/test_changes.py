"""`score` says where the rows of a file leave what a detector learned from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wganad_core import WGANAnomalyDetector, WGANSeriesDetector
from wganad_core.__main__ import main
from wganad_core.detector import load
from wganad_core.jobs.changes import Stream
from wganad_core.jobs.writer import ScoredRows
from wganad_core.thresholds import stream

ROWS = np.random.default_rng(0).normal(size=(1700, 3))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model") / "m.safetensors"
    settings = {"steps": 20, "width": 16, "random_state": 0, "score_method": "residual"}
    WGANAnomalyDetector(**settings).fit(pd.DataFrame(ROWS[:900], columns=list("abc"))).save(place)
    return place


def remarks(
    table: pd.DataFrame, model: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> str:
    table.to_csv(folder / "new.csv", index=False)
    out = str(folder / "scores.csv")
    command = ["score", str(folder / "new.csv"), "--model", str(model), "--out", out, "--overwrite"]
    assert main([*command, "--json"]) == 0
    return " ".join(json.loads(capsys.readouterr().out)["remarks"])


def test_where_normal_moves_it_is_said(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = pd.DataFrame(ROWS[900:], columns=list("abc"))
    assert "held-out normals" not in remarks(new, model, tmp_path, capsys)
    new[400:] *= 2
    said = remarks(new, model, tmp_path, capsys)
    assert "on scores are higher than those of held-out normals" in said
    start = int(said.split("From about row ")[1].split(" ")[0])
    assert abs(start - 401) < 40
    # What is labelled an anomaly is no normal that moved.
    labelled = new.assign(label=(np.arange(800) >= 400).astype(int))
    assert "held-out normals" not in remarks(labelled, model, tmp_path, capsys)


def test_memory_is_bounded_and_rows_keep_their_numbers(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MOST", 50)
    found, n = Stream(load(model)), 0
    for size in (7, 90, 1, 333, 64):
        row = np.arange(n + 1, n + size + 1)
        yes = np.ones(size, bool)
        found.add(ScoredRows(row, row.astype(float), yes, yes))
        n += size
        assert len(found._row) <= 100
    assert found._row == list(range(1, n + 1, found._row[1] - 1))
    assert found._row == found._score


def test_nothing_is_kept_of_recordings() -> None:
    settings = {"window": 8, "steps": 2, "width": 8, "score_method": "residual", "random_state": 0}
    found = Stream(WGANSeriesDetector(**settings).fit(ROWS))
    row, yes = np.arange(1, 501), np.ones(500, bool)
    found.add(ScoredRows(row, row.astype(float), yes, yes))
    assert found._row == found._score == []
    assert found.remark() == ""
