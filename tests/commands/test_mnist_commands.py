"""`train mnist` and `score mnist`: what they write and print, how they refuse."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.digit_models import ABNORMAL, METHODS, POOL, SPLIT, in_place_of_mnist, train_models
from tests.direct import assert_same_model
from wganad_core import pretrained, storage
from wganad_core.__main__ import main, make_parser
from wganad_core.commands import console, train_model
from wganad_core.config import DIGITS
from wganad_core.panels.panel import fitted_panel
from wganad_core.panels.tables import score_split
from wganad_core.use_cases import MNIST

FEW = ["--steps", "3", "--batch-size", "4", "--n-critic", "1", "--latents", "3"]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of_mnist(monkeypatch)


def train(folder: Path, method: str, *words: str, abnormal: str = ABNORMAL) -> int:
    asked = ["--method", method, "--abnormal", abnormal, "--out", str(folder)]
    return main(["train", "mnist", *asked, *FEW, *words])


def test_training_writes_a_model_and_skips_it_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "vae", "--json") == 0
    printed, progress = capsys.readouterr()
    said = json.loads(printed)
    path = tmp_path / ABNORMAL / "vae.safetensors"
    assert said["path"] == str(path)
    assert (said["abnormal"], said["method"], said["steps"]) == (ABNORMAL, "vae", 3)
    assert said["squared_error"] > 0
    assert "3/3" in progress
    model = pretrained.load_model(path)
    assert said["command"] == model.command
    assert model.training.steps == 3
    assert list(path.parent.iterdir()) == [path]  # no checkpoint is left
    chosen = make_parser().parse_args(shlex.split(model.command)[3:])
    task = train_model.task_of(MNIST, chosen, ABNORMAL)
    assert (task.training, task.network) == (model.training, model.network)
    before = path.read_bytes()
    assert train(tmp_path, "vae") == 0
    printed, said_then = capsys.readouterr()
    assert printed == ""
    assert f"{path} is there already; delete it to train it again." in said_then
    assert path.read_bytes() == before


def test_an_interrupted_training_continues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(tmp_path / "whole", "wgan-gp") == 0

    @contextlib.contextmanager
    def at_once() -> Iterator[Callable[[], bool]]:
        yield lambda: True

    path = tmp_path / ABNORMAL / "wgan-gp.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(console, "interrupt_as_flag", at_once)
        assert train(tmp_path, "wgan-gp") == 130
    checkpoint = path.with_suffix(".checkpoint")
    assert f"Stopped at step 1; the same command continues from {checkpoint}." in (
        capsys.readouterr().err
    )
    assert not path.exists()
    assert train(tmp_path, "wgan-gp", "--learning-rate", "0.01") == 1
    assert "belongs to a run with other settings" in capsys.readouterr().err
    assert train(tmp_path, "wgan-gp") == 0
    assert f"Continuing {checkpoint} at step 1." in capsys.readouterr().err
    assert not checkpoint.exists()
    assert_same_model(path, tmp_path / "whole" / ABNORMAL / "wgan-gp.safetensors")


def test_an_encoder_needs_its_generator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, "encoder") == 1
    said = capsys.readouterr().err
    assert (
        f"An encoder needs its generator in {tmp_path / ABNORMAL / 'wgan-gp.safetensors'}" in said
    )
    assert train(tmp_path, "wgan-gp") == 0
    assert train(tmp_path, "encoder", "--latents", "5") == 1
    assert "has 3 latents" in capsys.readouterr().err.splitlines()[-1]
    assert train(tmp_path, "encoder") == 0
    assert {"wgan-gp.safetensors", "encoder.safetensors"} == {
        path.name for path in (tmp_path / ABNORMAL).iterdir()
    }


def test_a_diverged_training_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--learning-rate", "10", "--steps", "300")
    assert train(tmp_path, "vae", *words) == 1
    assert "Training diverged at step" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / ABNORMAL / "vae.safetensors").exists()


def test_all_ten_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, "contrast", "--steps", "1", abnormal="3") == 0
    capsys.readouterr()
    assert train(tmp_path, "contrast", "--steps", "1", "--json", abnormal="all") == 0
    printed, said = capsys.readouterr()
    assert [json.loads(line)["abnormal"] for line in printed.splitlines()] == list("012456789")
    assert said.count("is there already") == 1
    assert {path.name for path in tmp_path.iterdir()} == set(DIGITS)


def test_scoring_writes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = tmp_path / "models"
    train_models(models, *METHODS)
    panel = fitted_panel(MNIST, models, POOL, SPLIT)
    words = ["--abnormal", ABNORMAL, "--models", str(models), "--out", str(tmp_path), "--quick"]
    assert main(["score", "mnist", *words]) == 0
    path = tmp_path / f"{ABNORMAL}.parquet"
    found, expected = storage.load_scores(path), score_split(panel, POOL, SPLIT)
    assert len(found) == len(expected) == 7 * (2 + 27 + 102)
    for name in panel.detectors:
        one, other = (table.where(detector=name).score for table in (found, expected))
        assert np.array_equal(one, other), name
    assert f"{path}: 917 scores of 7 detectors" in capsys.readouterr().err
    # One of them anew, where others' rows stay.
    altered = dataclasses.replace(found, score=np.where(found.detector == "vae", 9, found.score))
    storage.save_scores(altered, path)
    assert main(["score", "mnist", *words, "--detector", "vae"]) == 0
    again = storage.load_scores(path)
    assert len(again) == len(found)
    for name in panel.detectors:
        assert np.array_equal(again.where(detector=name).score, found.where(detector=name).score)
    assert main(["score", "mnist", *words, "--detector", "pixie"]) == 1
    assert "found 'pixie'" in capsys.readouterr().err
    assert main(["score", "mnist", "--abnormal", "5", "--models", str(models)]) == 1
    assert "wgan-gp.safetensors cannot be read" in capsys.readouterr().err
