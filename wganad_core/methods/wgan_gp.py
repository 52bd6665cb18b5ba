"""The Wasserstein GAN with gradient penalty (Gulrajani et al. 2017; paper Algorithm 2)."""

from __future__ import annotations

import torch
from torch import Tensor

from wganad_core.config import TrainingConfig
from wganad_core.fast_critic import critic_gradient
from wganad_core.methods.registry import trains
from wganad_core.methods.wgan_clip import ClippedWGAN
from wganad_core.networks.parts import Networks


@trains("wgan-gp")
class WGANGP(ClippedWGAN):
    """The Lipschitz constraint as a penalty on ‖∇f(x̂)‖₂, λ = `penalty`, instead of the box; the
    generator's update is the same."""

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.critic_gradient = critic_gradient(self.critic, config.batch_size)

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        epsilon = torch.rand(len(real), 1, generator=self.rng).to(self.device)
        w_estimate, roughness = self.critic_gradient(real, fake, epsilon, self.config.penalty)
        loss = self.config.penalty * roughness - w_estimate
        self.apply("critic", critic=loss, penalty=roughness)
        self.w_estimate = w_estimate
