"""The three games of a generator against a critic: against plain PyTorch, and what sets each
apart, worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.small import data, game
from wganad_core.config import MixtureConfig, NetworkConfig, TrainingConfig
from wganad_core.data.mixture import make_mixture
from wganad_core.divergence import wasserstein
from wganad_core.methods import Adversarial, make_trainer
from wganad_core.records import FloatArray
from wganad_core.run import train
from wganad_core.use_cases import SHARP


def reference_loss(
    method: str, critic: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
) -> Tensor:
    if method == "gan":
        d_real, d_fake = torch.sigmoid(critic(real)), torch.sigmoid(critic(fake))
        return -(d_real.log().mean() + (1 - d_fake).log().mean())
    loss: Tensor = critic(fake).mean() - critic(real).mean()
    if method == "wgan-gp":
        epsilon = torch.rand(len(real), 1, generator=rng)
        x_hat = (epsilon * real + (1 - epsilon) * fake).requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=True)
        loss = loss + 10 * ((slope.norm(dim=1) - 1) ** 2).mean()
    return loss


def reference_run(trainer: Adversarial, n_steps: int) -> list[FloatArray]:
    """The algorithm box in plain PyTorch, from a trainer's weights and random state."""
    config, rng, x = trainer.config, torch.Generator(), torch.from_numpy(data())
    rng.set_state(trainer.rng.get_state())
    networks = []
    for module, n_outputs in ((trainer.generator, 2), (trainer.critic, 1)):
        hidden = [nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU()]
        networks.append(nn.Sequential(*hidden, nn.Linear(8, n_outputs)))
        networks[-1].load_state_dict(module.state_dict())
    generator, critic = networks
    optimizers: list[torch.optim.Optimizer] = []
    for network in networks:
        if config.optimizer == "adam":
            betas = (config.beta1, config.beta2)
            optimizers.append(torch.optim.Adam(network.parameters(), config.learning_rate, betas))
        else:
            optimizers.append(torch.optim.RMSprop(network.parameters(), config.learning_rate))
    for _ in range(n_steps):
        for _ in range(config.n_critic):
            real = x[torch.randint(len(x), (config.batch_size,), generator=rng)]
            fake = generator(torch.randn(config.batch_size, 2, generator=rng)).detach()
            optimizers[1].zero_grad()
            reference_loss(config.method, critic, real, fake, rng).backward()
            optimizers[1].step()
            if config.method == "wgan-clip":
                for parameter in critic.parameters():
                    parameter.data.clamp_(-config.clip, config.clip)
        scores = critic(generator(torch.randn(config.batch_size, 2, generator=rng)))
        if config.method != "gan":
            loss = -scores.mean()
        elif config.generator_loss == "saturating":
            loss = (1 - torch.sigmoid(scores)).log().mean()
        else:
            loss = -torch.sigmoid(scores).log().mean()
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
    return [p.detach().numpy() for network in networks for p in network.parameters()]


@pytest.mark.parametrize(
    ("method", "optimizer", "generator_loss"),
    [
        ("gan", "adam", "saturating"),
        ("gan", "rmsprop", "non-saturating"),
        ("wgan-clip", "rmsprop", "non-saturating"),
        ("wgan-clip", "adam", "non-saturating"),
        ("wgan-gp", "adam", "non-saturating"),
        ("wgan-gp", "rmsprop", "non-saturating"),
    ],
)
def test_three_steps_equal_plain_pytorch(method: str, optimizer: str, generator_loss: str) -> None:
    settings: dict[str, Any] = {"optimizer": optimizer, "generator_loss": generator_loss}
    trainer = game(method, learning_rate=1e-3, clip=0.2, **settings)
    expected = reference_run(trainer, 3)
    for _ in range(3):
        trainer.step()
    found = list(trainer.networks.arrays().values())
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-6)


