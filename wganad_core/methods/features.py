"""Plain contrastive features: two distorted copies of an image belong together (SimCLR).

The loss is NT-Xent (Chen et al. 2020). `methods.contrast` goes further; these are what the shipped
rule for digits was made with.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from wganad_core import objectives
from wganad_core.config import AnyNetworkConfig, ConfigError, ImageConfig, TrainingConfig
from wganad_core.methods.distortions import distort_more
from wganad_core.methods.registry import trains
from wganad_core.methods.trainer import N_FIXED_IMAGES, Trainer
from wganad_core.networks.initial import initialise
from wganad_core.networks.parts import Networks
from wganad_core.networks.shapes import shape_of
from wganad_core.records import FloatArray

TEMPERATURE = 0.2
N_HEAD = 64  # numbers in which the loss is taken


@trains("features")
class FeaturesTrainer(Trainer):
    """Trains `features` so that a sample finds its other copy among the batch's."""

    parts = ("features", "head")

    @classmethod
    def modules(cls, config: AnyNetworkConfig, rng: torch.Generator) -> dict[str, nn.Module]:
        """`head`: features (n, k) → (n, 64), where the loss is taken; not for scoring."""
        if not isinstance(config, ImageConfig):
            raise ConfigError("Plain contrastive features need images.")
        features = shape_of(config).features(config, rng)
        head = nn.Sequential(nn.LeakyReLU(0.2), nn.Linear(config.features, N_HEAD))
        return {"features": features, "head": initialise(head, rng)}

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.distort = distort_more

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
