"""`fit FILE`: what it learns from, writes and prints, and how it refuses and stops."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import platform
import shlex
import signal
import subprocess
import sys
import time
import typing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.commands.test_score_command import NAMES, rows, scored, table
from wganad_core import WGANAnomalyDetector
from wganad_core.__main__ import main, make_parser
from wganad_core.commands import fit as fit_command
from wganad_core.commands.fit import order_of
from wganad_core.commands.fit_options import parameters
from wganad_core.data.own import Roles
from wganad_core.data.unfinished import UNFINISHED
from wganad_core.detector import load
from wganad_core.jobs import fit as fit_job
from wganad_core.jobs.orders import (
    KINDS,
    ExportOrder,
    FitOrder,
    ScoreOrder,
    joined_names,
    packed,
    shell_line,
    unpacked,
)
from wganad_core.jobs.prepare import estimator_class

ROOT = Path(__file__).resolve().parents[2]
SHORT = ["--steps", "10", "--width", "8"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    table(200, 30).to_csv(path, index=False)
    return path


def fitted(capsys, file: Path, *words: str, out: str = "model.safetensors") -> dict[str, Any]:
    """What --json says of a short fit."""
    capsys.readouterr()
    path = file.parent / out
    assert main(["fit", str(file), "--out", str(path), "--json", *words]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["path"] == str(path)
    assert not list(file.parent.glob(f"{UNFINISHED}*"))
    return said


def content(path: Path) -> str:
    """The hash over all that a detector's file holds; safetensors shuffles its metadata."""
    with safetensors.safe_open(path, "numpy") as file:
        digest: str = file.metadata()["sha256"]
    return digest


# ---------------------------------------------------------------- the same as in Python


def test_the_detector_is_the_one_that_python_fits(data, capsys):
    said = fitted(capsys, data, *SHORT, "--seed", "3")
    normal = table(200, 30).iloc[30:][NAMES]
    expected = WGANAnomalyDetector(steps=10, width=8, random_state=3).fit(normal)
    found = load(data.parent / "model.safetensors")
    np.testing.assert_array_equal(found.anomaly_score(normal), expected.anomaly_score(normal))
    assert found.feature_names_in_.tolist() == NAMES
    assert found.get_params() == expected.get_params()
    assert said["threshold"] == float(said["threshold_text"]) == expected.threshold_
    assert said["assumption"] == expected.advice_.assumption
    assert said["expected_false_alarm_rate"] == list(expected.advice_.expected)
    assert (said["n"], said["n_features"], said["anomalies_left_out"]) == (170, 4, 30)
    assert said["steps"] == expected.n_steps_
    assert any("'label' serves as the label" in remark for remark in said["remarks"])


def test_the_printed_command_gives_the_same_file(data, capsys):
    words = ["--features", joined_names(["a, b", "flow"]), "--label-column", "label"]
    said = fitted(capsys, data, *words, *SHORT, "--n-latent", "none", "--decay", "cosine")
    first = content(data.parent / "model.safetensors")
    (data.parent / "model.safetensors").unlink()
    assert main(shlex.split(said["command"])[3:]) == 0
    assert content(data.parent / "model.safetensors") == first
    assert load(data.parent / "model.safetensors").feature_names_in_.tolist() == ["a, b", "flow"]


def test_the_printed_command_knows_the_id_column(data, capsys):
    said = fitted(capsys, data, "--id-column", "flow", *SHORT)
    first = content(data.parent / "model.safetensors")
    assert "--id-column=flow" in shlex.split(said["command"])
    assert main(shlex.split(said["command"])[3:]) == 0
    assert content(data.parent / "model.safetensors") == first


def test_without_a_seed_it_is_the_same_each_time(data, capsys):
    fitted(capsys, data, *SHORT, out="a")
    fitted(capsys, data, *SHORT, out="b")
    assert content(data.parent / "a") == content(data.parent / "b")
    fitted(capsys, data, *SHORT, "--seed", "1", out="c")
    assert content(data.parent / "a") != content(data.parent / "c")


