"""A model's training on a split of a data set: from samples to a file, with checkpoints.

The same settings and seed give the same file (but for the seconds it took), also when the process
was killed in between and resumed.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wganad_core import divergence, pretrained, storage
from wganad_core.config import AnyNetworkConfig, TrainingConfig, network_to_dict
from wganad_core.data.views import View
from wganad_core.records import FloatArray, half
from wganad_core.scoring import evaluate
from wganad_core.training import make_trainer

KIND = "checkpoint of a model"
N_JUDGED = 2_000
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

    def to_dict(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in ("use_case", "abnormal", "protocol")},
            "network": network_to_dict(self.network),
            "training": self.training.to_dict(),
            "view": self.view and self.view.to_dict(),
        }


class ModelRun:
    """One model on its way to the end of its steps, judged on validation normals as it goes.

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
        self.task = task
        self.trainer = make_trainer(fit, task.training, task.network)
        if task.training.method == "encoder":
            if generator is None:
                raise ValueError("An encoder is trained on a generator; train a wgan-gp first.")
            self.trainer.networks.load_arrays({**self.trainer.networks.arrays(), **generator})
        self.validation = validation[:N_JUDGED]
        every = max(1, task.training.steps // N_OBSERVED)
        self._observed = set(range(every, task.training.steps, every)) | {task.training.steps}
        self.history: dict[str, list[float]] = {}
        self.seconds = 0.0

    @property
    def step(self) -> int:
        return self.trainer.n_steps

    @property
    def n_steps(self) -> int:
        return self.task.training.steps

    @property
    def finished(self) -> bool:
        return self.step >= self.n_steps

    def steps(self) -> Iterator[int]:
        """Train to the end, one step for each number yielded. Raises `DivergedError`."""
        while not self.finished:
            began = time.perf_counter()
            self.trainer.step()
            if self.step in self._observed:
                self._observe()
            self.seconds += time.perf_counter() - began
            yield self.step

    def _observe(self) -> None:
        figures = {"step": float(self.step), **self.trainer.losses, **self.judge()}
        if np.isfinite(self.trainer.w_estimate):
            figures["w_estimate"] = self.trainer.w_estimate
        for name, value in figures.items():
            self.history.setdefault(name, []).append(value)

    def judge(self) -> dict[str, float]:
        """How well generated and rebuilt samples fit validation normals, which had no part in
        training: sliced W1 between samples and normals, mean squared error per sample."""
        modules = self.trainer.networks.modules
        generator = self.trainer.averaged or modules.get("generator")
        figures = {}
        if "generator" in self.trainer.parts:
            assert generator is not None
            n = len(self.validation)
            rng = torch.Generator().manual_seed(self.task.training.seed + 2_000_003)
            z = torch.randn(n, self.task.network.n_latent, generator=rng)
            samples = evaluate(generator, z.numpy())
            figures["sliced_w1"] = divergence.random_sliced_wasserstein(self.validation, samples)
        if "encoder" in modules:
            assert generator is not None
            z_hat = evaluate(modules["encoder"], self.validation)[:, : self.task.network.n_latent]
            rebuilt = evaluate(generator, z_hat)
            figures["squared_error"] = float(np.square(self.validation - rebuilt).sum(1).mean())
        return figures

    def save(self, path: Path) -> None:
        """Write everything needed to continue, atomically."""
        arrays, meta = self.trainer.state()
        more = {"task": self.task.to_dict(), "history": self.history, "seconds": self.seconds}
        storage.save(path, KIND, arrays, {**meta, **more})

    def resume(self, path: Path) -> None:
        """Continue from `save`. Raises `StorageError` for a file of another task or no such."""
        arrays, meta = storage.load(path, KIND)
        if meta["task"] != self.task.to_dict():
            raise storage.StorageError(
                f"{path} belongs to a run with other settings; repeat those settings, choose "
                "another folder, or delete the file."
            )
        self.trainer.load_state(arrays, meta)
        self.history, self.seconds = meta["history"], meta["seconds"]

    def result(self, command: str) -> pretrained.Model:
        """The finished parts, in half precision; contrastive features without their head and
        turned into fewer dimensions."""
        kept = {
            name: value
            for name, value in self.trainer.finished_arrays().items()
            if name.partition(".")[0] in self.trainer.parts
        }
        task = {field: getattr(self.task, field) for field in Task.__dataclass_fields__}
        if self.task.training.method == "features":
            sample = self.trainer.x[:N_TURNED].numpy()
            points = evaluate(self.trainer.networks["features"], sample)
            kept = turned(kept, points)
            task["network"] = self.task.network.replace(features=N_KEPT)
        return pretrained.Model(
            **task,
            arrays={name: half(value) for name, value in kept.items()},
            history=self.history,
            metrics={**self.judge(), "seconds": round(self.seconds, 1), "steps": self.step},
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
