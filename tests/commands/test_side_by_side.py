"""`train … --abnormal all --jobs N`: a process a class, on the full data."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from wganad_core import pretrained
from wganad_core.__main__ import main, make_parser
from wganad_core.commands.train_model import side_by_side
from wganad_core.use_cases import HAR

WORDS = ["train", "har", "--method", "wgan-gp", "--architecture", "dense", "--n-critic", "1"]


@pytest.fixture(autouse=True)
def _data(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WGANAD_DATA", str(shared_data))


def test_models_are_those_that_are_trained_one_after_the_other(tmp_path: Path) -> None:
    few = [*WORDS, "--steps", "2", "--batch-size", "4"]
    side, alone = tmp_path / "side", tmp_path / "alone"
    both = [*few, "--abnormal", "all", "--jobs", "2", "--out", str(side)]
    chosen = ("sitting", "laying")  # of all, as each reads the whole data set
    assert side_by_side(HAR, make_parser().parse_args(both), chosen) == 0
    assert main([*few, "--abnormal", "sitting", "--out", str(alone)]) == 0
    for name in chosen:
        path = pretrained.model_file(side, name, "wgan-gp", architecture="dense", protocol="test")
        assert pretrained.load_model(path).abnormal == name
    one, other = (
        pretrained.load_model(folder / "sitting" / "wgan-gp-dense.safetensors")
        for folder in (side, alone)
    )
    assert one.arrays.keys() == other.arrays.keys()
    assert all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)
    assert dataclasses.replace(one, arrays={}, metrics={}) == dataclasses.replace(
        other, arrays={}, metrics={}
    )


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_keeps_what_was_begun_and_begins_no_other(tmp_path: Path) -> None:
    words = [*WORDS, "--steps", "100000000", "--abnormal", "all", "--jobs", "2"]
    command = [sys.executable, "-m", "wganad_core", *words, "--out", str(tmp_path)]
    command += ["--checkpoint-every", "5"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        while len(list(tmp_path.glob("*/*.checkpoint"))) < 2:
            assert process.poll() is None
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=300)[1].decode()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert {path.parent.name for path in tmp_path.glob("*/*")} == set(HAR.classes[:2])
    assert len(list(tmp_path.glob("*/*.checkpoint"))) == 2
    assert not list(tmp_path.glob("*/*.safetensors"))
