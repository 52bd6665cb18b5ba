"""The first Wasserstein GAN (Arjovsky et al. 2017; paper §3.3, eq. 10)."""

from __future__ import annotations

from wganad_core import objectives
from wganad_core.methods.registry import trains
from wganad_core.methods.wasserstein import WassersteinGAN


@trains("wgan-clip")
class ClippedWGAN(WassersteinGAN):
    """The Lipschitz constraint as a box: weights of f stay in [−c, c]."""

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        loss = objectives.critic_loss(self.critic(real), self.critic(fake))
        self.minimise(loss, "critic")
        self.w_estimate = -self.losses["critic"]
        self.networks.critic_parameters.vector.data.clamp_(-self.config.clip, self.config.clip)
