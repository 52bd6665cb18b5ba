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


def _trunk(width: int) -> list[nn.Module]:
    """(n, 784) → (n, 2·width·49): two strided convolutions, 28 → 14 → 7."""
    return [
        nn.Unflatten(1, (1, SIDE, SIDE)),
        nn.Conv2d(1, width, 4, 2, 1),  # (n, width, 14, 14)
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, 2 * width, 4, 2, 1),  # (n, 2·width, 7, 7)
        nn.LeakyReLU(SLOPE),
        nn.Flatten(),
    ]


def generator(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """z (n, n_latent) → x (n, 784) in [0, 1]. The last doubling is a convolution whose four
    channels are the four pixels of a 2 × 2 block: a transposed one is five times slower."""
    width = config.generator_width
    layers = [
        nn.Linear(config.n_latent, config.hidden),
        nn.ReLU(),
        nn.Linear(config.hidden, 2 * width * QUARTER**2),
        nn.ReLU(),
        nn.Unflatten(1, (2 * width, QUARTER, QUARTER)),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1),  # (n, width, 14, 14)
        nn.ReLU(),
        nn.Conv2d(width, 4, 3, 1, 1),
        nn.PixelShuffle(2),  # (n, 1, 28, 28)
        nn.Flatten(),
        nn.Sigmoid(),
    ]
    return initialise(nn.Sequential(*layers), rng)


def critic(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, 784) → f (n, 1). No batch normalisation: it would couple the penalty's samples."""
    width = config.critic_width
    layers = [
        *_trunk(width),
        nn.Linear(2 * width * QUARTER**2, config.hidden),
        nn.LeakyReLU(SLOPE),
        nn.Linear(config.hidden, 1),
    ]
    return initialise(nn.Sequential(*layers), rng)


def encoder(config: ImageConfig, rng: torch.Generator, n_outputs: int) -> nn.Sequential:
    """x (n, 784) → (n, n_outputs)."""
    width = config.encoder_width
    layers = [
        *_trunk(width),
        nn.Linear(2 * width * QUARTER**2, config.hidden),
        nn.LeakyReLU(SLOPE),
        nn.Linear(config.hidden, n_outputs),
    ]
    return initialise(nn.Sequential(*layers), rng)


def joint(config: ImageConfig, rng: torch.Generator) -> JointDiscriminator:
    """(x (n, 784), z (n, n_latent)) → logit (n, 1)."""
    n_seen = 2 * config.hidden
    trunk = [*_trunk(config.critic_width), nn.Linear(2 * config.critic_width * QUARTER**2, n_seen)]
    return JointDiscriminator(
        nn.Sequential(*trunk), n_seen, config.n_latent, 4 * config.hidden, config.hidden, rng
    )


def features(config: ImageConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, 784) → (n, features): the contrastive network."""
    width = config.encoder_width
    layers = [
        *_trunk(width)[:-1],
        nn.Conv2d(2 * width, 4 * width, 3, 2, 1),  # (n, 4·width, 4, 4)
        nn.LeakyReLU(SLOPE),
        nn.Flatten(),
        nn.Linear(4 * width * 16, config.features),
    ]
    return initialise(nn.Sequential(*layers), rng)
