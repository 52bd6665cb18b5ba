"""The chain form of the penalty for convolutional critics equals autograd's double backward."""

from __future__ import annotations

from functools import partial

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import assume, example, given, settings
from torch import nn

from tests import test_fast_critic
from tests.test_fast_critic import Batch, by_autograd, make_batch
from wganad_core import objectives
from wganad_core.config import ImageConfig
from wganad_core.fast_critic import (
    _chain_gradient,
    _ClosedForm,
    critic_gradient,
    is_chain,
    is_dense,
)
from wganad_core.networks import image
from wganad_core.networks.parts import FlatParameters

TINY = ImageConfig(n_latent=3, generator_width=2, critic_width=3, encoder_width=2, hidden=8)


def draw(critic: nn.Module, seed: int, scale: float = 1.5) -> None:
    """Weights of its own for a test; larger than usual, for slopes on both sides of 1."""
    rng = torch.Generator().manual_seed(seed)
    for parameter in critic.parameters():
        size = scale / max(1, parameter[0].numel()) ** 0.5
        noise = torch.randn(parameter.shape, generator=rng, dtype=torch.float64)
        parameter.data.copy_(size * noise)


def assert_equals_autograd(
    critic: nn.Module, batch: Batch, penalty: float, tolerance: float
) -> None:
    """As for dense critics; a gradient of nothing but zeros would prove nothing."""
    expected, _, _ = by_autograd(critic, batch, penalty)
    assert max(gradient.abs().max() for gradient in expected) > 0
    test_fast_critic.assert_equals_autograd(critic, batch, penalty, tolerance)


def slope_function(critic: nn.Module) -> object:
    gradient = critic_gradient(critic, 2)
    assert isinstance(gradient, partial)
    return gradient.args[1]


@settings(max_examples=25)
@given(
    size=st.tuples(st.integers(4, 9), st.integers(4, 9)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    groups=st.sampled_from([1, 2]),
    bias=st.booleans(),
    slopes=st.tuples(*[st.sampled_from([0.0, 0.01, 0.2, 1.0])] * 2),
    batch_size=st.integers(1, 4),
    penalty=st.sampled_from([0.0, 0.1, 10.0]),
    seed=st.integers(0, 10_000),
)
@example((9, 7), (4, 3), (2, 2), (1, 1), (1, 1), 1, True, (0.2, 0.0), 3, 10.0, 0)
@example((8, 8), (4, 4), (2, 2), (1, 1), (1, 1), 2, False, (0.0, 0.2), 4, 10.0, 1)
@example((9, 5), (2, 1), (3, 2), (0, 2), (2, 1), 1, True, (0.2, 0.2), 2, 0.1, 2)
def test_the_chain_equals_double_backward(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
    bias: bool,
    slopes: tuple[float, float],
    batch_size: int,
    penalty: float,
    seed: int,
) -> None:
    out = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    ]
    assume(min(out) >= 1)
    n_features = 2 * size[0] * size[1]
    critic = nn.Sequential(
        nn.Unflatten(1, (2, *size)),
        nn.Conv2d(2, 4, kernel, stride, padding, dilation, groups, bias),
        nn.LeakyReLU(slopes[0]) if slopes[0] else nn.ReLU(),
        nn.Conv2d(4, 3, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3 * out[0] * out[1], 5),
        nn.LeakyReLU(slopes[1]),
        nn.Linear(5, 1),
    ).double()
    draw(critic, seed)
    assert slope_function_is_chain(critic)
    batch = make_batch(batch_size, (n_features,), torch.float64, seed)
    assert_equals_autograd(critic, batch, penalty, 1e-9)


