"""Which outcomes of a tab stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pages._ui.own import session as own_session
from pages._ui.own.data import Chosen
from pages._ui.own.outcome import Outcome
from pages._ui.own.plan import Plan
from pages._ui.own.session import Jobs
from pages._ui.own.source import OwnFile
from wganad_core.data.own import Roles
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "few.csv"
    path.write_text("a,b\n1,2\n3,4\n5,7\n")
    return path


def outcome(file: Path, key: str, model: str = "") -> Outcome:
    """Of a training, or of a file scored by the detector `model`, with a folder of its own."""
    source = OwnFile(key, file.name, file.parent, None, look(file, file.name))
    samples = read_samples(file)
    folder = file.parent / f"{model}{key}"
    folder.mkdir()
    chosen = Chosen(source, "table", Roles(), samples, False, None)
    plan = Plan(source, "table", Roles(), model=model)
    n = len(samples.x)
    zeros = np.zeros(n)
    part = np.zeros(n, np.int8)
    return Outcome(plan, chosen, folder, samples.row, zeros, part, 1.0, None, (), key)


def test_files_that_are_scored_take_no_detector_away(file: Path) -> None:
    jobs = Jobs()
    trained = outcome(file, "pump")
    jobs.keep(trained)
    for i in range(own_session.KEPT + 2):
        jobs.keep(outcome(file, f"file-{i}", model="pump-detector.safetensors"))
    assert jobs.found("pump") is trained
    assert trained.folder.exists()
    scored = [key for key in jobs.outcomes if key.startswith("saved-")]
    assert scored == [f"saved-file-{i}" for i in range(2, own_session.KEPT + 2)]
    assert not (file.parent / "pump-detector.safetensorsfile-0").exists()


def test_the_training_that_was_not_looked_at_goes_first(file: Path) -> None:
    jobs = Jobs()
    for i in range(own_session.KEPT):
        jobs.keep(outcome(file, f"file-{i}"))
    assert jobs.found("file-0") is not None
    jobs.keep(outcome(file, "last"))
    assert jobs.found("file-1") is None
    assert jobs.found("file-0") is not None
