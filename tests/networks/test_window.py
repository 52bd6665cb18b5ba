"""The networks for windows: their ranges, recurrent ones unit by unit, the penalty through each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.small import WINDOW, made, rng
from tests.test_fast_critic import loss_of, make_batch
from tests.test_fast_critic_chain import assert_equals_autograd, slope_function
from wganad_core import objectives
from wganad_core.fast_critic import _chain_gradient, _ClosedForm, critic_gradient, is_dense
from wganad_core.networks import window
from wganad_core.networks.initial import initialise
from wganad_core.networks.parts import FlatParameters

EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", WINDOW)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=rng())


def test_recurrence_images_are_not_negative_and_signals_may_be() -> None:
    for architecture in WINDOW:
        generator = made("wgan-gp", WINDOW[architecture]).generator
        for parameter in generator.parameters():
            parameter.data.mul_(3)
        found = generator(normal(20, 3))
        assert found.max() > 0
        assert (found.min() < 0) == (architecture != "recurrence")


# Recurrent networks, unit by unit


def cell_of(gru: nn.GRU) -> nn.GRUCell:
    cell = nn.GRUCell(gru.input_size, gru.hidden_size)
    state = {name.removesuffix("_l0"): value for name, value in gru.state_dict().items()}
    cell.load_state_dict(state)
    return cell


def test_the_recurrent_trunk_reads_four_steps_at_a_time() -> None:
    trunk = initialise(window.Recurrent(9, 4), rng())
    cell, x = cell_of(trunk.gru), normal(3, 9, 128)
    state, states = torch.zeros(3, 4), []
    for t in range(0, 128, 4):
        state = cell(x[:, :, t : t + 4].reshape(3, 36), state)
        states.append(state)
    expected = torch.cat([sum(states) / 32, states[-1]], dim=1)
    torch.testing.assert_close(trunk(x), expected, rtol=0, atol=1e-6)


def test_the_recurrent_generator_writes_four_steps_at_a_time() -> None:
    generator = window.RecurrentGenerator(6, 4, 9, 128)
    initialise(generator, rng())
    cell, h = cell_of(generator.gru), normal(3, 6)
    state, parts = torch.tanh(generator.start(h)), []
    for _ in range(32):
        state = cell(h, state)
        parts.append(generator.out(state).view(3, 9, 4))
    torch.testing.assert_close(generator(h), torch.cat(parts, dim=2), rtol=0, atol=1e-6)


# The penalty


def steep(architecture: str, dtype: torch.dtype) -> nn.Module:
    """A critic with slopes on both sides of 1, whose gradients exist."""
    critic = window.critic(WINDOW[architecture], rng(3)).to(dtype)
    for parameter in critic.parameters():
        parameter.data.mul_(3)
    FlatParameters(critic)
    return critic


def test_which_way_the_gradient_goes() -> None:
    critics = {a: steep(a, torch.float32) for a in WINDOW}
    assert is_dense(critics["dense"])
    assert isinstance(critic_gradient(critics["dense"], 2), _ClosedForm)
    assert slope_function(critics["recurrence"]) is _chain_gradient
    assert slope_function(critics["conv"]) is _chain_gradient
    assert slope_function(critics["recurrent"]) is objectives.input_gradient


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 2e-5)])
@EVERY_ARCHITECTURE
def test_the_gradient_equals_double_backward(
    architecture: str, dtype: torch.dtype, tolerance: float
) -> None:
    critic = steep(architecture, dtype)
    batch = make_batch(3, (WINDOW[architecture].n_features,), dtype)
    assert loss_of(critic, batch, 10.0)[2].item() > 0.01
    assert_equals_autograd(critic, batch, 10.0, tolerance)


def roughness(critic: nn.Module, x: Tensor) -> float:
    """mean (‖∇f(x)‖₂ − 1)² from single backward passes."""
    found = []
    for sample in x:
        sample = sample[None].clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(sample).sum(), sample)
        found.append((slope.norm().item() - 1) ** 2)
    return sum(found) / len(found)


@EVERY_ARCHITECTURE
def test_the_gradient_of_the_penalty_equals_finite_differences(architecture: str) -> None:
    """Also through a GRU. With x = G(z) the rest of the loss is 0 whatever the weights."""
    critic = steep(architecture, torch.float64)
    x, _, epsilon = make_batch(2, (WINDOW[architecture].n_features,), torch.float64)
    w_estimate, penalty = critic_gradient(critic, 2)(x, x, epsilon, 1.0)
    assert w_estimate == pytest.approx(0, abs=1e-12)
    assert penalty == pytest.approx(roughness(critic, x), rel=1e-9)
    h, checked = 1e-6, 0
    for name, parameter in critic.named_parameters():
        assert parameter.grad is not None
        found, values = parameter.grad.flatten(), parameter.data.view(-1)
        # The steepest and two more weights of every tensor.
        for i in {int(found.abs().argmax()), 0, len(values) // 2}:
            middle = values[i].item()
            values[i] = middle + h
            above = roughness(critic, x)
            values[i] = middle - h
            below = roughness(critic, x)
            values[i] = middle
            expected = (above - below) / (2 * h)
            assert found[i].item() == pytest.approx(expected, rel=1e-5, abs=1e-7), (name, i)
            checked += abs(expected) > 1e-3
    assert checked >= 4


def test_the_slope_of_a_recurrent_critic_equals_finite_differences() -> None:
    critic, x, h = steep("recurrent", torch.float64), normal(1, 1152).double(), 1e-5
    slope = objectives.input_gradient(critic, x)[0]
    for i in (0, 1, 127, 128, 600, 1148, 1151):
        step = torch.zeros_like(x)
        step[0, i] = h
        with torch.no_grad():
            expected = (critic(x + step) - critic(x - step)).item() / (2 * h)
        assert abs(expected) > 1e-5
        assert slope[i].item() == pytest.approx(expected, rel=1e-6)
