"""`threshold FILE`: what it chooses, prints and writes, and how it refuses."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.test_scores import table
from wganad_core import evaluation, storage, thresholds
from wganad_core.__main__ import main, make_parser
from wganad_core.commands import threshold as command
from wganad_core.data.own.scores import read_scores

RNG = np.random.default_rng(0)
NORMAL, ODD = RNG.normal(size=1000), RNG.normal(2, 1, 60)
SCORE = np.append(NORMAL, ODD)
LABEL = np.repeat([0, 1], [1000, 60])


@pytest.fixture
def unlabelled(tmp_path: Path) -> Path:
    path = tmp_path / "scores.csv"
    path.write_text("score\n" + "".join(f"{score!r}\n" for score in NORMAL.tolist()))
    return path


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    rows = zip(SCORE.tolist(), LABEL.tolist(), strict=True)
    path.write_text(
        "name,score,label\n" + "".join(f"s{i},{s!r},{y}\n" for i, (s, y) in enumerate(rows))
    )
    return path


def chosen(capsys, path: Path, *words: str) -> dict[str, Any]:
    """What --json says, after a check that the threshold in it reproduces its own counts."""
    assert main(["threshold", str(path), *words, "--json"]) == 0
    printed = capsys.readouterr().out

    def no_constant(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    said = json.loads(printed, parse_constant=no_constant)
    assert {"threshold", "rule", "assumption", "n", "flagged"} <= said.keys()
    scored = read_scores(path).scored
    threshold = float(said["threshold_text"])
    assert said["threshold"] == (threshold if math.isfinite(threshold) else None)
    flagged = scored.score > threshold
    assert said["flagged"] == flagged.sum()
    assert said["n"] == len(scored)
    if scored.label is not None:
        odd = scored.label == 1
        for name, members in (("recall", odd), ("false_alarm_rate", ~odd), ("precision", flagged)):
            hits = ~odd if name == "false_alarm_rate" else odd
            both = (flagged & hits).sum()
            if name != "precision" or said["base_rate"] == odd.mean():
                share = pytest.approx(both / members.sum(), rel=1e-12) if members.any() else None
                assert said[name] == share
    return said


@pytest.mark.parametrize("rule", tuple(thresholds.RULES))
@pytest.mark.parametrize("rate", [0.01, 0.0001, 0.2])
def test_scores_without_labels(unlabelled, capsys, rule: str, rate: float):
    said = chosen(capsys, unlabelled, "--false-alarm-rate", str(rate), "--rule", rule)
    advice = thresholds.RULES[rule](NORMAL, rate)
    assert float(said["threshold_text"]) == advice.threshold
    assert (said["rule"], said["assumption"]) == (rule, advice.assumption)
    assert said.get("warning") == advice.warning
    assert said["calibration"] == (
        "all 1,000 scores: they have no labels and are taken as held-out normals"
    )
    assert "precision" not in said


def test_the_default_rule_and_percentages(unlabelled, capsys):
    one = chosen(capsys, unlabelled, "--false-alarm-rate", "1%")
    assert one == chosen(capsys, unlabelled, "--false-alarm-rate", "0.01", "--rule", "quantile")
    assert one["flagged"] == 10
    assert one["threshold"] == np.sort(NORMAL)[-11]
    assert one["expected_false_alarm_rate"] == pytest.approx(
        [0.004805, 0.018313],
        abs=1e-6,  # Clopper and Pearson for 10 of 1,000
    )


def test_a_threshold_that_flags_nothing_is_told_in_words(unlabelled, capsys):
    words = ["--false-alarm-rate", "0.0001", "--rule", "conformal"]
    said = chosen(capsys, unlabelled, *words)
    assert (said["threshold"], said["threshold_text"], said["flagged"]) == (None, "inf", 0)
    assert "it takes 9,999 at least" in said["warning"]
    assert main(["threshold", str(unlabelled), *words]) == 0
    assert "+∞: nothing is flagged" in capsys.readouterr().out


@pytest.mark.parametrize("given", ["-1.5", "0", "2.5e-1", "99", "inf", "-inf"])
def test_a_given_threshold(unlabelled, labelled, capsys, given: str):
    """`chosen` counts and checks the rates."""
    said = chosen(capsys, labelled, f"--threshold={given}")
    assert (said["rule"], float(said["threshold_text"])) == ("given", float(given))
    assert said["flagged"] == (float(given) < SCORE).sum()
    assert not {"calibration", "warning", "expected_false_alarm_rate"} & said.keys()
    rare = chosen(capsys, labelled, f"--threshold={given}", "--base-rate", "0.001")
    assert (rare["flagged"], rare["base_rate"]) == (said["flagged"], 0.001)
    said = chosen(capsys, unlabelled, f"--threshold={given}")
    assert said["flagged"] == (float(given) < NORMAL).sum()
    assert "precision" not in said


def test_labels_choose_by_cost_recall_and_f1(labelled, capsys):
    curve = evaluation.curve(LABEL, SCORE)
    said = chosen(capsys, labelled, "--cost-ratio", "20")
    assert said["rule"] == "cost"
    assert said["threshold"] == evaluation.lowest_cost(curve, 20)
    # by brute force over all thresholds, in false alarms per sample
    costs = [
        (20 * (LABEL[~(t < SCORE)].sum()) + (1 - LABEL)[t < SCORE].sum()) / 1060 for t in SCORE
    ]
    assert said["cost"] == pytest.approx(min(costs))
    said = chosen(capsys, labelled, "--recall", "0.95")
    assert (said["rule"], said["recall"]) == ("recall", 57 / 60)
    said = chosen(capsys, labelled, "--best-f1")
    assert (
        said["f1"]
        == said["best_f1"]
        == pytest.approx(max(evaluation.f_scores(curve)[1:]), abs=1e-12)
    )
    assert "warning" not in said


def test_another_base_rate(labelled, capsys):
    rare = chosen(capsys, labelled, "--recall", "0.95", "--base-rate", "0.001")
    here = chosen(capsys, labelled, "--recall", "0.95")
    assert rare["threshold"] == here["threshold"]
    hits, alarms = 0.001 * here["recall"], 0.999 * here["false_alarm_rate"]
    assert rare["precision"] == pytest.approx(hits / (hits + alarms))
    assert (rare["base_rate"], here["base_rate"]) == (0.001, 60 / 1060)
    cost = [
        chosen(capsys, labelled, "--cost-ratio", "20", "--base-rate", pi)["threshold"]
        for pi in ("0.001", "0.3")
    ]
    assert cost[0] > cost[1]


def test_a_miss_has_its_cost_wherever_the_threshold_comes_from(labelled, capsys):
    curve = evaluation.curve(LABEL, SCORE)
    for words in ("--threshold 1.5", "--recall 0.95", "--best-f1", "--false-alarm-rate 0.01"):
        plain = chosen(capsys, labelled, *words.split())
        said = chosen(capsys, labelled, *words.split(), "--cost-ratio", "20")
        assert said == plain | {"cost_ratio": 20, "cost": curve.at(plain["threshold"]).cost(20)}
    rare = ("--cost-ratio", "20", "--base-rate", "0.001")
    said = chosen(capsys, labelled, "--threshold=1.5", *rare)
    assert said["cost"] == curve.at(1.5, 0.001).cost(20)


def test_in_a_world_without_anomalies_there_is_no_best_f1(labelled, capsys):
    said = chosen(capsys, labelled, "--threshold", "1.5", "--base-rate", "0", "--cost-ratio", "9")
    assert said["precision"] == 0
    assert said["cost"] == pytest.approx(said["false_alarm_rate"])
    assert "best_f1" not in said


def test_labels_without_parts_calibrate_on_the_normals_of_the_file(labelled, capsys):
    said = chosen(capsys, labelled, "--false-alarm-rate", "0.05")
    assert said["threshold"] == thresholds.quantile_threshold(NORMAL, 0.05)
    assert said["calibration"].startswith("the 1,000 normals of the file, on which the false-alarm")
    assert said["n_calibration"] == 1000
    assert said["f1"] < said["best_f1"]


def test_parts(tmp_path, capsys):
    path = tmp_path / "parts.csv"
    path.write_text("score,part,label\n1,calibration,0\n2,calibration,0\n1.5,test,1\n3,test,1\n")
    said = chosen(capsys, path, "--false-alarm-rate", "0.5")
    assert (said["threshold"], said["n"], said["flagged"]) == (1, 2, 2)
    assert said["calibration"] == "the 2 rows of the part calibration"
    # Anomalies only: a false-alarm rate has no denominator, and JSON has no NaN.
    assert (said["precision"], said["recall"], said["false_alarm_rate"]) == (1, 1, None)


def test_a_score_table_of_people(tmp_path, capsys):
    """Windows of two people: no guarantee for single windows, shares of each person instead."""
    path = tmp_path / "laying.parquet"
    subject = np.repeat(["7", "9", "5"], [10, 10, 5])
    part = np.repeat(["calibration", "test"], [20, 5])
    storage.save_scores(table(list(range(25)), subject=subject, part=part), path)
    said = chosen(capsys, path, "--false-alarm-rate", "0.1")
    assert "flags 0% of subject 7's and 20% of subject 9's scores" in said["warning"]
    assert "with probability 1/3 at most" in said["warning"]
    assert "expected_false_alarm_rate" not in said
    assert said["false_alarm_rate"] == 1


def test_flagged_rows(labelled, tmp_path, capsys):
    out = tmp_path / "flagged.csv"
    words = ("--false-alarm-rate", "0.01", "--flagged", str(out))
    assert main(["threshold", str(labelled), *words, "--json"]) == 0
    printed, said = capsys.readouterr()
    threshold = json.loads(printed)["threshold"]
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [*rows[0]] == ["row", "id", "label", "score"]
    expected = np.flatnonzero(threshold < SCORE)
    expected = expected[np.argsort(-SCORE[expected])]
    assert [int(row["row"]) - 1 for row in rows] == expected.tolist()
    assert [float(row["score"]) for row in rows] == SCORE[expected].tolist()
    assert [row["id"] for row in rows] == [f"s{i}" for i in expected]
    assert [int(row["label"]) for row in rows] == LABEL[expected].tolist()
    assert said == f"{len(rows)} flagged rows are in {out}.\n"
    assert read_scores(out).scored.score.tolist() == SCORE[expected].tolist()


def test_flagged_rows_of_a_part_keep_their_numbers_in_the_file(tmp_path, capsys):
    path, out = tmp_path / "parts.csv", tmp_path / "flagged.csv"
    path.write_text("score,part\n1,calibration\n0,test\n8,fit\n3,test\n")
    assert main(["threshold", str(path), "--false-alarm-rate", "0", "--flagged", str(out)]) == 0
    assert out.read_text().splitlines() == ["row,score", "4,3.0"]


def test_what_people_read(labelled, capsys):
    assert main(["threshold", str(labelled), "--false-alarm-rate", "1%"]) == 0
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert float(lines["threshold"]) == thresholds.quantile_threshold(NORMAL, 0.01)
    assert lines["expected false-alarm rate"].strip() == "0.00481 to 0.0183 (95% interval)"
    assert lines["n"].strip() == "1,060"
    assert float(lines["false-alarm rate"]) == 0.01


def test_a_remark_is_printed(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\ninf\n")
    assert main(["threshold", str(path), "--false-alarm-rate", "0.5"]) == 0
    out = capsys.readouterr().out
    assert "remark: Column 'x', the only one of numbers, is the score.\n" in out
    assert "remark: 1 score is infinite; only the order counts.\n" in out


@pytest.mark.parametrize(
    ("content", "words", "reason"),
    [
        (
            "score\n1\n",
            "--cost-ratio 20",
            "--cost-ratio needs labels of normals and anomalies, and",
        ),
        ("score\n1\n", "--recall 0.9", "--recall needs labels"),
        ("score\n1\n", "--best-f1", "--best-f1 needs labels"),
        ("score\n1\n", "--false-alarm-rate 0.1 --base-rate 0.1", "--base-rate needs labels"),
        ("score,label\n1,0\n", "--best-f1", "has normals only; add a column 'label'"),
        ("score,label\n1,1\n", "--cost-ratio 2", "has anomalies only; add a column 'label'"),
        ("score,label\n1,1\n", "--false-alarm-rate 0.1", "has anomalies only; add scores of"),
        ("score,label\n1,0\n2,1\n", "--best-f1 --rule tail", "--rule says how a --false-alarm-"),
        ("score\n1\n", "--threshold 1 --rule mad", "--rule says how a --false-alarm-"),
        ("score\n1\n", "--threshold 1 --base-rate 0.1", "--base-rate needs labels"),
        ("score\n1\n", "--threshold 1 --seed 0 --detector a", "a score table of this project, of"),
        ("score\nx\n", "--false-alarm-rate 0.1", "Column 'score' holds 'x' in line 2;"),
        ("score\n1\n", "--false-alarm-rate 0.1 --score-column s", "There is no column 's';"),
        ("a,b,c\n1,0,q\n2,1,r\n", "--best-f1 --score-column a --label-column c", "holds 'q'"),
        ("score\n1\n", "--false-alarm-rate 0.1 --flagged {folder}", "is a folder;"),
        ("score\n1\n", "--false-alarm-rate 0.1 --flagged {file}", "is what is read; choose"),
        (
            "score\n1\n",
            "--false-alarm-rate 0.1 --flagged {file}/x",
            "cannot be written (Not a directory)",
        ),
        ("score\n1\n", "--false-alarm-rate 0.1 --flagged {folder}/new/x", "there is no folder"),
        ("score\n1\n", "--threshold 1 --cost-ratio 2", "--cost-ratio needs labels"),
        ("score,label\n1,0\n2,1\n", "--best-f1 --base-rate 0", "--best-f1 needs a --base-rate"),
        (
            "score,label\n1,0\n",
            "--threshold 1 --score-column label",
            "both the score and the label",
        ),
        (
            "score,label\n1,0\n",
            "--threshold 1 --label-column score",
            "both the score and the label",
        ),
        ("id,score\n1,0\n", "--threshold 1 --id-column score", "both the score and the id;"),
    ],
)
def test_what_cannot_be_done_is_refused(content: str, words: str, reason: str, tmp_path, capsys):
    path = tmp_path / "scores.csv"
    path.write_text(content)
    arguments = words.format(folder=tmp_path, file=path).split()
    assert main(["threshold", str(path), *arguments]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert reason in said
    assert len(said.splitlines()) == 1
    assert path.read_text() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "words",
    [
        "",
        "x.csv",
        "x.csv --false-alarm-rate 1.5",
        "x.csv --false-alarm-rate -1%",
        "--best-f1",
        "x.csv --false-alarm-rate nan",
        "x.csv --cost-ratio -1",
        "x.csv --cost-ratio inf",
        "x.csv --recall 0.9 --best-f1",
        "x.csv --best-f1 --rule median",
        "x.csv --recall a",
        "x.csv --threshold nan",
        "x.csv --threshold",
        "x.csv --threshold 1 --best-f1",
        "x.csv --threshold 1 --seed a",
    ],
)
def test_wrong_usage(words: str, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["threshold", *words.split()])
    assert exit_.value.code == 2
    assert "usage: python -m wganad_core threshold FILE" in capsys.readouterr().err


def test_a_verb_alone_stands_beside_verbs_with_nouns():
    chosen = make_parser().parse_args(["threshold", "train", "--best-f1"])
    assert chosen.file == Path("train")
    assert chosen.run is command.FILE.run


def test_the_share_of_false_alarms_among_alarms(capsys, tmp_path: Path, labelled: Path):
    part = np.repeat(["calibration", "test", "test"], [700, 300, 60])
    path = tmp_path / "parts.csv"
    rows = zip(SCORE.tolist(), LABEL.tolist(), part, strict=True)
    path.write_text("score,label,part\n" + "".join(f"{s!r},{y},{p}\n" for s, y, p in rows))
    said = chosen_of_parts(capsys, path, "--false-discovery-rate", "20%")
    expected = thresholds.discovery_advice(SCORE[:700], SCORE[700:], 0.2)
    assert (said["threshold"], said["rule"]) == (expected.threshold, "discovery")
    assert said["n_calibration"] == 700
    assert said["flagged"] == (SCORE[700:] > expected.threshold).sum() > 0
    assert main(["threshold", str(labelled), "--false-discovery-rate", "0.1"]) == 1
    assert "has no rows of a part calibration" in capsys.readouterr().err


def chosen_of_parts(capsys, path: Path, *words: str) -> dict[str, Any]:
    assert main(["threshold", str(path), *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found
