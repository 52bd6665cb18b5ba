"""Which networks suit which data: one module of builders per shape."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from wganad_core.config import AnyNetworkConfig, ImageConfig, NetworkConfig, WindowConfig
from wganad_core.networks import dense, image, window
from wganad_core.networks.joint import JointDiscriminator


class Shape(Protocol):
    """What a module of networks offers; all draw their weights from `rng`."""

    def generator(self, config: AnyNetworkConfig, rng: torch.Generator) -> nn.Sequential:
        """z (n, n_latent) → x (n, n_features)."""

    def critic(self, config: AnyNetworkConfig, rng: torch.Generator) -> nn.Sequential:
        """x (n, n_features) → f (n, 1)."""

    def encoder(
        self, config: AnyNetworkConfig, rng: torch.Generator, n_outputs: int
    ) -> nn.Sequential:
        """x (n, n_features) → (n, n_outputs)."""

    def features(self, config: AnyNetworkConfig, rng: torch.Generator) -> nn.Sequential:
        """x (n, n_features) → (n, features), for the contrastive loss; not of rows, of which
        nothing is known that leaves them what they are."""

    def joint(self, config: AnyNetworkConfig, rng: torch.Generator) -> JointDiscriminator:
        """(x, z) → logit (n, 1)."""


SHAPES: dict[type, Shape] = {NetworkConfig: dense, ImageConfig: image, WindowConfig: window}  # type: ignore[dict-item]


def shape_of(config: AnyNetworkConfig) -> Shape:
    """The builders for these settings."""
    return SHAPES[type(config)]
