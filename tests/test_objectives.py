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


# Losses of the methods with an encoder


def rows(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


# Reconstruction (eq. 23)


def test_reconstruction_loss_is_the_mean_of_summed_squares() -> None:
    # ‖(1, 2)‖² = 5 and ‖(−3, −4)‖² = 25
    x, rebuilt = rows([1, 2], [0, 0]), rows([0, 0], [3, 4])
    assert objectives.reconstruction_loss(x, rebuilt).item() == pytest.approx(15, abs=1e-12)


def test_reconstruction_gradient_by_hand() -> None:
    # d/dr of ((1 − r₁)² + (2 − r₂)²)/2 at (0, 4), the second sample being rebuilt exactly
    rebuilt = rows([0, 4], [7, 7]).requires_grad_(True)
    loss = objectives.reconstruction_loss(rows([1, 2], [7, 7]), rebuilt)
    (gradient,) = torch.autograd.grad(loss, rebuilt)
    assert gradient.tolist() == [[-1, 2], [0, 0]]


# BiGAN (eq. 17): σ(0) = 1/2 and σ(ln 3) = 3/4


def test_bigan_generator_loss_by_hand() -> None:
    real, fake = rows([0.0], [math.log(3)]), rows([math.log(3)])
    # −(ln 1/2 + ln 1/4)/2 for (x, E(x)), −ln 3/4 for (G(z), z)
    expected = math.log(8) / 2 + math.log(4 / 3)
    found = objectives.bigan_generator_loss(real, fake)
    assert found.item() == pytest.approx(expected, abs=1e-12)


def test_bigan_players_want_opposite_things() -> None:
    sure = torch.full((3, 1), 1000.0)
    assert objectives.discriminator_loss(sure, -sure).item() == pytest.approx(0, abs=1e-6)
    assert objectives.bigan_generator_loss(sure, -sure).item() == pytest.approx(2000, abs=1e-3)
    assert objectives.bigan_generator_loss(-sure, sure).item() == pytest.approx(0, abs=1e-6)


def test_bigan_gradient_does_not_vanish_where_the_discriminator_is_sure() -> None:
    # d/dl −log(1 − σ(l)) = σ(l), d/dl −log σ(l) = σ(l) − 1
    real = rows([20.0]).requires_grad_(True)
    fake = rows([-20.0]).requires_grad_(True)
    loss = objectives.bigan_generator_loss(real, fake)
    up, down = torch.autograd.grad(loss, (real, fake))
    assert up.item() == pytest.approx(1, abs=1e-8)
    assert down.item() == pytest.approx(-1, abs=1e-8)


# VAE

NO_LATENT = rows([0.0]), rows([0.0])  # the posterior equals the prior


def test_vae_cross_entropy_by_hand() -> None:
    # −ln 1/2 for the one, −ln 3/4 for the zero
    found = objectives.vae_loss(rows([1, 0]), rows([0.5, 0.25]), *NO_LATENT)
    assert found.item() == pytest.approx(math.log(8 / 3), abs=1e-12)


def test_vae_cross_entropy_of_a_grey_pixel() -> None:
    # −(0.25 ln 0.5 + 0.75 ln 0.5)
    found = objectives.vae_loss(rows([0.25]), rows([0.5]), *NO_LATENT)
    assert found.item() == pytest.approx(math.log(2), abs=1e-12)


@pytest.mark.parametrize(
    ("mean", "log_variance", "divergence"),
    [
        ([0.0], [0.0], 0.0),
        ([1.0], [0.0], 0.5),
        ([3.0], [0.0], 4.5),
        ([0.0], [math.log(4)], 1.5 - math.log(2)),  # (4 − 1 − ln 4)/2
        ([0.0], [-math.log(4)], -0.375 + math.log(2)),  # (1/4 − 1 + ln 4)/2
        ([1.0, 2.0], [0.0, math.log(4)], 0.5 + 2 + 1.5 - math.log(2)),  # summed over latents
    ],
)
def test_vae_divergence_by_hand(
    mean: list[float], log_variance: list[float], divergence: float
) -> None:
    found = objectives.vae_loss(rows([1.0]), rows([0.5]), rows(mean), rows(log_variance))
    assert found.item() == pytest.approx(math.log(2) + divergence, abs=1e-12)


def test_vae_loss_is_a_mean_over_samples() -> None:
    # two samples: ln 2 + 1/2 and ln 4 + 0
    x, rebuilt = rows([1], [1]), rows([0.5], [0.25])
    found = objectives.vae_loss(x, rebuilt, rows([1], [0]), rows([0], [0]))
    assert found.item() == pytest.approx((3 * math.log(2) + 0.5) / 2, abs=1e-12)


def test_vae_loss_of_a_wrong_and_certain_pixel_is_finite() -> None:
    # clamped to 1e-6 and 1 − 1e-6, each costs 6 ln 10
    found = objectives.vae_loss(rows([1, 0]), rows([0, 1]), *NO_LATENT)
    assert found.item() == pytest.approx(12 * math.log(10), abs=1e-9)


# Contrast (NT-Xent)

A, B = [1.0, 0.0], [0.0, 1.0]


def test_contrastive_loss_where_copies_agree() -> None:
    # cosines to the three others: 1 (its copy), 0, 0
    both = rows(A, B, A, B)
    for temperature in (1.0, 0.5):
        found = objectives.contrastive_loss(both, temperature)
        expected = math.log(1 + 2 * math.exp(-1 / temperature))
        assert found.item() == pytest.approx(expected, abs=1e-12)


def test_contrastive_loss_where_copies_are_confused() -> None:
    # 0 to the copy, 1 to one of the other image, 0 to the other one
    found = objectives.contrastive_loss(rows(A, B, B, A), 1.0)
    assert found.item() == pytest.approx(math.log(2 + math.e), abs=1e-12)


def test_contrastive_loss_where_all_look_alike() -> None:
    assert objectives.contrastive_loss(rows(A, A, A, A), 0.2).item() == pytest.approx(
        math.log(3), abs=1e-12
    )


def test_contrastive_loss_sees_directions_only() -> None:
    lengths = torch.tensor([[5.0], [0.1], [2.0], [30.0]], dtype=torch.float64)
    both = rows(A, B, A, B)
    found = objectives.contrastive_loss(both * lengths, 1.0)
    assert found.item() == pytest.approx(math.log(1 + 2 / math.e), abs=1e-12)


def test_contrastive_loss_of_opposite_copies() -> None:
    # cosine −1 to the copy, 0 to the two others
    found = objectives.contrastive_loss(rows(A, B, [-1, 0], [0, -1]), 1.0)
    assert found.item() == pytest.approx(math.log(1 + 2 * math.e), abs=1e-12)


def test_one_image_alone_finds_its_copy() -> None:
    assert objectives.contrastive_loss(rows(A, B), 0.2).item() == pytest.approx(0, abs=1e-12)


def test_contrastive_gradient_is_finite_and_leaves_its_input() -> None:
    both = rows(A, B, [0.6, 0.8], [0.8, -0.6]).requires_grad_(True)
    before = both.detach().clone()
    (gradient,) = torch.autograd.grad(objectives.contrastive_loss(both, 0.2), both)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().max() > 0.1
    assert torch.equal(both.detach(), before)


def test_steepness_by_hand() -> None:
    """D = 3 x₁ − 2 x₂ + z² at z = 2: ‖∇D‖² = 9 + 4 + 16; at z = 0: 13."""
    x = torch.zeros(2, 2, requires_grad=True)
    z = torch.tensor([[2.0], [0.0]], requires_grad=True)
    logits = 3 * x[:, :1] - 2 * x[:, 1:] + z.square()
    found = objectives.steepness(logits, x, z)
    assert found.item() == pytest.approx((29 + 13) / 2)
    assert found.requires_grad