def values_of(parameter: inspect.Parameter, hint: Any) -> st.SearchStrategy[Any]:
    """Values of a parameter's type, allowed or not."""
    kinds = typing.get_args(hint) or (hint,)
    if all(isinstance(kind, str) for kind in kinds):
        return st.sampled_from(kinds)
    known: dict[Any, st.SearchStrategy[Any]] = {
        int: st.integers(0, 10**6),
        float: st.floats(0, 1e6),
        str: st.from_regex(r"[a-z][a-z-]{0,9}", fullmatch=True),
        type(None): st.none(),
        Any: st.integers(0, 2**31),
    }
    return st.one_of(*(known[kind] for kind in kinds))


@st.composite
def kind_and_settings(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(sorted(KINDS)))
    every = {p.name: values_of(p, hint) for p, hint in parameters(estimator_class(kind))}
    chosen = draw(st.lists(st.sampled_from(sorted(every)), unique=True))
    return kind, {name: draw(every[name]) for name in chosen}


@settings(max_examples=60)
@given(kind_and_settings(), st.lists(st.text("ab ,\"'é", min_size=1).map(str.strip).filter(bool)))
def test_every_setting_survives_the_command_line(found, features):
    kind, wanted = found
    roles = Roles(tuple(features) or None, "", "id")
    parameters = tuple(wanted.items())
    order = FitOrder(Path("my data.csv"), Path("m"), roles, kind, (2, 40), parameters)
    chosen = order_of(make_parser().parse_args(shlex.split(shell_line(order))[3:]))
    assert dict(chosen.parameters) == wanted
    assert dataclasses.replace(chosen, parameters=parameters) == order
    assert unpacked(json.loads(json.dumps(packed(order)))) == order


@pytest.mark.parametrize("name", ["-x.csv", "--out", "-", "mnist", "harmless", "a b.csv"])
def test_no_name_of_a_file_becomes_another_word_of_a_command(name):
    file = Path(name)
    orders = FitOrder(file, file), ScoreOrder(file, file, file), ExportOrder(file, file)
    for order in orders:
        chosen = make_parser().parse_args(shlex.split(shell_line(order))[3:])
        found = [getattr(chosen, each, file) for each in ("file", "model", "out")]
        assert found == [file] * 3


# ---------------------------------------------------------------- which rows, which kind


def test_labelled_anomalies_are_left_out_and_rows_without_a_number_are_not(data, capsys):
    broken = table(200, 30)
    broken.loc[[5, 100], "flow"] = np.nan
    broken.to_csv(data, index=False)
    said = fitted(capsys, data, *SHORT)
    assert (said["n"], said["anomalies_left_out"], said["without_all_features"]) == (170, 30, 0)
    said = fitted(capsys, data, *SHORT, "--label-column", "")
    assert (said["n"], said["anomalies_left_out"]) == (200, 0)
    assert said["n_features"] == 4


def test_an_array_has_no_names_to_ask_for(tmp_path, capsys):
    np.save(tmp_path / "data.npy", rows(100, 0))
    fitted(capsys, tmp_path / "data.npy", *SHORT)
    found = load(tmp_path / "model.safetensors")
    assert not hasattr(found, "feature_names_in_")
    assert found.anomaly_score(rows(7, 1)).shape == (7,)


@pytest.mark.parametrize("names", [["x0", "x1", "x2", "x3"], ["x1", "x0", "x2", "x3"]])
def test_names_that_a_file_has_are_kept_even_if_they_only_count(names, tmp_path, capsys):
    frame = pd.DataFrame(rows(200, 0), columns=names)
    frame.to_csv(tmp_path / "data.csv", index=False)
    fitted(capsys, tmp_path / "data.csv", *SHORT)
    found = load(tmp_path / "model.safetensors")
    assert found.feature_names_in_.tolist() == names
    frame[names[::-1]].to_csv(tmp_path / "turned.csv", index=False)
    turned = scored(tmp_path / "turned.csv", tmp_path / "model.safetensors", tmp_path / "s.csv")
    np.testing.assert_array_equal(turned["score"].to_numpy(float), found.anomaly_score(frame))


