"""What both Wasserstein GANs share: a critic f whose mean f(x) − mean f(G(z)) estimates W."""

from __future__ import annotations

from wganad_core import objectives
from wganad_core.methods.adversarial import Adversarial


class WassersteinGAN(Adversarial):
    """G lowers the estimate; how f is kept from being steep is the subclass's."""

    def update_generator(self) -> None:
        scores = self.critic(self.generator(self.latents()))
        self.minimise(objectives.wgan_generator_loss(scores), "generator")
