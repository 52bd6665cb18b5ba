"""Checkpoints: bound to what the runs do, refused in a sentence where they are another's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from wganad_core import storage
from wganad_core.run import Checkpoint
from wganad_core.run.checkpoint import OtherRunError
from wganad_core.storage import StorageError

PLAN = {"task": {"seed": 3, "network": {"width": 8}}, "steps": 7}
DATA = {"x": np.arange(6, dtype=np.float32).reshape(3, 2)}


class Counter:
    """The least that has a state."""

    def __init__(self, at: int = 0) -> None:
        self.at, self.past = at, np.full(at, 0.5, np.float32)

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"past": self.past}, {"at": self.at}

    def load_state(self, arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        self.past, self.at = arrays["past"], meta["at"]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run.checkpoint"
    Checkpoint(path, PLAN, DATA).save(Counter(4))
    return path


def test_what_was_saved_comes_back(saved: Path) -> None:
    run = Counter()
    assert Checkpoint(saved, PLAN, DATA).load(run)
    assert (run.at, run.past.tolist()) == (4, [0.5] * 4)


def test_without_a_file_a_run_starts_anew(tmp_path: Path) -> None:
    run = Counter(1)
    checkpoint = Checkpoint(tmp_path / "none", PLAN, DATA)
    assert not checkpoint.load(run)
    assert run.at == 1
    checkpoint.delete()


def test_several_runs_in_one_file(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "race", PLAN)
    checkpoint.save(Counter(1), Counter(2))
    one, other = Counter(), Counter()
    assert checkpoint.load(one, other)
    assert (one.at, other.at) == (1, 2)
    with pytest.raises(OtherRunError, match="belongs to a run with other settings"):
        checkpoint.load(one)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({**PLAN, "steps": 8}, r"\(steps 7 there, 8 here\)"),
        ({**PLAN, "task": {"seed": 4, "network": {"width": 8}}}, r"\(seed 3 there, 4 here\)"),
        ({"task": {"seed": 1, "network": {"width": 9}}, "steps": 7}, "seed .*; width 8 there, 9"),
        ({**PLAN, "rate": 0.1}, "rate None there, 0.1 here"),
        ({"fit": {"seed": 3}}, "seed None there, 3 here"),
    ],
)
def test_other_settings_are_named_and_refused(saved: Path, plan: dict[str, Any], said: str) -> None:
    run = Counter(1)
    advice = "repeat those settings, name another --checkpoint, or delete the file"
    with pytest.raises(OtherRunError, match=f"other settings .*{said}.*{advice}"):
        Checkpoint(saved, plan, DATA).load(run)
    assert run.at == 1
    assert saved.exists()


def test_other_data_and_another_pytorch_are_refused(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "other data, or another version of PyTorch"
    for data in ({"x": DATA["x"] + 1}, {"y": DATA["x"]}, {}):
        with pytest.raises(OtherRunError, match=said):
            Checkpoint(saved, PLAN, data).load(Counter())
    monkeypatch.setattr(torch, "__version__", "0.0")
    with pytest.raises(OtherRunError, match=said):
        Checkpoint(saved, PLAN, DATA).load(Counter())


def test_a_file_that_tells_all_that_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "race"
    Checkpoint(path, PLAN, DATA, keep_data=True).save(Counter(2))
    found, run = Checkpoint.of(path), Counter()
    assert found.plan == PLAN
    assert np.array_equal(found.data["x"], DATA["x"])
    assert found.load(run)
    assert run.at == 2
    found.save(run)
    assert Checkpoint(path, PLAN, DATA).load(run)


def test_other_files_are_no_checkpoints(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    storage.save(other, "run", {}, {})
    with pytest.raises(StorageError, match="holds a run; expected a checkpoint"):
        Checkpoint(other, PLAN, DATA).load(Counter())
    with pytest.raises(StorageError, match="cannot be read"):
        Checkpoint.of(tmp_path / "none")
    saved.write_bytes(saved.read_bytes()[:-1])
    with pytest.raises(StorageError, match="damaged"):
        Checkpoint(saved, PLAN, DATA).load(Counter())
    Checkpoint(saved, PLAN, DATA).delete()
    assert not saved.exists()
