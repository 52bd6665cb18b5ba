"""Anomaly scores of points of the plane: one number per sample, higher = more anomalous."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import KDTree
from torch import nn

from wganad_core.data.mixture import Mixture
from wganad_core.records import FloatArray

Points = NDArray[np.floating]
Scorer = Callable[[Points], FloatArray]

BATCH = 16_384


@torch.no_grad()
def evaluate(network: nn.Module, x: Points) -> FloatArray:
    """The network's outputs for x (n, d), in batches, in `eval()` mode; its mode is restored."""
    was_training = network.training
    network.eval()
    try:
        parts = torch.split(torch.from_numpy(np.ascontiguousarray(x, np.float32)), BATCH)
        return np.concatenate([network(part).numpy() for part in parts])
    finally:
        network.train(was_training)


def critic_scorer(critic: nn.Module) -> Scorer:
    """−f(x): what the critic takes for unlike the data."""
    return lambda x: -evaluate(critic, x)[:, 0]


def critic_range(critic: nn.Module, x: Points) -> tuple[float, float]:
    """Smallest and largest f over the training set (§5.1)."""
    f = evaluate(critic, x)
    return float(f.min()), float(f.max())


def interval_scorer(critic: nn.Module, low: float, high: float) -> Scorer:
    """The paper's rule (§5.1): how far f(x) lies outside [low, high]; 0 inside = normal."""

    def score(x: Points) -> FloatArray:
        f = evaluate(critic, x)[:, 0]
        outside: FloatArray = np.maximum(np.maximum(low - f, f - high), 0.0)
        return outside

    return score


def generator_scorer(samples: Points) -> Scorer:
    """Distance to the nearest generated sample: in two dimensions, the best that any inversion of
    G could reach (§5.2) up to the density of the samples."""
    tree = KDTree(samples)
    return lambda x: np.asarray(tree.query(x)[0], np.float32)


def density_scorer(mixture: Mixture) -> Scorer:
    """−log p(x) under the true mixture: what no detector can beat."""
    return lambda x: np.asarray(-mixture.log_density(x), np.float32)
