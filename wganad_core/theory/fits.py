"""What small critics learn where the answer is known: the potential of clouds on a line."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wganad_core import objectives
from wganad_core.networks.dense import dense
from wganad_core.theory.shipped import CriticFit
from wganad_core.theory.transport import steepest

CRITIC_WIDTH, CRITIC_STEPS = 64, 1_500


@dataclasses.dataclass(frozen=True)
class Bound:
    """One way to keep a critic's slope in check: a penalty λ, or a box for its weights. The penalty
    of the paper (eq. 11) wants slope 1 exactly; `at_most` lets it be less, as eq. 9 does."""

    penalty: float = 0.0
    at_most: bool = False
    clip: float = 0.0


BOUNDS: Mapping[str, Bound] = {
    "penalty": Bound(penalty=10.0),
    "one-sided": Bound(penalty=10.0, at_most=True),
    "clip": Bound(clip=0.01),
    "wide": Bound(clip=0.3),
}


def fit_critic(
    real: NDArray[np.floating],
    fake: NDArray[np.floating],
    at: NDArray[np.floating],
    bound: Bound,
    steps: int = CRITIC_STEPS,
    seed: int = 0,
) -> CriticFit:
    """The critic f (1-64-64-1) of two clouds on a line (n, 1), (m, 1), trained to the end for them.

    `at` (k,): where f is to be told.
    """
    rng = torch.Generator().manual_seed(seed)
    net = dense([1, CRITIC_WIDTH, CRITIC_WIDTH, 1], "leaky-relu", rng)
    x, y = (torch.from_numpy(np.asarray(cloud, np.float32)) for cloud in (real, fake))
    if bound.clip:
        optimizer: torch.optim.Optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-3)
    else:
        optimizer = torch.optim.Adam(net.parameters(), lr=5e-3, betas=(0.5, 0.9))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    for _ in range(steps):
        loss = objectives.critic_loss(net(x), net(y))
        if bound.penalty:
            excess = objectives.gradient_norm(net, _between(x, y, rng)) - 1
            excess = excess.clamp(min=0) if bound.at_most else excess
            loss = loss + bound.penalty * excess.square().mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if bound.clip:
            for parameter in net.parameters():
                parameter.data.clamp_(-bound.clip, bound.clip)
    with torch.no_grad():
        f = net(torch.from_numpy(np.asarray(at, np.float32)[:, None]))[:, 0].numpy()
        estimate = float(net(x).mean() - net(y).mean())
    return CriticFit(np.asarray(f, np.float32), estimate, steepest(at, f))


def _between(x: Tensor, y: Tensor, rng: torch.Generator, n: int = 64) -> Tensor:
    """x̂ of Algorithm 2: points between random pairs."""
    pairs = [torch.randint(len(cloud), (n,), generator=rng) for cloud in (x, y)]
    epsilon = torch.rand(n, 1, generator=rng)
    return objectives.interpolate(x[pairs[0]], y[pairs[1]], epsilon)
