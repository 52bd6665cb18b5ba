"""Training the networks of an estimator: one stage after the other, watched on validation rows."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wganad_core import divergence, storage
from wganad_core.config import MAX_SEED, TrainingConfig
from wganad_core.detector.checkpoint import Checkpoint, State
from wganad_core.detector.networks import trainer_for
from wganad_core.detector.progress import Progress, StageName
from wganad_core.detector.settings import METHODS, Settings
from wganad_core.records import FloatArray
from wganad_core.scoring import evaluate
from wganad_core.training import DivergedError, Trainer
from wganad_core.training.loop import KEPT

REPORTS = 100  # of a stage
CHECK_EVERY = 5  # reports: every twentieth of a stage is judged on the validation rows
N_JUDGED = 2_000

Weights = Mapping[str, NDArray[Any]]
History = dict[str, list[Any]]


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread inside: more would change the bits, and small networks gain nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclasses.dataclass(frozen=True)
class Learned:
    """Weights named as `Networks.arrays` names them; `history`: columns of equal length, a row a
    report; `n_steps`: generator updates."""

    weights: dict[str, NDArray[Any]]
    history: History
    n_steps: int


@dataclasses.dataclass
class Clock:
    """Seconds gone and left, where a step counts by how many updates it makes."""

    total: float
    done: float = 0.0
    began: float = dataclasses.field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began

    @property
    def left(self) -> float | None:
        return self.seconds / self.done * (self.total - self.done) if self.done else None


def stage_configs(settings: Settings, n_before: int = 0) -> list[TrainingConfig]:
    """The training of every stage. After `n_before` earlier steps the draws are others."""
    made = []
    for method in METHODS[settings.score_method]:
        seed = (settings.training.seed + n_before) % (MAX_SEED + 1)
        config = settings.training.replace(method=method, seed=seed)
        if method in ("encoder", "vae"):  # no game of two: Adam's own rates
            config = config.replace(beta1=0.9, beta2=0.999, decay="cosine")
        if method == "encoder":
            config = config.replace(steps=settings.encoder_steps)
        made.append(config)
    return made


def _updates(config: TrainingConfig) -> int:
    """Weight updates of one step."""
    return config.n_critic + 1 if config.method in ("wgan-gp", "bigan") else 1


def learn(
    settings: Settings,
    x: FloatArray,
    validation: FloatArray,
    start: Weights,
    n_before: int,
    path: Path | None = None,
) -> Generator[Progress, None, Learned]:
    """Train on rows x (n, d), starting from the weights `start` as far as they go.

    With a `path`, what is unfinished is kept there, also at the end, and the same call goes on
    from it to the same end. Raises `DivergedError`.
    """
    run = _Run(settings, x, validation, start, n_before)
    given = {"x": x, "validation": validation, **start}
    kept = path and Checkpoint(path, settings, given, n_before)
    if kept and (found := kept.load()):
        run.load_state(*found)
    try:
        for progress in run.reports():
            yield progress
            if kept:
                kept.save_if_due(run.state)
    except DivergedError as error:
        if path:  # it would only get there again
            path.unlink(missing_ok=True)
        raise DivergedError(str(error).replace(KEPT, "nothing of this fit is kept")) from error
    # What is left, references and threshold, is quick, but not instant.
    trainer = run.stage.trainer
    yield Progress(
        "scores",
        run.total,
        run.total,
        run.clock.seconds,
        0.0,
        trainer.w_estimate,
        dict(trainer.losses),
        run.stage.judged,
    )
    return Learned(run.weights, run.history, run.n_steps)


class _Run:
    """The stages of a fit, one after the other."""

    def __init__(
        self,
        settings: Settings,
        x: FloatArray,
        validation: FloatArray,
        start: Weights,
        n_before: int,
    ) -> None:
        self.settings, self.x, self.validation = settings, x, validation
        self.configs = stage_configs(settings, n_before)
        self.total = sum(config.steps for config in self.configs)
        self.clock = Clock(float(sum(config.steps * _updates(config) for config in self.configs)))
        self.weights, self.history, self.n_steps = dict(start), History(), n_before
        self.done = 0  # stages
        self.stage = self._stage()

    def _stage(self) -> _Stage:
        trainer = trainer_for(self.x, self.configs[self.done], self.settings.network)
        trainer.networks.load_arrays({**trainer.networks.arrays(), **self.weights})
        if trainer.averaged is not None:
            trainer.averaged.load_state_dict(trainer.networks.generator.state_dict())
        return _Stage(trainer, self.validation, self.settings.patience, self.clock)

    def reports(self) -> Iterator[Progress]:
        """To the end of the last stage."""
        while True:
            before = sum(config.steps for config in self.configs[: self.done])
            for progress in self.stage.run():
                progress = dataclasses.replace(
                    progress, step=before + progress.step, n_steps=self.total
                )
                _note(self.history, progress)
                yield progress
            config, trainer = self.configs[self.done], self.stage.trainer
            self.weights |= self.stage.weights()
            self.n_steps += trainer.n_steps if config.method != "encoder" else 0
            self.done += 1
            ended = self.configs[: self.done]
            self.clock.done = float(sum(c.steps * _updates(c) for c in ended))
            if self.done == len(self.configs):
                return
            self.stage = self._stage()

    def state(self) -> State:
        """Between two reports: all but the rows and the settings, as arrays and JSON."""
        arrays, meta = self.stage.state()
        return {**arrays, **storage.prefixed("before", self.weights)}, {
            "stage": meta,
            "done": self.done,
            "history": self.history,
            "n_steps": self.n_steps,
            "seconds": self.clock.seconds,
        }

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.done, self.history, self.n_steps = meta["done"], meta["history"], meta["n_steps"]
        self.weights = storage.below("before", arrays)
        self.clock.began -= meta["seconds"]
        self.clock.done = float(sum(c.steps * _updates(c) for c in self.configs[: self.done]))
        self.stage = self._stage()
        self.stage.load_state(arrays, meta["stage"])


class _Stage:
    """One trainer on its way to the end of its steps, or to where validation stops improving."""

    def __init__(
        self, trainer: Trainer, validation: FloatArray, patience: int | None, clock: Clock
    ) -> None:
        self.trainer, self.patience, self.clock = trainer, patience, clock
        self.validation = validation[:N_JUDGED]
        self.best, self.best_weights, self.n_worse = math.inf, trainer.finished_arrays(), 0
        self.judged: float | None = None
        self.name: StageName = "encoder" if trainer.config.method == "encoder" else "generator"

    def run(self) -> Iterator[Progress]:
        """A report every hundredth of the steps."""
        trainer, clock = self.trainer, self.clock
        steps, done_before = trainer.config.steps, self.clock.done
        ends = sorted({math.ceil(steps * i / REPORTS) for i in range(1, REPORTS + 1)})
        for number, end in enumerate(ends, 1):
            if self._over:
                return
            if end <= trainer.n_steps:  # in an earlier try
                continue
            with one_thread():
                while trainer.n_steps < end:
                    trainer.step()
                judged = self._judge() if number % CHECK_EVERY == 0 or end == steps else None
            self._compare(judged)
            clock.done = done_before + trainer.n_steps * _updates(trainer.config)
            yield Progress(
                self.name,
                trainer.n_steps,
                steps,
                clock.seconds,
                clock.left,
                trainer.w_estimate,
                dict(trainer.losses),
                judged,
            )

    def weights(self) -> dict[str, NDArray[Any]]:
        """The best on validation if that decides, else the last; of the parts that were trained."""
        watched = self.patience is not None and math.isfinite(self.best)
        found = self.best_weights if watched else self.trainer.finished_arrays()
        parts = self.trainer.parts
        return {name: value for name, value in found.items() if name.partition(".")[0] in parts}

    def state(self) -> State:
        """Between two reports."""
        arrays, meta = self.trainer.state()
        found = {name: getattr(self, name) for name in ("best", "n_worse", "judged")}
        best = storage.prefixed("best", self.best_weights)
        return {**arrays, **best}, {"trainer": meta, **found}

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        self.trainer.load_state(arrays, meta["trainer"])
        self.best_weights = storage.below("best", arrays)
        self.best, self.n_worse, self.judged = meta["best"], meta["n_worse"], meta["judged"]

    @property
    def _over(self) -> bool:
        """Whether validation has stopped improving."""
        return self.patience is not None and self.n_worse >= self.patience

    def _compare(self, judged: float | None) -> None:
        """Keep the best weights, and count the checks since."""
        if judged is None:
            return
        self.judged = judged
        if self.patience is not None and judged < self.best:
            self.best, self.n_worse = judged, 0
            self.best_weights = self.trainer.finished_arrays()
        else:
            self.n_worse += 1

    def _judge(self) -> float | None:
        """How well rows that had no part in training are generated, or rebuilt."""
        n = len(self.validation)
        if not n:
            return None
        networks, n_latent = self.trainer.networks, self.trainer.networks.config.n_latent
        generator = self.trainer.averaged or networks.generator
        if "encoder" in networks.modules:
            z = evaluate(networks["encoder"], self.validation)[:, :n_latent]
            return float(np.square(self.validation - evaluate(generator, z)).mean())
        rng = torch.Generator().manual_seed(self.trainer.config.seed)
        samples = evaluate(generator, torch.randn(n, n_latent, generator=rng).numpy())
        return float(divergence.random_sliced_wasserstein(self.validation, samples))


def _note(history: History, progress: Progress) -> None:
    """Append a report as a row; what it does not tell is NaN."""
    row: dict[str, Any] = {
        "stage": progress.stage,
        "step": progress.step,
        "w_estimate": progress.w_estimate,
        "validation": math.nan if progress.validation is None else progress.validation,
        **progress.losses,
    }
    n = len(history.get("step", []))
    for name in {**history, **row}:
        history.setdefault(name, [math.nan] * n).append(row.get(name, math.nan))
