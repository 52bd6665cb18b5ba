"""What looks at a run: figures along the way, and judges of samples that training never saw."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import divergence
from wganad_core.methods import Trainer, evaluate
from wganad_core.packing import unpack
from wganad_core.records import FloatArray
from wganad_core.run.loop import Run, State

N_JUDGED = 2_000
Figures = dict[str, float]


class Judge:
    """How well a trainer generates and rebuilds validation normals (n, d): sliced W1 between them
    and as many samples at the latents `z`, and the mean squared error per sample."""

    def __init__(self, validation: FloatArray, z: FloatArray) -> None:
        self.validation, self.z = validation[:N_JUDGED], z[:N_JUDGED]

    def __call__(self, trainer: Trainer) -> Figures:
        modules, figures = trainer.networks.modules, {}
        generator = trainer.averaged or modules.get("generator")
        if "generator" in trainer.parts and generator is not None:
            samples = evaluate(generator, self.z)
            figures["sliced_w1"] = float(
                divergence.random_sliced_wasserstein(self.validation, samples)
            )
        if "encoder" in modules and generator is not None:
            latents = evaluate(modules["encoder"], self.validation)[:, : self.z.shape[1]]
            rebuilt = evaluate(generator, latents)
            figures["squared_error"] = float(np.square(self.validation - rebuilt).sum(1).mean())
        return figures


@dataclasses.dataclass(frozen=True)
class Columns:
    """Figures by name."""

    columns: dict[str, list[float]]


class History:
    """A row of figures at chosen steps: losses, the critic's estimate of W, what `judge` says."""

    def __init__(self, steps: Collection[int], judge: Callable[[Trainer], Figures]) -> None:
        self.steps, self.judge = set(steps), judge
        self.columns: dict[str, list[float]] = {}

    def after_step(self, run: Run) -> None:
        if run.step not in self.steps:
            return
        trainer = run.trainer
        figures = {"step": float(run.step), **trainer.losses, **self.judge(trainer)}
        if math.isfinite(trainer.w_estimate):
            figures["w_estimate"] = trainer.w_estimate
        for name, value in figures.items():
            self.columns.setdefault(name, []).append(value)

    def state(self) -> State:
        return {}, self.columns

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        self.columns = unpack(Columns, {}, {"columns": meta}).columns
