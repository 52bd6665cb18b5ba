"""Fits of people's own data: processes of their own that give what shell and Python give."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest

from pages._ui.own.plan import Plan
from pages._ui.own.roles import chosen_roles
from pages._ui.own.source import OwnFile, safe_name
from tests.here import Here
from wganad_core import detector, storage
from wganad_core.__main__ import main
from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own.examples import example
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples
from wganad_core.data.own.stretches import counted, normal_stretch, stretch_csv
from wganad_core.data.runs import runs_of
from wganad_core.jobs.orders import FitOrder, packed
from wganad_core.live import fitting as module
from wganad_core.live import job, protocol
from wganad_core.live.fitting import Fitting, Fittings, JobProcess
from wganad_core.live.own_detectors import explained
from wganad_core.records import PARTS

STEPS = (("steps", 40), ("random_state", 3))
LONG = FitOrder(Path("pump.csv"), Path("long.safetensors"), parameters=(("steps", 20_000),))
ABSENT = FitOrder(Path("absent.csv"), Path("m"))


@pytest.fixture(scope="module")
def here() -> Iterator[Fittings]:
    """Fits in this process."""
    made = Fittings(max_running=1, start=Here)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def fittings() -> Iterator[Fittings]:
    """Fits in processes of their own."""
    made = Fittings(max_running=1)
    yield made
    made.stop()


def source(kind: str, folder: Path) -> OwnFile:
    name, data = example(kind)  # type: ignore[arg-type]
    (folder / name).write_bytes(data)
    return OwnFile(kind, name, folder, kind, look(data, name))  # type: ignore[arg-type]


def finished(fitting: Fitting, state: str = "done") -> Fitting:
    fitting.wait(120)
    assert fitting.state == state, fitting.error
    return fitting


def in_python(plan: Plan, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the snippet that the page shows leaves behind."""
    found: dict[str, object] = {}
    monkeypatch.chdir(folder)
    exec(plan.python(), found)
    return found


def written(path: Path) -> tuple[np.ndarray, np.ndarray]:
    table = pyarrow.csv.read_csv(path)
    return table["score"].to_numpy(), table["flagged"].to_numpy(zero_copy_only=False)


