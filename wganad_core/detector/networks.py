"""The networks of an estimator: those of `networks`, and dense ones with an encoder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.config import AnyNetworkConfig, Method, NetworkConfig, TrainingConfig
from wganad_core.networks import dense
from wganad_core.networks.build import make_networks, normalised
from wganad_core.networks.image import JointDiscriminator
from wganad_core.networks.initial import initialise
from wganad_core.networks.parts import Networks
from wganad_core.records import FloatArray
from wganad_core.training import TRAINERS, Trainer
from wganad_core.training.encoders import VAE

VARIANCE = 0.1  # of the VAE's Gaussian likelihood, in standardised units


class DenseJoint(JointDiscriminator):
    """The BiGAN's D for rows: (x (n, d), z (n, n_latent)) → logit (n, 1) (§4.3)."""

    def __init__(self, config: NetworkConfig, rng: torch.Generator) -> None:
        nn.Module.__init__(self)
        width = config.width
        self.trunk = nn.Sequential(nn.Linear(config.n_features, width))
        self.joint = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.Linear(width + config.n_latent, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
        )
        self.last = nn.Linear(width, 1)
        initialise(self, rng)

    def hidden(self, x: Tensor, z: Tensor) -> Tensor:
        """In the precision of the weights."""
        kind = self.last.weight.dtype
        return super().hidden(x.to(kind), z.to(kind))


class GaussianVAE(VAE):
    """A VAE whose likelihood is a Gaussian of fixed variance, as rows are not in [0, 1]."""

    def step(self) -> None:
        x = self.real_batch()
        mean, log_variance = self.networks["encoder"](x).chunk(2, dim=1)
        z = mean + torch.exp(log_variance / 2) * self.latents()
        error = (x - self.networks.generator(z)).square().sum() / VARIANCE
        divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        self.minimise((error + divergence) / (2 * len(x)), "generator", "encoder")
        self.n_steps += 1


def networks_for(method: Method, config: AnyNetworkConfig, rng: torch.Generator) -> Networks:
    """Fresh networks; the same `rng` state gives the same weights. PyTorch's own state, from which
    layers draw what is then drawn anew, stays as it was."""
    with torch.random.fork_rng(devices=[]):
        return _networks_for(method, config, rng)


def _networks_for(method: Method, config: AnyNetworkConfig, rng: torch.Generator) -> Networks:
    if not isinstance(config, NetworkConfig) or method not in ("encoder", "bigan", "vae"):
        return make_networks(config, rng, method)
    modules: dict[str, nn.Module] = {"generator": dense.generator(config, rng)}
    hidden = [config.width] * config.depth
    n_outputs = config.n_latent * (2 if method == "vae" else 1)
    encoder = dense.dense([config.n_features, *hidden, n_outputs], config.activation, rng)
    modules["encoder"] = encoder if method == "vae" else normalised(encoder)
    if method == "bigan":
        modules["critic"] = DenseJoint(config, rng)
    return Networks(config, modules)


def trainer_for(x: FloatArray, config: TrainingConfig, network: AnyNetworkConfig) -> Trainer:
    """A trainer of fresh networks, both seeded by `config.seed`, on rows x (n, d)."""
    rng = torch.Generator().manual_seed(config.seed)
    networks = networks_for(config.method, network, rng)
    dense_vae = config.method == "vae" and isinstance(network, NetworkConfig)
    make = GaussianVAE if dense_vae else TRAINERS[config.method]
    return make(networks, torch.tensor(x, dtype=torch.float32), config)


def rebuilt(
    methods: Iterable[Method], config: AnyNetworkConfig, arrays: Mapping[str, NDArray[Any]]
) -> dict[str, nn.Module]:
    """The modules that these methods train, with weights named as `Networks.arrays` names them,
    in `eval()` mode. Raises `ValueError` for a missing or misshapen tensor."""
    modules: dict[str, nn.Module] = {}
    for method in methods:
        networks = networks_for(method, config, torch.Generator().manual_seed(0))
        networks.load_arrays(arrays)
        modules |= {part: networks[part].eval() for part in TRAINERS[method].parts}
    return modules
