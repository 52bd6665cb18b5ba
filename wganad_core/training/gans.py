"""A generator against a critic: the paper's boxes, one class each."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from wganad_core import objectives
from wganad_core.config import TrainingConfig
from wganad_core.fast_critic import critic_gradient
from wganad_core.networks.parts import Networks
from wganad_core.records import FloatArray
from wganad_core.training.loop import Trainer, fixed_latents


class Adversarial(Trainer):
    """A step is `n_critic` critic updates, then one generator update."""

    parts = ("generator", "critic")

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.generator, self.critic = networks.generator, networks.critic
        self.fixed_z = fixed_latents(networks, config.seed)

    @abstractmethod
    def update_critic(self) -> None:
        """One update of the critic or discriminator on a fresh batch."""

    @abstractmethod
    def update_generator(self) -> None:
        """One update of the generator on fresh latents."""

    def step(self) -> None:
        for _ in range(self.config.n_critic):
            self.update_critic()
        self.update_generator()
        self.n_steps += 1

    def fake_batch(self) -> Tensor:
        with torch.no_grad():
            fake: Tensor = self.generator(self.latents())
        return fake

    def picture(self) -> FloatArray:
        return self.sample(self.fixed_z)

    @property
    def n_critic_updates(self) -> int:
        return self.updates["critic"]

    @property
    def n_generator_updates(self) -> int:
        return self.updates["generator"]


class VanillaGAN(Adversarial):
    """Algorithm 1 (Goodfellow et al.), k = `n_critic`."""

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        loss = objectives.discriminator_loss(self.critic(real), self.critic(fake))
        self.minimise(loss, "critic")

    def update_generator(self) -> None:
        logits = self.critic(self.generator(self.latents()))
        loss = objectives.gan_generator_loss(logits, self.config.generator_loss)
        self.minimise(loss, "generator")


class ClippedWGAN(Adversarial):
    """The first Wasserstein GAN (§3.3, eq. 10): weights of f kept in the box [−c, c]."""

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        loss = objectives.critic_loss(self.critic(real), self.critic(fake))
        self.minimise(loss, "critic")
        self.w_estimate = -self.losses["critic"]
        self.networks.critic_parameters.vector.data.clamp_(-self.config.clip, self.config.clip)

    def update_generator(self) -> None:
        scores = self.critic(self.generator(self.latents()))
        self.minimise(objectives.wgan_generator_loss(scores), "generator")


class WGANGP(ClippedWGAN):
    """Algorithm 2: the Lipschitz constraint as a penalty on ‖∇f(x̂)‖₂, λ = `penalty`."""

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.critic_gradient = critic_gradient(self.critic, config.batch_size)

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        epsilon = torch.rand(len(real), 1, generator=self.rng)
        w_estimate, roughness = self.critic_gradient(real, fake, epsilon, self.config.penalty)
        loss = self.config.penalty * roughness - w_estimate
        self.apply("critic", critic=loss, penalty=roughness)
        self.w_estimate = w_estimate
