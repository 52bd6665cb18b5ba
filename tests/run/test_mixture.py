"""A lane trained to its end without an audience: what is recorded, kept, resumed and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.small import assert_same_state
from wganad_core import divergence, pretrained
from wganad_core.config import LaneConfig, MixtureConfig, NetworkConfig
from wganad_core.methods import evaluate
from wganad_core.run import Checkpoint, mixture, race
from wganad_core.run.mixture import (
    METRICS,
    MixtureRun,
    fresh_samples,
    look_back,
    modules_of,
    spread,
)
from wganad_core.use_cases import SHARP

RING = MixtureConfig(n_samples=2_000)


@pytest.fixture(autouse=True)
def _few_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact distances between many points take most of the time."""
    for name, n in {"N_MEASURED": 3, "N_FRESH": 1_000, "N_EXACT": 50}.items():
        monkeypatch.setattr(mixture, name, n)
    monkeypatch.setattr(race, "N_TRANSPORT", 50)


def run_of(
    name: str = "ring", own: Any = None, keep_weights: int = 2, **settings: Any
) -> MixtureRun:
    training = SHARP.replace(batch_size=16, n_critic=2, steps=12).replace(**settings)
    lane = LaneConfig(network=NetworkConfig(width=16), training=training)
    return MixtureRun(RING.replace(name=name), lane, own, keep_weights)


def through_file(run: MixtureRun, path: Path, own: Any = None) -> MixtureRun:
    Checkpoint(path, run.plan, run.data).save(run)
    other = run_of(run.mixture_config.name, own)
    assert Checkpoint(path, other.plan, other.data).load(other)
    return other


@pytest.mark.parametrize("name", ["ring", "own"])
def test_a_resumed_run_equals_the_unbroken_one(name: str, tmp_path: Path) -> None:
    own = np.random.default_rng(0).normal(size=(50, 2)) if name == "own" else None
    unbroken, broken = run_of(name, own), run_of(name, own)
    assert [snapshot.step for snapshot in unbroken] == list(range(1, 13))
    for stop in (4, 9):
        while broken.step < stop:
            next(broken)
        broken = through_file(broken, tmp_path / "checkpoint", own)
    assert [snapshot.step for snapshot in broken] == [10, 11, 12]
    assert broken.finished
    one, other = unbroken.result("command"), broken.result("command")
    assert one.weights.keys() == other.weights.keys()
    for step, weights in one.weights.items():
        assert all(np.array_equal(v, other.weights[step][n]) for n, v in weights.items()), step
    for name, value in one.recording.arrays().items():
        np.testing.assert_array_equal(other.recording.arrays()[name], value, err_msg=name)
    assert {**one.metrics, "seconds": 0} == {**other.metrics, "seconds": 0}
    states = [run.lane.run.trainer for run in (unbroken, broken)]
    assert_same_state(*states)


def test_what_a_short_run_keeps(tmp_path: Path) -> None:
    run = run_of()
    list(run)
    result = run.result("command")
    assert [frame.step for frame in result.recording.frames] == list(range(13))
    assert list(result.weights) == [4, 8, 12]  # two more, evenly spaced
    assert {value.dtype for value in result.weights[4].values()} == {np.dtype(np.float16)}
    assert result.metrics.keys() <= set(METRICS)
    samples = fresh_samples(run.lane, 1_000)
    ledger = divergence.mode_ledger(samples, run.mixture)
    assert result.metrics["share_inside"] == ledger.share_inside
    assert result.metrics["n_covered"] == ledger.n_covered
    assert result.metrics["steps"] == 12
    pretrained.save_run(result, tmp_path / "run.safetensors")
    loaded = pretrained.load_run(tmp_path / "run.safetensors")
    kept = {name.partition(".")[0] for name in loaded.weights[12]}
    assert kept == modules_of(loaded).keys() == {"generator", "critic"}
    z = run.lane.trainer.fixed_z.numpy()
    found = evaluate(modules_of(loaded)["generator"], z)
    np.testing.assert_allclose(found, run.lane.trainer.picture(), rtol=0, atol=2e-3)
    seen = look_back(loaded, run.mixture, grid=10, n_samples=30)
    assert seen.field.shape == (10, 10)
    assert seen.samples.shape == (30, 2)
    assert seen.low < seen.high


def test_the_averaged_generator_is_kept() -> None:
    run = run_of(average=0.9, keep_weights=0)
    list(run)
    weights = run.result("command").weights
    assert list(weights) == [12]
    own = run.lane.trainer.networks.arrays()["generator.0.weight"].astype(np.float16)
    assert not np.array_equal(weights[12]["generator.0.weight"], own)


def test_moons_have_no_modes_to_cover() -> None:
    run = run_of("moons", steps=2)
    list(run)
    found = run.result("command").metrics
    assert not found.keys() & {"n_covered", "share_inside", "collapsed_share"}
    assert {"wasserstein", "jensen_shannon"} <= found.keys()


def test_a_diverged_run_ends_early_with_what_it_has() -> None:
    run = run_of()
    for _ in range(5):
        next(run)
    run.lane.trainer.networks.critic_parameters.vector.data.fill_(1e20)  # f overflows
    assert [snapshot.step for snapshot in run] == [5]
    assert run.finished
    assert run.stopped is not None
    assert run.stopped.startswith("Training diverged at step 5")
    result = run.result("command")
    assert result.metrics["steps"] == 5
    assert result.recording.events == [run.stopped]
    assert result.recording.frames[-1].step == 5
    assert list(result.weights) == [4, 5]


@pytest.mark.parametrize(
    ("n", "expected"), [(2, [0, 10]), (3, [0, 5, 10]), (6, [0, 2, 4, 6, 8, 10]), (99, range(11))]
)
def test_evenly_spread(n: int, expected: list[int]) -> None:
    assert spread(range(11), n) == list(expected)
