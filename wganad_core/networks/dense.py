"""Dense networks for points of the plane and for tables (paper §3.2, §5.1)."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.config import Activation, NetworkConfig

ACTIVATION_LAYERS: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "softplus": nn.Softplus,
}


def dense(sizes: list[int], activation: Activation, rng: torch.Generator) -> nn.Sequential:
    """Linear layers of the given sizes with `activation` between them.

    Weights and biases start uniform in ±1/√(inputs), PyTorch's own rule for `nn.Linear`, but
    drawn from `rng`.
    """
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(sizes):
        layer = nn.Linear(n_in, n_out)
        for parameter in (layer.weight, layer.bias):
            nn.init.uniform_(parameter, -1 / math.sqrt(n_in), 1 / math.sqrt(n_in), generator=rng)
        layers += [layer, ACTIVATION_LAYERS[activation]()]
    return nn.Sequential(*layers[:-1])


class FlatParameters:
    """A module's parameters as one vector, with one gradient vector beside it.

    The module's own parameters become views of `vector` and their `.grad` views of
    `vector.grad`: autograd still fills them, while an optimiser, a check or a copy touches one
    tensor instead of many.
    """

    def __init__(self, module: nn.Module) -> None:
        parameters = list(module.parameters())
        self.vector = nn.Parameter(torch.cat([p.detach().reshape(-1) for p in parameters]))
        self.vector.grad = torch.zeros_like(self.vector)
        start = 0
        for parameter in parameters:
            stop = start + parameter.numel()
            parameter.data = self.vector.data[start:stop].view_as(parameter)
            parameter.grad = self.vector.grad[start:stop].view_as(parameter)
            start = stop

    @property
    def gradient(self) -> Tensor:
        assert self.vector.grad is not None
        return self.vector.grad


@dataclasses.dataclass
class Networks:
    """A generator G: z (n, n_latent) → x (n, n_features) and a critic f: x → (n, 1).

    For the vanilla GAN the critic's output is the discriminator's logit, D(x) = σ(f(x)).
    """

    config: NetworkConfig
    generator: nn.Sequential
    critic: nn.Sequential

    def __post_init__(self) -> None:
        self.generator_parameters = FlatParameters(self.generator)
        self.critic_parameters = FlatParameters(self.critic)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Copies of all weights, named `generator.0.weight` and so on."""
        return {
            f"{part}.{name}": value.detach().numpy().copy()
            for part, module in (("generator", self.generator), ("critic", self.critic))
            for name, value in module.state_dict().items()
        }

    def load_arrays(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Copy weights in place; a missing or misshapen tensor raises `ValueError`."""
        for part, module in (("generator", self.generator), ("critic", self.critic)):
            for name, value in module.state_dict().items():
                found = arrays.get(f"{part}.{name}")
                if found is None or found.shape != tuple(value.shape):
                    raise ValueError(
                        f"Expected weights {part}.{name} of shape {tuple(value.shape)}; found "
                        f"{'none' if found is None else found.shape}. The file does not belong "
                        "to this network."
                    )
                value.copy_(torch.from_numpy(np.asarray(found, np.float32)))

    def checksum(self) -> str:
        """SHA-256 of all weights, to tell two training states apart."""
        digest = hashlib.sha256()
        for flat in (self.generator_parameters, self.critic_parameters):
            digest.update(flat.vector.detach().numpy().tobytes())
        return digest.hexdigest()


def make_networks(config: NetworkConfig, rng: torch.Generator) -> Networks:
    """Fresh networks of the configured size; the same `rng` state gives the same weights."""
    hidden = [config.width] * config.depth
    return Networks(
        config,
        generator=dense([config.n_latent, *hidden, config.n_features], config.activation, rng),
        critic=dense([config.n_features, *hidden, 1], config.activation, rng),
    )
