"""Convolutional networks for images of 28 × 28 (paper §5.2, App. C).

Images travel as rows (n, 784) in [0, 1]; each network folds them itself, so that training and
scoring know only rows. The sizes are made for two processor cores.
"""

from __future__ import annotations

import torch
from torch import nn

from wganad_core.config import ImageConfig
from wganad_core.networks.initial import initialise
from wganad_core.networks.joint import JointDiscriminator

SIDE, QUARTER = 28, 7
SLOPE = 0.2


def _trunk(width: int, depth: int) -> tuple[list[nn.Module], int]:
    """(n, 784) → (n, n_seen), and n_seen: strided convolutions, 28 → 14 → 7 (→ 4)."""
    layers = [
        nn.Unflatten(1, (1, SIDE, SIDE)),
        nn.Conv2d(1, width, 4, 2, 1),  # (n, width, 14, 14)
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, 2 * width, 4, 2, 1),  # (n, 2·width, 7, 7)
        nn.LeakyReLU(SLOPE),
    ]
    if depth == 3:
        layers += [nn.Conv2d(2 * width, 4 * width, 3, 2, 1), nn.LeakyReLU(SLOPE)]  # (n, …, 4, 4)
        return [*layers, nn.Flatten()], 4 * width * 4**2
    return [*layers, nn.Flatten()], 2 * width * QUARTER**2


def generator(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """z (n, n_latent) → x (n, 784) in [0, 1]. The last doubling is a convolution whose channels
    are the pixels of 2 × 2 blocks: a transposed one is five times slower."""
    width = config.generator_width
    start = [
        nn.ReLU(),
        nn.Unflatten(1, (2 * width, QUARTER, QUARTER)),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1),  # (n, width, 14, 14)
        nn.ReLU(),
    ]
    if config.depth == 3:
        layers = [
            nn.Linear(config.n_latent, 2 * width * QUARTER**2),
            *start,
            nn.Conv2d(width, width, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(width, 32, 3, 1, 1),
            nn.PixelShuffle(2),  # (n, 8, 28, 28)
            nn.ReLU(),
            nn.Conv2d(8, 1, 3, 1, 1),
        ]
    else:
        layers = [
            nn.Linear(config.n_latent, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, 2 * width * QUARTER**2),
            *start,
            nn.Conv2d(width, 4, 3, 1, 1),
            nn.PixelShuffle(2),  # (n, 1, 28, 28)
        ]
    return initialise(nn.Sequential(*layers, nn.Flatten(), nn.Sigmoid()), rng)


def critic(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, 784) → f (n, 1). No batch normalisation: it would couple the penalty's samples."""
    return _read(config.critic_width, config, rng, 1)


def encoder(config: ImageConfig, rng: torch.Generator, n_outputs: int) -> nn.Sequential:
    """x (n, 784) → (n, n_outputs)."""
    return _read(config.encoder_width, config, rng, n_outputs)


def _read(width: int, config: ImageConfig, rng: torch.Generator, n_outputs: int) -> nn.Sequential:
    layers, n_seen = _trunk(width, config.depth)
    layers += [nn.Linear(n_seen, config.hidden), nn.LeakyReLU(SLOPE)]
    return initialise(nn.Sequential(*layers, nn.Linear(config.hidden, n_outputs)), rng)


def features(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, 784) → (n, features): the contrastive network, whose trunk is always the deep one."""
    layers, n_seen = _trunk(config.encoder_width, 3)
    return initialise(nn.Sequential(*layers, nn.Linear(n_seen, config.features)), rng)


def joint(config: ImageConfig, rng: torch.Generator) -> JointDiscriminator:
    """(x (n, 784), z (n, n_latent)) → logit (n, 1)."""
    layers, n_trunk = _trunk(config.critic_width, config.depth)
    n_seen = 2 * config.hidden
    trunk = nn.Sequential(*layers, nn.Linear(n_trunk, n_seen))
    return JointDiscriminator(trunk, n_seen, config.n_latent, 4 * config.hidden, config.hidden, rng)
