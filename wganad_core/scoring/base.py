"""Running networks on data without touching them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.records import FloatArray, Judgement

BATCH_NUMBERS = 2**20  # entries of a batch: few enough for the cache, enough to fill the cores
MAX_BATCH = 16_384

# Every detector: samples (n, d) in, one judgement of n scores out, higher = more anomalous.
Detector = Callable[[NDArray[np.floating]], Judgement]


def rows(x: NDArray[np.floating]) -> Tensor:
    """Samples (n, d) as a float32 tensor. Raises `ValueError` for what cannot be scored."""
    if x.ndim != 2:
        raise ValueError(f"Expected samples of shape (n, d); found {x.shape}.")
    if not np.isfinite(x).all():
        raise ValueError("Expected finite samples; found NaN or infinite values.")
    return torch.from_numpy(np.require(x, np.float32, ["C", "W"]))


def batches(x: Tensor) -> tuple[Tensor, ...]:
    """Parts of x (n, d); never none, so that an empty x gives empty results."""
    return torch.split(x, max(1, min(MAX_BATCH, BATCH_NUMBERS // max(1, x.shape[1]))))


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
    """The network's outputs for x (n, d), in batches."""
    with evaluating(network), torch.no_grad():
        return np.concatenate([network(part).numpy() for part in batches(rows(x))])


def squared_error(x: NDArray[np.floating], rebuilt: NDArray[np.floating]) -> FloatArray:
    """Mean over features of the squared residual, per sample: the paper's MSE (§5.2, §5.3)."""
    return np.asarray(np.square(x - rebuilt).mean(axis=1), np.float32)
