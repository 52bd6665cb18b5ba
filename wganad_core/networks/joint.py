"""The discriminator that sees data and latents together (§4.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wganad_core.networks.initial import initialise

SLOPE = 0.2


class JointDiscriminator(nn.Module):
    """The BiGAN's D: (x (n, d), z (n, n_latent)) → logit (n, 1).

    `trunk`: x → (n, n_seen); deep enough after it to see whether x and z belong together, not only
    whether each is likely.
    """

    def __init__(
        self,
        trunk: nn.Sequential,
        n_seen: int,
        n_latent: int,
        width: int,
        hidden: int,
        rng: torch.Generator,
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.joint = nn.Sequential(
            nn.LeakyReLU(SLOPE),
            nn.Linear(n_seen + n_latent, width),
            nn.LeakyReLU(SLOPE),
            nn.Linear(width, hidden),
            nn.LeakyReLU(SLOPE),
        )
        self.last = nn.Linear(hidden, 1)
        initialise(self, rng)

    def hidden(self, x: Tensor, z: Tensor) -> Tensor:
        """The last hidden layer (n, hidden), the f of eq. 20."""
        seen: Tensor = self.joint(torch.cat([self.trunk(x), z], dim=1))
        return seen

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        logit: Tensor = self.last(self.hidden(x, z))
        return logit
