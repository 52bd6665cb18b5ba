"""Every loss against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from wganad_core import objectives

# σ(0) = 1/2 and σ(ln 3) = 3/4.
LOGITS = torch.tensor([[0.0], [math.log(3.0)]], dtype=torch.float64)


def test_discriminator_loss_by_hand() -> None:
    # −(ln 1/2 + ln 3/4)/2 for the data, −(ln 1/2 + ln 1/4)/2 for the samples
    found = objectives.discriminator_loss(LOGITS, LOGITS)
    assert found.item() == pytest.approx(math.log(64 / 3) / 2, abs=1e-12)


def test_an_undecided_discriminator_loses_two_ln_2() -> None:
    zeros = torch.zeros(5, 1, dtype=torch.float64)
    assert objectives.discriminator_loss(zeros, zeros).item() == pytest.approx(
        2 * math.log(2), abs=1e-12
    )


def test_discriminator_loss_does_not_overflow() -> None:
    sure = torch.full((3, 1), 1000.0)
    assert objectives.discriminator_loss(sure, -sure).item() == pytest.approx(0, abs=1e-6)
    assert objectives.discriminator_loss(-sure, sure).item() == pytest.approx(2000, abs=1e-3)


def test_generator_losses_by_hand() -> None:
    saturating = objectives.gan_generator_loss(LOGITS, "saturating")
    other = objectives.gan_generator_loss(LOGITS, "non-saturating")
    assert saturating.item() == pytest.approx((math.log(1 / 2) + math.log(1 / 4)) / 2, abs=1e-12)
    assert other.item() == pytest.approx(-(math.log(1 / 2) + math.log(3 / 4)) / 2, abs=1e-12)


def test_the_saturating_gradient_vanishes_where_the_discriminator_is_sure() -> None:
    # d/dl log(1 − σ(l)) = −σ(l), d/dl (−log σ(l)) = σ(l) − 1; σ(−20) = 2.0612e-9
    gradients = {}
    for kind in ("saturating", "non-saturating"):
        logit = torch.tensor([[-20.0]], dtype=torch.float64, requires_grad=True)
        loss = objectives.gan_generator_loss(logit, kind)
        (gradient,) = torch.autograd.grad(loss, logit)
        gradients[kind] = gradient.item()
    assert gradients["saturating"] == pytest.approx(-2.0612e-9, abs=1e-12)
    assert gradients["non-saturating"] == pytest.approx(-1, abs=1e-8)


def test_wasserstein_losses_by_hand() -> None:
    real, fake = torch.tensor([[1.0], [4.0]]), torch.tensor([[2.0], [-5.0], [0.0]])
    assert objectives.critic_loss(real, fake).item() == pytest.approx(-1 - 2.5, abs=1e-6)
    assert objectives.wgan_generator_loss(fake).item() == pytest.approx(1, abs=1e-6)


def test_interpolation_by_hand() -> None:
    real = torch.tensor([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])
    fake = torch.tensor([[5.0, -2.0], [5.0, -2.0], [5.0, -2.0]])
    epsilon = torch.tensor([[1.0], [0.0], [0.25]])  # 1 gives x, 0 gives G(z)
    expected = torch.tensor([[1.0, 2.0], [5.0, -2.0], [4.0, -1.0]])
    found = objectives.interpolate(real, fake, epsilon)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert torch.equal(found[:2], expected[:2])


def test_interpolation_of_images_takes_one_epsilon_each() -> None:
    real, fake = torch.ones(2, 1, 3, 3), torch.zeros(2, 1, 3, 3)
    found = objectives.interpolate(real, fake, torch.tensor([0.25, 0.75]).reshape(2, 1, 1, 1))
    assert torch.equal(found, torch.tensor([0.25, 0.75]).reshape(2, 1, 1, 1).expand(2, 1, 3, 3))


def linear_critic(weights: list[float]) -> nn.Linear:
    critic = nn.Linear(len(weights), 1)
    critic.weight.data = torch.tensor([weights])
    return critic


def test_penalty_of_a_linear_critic() -> None:
    # ‖(3, 4)‖ = 5 everywhere, so (5 − 1)² = 16; d/dw = 2 (‖w‖ − 1) w/‖w‖ = (4.8, 6.4)
    critic = linear_critic([3.0, 4.0])
    penalty = objectives.gradient_penalty(critic, torch.randn(7, 2))
    assert penalty.item() == pytest.approx(16, abs=1e-5)
    penalty.backward()
    assert critic.weight.grad is not None
    torch.testing.assert_close(critic.weight.grad, torch.tensor([[4.8, 6.4]]), rtol=0, atol=1e-5)


def test_penalty_of_a_unit_slope_is_zero() -> None:
    penalty = objectives.gradient_penalty(linear_critic([0.6, -0.8]), torch.randn(4, 2))
    assert penalty.item() == pytest.approx(0, abs=1e-10)


class HalfSquare(nn.Module):
    """f(x) = ‖x‖²/2, so that ∇f(x) = x."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).square().sum(dim=1, keepdim=True) / 2


def test_gradient_norm_is_per_sample() -> None:
    x = torch.tensor([[3.0, 4.0], [0.0, 1.0], [0.0, 0.0]])
    norms = objectives.gradient_norm(HalfSquare(), x)
    torch.testing.assert_close(norms, torch.tensor([5.0, 1.0, 0.0]), rtol=0, atol=1e-6)
    # ((5 − 1)² + 0 + (0 − 1)²)/3
    penalty = objectives.gradient_penalty(HalfSquare(), x)
    assert penalty.item() == pytest.approx(17 / 3, abs=1e-5)


def test_gradient_norm_flattens_images() -> None:
    images = torch.full((2, 1, 2, 2), 3.0)  # ‖(3, 3, 3, 3)‖ = 6
    norms = objectives.gradient_norm(HalfSquare(), images)
    torch.testing.assert_close(norms, torch.tensor([6.0, 6.0]), rtol=0, atol=1e-6)


def test_the_penalty_leaves_its_input_alone() -> None:
    x = torch.randn(3, 2)
    objectives.gradient_penalty(HalfSquare(), x)
    assert not x.requires_grad
    assert x.grad is None
