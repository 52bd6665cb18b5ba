"""Contrastive features: two distorted copies of an image belong together (not in the paper).

The loss is NT-Xent (Chen et al. 2020, SimCLR). The distortions are those that leave a digit what
it is: small shifts, turns, scalings and shears.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wganad_core import objectives
from wganad_core.records import FloatArray
from wganad_core.training.loop import N_FIXED_IMAGES, Trainer

SIDE = 28
TURN = math.radians(20)
SHIFT = 2.5 * 2 / SIDE  # of 2.5 pixels, in affine_grid's units
SCALE, SHEAR = 0.2, 0.25
TEMPERATURE = 0.2


def distort(x: Tensor, rng: torch.Generator) -> Tensor:
    """Each image (n, 784) through an affine map of its own."""
    n = len(x)

    def uniform(bound: float) -> Tensor:
        return (2 * torch.rand(n, generator=rng) - 1) * bound

    turn, shear = uniform(TURN), uniform(SHEAR)
    scale_x, scale_y = torch.exp(uniform(SCALE)), torch.exp(uniform(SCALE))
    cos, sin = torch.cos(turn), torch.sin(turn)
    rows = [
        torch.stack([scale_x * cos, scale_y * (shear * cos - sin), uniform(SHIFT)], dim=1),
        torch.stack([scale_x * sin, scale_y * (shear * sin + cos), uniform(SHIFT)], dim=1),
    ]
    grid = functional.affine_grid(torch.stack(rows, dim=1), [n, 1, SIDE, SIDE], align_corners=False)
    moved = functional.grid_sample(x.view(n, 1, SIDE, SIDE), grid, align_corners=False)
    return moved.view(n, -1)


class ContrastiveTrainer(Trainer):
    """Trains `features` so that an image finds its other copy among the batch's."""

    parts = ("features", "head")

    def step(self) -> None:
        x = self.real_batch()
        features = self.networks["features"](distort(torch.cat([x, x]), self.rng))
        both = self.networks["head"](features)
        self.minimise(objectives.contrastive_loss(both, TEMPERATURE), "features", "head")
        self.n_steps += 1

    @torch.no_grad()
    def picture(self) -> FloatArray:
        """Distorted copies of the first data (from a state of their own)."""
        copies = distort(self.x[:N_FIXED_IMAGES], torch.Generator().manual_seed(0))
        return np.asarray(copies.numpy(), np.float32)
