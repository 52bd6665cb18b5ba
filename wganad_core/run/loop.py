"""The one loop: stages trained one after the other, watched by observers, kept in checkpoints.

    run = Run(x, [Stage(TrainingConfig(steps=1000))])
    for snapshot in run:
        print(snapshot.step, snapshot.w_estimate)

Pause = do not pull; a step = `next(run)`. The command line and the estimators exhaust a run, a
race pulls several on one clock. The same data, stages and seeds give the same snapshots, also
when a checkpoint comes in between (bit for bit on one platform with one torch thread).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.config import AnyNetworkConfig, TrainingConfig
from wganad_core.methods import TRAINERS, Trainer, make_trainer
from wganad_core.packing import unpack
from wganad_core.records import FloatArray, Snapshot

Weights = Mapping[str, NDArray[Any]]
State = tuple[dict[str, NDArray[Any]], dict[str, Any]]


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread inside: more would change the bits, and small networks gain nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def device_of(wish: str) -> str:
    """`auto`, `cpu` or `cuda` as a device of PyTorch's; `auto` is a GPU where there is one. Raises
    `ValueError` for one that is not there."""
    if wish != "cpu":
        there = torch.cuda.is_available()
        if there:
            torch.backends.cudnn.deterministic = True  # or a resumed run would go another way
            return "cuda"
        if wish == "cuda":
            raise ValueError(
                "Expected a GPU, but PyTorch finds none that it can use; choose cpu or auto."
            )
    return "cpu"


def train(trainer: Trainer) -> Iterator[Snapshot]:
    """Take a trainer to the end of its steps, a snapshot after each. Raises `DivergedError` in
    place of an update that is not finite."""
    while trainer.n_steps < trainer.config.steps:
        trainer.step()
        yield trainer.snapshot()


@dataclasses.dataclass(frozen=True)
class Stage:
    """One method's training; `network` None: the paper's dense networks."""

    training: TrainingConfig
    network: AnyNetworkConfig | None = None


class Observer(Protocol):
    """Looks at a run after every step, keeps what it likes, and survives a checkpoint."""

    def after_step(self, run: Run) -> None: ...
    def state(self) -> State: ...
    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None: ...


@dataclasses.dataclass(frozen=True)
class RunProgress:
    """What a resumed run needs besides arrays: `done` stages, and what its trainer and observers
    need."""

    done: int
    seconds: float
    trainer: Mapping[str, Any]
    observers: list[dict[str, Any]]


class Run:
    """An iterator of snapshots over all stages.

    Parameters
    ----------
    x : (n, d) float32
        What every stage is trained on.
    stages : sequence of Stage
        Each starts from the weights of those before it, as far as its networks have them.
    start : mapping of arrays
        Weights that the first stage starts from, named as `Networks.arrays` names them.
    observers : sequence of Observer
        Called after every step, before the next stage begins.
    device : str
        Where to train; checkpoints and weights are the same kind of arrays everywhere.
    """

    def __init__(
        self,
        x: FloatArray,
        stages: Sequence[Stage],
        start: Weights | None = None,
        observers: Sequence[Observer] = (),
        device: str = "cpu",
    ) -> None:
        self.device = device
        self.x, self.stages, self.observers = x, tuple(stages), tuple(observers)
        self.weights: dict[str, NDArray[Any]] = dict(start or {})
        self.done = 0  # stages
        self.seconds = 0.0  # of training, observers included
        self.trainer = self._trainer()

    def _trainer(self) -> Trainer:
        stage = self.stages[min(self.done, len(self.stages) - 1)]  # the last stays when all is done
        trainer = make_trainer(self.x, stage.training, stage.network, self.device)
        if self.weights:
            trainer.start_from(self.weights)
        return trainer

    @property
    def n_steps(self) -> int:
        """Of all stages."""
        return sum(stage.training.steps for stage in self.stages)

    @property
    def steps_before(self) -> int:
        """Of the stages before this one, also where one ended early."""
        return sum(stage.training.steps for stage in self.stages[: self.done])

    @property
    def step(self) -> int:
        return self.n_steps if self.finished else self.steps_before + self.trainer.n_steps

    @property
    def finished(self) -> bool:
        return self.done == len(self.stages)

    def __iter__(self) -> Iterator[Snapshot]:
        return self

    def __next__(self) -> Snapshot:
        """One step. Raises `DivergedError`; weights are then the last good."""
        if self.finished:
            raise StopIteration
        for _ in self.slices():
            pass
        return self._latest

    def slices(self) -> Iterator[None]:
        """One step with rests after its updates, in which others may have a turn; the run is
        whole again at its end. Raises `DivergedError` as a step does."""
        before, began = self.done, time.perf_counter()
        for _ in self.trainer.slices():
            self.seconds += time.perf_counter() - began
            yield
            began = time.perf_counter()
        self._latest = self.trainer.snapshot()
        for observer in self.observers:
            observer.after_step(self)
        self.seconds += time.perf_counter() - began
        if self.done == before and self.trainer.n_steps >= self.trainer.config.steps:
            self.end_stage()

    def end_stage(self, weights: Weights | None = None) -> None:
        """Go on with the next stage, with these weights of what was trained (None: the last)."""
        found = self.trainer.finished_arrays() if weights is None else weights
        parts = TRAINERS[self.trainer.config.method].parts
        self.weights |= {k: v for k, v in found.items() if k.partition(".")[0] in parts}
        self.done += 1
        if not self.finished:
            self.trainer = self._trainer()

    def state(self) -> State:
        """Between two steps: all that a resumed run needs but data and stages."""
        arrays, meta = self.trainer.state()
        arrays = storage.prefixed("trainer", arrays) | storage.prefixed("before", self.weights)
        watched = []
        for i, observer in enumerate(self.observers):
            more, its = observer.state()
            arrays |= storage.prefixed(f"observer{i}", more)
            watched.append(its)
        found = {"done": self.done, "seconds": self.seconds, "trainer": meta, "observers": watched}
        return arrays, found

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        """Go on from `state`. Raises `ValueError`, `TypeError` and `KeyError` for another's."""
        progress = unpack(RunProgress, {}, meta)
        if not 0 <= progress.done <= len(self.stages):
            raise ValueError(f"stage {progress.done} of {len(self.stages)}")
        self.done, self.seconds = progress.done, progress.seconds
        self.weights = storage.below("before", arrays)
        self.trainer = self._trainer()
        self.trainer.load_state(storage.below("trainer", arrays), dict(progress.trainer))
        for i, (observer, its) in enumerate(zip(self.observers, progress.observers, strict=True)):
            observer.load_state(storage.below(f"observer{i}", arrays), its)
