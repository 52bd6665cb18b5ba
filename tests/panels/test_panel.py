"""MNIST's detectors from files, on a pool of 300 digits: panels, tables, commands, the worker."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from wganad_core.live.panels import (
    Panel,
    Shelf,
    fitted_panel,
    recompute,
    score_all,
    score_split,
    search_split,
    subset,
)
from wganad_core.scoring.evidence import spaces_of
from wganad_core.scoring.inversion import Descent

from tests.direct import Direct, assert_same_model
from wganad_core import pretrained, runs, storage
from wganad_core.__main__ import main, make_parser
from wganad_core.commands import console, train_model
from wganad_core.config import DIGITS, ImageConfig, Method, TrainingConfig
from wganad_core.data import fetch, mnist
from wganad_core.data.latents import walk
from wganad_core.live import panels
from wganad_core.live.client import ModelKey, WorkerError
from wganad_core.records import FloatArray, ScoreTable, Split
from wganad_core.use_cases import MNIST

TINY = ImageConfig(n_latent=3, generator_width=2, critic_width=2, encoder_width=2, hidden=6)
METHODS: tuple[Method, ...] = ("wgan-gp", "encoder", "features", "vae", "bigan")
ABNORMAL, PER_CLASS, N_SUBSET = "4", 30, 20
SHORT = Descent(steps=2, restarts=1)
OURS = MNIST.ours.rules
KEY = ModelKey("mnist", ABNORMAL)
QUICK = {"critic", "encoder", "vae", "bigan", "critic-interval", *OURS}


def make_pool() -> mnist.Digits:
    sample = mnist.load_sample()
    chosen = np.concatenate([np.flatnonzero(sample.labels == d)[:PER_CLASS] for d in range(10)])
    chosen.sort()
    return mnist.Digits(sample.images[chosen], sample.labels[chosen], np.arange(len(chosen)))


DIGITS_THERE = make_pool()
POOL = mnist.DigitPool(DIGITS_THERE)


def make_split(digits: mnist.Digits, abnormal: str = ABNORMAL, protocol: str = "80/20") -> Split:
    """Of each normal digit 14 to fit, 5 to validate, 3 to calibrate, 8 to test."""
    parts: dict[str, list[NDArray[np.int64]]] = {
        "fit": [],
        "validation": [],
        "calibration": [],
        "test": [],
    }
    for digit in range(10):
        members = np.flatnonzero(digits.labels == digit)
        if str(digit) == abnormal:
            parts["test"].append(members)
            continue
        for name, index in zip(parts, np.split(members, [14, 19, 22]), strict=True):
            parts[name].append(index)
    return Split(
        "mnist",
        abnormal,
        protocol,
        np.array(DIGITS)[digits.labels],
        {name: np.sort(np.concatenate(index)) for name, index in parts.items()},
    )


SPLIT = make_split(DIGITS_THERE)
X = POOL.rows(SPLIT.parts["test"], None)


def part(name: str) -> FloatArray:
    return POOL.rows(SPLIT.parts[name], None)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every model of the digit, trained for a step."""
    folder = tmp_path_factory.mktemp("models")
    for method in METHODS:
        generator = None
        if method == "encoder":
            path = pretrained.model_file(folder, ABNORMAL, "wgan-gp")
            generator = pretrained.load_model(path).arrays
        training = TrainingConfig(method=method, batch_size=4, n_critic=1, steps=1)
        task = runs.Task("mnist", ABNORMAL, "80/20", TINY, training)
        run = runs.ModelRun(task, part("fit"), part("validation"), generator)
        list(run.steps())
        pretrained.save_model(
            run.result("command"), pretrained.model_file(folder, ABNORMAL, method)
        )
    return folder


