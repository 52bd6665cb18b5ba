"""`score FILE`, `evaluate FILE`, `export onnx`, `info model`: a saved detector at work."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from wganad_core import WGANAnomalyDetector, pretrained, storage
from wganad_core.__main__ import main
from wganad_core.data.own import samples as own_samples
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.unfinished import UNFINISHED
from wganad_core.detector import BLOCK_ROWS, WGANSeriesDetector, load
from wganad_core.jobs import Refused, engines
from wganad_core.jobs.pieces import pieces, put_together

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["flow", "pressure", "a, b", "temperature"]
N = 10_000  # two blocks and a rest
PREVIOUS = "row,score,flagged\n1,2,0\n"  # of an earlier score


def rows(n: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    mixing = np.random.default_rng(9).normal(size=(2, len(NAMES)))
    return random.normal(size=(n, 2)) @ mixing + 0.1 * random.normal(size=(n, len(NAMES)))


def table(n: int = N, n_odd: int = 200) -> pd.DataFrame:
    found = pd.DataFrame(rows(n, 1), columns=NAMES)
    found.iloc[:n_odd] += np.random.default_rng(2).normal(size=(n_odd, len(NAMES)))
    found.insert(0, "id", [f"s{i}" for i in range(n)])
    found["label"] = np.arange(n) < n_odd
    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    normal = pd.DataFrame(rows(600, 0), columns=NAMES)
    WGANAnomalyDetector(steps=30, width=16, random_state=0).fit(normal).save(path)
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "data.csv"
    table().to_csv(path, index=False)
    return path


def scored(file: Path, model: Path, out: Path, *words: str) -> pd.DataFrame:
    """What `score` writes, with nothing left beside it."""
    assert main(["score", str(file), "--model", str(model), "--out", str(out), *words]) == 0
    assert not list(out.parent.glob(f"{UNFINISHED}*"))
    if out.suffix == ".csv":
        return pyarrow.csv.read_csv(out).to_pandas(types_mapper=pd.ArrowDtype)
    return pd.read_parquet(out, dtype_backend="pyarrow")


# ---------------------------------------------------------------- what is written


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_rows_get_the_scores_that_python_gives_them(kind: str, model, data, tmp_path, capsys):
    out = tmp_path / "new folder" / f"scores.{kind}"
    found = scored(data, model, out, "--json")
    said = json.loads(capsys.readouterr().out)
    detector = load(model)
    expected = detector.anomaly_score(table()[NAMES])
    assert list(found) == ["row", "id", "label", "score", "flagged"]
    np.testing.assert_array_equal(found["score"].to_numpy(float), expected)
    np.testing.assert_array_equal(found["flagged"].to_numpy(bool), expected > detector.threshold_)
    assert found["row"].tolist() == list(range(1, N + 1))
    assert found["id"].tolist() == table()["id"].tolist()
    assert found["label"].tolist() == table()["label"].astype(int).tolist()
    assert said["path"] == str(out)
    assert (said["n"], said["without_score"]) == (N, 0)
    assert said["flagged"] == (expected > detector.threshold_).sum() > 0
    assert float(said["threshold_text"]) == said["threshold"] == detector.threshold_
    assert said["rows_per_second"] > 0


def test_chunks_threads_and_kinds_of_files_change_no_bit(model, data, tmp_path, monkeypatch):
    every = scored(data, model, tmp_path / "all.csv")["score"].to_numpy(float)
    monkeypatch.setattr(own_samples, "chunk_rows", lambda n_features, **_: BLOCK_ROWS)
    for threads in ("1", "3"):
        some = scored(data, model, tmp_path / "some.parquet", "--threads", threads)
        np.testing.assert_array_equal(some["score"].to_numpy(float), every)
    # Names are found wherever they stand; an array's columns are taken in their order.
    table()[["label", *NAMES[::-1], "id"]].to_parquet(tmp_path / "turned.parquet")
    turned = scored(tmp_path / "turned.parquet", model, tmp_path / "turned.csv")
    np.testing.assert_array_equal(turned["score"].to_numpy(float), every)
    np.save(tmp_path / "array.npy", table()[NAMES].to_numpy())
    array = scored(tmp_path / "array.npy", model, tmp_path / "array.csv")
    np.testing.assert_array_equal(array["score"].to_numpy(float), every)
    assert list(array) == ["row", "score", "flagged"]


def test_rows_of_nothing_get_no_score_and_are_counted(model, tmp_path, capsys):
    broken = table(50, 10)
    broken.loc[3, "flow"] = np.nan
    broken.loc[7, "a, b"] = np.inf
    broken.loc[49, NAMES] = np.nan
    broken.to_csv(tmp_path / "broken.csv", index=False)
    found = scored(tmp_path / "broken.csv", model, tmp_path / "scores.csv", "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["n"], said["without_score"]) == (50, 1)
    without = np.flatnonzero(found["score"].isna())
    assert without.tolist() == np.flatnonzero(found["flagged"].isna()).tolist() == [49]
    assert found["row"].tolist() == list(range(1, 51))
    assert found["id"].tolist() == broken["id"].tolist()
    assert found["label"].tolist() == broken["label"].astype(int).tolist()
    kept = [i for i in range(50) if i not in without]
    there = broken[NAMES].iloc[kept].replace(np.inf, np.nan)
    expected = load(model).anomaly_score(there)
    np.testing.assert_array_equal(found["score"].to_numpy(float, na_value=np.nan)[kept], expected)
    lines = (tmp_path / "scores.csv").read_text().splitlines()
    row = next(csv.reader([lines[50]]))
    assert (row[0], *row[-2:]) == ("50", "", "")


@pytest.mark.parametrize(("threshold", "flagged"), [("inf", 0), ("-inf", 40), ("-0.5", None)])
def test_another_threshold(threshold: str, flagged, model, tmp_path, capsys):
    table(40, 4).to_csv(tmp_path / "data.csv", index=False)
    found = scored(
        tmp_path / "data.csv", model, tmp_path / "s.csv", f"--threshold={threshold}", "--json"
    )
    said = json.loads(capsys.readouterr().out)
    assert said["threshold_text"] == str(float(threshold))
    assert (said["threshold"] is None) == math.isinf(float(threshold))
    expected = found["score"].to_numpy(float) > float(threshold)
    assert found["flagged"].tolist() == expected.tolist()
    assert said["flagged"] == expected.sum() == (expected.sum() if flagged is None else flagged)


def test_a_detector_without_names_takes_columns_that_are_named(tmp_path, capsys):
    unnamed = tmp_path / "unnamed.safetensors"
    WGANAnomalyDetector(steps=5, width=8, random_state=0).fit(rows(100, 0)).save(unnamed)
    table(30, 0).assign(speed=1.0).to_csv(tmp_path / "data.csv", index=False)
    words = ["--features", 'flow,pressure,"a, b",temperature']
    found = scored(tmp_path / "data.csv", unnamed, tmp_path / "s.csv", *words)
    assert "in their order" not in capsys.readouterr().err
    expected = load(unnamed).anomaly_score(table(30, 0)[NAMES].to_numpy())
    np.testing.assert_array_equal(found["score"].to_numpy(float), expected)
    out = tmp_path / "other.csv"
    capsys.readouterr()
    command = ["score", str(tmp_path / "data.csv"), "--model", str(unnamed), "--out", str(out)]
    assert main(command) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "takes 4 features; found 5 (flow, pressure, a, b, temperature, speed)" in said
    assert not out.exists()
    table(30, 0).to_csv(tmp_path / "four.csv", index=False)
    scored(tmp_path / "four.csv", unnamed, tmp_path / "s.csv")
    order = "columns are taken in their order: flow, pressure, a, b, temperature."
    assert f"remark: The detector knows no names; {order}" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_rows_that_were_learned_from_are_told(form: str, tmp_path, capsys):
    frame = table(300, 40)
    write: Any = frame.to_csv if form == "csv" else frame.to_parquet
    write(tmp_path / f"data.{form}", index=False)
    fresh = tmp_path / "fresh.csv"
    frame.iloc[40:-1].to_csv(fresh, index=False)  # all but one of them
    model = tmp_path / "model.safetensors"
    words = ["--out", str(model), "--steps", "2", "--width", "8"]
    assert main(["fit", str(tmp_path / f"data.{form}"), *words]) == 0
    for file, told in ((tmp_path / f"data.{form}", True), (fresh, False)):
        capsys.readouterr()
        scored(file, model, tmp_path / "s.csv", "--json")
        remarks = json.loads(capsys.readouterr().out)["remarks"]
        assert any("was fitted to these very rows" in remark for remark in remarks) == told


def test_a_recording_is_scored_step_by_step(tmp_path, capsys):
    recording = pd.DataFrame(rows(400, 3), columns=NAMES)
    path = tmp_path / "series.safetensors"
    series = WGANSeriesDetector(window=8, stride=4, steps=5, width=8, random_state=0)
    series.fit(recording).save(path)
    recording.to_csv(tmp_path / "recording.csv", index=False)
    found = scored(tmp_path / "recording.csv", path, tmp_path / "s.parquet")
    expected = series.anomaly_score_along(recording)
    np.testing.assert_array_equal(found["score"].to_numpy(float), expected)
    recording.loc[6, "flow"] = np.nan
    recording.to_csv(tmp_path / "lost.csv", index=False)
    found = scored(tmp_path / "lost.csv", path, tmp_path / "lost.parquet")
    assert found.index[found["score"].isna()].tolist() == [6]
    np.testing.assert_array_equal(found["score"][40:].to_numpy(float), expected[40:])
    assert "1 missing rows are interpolated" in capsys.readouterr().err
    recording.loc[100:104, "flow"] = np.nan
    recording.to_csv(tmp_path / "gap.csv", index=False)
    found = scored(tmp_path / "gap.csv", path, tmp_path / "gap.parquet")
    assert found.index[found["score"].isna()].tolist() == [6, *range(100, 105)]
    assert "2 stretches, which gaps of more than 5 steps part" in capsys.readouterr().err


@settings(max_examples=30)
@given(
    window=st.integers(1, 9),
    stride=st.integers(1, 9),
    n=st.integers(0, 120),
    rows_read=st.integers(1, 40),
)
def test_a_recording_in_pieces_scores_as_a_whole(window, stride, n, rows_read):
    """Also when the last window begins where a piece ended."""
    stride = min(stride, window)
    x = rows(window + 1 + n, 5)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("wganad_core.detector", "wganad_core.detector.judging"):
            patch.setattr(f"{module}.BLOCK_ROWS", 4)
        series = WGANSeriesDetector(window=window, stride=stride, steps=1, width=4, random_state=0)
        series.fit(rows(60, 6))
        chunks = [samples(x[at : at + rows_read], at) for at in range(0, len(x), rows_read)]
        cut = list(pieces(chunks, window, stride))
        assert max(len(piece.x) for piece in cut) < 4 * stride + window
        scores = [(piece, series.anomaly_score_along(piece.x)) for piece in cut]
        found = list(put_together(scores, stride))
        expected = series.anomaly_score_along(x)
    whole = np.concatenate([part for _, part in found])
    np.testing.assert_array_equal(whole, expected)
    np.testing.assert_array_equal(np.concatenate([p.row for p, _ in found]), np.arange(len(x)) + 1)
    np.testing.assert_array_equal(np.concatenate([p.x for p, _ in found]), x)


def samples(x: np.ndarray, start: int) -> OwnSamples:
    row = np.arange(start, start + len(x)) + 1
    names = tuple(NAMES)
    return OwnSamples("r", x, names, row)


def test_a_long_recording_is_scored_in_pieces(tmp_path, monkeypatch):
    recording = rows(3 * BLOCK_ROWS + 7, 3)
    np.save(tmp_path / "recording.npy", recording)
    series = WGANSeriesDetector(window=4, stride=2, steps=5, width=8, random_state=0)
    series.fit(recording[:400]).save(tmp_path / "series.safetensors")
    monkeypatch.setattr(own_samples, "chunk_rows", lambda n_features, **_: 1000)
    sizes = sizes_of_what_is_scored(monkeypatch)
    found = scored(tmp_path / "recording.npy", tmp_path / "series.safetensors", tmp_path / "s.csv")
    expected = series.anomaly_score_along(recording)
    np.testing.assert_array_equal(found["score"].to_numpy(float), expected)
    assert found["row"].tolist() == list(range(1, len(recording) + 1))
    assert sizes == [2 * BLOCK_ROWS + 2, len(recording) - 2 * BLOCK_ROWS]


def sizes_of_what_is_scored(monkeypatch, real=engines.score) -> list[int]:
    """Grows by the rows of each chunk."""
    sizes: list[int] = []

    def noted(detector: Any, x: np.ndarray) -> np.ndarray:
        sizes.append(len(x))
        return real(detector, x)

    monkeypatch.setattr(engines, "score", noted)
    return sizes


# ---------------------------------------------------------------- refused, failed, stopped


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("score {data} --model {model} --out {folder}/s.txt", "is neither .csv nor .parquet"),
        ("score {data} --model {model} --out {data}", "is what is read; choose another"),
        ("score {data} --model {model} --out {folder}/d.csv", "is a folder; name the file"),
        ("score {data} --model {model} --out {data}/s.csv", "cannot be written (Not a dir"),
        ("score {data} --model {model} --out {folder}/s.csv --scheduler tcp://x:1", "--engine"),
        (
            "score {data} --model {model} --out {folder}/s.csv --engine dask --threads 2",
            "--threads is of this process",
        ),
        ("score {short} --model {series} --out {folder}/s.csv", "short.csv: Expected a recording"),
        ("score {data} --model {classless} --out {folder}/s.csv", "is no usable detector ("),
        ("info model {classless}", "is no usable detector ("),
        ("export detector {model} --threshold 1 --out {model}", "is what is read"),
        ("export detector {data} --threshold 1 --out {folder}/new", "not a safetensors file"),
        ("score {folder}/none.csv --model {model} --out {folder}/s.csv", "cannot be read: No such"),
        ("score {data} --model {folder}/none --out {folder}/s.csv", "cannot be read: No such"),
        ("score {data} --model {empty} --out {folder}/s.csv", "truncated or not a safetensors"),
        ("score {data} --model {foreign} --out {folder}/s.csv", "holds a run; expected a detector"),
        ("score {empty} --model {model} --out {folder}/s.csv", "mpty"),
        ("score {header} --model {model} --out {folder}/s.csv", "no row"),
        ("score {text} --model {model} --out {folder}/s.csv", "'warm' in line 5,001"),
        ("score {few} --model {model} --out {folder}/s.csv", "There is no column"),
        ("score {data} --model {model} --out {folder}/s.csv --label-column x", "no column 'x'"),
        ("evaluate {folder}/none.csv", "cannot be read"),
        ("evaluate {unlabelled}", "has no labels; evaluating needs a column 'label'"),
        ("evaluate {one_class}", "has normals only"),
        ("evaluate {unlabelled} --resamples 3", "at least 20; found 3"),
        ("export onnx {empty} --out {folder}/m.onnx", "truncated or not a safetensors"),
        ("export onnx {model} --out {folder}/d.csv", "is a folder"),
        ("export onnx {model} --out {model}", "is what is read"),
        ("info model {empty}", "truncated or not a safetensors"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    words: str, reason: str, model: Path, data: Path, tmp_path: Path, capfd
):
    (tmp_path / "d.csv").mkdir()
    files = {
        name: tmp_path / f"{name}.csv"
        for name in (
            "empty",
            "header",
            "text",
            "few",
            "foreign",
            "unlabelled",
            "one_class",
            "classless",
            "series",
            "short",
        )
    }
    files["empty"].write_bytes(b"")
    files["header"].write_text(f"{','.join(n for n in NAMES if ',' not in n)}\n")
    wrong = table().astype({"temperature": object})
    wrong.loc[4999, "temperature"] = "warm"
    wrong.to_csv(files["text"], index=False)
    table()[NAMES[:2]].to_csv(files["few"], index=False)
    storage.save(files["foreign"], "run", {"x": np.zeros(3)}, {})
    storage.save(files["classless"], "detector", {"x": np.zeros(3)}, {})
    series = WGANSeriesDetector(window=8, steps=1, width=8, random_state=0)
    series.fit(pd.DataFrame(rows(50, 0), columns=NAMES)).save(files["series"])
    table(5, 0).to_csv(files["short"], index=False)
    files["unlabelled"].write_text("score\n1\n2\n")
    files["one_class"].write_text("score,label\n1,0\n2,0\n")
    before = {path: path.read_bytes() for path in (*files.values(), model, data)}
    listed = sorted(tmp_path.iterdir())
    named: dict[str, Any] = {"folder": tmp_path, "model": model, "data": data, **files}
    assert main([word.format(**named) for word in words.split(" ")]) == 1
    printed, said = capfd.readouterr()
    assert reason in said.splitlines()[-1]
    assert "Traceback" not in said
    assert printed == ""
    assert sorted(tmp_path.iterdir()) == listed
    assert {path: path.read_bytes() for path in before} == before


def test_a_failure_half_way_leaves_the_previous_file(model, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(own_samples, "chunk_rows", lambda n_features, **_: 256)
    wrong = table(2000, 0).astype({"flow": object})
    wrong.loc[1500, "flow"] = "warm"
    wrong.to_csv(tmp_path / "wrong.csv", index=False)
    out = tmp_path / "scores.csv"
    out.write_text(PREVIOUS)
    listed = sorted(tmp_path.iterdir())
    words = ["score", str(tmp_path / "wrong.csv"), "--model", str(model), "--out", str(out)]
    assert main(words) == 1
    assert "'warm'" in capfd.readouterr().err
    assert out.read_text() == PREVIOUS
    assert sorted(tmp_path.iterdir()) == listed


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_full_disk_is_told_in_a_sentence(kind, model, data, tmp_path, monkeypatch, capfd):
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / f"scores.{kind}"
    out.write_text(PREVIOUS)
    monkeypatch.setattr(os, "fsync", full)
    assert main(["score", str(data), "--model", str(model), "--out", str(out)]) == 1
    assert "could not be written (No space left on device)" in capfd.readouterr().err
    assert out.read_text() == PREVIOUS
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_does_not_wait_for_a_slow_detector(model, tmp_path):
    out = tmp_path / "out" / "scores.csv"
    np.save(tmp_path / "rows.npy", rows(5_000, 4))
    words = ["score", str(tmp_path / "rows.npy"), "--model", str(model), "--out", str(out)]
    slow = "import sys, time; from wganad_core.jobs import engines; "
    slow += "engines.score = lambda *_: (print('here', file=sys.stderr), time.sleep(100)); "
    slow += f"sys.argv[1:] = {words}; from wganad_core.__main__ import run; run()"
    with subprocess.Popen(
        [sys.executable, "-c", slow],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        shown = ""
        while "here" not in shown and process.poll() is None:
            shown += process.stderr.read(1)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert time.monotonic() - began < 3
    assert process.returncode == 130
    assert said.splitlines()[-1] == "Stopped."
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("method", ["inversion", "ours"])
def test_a_search_is_scored_block_by_block(method: str, monkeypatch, tmp_path):
    one = WGANAnomalyDetector(score_method=method, steps=2, width=4, random_state=0)
    one.fit(rows(100, 0)).save(tmp_path / "model.safetensors")
    np.save(tmp_path / "rows.npy", rows(N, 4))
    sizes = sizes_of_what_is_scored(monkeypatch, lambda detector, x: x[:, 0])
    scored(tmp_path / "rows.npy", tmp_path / "model.safetensors", tmp_path / "s.csv")
    blocks = [BLOCK_ROWS, BLOCK_ROWS, N - 2 * BLOCK_ROWS]
    assert sizes == (blocks if method == "inversion" else [N])


def test_ctrl_c_leaves_nothing_half_written(model, data, tmp_path, monkeypatch, capfd):
    written: list[bool] = []

    def interrupted(detector: Any, x: np.ndarray) -> np.ndarray:
        if len(written) == 2:  # the first has been written by now
            raise KeyboardInterrupt
        written.append(True)
        return x[:, 0]

    monkeypatch.setattr(own_samples, "chunk_rows", lambda n_features, **_: BLOCK_ROWS)
    monkeypatch.setattr(engines, "score", interrupted)
    words = ["score", str(data), "--model", str(model), "--out", str(tmp_path / "out" / "s.csv")]
    assert main([*words, "--threads", "1"]) == 130
    said = capfd.readouterr().err
    assert said.splitlines()[-1] == "Stopped."
    assert "Traceback" not in said
    assert list((tmp_path / "out").iterdir()) == []


# ---------------------------------------------------------------- the pipeline of chunks


class Counted:
    """A detector whose chunks are counted while they are alive."""

    def anomaly_score(self, X: np.ndarray) -> np.ndarray:
        time.sleep(0.005 * (X[0, 0] % 3))  # chunks end in another order than they began
        return X[:, 0]


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_few_chunks_are_held_and_order_is_kept(n_threads: int):
    begun, ended, most = 0, 0, 0

    def chunks() -> Iterator[SimpleNamespace]:
        nonlocal begun, most
        for number in range(40):
            begun += 1
            most = max(most, begun - ended)
            yield SimpleNamespace(x=np.full((3, 2), float(number)))

    numbers = []
    for chunk, found in engines.in_threads(Counted(), chunks(), n_threads):
        assert found.tolist() == chunk.x[:, 0].tolist()
        numbers.append(found[0])
        ended += 1
    assert numbers == list(range(40))
    assert most == n_threads + 1


def test_an_error_of_one_chunk_ends_the_work():
    class Failing:
        def anomaly_score(self, X: np.ndarray) -> np.ndarray:
            if X[0, 0] == 5:
                raise ValueError("five")
            return X[:, 0]

    chunks = (SimpleNamespace(x=np.full((1, 1), float(i))) for i in range(1000))
    found = engines.in_threads(Failing(), chunks, 2)
    with pytest.raises(Refused, match="five"):
        list(found)
    assert next(chunks).x[0, 0] < 10


# ---------------------------------------------------------------- after scoring


def test_evaluate_says_what_scikit_learn_says(model, data, tmp_path, capsys):
    out = tmp_path / "scores.parquet"
    found = scored(data, model, out)
    label, score = found["label"].to_numpy(int), found["score"].to_numpy(float)
    capsys.readouterr()
    assert main(["evaluate", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["auprc"] == pytest.approx(average_precision_score(label, score), rel=1e-12)
    assert said["auroc"] == pytest.approx(roc_auc_score(label, score), rel=1e-12)
    assert (said["n"], said["n_anomalies"], said["base_rate"]) == (N, 200, 0.02)
    for name in ("auprc", "auroc"):
        low, high = said[f"{name}_interval"]
        assert low < said[name] < high
    flagged = score > float(said["best_f1_threshold_text"])
    f1 = 2 * (flagged & (label == 1)).sum() / (flagged.sum() + 200)
    assert said["best_f1"] == pytest.approx(f1, rel=1e-12)
    every = [2 * (label[score > t] == 1).sum() / ((score > t).sum() + 200) for t in score[::7]]
    assert said["best_f1"] >= max(every)
    assert 0 < said["floor"] < said["base_rate"]
    assert main(["evaluate", str(out), "--resamples", "40"]) == 0
    shown = capsys.readouterr().out
    assert f"{100 * said['auprc']:.1f}% (" in shown
    assert "40 resamples by sample" in shown


def test_evaluate_agrees_with_the_board_on_a_table_that_ships(capsys):
    words = ["evaluate", str(pretrained.SHIPPED / "mnist" / "scores" / "3.parquet")]
    assert main([*words, "--detector", "ours", "--resamples", "20", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert main(["evaluate", "mnist", "--abnormal", "3", "--detector", "ours", "--json"]) == 0
    first = min(json.loads(capsys.readouterr().out), key=lambda row: row["seed"])
    for name in ("auprc", "auroc", "n", "base_rate"):
        assert said[name] == pytest.approx(first[name], rel=1e-9)
    assert main(words) == 1
    assert "detector" in capsys.readouterr().err


def test_few_anomalies_are_warned_of(tmp_path, capsys):
    (tmp_path / "s.csv").write_text("score,label\n0,0\n1,0\n2,0\n3,1\n")
    assert main(["evaluate", str(tmp_path / "s.csv")]) == 0
    shown = capsys.readouterr().out
    assert "Only 1 anomalies and 3 normals" in shown
    assert "none: they need two samples of each kind" in shown


def test_the_threshold_command_reads_what_score_writes(model, data, tmp_path, capsys):
    found = scored(data, model, tmp_path / "s.csv")
    capsys.readouterr()
    words = ["threshold", str(tmp_path / "s.csv"), "--recall", "0.5", "--json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    odd = found["score"].to_numpy(float)[found["label"].to_numpy(int) == 1]
    assert (odd > said["threshold"]).mean() == said["recall"] >= 0.5


def test_onnx_gives_the_same_scores_and_flags(model, data, tmp_path, capsys):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    out = tmp_path / "model.onnx"
    assert main(["export", "onnx", str(model), "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["path"] == str(out)
    assert said["bytes"] == out.stat().st_size
    assert said["input_type"] == "float32"
    found = scored(data, model, tmp_path / "s.parquet")
    session = runtime.InferenceSession(str(out))
    x = table()[NAMES].to_numpy(np.float32)
    score, _ = session.run(["score", "flagged"], {session.get_inputs()[0].name: x})
    np.testing.assert_allclose(score.ravel(), found["score"].to_numpy(float), atol=1e-4, rtol=1e-4)


def test_info_says_what_a_detector_holds(model, capsys):
    detector = load(model)
    assert main(["info", "model", str(model), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["detector"] == "WGANAnomalyDetector"
    assert said["features"] == NAMES
    assert said["threshold"] == detector.threshold_
    assert said["parameters"]["width"] == 16
    assert said["score_quantiles"] == detector.score_quantiles_.tolist()
    assert "torch" in said["versions"]
    assert main(["info", "model", str(model)]) == 0
    shown = capsys.readouterr().out
    assert repr(detector.threshold_) in shown
    assert "flow, pressure" in shown


def test_a_tampered_detector_is_refused(model, tmp_path, capfd):
    data = bytearray(model.read_bytes())
    data[-1] ^= 1
    (tmp_path / "m.safetensors").write_bytes(data)
    assert main(["info", "model", str(tmp_path / "m.safetensors")]) == 1
    assert "does not match its own hash" in capfd.readouterr().err


# ---------------------------------------------------------------- a threshold of one's own


@pytest.mark.parametrize("threshold", ["2.5", "-1.5", "inf"])
def test_a_detector_with_another_threshold(threshold: str, model, data, tmp_path, capsys):
    new = tmp_path / "new.safetensors"
    words = ["export", "detector", str(model), f"--threshold={threshold}", "--out", str(new)]
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["path"] == str(new)
    assert (said["rule"], float(said["threshold_text"])) == ("given", float(threshold))
    assert main(words) == 0
    assert threshold in capsys.readouterr().out
    by_option = scored(data, model, tmp_path / "a.csv", f"--threshold={threshold}")
    by_file = scored(data, new, tmp_path / "b.csv")
    pd.testing.assert_frame_equal(by_option, by_file)
    capsys.readouterr()
    assert main(["info", "model", str(new), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rule"], said["false_alarm_rate"]) == ("given", None)
    assert "rests on no rule" in said["assumption"]


@pytest.mark.parametrize("threshold", ["nan", "much"])
def test_a_threshold_is_a_number(threshold: str, model, tmp_path, capsys):
    for noun, out in (("onnx", "m.onnx"), ("detector", "m.safetensors")):
        words = ["export", noun, str(model), "--threshold", threshold, "--out"]
        with pytest.raises(SystemExit) as exit_:
            main([*words, str(tmp_path / out)])
        assert exit_.value.code == 2
        assert "argument --threshold" in capsys.readouterr().err


def test_onnx_with_a_threshold_and_large_values(model, tmp_path, capsys):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    large = tmp_path / "large.safetensors"
    one = WGANAnomalyDetector(steps=2, width=8, random_state=0).fit(rows(100, 0) + 1.7e9)
    one.set_params(score_method="critic").save(large)
    out = tmp_path / "large.onnx"
    words = ["export", "onnx", str(large), "--out", str(out), "--threshold=0.5"]
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["input_type"], said["score_method"], said["threshold"]) == ("float64", "ours", 0.5)
    session = runtime.InferenceSession(str(out))
    assert session.get_inputs()[0].type == "tensor(double)"
    score, flagged = session.run(["score", "flagged"], {"x": rows(50, 3) + 1.7e9})
    np.testing.assert_array_equal(flagged, score > 0.5)
    assert main(words) == 0
    assert "input type" in capsys.readouterr().out
