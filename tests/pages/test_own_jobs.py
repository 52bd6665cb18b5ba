"""Outcomes of a tab: which of them stay, and what they are judged on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pages._ui.own import explain as own_explain
from pages._ui.own import moments as own_moments
from pages._ui.own import results as own_results
from pages._ui.own import session as own_session
from pages._ui.own.data import Chosen
from pages._ui.own.outcome import FIT, Outcome
from pages._ui.own.plan import Plan
from pages._ui.own.session import Jobs
from pages._ui.own.source import OwnFile
from wganad_core.data.own import Roles
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples
from wganad_core.jobs.orders import Kind
from wganad_core.records import PARTS

TEST = PARTS.index("test")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "few.csv"
    path.write_text("a,b\n1,2\n3,4\n5,7\n")
    return path


def outcome(file: Path, key: str, model: str = "", kind: Kind = "table") -> Outcome:
    """Of a training, or of a file scored by the detector `model`, with a folder of its own."""
    source = OwnFile(key, file.name, file.parent, None, look(file, file.name))
    samples = read_samples(file)
    folder = file.parent / f"{model}{key}"
    folder.mkdir()
    chosen = Chosen(source, kind, Roles(), samples, False, None)
    plan = Plan(source, kind, Roles(), model=model)
    n = len(samples.x)
    score, part = np.zeros(n), np.full(n, TEST, np.int8)
    return Outcome(plan, chosen, folder, samples.row, score, part, 1.0, None, (), key)


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


@pytest.fixture
def machines(tmp_path: Path) -> Outcome:
    """Two machines that are logged in turn; the first three rows have no score, as where a window
    is not full. Machine b is odd for ten of its steps."""
    table = pd.DataFrame(
        {
            "time": np.repeat(pd.date_range("2024-03-01", periods=60, freq="1min"), 2),
            "machine": ["a", "b"] * 60,
            "flow": np.sin(np.arange(120) / 7),
            "heat": np.cos(np.arange(120) / 7),
            "label": 0,
        }
    )
    table.loc[41:59:2, "label"] = 1
    path = tmp_path / "two.csv"
    table.to_csv(path, index=False)
    every = outcome(path, "two", kind="series")
    score = np.where(table["label"] == 1, 5.0, 0.1)[3:]
    part = np.full(117, TEST, np.int8)
    return dataclasses.replace(every, row=every.row[3:], score=score, part=part)


def test_an_event_of_a_machine_is_one_though_another_is_logged_in_between(
    machines: Outcome,
) -> None:
    assert machines.chosen.samples.group is not None
    assert machines.stretches == (1, 1, 0)
    assert (
        own_results.verdict(machines)
        == "1 of 1 labelled stretches caught, 0 other stretches flagged"
    )


def test_an_odd_row_is_told_with_its_time_its_machine_and_its_kind(machines: Outcome) -> None:
    samples = machines.chosen.samples
    class_ = np.where(samples.label == 1, "leak", "ok")
    known = dataclasses.replace(samples, class_=class_)
    chosen = dataclasses.replace(machines.chosen, kind="table", samples=known)
    table = own_explain._table(dataclasses.replace(machines, chosen=chosen), np.array([38, 0]), {})
    assert list(table.columns) == ["", "row", "time", "of", "score", "label", "flow", "heat"]
    odd = table.iloc[0]
    assert (odd["time"], odd["of"], odd["label"]) == ("2024-03-01 00:20:00", "b", "leak")
    assert table["label"].tolist() == ["leak", "ok"]


def test_a_stretch_is_called_by_its_rows_in_the_file_and_stays_in_its_machine(
    machines: Outcome,
) -> None:
    order, stretch = machines.in_time
    (run,) = own_moments.runs(machines.score[order], machines.current, stretch)
    named = own_moments.named(machines, order, run)
    assert named.startswith("rows 42 to 60 of b (from 2024-03-01 00:20:00)")
    there = machines.position[order[run.around(1_000)]]
    samples = machines.chosen.samples
    assert set(samples.group[there]) == {"b"}  # type: ignore[index]
    assert samples.row[there].tolist() == list(range(4, 121, 2))
    flagged = machines.position[order[run.low : run.high]]
    assert (samples.label[flagged] == 1).all()  # type: ignore[index]


def test_anomalies_that_were_learned_from_are_not_counted_as_caught(file: Path) -> None:
    file.write_text("a,b,label\n" + "".join(f"{i},{i * i % 7},{int(i > 15)}\n" for i in range(20)))
    every = outcome(file, "few")
    score = np.where(np.arange(20) > 15, 2.0, 0.0)
    part = np.where(np.arange(20) % 2 == 0, FIT, TEST).astype(np.int8)
    half = dataclasses.replace(every, score=score, part=part)
    assert own_results.verdict(half).startswith("2 of 2 anomalies caught, 0 false alarms among 8 ")
    assert "2 labelled anomalies that taught it or chose its threshold are left out" in (
        own_results.basis(half)
    )
    learned = dataclasses.replace(half, part=np.full(20, FIT, np.int8))
    assert own_results.verdict(learned) == "4 of 20 rows stand out"
    assert "labels cannot judge it" in own_results.basis(learned)
