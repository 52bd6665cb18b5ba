"""Bundles of networks for tests: small ones of every method, and linear ones to work by hand."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from tests.small import IMAGE, made, rng
from wganad_core.config import NetworkConfig
from wganad_core.methods import TRAINERS, Bundle
from wganad_core.methods.evidence import Contrast, spaces_there
from wganad_core.methods.fitting import evidence_of
from wganad_core.methods.score import evaluate
from wganad_core.records import FittedRules, Normals, Rule

EVIDENCE = (
    "critic",
    "residual",
    "relative",
    "izi",
    "near-latent",
    "near-encoder",
    "near-critic",
    "near-shifted",
    "near-projected",
    "shift",
)


def linear(matrix: ArrayLike, bias: float = 0.0) -> nn.Linear:
    """y = A x + bias."""
    weight = torch.as_tensor(np.asarray(matrix, np.float32))
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight.data, layer.bias.data = weight, torch.full((len(weight),), bias)
    return layer


def bundle_of(
    method: str = "wgan-gp",
    n_latent: int = 1,
    fitted: FittedRules | None = None,
    channels: tuple[str, ...] = (),
    **networks: nn.Module,
) -> Bundle:
    """One method's networks; an encoder also stands for that of the paper's detector."""
    found = {method: networks, "encoder": networks}
    return Bundle(NetworkConfig(n_latent=n_latent), found, fitted, channels)


def images() -> Bundle:
    """Tiny networks of every method for images, with batch statistics that are not the initial
    ones, and a rule of all evidence."""
    networks = {
        method: {part: made(method)[part] for part in TRAINERS[method].parts}
        for method in ("wgan-gp", "encoder", "contrast", "vae", "bigan")
    }
    draw = rng()
    with torch.no_grad():
        for _ in range(20):
            networks["encoder"]["encoder"](5 * torch.rand(16, 784, generator=draw))
    bundle = Bundle(IMAGE, networks, channels=("upper", "lower"))
    references = np.random.default_rng(1).random((12, 784), np.float32)
    normals = Normals(places(bundle, references), k=2)
    rule = Rule.fitted(EVIDENCE, evidence_of(bundle, normals, references, EVIDENCE))
    fitted = FittedRules((0.0, 1e-3), normals, {"ours": rule})
    return Bundle(IMAGE, networks, fitted, bundle.channels)


def places(bundle: Bundle, x: np.ndarray) -> dict[str, np.ndarray]:
    """Where samples lie in the spaces of the networks."""
    encoder, critic = bundle.chain("encoder", "encoder"), bundle.chain("critic")
    layers = {
        "latents": encoder,
        "encoder": encoder[:-2],
        "critic": critic[:-1],
    }
    found = {name: evaluate(network, x) for name, network in layers.items()}
    with torch.no_grad():
        contrast = Contrast(bundle).eval()(torch.from_numpy(x))
    found |= {name: contrast[name].numpy() for name in ("shifted", "projected")}
    assert spaces_there(bundle, None) == found.keys()
    return found
