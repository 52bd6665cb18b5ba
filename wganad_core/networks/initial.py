"""Initial weights as a function of a random state."""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def initialise(module: M, rng: torch.Generator) -> M:
    """Draw all weights and biases uniform in ±1/√(inputs of a unit), PyTorch's own rule, from
    `rng`; the same state gives the same weights."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            weight = layer.weight
            # A transposed convolution's weight is (in, out, …): PyTorch takes the second axis.
            bound = 1 / math.sqrt(weight[0].numel())
            for parameter in (weight, layer.bias):
                if parameter is not None:
                    nn.init.uniform_(parameter, -bound, bound, generator=rng)
    return module
