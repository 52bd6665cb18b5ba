"""What makes another thing of a sample: the shifts that contrastive features learn to tell apart.

A distortion leaves a sample what it is, a shift does not: an 8 on its side is no 8 (Tack et al.
2020, CSI). Shifted copies count as other instances, and a head names the shift.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from wganad_core.config import AnyNetworkConfig, ConfigError, ImageConfig

SIDE = 28


class Shifts(nn.Module):
    """Samples (n, d) → (n_shifts, n, d): first as they are, then every shift of them."""

    n_shifts: int

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor: ...


class Rotations(Shifts):
    """Images (n, 784) turned by 0, 90, 180 and 270 degrees."""

    n_shifts = 4

    def forward(self, x: Tensor) -> Tensor:
        images = x.view(-1, SIDE, SIDE)
        turned = [torch.rot90(images, k, (1, 2)) for k in range(self.n_shifts)]
        return torch.stack(turned).flatten(2)


def shifts_of(config: AnyNetworkConfig) -> Shifts:
    """The shifts of the networks' samples. Raises `ConfigError` if there are none."""
    if isinstance(config, ImageConfig):
        return Rotations()
    raise ConfigError("Contrastive features need images or the nine signals of windows.")
