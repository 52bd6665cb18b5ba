"""The critic as a detector (§5.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import nn

from wganad_core.records import Judgement
from wganad_core.scoring.base import Detector, evaluate

Points = NDArray[np.floating]


def critic_detector(critic: nn.Module) -> Detector:
    """−f(x): what the critic takes for unlike the data."""
    return lambda x: Judgement(-evaluate(critic, x)[:, 0])


def critic_range(critic: nn.Module, x: Points) -> tuple[float, float]:
    """Smallest and largest f over the training set (§5.1)."""
    f = evaluate(critic, x)
    return float(f.min()), float(f.max())


def interval_detector(critic: nn.Module, low: float, high: float) -> Detector:
    """The paper's rule (§5.1): how far f(x) lies outside [low, high]; 0 inside = normal."""

    def judge(x: Points) -> Judgement:
        f = evaluate(critic, x)[:, 0]
        return Judgement(np.maximum(np.maximum(low - f, f - high), 0.0))

    return judge
