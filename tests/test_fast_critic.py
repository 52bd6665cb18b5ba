"""The closed-form gradient of the WGAN-GP critic's loss equals autograd's double backward."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import example, given, settings
from torch import Tensor, nn

from wganad_core.config import ACTIVATIONS, Activation
from wganad_core.fast_critic import _ClosedForm, critic_gradient, is_dense
from wganad_core.networks.dense import dense
from wganad_core.networks.parts import FlatParameters

Batch = tuple[Tensor, Tensor, Tensor]


def make_critic(
    n_features: int,
    width: int,
    depth: int,
    activation: Activation,
    dtype: torch.dtype,
    seed: int = 0,
    scale: float = 1.5,
) -> nn.Sequential:
    rng = torch.Generator().manual_seed(seed)
    critic = dense([n_features, *[width] * depth, 1], activation, rng).to(dtype)
    for parameter in critic.parameters():
        parameter.data.mul_(scale)  # slopes on both sides of 1
    return critic


def make_batch(n: int, shape: tuple[int, ...], dtype: torch.dtype, seed: int = 0) -> Batch:
    rng = torch.Generator().manual_seed(seed + 1000)
    real = torch.randn(n, *shape, generator=rng, dtype=dtype)
    fake = 2 * torch.randn(n, *shape, generator=rng, dtype=dtype) + 1
    return real, fake, torch.rand(n, *(1 for _ in shape), generator=rng, dtype=dtype)


def loss_of(critic: nn.Module, batch: Batch, penalty: float) -> tuple[Tensor, Tensor, Tensor]:
    """(loss, W estimate, penalty), straight from Algorithm 2."""
    real, fake, epsilon = batch
    w_estimate = critic(real).mean() - critic(fake).mean()
    x_hat = (epsilon * real + (1 - epsilon) * fake).requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=True)
    roughness = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    return penalty * roughness - w_estimate, w_estimate, roughness


def by_autograd(
    critic: nn.Module, batch: Batch, penalty: float
) -> tuple[list[Tensor], float, float]:
    loss, w_estimate, roughness = loss_of(critic, batch, penalty)
    parameters = list(critic.parameters())
    found = torch.autograd.grad(loss, parameters, allow_unused=True)
    gradients = [
        torch.zeros_like(parameter) if gradient is None else gradient
        for parameter, gradient in zip(parameters, found, strict=True)
    ]
    return gradients, w_estimate.item(), roughness.item()


def assert_equals_autograd(
    critic: nn.Module, batch: Batch, penalty: float, tolerance: float
) -> None:
    """Gradients within `tolerance` of the largest one, or of 1 if that is smaller."""
    expected, w_expected, roughness_expected = by_autograd(critic, batch, penalty)
    flat = FlatParameters(critic)
    flat.gradient.fill_(float("nan"))  # every entry must be written
    w_estimate, roughness = critic_gradient(critic, len(batch[0]))(*batch, penalty)
    assert w_estimate == pytest.approx(w_expected, abs=tolerance * max(1, abs(w_expected)))
    assert roughness == pytest.approx(
        roughness_expected, abs=tolerance * max(1, roughness_expected)
    )
    scale = max(1.0, *(gradient.abs().max().item() for gradient in expected))
    whole = torch.cat([gradient.flatten() for gradient in expected])
    torch.testing.assert_close(flat.gradient, whole, rtol=0, atol=tolerance * scale)


@settings(max_examples=80)
@given(
    n_features=st.integers(1, 5),
    width=st.integers(1, 17),
    depth=st.integers(0, 4),
    activation=st.sampled_from(["relu", "leaky-relu"]),
    batch_size=st.integers(1, 9),
    penalty=st.sampled_from([0.0, 0.1, 1.0, 10.0, 1000.0]),
    scale=st.sampled_from([0.3, 1.5, 3.0]),
    precision=st.sampled_from([(torch.float32, 1e-5), (torch.float64, 1e-10)]),
    seed=st.integers(0, 10_000),
)
@example(2, 128, 2, "relu", 64, 10.0, 1.0, (torch.float32, 1e-5), 0)
@example(2, 128, 2, "leaky-relu", 64, 0.1, 1.0, (torch.float64, 1e-10), 1)
@example(5, 33, 4, "leaky-relu", 16, 10.0, 1.5, (torch.float64, 1e-10), 2)
def test_the_closed_form_equals_double_backward(
    n_features: int,
    width: int,
    depth: int,
    activation: Activation,
    batch_size: int,
    penalty: float,
    scale: float,
    precision: tuple[torch.dtype, float],
    seed: int,
) -> None:
    dtype, tolerance = precision
    critic = make_critic(n_features, width, depth, activation, dtype, seed, scale)
    assert is_dense(critic)
    batch = make_batch(batch_size, (n_features,), dtype, seed)
    assert_equals_autograd(critic, batch, penalty, tolerance)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_equals_finite_differences(activation: Activation) -> None:
    critic = make_critic(2, 6, 2, activation, torch.float64, seed=3)
    flat = FlatParameters(critic)
    batch, penalty, h = make_batch(5, (2,), torch.float64), 10.0, 1e-6
    critic_gradient(critic, 5)(*batch, penalty)
    vector, found = flat.vector.data, flat.gradient.clone()
    expected = torch.empty_like(vector)
    for i in range(len(vector)):
        middle = vector[i].item()
        vector[i] = middle + h
        above = loss_of(critic, batch, penalty)[0].item()
        vector[i] = middle - h
        below = loss_of(critic, batch, penalty)[0].item()
        vector[i] = middle
        expected[i] = (above - below) / (2 * h)
    assert found.abs().max() > 0.1
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_by_hand() -> None:
    # f(x) = 2·relu(3x + 1) + 5, all inputs on the active side: f' = 6, so the penalty is 25.
    critic = make_critic(1, 1, 1, "relu", torch.float64)
    flat = FlatParameters(critic)
    flat.vector.data.copy_(torch.tensor([3.0, 1.0, 2.0, 5.0]))
    real, fake = torch.tensor([[1.0], [3.0]]).double(), torch.tensor([[4.0], [6.0]]).double()
    epsilon = torch.tensor([[0.5], [0.5]]).double()
    w_estimate, roughness = critic_gradient(critic, 2)(real, fake, epsilon, 10.0)
    assert w_estimate == pytest.approx(6 * (2 - 5), abs=1e-12)
    assert roughness == pytest.approx(25, abs=1e-12)
    # d(−W): w₁ 2·(5 − 2), b₁ 0, w₂ 3·(5 − 2), b₂ 0; d(10·penalty): w₁ 10·2·5·2, w₂ 10·2·5·3
    torch.testing.assert_close(
        flat.gradient, torch.tensor([206.0, 0.0, 309.0, 0.0]).double(), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("activation", ["relu", "leaky-relu"])
def test_calls_do_not_leak_into_each_other(activation: Activation) -> None:
    critic = make_critic(2, 16, 2, activation, torch.float32)
    flat = FlatParameters(critic)
    gradient = critic_gradient(critic, 8)
    gradient(*make_batch(8, (2,), torch.float32, seed=1), 1000.0)
    flat.vector.data.neg_()  # and the weights are read afresh
    batch = make_batch(8, (2,), torch.float32, seed=2)
    inputs = [tensor.clone() for tensor in batch]
    second = gradient(*batch, 10.0)
    after_two = flat.gradient.clone()
    flat.gradient.zero_()
    assert critic_gradient(critic, 8)(*batch, 10.0) == second
    assert torch.equal(flat.gradient, after_two)
    assert all(torch.equal(*pair) for pair in zip(batch, inputs, strict=True))
    assert_equals_autograd(critic, batch, 10.0, 1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("penalty", [0.1, 10.0, 1e6])
def test_a_flat_critic_has_slope_zero_and_a_finite_gradient(
    dtype: torch.dtype, penalty: float
) -> None:
    critic = make_critic(2, 8, 2, "relu", dtype)
    last = critic[-1]
    assert isinstance(last, nn.Linear)
    last.weight.data.zero_()
    batch = make_batch(6, (2,), dtype)
    w_estimate, roughness = by_autograd(critic, batch, penalty)[1:]
    assert (w_estimate, roughness) == (0, 1)
    assert_equals_autograd(critic, batch, penalty, 1e-6)


def test_a_critic_that_is_flat_at_some_inputs_only() -> None:
    # relu(x₁): slope 1 for x₁ > 0, slope 0 otherwise
    critic = make_critic(2, 1, 1, "relu", torch.float64)
    FlatParameters(critic).vector.data.copy_(torch.tensor([2.0, 0.0, 0.0, 2.0, 0.0]))
    x = torch.tensor([[1.0, 5.0], [-1.0, 5.0]]).double()
    batch = (x, x, torch.ones(2, 1).double())
    assert_equals_autograd(critic, batch, 10.0, 1e-12)
    assert by_autograd(critic, batch, 10.0)[2] == pytest.approx(((4 - 1) ** 2 + 1) / 2, abs=1e-12)


@pytest.mark.parametrize("activation", ["relu", "leaky-relu"])
@pytest.mark.parametrize("depth", [1, 3])
def test_it_is_dense_piecewise_linear_critics(activation: Activation, depth: int) -> None:
    critic = make_critic(2, 4, depth, activation, torch.float32)
    FlatParameters(critic)
    assert is_dense(critic)
    assert isinstance(critic_gradient(critic, 3), _ClosedForm)


@pytest.mark.parametrize("activation", ["tanh", "elu", "softplus"])
def test_smooth_critics_go_through_autograd(activation: Activation) -> None:
    critic = make_critic(2, 4, 2, activation, torch.float64)
    FlatParameters(critic)
    assert not is_dense(critic)
    assert not isinstance(critic_gradient(critic, 3), _ClosedForm)
    assert_equals_autograd(critic, make_batch(3, (2,), torch.float64), 10.0, 1e-12)


@pytest.mark.parametrize(
    "critic",
    [
        nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2)),
        nn.Sequential(nn.Linear(2, 4), nn.ReLU()),
        nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1), nn.ReLU()),
        nn.Sequential(nn.Linear(2, 4), nn.LayerNorm(4), nn.Linear(4, 1)),
        nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1, bias=False)),
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 1, 3)),
        nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Conv2d(4, 1, 3)),
        nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 1)),
        nn.Sequential(),
        nn.Linear(2, 1),
    ],
    ids=lambda critic: repr(critic).replace("\n", ""),
)
def test_it_does_not_apply_to_anything_else(critic: nn.Module) -> None:
    assert not is_dense(critic)
