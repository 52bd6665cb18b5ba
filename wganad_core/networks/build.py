"""From a config and a method to the networks that the method trains."""

from __future__ import annotations

import torch
from torch import nn

from wganad_core.config import AnyNetworkConfig, ConfigError, ImageConfig, Method
from wganad_core.networks import dense, image
from wganad_core.networks.parts import Networks


def make_networks(
    config: AnyNetworkConfig, rng: torch.Generator, method: Method = "wgan-gp"
) -> Networks:
    """Fresh networks; the same `rng` state gives the same weights."""
    if isinstance(config, ImageConfig):
        return Networks(config, _image_modules(config, method, rng))
    if method in ("bigan", "vae", "encoder", "features"):
        raise ConfigError(f"{method} has no dense networks; choose gan, wgan-clip or wgan-gp.")
    modules = {"generator": dense.generator(config, rng), "critic": dense.critic(config, rng)}
    return Networks(config, modules)


def _image_modules(
    config: ImageConfig, method: Method, rng: torch.Generator
) -> dict[str, nn.Module]:
    if method == "features":
        return {"features": image.features(config, rng), "head": image.head(config, rng)}
    modules: dict[str, nn.Module] = {"generator": image.generator(config, rng)}
    if method == "encoder":
        modules["encoder"] = image.normalised_encoder(config, rng)
    elif method == "bigan":
        modules["encoder"] = image.normalised_encoder(config, rng)
        modules["critic"] = image.JointDiscriminator(config, rng)
    elif method == "vae":
        modules["encoder"] = image.encoder(config, rng, 2 * config.n_latent)
    else:
        modules["critic"] = image.critic(config, rng)
    return modules