def test_columns_that_were_chosen_of_an_array_are_found_again(tmp_path, capsys):
    np.save(tmp_path / "data.npy", rows(100, 0))
    fitted(capsys, tmp_path / "data.npy", *SHORT, "--features", "x0,x2")
    found = load(tmp_path / "model.safetensors")
    scores = scored(tmp_path / "data.npy", tmp_path / "model.safetensors", tmp_path / "s.csv")
    expected = found.anomaly_score(pd.DataFrame(rows(100, 0)[:, [0, 2]], columns=["x0", "x2"]))
    np.testing.assert_array_equal(scores["score"].to_numpy(float), expected)


SMALL = [
    *("--generator-width", "2", "--critic-width", "2", "--encoder-width", "2", "--hidden", "4"),
    *("--batch-size", "4", "--steps", "2", "--encoder-steps", "2", "--n-latent", "2"),
]


@pytest.mark.parametrize("named", [True, False])
def test_pixels_are_found_by_their_names(named, tmp_path, capsys):
    pixels = np.random.default_rng(0).random((20, 784))
    frame = pd.DataFrame(pixels, columns=[f"p{i}" for i in range(784)])
    if named:
        frame.to_parquet(tmp_path / "data.parquet")
    else:
        np.save(tmp_path / "data.parquet.npy", pixels.reshape(20, 28, 28))
        (tmp_path / "data.parquet.npy").rename(tmp_path / "data.parquet")
    fitted(capsys, tmp_path / "data.parquet", *SMALL)
    model = tmp_path / "model.safetensors"
    assert hasattr(load(model), "feature_names_in_") == named
    frame[frame.columns[::-1]].to_parquet(tmp_path / "turned.parquet")
    some = [
        scored(tmp_path / f"{name}.parquet", model, tmp_path / "s.csv")["score"].to_numpy(float)
        for name in ("data", "turned")
    ]
    np.testing.assert_array_equal(some[1], some[0])
    frame.rename(columns={"p5": "five"}).to_parquet(tmp_path / "other.parquet")
    words = ["--model", str(model), "--out", str(tmp_path / "other.csv")]
    assert main(["score", str(tmp_path / "other.parquet"), *words]) == 1
    assert "There is no column 'p5'" in capsys.readouterr().err


