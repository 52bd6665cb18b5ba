"""Which channel an event hangs on, which column a flagged row: by the score itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wganad_core.__main__ import main
from wganad_core.detector import WGANSeriesDetector
from wganad_core.jobs.blame import channels

N = 1_200
FAULTS = {"flow": (300, 320), "heat": (700, 730)}


def recording(seed: int = 0) -> pd.DataFrame:
    """Three channels that go together; in either fault one of them does not."""
    rng = np.random.default_rng(seed)
    t = np.arange(N) / 7
    table = pd.DataFrame({"heat": np.sin(t), "flow": np.cos(t), "load": np.sin(t + 1)})
    return table + 0.05 * rng.normal(size=table.shape)


def faulty() -> pd.DataFrame:
    table = recording(1)
    for name, (low, high) in FAULTS.items():
        table.loc[low : high - 1, name] += 2.5
    return table


@pytest.mark.parametrize(
    ("method", "steps"), [("neighbours", {}), ("pca", {}), ("residual", {"steps": 300})]
)
def test_an_events_channel_is_the_one_that_was_changed(method: str, steps: dict[str, Any]) -> None:
    detector = WGANSeriesDetector(window=16, score_method=method, random_state=0, **steps)
    detector.fit(recording())
    x = faulty()
    score = detector.anomaly_score_along(x)
    found = channels(detector, x.to_numpy(), score, detector.threshold_)
    for name, (low, high) in FAULTS.items():
        inside = found[low:high][found[low:high] >= 0]
        assert len(inside)
        assert set(inside) == {x.columns.get_loc(name)}
    assert (found[score <= detector.threshold_] == -1).all()


def test_a_recording_shorter_than_a_window_blames_nothing() -> None:
    detector = WGANSeriesDetector(window=16, score_method="pca", random_state=0).fit(recording())
    assert (channels(detector, np.ones((8, 3)), np.ones(8), 0.0) == -1).all()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blame")
    time = pd.DataFrame({"time": np.arange(N) * 0.5})
    pd.concat([time, recording()], axis=1).to_csv(folder / "fit.csv", index=False)
    words = ["--kind", "series", "--window", "16", "--score-method", "neighbours"]
    out = folder / "m.safetensors"
    assert main(["fit", str(folder / "fit.csv"), "--out", str(out), *words]) == 0
    return out


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_shell_writes_it_and_events_tell_it(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], shuffled: bool
) -> None:
    """Also of a recording whose rows are not in order."""
    data, scores, events = (tmp_path / name for name in ("new.csv", "s.csv", "e.csv"))
    table = pd.concat([pd.DataFrame({"time": np.arange(N) * 0.5}), faulty()], axis=1)
    if shuffled:
        table = table.sample(frac=1, random_state=0)
    table.to_csv(data, index=False)
    words = ["score", str(data), "--model", str(model), "--out", str(scores), "--why", "--json"]
    assert main(words) == 0
    threshold = json.loads(capsys.readouterr().out)["threshold"]
    found = pd.read_csv(scores)
    assert found.columns.tolist() == ["row", "score", "flagged", "why"]
    assert found.loc[found["flagged"], "why"].notna().all()
    assert found.loc[~found["flagged"], "why"].isna().all()
    if shuffled:
        at = table.reset_index()["index"]
        for name, (low, high) in FAULTS.items():
            there = found[at.between(low, high - 1) & found["flagged"]]
            assert set(there["why"]) == {name}
        return
    words = ["threshold", str(scores), f"--threshold={threshold!r}", "--events", str(events)]
    assert main([*words, "--merge-gap", "16"]) == 0
    told = pd.read_csv(events).sort_values("peak_score", ascending=False).head(2)
    for row in told.to_dict("records"):
        low, high = FAULTS[row["why"]]
        assert row["first_row"] <= high
        assert row["last_row"] >= low


def test_flagged_rows_of_a_table_tell_their_column(tmp_path: Path) -> None:
    data, out, scores = (tmp_path / name for name in ("t.csv", "m.safetensors", "s.parquet"))
    table = recording()
    table.to_csv(data, index=False)
    assert main(["fit", str(data), "--out", str(out), "--score-method", "neighbours"]) == 0
    table.loc[5, "load"] = 9
    new = tmp_path / "new.csv"
    table.to_csv(new, index=False)
    words = ["score", str(new), "--model", str(out), "--out", str(scores), "--why"]
    assert main(words) == 0
    found = pd.read_parquet(scores)
    assert found["why"][5] == "load"
    assert found["why"].notna().equals(found["flagged"].astype(bool))
