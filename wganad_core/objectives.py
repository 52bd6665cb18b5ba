"""Pure losses, in the signs that we minimise.

The paper mixes signs between eq. 11, Algorithm 2 and eqs 25–26, and writes 1 − log D where
log(1 − D) is meant; each docstring says which equation it implements as meant.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from wganad_core.config import GeneratorLoss

InputGradient = Callable[[nn.Module, Tensor], Tensor]  # (f, x (n, …)) → ∇f(x) (n, …)


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


def input_gradient(critic: nn.Module, x: Tensor) -> Tensor:
    """∇f(x) per sample, differentiable; same shape as x (n, …)."""
    x = x.detach().requires_grad_(True)
    gradient: Tensor = torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return gradient


def gradient_norm(critic: nn.Module, x: Tensor) -> Tensor:
    """‖∇f(x)‖₂ per sample over flattened inputs, differentiable; x (n, …) → (n,)."""
    norm: Tensor = input_gradient(critic, x).flatten(1).norm(dim=1)
    return norm


def gradient_penalty(
    critic: nn.Module, x_hat: Tensor, gradient_of: InputGradient = input_gradient
) -> Tensor:
    """mean (‖∇f(x̂)‖₂ − 1)² (eq. 11, Algorithm 2), without λ."""
    excess: Tensor = gradient_of(critic, x_hat).flatten(1).norm(dim=1) - 1
    return excess.square().mean()


def penalised_critic_loss(
    critic: nn.Module,
    real: Tensor,
    fake: Tensor,
    epsilon: Tensor,
    penalty: float,
    gradient_of: InputGradient = input_gradient,
) -> tuple[Tensor, Tensor, Tensor]:
    """L of Algorithm 2 as meant, mean f(G(z)) − mean f(x) + λ mean (‖∇f(x̂)‖₂ − 1)², and its two
    parts: the estimate of W and the penalty without λ. `gradient_of` (f, x̂) finds ∇f(x̂)."""
    real_scores, fake_scores = critic(torch.cat([real, fake])).split([len(real), len(fake)])
    w_estimate = -critic_loss(real_scores, fake_scores)
    x_hat = interpolate(real, fake, epsilon)
    roughness = gradient_penalty(critic, x_hat, gradient_of)
    return penalty * roughness - w_estimate, w_estimate, roughness


def reconstruction_loss(x: Tensor, rebuilt: Tensor) -> Tensor:
    """Mean over the batch of ‖x − G(E(x))‖² (eq. 23)."""
    return (x - rebuilt).square().sum(dim=1).mean()


def steepness(logits: Tensor, *inputs: Tensor) -> Tensor:
    """mean ‖∇D‖² over the inputs together, at what `logits` (n, 1) were computed from (R1 of
    Mescheder et al. 2018 at real samples)."""
    gradients = torch.autograd.grad(logits.sum(), inputs, create_graph=True)
    return torch.stack([g.flatten(1).square().sum(dim=1) for g in gradients]).sum(dim=0).mean()


def bigan_generator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """What G and E of a BiGAN minimise (eq. 17, with labels swapped rather than the loss negated,
    the usual non-saturating form): −mean log(1 − D(x, E(x))) − mean log D(G(z), z)."""
    return functional.softplus(real_logits).mean() + functional.softplus(-fake_logits).mean()


def vae_loss(x: Tensor, rebuilt: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Minus the evidence bound per sample: Bernoulli cross-entropy summed over features, plus
    KL(N(mean, variance) ‖ N(0, 1)) summed over latents. x and rebuilt in [0, 1]."""
    if rebuilt.isnan().any():  # PyTorch's cross-entropy would raise; a training sees NaN instead
        return rebuilt.sum()
    rebuilt = rebuilt.clamp(1e-6, 1 - 1e-6)
    cross_entropy = functional.binary_cross_entropy(rebuilt, x, reduction="sum")
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
    return (cross_entropy + divergence) / len(x)


def gaussian_vae_loss(
    x: Tensor, rebuilt: Tensor, mean: Tensor, log_variance: Tensor, variance: float
) -> Tensor:
    """`vae_loss` with a Gaussian likelihood of this variance, for features of any range."""
    error = (x - rebuilt).square().sum() / variance
    divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum()
    return (error + divergence) / (2 * len(x))


def contrastive_loss(both: Tensor, temperature: float) -> Tensor:
    """NT-Xent (Chen et al. 2020). both (2n, d): rows i and n + i are copies of one image; every
    row is to pick its copy among all others by cosine similarity / temperature."""
    unit = functional.normalize(both, dim=1)
    similarity = unit @ unit.t() / temperature
    similarity.fill_diagonal_(-torch.inf)
    other = torch.arange(len(both), device=both.device).roll(len(both) // 2)
    return functional.cross_entropy(similarity, other)
