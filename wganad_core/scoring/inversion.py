"""Reversing the generator by gradient descent on z: the paper's eqs 21–22, and AnoGAN.

Eqs 21–22 carry the wrong sign for a minimisation and define no image likelihood; what is meant is
the squared error plus λ times minus the log density of the normal prior.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.records import FloatArray, Judgement
from wganad_core.scoring.base import Detector, evaluating, rows

QUERIES_AT_ONCE = 128
PRIOR = "prior"


@dataclasses.dataclass(frozen=True)
class Descent:
    """How z is searched: Adam steps of size `rate` from each of `restarts` starting points."""

    steps: int = 150
    rate: float = 0.05
    restarts: int = 2
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class Path:
    """A search as it went, for n queries: `images` (frames, n, d), `losses` (frames, n)."""

    images: FloatArray
    losses: FloatArray


# Terms (name → (n,)) of the loss of rebuilt (n, d) for queries (n, d) and latents (n, d_z).
Terms = Callable[[Tensor, Tensor, Tensor], dict[str, Tensor]]


def inversion_detector(
    generator: nn.Module, n_latent: int, prior: float = 0.01, descent: Descent | None = None
) -> Detector:
    """eq. 22: the descent minimises MSE + λ·mean z²/2 (λ = `prior`); the score is the MSE that it
    ends with, as in Fig. 15."""
    terms = inversion_terms(prior)

    def judge(x: NDArray[np.floating]) -> Judgement:
        found, rebuilt, _ = search(generator, n_latent, rows(x), terms, descent or Descent())
        return judgement(found, rebuilt)

    return judge


def anogan_detector(
    generator: nn.Module,
    critic: nn.Sequential,
    n_latent: int,
    weight: float = 0.1,
    descent: Descent | None = None,
) -> Detector:
    """eqs 13–15 with λ = `weight`: the score is the loss that the descent ends with. f_D is the
    critic's last hidden layer."""
    terms = anogan_terms(critic, weight)

    def judge(x: NDArray[np.floating]) -> Judgement:
        with evaluating(critic):
            found, rebuilt, _ = search(generator, n_latent, rows(x), terms, descent or Descent())
        return judgement(found, rebuilt)

    return judge


def judgement(found: Mapping[str, FloatArray], rebuilt: FloatArray) -> Judgement:
    """What a search that ended in these terms says: their sum, but for the prior, which steers
    the search and is no part of the score."""
    terms = {name: value for name, value in found.items() if name != PRIOR}
    score = np.asarray(np.sum(list(terms.values()), axis=0), np.float32)
    return Judgement(score, terms, rebuilt)


def inversion_terms(prior: float) -> Terms:
    def terms(x: Tensor, rebuilt: Tensor, z: Tensor) -> dict[str, Tensor]:
        residual = (x - rebuilt).square().mean(dim=1)
        return {"residual": residual, PRIOR: prior * z.square().mean(dim=1) / 2}

    return terms


def anogan_terms(critic: nn.Sequential, weight: float) -> Terms:
    hidden = critic[:-1]

    def terms(x: Tensor, rebuilt: Tensor, z: Tensor) -> dict[str, Tensor]:
        residual = (x - rebuilt).abs().sum(dim=1)
        features = (hidden(x) - hidden(rebuilt)).abs().sum(dim=1)
        return {"residual": (1 - weight) * residual, "features": weight * features}

    return terms


def search(
    generator: nn.Module,
    n_latent: int,
    x: Tensor,
    terms: Terms,
    descent: Descent,
    record_every: int = 0,
) -> tuple[dict[str, FloatArray], FloatArray, Path | None]:
    """Descend for every query; of its restarts the one that ends lowest counts.

    Returns the terms at the end, the rebuilt queries and, with `record_every`, the path of the
    restart that won. A query's starting points depend on itself and the seed alone, so neither
    its neighbours nor the size of a batch change its result.
    """
    parts = [
        _search(generator, n_latent, part, terms, descent, record_every)
        for part in torch.split(x, QUERIES_AT_ONCE)
    ]
    found = {name: np.concatenate([p[0][name] for p in parts]) for name in parts[0][0]}
    rebuilt = np.concatenate([p[1] for p in parts])
    if not record_every:
        return found, rebuilt, None
    paths = [p[2] for p in parts]
    images = np.concatenate([path.images for path in paths], axis=1)
    return found, rebuilt, Path(images, np.concatenate([path.losses for path in paths], axis=1))


def _search(
    generator: nn.Module,
    n_latent: int,
    x: Tensor,
    terms: Terms,
    descent: Descent,
    record_every: int,
) -> tuple[dict[str, FloatArray], FloatArray, Path]:
    n, restarts = len(x), descent.restarts
    z = _starts(x, n_latent, restarts, descent.seed).requires_grad_(True)
    queries = x.repeat_interleave(restarts, dim=0)
    optimizer = torch.optim.Adam([z], lr=descent.rate)
    images, losses = [], []
    with evaluating(generator):
        for step in range(descent.steps if n else 0):
            rebuilt = generator(z)
            loss = torch.stack(list(terms(queries, rebuilt, z).values())).sum(dim=0)
            if record_every and step % record_every == 0:
                images.append(rebuilt.detach().clone())
                losses.append(loss.detach())
            (z.grad,) = torch.autograd.grad(loss.sum(), z)
            optimizer.step()
        with torch.no_grad():
            rebuilt = generator(z)
            ended = terms(queries, rebuilt, z)
    total = torch.stack(list(ended.values())).sum(dim=0)
    images.append(rebuilt)
    losses.append(total)
    best = torch.arange(n) * restarts + total.view(n, restarts).argmin(dim=1)
    return (
        {name: value[best].numpy() for name, value in ended.items()},
        rebuilt[best].numpy(),
        Path(
            torch.stack(images)[:, best].numpy() if record_every else rebuilt[None, best].numpy(),
            torch.stack(losses)[:, best].numpy() if record_every else total[None, best].numpy(),
        ),
    )


def _starts(x: Tensor, n_latent: int, restarts: int, seed: int) -> Tensor:
    """Starting latents (n · restarts, n_latent), drawn per query from its content."""
    starts = []
    for row in x:
        digest = hashlib.blake2b(row.numpy().tobytes(), digest_size=7).digest()
        rng = torch.Generator().manual_seed(int.from_bytes(digest, "little") + seed)
        starts.append(torch.randn(restarts, n_latent, generator=rng))
    return torch.cat(starts) if starts else torch.empty(0, n_latent)
