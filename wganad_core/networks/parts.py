"""Modules whose weights travel together, and their parameters as single vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.config import AnyNetworkConfig


def numbers(tensor: Tensor) -> NDArray[Any]:
    """A copy of a tensor, wherever it is, as an array."""
    return np.array(tensor.detach().cpu().numpy())


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


def check_weights(modules: Mapping[str, nn.Module], arrays: Mapping[str, NDArray[Any]]) -> None:
    """A tensor that is missing or misshapen among `arrays` raises `ValueError`."""
    for part, module in modules.items():
        for name, value in module.state_dict().items():
            found = arrays.get(f"{part}.{name}")
            if found is None or found.shape != tuple(value.shape):
                raise ValueError(
                    f"Expected weights {part}.{name} of shape {tuple(value.shape)}; found "
                    f"{'none' if found is None else found.shape}. The file does not belong "
                    "to this network."
                )


class Networks:
    """The modules of one model by name, and the config that made them.

    `generator` G: z (n, n_latent) → x (n, n_features); `critic` f: x → (n, 1), for the vanilla
    GAN the discriminator's logit, D(x) = σ(f(x)), and for the BiGAN that of (x, z); `encoder` E:
    x → z; `features`: x → a feature vector. A model has those that its method needs.
    """

    def __init__(
        self,
        config: AnyNetworkConfig,
        modules: Mapping[str, nn.Module],
        device: str | torch.device = "cpu",
    ) -> None:
        self.config = config
        self.modules = {name: module.to(device) for name, module in modules.items()}
        self.flat = {name: FlatParameters(module) for name, module in self.modules.items()}

    def __getitem__(self, name: str) -> nn.Module:
        return self.modules[name]

    @property
    def generator(self) -> nn.Module:
        return self.modules["generator"]

    @property
    def critic(self) -> nn.Module:
        return self.modules["critic"]

    @property
    def generator_parameters(self) -> FlatParameters:
        return self.flat["generator"]

    @property
    def critic_parameters(self) -> FlatParameters:
        return self.flat["critic"]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Copies of all weights, named `generator.0.weight` and so on."""
        return {
            f"{part}.{name}": numbers(value)
            for part, module in self.modules.items()
            for name, value in module.state_dict().items()
        }

    def load_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Copy weights in place; a missing or misshapen tensor raises `ValueError`."""
        check_weights(self.modules, arrays)
        for part, module in self.modules.items():
            for name, value in module.state_dict().items():
                found = arrays.get(f"{part}.{name}")
                assert found is not None
                value.copy_(torch.tensor(found, dtype=torch.float32))

    def checksum(self) -> str:
        """SHA-256 of all weights, to tell two training states apart."""
        digest = hashlib.sha256()
        for flat in self.flat.values():
            digest.update(numbers(flat.vector).tobytes())
        return digest.hexdigest()
