"""`threshold TABLE --detector …`: one detector of a score table, as the page counts it."""

from __future__ import annotations

import itertools
import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit import export as cockpit_export
from pages._ui.cockpit.data import Source
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from tests.test_scores import table
from wganad_core import pretrained, storage, thresholds
from wganad_core.__main__ import main
from wganad_core.commands import own_options as command
from wganad_core.data import DataError
from wganad_core.data.own import detectors as own_detectors
from wganad_core.data.own.scores import OwnScores, read_scores
from wganad_core.records import ScoreTable

ROOT = Path(__file__).resolve().parents[2]
SHOWN = [
    (Source("mnist", "4", "", "80/20"), "ours"),
    (Source("mnist", "8", "", "80/20"), "knn"),
    (Source("mnist", "4", "", "80/20"), "anogan"),  # 1,000 samples, no calibration
    (Source("har", "laying", "wgan-gp-conv", "test"), "ours-others"),
    (Source("har", "sitting", "wgan-gp-dense", "test+all"), "critic"),
    (Source("har", "laying", "wgan-gp-recurrent", "test+all"), "knn-spectra"),  # needs no model
    (Source("mixture", "outside", "gan", "test"), "critic"),
    (Source("mixture", "outside", "wgan-gp", "test"), "density"),
]


# The command that the page prints


def scores_of(source: Source, detector: str) -> DetectorScores:
    """The page's, without its pictures."""
    loaded = cockpit_data.load(source, detector)
    unseen = np.zeros(len(loaded.test), bool)
    return DetectorScores(source, detector, detector, source, loaded, unseen)


def printed(of: DetectorScores, threshold: float, base_rate: float | None = None) -> list[str]:
    """The words of the printed command, from the verb on."""
    place = Position(threshold, threshold)
    words = shlex.split(cockpit_export.command(of, place, base_rate, 20))
    assert words[:4] == ["python", "-m", "wganad_core", "threshold"]
    return words[3:]


