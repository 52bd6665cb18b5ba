"""Nothing of a person's is overwritten: where commands may write, and how they refuse."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.commands.test_score_command import table
from tests.test_scores import table as score_table
from wganad_core import pretrained, storage
from wganad_core.__main__ import main
from wganad_core.commands import render
from wganad_core.jobs import Refused
from wganad_core.jobs.outputs import Output, check_outputs, holds

SHORT = ["--steps", "2", "--width", "4"]
SCORES = "row,score,flagged\n1,2.5,0\n"
FLAGGED = "row,id,score\r\n3,a,2.5\r\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    table(100, 0).to_csv(folder / "data.csv", index=False)
    out = folder / "model.safetensors"
    assert main(["fit", str(folder / "data.csv"), "--out", str(out), *SHORT]) == 0
    return out


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refusal(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> str:
    """The sentence; every file is as it was."""
    before = content(folder)
    capsys.readouterr()
    assert main([*words]) == 1
    assert content(folder) == before
    printed, said = capsys.readouterr()
    assert not printed
    return said.splitlines()[-1]


# What is there


def test_what_this_project_wrote_is_recognised(model: Path, tmp_path: Path) -> None:
    storage.save(tmp_path / "c", "checkpoint of a fit", {"x": np.zeros(3)}, {})
    storage.save(tmp_path / "r", "run", {"x": np.zeros(3)}, {})
    storage.save_scores(score_table([1, 2]), tmp_path / "t.parquet")
    (tmp_path / "scores.csv").write_text(SCORES)
    (tmp_path / "flagged.csv").write_text(FLAGGED)
    out = tmp_path / "s.parquet"
    data = str(model.with_name("data.csv"))
    assert main(["score", data, "--model", str(model), "--out", str(out)]) == 0
    named: dict[Path, str | None] = {
        model: "detector",
        out: "scores",
        tmp_path / "c": "checkpoint",
        tmp_path / "r": "run",
    }
    Image.new("L", (2, 2)).save(tmp_path / "bare.png")
    (tmp_path / "f.png").write_bytes(render.signed((tmp_path / "bare.png").read_bytes()))
    named |= {tmp_path / "f.png": "figure", tmp_path / "bare.png": None}
    named |= {tmp_path / "t.parquet": "score table"}
    named |= {tmp_path / "scores.csv": "scores", tmp_path / "flagged.csv": "flagged rows"}
    assert {path: holds(path) for path in named} == named


@pytest.mark.parametrize(
    "foreign",
    [
        b"PAR1",
        b"a,b\n1,2\n",
        b"row,a\n1,2\n",
        b"row,heat,score\n1,20,0.5\n",  # a table of measurements
        b"row,heat,score,flagged\n1,20,0.5,0\n",
        b"first_row,last_row\n13,25\n",  # ranges that people label by
        b"first_row,last_row,comment\n13,25,worn\n",
        b"\x08\x0a\x12\x07pytorch",
        b"\x10" + bytes(7) + b'{"a": {}}       ',
        b"\xff" * 4_000,
    ],
)
def test_anything_else_is_not(foreign: bytes, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(foreign)
    assert holds(tmp_path / "f") is None
    for what in ("detector", "scores", "flagged rows", "events", "ONNX model"):
        with pytest.raises(Refused, match=f"f is there and is no {what} of this project; choose"):
            check_outputs([Output(tmp_path / "f", what)])
        check_outputs([Output(tmp_path / "f", what)], overwrite=True)


def test_an_empty_file_has_nothing_to_lose(tmp_path: Path) -> None:
    (tmp_path / "new").touch()
    check_outputs([Output(tmp_path / "new", "detector")])


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_files_are_compared_and_not_their_names(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text(SCORES)
    os.link(data, tmp_path / "hard")
    (tmp_path / "soft").symlink_to(data)
    (tmp_path / "lead").symlink_to(tmp_path / "nowhere")
    for name in ("hard", "soft", "data.csv", "../" + tmp_path.name + "/data.csv"):
        with pytest.raises(Refused, match="is what is read; choose another file to write"):
            check_outputs([Output(tmp_path / name, "scores")], [data], overwrite=True)
    for one, other in (("hard", "soft"), ("lead", "nowhere"), ("new", "new")):
        outputs = [Output(tmp_path / one, "scores"), Output(tmp_path / other, "flagged rows")]
        with pytest.raises(Refused, match="is to hold both the scores and the flagged rows; name"):
            check_outputs(outputs, overwrite=True)


# Commands


def test_a_fit_never_takes_its_input_for_its_checkpoint(tmp_path: Path, capsys) -> None:
    data = tmp_path / "pump.safetensors.checkpoint"
    table(100, 0).to_csv(data, index=False)
    said = refusal(capsys, tmp_path, "fit", str(data), "--out", str(tmp_path / "pump.safetensors"))
    assert said == f"{data} is what is read; choose another file to write."


def test_a_threshold_never_takes_its_labels_for_its_events(tmp_path: Path, capsys) -> None:
    scores, faults = tmp_path / "scores.csv", tmp_path / "faults.csv"
    scores.write_text("row,score,flagged\n" + "".join(f"{i},{i}.5,0\n" for i in range(1, 11)))
    faults.write_text("first_row,last_row\n9,10\n")
    words = ["threshold", str(scores), "--label-ranges", str(faults), "--best-f1"]
    for way in ("--events", "--flagged"):
        said = refusal(capsys, tmp_path, *words, way, str(faults), "--overwrite")
        assert said == f"{faults} is what is read; choose another file to write."
        own = tmp_path / f"{way[2:]}.csv"
        for _ in range(2):  # what it wrote itself is replaced
            assert main([*words, way, str(own)]) == 0
            assert holds(own) == {"--events": "events", "--flagged": "flagged rows"}[way]


def test_a_foreign_checkpoint_stays(tmp_path: Path, capsys) -> None:
    table(100, 0).to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "model.safetensors.checkpoint").write_text("the only copy of something")
    words = ["fit", str(tmp_path / "data.csv"), "--out", str(tmp_path / "model.safetensors")]
    for more in ([], ["--overwrite"]):
        said = refusal(capsys, tmp_path, *words, *more, *SHORT)
        assert (
            "model.safetensors.checkpoint is there and is no checkpoint of this project; move it aw"
            in said
        )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("fit {data} --out {foreign}", "detector"),
        ("score {data} --model {model} --out {foreign}", "scores"),
        ("score {data} --model {model} --out {model}.csv", "scores"),
        ("export onnx {model} --out {foreign}", "ONNX model"),
        ("export detector {model} --threshold 1 --out {foreign}", "detector"),
        ("threshold {scores} --threshold 1 --flagged {foreign}", "flagged rows"),
        ("train mixture --method gan --data {points} --steps 1 --out {foreign}", "run"),
        ("score mixture --out {folder}", "score table"),
        ("render mixture --runs {run} --out {folder}", "figure"),
    ],
)
def test_files_of_other_kinds_are_not_replaced(
    words: str, what: str, model: Path, tmp_path: Path, capsys
) -> None:
    files = {name: tmp_path / f"{name}.csv" for name in ("data", "foreign", "scores", "points")}
    files["data"].write_bytes(model.with_name("data.csv").read_bytes())
    files["foreign"].write_text("name,weight\nkiln,3\n")
    files["scores"].write_text(SCORES)
    files["points"].write_text("".join(f"{i},{i % 3}\n" for i in range(20)))
    files |= {"model": tmp_path / "m", "folder": tmp_path, "run": pretrained.shipped_run("gan")}
    for name in ("outside.parquet", "fig-01-06-data-set.html"):
        (tmp_path / name).write_bytes(files["foreign"].read_bytes())
    files["model"].write_bytes(model.read_bytes())
    (tmp_path / "m.csv").write_bytes(model.read_bytes())
    arguments = [word.format(**files) for word in words.split()]
    said = refusal(capsys, tmp_path, *arguments)
    assert f" is there and is no {what} of this project; " in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--data {folder}/p.csv --out {folder}/p.csv", "p.csv is what is read"),
        ("--data {folder}/p.csv --out {folder}/o --checkpoint {folder}/p.csv", "p.csv is what is"),
        ("--out {folder}/o --checkpoint {folder}/o", "o is to hold both the run and the checkpoin"),
    ],
)
def test_the_files_of_a_run_are_apart(words: str, sentence: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "p.csv").write_text("".join(f"{i},{i % 3}\n" for i in range(20)))
    arguments = words.format(folder=tmp_path).split()
    method = ("train", "mixture", "--method", "gan", "--steps", "1")
    assert sentence in refusal(capsys, tmp_path, *method, *arguments)


def test_overwriting_is_possible_when_it_is_meant(model: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "s.csv"
    out.write_text("name,weight\nkiln,3\n")
    words = ["score", str(model.with_name("data.csv")), "--model", str(model), "--out", str(out)]
    assert main([*words, "--overwrite"]) == 0
    assert holds(out) == "scores"
    assert main(words) == 0  # our own may be replaced


def test_an_exported_model_can_be_exported_again(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    words = ["export", "onnx", str(model), "--out", str(tmp_path / "m.onnx")]
    assert main(words) == main(words) == 0


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
@pytest.mark.parametrize("words", ["threshold {} --threshold 1", "evaluate {}"])
def test_pipes_of_scores_are_refused_and_not_waited_for(words: str, tmp_path: Path, capsys) -> None:
    os.mkfifo(tmp_path / "pipe")
    said = refusal(capsys, tmp_path, *words.format(tmp_path / "pipe").split())
    assert "pipe is no file but a pipe, a socket or a device; save its content as a file" in said


@pytest.mark.parametrize("out", [".", "", f"{'x' * 300}.csv", "data.csv/model", "/dev/full"])
@pytest.mark.parametrize("verb", ["fit", "score", "train", "export"])
def test_names_that_no_file_can_have(
    out: str,
    verb: str,
    model: Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "data.csv").write_bytes(model.with_name("data.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    words = {
        "fit": ["fit", "data.csv", "--steps", "2"],
        "score": ["score", "data.csv", "--model", str(model)],
        "train": ["train", "mixture", "--method", "gan", "--steps", "2"],
        "export": ["export", "onnx", str(model)],
    }[verb]
    assert refusal(capsys, tmp_path, *words, "--out", out)
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


TRAIN = {
    "mixture": ["train", "mixture", "--method", "gan", "--steps", "300"],
    "mnist": ["train", "mnist", "--method", "wgan-gp", "--abnormal", "all"],
    "har": ["train", "har", "--method", "wgan-gp", "--abnormal", "laying"],
}


@pytest.fixture
def full() -> Iterator[None]:
    """No byte can be written into any file, as on a full device."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("case", TRAIN)
