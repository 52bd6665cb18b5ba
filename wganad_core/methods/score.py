"""A score: one module from samples to what a detector says of them, for every use of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.methods.bundle import Bundle
from wganad_core.records import FloatArray, Judgement

BATCH_NUMBERS = 2**20  # entries of a batch: few enough for the cache, enough to fill the cores
MAX_BATCH = 16_384
MAX_DISTANCES = 2**24  # numbers of a batch's distances to all references


class Verdict(NamedTuple):
    """Of n samples (n, d): `score` (n,), higher = more anomalous; its parts (n,) by name;
    what the detector rebuilds (n, d), if anything."""

    score: Tensor
    terms: Mapping[str, Tensor] = {}
    reconstruction: Tensor | None = None


class Score(nn.Module):
    """Samples x (n, d) in the networks' units → `Verdict`.

    The same module scores for the estimators, the boards and the worker, and is what is exported
    to ONNX. Its precision is that of its weights: rows of tables are scored in float64, in which a
    row's score hardly depends on the rows beside it.
    """

    searches: ClassVar[bool] = False  # by gradient descent for every sample: slow, not exported
    rebuilds: ClassVar[bool] = True  # whether there is a reconstruction to blame features by
    n_references: int = 0  # to which the distances of every sample are measured

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, x: Tensor) -> Verdict:
        """One batch."""

    def why_not_exported(self) -> str:
        """Why ONNX cannot hold this score, in words that follow its name; empty if it can."""
        return "searches for every row anew" if self.searches else ""

    def judge(self, x: NDArray[np.floating]) -> Judgement:
        """Samples (n, d) in batches, whose size changes a score by rounding only (below 1e-6).
        Networks are used in `eval()` mode; weights and modes are as before afterwards. Raises
        `ValueError` for what cannot be scored."""
        found = batched(self, x, self.n_references, self.searches)
        rebuilt = [v.reconstruction for v in found if v.reconstruction is not None]
        return Judgement(
            joined(v.score for v in found),
            {name: joined(v.terms[name] for v in found) for name in found[0].terms},
            joined(rebuilt) if rebuilt else None,
        )


def batched(
    module: nn.Module, x: NDArray[np.floating], n_references: int = 0, gradients: bool = False
) -> list[Any]:
    """What a module makes of each batch of samples (n, d), in the precision of its weights, in
    `eval()` mode; never nothing, so that an empty x gives empty results."""
    first = next(module.parameters(), torch.empty(0))
    where, kind = first.device, first.dtype
    n = min(MAX_BATCH, BATCH_NUMBERS // max(1, x.shape[-1]))
    n = max(1, min(n, MAX_DISTANCES // max(1, n_references)))
    with evaluating(module), torch.set_grad_enabled(gradients):
        return [module(part.to(where, kind)) for part in torch.split(rows(x), n)]


def joined(parts: Iterable[Tensor]) -> FloatArray:
    """Batches (n, …) as one array in single precision, which hides the last bits of a calculation
    in double precision: they depend on how rows are divided into batches."""
    return np.concatenate([part.detach().cpu().numpy().astype(np.float32) for part in parts])


def rows(x: NDArray[np.floating]) -> Tensor:
    """Samples (n, d) as a float32 tensor. Raises `ValueError` for what cannot be scored."""
    if x.ndim != 2:
        raise ValueError(f"Expected samples of shape (n, d); found {x.shape}.")
    if not np.isfinite(x).all():
        raise ValueError("Expected finite samples; found NaN or infinite values.")
    return torch.from_numpy(np.require(x, np.float32, ["C", "W"]))


@contextmanager
def evaluating(*networks: nn.Module) -> Iterator[None]:
    """`eval()` mode and no gradients of weights inside; modes are restored afterwards."""
    before = [(module, module.training) for network in networks for module in network.modules()]
    frozen = [p for network in networks for p in network.parameters() if p.requires_grad]
    for network in networks:
        network.eval()
    for parameter in frozen:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)
        for module, training in before:
            module.training = training


def evaluate(network: nn.Module, x: NDArray[np.floating]) -> FloatArray:
    """A network's outputs for x (n, d), in batches; its weights and mode stay as they were."""
    return joined(batched(network, x))


def mean_square(x: Tensor) -> Tensor:
    """Per sample over its features, (n, d) → (n,): of a residual, the paper's MSE (§5.2, §5.3)."""
    return x.square().mean(dim=1)
