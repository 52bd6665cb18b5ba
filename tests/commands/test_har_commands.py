"""`train har`, `score har`, `evaluate har`: what they write and print, how they refuse."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.direct import assert_same_model
from tests.test_board import KEYS, LABEL, SCORE
from tests.test_scores import table
from tests.window_models import (
    ABNORMAL,
    POOL,
    SPLIT,
    WINDOWS,
    in_place_of_har,
    make_split,
    train_models,
)
from wganad_core import pretrained, storage
from wganad_core.__main__ import main, make_parser
from wganad_core.commands import train_model
from wganad_core.config import ACTIVITIES, HAR_PROTOCOLS, WindowConfig
from wganad_core.panels.tables import score_all
from wganad_core.records import ScoreTable
from wganad_core.use_cases import HAR

FEW = ["--steps", "2", "--batch-size", "4", "--n-critic", "1", "--latents", "3"]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of_har(monkeypatch)


def train(folder: Path, method: str, *words: str, abnormal: str = ABNORMAL) -> int:
    asked = ["--method", method, "--abnormal", abnormal, "--out", str(folder)]
    return main(["train", "har", *asked, *FEW, *words])


def task_of(command: str) -> Any:
    chosen = make_parser().parse_args(shlex.split(command)[3:])
    return train_model.task_of(HAR, chosen, chosen.abnormal)


# Training


@pytest.mark.parametrize("architecture", HAR.architectures)
def test_training_writes_a_model_and_skips_it_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], architecture: str
) -> None:
    words = ("--architecture", architecture)
    assert train(tmp_path, "wgan-gp", *words, "--json") == 0
    printed, progress = capsys.readouterr()
    said = json.loads(printed)
    path = tmp_path / ABNORMAL / f"wgan-gp-{architecture}.safetensors"
    assert said.keys() == {"abnormal", "method", "sliced_w1", "seconds", "steps", "path", "command"}
    assert (said["abnormal"], said["method"], said["steps"]) == (ABNORMAL, "wgan-gp", 2)
    assert said["path"] == str(path)
    assert "2/2" in progress
    assert list(path.parent.iterdir()) == [path]  # no checkpoint is left
    model = pretrained.load_model(path)
    assert said["command"] == model.command
    assert (model.use_case, model.protocol) == ("har", "test")
    assert isinstance(model.network, WindowConfig)
    assert model.view == POOL.view(model.network.view, SPLIT.parts["fit"])
    task = task_of(model.command)
    assert (task.training, task.network) == (model.training, model.network)
    before = path.read_bytes()
    assert train(tmp_path, "wgan-gp", *words) == 0
    printed, said_then = capsys.readouterr()
    assert printed == ""
    assert f"{path} is there already; delete it to train it again." in said_then
    assert path.read_bytes() == before


def test_the_printed_command_trains_the_same_model(tmp_path: Path) -> None:
    assert train(tmp_path / "a", "wgan-gp", "--architecture", "dense", "--seed", "3") == 0
    name = f"{ABNORMAL}/wgan-gp-dense-3.safetensors"
    command = pretrained.load_model(tmp_path / "a" / name).command
    assert main([*shlex.split(command)[3:], "--out", str(tmp_path / "b")]) == 0
    assert_same_model(tmp_path / "a" / name, tmp_path / "b" / name)


@pytest.mark.parametrize("architecture", HAR.architectures)
@pytest.mark.parametrize("method", HAR.methods)
def test_a_recipes_command_says_no_more_than_needed(method: str, architecture: str) -> None:
    words = ["train", "har", "--method", method, "--abnormal", "laying"]
    words += ["--architecture", architecture]
    chosen = make_parser().parse_args(words)
    task = train_model.task_of(HAR, chosen, "laying")
    assert task.training == HAR.recipe(method, architecture)
    assert task.network == HAR.network(method, architecture)
    command = train_model.command_line(HAR, task, architecture)
    usual = f"python -m wganad_core train har --method {method} --abnormal laying"
    assert command == usual + (f" --architecture {architecture}" if architecture != "conv" else "")
    assert task_of(command) == task


def test_an_encoder_needs_the_generator_of_its_architecture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "wgan-gp") == 0
    assert train(tmp_path, "encoder", "--architecture", "dense") == 1
    said = capsys.readouterr().err.splitlines()[-1]
    missing = tmp_path / ABNORMAL / "wgan-gp-dense.safetensors"
    assert said.startswith(f"An encoder needs its generator in {missing}; train it first with")
    assert train(tmp_path, "encoder", "--latents", "5") == 1
    assert "has 3 latents" in capsys.readouterr().err.splitlines()[-1]
    assert train(tmp_path, "encoder") == 0
    wgan, encoder = (
        pretrained.load_model(tmp_path / ABNORMAL / f"{method}-conv.safetensors")
        for method in ("wgan-gp", "encoder")
    )
    assert encoder.view == wgan.view
    assert {name.partition(".")[0] for name in encoder.arrays} == {"encoder"}


def test_all_six_activities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--architecture", "dense", "--steps", "1")
    assert train(tmp_path, "wgan-gp", *words, abnormal="laying") == 0
    capsys.readouterr()
    assert train(tmp_path, "wgan-gp", *words, "--json", abnormal="all") == 0
    printed, said = capsys.readouterr()
    found = [json.loads(line)["abnormal"] for line in printed.splitlines()]
    assert found == [name for name in ACTIVITIES if name != "laying"]
    assert said.count("is there already") == 1
    assert {path.name for path in tmp_path.iterdir()} == set(ACTIVITIES)


@pytest.mark.parametrize(
    "words",
    [
        "train har --method wgan-gp --abnormal 4",
        "train har --method vae --abnormal laying",
        "train har --method wgan-gp --abnormal laying --architecture image",
        "train har --method wgan-gp --abnormal laying --protocol test",  # models serve both
        "score har --abnormal laying --protocol test",  # tables hold both
        "score har --abnormal laying --quick",  # nothing is slow there
        "evaluate har --protocol 80/20",
        "train mnist --method wgan-gp --abnormal 4 --architecture conv",
    ],
)
def test_what_there_is_not_for_activities(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(words.split())
    assert exit_.value.code == 2
    assert "usage: python -m wganad_core" in capsys.readouterr().err


# Scoring


def test_scoring_writes_a_table_of_both_protocols(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    train_models(models, "dense", "wgan-gp", "encoder")
    assert main(["score", "har", "--abnormal", ABNORMAL, "--models", str(models)]) == 0
    path = models / "scores" / f"{ABNORMAL}.parquet"
    found = storage.load_scores(path)
    assert f"{path}: {len(found):,} scores of 7 detectors" in capsys.readouterr().err
    expected = ScoreTable.stack(
        [score_all(HAR, models, POOL, make_split(WINDOWS, ABNORMAL, p)) for p in HAR_PROTOCOLS]
    )
    assert list(dict.fromkeys(found.protocol.tolist())) == list(HAR_PROTOCOLS)
    assert np.array_equal(found.score, expected.score)
    assert np.array_equal(found.sample_id, expected.sample_id)
    assert main(["score", "har", "--abnormal", "laying", "--models", str(models)]) == 1
    assert "wgan-gp-conv.safetensors cannot be read" in capsys.readouterr().err


# The board


def of(activity: str, protocol: str, detector: str = "ours", **columns: Any) -> ScoreTable:
    """Four test samples, of which the first two are anomalies; eight where all subjects are."""
    copies = 1 if protocol == "test" else 2
    n = 4 * copies
    return table(
        SCORE * copies,
        label=LABEL * copies,
        use_case=["har"] * n,
        abnormal=[activity] * n,
        detector=[detector] * n,
        protocol=[protocol] * n,
        model=["wgan-gp-conv"] * n,
        **columns,
    )


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    for activity in ACTIVITIES:
        tables = [of(activity, protocol) for protocol in HAR_PROTOCOLS]
        storage.save_scores(ScoreTable.stack(tables), pretrained.scores_path("har", activity))


def evaluated(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["evaluate", "har", *words, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("shipped")
def test_rows_of_both_protocols(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for row in evaluated(capsys) if row["detector"] != "paper"]
    assert all(list(row) == KEYS for row in rows)
    assert {(row["abnormal"], row["protocol"]) for row in rows} == {
        (activity, protocol) for activity in ACTIVITIES for protocol in HAR_PROTOCOLS
    }
    assert {(row["protocol"], row["n"]) for row in rows} == {("test", 4), ("test+all", 8)}
    assert {row["use_case"] for row in rows} == {"har"}
    (row,) = evaluated(capsys, "--abnormal", "laying", "--protocol", "test+all")
    assert (row["abnormal"], row["protocol"], row["model"]) == (
        "laying",
        "test+all",
        "wgan-gp-conv",
    )


@pytest.mark.usefixtures("shipped")
def test_what_the_paper_says_of_laying_is_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = evaluated(capsys, "--detector", "paper")
    assert (row["abnormal"], row["model"], row["auprc"]) == ("laying", "wgan-gp-dense", 0.7)
    assert row["seed"] is row["auroc"] is row["n"] is row["base_rate"] is None
    assert main(["evaluate", "har", "--abnormal", "laying"]) == 0
    shown = capsys.readouterr().out
    assert "UCI HAR test, as the paper quotes it (§6, base rates not told)" in shown


@pytest.mark.usefixtures("shipped")
def test_each_protocol_has_its_own_block(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "har", "--detector", "ours"]) == 0
    shown = capsys.readouterr().out
    titles = [line for line in shown.splitlines() if " in %" in line]
    assert titles == [
        "AUPRC in %, UCI HAR test, 4 test samples",
        "AUPRC in %, UCI HAR test+all, 8 test samples",
        "AUROC in % (chance: 50), UCI HAR test, 4 test samples",
        "AUROC in % (chance: 50), UCI HAR test+all, 8 test samples",
    ]
    heads = [line.split() for line in shown.splitlines() if "seeds" in line]
    assert heads == [[*ACTIVITIES, "mean", "seeds"]] * 4


def test_protocols_stay_apart_where_they_share_no_activity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    for activity, protocol in zip(("laying", "walking"), HAR_PROTOCOLS, strict=True):
        path = pretrained.scores_path("har", activity)
        storage.save_scores(of(activity, protocol), path)
    assert main(["evaluate", "har", "--detector", "ours"]) == 0
    titles = [line for line in capsys.readouterr().out.splitlines() if "AUPRC in %" in line]
    assert titles == [
        "AUPRC in %, UCI HAR test, 4 test samples",
        "AUPRC in %, UCI HAR test+all, 8 test samples",
    ]


def test_recomputing_the_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From models to shipped tables and back: the same figures, the baselines' too."""
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    train_models(tmp_path / "har", "dense", "wgan-gp", "encoder")
    words = ["--models", str(tmp_path / "har"), "--abnormal", ABNORMAL]
    assert main(["score", "har", *words]) == 0
    assert main(["evaluate", "har", "--recompute"]) == 0
    shown, said = capsys.readouterr()
    assert shown.splitlines()[-1] == (
        "14 of 14 shipped rows recomputed: the figures equal the shipped ones, by 0 at most."
    )
    for protocol in HAR_PROTOCOLS:
        assert f"scoring with {ABNORMAL} as the anomaly, {protocol}" in said.splitlines()
