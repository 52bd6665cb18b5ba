"""A model of one split of a data set: what it is trained on, its run, and what is kept of it.

The same settings and seed give the same model (but for the seconds it took), also when the process
was killed in between and resumed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from wganad_core import pretrained
from wganad_core.config import AnyNetworkConfig, TrainingConfig
from wganad_core.data.views import View
from wganad_core.methods import TRAINERS
from wganad_core.packing import pack
from wganad_core.records import FloatArray
from wganad_core.run.loop import Run, Stage
from wganad_core.run.observers import N_JUDGED, History, Judge

N_OBSERVED = 20


@dataclasses.dataclass(frozen=True)
class Task:
    """What a model is trained on, besides its data: which split, with which settings."""

    use_case: str
    abnormal: str
    protocol: str
    network: AnyNetworkConfig
    training: TrainingConfig
    view: View | None = None

    def plan(self) -> dict[str, Any]:
        """As JSON."""
        return pack(self)[1]


class ModelRun(Run):
    """A run of one stage, judged on validation normals as it goes.

    `fit`, `validation` (n, d): rows as `task.view` makes them. An encoder's run needs `generator`,
    the weights of a finished WGAN-GP, named as `Networks.arrays` names them.
    """

    def __init__(
        self,
        task: Task,
        fit: FloatArray,
        validation: FloatArray,
        generator: pretrained.Weights | None = None,
        device: str = "cpu",
    ) -> None:
        if task.training.method == "encoder" and generator is None:
            raise ValueError("An encoder is trained on a generator; train a wgan-gp first.")
        self.task = task
        n, steps = min(len(validation), N_JUDGED), task.training.steps
        rng = torch.Generator().manual_seed(task.training.seed + 2_000_003)
        self.judge = Judge(validation, torch.randn(n, task.network.n_latent, generator=rng).numpy())
        every = max(1, steps // N_OBSERVED)
        self.history = History({*range(every, steps, every), steps}, self.judge)
        self.data = {"fit": fit, "validation": validation, **(generator or {})}
        stages = [Stage(task.training, task.network)]
        super().__init__(fit, stages, generator, [self.history], device)

    def result(self, command: str) -> pretrained.Model:
        """The finished parts."""
        task, method = self.task, self.task.training.method
        kept: Mapping[str, NDArray[Any]] = {
            name: value
            for name, value in self.trainer.finished_arrays().items()
            if name.partition(".")[0] in TRAINERS[method].parts
        }
        figures = {**self.judge(self.trainer), "seconds": round(self.seconds, 1)}
        return pretrained.Model(
            **{field.name: getattr(task, field.name) for field in dataclasses.fields(Task)},
            arrays=kept,
            history=self.history.columns,
            metrics={**figures, "steps": self.step},
            command=command,
            device=self.device,
        )
