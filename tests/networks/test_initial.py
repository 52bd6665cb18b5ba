"""Initial weights follow PyTorch's own rule, uniform in ±1/√(inputs of a unit)."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.small import SHAPES, TRAININGS, made, rng
from wganad_core.networks.initial import LAYERS, initialise

# A layer, and the inputs of one of its units. PyTorch counts a transposed convolution's outputs:
# its weight is (in, out, …), of which it takes the second axis; a GRU's inputs are its states.
KINDS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "linear": (lambda: nn.Linear(30, 200), 30),
    "image": (lambda: nn.Conv2d(3, 50, 4), 3 * 16),
    "image-groups": (lambda: nn.Conv2d(6, 60, 3, groups=2), 3 * 9),
    "image-back": (lambda: nn.ConvTranspose2d(50, 3, 4), 3 * 16),
    "image-back-groups": (lambda: nn.ConvTranspose2d(60, 6, (3, 2), groups=2), 3 * 6),
    "signal": (lambda: nn.Conv1d(9, 80, 6), 9 * 6),
    "signal-groups": (lambda: nn.Conv1d(6, 80, 5, groups=2), 3 * 5),
    "signal-back": (lambda: nn.ConvTranspose1d(80, 9, 6), 9 * 6),
    "gru": (lambda: nn.GRU(36, 25), 25),
}


@pytest.mark.parametrize("kind", KINDS)
def test_initial_weights_follow_pytorchs_rule(kind: str) -> None:
    make, n_inputs = KINDS[kind]
    bound = 1 / math.sqrt(n_inputs)
    for layer in (make(), initialise(make(), rng())):
        for name, parameter in layer.named_parameters():
            values = parameter.detach().flatten()
            assert values.abs().max().item() <= bound * (1 + 1e-6), name
            assert values.abs().max().item() > 0.1 * bound, name
            if len(values) > 900:
                assert values.abs().max().item() > 0.97 * bound, name
                assert values.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.06), name
                assert abs(values.mean().item()) < 0.06 * bound, name


@pytest.mark.parametrize(("shape", "method"), TRAININGS)
def test_every_layer_is_drawn_from_the_generator_given(shape: str, method: str) -> None:
    """In place of what PyTorch drew: all that was drawn before is overwritten with numbers."""
    for network in made(method, SHAPES[shape]).modules.values():
        layers = [m for m in network.modules() if isinstance(m, (*LAYERS, nn.GRU))]
        drawn = [p for layer in layers for p in layer.parameters()]
        norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d)]  # start as 1 and 0
        scaled = [p for norm in norms for p in norm.parameters()]
        assert len(drawn) + len(scaled) == len(list(network.parameters()))
        for parameter in drawn:
            parameter.data.fill_(torch.nan)
        initialise(network, rng())
        assert all(parameter.isfinite().all() for parameter in drawn)


def test_a_layer_without_bias_is_initialised() -> None:
    layer = initialise(nn.Conv2d(1, 9, 3, bias=False), rng())
    assert layer.weight.abs().max() <= 1 / 3 + 1e-6
