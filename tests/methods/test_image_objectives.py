"""The losses of the models with an encoder, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from wganad_core import objectives


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
