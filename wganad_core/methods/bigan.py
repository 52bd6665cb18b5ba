"""The bidirectional GAN (Donahue et al. 2017; Zenati et al. 2018; paper §4.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wganad_core import objectives
from wganad_core.config import AnyNetworkConfig, TrainingConfig
from wganad_core.methods.bundle import Bundle
from wganad_core.methods.encoder import normalised
from wganad_core.methods.registry import scores, trains
from wganad_core.methods.score import Score, Verdict
from wganad_core.methods.trainer import Trainer, fixed_latents
from wganad_core.networks.joint import JointDiscriminator
from wganad_core.networks.parts import Networks
from wganad_core.networks.shapes import shape_of
from wganad_core.records import FloatArray

ALPHA = 0.9  # eq. 20: how much the residual counts beside the features


@trains("bigan")
class BiGAN(Trainer):
    """eqs 16–17: D tells (x, E(x)) from (G(z), z); G and E together deceive it."""

    parts = ("critic", "generator", "encoder")
    alternates = True

    @classmethod
    def modules(cls, config: AnyNetworkConfig, rng: torch.Generator) -> dict[str, nn.Module]:
        shape = shape_of(config)
        return {
            "generator": shape.generator(config, rng),
            "encoder": normalised(shape.encoder(config, rng, config.n_latent)),
            "critic": shape.joint(config, rng),
        }

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


@scores("bigan", needs=["bigan"])
class BiGANScore(Score):
    """eqs 18–20, eq. 18 read as ‖x − G(E(x))‖ (it prints E(G(x))); norms are sums of absolute
    values, f_D is the discriminator's last hidden layer."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.generator, self.encoder = (bundle.part(p, "bigan") for p in ("generator", "encoder"))
        critic = bundle.part("critic", "bigan")
        assert isinstance(critic, JointDiscriminator)
        self.critic = critic

    def forward(self, x: Tensor) -> Verdict:
        z = self.encoder(x)
        rebuilt = self.generator(z)
        residual = (x - rebuilt).abs().sum(dim=1)
        features = (self.critic.hidden(x, z) - self.critic.hidden(rebuilt, z)).abs().sum(dim=1)
        terms = {"residual": ALPHA * residual, "features": (1 - ALPHA) * features}
        return Verdict(terms["residual"] + terms["features"], terms, rebuilt)