# The vanilla GAN


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def tiny_gan(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Adversarial:
    """D's logit is 2·relu(3x + 1) − 4, G(z) = −1·relu(z + 0) + 1, x = 0.5 and z = 0.75 always."""
    network = NetworkConfig(n_features=1, n_latent=1, width=1, depth=1)
    config = TrainingConfig(method="gan", batch_size=2, learning_rate=0.01).replace(**settings)
    trainer = make_trainer(np.full((3, 1), 0.5, np.float32), config, network)
    assert isinstance(trainer, Adversarial)
    trainer.networks.critic_parameters.vector.data.copy_(torch.tensor([3.0, 1.0, 2.0, -4.0]))
    trainer.networks.generator_parameters.vector.data.copy_(torch.tensor([1.0, 0.0, -1.0, 1.0]))
    monkeypatch.setattr(trainer, "latents", lambda: torch.full((2, 1), 0.75))
    return trainer


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_one_discriminator_update_by_hand(monkeypatch: pytest.MonkeyPatch, optimizer: str) -> None:
    trainer = tiny_gan(monkeypatch, optimizer=optimizer)
    flat = trainer.networks.critic_parameters
    before = flat.vector.detach().clone()
    trainer.update_critic()
    # x = 0.5: hidden 2.5, logit 1. G(z) = 0.25: hidden 1.75, logit −0.5.
    at_real, at_fake = sigmoid(1) - 1, sigmoid(-0.5)  # d loss / d logit
    loss = math.log1p(math.exp(-1)) + math.log1p(math.exp(-0.5))
    expected = torch.tensor(
        [
            2 * (at_real * 0.5 + at_fake * 0.25),
            2 * (at_real + at_fake),
            at_real * 2.5 + at_fake * 1.75,
            at_real + at_fake,
        ]
    )
    torch.testing.assert_close(flat.gradient, expected, rtol=0, atol=1e-6)
    assert trainer.losses == {"critic": pytest.approx(loss, abs=1e-6)}
    # Adam's first move is −rate·sign, RMSProp's −rate/√(1 − 0.99)·sign.
    size = {"adam": 0.01, "rmsprop": 0.1}[optimizer]
    moved = flat.vector.detach() - before
    torch.testing.assert_close(moved, -size * expected.sign(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("generator_loss", ["saturating", "non-saturating"])
def test_one_generator_update_by_hand(monkeypatch: pytest.MonkeyPatch, generator_loss: str) -> None:
    trainer = tiny_gan(monkeypatch, generator_loss=generator_loss)
    trainer.update_generator()
    # logit −0.5; saturating d/dl ln(1 − σ) = −σ(l), else d/dl (−ln σ) = σ(l) − 1; dl/dx = 6.
    saturating = generator_loss == "saturating"
    at_logit = -sigmoid(-0.5) if saturating else sigmoid(-0.5) - 1
    at_x = 6 * at_logit
    expected = torch.tensor([-at_x * 0.75, -at_x, at_x * 0.75, at_x])
    gradient = trainer.networks.generator_parameters.gradient
    torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-6)
    loss = math.log(1 - sigmoid(-0.5)) if saturating else -math.log(sigmoid(-0.5))
    assert trainer.losses == {"generator": pytest.approx(loss, abs=1e-6)}


def test_updates_use_the_decayed_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tiny_gan(monkeypatch, decay="linear", steps=100)
    trainer.n_steps = 75
    before = trainer.networks.critic_parameters.vector.detach().clone()
    trainer.update_critic()
    moved = (trainer.networks.critic_parameters.vector.detach() - before).abs()
    torch.testing.assert_close(moved, torch.full((4,), 0.0025), rtol=0, atol=1e-6)


# The Wasserstein GANs


@pytest.mark.parametrize("clip", [0.01, 0.1])
def test_clipped_weights_stay_in_the_box(clip: float) -> None:
    trainer = game("wgan-clip", clip=clip)
    for update in range(6):
        if update == 3:
            trainer.update_generator()
        trainer.update_critic()
        weights = trainer.networks.critic_parameters.vector.detach().abs()
        assert weights.max().item() == np.float32(clip)  # the first weights were beyond
        assert all(
            parameter.abs().max() <= weights.max() for parameter in trainer.critic.parameters()
        )


@pytest.mark.parametrize("method", ["gan", "wgan-gp"])
def test_other_methods_do_not_clip(method: str) -> None:
    trainer = game(method, clip=0.01)
    trainer.update_critic()
    assert trainer.networks.critic_parameters.vector.detach().abs().max() > 0.3


def test_the_penalty_pulls_slopes_towards_one() -> None:
    penalties = {}
    for penalty in (0.0, 10.0):
        trainer = game(penalty=penalty)
        for _ in range(150):
            trainer.update_critic()
        penalties[penalty] = trainer.losses["penalty"]
    assert penalties[10.0] < 0.1
    assert penalties[0.0] > 10 * penalties[10.0]


def test_wgan_gp_learns_a_ring() -> None:
    mixture = make_mixture(MixtureConfig(n_samples=20_000))
    trainer = make_trainer(mixture.x, SHARP.replace(steps=200, batch_size=64))
    first, _ = trainer.picture(), list(train(trainer))
    last, real = trainer.picture(), mixture.x[:500]
    before, after = (wasserstein(real, samples[:500]) for samples in (first, last))
    assert before > 0.8  # about the radius: a fresh generator sits near the centre
    assert after < 0.35
    assert 0.7 < np.median(np.hypot(*last.T)) < 1.2
