"""`score FILE --engine dask`: the same scores from a cluster, also when workers die."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import wganad_core
from wganad_core import WGANAnomalyDetector, WGANSeriesDetector
from wganad_core.__main__ import main
from wganad_core.data.own import samples as own_samples
from wganad_core.detector import BLOCK_ROWS
from wganad_core.jobs import Refused, dask_cluster

dask = pytest.importorskip("dask", reason="Dask is optional; pip install -r requirements-dev.txt")
distributed = pytest.importorskip("distributed", reason="pip install -r requirements-dev.txt")

N = 5 * BLOCK_ROWS + 100


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes. A chunk may be lost with one of them, and not with two."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> SimpleNamespace:
    """A saved detector, rows of which some lack a number, and their scores from this process."""
    folder = tmp_path_factory.mktemp("files")
    random = np.random.default_rng(0)
    WGANAnomalyDetector(steps=20, width=8, random_state=0).fit(
        pd.DataFrame(random.normal(size=(300, 3)), columns=list("abc"))
    ).save(folder / "model.safetensors")
    rows = pd.DataFrame(random.normal(size=(N, 3)), columns=list("abc"))
    rows.loc[[7, N - 1], "b"] = np.nan
    rows.to_parquet(folder / "rows.parquet")
    found = SimpleNamespace(
        model=folder / "model.safetensors", rows=folder / "rows.parquet", folder=folder
    )
    with pytest.MonkeyPatch.context() as patch:  # in the chunks that the cluster gets
        patch.setattr(own_samples, "chunk_rows", lambda n_features, **_: BLOCK_ROWS)
        assert main(words(found, "here.csv")) == 0
        assert main(words(found, "here.parquet")) == 0
    return found


def words(files: SimpleNamespace, out: str, *more: str) -> list[str]:
    return [
        "score",
        str(files.rows),
        "--model",
        str(files.model),
        "--out",
        str(files.folder / out),
        *more,
    ]


class Numbered:
    """A detector that tells rows as they are, after a while; it may take its process with it.

    `killers`: numbers of chunks that kill the process, each only the first time if `once`.
    """

    def __init__(self, folder: Path, killers: tuple[int, ...] = (), once: bool = True) -> None:
        self.folder, self.killers, self.once = folder, killers, once

    def anomaly_score(self, X: np.ndarray) -> np.ndarray:
        number = int(X[0, 0])
        attempts = len(list(self.folder.glob(f"{number}-*")))
        (self.folder / f"{number}-{os.getpid()}-{attempts}").touch()
        time.sleep(0.02)
        if number in self.killers and (not attempts or not self.once):
            os.kill(os.getpid(), signal.SIGKILL)
        return X[:, 0] + 0.5

    def attempts(self, number: int) -> int:
        return len(list(self.folder.glob(f"{number}-*")))

    def processes(self) -> set[str]:
        return {path.name.split("-")[1] for path in self.folder.iterdir()}


def chunks(n: int) -> Iterator[SimpleNamespace]:
    return (SimpleNamespace(x=np.full((4, 2), float(number))) for number in range(n))


# ---------------------------------------------------------------- results


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_cluster_writes_the_same_file(kind, cluster, files, monkeypatch, capsys):
    monkeypatch.setattr(own_samples, "chunk_rows", lambda n_features, **_: BLOCK_ROWS)
    more = ("--engine", "dask", "--scheduler", cluster.scheduler_address)
    assert main(words(files, f"there.{kind}", *more)) == 0
    said = capsys.readouterr().err
    assert f"Scoring on 2 Dask workers of {cluster.scheduler_address}." in said
    there, here = (files.folder / f"{name}.{kind}" for name in ("there", "here"))
    if kind == "csv":
        assert there.read_bytes() == here.read_bytes()
    pd.testing.assert_frame_equal(*(READ[kind](path) for path in (there, here)))


READ: Any = {"csv": pd.read_csv, "parquet": pd.read_parquet}


def test_a_cluster_that_dask_is_set_to_use(cluster, files, monkeypatch, capsys):
    monkeypatch.setattr(own_samples, "chunk_rows", lambda n_features, **_: BLOCK_ROWS)
    with dask.config.set({"scheduler-address": cluster.scheduler_address}):
        assert main(words(files, "set.csv", "--engine", "dask")) == 0
    assert cluster.scheduler_address in capsys.readouterr().err
    assert (files.folder / "set.csv").read_bytes() == (files.folder / "here.csv").read_bytes()


def test_all_workers_are_used_and_few_chunks_are_held(cluster, tmp_path):
    detector = Numbered(tmp_path)
    ahead, most = 0, 0

    def counted() -> Iterator[SimpleNamespace]:
        nonlocal ahead, most
        for chunk in chunks(60):
            ahead += 1
            most = max(most, ahead)
            yield chunk

    for number, (_, scores) in enumerate(
        dask_cluster.on_cluster(detector, counted(), cluster.scheduler_address)
    ):
        assert scores.tolist() == [number + 0.5] * 4
        ahead -= 1
    assert len(detector.processes()) == 2
    assert most <= 2 * 2 + 2  # twice the workers' threads, the next one, and the one in hand


def test_a_recording_is_put_together_again(cluster, tmp_path):
    random = np.random.default_rng(3)
    recording = random.normal(size=(2 * BLOCK_ROWS + 100, 2))
    series = WGANSeriesDetector(window=6, stride=1, steps=2, width=4, random_state=0)
    series.fit(recording[:100]).save(tmp_path / "m.safetensors")
    np.save(tmp_path / "r.npy", recording)
    line = ["score", str(tmp_path / "r.npy"), "--model", str(tmp_path / "m.safetensors"), "--out"]
    more = ["--engine", "dask", "--scheduler", cluster.scheduler_address]
    assert main([*line, str(tmp_path / "here.csv")]) == 0
    assert main([*line, str(tmp_path / "there.csv"), *more]) == 0
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()


# ---------------------------------------------------------------- what dies


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_worker_that_is_killed_half_way_changes_nothing(cluster, tmp_path):
    detector = Numbered(tmp_path, killers=(9,))
    found = [
        scores.tolist()
        for _, scores in dask_cluster.on_cluster(detector, chunks(30), cluster.scheduler_address)
    ]
    assert found == [[number + 0.5] * 4 for number in range(30)]
    assert detector.attempts(9) == 2
    assert len(detector.processes()) >= 2


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_results_that_die_with_their_worker_are_computed_again(cluster, files, monkeypatch, capsys):
    """A worker is killed from outside before any result has left the cluster."""
    monkeypatch.setattr(own_samples, "chunk_rows", lambda n_features, **_: BLOCK_ROWS)
    killed: list[int] = []
    real = own_samples.chunks

    def deadly(*arguments: Any, **options: Any) -> Iterator[Any]:
        for number, chunk in enumerate(real(*arguments, **options)):
            if number == 4:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)
            yield chunk

    monkeypatch.setattr(own_samples, "chunks", deadly)
    more = ("--engine", "dask", "--scheduler", cluster.scheduler_address)
    assert main(words(files, "killed.csv", *more)) == 0
    assert killed
    assert (files.folder / "killed.csv").read_bytes() == (files.folder / "here.csv").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_chunk_that_kills_every_worker_ends_the_work(cluster, tmp_path):
    detector = Numbered(tmp_path, killers=(3,), once=False)
    found = dask_cluster.on_cluster(detector, chunks(10), cluster.scheduler_address)
    with pytest.raises(Refused, match="was lost with 2 Dask workers in turn"):
        list(found)
    assert detector.attempts(3) == 2


# ---------------------------------------------------------------- refused


def refusal(files: SimpleNamespace, capsys, *more: str) -> str:
    """The one sentence; nothing is written."""
    capsys.readouterr()
    assert main(words(files, "refused.csv", "--engine", "dask", *more)) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert "Traceback" not in said
    names = {path.name for path in files.folder.iterdir()}
    assert not [name for name in names if name.startswith((".unfinished", "refused"))]
    sentence: str = said.splitlines()[-1]
    return sentence


def test_no_scheduler_answers(files, capsys, monkeypatch):
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        said = refusal(files, capsys, "--scheduler", address)
    assert f"No Dask scheduler answers at {address}" in said
    assert "No Dask scheduler answers at nonsense" in refusal(
        files, capsys, "--scheduler", "nonsense://x"
    ).replace("nonsense://x", "nonsense")


def test_a_scheduler_without_workers(files, capsys, monkeypatch):
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as empty:
        said = refusal(files, capsys, "--scheduler", empty.scheduler_address)
    assert f"has no workers; start some with `dask worker {empty.scheduler_address}`" in said


def test_workers_of_another_version_are_refused(cluster, files, capsys, monkeypatch):
    monkeypatch.setattr(wganad_core, "__version__", "0.0.0")
    said = refusal(files, capsys, "--scheduler", cluster.scheduler_address)
    assert "has wganad_core" in said
    assert "this process 0.0.0; install the same version there" in said


def test_dask_is_not_installed(files, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = refusal(files, capsys)
    assert "`pip install dask distributed` adds it" in said
