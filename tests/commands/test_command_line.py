"""The command line: what it prints, where it writes, how it refuses, stops and continues."""

from __future__ import annotations

import functools
import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from tests.test_config import LANES, MIXTURE_CONFIGS
from wganad_core import pretrained, storage
from wganad_core.__main__ import commands, main, make_parser
from wganad_core.commands.train import settings_of
from wganad_core.config import LaneConfig, MixtureConfig, NetworkConfig, TrainingConfig
from wganad_core.jobs import outputs
from wganad_core.run import Checkpoint
from wganad_core.run.mixture import MixtureRun
from wganad_core.use_cases import command_line

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--n-samples", "500", "--width", "8", "--batch-size", "16", "--n-critic", "1"]


def train(*words: str, method: str = "wgan-gp") -> int:
    return main(["train", "mixture", "--method", method, *SMALL, *words])


def content(run: pretrained.RecordedRun) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything in a run that must not depend on how often it was interrupted."""
    arrays: dict[str, Any] = run.recording.arrays()
    for step, weights in run.weights.items():
        arrays |= {f"{step}.{name}": value for name, value in weights.items()}
    metrics = {name: value for name, value in run.metrics.items() if name != "seconds"}
    return arrays, metrics


def assert_equal(one: pretrained.RecordedRun, other: pretrained.RecordedRun) -> None:
    (arrays, metrics), (other_arrays, other_metrics) = content(one), content(other)
    assert metrics == other_metrics
    assert one.recording.events == other.recording.events
    assert arrays.keys() == other_arrays.keys()
    for name, value in arrays.items():
        np.testing.assert_array_equal(value, other_arrays[name], err_msg=name)


def test_train_writes_a_run_and_prints_json(tmp_path, capfd):
    out = tmp_path / "new folder" / "run.safetensors"
    words = ("--out", str(out), "--json", "--keep-weights", "3", "--seed", "5", "--steps", "20")
    assert train(*words) == 0
    printed, progress = capfd.readouterr()
    said = json.loads(printed)
    assert said["path"] == str(out)
    assert (said["method"], said["seed"], said["steps"]) == ("wgan-gp", 5, 20)
    assert said["stopped"] is None
    assert said["first_collapse_step"] is None
    assert 0 <= said["share_inside"] <= 1
    assert said["seconds"] > 0
    assert "20/20" in progress
    run = pretrained.load_run(out)
    assert sorted(run.weights) == [5, 10, 15, 20]
    assert [frame.step for frame in run.recording.frames] == list(range(21))
    assert {v.dtype for v in run.weights[20].values()} == {np.dtype(np.float16)}
    assert run.metrics == {k: said[k] for k in run.metrics}
    assert list(out.parent.iterdir()) == [out]  # the checkpoint is gone


def test_a_long_run_is_observed_evenly():
    training = TrainingConfig(steps=1000, batch_size=4, n_critic=1)
    lane = LaneConfig(network=NetworkConfig(width=4), training=training)
    run = MixtureRun(MixtureConfig(n_samples=100), lane, keep_weights=2)
    assert [snapshot.step for snapshot in run] == list(range(1, 1001))
    found = run.result("x")
    past = found.recording
    steps = [frame.step for frame in past.frames]
    assert len(steps) == 96
    assert steps[0] == 0
    assert steps[-1] == 1000
    assert set(np.diff(steps)) <= {10, 11}
    assert np.isfinite(past.column("wasserstein")).sum() == 24
    kept = sorted(found.weights)
    assert len(kept) == 3
    assert set(kept) <= set(steps)


def test_the_printed_command_trains_the_same_run(tmp_path, capsys):
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    assert train("--steps", "5", "--sigma", "0.1", "--out", str(first)) == 0
    capsys.readouterr()
    command = pretrained.load_run(first).command
    assert command.startswith("python -m wganad_core train mixture --method wgan-gp ")
    assert main([*shlex.split(command)[3:], "--out", str(second)]) == 0
    assert_equal(pretrained.load_run(first), pretrained.load_run(second))


@settings(max_examples=50)
@given(MIXTURE_CONFIGS.filter(lambda mixture: mixture.name != "own"), LANES)
def test_every_setting_survives_the_command_line(mixture: MixtureConfig, lane: LaneConfig):
    words = shlex.split(command_line(mixture, lane))
    assert settings_of(make_parser().parse_args(words[3:])) == (mixture, lane, None)


def test_points_at_any_scale_are_trained_on_in_units(tmp_path, capsys):
    points = tmp_path / "far.csv"
    rows = [f"{15 + 5 * np.cos(i):.4f},{15 + 5 * np.sin(i):.4f}" for i in range(60)]
    points.write_text("x,y\n" + "\n".join(rows))
    found = settings_of(
        make_parser().parse_args(["train", "mixture", "--data", str(points), "--method", "gan"])
    )[2]
    assert found is not None
    assert np.abs(found).max() <= 1
    assert "were moved by (-15, -15) and divided by 5" in capsys.readouterr().err


def test_points_of_a_file(tmp_path, capsys):
    points, out = tmp_path / "my points.csv", tmp_path / "own.safetensors"
    rows = [f"{np.cos(i):.4f}; {np.sin(i):.4f}" for i in range(30)]
    points.write_text("x;y\n" + "\n".join(rows) + "\n\n")
    words = ["--data", str(points), "--out", str(out), "--steps", "3", "--json"]
    assert train(*words, method="gan") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["n_covered"] is said["collapsed_share"] is None
    assert said["wasserstein"] > 0
    assert shlex.split(said["command"])[7:9] == ["--data", str(points)]
    assert main(["render", "mixture", "--runs", str(out), "--out", str(tmp_path)]) == 1
    assert "draw or upload" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("train mixture --method wgan-gp --steps 0", "steps must be a number at least 1"),
        ("train mixture --method wgan-gp --learning-rate nan", "learning_rate must be a number"),
        ("train mixture --method gan --recipe sharp", "recipe sharp is for wgan-gp"),
        ("train mixture --method gan --data rign", "neither a shape"),
        ("train mixture --method gan --data {folder}", "neither a shape"),
        (
            "train mixture --method gan --data {text}",
            "Column 'y' holds 'b' in line 2; expected numbers",
        ),
        (
            "train mixture --method gan --data {short}",
            "short.csv: Expected 10 to 1,000,000 points;",
        ),
        ("train mixture --method gan --out {folder}", "is a folder"),
        ("train mixture --method gan --out {text}/run", "cannot be written"),
        ("train mixture --method gan --checkpoint {text}", "is no checkpoint of this project"),
        ("info run {text}", "safetensors"),
        ("info run {folder}/none", "cannot be read"),
        ("info run {other}", "holds a detector; expected a run"),
        ("render mixture --runs {text}", "safetensors"),
        ("render mixture --out {text}", "is a file"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(words: str, reason: str, tmp_path, capfd):
    text, short, other = (tmp_path / name for name in ("text.csv", "short.csv", "other"))
    text.write_text("x,y\n1,b\n")
    short.write_text("1,2\n3,4\n")
    storage.save(other, "detector", {"x": np.zeros(3)}, {})
    names = {"folder": tmp_path, "text": text, "short": short, "other": other}
    arguments = [word.format(**names) for word in words.split()]
    if "steps" not in words and words.startswith("train"):
        arguments += [*SMALL, "--steps", "2"]
    assert main(arguments) == 1
    printed, said = capfd.readouterr()
    assert reason in said.splitlines()[-1]
    assert "Traceback" not in said
    assert printed == ""


@pytest.mark.parametrize(
    "words",
    [
        "",
        "train",
        "train mixture",
        "train mixture --method vae",
        "fly me",
        "info run",
        "train mixture --method gan --steps ten",
        "train mixture --method gan --checkpoint-every 0",
        "train mixture --method gan --keep-weights -1",
    ],
)
def test_wrong_usage_exits_with_2(words: str, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(words.split())
    assert exit_.value.code == 2
    assert "usage: python -m wganad_core" in capsys.readouterr().err


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_help_teaches_by_examples_that_parse(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        main([*command.name.split(), "--help"])
    assert exit_.value.code == 0
    shown = capsys.readouterr().out
    examples = [line.strip() for line in shown.splitlines() if line.strip().startswith("python -m")]
    assert examples
    for example in examples:
        chosen = make_parser().parse_args(shlex.split(example)[3:])
        assert work(chosen.run) == work(command.run)


def work(run: Any) -> Any:
    """What a command calls; functions that are bound to a use case are equal to none."""
    return (run.func, run.args) if isinstance(run, functools.partial) else run


def test_the_top_level_help_names_every_verb_and_loads_nothing_heavy():
    code = (
        "import sys, wganad_core.__main__ as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'plotly', 'streamlit', 'pandas', 'numpy', 'sklearn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()"
    shown = done.stdout.partition("examples:\n")[2].splitlines()[: len(commands())]
    for command, example in zip(commands(), shown, strict=True):  # one line each, a whole command
        assert f"{example} ".startswith(f"  python -m wganad_core {command.name} ")


def test_info_says_what_a_run_holds(tmp_path, capsys):
    out = tmp_path / "run.safetensors"
    assert train("--steps", "4", "--out", str(out), "--keep-weights", "1", method="gan") == 0
    capsys.readouterr()
    assert main(["info", "run", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "2, 4" in shown
    assert pretrained.load_run(out).command in shown
    assert main(["info", "run", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["weights_at"] == [2, 4]
    assert said["frames"] == 5
    assert LaneConfig.from_dict(said["lane"]) == pretrained.load_run(out).lane


def test_render_writes_a_page_per_figure(tmp_path, capsys):
    runs = [str(pretrained.shipped_run(method)) for method in ("gan", "wgan-clip", "wgan-gp")]
    folder = tmp_path / "figures"
    assert main(["render", "mixture", "--runs", *runs, "--out", str(folder), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert sorted(files) == sorted(str(path) for path in folder.iterdir())
    numbers = {
        number for file in files for number in Path(file).name.split("-") if number.isdigit()
    }
    assert numbers == {"01", "06", "07", "08", "09", "10", "12", "13"}
    assert all("<html" in Path(file).read_text(encoding="utf-8")[:200] for file in files)
    assert {outputs.holds(Path(file)) for file in files} == {"figure"}  # and may be drawn anew
    assert main(["render", "mixture", "--runs", runs[0], runs[0]]) == 1
    assert "a second run of gan" in capsys.readouterr().err


def test_a_diverged_run_keeps_what_it_has(tmp_path, capfd):
    out = tmp_path / "run.safetensors"
    wild = "--steps 300 --learning-rate 10 --depth 16 --penalty 1000000 --json"
    status = train(*wild.split(), "--out", str(out))
    printed, progress = capfd.readouterr()
    said = json.loads(printed)
    assert status == 1
    assert "diverged at step" in said["stopped"]
    assert progress.splitlines()[-1] == said["stopped"]
    assert "Warning" not in progress
    run = pretrained.load_run(out)
    assert run.recording.events[-1] == said["stopped"]
    assert run.recording.frames[-1].step == said["steps"] < 300
    assert all(np.isfinite(value).all() for value in run.weights[said["steps"]].values())


# ---------------------------------------------------------------- stopping and continuing

LONG = ["--steps", "800", "--checkpoint-every", "50", "--keep-weights", "4"]
LONG += ["--average", "0.9", "--decay", "linear"]


def started(out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "wganad_core", "train", "mixture", "--method", "wgan-gp"]
    command += [*SMALL, *LONG, "--out", str(out)]
    return subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert path.exists()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> pretrained.RecordedRun:
    out = tmp_path_factory.mktemp("unbroken") / "run.safetensors"
    assert train(*LONG, "--out", str(out)) == 0
    return pretrained.load_run(out)


def test_a_killed_run_continues_bit_for_bit(tmp_path, unbroken, capfd):
    out = tmp_path / "run.safetensors"
    checkpoint = tmp_path / "run.checkpoint.safetensors"
    with started(out) as process:
        wait_for(checkpoint, process)
        process.kill()
    assert not out.exists()
    assert main(["info", "run", str(checkpoint)]) == 1
    assert "holds a checkpoint; expected a run" in capfd.readouterr().err
    assert train(*LONG, "--seed", "1", "--out", str(out)) == 1
    assert "other settings (seed 0 there, 1 here)" in capfd.readouterr().err
    assert train(*LONG, "--out", str(out)) == 0
    assert "Continuing" in capfd.readouterr().err
    assert_equal(pretrained.load_run(out), unbroken)
    assert not checkpoint.exists()


def test_ctrl_c_saves_and_says_how_to_continue(tmp_path, unbroken, capfd, monkeypatch):
    out = tmp_path / "run.safetensors"
    checkpoint = tmp_path / "run.checkpoint.safetensors"
    save = Checkpoint.save

    def interrupted(*arguments: Any) -> None:
        monkeypatch.undo()
        save(*arguments)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Checkpoint, "save", interrupted)
    assert train(*LONG, "--out", str(out)) == 130
    said = capfd.readouterr().err
    assert f"the same command continues from {checkpoint}." in said.splitlines()[-1]
    assert "Traceback" not in said
    assert "Stopped at step 51;" in said
    assert train(*LONG, "--out", str(out)) == 0
    assert "Continuing" in capfd.readouterr().err
    assert_equal(pretrained.load_run(out), unbroken)


def test_info_model_tells_how_a_shipped_model_came_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = pretrained.model_file(pretrained.SHIPPED / "mnist", "4", "bigan")
    assert main(["info", "model", str(path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["method"], facts["abnormal"], facts["seed"]) == ("bigan", "4", 0)
    assert facts["command"] == "python -m wganad_core train mnist --method bigan --abnormal 4"
    # it was trained to its last step, and its samples came closer to the normals on the way
    assert facts["history"]["step"][-1] == facts["training"]["steps"] == facts["steps"]
    assert facts["history"]["sliced_w1"][-1] < facts["history"]["sliced_w1"][0] / 5


def test_a_reader_that_has_had_enough_gets_no_traceback() -> None:
    command = f"{sys.executable} -m wganad_core evaluate mnist --abnormal 4 | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("AUPRC in %")
    assert "Traceback" not in done.stderr
