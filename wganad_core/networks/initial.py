"""Initial weights as a function of a random state."""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)
LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def initialise(module: M, rng: torch.Generator) -> M:
    """Draw all weights and biases uniform in ±1/√(inputs of a unit), PyTorch's own rule, from
    `rng`; the same state gives the same weights."""
    for layer in module.modules():
        if isinstance(layer, LAYERS):
            weight = layer.weight
            # A transposed convolution's weight is (in, out, …): PyTorch takes the second axis.
            bound = 1 / math.sqrt(weight[0].numel())
        elif isinstance(layer, nn.GRU):
            bound = 1 / math.sqrt(layer.hidden_size)
        else:
            continue
        for parameter in layer.parameters(recurse=False):
            if parameter.is_meta:  # sizes only
                continue
            nn.init.uniform_(parameter, -bound, bound, generator=rng)
    return module