@settings(max_examples=20)
@given(
    length=st.integers(5, 11),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    bias=st.booleans(),
    slope=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 10_000),
)
@example(11, 6, 2, 2, 1, 1, True, 0.2, 0)
@example(10, 5, 3, 1, 2, 2, False, 0.0, 1)
def test_the_chain_along_time_equals_double_backward(
    length: int,
    kernel: int,
    stride: int,
    padding: int,
    dilation: int,
    groups: int,
    bias: bool,
    slope: float,
    seed: int,
) -> None:
    out = (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    assume(out >= 1)
    critic = nn.Sequential(
        nn.Unflatten(1, (2, length)),
        nn.Conv1d(2, 4, kernel, stride, padding, dilation, groups, bias),
        nn.LeakyReLU(slope),
        nn.Conv1d(4, 3, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(3 * out, 1),
    ).double()
    draw(critic, seed)
    assert slope_function_is_chain(critic)
    batch = make_batch(3, (2 * length,), torch.float64, seed)
    expected, _, _ = by_autograd(critic, batch, 10.0)
    assume(max(gradient.abs().max() for gradient in expected) > 0)
    assert_equals_autograd(critic, batch, 10.0, 1e-9)


def slope_function_is_chain(critic: nn.Module) -> bool:
    FlatParameters(critic)
    return slope_function(critic) is _chain_gradient


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 2e-5)])
@pytest.mark.parametrize("penalty", [0.1, 10.0])
def test_the_image_critic(dtype: torch.dtype, tolerance: float, penalty: float) -> None:
    critic = image.critic(TINY, torch.Generator().manual_seed(3)).to(dtype)
    for parameter in critic.parameters():
        parameter.data.mul_(3)
    assert slope_function_is_chain(critic)
    batch = make_batch(5, (784,), dtype)
    _, w_estimate, roughness = by_autograd(critic, batch, penalty)
    assert abs(w_estimate) > 0.1
    assert roughness > 0.01
    assert_equals_autograd(critic, batch, penalty, tolerance)


def test_images_that_are_not_rows() -> None:
    """Without a fold at its start, and with a convolution that ends in one number."""
    critic = nn.Sequential(nn.Conv2d(1, 3, 3, 2), nn.LeakyReLU(0.1), nn.Conv2d(3, 1, 2)).double()
    draw(critic, 4)
    assert slope_function_is_chain(critic)
    assert_equals_autograd(critic, make_batch(4, (1, 6, 6), torch.float64), 10.0, 1e-9)


@pytest.mark.parametrize("slope", [-0.5, 2.0])
def test_unusual_slopes(slope: float) -> None:
    critic = nn.Sequential(
        nn.Conv2d(1, 3, 2), nn.LeakyReLU(slope), nn.Flatten(), nn.Linear(12, 1)
    ).double()
    draw(critic, 5)
    assert slope_function_is_chain(critic)
    assert_equals_autograd(critic, make_batch(4, (1, 3, 3), torch.float64), 10.0, 1e-9)


def test_by_hand() -> None:
    # f(x) = 2·relu(x₁ + x₂ …): one convolution of four ones over a 2 × 2 image, then times 2.
    critic = nn.Sequential(nn.Conv2d(1, 1, 2), nn.ReLU(), nn.Flatten(), nn.Linear(1, 1)).double()
    flat = FlatParameters(critic)
    flat.vector.data.copy_(torch.tensor([1.0, 1, 1, 1, 0, 2, 5]))
    real, fake = torch.ones(1, 1, 2, 2).double(), torch.full((1, 1, 2, 2), 3.0).double()
    half = torch.full((1, 1, 1, 1), 0.5).double()
    w_estimate, roughness = critic_gradient(critic, 1)(real, fake, half, 10.0)
    # f = 2·4 + 5 and 2·12 + 5; ∇f = (2, 2, 2, 2), of length 4
    assert w_estimate == pytest.approx(-16, abs=1e-12)
    assert roughness == pytest.approx(9, abs=1e-12)
    # d(−W): kernel 2·(3 − 1), bias 0, last 12 − 4; d(10·penalty): kernel 10·2·3·(2·2/4), last
    # 10·2·3·2
    expected = torch.tensor([64.0, 64, 64, 64, 0, 128, 0]).double()
    torch.testing.assert_close(flat.gradient, expected, rtol=0, atol=1e-9)


def test_calls_do_not_leak_into_each_other() -> None:
    critic = image.critic(TINY, torch.Generator().manual_seed(1))
    flat = FlatParameters(critic)
    gradient = critic_gradient(critic, 4)
    gradient(*make_batch(4, (784,), torch.float32, 1), 1000.0)
    flat.vector.data.neg_()  # and the weights are read afresh
    batch = make_batch(4, (784,), torch.float32, 2)
    inputs = [tensor.clone() for tensor in batch]
    second = gradient(*batch, 10.0)
    after_two = flat.gradient.clone()
    flat.gradient.zero_()
    assert critic_gradient(critic, 4)(*batch, 10.0) == second
    assert torch.equal(flat.gradient, after_two)
    assert all(torch.equal(*pair) for pair in zip(batch, inputs, strict=True))