def test_page_shell_and_python_give_the_same(
    here: Fittings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, shell = tmp_path / "page", tmp_path / "shell"
    ours.mkdir()
    shell.mkdir()
    plan = Plan(source("table", ours), "table", Roles(), STEPS, with_label=True)
    found = finished(here.submit(ours, plan.orders()))
    assert found.reports[-1]["step"] == found.reports[-1]["n_steps"] == 80
    assert {report["stage"] for report in found.reports} >= {"generator", "encoder"}

    monkeypatch.chdir(shell)
    source("table", shell)
    with contextlib.redirect_stdout(io.StringIO()):
        for line in plan.shell().splitlines():
            assert main(line.split()[3:]) == 0  # without python -m wganad_core
    assert (shell / plan.scores_name).read_bytes() == (ours / plan.scores_name).read_bytes()

    snippet = in_python(plan, ours, monkeypatch)
    score, flagged = written(ours / plan.scores_name)
    fitted = snippet["detector"]
    assert isinstance(fitted, detector.WGANAnomalyDetector)
    np.testing.assert_array_equal(score, snippet["scores"])
    np.testing.assert_array_equal(score, found.results[1].score)
    assert fitted.threshold_ == found.results[0].threshold
    np.testing.assert_array_equal(flagged, score > fitted.threshold_)
    parts_are_the_estimators(ours, found.results[0].part, fitted, score)


def parts_are_the_estimators(
    folder: Path, part: np.ndarray, fitted: detector.WGANAnomalyDetector, score: np.ndarray
) -> None:
    """Rows that are said to have chosen the threshold are those that did."""
    chose = score[part == PARTS.index("calibration")]
    np.testing.assert_allclose(np.sort(chose), np.sort(fitted.calibration_score_), atol=1e-5)
    label = read_samples(folder / "pump.csv").label
    assert label is not None
    np.testing.assert_array_equal(part == PARTS.index("test"), label == 1)


def test_a_recording_is_learned_from_its_normal_stretch(
    here: Fittings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = source("series", tmp_path)
    samples = read_samples(data.path)
    part = normal_stretch(samples.label, len(samples.x))
    assert (part.start, part.stop) == (0, 2_000)
    plan = Plan(
        data, "series", Roles(), STEPS, with_label=True, stretch=(0, 2_000), rows=(1, 2_000)
    )
    found = finished(here.submit(tmp_path, plan.orders()))
    learned = found.results[0].row[found.results[0].part == PARTS.index("fit")]
    assert 1 <= learned.min() < learned.max() <= 2_000
    snippet = in_python(plan, tmp_path, monkeypatch)
    score, _ = written(tmp_path / plan.scores_name)
    np.testing.assert_array_equal(score, snippet["scores"])
    fitted = snippet["detector"]
    assert isinstance(fitted, detector.WGANSeriesDetector)
    assert fitted.threshold_ == found.results[0].threshold
    normal = read_samples(stretch_csv(samples, part))
    np.testing.assert_array_equal(normal.x, samples.x[:2_000])
    assert normal.features == samples.features
    rebuilt = explained(fitted, samples.x[100:300])
    assert rebuilt["reconstruction"].shape == rebuilt["residual"].shape == (200, 3)
    windows = fitted.explain(samples.x[100:300])
    np.testing.assert_allclose(rebuilt["residual"][:16], windows[0].reshape(32, 3)[:16])


def test_a_cancelled_fit_leaves_no_detector_and_the_next_one_starts(
    fittings: Fittings, tmp_path: Path
) -> None:
    source("table", tmp_path)
    first = fittings.submit(tmp_path, [LONG])
    second = fittings.submit(tmp_path, [ABSENT])
    assert (fittings.place(first), fittings.place(second)) == (0, 1)
    until(lambda: bool(first.reports))
    runner = first.runner
    assert isinstance(runner, JobProcess)
    fittings.cancel(first)
    assert not runner.alive
    assert first.state == "cancelled"
    assert not list(tmp_path.glob("*.safetensors"))  # a slow machine leaves a checkpoint
    second.wait(60)
    assert second.state == "failed"  # it had its turn, and refused
    assert second.error.startswith("absent.csv")


OFTEN = """from wganad_core.detector import learning
from wganad_core.live.job import main
learning.SAVE_EVERY = 0
main()"""


def test_a_cancelled_fit_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PROGRAM", ("-c", OFTEN))  # a checkpoint at every report
    fittings = Fittings(max_running=1)
    source("table", tmp_path)
    parameters = (("steps", 300), ("encoder_steps", 500), ("batch_size", 16), ("width", 8))
    order = dataclasses.replace(LONG, parameters=parameters)
    checkpoint = tmp_path / order.checkpoint
    begun = fittings.submit(tmp_path, [order])
    while not (checkpoint.exists() and begun.reports):
        assert begun.active
        time.sleep(0.01)
    fittings.cancel(begun)
    kept = begun.reports[-1]["step"]
    assert 0 < kept < 800
    again = finished(fittings.submit(tmp_path, [order], begun.reports))
    steps = [report["step"] for report in again.reports]
    assert steps == sorted(steps)
    assert steps.count(kept) <= 1
    assert steps[-1] == 800
    assert not checkpoint.exists()
    fittings.stop()
    assert job.run([dataclasses.replace(order, out=Path("one.safetensors"))], tmp_path, ignore)
    resumed, unbroken = (
        storage.load(tmp_path / f"{name}.safetensors", "detector") for name in ("long", "one")
    )
    np.testing.assert_equal(resumed, unbroken)


def ignore(*_: object) -> None:
    pass


def test_one_that_waits_can_be_cancelled_and_one_that_dies_says_so(
    fittings: Fittings, tmp_path: Path
) -> None:
    source("table", tmp_path)
    first, second = (fittings.submit(tmp_path, [LONG]) for _ in range(2))
    fittings.cancel(second)
    assert (second.state, second.runner) == ("cancelled", None)
    until(lambda: bool(first.reports))
    assert isinstance(first.runner, JobProcess)
    os.kill(first.runner.process.pid, 9)
    first.wait(30)
    assert first.state == "failed"
    assert "memory" in first.error
    assert not list(tmp_path.glob("*.safetensors"))


def until(met, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="names of processes differ")
def test_a_fit_ends_with_its_server(tmp_path: Path) -> None:
    """Whoever held the other end of the pipe is gone: so is the process."""
    process = JobProcess().process
    assert process.stdin is not None
    assert process.stdout is not None
    source("table", tmp_path)
    protocol.write(process.stdin, {}, {"folder": str(tmp_path), "orders": [packed(LONG)]})
    data = protocol.read(process.stdout)
    assert data is not None
    assert "progress" in protocol.peek(data)
    process.stdin.close()
    assert process.wait(20) == 3
    process.stdout.close()
    assert not list(tmp_path.glob("*.safetensors"))  # a slow machine leaves a checkpoint


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, memory has no bound")
def test_a_job_that_asks_for_too_much_memory_says_so(tmp_path: Path) -> None:
    source("table", tmp_path)
    fittings = Fittings(max_running=1, start=lambda: JobProcess(memory=500_000_000))
    wide = (("width", 4096), ("depth", 8), ("steps", 2))
    found = finished(
        fittings.submit(tmp_path, [dataclasses.replace(LONG, parameters=wide)]), "failed"
    )
    assert found.error == job.NO_ROOM.format(most=0.5)
    assert [path.name for path in tmp_path.iterdir()] == ["pump.csv"]
    few = dataclasses.replace(LONG, parameters=(("steps", 2),))
    finished(fittings.submit(tmp_path, [few]))
    fittings.stop()


# Orders, roles, stretches


def test_the_words_of_a_plan(tmp_path: Path) -> None:
    data = source("table", tmp_path)
    roles = Roles(("flow_m3_h", "a, b"), "", "id")
    plan = Plan(data, "table", roles, (("score_method", "critic"),))
    fit, score = (order.words() for order in plan.orders())
    columns = ['--features=flow_m3_h,"a, b"', "--label-column=", "--id-column=id"]
    words = ["fit", "pump.csv", "--out", "pump-detector.safetensors"]
    assert fit == [*words, *columns, "--score-method", "critic", "--beside"]
    assert score[-3:] == columns
    everything = Plan(data, "table", Roles(), with_label=True, labelled=False)
    assert everything.fit.words()[-2:] == ["--label-column=", "--beside"]
    assert "samples.label" not in everything.python()
    saved = Plan(data, "table", roles, model="m.safetensors")
    assert [order.words()[0] for order in saved.orders()] == ["score"]
    assert 'load("m.safetensors")' in saved.python()
    some = Plan(data, "table", roles, stretch=(0, 9), rows=(1, 9))
    assert {"--rows=1:9", "--label-column="} <= set(some.fit.words())
    assert "[0:9]" in some.python()


def test_roles_as_guessed_and_as_chosen() -> None:
    columns = look(b"id,x,y,label\na,1,2,0\nb,2,3,1\n", "t.csv").columns
    guessed = [column.guess for column in columns]
    assert chosen_roles(columns, guessed) == Roles()
    chosen = chosen_roles(columns, ["id", "feature", "leave out", "label"])
    assert chosen == Roles(("x",), "label", "id", "")
    with pytest.raises(DataError, match="Only one column can be the label; found y and label"):
        chosen_roles(columns, ["id", "feature", "label", "label"])
    with pytest.raises(DataError, match="No column is a feature"):
        chosen_roles(columns, ["id", "leave out", "leave out", "label"])


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("pump.csv", "pump.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\my data.csv", "my-data.csv"),
        ("--out.csv", "out.csv"),
        ("…", "data"),
        (".hidden", "hidden"),
        ("$(rm).csv", "rm-.csv"),
        (f"{'x' * 20} {'y' * 75}.csv", f"{'y' * 75}.csv"),
    ],
)
def test_names_of_uploads_are_harmless(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_stretches_of_a_recording() -> None:
    label = np.array([0, 1, 1, 0, 0, 0, 1, 0])
    assert normal_stretch(label, 8) == slice(3, 6)
    assert normal_stretch(None, 8) == slice(0, 8)
    assert normal_stretch(np.ones(4, int), 4) == slice(0, 0)
    flagged = np.array([1, 1, 0, 0, 1, 0, 0, 0], bool)
    assert runs_of(flagged).tolist() == [[0, 2], [4, 5]]
    assert counted(label, flagged) == (1, 2, 1)


def test_what_nobody_foresaw_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_: object) -> None:
        raise RuntimeError("something odd")

    monkeypatch.setattr(job, "fit", odd)
    told: list[dict[str, str]] = []
    assert not job.run([ABSENT], tmp_path, lambda arrays, meta: told.append(meta))
    (said,) = told
    assert "something odd" in said["error"]
    assert "memory" not in said["error"]


def test_a_process_that_cannot_be_started_is_told_and_takes_no_place(tmp_path: Path) -> None:
    failures = iter([OSError(12, "Cannot allocate memory")])

    def started() -> Here:
        for failure in failures:
            raise failure
        return Here()

    fittings = Fittings(max_running=1, start=started)
    first = fittings.submit(tmp_path, [ABSENT])
    assert (first.state, first.active) == ("failed", False)
    assert first.error.startswith("No process could be started for the training (Cannot allocate")
    second = finished(fittings.submit(tmp_path, [ABSENT]), "failed")
    assert second.error.startswith("absent.csv cannot be read")
    fittings.stop()
