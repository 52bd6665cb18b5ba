"""Convolutional networks for images (paper §5.2, App. C), which has them of 28 × 28 in grey.

Images travel as rows (n, d) in [0, 1], pixel after pixel; each network folds them itself, so that
training and scoring know only rows. The sizes are made for two processor cores: of 64 and 128
pixels the first layer brings the side down to 32 at once.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from wganad_core.config import ImageConfig
from wganad_core.networks.initial import initialise
from wganad_core.networks.joint import JointDiscriminator

LARGEST = 32  # side that the layers of all sizes begin with
SLOPE = 0.2


class Planes(nn.Module):
    """Colours of each pixel (n, s, s, c) → planes of colours (n, c, s, s)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 3, 1, 2)


class Colours(nn.Module):
    """Undo `Planes`."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1)


def _inner(config: ImageConfig) -> tuple[int, int]:
    """The side that is halved by layer after layer, and how often it lies in the image's."""
    inner = min(config.side, LARGEST)
    return inner, config.side // inner


def _folded(config: ImageConfig) -> list[nn.Module]:
    if config.channels == 1:
        return [nn.Unflatten(1, (1, config.side, config.side))]
    return [nn.Unflatten(1, (config.side, config.side, config.channels)), Planes()]


def _trunk(config: ImageConfig, width: int, depth: int) -> tuple[list[nn.Module], int]:
    """(n, d) → (n, n_seen), and n_seen: strided convolutions, 28 → 14 → 7 (→ 4)."""
    inner, times = _inner(config)
    layers, seen = _folded(config), config.channels
    if times > 1:
        layers += [nn.Conv2d(seen, width, 2 * times, times, times // 2), nn.LeakyReLU(SLOPE)]
        seen = width
    layers += [
        nn.Conv2d(seen, width, 4, 2, 1),  # (n, width, 14, 14)
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, 2 * width, 4, 2, 1),  # (n, 2·width, 7, 7)
        nn.LeakyReLU(SLOPE),
    ]
    if depth == 3:
        layers += [nn.Conv2d(2 * width, 4 * width, 3, 2, 1), nn.LeakyReLU(SLOPE)]  # (n, …, 4, 4)
        return [*layers, nn.Flatten()], 4 * width * 4**2
    return [*layers, nn.Flatten()], 2 * width * (inner // 4) ** 2


def generator(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """z (n, n_latent) → x (n, d) in [0, 1]. The last doubling is a convolution whose channels are
    the pixels of 2 × 2 blocks, of large images larger ones: a transposed one is five times
    slower."""
    width = config.generator_width
    inner, times = _inner(config)
    quarter, block = inner // 4, 2 * times
    start = [
        nn.ReLU(),
        nn.Unflatten(1, (2 * width, quarter, quarter)),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1),  # (n, width, 14, 14)
        nn.ReLU(),
    ]
    if config.depth == 3:
        layers = [
            nn.Linear(config.n_latent, 2 * width * quarter**2),
            *start,
            nn.Conv2d(width, width, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(width, 8 * block**2, 3, 1, 1),
            nn.PixelShuffle(block),  # (n, 8, 28, 28)
            nn.ReLU(),
            nn.Conv2d(8, config.channels, 3, 1, 1),
        ]
    else:
        layers = [
            nn.Linear(config.n_latent, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, 2 * width * quarter**2),
            *start,
            nn.Conv2d(width, config.channels * block**2, 3, 1, 1),
            nn.PixelShuffle(block),  # (n, 1, 28, 28)
        ]
    layers += [Colours()] * (config.channels > 1)
    return initialise(nn.Sequential(*layers, nn.Flatten(), nn.Sigmoid()), rng)


def critic(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, d) → f (n, 1). No batch normalisation: it would couple the penalty's samples."""
    return _read(config.critic_width, config, rng, 1)


def encoder(config: ImageConfig, rng: torch.Generator, n_outputs: int) -> nn.Sequential:
    """x (n, d) → (n, n_outputs)."""
    return _read(config.encoder_width, config, rng, n_outputs)


def _read(width: int, config: ImageConfig, rng: torch.Generator, n_outputs: int) -> nn.Sequential:
    layers, n_seen = _trunk(config, width, config.depth)
    layers += [nn.Linear(n_seen, config.hidden), nn.LeakyReLU(SLOPE)]
    return initialise(nn.Sequential(*layers, nn.Linear(config.hidden, n_outputs)), rng)


def features(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, d) → (n, features): the contrastive network, whose trunk is always the deep one."""
    layers, n_seen = _trunk(config, config.encoder_width, 3)
    return initialise(nn.Sequential(*layers, nn.Linear(n_seen, config.features)), rng)


def joint(config: ImageConfig, rng: torch.Generator) -> JointDiscriminator:
    """(x (n, d), z (n, n_latent)) → logit (n, 1)."""
    layers, n_trunk = _trunk(config, config.critic_width, config.depth)
    n_seen = 2 * config.hidden
    trunk = nn.Sequential(*layers, nn.Linear(n_trunk, n_seen))
    return JointDiscriminator(trunk, n_seen, config.n_latent, 4 * config.hidden, config.hidden, rng)