def test_a_folder_of_images(tmp_path, capsys):
    from PIL import Image

    folder = tmp_path / "images"
    folder.mkdir()
    random = np.random.default_rng(0)
    for i in range(12):
        pixels = random.integers(0, 256, (28, 28), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    said = fitted(capsys, folder, *SMALL)
    assert (said["detector"], said["n"], said["n_features"]) == ("WGANImageDetector", 12, 784)
    out = tmp_path / "scores.csv"
    words = ["--model", str(tmp_path / "model.safetensors"), "--out", str(out)]
    assert main(["score", str(folder), *words]) == 0
    found = pd.read_csv(out)
    assert len(found) == 12
    assert found["id"].str.contains(".png").all()
    assert np.isfinite(found["score"]).all()
    capsys.readouterr()
    assert main(["fit", str(folder), "--out", str(tmp_path / "other"), "--width", "8"]) == 1
    assert "--width is no parameter of WGANImageDetector" in capsys.readouterr().err


def test_a_recording(tmp_path, capsys):
    pd.DataFrame(rows(300, 0), columns=NAMES).to_csv(tmp_path / "r.csv", index=False)
    said = fitted(capsys, tmp_path / "r.csv", *SHORT, "--kind", "series", "--window", "8")
    assert (said["detector"], said["n"], said["n_features"]) == ("WGANSeriesDetector", 300, 4)
    assert load(tmp_path / "model.safetensors").window == 8


def test_what_is_printed(data, capsys):
    assert main(["fit", str(data), "--out", str(data.parent / "m"), *SHORT]) == 0
    printed, said = capsys.readouterr()
    assert "170 of 4 features" in printed
    assert "30 labelled as anomalies" in printed
    assert "python -m wganad_core fit" in printed
    assert "steps/s" in said
    assert "remark: Column 'label' serves as the label." in said


def test_some_rows_of_a_file(data, capsys):
    said = fitted(capsys, data, *SHORT, "--rows", "51:150")
    expected = table(200, 30).iloc[50:150][NAMES]
    model = WGANAnomalyDetector(steps=10, width=8, random_state=0).fit(expected)
    found = load(data.parent / "model.safetensors")
    np.testing.assert_array_equal(found.anomaly_score(expected), model.anomaly_score(expected))
    assert said["n"] == 100
    assert "--rows=51:150" in said["command"]
    capsys.readouterr()
    assert main(["fit", str(data), "--out", str(data.parent / "m"), "--rows", "201:300"]) == 1
    assert "has no row from 201 to 300 that can be used; it has 200," in capsys.readouterr().err


# ---------------------------------------------------------------- refused and stopped


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("{folder}/none.csv --out {folder}/m", "cannot be read: No such file"),
        ("{data} --out {folder}", "is a folder; name the file to write"),
        ("{data} --out {data}", "is what is read"),
        ("{data} --out {data}/m", "cannot be written (Not a directory)"),
        ("{empty} --out {folder}/m", "mpty"),
        ("{header} --out {folder}/m", "no row"),
        ("{text} --out {folder}/m --features a", "'warm' in line 4"),
        ("{one} --out {folder}/m", "one.csv has one row to learn from; a detector needs two"),
        ("{data} --out {folder}/m --kind images", "data.csv: Expected images of 28 × 28, 32 × 32"),
        ("{few} --out {folder}/m --kind series", "few.csv: Expected a stretch of 32 steps"),
        ("{few} --out {folder}/m --kind series --window 3", "few.csv: Expected a recording of two"),
        ("{data} --out {folder}/m --patience 1 --validation-share 0", "patience watches rows that"),
        ("{odd} --out {folder}/m", "has anomalies only"),
        ("{odd} --out {folder}/m --kind series", "has anomalies only"),
        ("{doubled} --out {folder}/m", "Several columns have the name 'a'"),
        ("{missing} --out {folder}/m", "No row has a feature"),
        ("{data} --out {folder}/m --features flow,speed", "There is no column 'speed'"),
        ("{data} --out {folder}/m --steps 0", "steps must be a number at least 1"),
        ("{data} --out {folder}/m --learning-rate nan", "learning_rate must be a number"),
        ("{data} --out {folder}/m --score-method magic", "score_method must be one of "),
        ("{data} --out {folder}/m --false-alarm-rate 2", "false_alarm_rate must be a number"),
        ("{data} --out {folder}/m --window 8", "--window is no parameter of WGANAnomalyDetector"),
        (
            "{data} --out {folder}/m --learning-rate 10 --penalty 1e6 --depth 8",
            "of this fit is kept",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(words, reason, data, tmp_path, capfd):
    texts = {
        "empty": "",
        "header": "a,b\n",
        "text": "a,b\n1,2\n3,4\nwarm,6\n",
        "one": "a,b\n1,2\n",
        "few": "a,b\n1,2\n2,3\n3,4\n",
        "odd": "a,label\n1,1\n2,1\n",
        "doubled": "a,a\n1,2\n3,4\n",
        "missing": "a,b\n,\ninf,\n",
    }
    files = {name: tmp_path / f"{name}.csv" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    arguments = [word.format(folder=tmp_path, data=data, **files) for word in words.split(" ")]
    assert main(["fit", *arguments]) == 1
    printed, said = capfd.readouterr()
    assert reason in said.splitlines()[-1]
    assert "Traceback" not in said
    assert printed == ""
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--features", "a\nb"], r"must be a name in one line; found 'a\nb'"),
        (["--features", '"a\nb"'], "must be a name in one line"),
        (["--features", ""], "must name a column or several, parted by commas; found ''"),
        (["--features", " , "], "must name a column or several"),
        (["--features", "x" * 200_000], "must be names parted by commas; field larger"),
        (["--features", "a\n"], "must be a name in one line"),
        (["--label-column", "a\rb"], "must be a name in one line"),
        (["--id-column", "a\nb"], "must be a name in one line"),
    ],
)
@pytest.mark.parametrize("verb", ["fit", "score"])
def test_names_that_cannot_be_meant_are_wrong_usage(verb, words, reason, data, capsys):
    command = [verb, str(data), "--out", str(data.parent / "o.csv"), *words]
    command += ["--model", "m"] if verb == "score" else []
    with pytest.raises(SystemExit) as exit_:
        main(command)
    assert exit_.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert reason in said
    assert len(said) < 300


@pytest.mark.skipif(os.name == "nt", reason="POSIX files")
def test_pipes_are_neither_read_nor_replaced_and_links_are_written_through(data, capfd):
    folder = data.parent
    os.mkfifo(folder / "pipe")
    for words in (
        [str(folder / "pipe"), "--out", str(folder / "m")],
        [str(data), "--out", str(folder / "pipe")],
        [str(data), "--out", os.devnull],
    ):
        assert main(["fit", *words]) == 1
        assert "is no file but a pipe, a socket or a device" in capfd.readouterr().err
    (folder / "link").symlink_to(folder / "target")
    assert main(["fit", str(data), "--out", str(folder / "link"), *SHORT]) == 0
    assert (folder / "link").is_symlink()
    load(folder / "target")


def test_what_killed_runs_left_is_cleared_away(data):
    strays = [
        data.parent / f"{UNFINISHED}{name}"
        for name in (f"{platform.node()}-{2**22 + n}-0123456789abcdef" for n in (1, 2))
    ]
    for stray in strays:
        stray.touch()
    assert main(["fit", str(data), "--out", str(data.parent / "m"), *SHORT]) == 0
    assert not any(stray.exists() for stray in strays)


def test_ctrl_c_leaves_nothing_half_written(data, monkeypatch, capsys):
    def stopped(order: FitOrder, watch: Any, say: Any) -> None:
        def interrupted(steps: Any) -> None:
            next(steps)
            raise KeyboardInterrupt

        fit_job.fit(order, interrupted, say)

    monkeypatch.setattr(fit_command, "fit", stopped)
    assert main(["fit", str(data), "--out", str(data.with_name("m")), *SHORT]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "Stopped."
    assert list(data.parent.iterdir()) == [data]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_the_same_command_goes_on_where_it_was_cut_off(blow, data, capfd):
    folder = data.parent
    words = ["fit", str(data), "--steps", "200", "--encoder-steps", "300", *SHORT[2:], "--out"]
    assert main([*words, str(folder / "unbroken.safetensors")]) == 0
    words.append(str(folder / "model.safetensors"))
    often = "from wganad_core.detector import learning; learning.SAVE_EVERY = 0; "
    often += f"from wganad_core.__main__ import main; raise SystemExit(main({words}))"
    kept = folder / "model.safetensors.checkpoint"
    with subprocess.Popen(
        [sys.executable, "-c", often],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while not kept.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(blow)
        _, said = process.communicate(timeout=60)
    if blow == signal.SIGINT:
        assert process.returncode == 130
        assert "Traceback" not in said
        assert said.splitlines()[-2:] == [f"The same command goes on from {kept}.", "Stopped."]
    assert not (folder / "model.safetensors").exists()
    capfd.readouterr()
    assert main(words) == 0
    said = capfd.readouterr().err
    assert f"{kept} is there" in said
    assert "starts over" not in said
    assert not kept.exists()
    assert content(folder / "model.safetensors") == content(folder / "unbroken.safetensors")
