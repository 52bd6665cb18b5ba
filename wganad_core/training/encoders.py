"""Methods with an encoder: the paper's, trained after its generator, the BiGAN and the VAE."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from wganad_core import objectives
from wganad_core.config import TrainingConfig
from wganad_core.networks.parts import Networks
from wganad_core.records import FloatArray
from wganad_core.training.loop import N_FIXED_IMAGES, Trainer, fixed_latents


class EncoderTrainer(Trainer):
    """eq. 23: E minimises ‖x − G(E(x))‖² with G frozen. Its networks hold a trained generator."""

    parts = ("encoder",)

    def step(self) -> None:
        x = self.real_batch()
        rebuilt = self.networks.generator(self.networks["encoder"](x))
        self.minimise(objectives.reconstruction_loss(x, rebuilt), "encoder")
        self.n_steps += 1

    @torch.no_grad()
    def picture(self) -> FloatArray:
        """The first data rebuilt."""
        encoder = self.networks["encoder"].eval()
        rebuilt = self.networks.generator(encoder(self.x[:N_FIXED_IMAGES]))
        encoder.train()
        return np.asarray(rebuilt.numpy(), np.float32)


class BiGAN(Trainer):
    """eqs 16–17: D tells (x, E(x)) from (G(z), z); G and E together deceive it."""

    parts = ("critic", "generator", "encoder")

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.fixed_z = fixed_latents(networks, config.seed)

    def update_critic(self) -> None:
        """Without the penalty (λ = `penalty`, halved) D soon tells the pairs apart for certain,
        and nothing is learned any more. In z it stays free: whether z belongs to x is its task."""
        with torch.no_grad():
            x, z = self.real_batch(), self.latents()
            z_hat, x_hat = self.networks["encoder"](x), self.networks.generator(z)
        x.requires_grad_(True)
        real, fake = self.networks.critic(x, z_hat), self.networks.critic(x_hat, z)
        steepness = objectives.steepness(real, x)
        loss = objectives.discriminator_loss(real, fake) + self.config.penalty / 2 * steepness
        self.minimise(loss, "critic")

    def logits(self) -> tuple[Tensor, Tensor]:
        """D on a batch of each kind of pair."""
        x, z = self.real_batch(), self.latents()
        generator, encoder = self.networks.generator, self.networks["encoder"]
        critic = self.networks.critic
        return critic(x, encoder(x)), critic(generator(z), z)

    def step(self) -> None:
        for _ in range(self.config.n_critic):
            self.update_critic()
        loss = objectives.bigan_generator_loss(*self.logits())
        self.minimise(loss, "generator", "encoder")
        self.n_steps += 1

    def picture(self) -> FloatArray:
        return self.sample(self.fixed_z)


class VAE(Trainer):
    """Kingma and Welling: E gives mean and log-variance of z, G is the decoder."""

    parts = ("generator", "encoder")

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.fixed_z = fixed_latents(networks, config.seed)

    def step(self) -> None:
        x = self.real_batch()
        mean, log_variance = self.networks["encoder"](x).chunk(2, dim=1)
        z = mean + torch.exp(log_variance / 2) * self.latents()
        loss = objectives.vae_loss(x, self.networks.generator(z), mean, log_variance)
        self.minimise(loss, "generator", "encoder")
        self.n_steps += 1

    def picture(self) -> FloatArray:
        return self.sample(self.fixed_z)
