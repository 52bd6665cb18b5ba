"""The one loop: stages one after the other, observed, and resumed to the same end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.small import DENSE, QUICK, SHAPES, TRAININGS, assert_same_state, data
from wganad_core.config import NetworkConfig
from wganad_core.methods import Adversarial, DivergedError
from wganad_core.records import Snapshot
from wganad_core.run import Checkpoint, Run, Stage, one_thread


def run_of(network: NetworkConfig = DENSE, **settings: Any) -> Run:
    """One stage, on points of the plane."""
    return Run(data(), [Stage(QUICK.replace(**settings), network)])


def stages(*methods: str, shape: str = "rows", **settings: Any) -> Run:
    """Several stages of three steps."""
    trainings = [
        QUICK.replace(method=m, steps=3, seed=i, **settings) for i, m in enumerate(methods)
    ]
    return Run(data(shape), [Stage(training, SHAPES[shape]) for training in trainings])


def through_file(run: Run, fresh: Callable[[], Run], path: Path) -> Run:
    """A run of the same kind that goes on from where this one is."""
    checkpoint = Checkpoint(path / "run.checkpoint", {"steps": run.n_steps}, {"x": run.x})
    checkpoint.save(run)
    other = fresh()
    assert checkpoint.load(other)
    assert_same_state(run, other)
    assert (other.step, other.seconds) == (run.step, run.seconds)
    return other


def facts(snapshot: Snapshot) -> tuple[Any, ...]:
    return snapshot.step, snapshot.losses, repr(snapshot.w_estimate)  # NaN equals nothing


def assert_same_end(one: Run, other: Run) -> None:
    for first, second in zip(one, other, strict=True):
        assert facts(first) == facts(second)
        assert one.trainer.networks.checksum() == other.trainer.networks.checksum()
    assert one.finished
    assert_same_state(one, other)
    assert np.array_equal(one.trainer.picture(), other.trainer.picture())


# One stage


def test_a_run_is_an_iterator_of_snapshots() -> None:
    run = run_of()
    assert (run.step, run.n_steps, run.finished) == (0, 7, False)
    assert next(run).step == run.step == 1
    assert [snapshot.step for snapshot in run] == [2, 3, 4, 5, 6, 7]
    assert (run.step, run.finished) == (7, True)
    assert run.seconds > 0
    assert list(run) == []


RESUMED: list[dict[str, Any]] = [
    {"method": method, "optimizer": optimizer, "decay": decay, "average": average}
    for method in ("gan", "wgan-clip", "wgan-gp")
    for optimizer, decay, average in (
        ("adam", "cosine", 0.9),
        ("rmsprop", "linear", 0.5),
        ("adam", "none", 0.0),
    )
]


@pytest.mark.parametrize("settings", RESUMED, ids=lambda s: "-".join(map(str, s.values())))
@pytest.mark.parametrize("network", [DENSE, DENSE.replace(activation="tanh", depth=1)], ids=repr)
def test_a_game_resumed_in_the_middle_of_a_step(
    settings: dict[str, Any], network: NetworkConfig, tmp_path: Path
) -> None:
    whole = run_of(network, **settings)
    for _ in range(3):
        next(whole)
    assert isinstance(whole.trainer, Adversarial)
    whole.trainer.update_critic()
    resumed = through_file(whole, lambda: run_of(network, **settings), tmp_path)
    assert_same_end(whole, resumed)


@pytest.mark.parametrize(("shape", "method"), TRAININGS)
@pytest.mark.parametrize("done", [0, 2])
def test_every_training_resumed(shape: str, method: str, done: int, tmp_path: Path) -> None:
    average = 0.5 if method in ("gan", "wgan-gp", "bigan", "vae") else 0.0
    whole = stages(method, shape=shape, average=average, decay="linear")
    for _ in range(done):
        next(whole)
    fresh = stages(method, shape=shape, average=average, decay="linear")
    assert_same_end(whole, through_file(whole, lambda: fresh, tmp_path))


def test_a_run_can_be_resumed_again_and_again(tmp_path: Path) -> None:
    unbroken, broken = run_of(average=0.5), run_of(average=0.5)
    for _ in range(5):
        assert facts(next(unbroken)) == facts(next(broken))
        broken = through_file(broken, lambda: run_of(average=0.5), tmp_path)
    assert_same_end(unbroken, broken)


def test_a_step_that_diverges_leaves_the_run_where_it_was() -> None:
    run = run_of()
    next(run)
    run.trainer.networks.generator_parameters.vector.data.fill_(torch.inf)
    before = run.trainer.networks.checksum()
    with pytest.raises(DivergedError, match="diverged at step 1"):
        next(run)
    assert (run.step, run.finished) == (1, False)
    assert run.trainer.networks.checksum() == before


# Several stages

THREE = ("gan", "wgan-gp", "encoder")


def test_a_stage_starts_from_the_weights_of_those_before_it() -> None:
    run = stages("wgan-gp", "encoder", average=0.5)
    for _ in range(3):
        snapshot = next(run)
    assert snapshot.step == 3
    assert (run.done, run.step, run.steps_before, run.n_steps) == (1, 3, 3, 6)
    assert {name.partition(".")[0] for name in run.weights} == {"generator", "critic"}
    first = stages("wgan-gp", average=0.5)
    list(first)
    kept = first.trainer.finished_arrays()  # whose generator is the averaged one
    started = run.trainer.networks.arrays()
    for name in [name for name in started if name.startswith("generator.")]:
        assert np.array_equal(started[name], kept[name]), name
    assert [snapshot.step for snapshot in run] == [1, 2, 3]
    assert run.finished
    ended = run.trainer.networks.arrays()
    for name, value in run.weights.items():
        found = ended if name.startswith("encoder.") else kept
        assert np.array_equal(value, found[name]), name


@pytest.mark.parametrize("done", range(10))
def test_several_stages_resumed_at_every_step(done: int, tmp_path: Path) -> None:
    whole = stages(*THREE, average=0.5)
    for _ in range(done):
        next(whole)
    resumed = through_file(whole, lambda: stages(*THREE, average=0.5), tmp_path)
    assert_same_end(whole, resumed)
    assert whole.weights.keys() == resumed.weights.keys()
    assert all(np.array_equal(v, resumed.weights[name]) for name, v in whole.weights.items())


def test_a_stage_may_end_early_with_other_weights() -> None:
    run = stages("wgan-gp", "encoder")
    next(run)
    best = {name: value + 1 for name, value in run.trainer.finished_arrays().items()}
    run.end_stage(best)
    assert (run.step, run.steps_before) == (3, 3)  # as if all of its steps had been made
    assert np.array_equal(run.weights["critic.0.bias"], best["critic.0.bias"])
    found = run.trainer.networks.arrays()["generator.0.bias"]
    assert np.array_equal(found, best["generator.0.bias"])
    assert len(list(run)) == 3


def test_a_run_may_start_from_given_weights() -> None:
    earlier = run_of(seed=5)
    list(earlier)
    training = QUICK.replace(average=0.9)
    run = Run(data(), [Stage(training, DENSE)], start=earlier.weights)
    assert run.trainer.networks.checksum() == earlier.trainer.networks.checksum()
    # and so does the average
    assert np.array_equal(run.trainer.picture(), same_latents(earlier, run))


def same_latents(earlier: Run, run: Run) -> np.ndarray:
    assert isinstance(run.trainer, Adversarial)
    with torch.no_grad():
        return earlier.trainer.networks.generator(run.trainer.fixed_z).numpy()


# Observers


@dataclasses.dataclass
class Steps:
    """Notes when it is called."""

    seen: list[tuple[int, int, int]] = dataclasses.field(default_factory=list)

    def after_step(self, run: Run) -> None:
        self.seen.append((run.done, run.step, run.trainer.n_steps))

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"seen": np.array(self.seen, np.int64).reshape(-1, 3)}, {}

    def load_state(self, arrays: dict[str, Any], meta: dict[str, Any]) -> None:
        self.seen = [(a, b, c) for a, b, c in arrays["seen"].tolist()]


def test_observers_see_every_step_before_the_next_stage_and_survive(tmp_path: Path) -> None:
    expected = [(0, 1, 1), (0, 2, 2), (0, 3, 3), (1, 4, 1), (1, 5, 2), (1, 6, 3)]

    def fresh() -> Run:
        run = stages("wgan-gp", "encoder")
        run.observers = (Steps(), Steps())
        return run

    run = fresh()
    for _ in range(4):
        next(run)
    run = through_file(run, fresh, tmp_path)
    list(run)
    assert [observer.seen for observer in run.observers] == [expected] * 2  # type: ignore[attr-defined]


def test_an_observer_may_end_a_stage() -> None:
    class Enough(Steps):
        def after_step(self, run: Run) -> None:
            super().after_step(run)
            if run.done == 0 and run.trainer.n_steps == 2:
                run.end_stage()

    run, enough = stages("wgan-gp", "encoder"), Enough()
    run.observers = (enough,)
    assert [snapshot.step for snapshot in run] == [1, 2, 1, 2, 3]
    assert [done for done, *_ in enough.seen] == [0, 0, 1, 1, 1]
    assert run.finished


def test_one_thread_inside_and_as_before_after() -> None:
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    with pytest.raises(ValueError, match="on purpose"), one_thread():
        raise ValueError("on purpose")
    assert torch.get_num_threads() == before