def run(capsys: pytest.CaptureFixture[str], words: list[str]) -> dict[str, Any]:
    assert main([*words, "--json"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


@pytest.mark.parametrize(("source", "detector"), SHOWN)
def test_the_printed_command_counts_as_the_page(source: Source, detector: str, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    of = scores_of(source, detector)
    assert of.curve is not None
    assert of.start[1] == "best F1"
    for threshold, base_rate in itertools.product(
        (of.start[0], -2.5, math.inf, -math.inf), (0.001, None)
    ):
        point = of.curve.at(threshold, base_rate)
        said = run(capsys, printed(of, threshold, base_rate))
        assert (said["rule"], float(said["threshold_text"])) == ("given", threshold)
        assert said["n"] == len(of.test)
        assert said["n_anomalies"] == of.curve.n_anomalies
        assert said["flagged"] == point.flagged == of.ranking.n_flagged(threshold)
        for name in ("precision", "recall", "false_alarm_rate", "base_rate"):
            rate = getattr(point, name)
            assert said[name] == (None if math.isnan(rate) else rate)
        report = cockpit_export.report(of, Position(threshold, threshold), point, base_rate, 20)
        for name in (
            "precision",
            "recall",
            "false_alarm_rate",
            "f1",
            "base_rate",
            "cost",
            "cost_ratio",
            "n",
            "flagged",
            "threshold",
            "threshold_text",
        ):
            assert said[name] == report[name]
        assert said["f1"] <= said["best_f1"]
    assert 0 < of.curve.at(of.start[0]).flagged < len(of.test)
    assert (said["use_case"], said["abnormal"]) == (source.case, source.abnormal)
    assert (said["protocol"], said["detector"]) == (source.protocol, detector)
    assert said["seed"] == (source.model == "gan")  # the race has seed 1
    assert said["model"] in (source.model or said["model"], "none")


@pytest.mark.parametrize(("source", "detector"), SHOWN)
def test_calibration_rows_of_the_table_serve_a_false_alarm_rate(
    source: Source, detector: str, capsys, monkeypatch
):
    monkeypatch.chdir(ROOT)
    loaded = cockpit_data.load(source, detector)
    words = printed(scores_of(source, detector), 0.0)[:-2]
    said = run(capsys, [*words, "--false-alarm-rate", "5%"])
    if loaded.calibration is None:
        assert loaded.test.label is not None
        n = (loaded.test.label == 0).sum()
        assert said["calibration"].startswith(f"the {n} normals of the file, on which")
    else:
        held = loaded.calibration
        assert said["threshold"] == thresholds.advice_of("quantile", held, 0.05).threshold
        assert said["calibration"] == f"the {len(held):,} rows of the part calibration"


@pytest.mark.parametrize(("source", "detector"), SHOWN)
def test_flagged_rows_are_the_pages_to_the_byte(source, detector, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    of, out = scores_of(source, detector), tmp_path / "flagged.csv"
    run(capsys, [*printed(of, of.start[0]), "--flagged", str(out)])
    written = out.read_bytes()
    assert written == cockpit_export.flagged(of, of.start[0])
    assert written.count(b"\n") == of.ranking.n_flagged(of.start[0]) + 1


def test_flagged_rows_keep_their_numbers_in_the_table(tmp_path, capsys):
    path, out = tmp_path / "two.parquet", tmp_path / "flagged.csv"
    detector, part = ["knn", "ours", "ours", "ours"], ["test", "fit", "test", "test"]
    storage.save_scores(table([9, 8, 7, 6], detector=detector, part=part), path)
    words = ["--detector", "ours", "--threshold", "6", "--flagged", str(out)]
    assert main(["threshold", str(path), *words]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["detector", "ours"] in lines
    assert ["use", "case", "mnist"] in lines
    assert out.read_text().splitlines() == ["row,id,class,label,score", f"3,{2:016x},4,0,7.0"]


def test_what_can_be_chosen_is_told(capsys):
    path = pretrained.scores_path("har", "laying")
    assert main(["threshold", str(path), "--best-f1"]) == 1
    said = capsys.readouterr().err
    assert "several detectors; choose one by --protocol (test, test+all), --model (wgan-gp-" in said
    assert re.search(r"--detector \(.*\bcritic, critic-interval, .*\)", said)
    assert len(said.splitlines()) == 1


def test_every_choice_of_the_library_is_an_option():
    assert sorted(command.CHOICES) == sorted(own_detectors.CHOICES)


# Which rows


def made(score: list[float], **columns: Any) -> ScoreTable:
    """A value for all rows, or one for each."""
    return table(score, **{k: np.broadcast_to(v, len(score)) for k, v in columns.items()})


def several(folder: Path, *tables: ScoreTable) -> Path:
    path = folder / "several.parquet"
    storage.save_scores(ScoreTable.stack(tables), path)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of two models each with a critic, of two detectors without a model, of two protocols."""
    return several(
        tmp_path,
        made([1, 2], model="gan", detector="critic"),
        made([3, 4], model="wgan-gp", detector="critic"),
        made([5, 6], model="wgan-gp", detector="ours"),
        made([7], model="none", detector="knn"),
        made([8], model="none", detector="knn", protocol="official"),
        made([9], model="none", detector="pca", protocol="official"),
    )


@pytest.mark.parametrize(
    ("choose", "score"),
    [
        ({"detector": "ours"}, [5, 6]),
        ({"detector": "critic", "model": "gan"}, [1, 2]),
        ({"detector": "critic", "model": "wgan-gp", "protocol": "80/20", "seed": "0"}, [3, 4]),
        ({"detector": "knn", "model": "wgan-gp", "protocol": "80/20"}, [7]),
        ({"detector": "knn", "model": "none", "protocol": "official", "abnormal": "4"}, [8]),
        ({"detector": "pca"}, [9]),
    ],
)
def test_one_detector_is_chosen(path: Path, choose: dict[str, str], score: list[float]):
    found = read_scores(path, choose=choose)
    assert found.scored.score.tolist() == score
    assert set(found.origin) == set(own_detectors.KEYS)
    assert found.origin["detector"] == choose["detector"]
    assert not [remark for remark in found.remarks if "seed" in remark]


@pytest.mark.parametrize(
    ("choose", "reason"),
    [
        (
            {},
            "by --protocol (80/20, official), --model (gan, wgan-gp), --detector (critic, ours, "
            "knn, pca).",
        ),
        ({"protocol": "80/20"}, "by --model (gan, wgan-gp), --detector (critic, ours, knn)."),
        ({"protocol": "official"}, "by --detector (knn, pca)."),
        ({"detector": "critic"}, "by --model (gan, wgan-gp)."),
        ({"detector": "knn", "model": "gan"}, "by --protocol (80/20, official)."),
        ({"model": "gan", "protocol": "80/20"}, "by --detector (critic, knn)."),
        ({"detector": "vae"}, "--detector can be critic, ours, knn, pca here; found 'vae'."),
        ({"detector": "ours", "model": "gan"}, "--detector can be critic, knn, pca here"),
        ({"detector": "pca", "protocol": "80/20"}, "--detector can be critic, ours, knn here"),
        ({"model": "vae"}, "--model can be gan, wgan-gp, none here; found 'vae'."),
        ({"protocol": "test"}, "--protocol can be 80/20, official here; found 'test'"),
        ({"seed": "1"}, "--seed can be 0 here; found '1'."),
        ({"abnormal": "5"}, "--abnormal can be 4 here; found '5'."),
    ],
)
def test_what_is_not_one_detector_is_refused(path: Path, choose: dict[str, str], reason: str):
    with pytest.raises(DataError) as refused:
        read_scores(path, choose=choose)
    assert reason in str(refused.value)
    assert str(refused.value).startswith(f"{path}: ")


def seeds_of(found: OwnScores) -> list[str]:
    return [remark for remark in found.remarks if "seed" in remark]


def test_of_several_seeds_the_lowest_is_read_unless_another_is_chosen(tmp_path: Path):
    """As on the page; numbers, not words: 10 comes after 9."""
    path = several(tmp_path, *(made([float(seed)], seed=[seed]) for seed in (10, 9, 11)))
    found = read_scores(path, choose={})
    assert found.scored.score.tolist() == [9]
    assert seeds_of(found) == ["Of the seeds 9, 10, 11 the lowest is read."]
    found = read_scores(path, choose={"seed": "10"})
    assert (found.scored.score.tolist(), seeds_of(found)) == ([10], [])
    assert found.row.tolist() == [1]
    with pytest.raises(DataError, match="holds 3 values of 'seed'"):
        read_scores(path)


def test_a_models_own_detector_comes_before_its_namesake_without_a_model(tmp_path: Path):
    path = several(tmp_path, made([1], model="none"), made([2], model="vae"))
    assert read_scores(path, choose={"model": "vae"}).scored.score.tolist() == [2]
    assert read_scores(path, choose={"model": "none"}).scored.score.tolist() == [1]
    with pytest.raises(DataError, match=r"choose one by --model \(none, vae\)\.$"):
        read_scores(path, choose={})


def test_several_classes_and_use_cases(tmp_path: Path):
    path = several(tmp_path, made([1], abnormal="4"), made([2], abnormal="5"))
    assert read_scores(path, choose={"abnormal": "5"}).scored.score.tolist() == [2]
    path = several(tmp_path, made([1]), made([2], use_case="har"))
    with pytest.raises(DataError, match=r"several use cases \(mnist, har\); keep the rows of one"):
        read_scores(path, choose={})


def test_parts_people_and_infinities_are_those_of_the_chosen(tmp_path: Path):
    parts = ["fit", "fit", "calibration", "test"]
    one = made([0, 9, 1, 2], part=parts, detector="knn")
    other = made([0, math.inf, 3, math.inf], part=parts, subject=["1", "1", "1", "2"])
    path = several(tmp_path, one, other, made([1.0], part="fit", detector="pca"))
    found = read_scores(path, choose={"detector": "knn"})
    assert found.calibration is not None
    assert found.calibration.score.tolist() == [1]
    assert found.row.tolist() == [4]
    assert found.scored.subject is None
    assert found.remarks[0] == "2 rows of other parts than calibration and test are left out."
    found = read_scores(path, choose={"detector": "ours"})
    assert found.scored.subject is not None
    assert found.scored.subject.tolist() == ["2"]
    assert "2 scores are infinite; only the order counts." in found.remarks
    with pytest.raises(DataError, match="neither calibration nor test rows"):
        read_scores(path, choose={"detector": "pca"})


@pytest.mark.parametrize(
    ("content", "words", "reason"),
    [
        ("score\n1\n", "--detector ours", "of which --detector can choose a detector; found the"),
        ("a,score\n1,2\n", "--model m --seed 1", "Leave --seed and --model out, or choose anothe"),
        ("PAR1", "--detector ours", "This parquet file is damaged or cut off"),
        (None, "--detector ours", "cannot be read: No such file or directory."),
    ],
)
def test_files_that_are_no_score_tables(content, words: str, reason: str, tmp_path, capsys):
    path = tmp_path / "scores.csv"
    if content is not None:
        path.write_text(content)
    assert main(["threshold", str(path), "--threshold=1", *words.split()]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert reason in said
    assert len(said.splitlines()) == 1
