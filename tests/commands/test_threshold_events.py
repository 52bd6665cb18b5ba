"""`threshold FILE --events`: what it finds, prints and writes, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wganad_core.__main__ import main
from wganad_core.evaluation import vus_pr
from wganad_core.evaluation.range_aware import f1_of, point_adjusted


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two machines of 500 moments; a fault of 40 on each, caught late on one, and a spike."""
    score = np.full(1000, 0.1)
    label = np.zeros(1000, int)
    label[100:140] = label[700:740] = 1
    score[[110, 111, 114, 115]] = 0.9
    score[112:114] = 0.4
    score[300] = 5  # one moment
    score[499:501] = 0.8  # on both sides of where a machine ends
    table = {"time": [f"t{i}" for i in range(1000)], "score": score, "label": label}
    path = tmp_path / "scores.csv"
    pd.DataFrame(table | {"subject": np.repeat(["a", "b"], 500)}).to_csv(path, index=False)
    return path


def run(capsys, path: Path, *words: str) -> tuple[dict, pd.DataFrame]:
    out = path.with_name("events.csv")
    fixed = ["threshold", str(path), "--threshold", "0.5", "--id-column", "time", "--json"]
    assert main([*fixed, "--events", str(out), *words]) == 0
    return json.loads(capsys.readouterr().out)["events"], pd.read_csv(out)


def test_events_of_a_recording(capsys, recording: Path):
    said, events = run(capsys, recording)
    assert said["n"] == len(events) == 5
    assert events["first_row"].tolist() == [111, 115, 301, 500, 501]
    assert events["subject"].tolist() == ["a", "a", "a", "a", "b"]
    assert events["peak_score"].max() == 5
    assert events["moments"].tolist() == [2, 2, 1, 1, 1]  # a spike of one moment is one row
    assert (said["labelled_ranges"], said["event_recall"], said["median_delay"]) == (2, 0.5, 10)
    assert said["false_events"] == 3


def test_a_rule_makes_them_fewer(capsys, recording: Path):
    said, events = run(
        capsys, recording, "--min-length", "2", "--release", "0.3", "--per-day", "920"
    )
    assert events[["first_id", "last_id", "labelled_moments"]].to_numpy().tolist() == [
        ["t110", "t115", 6]
    ]
    assert said["event_precision"] == 1
    assert said["false_events_per_day"] == 0
    said, _ = run(capsys, recording, "--merge-gap", "2", "--per-day", "920")
    assert said["n"] == 4
    assert said["false_events_per_day"] == 3


def test_measures_that_know_ranges_stand_beside_the_moments(capsys, recording: Path):
    said, _ = run(capsys, recording, "--buffer", "8", "--point-adjust")
    table = pd.read_csv(recording)
    flagged = table["score"] > 0.5
    assert said["vus_pr"] == pytest.approx(vus_pr(table["label"], table["score"], 8))
    assert said["moment_f1"] == pytest.approx(f1_of(table["label"], flagged))
    adjusted = f1_of(table["label"], point_adjusted(table["label"], flagged))
    assert said["point_adjusted_f1"] == pytest.approx(adjusted)
    assert adjusted > 4 * said["moment_f1"]
    assert 0 < said["affiliation_precision"] <= 1
    assert "point_adjusted_f1" not in run(capsys, recording)[0]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--merge-gap", "3"], "--merge-gap is about events; add --events"),
        (["--events", "{folder}/e.csv", "--min-length", "0"], "Expected a least length"),
        (["--events", "{folder}/e.csv", "--release", "2"], "release of at most 0.5"),
        (["--events", "{folder}/scores.csv"], "is what is read"),
        (["--events", "{folder}/new/e.csv"], "there is no folder"),
    ],
)
def test_what_cannot_be_is_one_sentence(capsys, recording: Path, words: list[str], reason: str):
    before = recording.read_bytes()
    given = [word.format(folder=recording.parent) for word in words]
    assert main(["threshold", str(recording), "--threshold", "0.5", *given]) == 1
    assert reason in capsys.readouterr().err
    assert recording.read_bytes() == before
    assert not recording.with_name("e.csv").exists()


def test_people_read_it_too(capsys, recording: Path):
    out = recording.with_name("events.csv")
    assert main(["threshold", str(recording), "--best-f1", "--events", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "events: event recall" in printed
    assert "events: vus pr" in printed
