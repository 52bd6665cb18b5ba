"""Training the networks of an estimator: one stage after the other, watched on validation rows."""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.config import MAX_SEED, TrainingConfig
from wganad_core.detector.settings import Settings
from wganad_core.methods import TRAINERS, DivergedError
from wganad_core.methods.trainer import KEPT
from wganad_core.packing import pack, unpack
from wganad_core.records import FloatArray
from wganad_core.run import Checkpoint, Run, Stage, device_of, one_thread
from wganad_core.run.checkpoint import OtherRunError
from wganad_core.run.loop import State
from wganad_core.run.observers import N_JUDGED, Judge
from wganad_core.storage import StorageError

REPORTS = 100  # of a stage
CHECK_EVERY = 5  # reports: every twentieth of a stage is judged on the validation rows
# Contrastive features of few steps learn at a higher rate. AUPRC in % of the features alone, at
# 0.002, 0.004, 0.008 and 0.016 for 1,500 steps on 3,750 images of MNIST's training part, digit 9
# unseen: 44, 68, 79, 83; digit 1: 49, 63, 68, 67.
FASTER, FASTEST = 8, 0.02
SAVE_EVERY = 2.0  # seconds from one checkpoint to the next, at least
log = logging.getLogger("wganad.fit")

Weights = Mapping[str, NDArray[Any]]
StageName = Literal["generator", "encoder", "features", "scores"]
STAGES: dict[str, StageName] = {"encoder": "encoder", "contrast": "features"}  # else: generator


@dataclasses.dataclass(frozen=True)
class Progress:
    """One report of `fit_steps`. The last, of the stage `scores`, comes when training is done and
    references and threshold are still to be found.

    `step` of `n_steps` over all stages, of which `features` is that of the contrastive ones;
    `seconds` since the start and `seconds_left` (None until something is known). `w_estimate`: the
    critic's latest mean f(x) − mean f(G(z)), NaN where there is none. `losses`: the latest of each,
    by name. `validation` (lower = better, None where no rows are held out, and for features):
    sliced W1 between generated rows and validation normals, for an encoder the mean squared error
    of their reconstruction, both in standardised units.
    """

    stage: StageName
    step: int
    n_steps: int
    seconds: float
    seconds_left: float | None
    w_estimate: float
    losses: dict[str, float]
    validation: float | None


@dataclasses.dataclass(frozen=True)
class Learned:
    """Weights named as `Networks.arrays` names them; `history`: columns of equal length, a row a
    report; `n_steps`: generator updates."""

    weights: dict[str, NDArray[Any]]
    history: dict[str, list[Any]]
    n_steps: int


