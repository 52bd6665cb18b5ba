"""Dense networks for points of the plane and for tables (paper §3.2, §5.1)."""

from __future__ import annotations

import itertools

import torch
from torch import nn

from wganad_core.config import Activation, NetworkConfig
from wganad_core.networks.initial import initialise
from wganad_core.networks.joint import JointDiscriminator

ACTIVATION_LAYERS: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "softplus": nn.Softplus,
}


def dense(sizes: list[int], activation: Activation, rng: torch.Generator) -> nn.Sequential:
    """Linear layers of the given sizes with `activation` between them, drawn from `rng`."""
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), ACTIVATION_LAYERS[activation]()]
    return initialise(nn.Sequential(*layers[:-1]), rng)


def generator(config: NetworkConfig, rng: torch.Generator) -> nn.Sequential:
    """z (n, n_latent) → x (n, n_features)."""
    hidden = [config.width] * config.depth
    return dense([config.n_latent, *hidden, config.n_features], config.activation, rng)


def critic(config: NetworkConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, n_features) → f (n, 1)."""
    hidden = [config.width] * config.depth
    return dense([config.n_features, *hidden, 1], config.activation, rng)


def encoder(config: NetworkConfig, rng: torch.Generator, n_outputs: int) -> nn.Sequential:
    """x (n, n_features) → (n, n_outputs)."""
    hidden = [config.width] * config.depth
    return dense([config.n_features, *hidden, n_outputs], config.activation, rng)


def joint(config: NetworkConfig, rng: torch.Generator) -> JointDiscriminator:
    """(x (n, n_features), z (n, n_latent)) → logit (n, 1)."""
    width = config.width
    trunk = nn.Sequential(nn.Linear(config.n_features, width))
    return JointDiscriminator(trunk, width, config.n_latent, width, width, rng)
