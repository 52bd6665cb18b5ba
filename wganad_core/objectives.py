"""Pure losses, in the signs that we minimise.

The paper mixes signs between eq. 11, Algorithm 2 and eqs 25–26, and writes 1 − log D where
log(1 − D) is meant; each docstring says which equation it implements as meant.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from wganad_core.config import GeneratorLoss


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Vanilla GAN, eq. 1: −mean log D(x) − mean log(1 − D(G(z))), with D = σ(logit)."""
    return functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()


def gan_generator_loss(fake_logits: Tensor, kind: GeneratorLoss) -> Tensor:
    """What the vanilla generator minimises.

    `saturating` is eq. 1 as it stands, mean log(1 − D(G(z))), whose gradient vanishes where the
    discriminator is sure; `non-saturating` is the usual −mean log D(G(z)).
    """
    if kind == "saturating":
        return -functional.softplus(fake_logits).mean()
    return functional.softplus(-fake_logits).mean()


def critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Minus the dual estimate of W (eqs 9, 10): mean f(G(z)) − mean f(x)."""
    return fake_scores.mean() - real_scores.mean()


def wgan_generator_loss(fake_scores: Tensor) -> Tensor:
    """−mean f(G(z)) (Theorem 6 and the last line of Algorithm 2)."""
    return -fake_scores.mean()


def interpolate(real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
    """x̂ = ε x + (1 − ε) G(z), one ε per sample (Algorithm 2). epsilon (n, 1, …)."""
    return torch.lerp(fake, real, epsilon)


def gradient_norm(critic: nn.Module, x: Tensor) -> Tensor:
    """‖∇f(x)‖₂ per sample over flattened inputs, differentiable; x (n, …) → (n,)."""
    x = x.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    norm: Tensor = gradient.flatten(1).norm(dim=1)
    return norm


def gradient_penalty(critic: nn.Module, x_hat: Tensor) -> Tensor:
    """mean (‖∇f(x̂)‖₂ − 1)² (eq. 11, Algorithm 2), without λ."""
    excess = gradient_norm(critic, x_hat) - 1
    return excess.square().mean()
