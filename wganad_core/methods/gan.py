"""The vanilla GAN (Goodfellow et al. 2014; paper §3.2)."""

from __future__ import annotations

from wganad_core import objectives
from wganad_core.methods.adversarial import Adversarial
from wganad_core.methods.registry import trains


@trains("gan")
class VanillaGAN(Adversarial):
    """Algorithm 1, k = `n_critic`."""

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        loss = objectives.discriminator_loss(self.critic(real), self.critic(fake))
        self.minimise(loss, "critic")

    def update_generator(self) -> None:
        logits = self.critic(self.generator(self.latents()))
        loss = objectives.gan_generator_loss(logits, self.config.generator_loss)
        self.minimise(loss, "generator")