@pytest.fixture(scope="module")
def panel(models: Path) -> Panel:
    assert Panel(models, ABNORMAL).detectors.keys() == QUICK - {"critic-interval", *OURS}
    return fitted_panel(MNIST, models, POOL, SPLIT)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small pool in place of MNIST, for everything that loads it."""
    monkeypatch.setattr(panels, "N_SUBSET", N_SUBSET)
    monkeypatch.setattr(fetch, "dataset_folder", lambda *_: Path("nowhere"))
    monkeypatch.setattr(mnist, "load_mnist", lambda folder: DIGITS_THERE)
    monkeypatch.setattr(mnist, "split_mnist", make_split)


# Panels


def test_a_panel_has_the_detectors_whose_files_are_there(
    models: Path, panel: Panel, tmp_path: Path
) -> None:
    assert panel.detectors.keys() == QUICK
    assert panel.slow.keys() == set(panels.SLOW)
    folder = tmp_path / ABNORMAL
    folder.mkdir()
    with pytest.raises(storage.StorageError, match=r"wgan-gp.safetensors cannot be read"):
        Panel(tmp_path, ABNORMAL)
    expected = {"critic", "encoder"}
    for method in ("wgan-gp", "encoder", "vae", "bigan"):
        shutil.copy(pretrained.model_file(models, ABNORMAL, method), folder)
        if method == "wgan-gp":
            with pytest.raises(storage.StorageError, match=r"encoder.safetensors cannot be read"):
                Panel(tmp_path, ABNORMAL)
            continue
        expected |= {method}
        assert Panel(tmp_path, ABNORMAL).detectors.keys() == expected
    assert Panel(tmp_path, ABNORMAL).sources().features is None


def test_models_of_other_seeds_and_protocols_lie_elsewhere(models: Path, panel: Panel) -> None:
    with pytest.raises(storage.StorageError, match=r"wgan-gp-1.safetensors cannot be read"):
        Panel(models, ABNORMAL, seed=1)
    with pytest.raises(storage.StorageError, match=r"wgan-gp-official.safetensors cannot be"):
        Panel(models, ABNORMAL, protocol="official")


def test_the_panel_uses_the_stored_weights(models: Path, panel: Panel) -> None:
    arrays = panel.wgan.arrays()
    for method in ("wgan-gp", "encoder"):
        model = pretrained.load_model(pretrained.model_file(models, ABNORMAL, method))
        for name, value in model.arrays.items():
            assert np.array_equal(arrays[name], value.astype(np.float32)), name
    assert {name.partition(".")[0] for name in arrays} == {"generator", "critic", "encoder"}


def test_rules_are_fitted_once(models: Path, panel: Panel) -> None:
    path = pretrained.model_file(models, ABNORMAL, "ours")
    before = path.read_bytes()
    stored = pretrained.load_rules(path)
    assert stored.rules.keys() == OURS.keys()
    fit = part("fit")
    f = -panel.detectors["critic"](fit).score
    assert stored.critic_range == pytest.approx((f.min(), f.max()), abs=1e-6)
    spaces = spaces_of(name for names in OURS.values() for name in names)
    assert stored.normals.points.keys() == spaces
    assert all(len(points) == len(fit) for points in stored.normals.points.values())
    assert (stored.normals.k, stored.normals.levels, stored.axes) == (MNIST.ours.k, {}, None)
    # standardised on validation normals: their evidence has median 0 and 90 % quantile 1
    for name, names in OURS.items():
        terms = panel.detectors[name](part("validation")).terms
        assert tuple(terms) == names
        for term in terms.values():
            assert np.median(term) * len(names) == pytest.approx(0, abs=1e-2)
            assert np.quantile(term, 0.9) * len(names) == pytest.approx(1, abs=1e-2)
    again = fitted_panel(MNIST, models, POOL, SPLIT)
    assert path.read_bytes() == before
    assert np.array_equal(again.detectors["ours"](X).score, panel.detectors["ours"](X).score)


def test_rules_of_a_panel_are_its_stored_ones(models: Path, panel: Panel, tmp_path: Path) -> None:
    """What was just fitted and what a file gives are the same detectors."""
    shutil.copytree(models / ABNORMAL, tmp_path / ABNORMAL)
    pretrained.model_file(tmp_path, ABNORMAL, "ours").unlink()
    fresh = fitted_panel(MNIST, tmp_path, POOL, SPLIT)
    for name in OURS:
        assert np.array_equal(fresh.detectors[name](X).score, panel.detectors[name](X).score)


def test_judging_some_and_all(panel: Panel) -> None:
    every = panel.judge(X)
    assert every.keys() == QUICK
    some = panel.judge(X, ["vae", "critic"])
    assert list(some) == ["vae", "critic"]
    for name, judged in some.items():
        assert np.array_equal(judged.score, every[name].score)


@pytest.mark.parametrize("name", panels.SLOW)
def test_a_search_and_its_path(panel: Panel, name: str) -> None:
    judged, path = panel.search(name, X[:3], Descent(steps=6, restarts=2), frames=3)
    assert path is not None
    assert judged.reconstruction is not None
    assert np.array_equal(path.images[-1], judged.reconstruction)
    total = np.sum(list(judged.terms.values()), axis=0)
    np.testing.assert_allclose(judged.score, total, rtol=1e-6)
    assert "prior" not in judged.terms
    plain, none = panel.search(name, X[:3], Descent(steps=6, restarts=2))
    assert none is None
    assert np.array_equal(plain.score, judged.score)
    before = panel.wgan.checksum()
    panel.search(name, X[:1], SHORT)
    assert panel.wgan.checksum() == before


def test_generated_images(panel: Panel) -> None:
    z = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    found = panel.generate(z)
    assert found.shape == (4, 784)
    assert 0 <= found.min() <= found.max() <= 1
    assert np.array_equal(panel.generate(z), found)


# Score tables


@pytest.mark.usefixtures("_small")
def test_the_subset_is_fixed_and_stratified(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = subset(SPLIT)
    assert len(chosen) == len(set(chosen.tolist())) == N_SUBSET
    assert np.array_equal(chosen, np.sort(chosen))
    assert np.array_equal(subset(SPLIT), chosen)
    assert 0 <= chosen.min() <= chosen.max() < len(SPLIT.parts["test"])
    monkeypatch.setattr(panels, "N_SUBSET", 51)  # half of the 102 test images
    half = SPLIT.classes[SPLIT.parts["test"]][subset(SPLIT)]
    for digit in DIGITS:
        share = 15 if digit == ABNORMAL else 4
        assert abs(int((half == digit).sum()) - share) <= 1, digit


@pytest.fixture
def table(panel: Panel, _small: None) -> ScoreTable:
    return ScoreTable.stack(
        [score_split(panel, POOL, SPLIT), search_split(panel, POOL, SPLIT, descent=SHORT)]
    )


def test_the_score_table(panel: Panel, table: ScoreTable) -> None:
    n = {name: len(index) for name, index in SPLIT.parts.items()}
    assert n == {"fit": 126, "validation": 45, "calibration": 27, "test": 102}
    assert set(table.detector.tolist()) == QUICK | set(panels.SLOW)
    for name in QUICK:
        rows = table.where(detector=name)
        counts = {p: len(rows.where(part=p)) for p in n}
        assert counts == {"fit": 2, "validation": 0, "calibration": 27, "test": 102}, name
    for name in panels.SLOW:
        rows = table.where(detector=name)
        assert len(rows) == len(rows.where(part="test")) == N_SUBSET
        np.testing.assert_array_equal(rows.sample_id, ids("test")[subset(SPLIT)])
    assert set(table.use_case.tolist()) == {"mnist"}
    assert set(table.abnormal.tolist()) == {ABNORMAL}
    assert set(table.protocol.tolist()) == {"80/20"}
    assert set(table.seed.tolist()) == {0}
    assert set(table.model.tolist()) == {"wgan-gp", "vae", "bigan"}
    assert set(table.where(detector="vae").model.tolist()) == {"vae"}
    assert set(table.where(detector="bigan").model.tolist()) == {"bigan"}
    np.testing.assert_array_equal(table.label, table.class_ == ABNORMAL)
    assert not table.where(part="calibration").label.any()
    assert not table.where(part="fit").label.any()


def ids(name: str) -> NDArray[np.str_]:
    return mnist.sample_ids(DIGITS_THERE.images[SPLIT.parts[name]])


def test_scores_are_those_of_the_panel(panel: Panel, table: ScoreTable) -> None:
    for name, judged in panel.judge(X).items():
        rows = table.where(detector=name, part="test")
        np.testing.assert_array_equal(rows.sample_id, ids("test"))
        np.testing.assert_array_equal(rows.class_, SPLIT.classes[SPLIT.parts["test"]])
        np.testing.assert_allclose(rows.score, judged.score, rtol=2**-12, atol=1e-7)


def test_rows_of_the_fit_part_are_its_extremes(panel: Panel, table: ScoreTable) -> None:
    for name, judged in panel.judge(part("fit")).items():
        rows = table.where(detector=name, part="fit")
        expected = [judged.score.min(), judged.score.max()]
        np.testing.assert_allclose(rows.score, expected, rtol=2**-12, atol=1e-7)
        at = [judged.score.argmin(), judged.score.argmax()]
        assert rows.sample_id.tolist() == ids("fit")[at].tolist()


@pytest.mark.usefixtures("_small")
def test_recomputing_gives_the_same_scores(
    models: Path, panel: Panel, table: ScoreTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "TABLE_DESCENT", SHORT)
    storage.save_scores(table, tmp_path / "scores.parquet")
    shipped = storage.load_scores(tmp_path / "scores.parquet")
    for _ in range(2):
        again = recompute(MNIST, ABNORMAL, folder=models)
        for field in dataclasses.fields(ScoreTable):
            found, expected = getattr(again, field.name), getattr(shipped, field.name)
            assert np.array_equal(found, expected), field.name


@pytest.mark.usefixtures("_small")
def test_the_quick_table_has_no_searches(models: Path, panel: Panel) -> None:
    table = score_all(MNIST, models, POOL, SPLIT, slow=False)
    assert set(table.detector.tolist()) == QUICK


# Walks


def test_a_walk_stays_on_the_sphere() -> None:
    start, end = np.random.default_rng(0).normal(size=(2, 16)).astype(np.float32)
    end *= np.linalg.norm(start) / np.linalg.norm(end)
    z = walk(start, end, 7)
    assert z.shape == (7, 16)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z[0], start, rtol=0, atol=1e-5)
    np.testing.assert_allclose(z[-1], end, rtol=0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), np.linalg.norm(start), rtol=1e-5)
    steps = np.linalg.norm(np.diff(z, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-4)


def test_walks_by_hand() -> None:
    east, north = np.array([2, 0], np.float32), np.array([0, 2], np.float32)
    half = np.sqrt(2)
    np.testing.assert_allclose(
        walk(east, north, 3), [[2, 0], [half, half], [0, 2]], rtol=0, atol=1e-6
    )
    np.testing.assert_allclose(walk(east, east, 3), [east] * 3, rtol=0, atol=1e-5)
    # between lengths, the ends are kept
    found = walk(east, 3 * north, 2)
    np.testing.assert_allclose(found, [east, 3 * north], rtol=0, atol=1e-5)


# Commands

FEW = ["--steps", "3", "--batch-size", "4", "--n-critic", "1", "--latents", "3"]


def train(folder: Path, method: str, *words: str, abnormal: str = ABNORMAL) -> int:
    return main(
        [
            "train",
            "mnist",
            "--method",
            method,
            "--abnormal",
            abnormal,
            "--out",
            str(folder),
            *FEW,
            *words,
        ]
    )


@pytest.mark.usefixtures("_small")
def test_training_writes_a_model_and_skips_it_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "vae", "--json") == 0
    printed, progress = capsys.readouterr()
    said = json.loads(printed)
    path = tmp_path / ABNORMAL / "vae.safetensors"
    assert said["path"] == str(path)
    assert (said["abnormal"], said["method"], said["steps"]) == (ABNORMAL, "vae", 3)
    assert said["squared_error"] > 0
    assert "3/3" in progress
    model = pretrained.load_model(path)
    assert said["command"] == model.command
    assert model.training.steps == 3
    assert list(path.parent.iterdir()) == [path]  # no checkpoint is left
    chosen = make_parser().parse_args(shlex.split(model.command)[3:])
    task = train_model.task_of(MNIST, chosen, ABNORMAL)
    assert (task.training, task.network) == (model.training, model.network)
    before = path.read_bytes()
    assert train(tmp_path, "vae") == 0
    printed, said_then = capsys.readouterr()
    assert printed == ""
    assert f"{path} is there already; delete it to train it again." in said_then
    assert path.read_bytes() == before


@pytest.mark.usefixtures("_small")
def test_an_interrupted_training_continues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(tmp_path / "whole", "wgan-gp") == 0

    @contextlib.contextmanager
    def at_once() -> Iterator[Callable[[], bool]]:
        yield lambda: True

    path = tmp_path / ABNORMAL / "wgan-gp.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(console, "interrupt_as_flag", at_once)
        assert train(tmp_path, "wgan-gp") == 130
    checkpoint = path.with_suffix(".checkpoint")
    assert f"Stopped at step 1; the same command continues from {checkpoint}." in (
        capsys.readouterr().err
    )
    assert not path.exists()
    assert train(tmp_path, "wgan-gp", "--learning-rate", "0.01") == 1
    assert "belongs to a run with other settings" in capsys.readouterr().err
    assert train(tmp_path, "wgan-gp") == 0
    assert f"Continuing {checkpoint} at step 1." in capsys.readouterr().err
    assert not checkpoint.exists()
    assert_same_model(path, tmp_path / "whole" / ABNORMAL / "wgan-gp.safetensors")


@pytest.mark.usefixtures("_small")
def test_an_encoder_needs_its_generator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, "encoder") == 1
    said = capsys.readouterr().err
    assert (
        f"An encoder needs its generator in {tmp_path / ABNORMAL / 'wgan-gp.safetensors'}" in said
    )
    assert train(tmp_path, "wgan-gp") == 0
    assert train(tmp_path, "encoder", "--latents", "5") == 1
    assert "has 3 latents" in capsys.readouterr().err.splitlines()[-1]
    assert train(tmp_path, "encoder") == 0
    assert {"wgan-gp.safetensors", "encoder.safetensors"} == {
        path.name for path in (tmp_path / ABNORMAL).iterdir()
    }


@pytest.mark.usefixtures("_small")
def test_a_diverged_training_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--learning-rate", "10", "--steps", "300")
    assert train(tmp_path, "vae", *words) == 1
    assert "Training diverged at step" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / ABNORMAL / "vae.safetensors").exists()


@pytest.mark.usefixtures("_small")
def test_all_ten_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, "features", "--steps", "1", abnormal="3") == 0
    capsys.readouterr()
    assert train(tmp_path, "features", "--steps", "1", "--json", abnormal="all") == 0
    printed, said = capsys.readouterr()
    assert [json.loads(line)["abnormal"] for line in printed.splitlines()] == list("012456789")
    assert said.count("is there already") == 1
    assert {path.name for path in tmp_path.iterdir()} == set(DIGITS)


@pytest.mark.usefixtures("_small")
def test_scoring_writes_a_table(
    models: Path, panel: Panel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--abnormal", ABNORMAL, "--models", str(models), "--out", str(tmp_path), "--quick"]
    assert main(["score", "mnist", *words]) == 0
    path = tmp_path / f"{ABNORMAL}.parquet"
    found = storage.load_scores(path)
    expected = score_split(panel, POOL, SPLIT)
    assert len(found) == len(expected) == 7 * (2 + 27 + 102)
    for name in QUICK:
        assert np.array_equal(
            found.where(detector=name).score, expected.where(detector=name).score
        ), name
    assert f"{path}: 917 scores of 7 detectors" in capsys.readouterr().err
    assert main(["score", "mnist", "--abnormal", "5", "--models", str(models)]) == 1
    assert "wgan-gp.safetensors cannot be read" in capsys.readouterr().err


# The worker


@pytest.fixture
def client(models: Path, panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Direct:
    shutil.copytree(models, tmp_path / "mnist")
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    return Direct()


def test_the_worker_judges(client: Direct, panel: Panel) -> None:
    judged, times, _ = client.judge(KEY, X[:5])
    assert judged.keys() == times.keys() == QUICK
    assert min(times.values()) > 0
    for name, expected in panel.judge(X[:5]).items():
        assert np.array_equal(judged[name].score, expected.score), name
        assert list(judged[name].terms) == list(expected.terms)
        for term, value in expected.terms.items():
            assert np.array_equal(judged[name].terms[term], value)
        rebuilt = judged[name].reconstruction
        assert (rebuilt is None) == (expected.reconstruction is None)
        if rebuilt is not None and expected.reconstruction is not None:
            assert np.array_equal(rebuilt, expected.reconstruction)
    some, _, _ = client.judge(KEY, X[:2], ["vae"])
    assert some.keys() == {"vae"}


@pytest.mark.parametrize("name", panels.SLOW)
def test_the_worker_searches(client: Direct, panel: Panel, name: str) -> None:
    found = client.search(KEY, name, X[:2], frames=2, steps=4, restarts=2, seed=5)
    expected, path = panel.search(name, X[:2], Descent(steps=4, restarts=2, seed=5), 2)
    assert path is not None
    assert np.array_equal(found.judgement.score, expected.score)
    assert list(found.judgement.terms) == list(expected.terms)
    assert np.array_equal(found.images, path.images)
    assert np.array_equal(found.losses, path.losses)
    assert found.milliseconds > 0


def test_the_worker_generates(client: Direct, panel: Panel) -> None:
    z = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    assert np.array_equal(client.generate(KEY, z)[0], panel.generate(z))


def test_the_worker_takes_no_images(client: Direct) -> None:
    nothing = np.empty((0, 784), np.float32)
    judged, _, _ = client.judge(KEY, nothing)
    assert all(value.score.shape == (0,) for value in judged.values())
    found = client.search(KEY, "inversion", nothing, frames=2, steps=4)
    assert found.judgement.score.shape == (0,)


def test_the_worker_refuses_in_a_sentence(client: Direct) -> None:
    with pytest.raises(WorkerError, match=r"wgan-gp.safetensors cannot be read"):
        client.judge(ModelKey("mnist", "7"), X[:1])
    with pytest.raises(WorkerError, match="Expected finite samples"):
        client.judge(KEY, np.full((1, 784), np.nan))
    with pytest.raises(WorkerError, match="Expected finite samples"):
        client.search(KEY, "anogan", np.full((1, 784), np.nan))


def test_the_shelf_keeps_the_last_few(client: Direct, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def panel_of(folder: Path, abnormal: str, protocol: str, architecture: str) -> str:
        made.append(abnormal)
        return f"{folder.name} {abnormal} {protocol} {architecture}"

    monkeypatch.setattr(panels, "Panel", panel_of)
    shelf: Any = Shelf(kept=2)
    asked = [shelf.panel("mnist", digit) for digit in "1213"]
    assert asked == [f"mnist {digit} 80/20 image" for digit in "1213"]
    assert made == ["1", "2", "3"]
    assert list(shelf.panels) == [("mnist", "1", "image"), ("mnist", "3", "image")]
    shelf.panel("mnist", "2")
    assert made == ["1", "2", "3", "2"]
    assert shelf.panel("har", "laying") == "har laying test conv"
    assert shelf.panel("har", "laying", "dense") == "har laying test dense"
    assert made == ["1", "2", "3", "2", "laying", "laying"]
