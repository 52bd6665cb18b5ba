"""The critic as a detector (§5.1)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.methods.bundle import Bundle
from wganad_core.methods.registry import scores
from wganad_core.methods.score import Score, Verdict, evaluate


@scores("critic", needs=["wgan-gp"])
class CriticScore(Score):
    """−f(x): what the critic takes for unlike the data."""

    rebuilds: ClassVar[bool] = False

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.critic = bundle.part("critic")

    def forward(self, x: Tensor) -> Verdict:
        return Verdict(-self.critic(x)[:, 0])


def _has_range(bundle: Bundle) -> bool:
    return bundle.fitted is not None and bundle.fitted.critic_range is not None


@scores("critic-interval", needs=["wgan-gp"], wants=_has_range)
class IntervalScore(CriticScore):
    """The paper's rule: how far f(x) lies outside its range over the fit part; 0 inside."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        assert bundle.fitted is not None
        assert bundle.fitted.critic_range is not None
        self.low, self.high = bundle.fitted.critic_range

    def forward(self, x: Tensor) -> Verdict:
        f = self.critic(x)[:, 0]
        return Verdict(torch.maximum(self.low - f, f - self.high).clamp(min=0))


def critic_range(critic: nn.Module, x: NDArray[np.floating]) -> tuple[float, float]:
    """Smallest and largest f over the training set."""
    f = evaluate(critic, x)
    return float(f.min()), float(f.max())
