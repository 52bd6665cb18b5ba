"""A model of one split of a data set: what it is trained on, its run, and what is kept of it.

The same settings and seed give the same model (but for the seconds it took), also when the process
was killed in between and resumed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wganad_core import pretrained
from wganad_core.config import AnyNetworkConfig, TrainingConfig
from wganad_core.data.views import View
from wganad_core.methods import TRAINERS, evaluate
from wganad_core.packing import pack
from wganad_core.records import FloatArray, half
from wganad_core.run.loop import Run, Stage
from wganad_core.run.observers import N_JUDGED, History, Judge

N_OBSERVED = 20
N_TURNED, N_KEPT = 10_000, 32  # samples that feature axes are found on, and how many are kept


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
        super().__init__(fit, [Stage(task.training, task.network)], generator, [self.history])

    def result(self, command: str) -> pretrained.Model:
        """The finished parts, in half precision; contrastive features without their head and
        turned into fewer dimensions."""
        task, method = self.task, self.task.training.method
        kept: Mapping[str, NDArray[Any]] = {
            name: value
            for name, value in self.trainer.finished_arrays().items()
            if name.partition(".")[0] in TRAINERS[method].parts
        }
        if method == "features":
            sample = self.trainer.x[:N_TURNED].numpy()
            kept = turned(kept, evaluate(self.trainer.networks["features"], sample))
            task = dataclasses.replace(task, network=task.network.replace(features=N_KEPT))
        figures = {**self.judge(self.trainer), "seconds": round(self.seconds, 1)}
        return pretrained.Model(
            **{field.name: getattr(task, field.name) for field in dataclasses.fields(Task)},
            arrays={name: half(value) for name, value in kept.items()},
            history=self.history.columns,
            metrics={**figures, "steps": self.step},
            command=command,
        )


def turned(arrays: Mapping[str, NDArray[Any]], points: FloatArray) -> dict[str, NDArray[Any]]:
    """The weights of a feature network whose output is turned onto the `N_KEPT` main axes of its
    `points` (n, d): distances hardly change, and normals to compare with take a quarter of the
    room. Folded into the last layer; the head goes."""
    axes = np.linalg.svd(points, full_matrices=False)[2][:N_KEPT]
    kept = {name: value for name, value in arrays.items() if not name.startswith("head.")}
    for kind in ("weight", "bias"):
        last = sorted(name for name in kept if name.endswith(kind))[-1]
        kept[last] = axes @ kept[last].astype(np.float32)
    return kept
