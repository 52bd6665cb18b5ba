"""The paper's detector (§5.3): an encoder that finds the latents of a trained generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wganad_core import objectives
from wganad_core.config import AnyNetworkConfig
from wganad_core.methods.bundle import Bundle
from wganad_core.methods.registry import scores, trains
from wganad_core.methods.score import Score, Verdict, mean_square
from wganad_core.methods.trainer import N_FIXED_IMAGES, Trainer
from wganad_core.networks.parts import numbers
from wganad_core.networks.shapes import shape_of
from wganad_core.records import FloatArray


@trains("encoder")
class EncoderTrainer(Trainer):
    """eq. 23: E minimises ‖x − G(E(x))‖² with G frozen. Its networks hold a trained generator."""

    parts = ("encoder",)

    @classmethod
    def modules(cls, config: AnyNetworkConfig, rng: torch.Generator) -> dict[str, nn.Module]:
        shape = shape_of(config)
        return {
            "generator": shape.generator(config, rng),
            "encoder": normalised(shape.encoder(config, rng, config.n_latent)),
        }

    def step(self) -> None:
        x = self.real_batch()
        with self.precision():
            rebuilt = self.networks.generator(self.networks["encoder"](x))
        self.minimise(objectives.reconstruction_loss(x, rebuilt.float()), "encoder")
        self.n_steps += 1

    @torch.no_grad()
    def picture(self) -> FloatArray:
        """The first data rebuilt."""
        encoder = self.networks["encoder"].eval()
        rebuilt = self.networks.generator(encoder(self.x[:N_FIXED_IMAGES]))
        encoder.train()
        return numbers(rebuilt)


def normalised(encoder: nn.Sequential) -> nn.Sequential:
    """Batch normalisation without affine last, so that latents have the prior's mean and variance
    (§5.3)."""
    last = encoder[-1]
    assert isinstance(last, nn.Linear)
    return nn.Sequential(*encoder, nn.BatchNorm1d(last.out_features, affine=False))


@scores("encoder", needs=["wgan-gp", "encoder"], score_method="residual")
class EncoderScore(Score):
    """The mean squared error of G(E(x)) (§5.3). Its terms are the shares of the bundle's channels,
    into which features divide evenly: which of them is to blame."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.generator, self.encoder = bundle.part("generator"), bundle.part("encoder", "encoder")
        self.channels = bundle.channels or ("residual",)

    def forward(self, x: Tensor) -> Verdict:
        rebuilt = self.generator(self.encoder(x))
        squares = (x - rebuilt).square()
        parts = squares.unflatten(1, (len(self.channels), -1)).mean(dim=2) / len(self.channels)
        terms = dict(zip(self.channels, parts.unbind(dim=1), strict=True))
        return Verdict(squares.mean(dim=1), terms, rebuilt)


@scores(
    "critic-features",
    needs=["wgan-gp", "encoder"],
    score_method=False,
    wants=lambda bundle: bool(bundle.channels),
)
class CriticFeaturesScore(Score):
    """f-AnoGAN's feature residual: the mean squared difference between the critic's last hidden
    layer at x and at G(E(x))."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.generator, self.encoder = bundle.part("generator"), bundle.part("encoder", "encoder")
        self.hidden = bundle.chain("critic")[:-1]

    def forward(self, x: Tensor) -> Verdict:
        rebuilt = self.generator(self.encoder(x))
        error = mean_square(self.hidden(x) - self.hidden(rebuilt))
        return Verdict(error, {"features": error}, rebuilt)