def test_a_flat_critic_has_a_finite_gradient() -> None:
    critic = image.critic(TINY, torch.Generator().manual_seed(1)).double()
    last = critic[-1]
    assert isinstance(last, nn.Linear)
    last.weight.data.zero_()
    batch = make_batch(4, (784,), torch.float64)
    assert by_autograd(critic, batch, 10.0)[1:] == (0, 1)
    assert_equals_autograd(critic, batch, 10.0, 1e-9)


CHAINS = [
    image.critic(TINY, torch.Generator()),
    nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4, 1)),
    nn.Sequential(nn.Unflatten(1, (1, 3, 3)), nn.Conv2d(1, 4, 3, bias=False), nn.Flatten()),
    nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.LeakyReLU(), nn.Conv2d(4, 1, 3)),
    nn.Sequential(nn.Conv1d(1, 4, 3, padding=1), nn.LeakyReLU(), nn.Flatten(), nn.Linear(8, 1)),
]
OTHERS = [
    nn.Sequential(nn.Conv2d(1, 2, 2), nn.LayerNorm([2, 2]), nn.Flatten(), nn.Linear(8, 1)),
    nn.Sequential(nn.Conv2d(1, 2, 2), nn.Tanh(), nn.Flatten(), nn.Linear(8, 1)),
    nn.Sequential(nn.Conv2d(1, 2, 2), nn.Softplus(), nn.Flatten(), nn.Linear(8, 1)),
    nn.Sequential(nn.Conv2d(1, 2, 2), nn.ELU(), nn.Flatten(), nn.Linear(8, 1)),
    nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(18, 1),
    ),
    nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), nn.Flatten(), nn.Linear(18, 1)
    ),
    nn.Sequential(nn.Conv2d(1, 2, 3, padding="same"), nn.ReLU(), nn.Flatten(), nn.Linear(18, 1)),
    nn.Sequential(nn.Conv2d(1, 2, 2, padding="valid"), nn.ReLU(), nn.Flatten(), nn.Linear(8, 1)),
    nn.Sequential(nn.ConvTranspose2d(1, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 1)),
    nn.Sequential(
        nn.Flatten(2),
        nn.Conv1d(1, 2, 3, padding=1, padding_mode="circular"),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(18, 1),
    ),
    nn.Sequential(
        nn.Flatten(2), nn.Conv1d(1, 2, 3, padding="same"), nn.Flatten(), nn.Linear(18, 1)
    ),
    nn.Sequential(
        nn.Flatten(2), nn.ConvTranspose1d(1, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(20, 1)
    ),
    nn.Sequential(nn.Conv2d(1, 2, 2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 1)),
    nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 2), nn.ReLU()), nn.Flatten(), nn.Linear(8, 1)),
]


def name_of(critic: nn.Sequential) -> str:
    return ", ".join(map(repr, critic)).replace("\n", "")


@pytest.mark.parametrize("critic", CHAINS, ids=name_of)
def test_what_is_a_chain(critic: nn.Sequential) -> None:
    assert is_chain(critic)
    assert slope_function_is_chain(critic)


@pytest.mark.parametrize("critic", OTHERS, ids=name_of)
def test_what_is_no_chain_goes_through_autograd_twice(critic: nn.Sequential) -> None:
    assert not is_chain(critic)
    critic.double()
    draw(critic, 6)
    FlatParameters(critic)
    assert slope_function(critic) is objectives.input_gradient
    assert_equals_autograd(critic, make_batch(3, (1, 3, 3), torch.float64), 10.0, 1e-9)


def test_only_sequences_are_chains() -> None:
    assert not is_chain(nn.Linear(2, 1))
    assert not is_chain(nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(4, 1)))
    assert not is_chain(nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(4, 1)))
    assert not is_chain(image.joint(TINY, torch.Generator()))


def test_a_dense_critic_keeps_its_closed_form() -> None:
    critic = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    assert is_dense(critic)
    assert is_chain(critic)
    FlatParameters(critic)
    assert isinstance(critic_gradient(critic, 2), _ClosedForm)
