"""From a config and a method to the networks that the method trains."""

from __future__ import annotations

import torch
from torch import nn

from wganad_core.config import AnyNetworkConfig, ConfigError, ImageConfig, Method, WindowConfig
from wganad_core.networks import dense, image, window
from wganad_core.networks.initial import initialise
from wganad_core.networks.parts import Networks

SLOPE = 0.2


def make_networks(
    config: AnyNetworkConfig, rng: torch.Generator, method: Method = "wgan-gp"
) -> Networks:
    """Fresh networks; the same `rng` state gives the same weights."""
    if isinstance(config, ImageConfig):
        return Networks(config, _image_modules(config, method, rng))
    if isinstance(config, WindowConfig):
        return Networks(config, _window_modules(config, method, rng))
    if method in ("bigan", "vae", "encoder", "features"):
        raise ConfigError(f"{method} has no dense networks; choose gan, wgan-clip or wgan-gp.")
    modules = {"generator": dense.generator(config, rng), "critic": dense.critic(config, rng)}
    return Networks(config, modules)


def _image_modules(
    config: ImageConfig, method: Method, rng: torch.Generator
) -> dict[str, nn.Module]:
    if method == "features":
        return {"features": image.features(config, rng), "head": head(config.features, rng)}
    modules: dict[str, nn.Module] = {"generator": image.generator(config, rng)}
    if method == "encoder":
        modules["encoder"] = normalised(image.encoder(config, rng, config.n_latent))
    elif method == "bigan":
        modules["encoder"] = normalised(image.encoder(config, rng, config.n_latent))
        modules["critic"] = image.JointDiscriminator(config, rng)
    elif method == "vae":
        modules["encoder"] = image.encoder(config, rng, 2 * config.n_latent)
    else:
        modules["critic"] = image.critic(config, rng)
    return modules


def _window_modules(
    config: WindowConfig, method: Method, rng: torch.Generator
) -> dict[str, nn.Module]:
    if method in ("bigan", "vae"):
        raise ConfigError(
            f"{method} has no networks for windows; choose gan, wgan-clip, wgan-gp, encoder or "
            "features."
        )
    if method == "features":
        return {"features": window.features(config, rng), "head": head(config.features, rng)}
    modules: dict[str, nn.Module] = {"generator": window.generator(config, rng)}
    if method == "encoder":
        modules["encoder"] = normalised(window.encoder(config, rng, config.n_latent))
    else:
        modules["critic"] = window.critic(config, rng)
    return modules


def normalised(encoder: nn.Sequential) -> nn.Sequential:
    """The encoder of eq. 23: batch normalisation without affine last, so that its latents have
    the prior's mean and variance (paper §5.2)."""
    last = encoder[-1]
    assert isinstance(last, nn.Linear)
    return nn.Sequential(*encoder, nn.BatchNorm1d(last.out_features, affine=False))


def head(n_features: int, rng: torch.Generator) -> nn.Sequential:
    """Features (n, n_features) → (n, 64), where the contrastive loss is taken; not for scoring."""
    layers = nn.LeakyReLU(SLOPE), nn.Linear(n_features, 64)
    return initialise(nn.Sequential(*layers), rng)