def test_a_training_is_refused_before_it_begins_where_nothing_can_be_written(
    case: str, full: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(capsys, tmp_path, *TRAIN[case], "--out", str(tmp_path / "new" / "model"))
    assert "could not be written (File too large); free some space or choose another place" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="Linux")
@pytest.mark.parametrize("case", TRAIN)
def test_a_training_into_proc_is_refused_before_it_begins(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "/proc/models" in refusal(capsys, tmp_path, *TRAIN[case], "--out", "/proc/models/x")


@pytest.mark.parametrize("case", ["mnist", "har"])
def test_a_training_into_what_is_no_folder_is_refused(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, models = tmp_path / "data.csv", tmp_path / "laying"
    data.write_text("a,b\n")
    words = TRAIN[case]
    assert "(Not a directory)" in refusal(capsys, tmp_path, *words, "--out", str(data))
    if case == "har":
        models.mkdir()
        (models / "wgan-gp-dense.checkpoint").write_text("the only copy of something")
        words = [*words, "--architecture", "dense", "--out", str(tmp_path)]
        said = refusal(capsys, tmp_path, *words)
        assert "checkpoint is there and is no checkpoint of this project; move it away" in said


@pytest.mark.parametrize("study", ["leaks", "theory", "latent mnist"])
def test_a_study_never_writes_over_what_is_none(
    study: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.csv"
    data.write_text("the only copy of something")
    said = refusal(capsys, tmp_path, "study", *study.split(), "--out", str(data))
    assert f"is there and is no {study.split()[0]} of this project; move it away" in said
    said = refusal(capsys, tmp_path, "study", *study.split(), "--out", str(data / "figures"))
    assert "(Not a directory)" in said


def test_a_name_too_long_to_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = refusal(capsys, tmp_path, "fit", "x" * 300, "--out", str(tmp_path / "m"))
    assert "File name too long" in said
