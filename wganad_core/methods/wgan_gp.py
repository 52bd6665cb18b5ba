"""The Wasserstein GAN with gradient penalty (Gulrajani et al. 2017; paper Algorithm 2)."""

from __future__ import annotations

import torch
from torch import Tensor

from wganad_core.config import TrainingConfig
from wganad_core.fast_critic import critic_gradient
from wganad_core.methods.registry import trains
from wganad_core.methods.wasserstein import WassersteinGAN
from wganad_core.networks.parts import Networks


@trains("wgan-gp")
class WGANGP(WassersteinGAN):
    """The Lipschitz constraint as a penalty on ‖∇f(x̂)‖₂, λ = `penalty`.

    Algorithm 2, in the signs that we minimise, until G has made its `steps`:

        n_critic times:
            x from the data, z from N(0, 1), ε from U(0, 1)         a batch of each
            x̂ ← ε x + (1 − ε) G(z)
            L ← f(G(z)) − f(x) + λ (‖∇f(x̂)‖₂ − 1)²                  mean over the batch
            w ← Adam(∇L)                                            the weights of f
        z from N(0, 1)
        θ ← Adam(∇ mean −f(G(z)))                                   the weights of G
    """

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        # ∇L of `objectives.penalised_critic_loss`, where the critic allows by a shorter way.
        self.critic_gradient = critic_gradient(self.critic, config.batch_size)

    def update_critic(self) -> None:
        x, fake = self.real_batch(), self.fake_batch()
        epsilon = torch.rand(len(x), 1, generator=self.rng).to(self.device)
        w_estimate, roughness = self.critic_gradient(x, fake, epsilon, self.config.penalty)
        loss = self.config.penalty * roughness - w_estimate
        self.apply("critic", critic=loss, penalty=roughness)
        self.w_estimate = w_estimate