def stage_configs(settings: Settings, n_before: int = 0) -> list[TrainingConfig]:
    """The training of every stage. After `n_before` earlier steps the draws are others."""
    made = []
    for method in settings.methods:
        seed = (settings.training.seed + n_before) % (MAX_SEED + 1)
        steps = settings.steps_of(method)
        config = settings.training.replace(method=method, seed=seed, steps=steps)
        if not TRAINERS[method].alternates:  # no game of two: Adam's own rates
            config = config.replace(beta1=0.9, beta2=0.999, decay="cosine")
        if method == "contrast":
            rate = min(FASTER * config.learning_rate, FASTEST)
            config = config.replace(learning_rate=rate)
        made.append(config)
    return made


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
    from it to the same end; what is of no use there is replaced. Raises `DivergedError`.
    """
    configs = stage_configs(settings, n_before)
    if not configs:  # no network is learned
        return Learned({}, {}, n_before)
    reports = Reports(configs, validation, settings, n_before)
    stages = [Stage(config, settings.network) for config in configs]
    run = Run(x, stages, start, [reports], device_of(settings.device))
    kept = None
    if path is not None:
        plan = {"fit": {**pack(settings)[1], "n_before": n_before}}
        kept = Checkpoint(path, plan, {"x": x, "validation": validation, **start})
        _resume(kept, run)
    try:
        yield from _reported(run, reports, kept)
    except DivergedError as error:
        if kept:  # it would only get there again
            kept.delete()
        raise DivergedError(str(error).replace(KEPT, "nothing of this fit is kept")) from error
    # What is left, references and threshold, is quick, but not instant.
    yield reports.progress(run, "scores", run.n_steps, reports.judged)
    return Learned(run.weights, reports.history, reports.n_steps)


def _reported(
    run: Run, reports: Reports, kept: Checkpoint | None
) -> Generator[Progress, None, None]:
    saved = time.monotonic()
    while not run.finished:
        with one_thread():
            next(run)
        if reports.latest is None:
            continue
        yield reports.latest
        if kept and time.monotonic() - saved >= SAVE_EVERY:
            try:
                kept.save(run)
            except StorageError as error:  # a courtesy: the fit goes on without it
                log.warning("%s", error)
            saved = time.monotonic()


def _resume(kept: Checkpoint, run: Run) -> None:
    """Go on from what an earlier try of this fit left, if it left anything of use."""
    try:
        kept.load(run)
    except OtherRunError:
        log.warning("%s is of other rows or settings; this fit starts over.", kept.path)
    except StorageError as error:
        log.warning("%s The fit starts over.", error)


@dataclasses.dataclass(frozen=True)
class LearningProgress:
    """What resumed `Reports` need besides arrays."""

    stage: int
    best: float
    n_worse: int
    judged: float | None
    history: dict[str, list[Any]]
    n_steps: int
    seconds: float


class Reports:
    """Reports a hundred times a stage, judges validation rows, and ends a stage early where they
    stop improving; then, and at the end, the best weights count."""

    def __init__(
        self,
        configs: list[TrainingConfig],
        validation: FloatArray,
        settings: Settings,
        n_before: int,
    ) -> None:
        self.configs, self.patience, self.n_steps = configs, settings.patience, n_before
        self.n_features, n = settings.network.n_features, min(len(validation), N_JUDGED)
        self.judges = []
        for config in configs if n else ():
            rng = torch.Generator().manual_seed(config.seed)
            z = torch.randn(n, settings.network.n_latent, generator=rng).numpy()
            self.judges.append(Judge(validation, z))
        self.ends = [
            sorted({math.ceil(c.steps * i / REPORTS) for i in range(1, REPORTS + 1)})
            for c in configs
        ]
        self.began, self.history = time.perf_counter(), dict[str, list[Any]]()
        self.latest: Progress | None = None
        self._new_stage(0)

    def _new_stage(self, stage: int) -> None:
        self.stage, self.best, self.n_worse = stage, math.inf, 0
        self.best_weights: dict[str, NDArray[Any]] = {}
        self.judged: float | None = None

    def after_step(self, run: Run) -> None:
        trainer, self.latest = run.trainer, None
        if run.done != self.stage:
            self._new_stage(run.done)
        name = STAGES.get(trainer.config.method, "generator")
        self.n_steps += name == "generator"
        ends = self.ends[self.stage]
        if trainer.n_steps not in ends:
            return
        number, last = ends.index(trainer.n_steps) + 1, trainer.n_steps == ends[-1]
        judged = self._judge(run) if number % CHECK_EVERY == 0 or last else None
        self.latest = self.progress(run, name, run.step, judged)
        self._note(self.latest)
        over = self.patience is not None and self.n_worse >= self.patience
        if self.patience is not None and (over or last):
            run.end_stage(self.best_weights if math.isfinite(self.best) else None)

    def progress(self, run: Run, stage: StageName, step: int, judged: float | None) -> Progress:
        """Where the run is; the time that is left is what the updates so far took, per update."""
        updates = [
            c.steps * (c.n_critic + 1 if TRAINERS[c.method].alternates else 1) for c in self.configs
        ]
        trainer, seconds = run.trainer, time.perf_counter() - self.began
        done: float = sum(updates[: self.stage])
        done += updates[self.stage] * trainer.n_steps / trainer.config.steps
        left = 0.0 if stage == "scores" else seconds / done * (sum(updates) - done)
        losses = dict(trainer.losses)
        return Progress(stage, step, run.n_steps, seconds, left, trainer.w_estimate, losses, judged)

    def _judge(self, run: Run) -> float | None:
        """How well rows that had no part in training are generated, or rebuilt."""
        if not self.judges:
            return None
        figures = self.judges[self.stage](run.trainer)
        if not figures:  # features rebuild nothing
            return None
        rebuilt = figures.get("squared_error")
        judged = figures["sliced_w1"] if rebuilt is None else rebuilt / self.n_features
        self.judged = judged
        if self.patience is not None and judged < self.best:
            self.best, self.n_worse = judged, 0
            self.best_weights = run.trainer.finished_arrays()
        else:
            self.n_worse += 1
        return judged

    def _note(self, progress: Progress) -> None:
        """Append a report as a row; what it does not tell is NaN."""
        row: dict[str, Any] = {
            "stage": progress.stage,
            "step": progress.step,
            "w_estimate": progress.w_estimate,
            "validation": math.nan if progress.validation is None else progress.validation,
            **progress.losses,
        }
        n = len(self.history.get("step", []))
        for name in {**self.history, **row}:
            self.history.setdefault(name, [math.nan] * n).append(row.get(name, math.nan))

    def state(self) -> State:
        found = {
            name: getattr(self, name)
            for name in ("stage", "best", "n_worse", "judged", "history", "n_steps")
        }
        seconds = time.perf_counter() - self.began
        return storage.prefixed("best", self.best_weights), {**found, "seconds": seconds}

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        found = unpack(LearningProgress, {}, meta)
        if not 0 <= found.stage <= len(self.configs):
            raise ValueError(f"stage {found.stage} of {len(self.configs)}")
        for name in ("stage", "best", "n_worse", "judged", "history", "n_steps"):
            setattr(self, name, getattr(found, name))
        self.best_weights = storage.below("best", arrays)
        self.began -= found.seconds
