"""The variational autoencoder (Kingma and Welling 2014; paper §5.3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wganad_core import objectives
from wganad_core.config import AnyNetworkConfig, ImageConfig, TrainingConfig
from wganad_core.methods.bundle import Bundle
from wganad_core.methods.registry import scores, trains
from wganad_core.methods.score import Score, Verdict, mean_square
from wganad_core.methods.trainer import Trainer, fixed_latents
from wganad_core.networks.parts import Networks
from wganad_core.networks.shapes import shape_of
from wganad_core.records import FloatArray

VARIANCE = 0.1  # of the Gaussian likelihood, in standardised units


@trains("vae")
class VAE(Trainer):
    """E gives mean and log-variance of z, G is the decoder. Pixels have a Bernoulli likelihood,
    other features a Gaussian one of fixed variance."""

    parts = ("generator", "encoder")

    @classmethod
    def modules(cls, config: AnyNetworkConfig, rng: torch.Generator) -> dict[str, nn.Module]:
        shape = shape_of(config)
        return {
            "generator": shape.generator(config, rng),
            "encoder": shape.encoder(config, rng, 2 * config.n_latent),
        }

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.fixed_z = fixed_latents(networks, config.seed)

    def step(self) -> None:
        x = self.real_batch()
        mean, log_variance = self.networks["encoder"](x).chunk(2, dim=1)
        z = mean + torch.exp(log_variance / 2) * self.latents()
        rebuilt = self.networks.generator(z)
        if isinstance(self.networks.config, ImageConfig):
            loss = objectives.vae_loss(x, rebuilt, mean, log_variance)
        else:
            loss = objectives.gaussian_vae_loss(x, rebuilt, mean, log_variance, VARIANCE)
        self.minimise(loss, "generator", "encoder")
        self.n_steps += 1

    def picture(self) -> FloatArray:
        return self.sample(self.fixed_z)


@scores("vae", needs=["vae"])
class VAEScore(Score):
    """The mean squared error of the decoded mean."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.generator, self.encoder = (bundle.part(p, "vae") for p in ("generator", "encoder"))

    def forward(self, x: Tensor) -> Verdict:
        mean, _ = self.encoder(x).chunk(2, dim=1)
        rebuilt = self.generator(mean)
        error = mean_square(x - rebuilt)
        return Verdict(error, {"residual": error}, rebuilt)
