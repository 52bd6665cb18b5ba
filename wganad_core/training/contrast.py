"""Contrastive features: two distorted copies of a sample belong together (not in the paper).

The loss is NT-Xent (Chen et al. 2020, SimCLR).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from wganad_core import objectives
from wganad_core.config import TrainingConfig
from wganad_core.networks.parts import Networks
from wganad_core.records import FloatArray
from wganad_core.training.distortions import distortion
from wganad_core.training.loop import N_FIXED_IMAGES, Trainer

TEMPERATURE = 0.2


class ContrastiveTrainer(Trainer):
    """Trains `features` so that a sample finds its other copy among the batch's."""

    parts = ("features", "head")

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.distort = distortion(networks.config)

    def step(self) -> None:
        x = self.real_batch()
        features = self.networks["features"](self.distort(torch.cat([x, x]), self.rng))
        both = self.networks["head"](features)
        self.minimise(objectives.contrastive_loss(both, TEMPERATURE), "features", "head")
        self.n_steps += 1

    @torch.no_grad()
    def picture(self) -> FloatArray:
        """Distorted copies of the first data (from a state of their own)."""
        copies = self.distort(self.x[:N_FIXED_IMAGES], torch.Generator().manual_seed(0))
        return np.asarray(copies.numpy(), np.float32)
