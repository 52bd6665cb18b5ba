"""Reversing a generator by gradient descent on z for every query: inversion and AnoGAN share it."""

from __future__ import annotations

import dataclasses
import hashlib
from abc import abstractmethod
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wganad_core.methods.bundle import Bundle
from wganad_core.methods.score import Score, Verdict, evaluating, joined, rows
from wganad_core.records import FloatArray, Judgement

QUERIES_AT_ONCE = 128


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


class SearchScore(Score):
    """The loss that a descent ends with, without the prior, which only steers it.

    Of a query's restarts the one that ends lowest counts. Starting points depend on the query and
    the seed alone, so neither its neighbours nor the size of a batch change its result.
    """

    searches = True
    steering: ClassVar[tuple[str, ...]] = ()  # terms of the loss that are no part of the score

    def __init__(self, bundle: Bundle, weight: float, descent: Descent | None = None) -> None:
        super().__init__(bundle)
        self.generator, self.n_latent = bundle.part("generator"), bundle.config.n_latent
        self.weight, self.descent = weight, descent or Descent()

    @abstractmethod
    def loss(self, x: Tensor, rebuilt: Tensor, z: Tensor) -> dict[str, Tensor]:
        """Terms (n,) by name of what is minimised, for queries (n, d) and latents (n, n_latent)."""

    def forward(self, x: Tensor) -> Verdict:
        parts = [self._search(part, 0)[0] for part in torch.split(x, QUERIES_AT_ONCE)]
        names = parts[0].terms
        terms = {name: torch.cat([part.terms[name] for part in parts]) for name in names}
        rebuilt = torch.cat([p.reconstruction for p in parts if p.reconstruction is not None])
        return Verdict(torch.cat([part.score for part in parts]), terms, rebuilt)

    def path(self, x: NDArray[np.floating], every: int) -> tuple[Judgement, Path]:
        """`judge`, and how the search went: a picture every so many steps, and the end."""
        with evaluating(self), torch.enable_grad():
            found = [self._search(p, every) for p in torch.split(rows(x), QUERIES_AT_ONCE)]
        verdicts = [verdict for verdict, _ in found]
        judged = Judgement(
            joined(v.score for v in verdicts),
            {name: joined(v.terms[name] for v in verdicts) for name in verdicts[0].terms},
            joined(v.reconstruction for v in verdicts if v.reconstruction is not None),
        )
        images = np.concatenate([path.images for _, path in found], axis=1)
        return judged, Path(images, np.concatenate([path.losses for _, path in found], axis=1))

    def _search(self, x: Tensor, every: int) -> tuple[Verdict, Path]:
        n, restarts = len(x), self.descent.restarts
        z = _starts(x, self.n_latent, restarts, self.descent.seed).requires_grad_(True)
        queries = x.repeat_interleave(restarts, dim=0)
        optimizer = torch.optim.Adam([z], lr=self.descent.rate)
        images, losses = [], []
        for step in range(self.descent.steps if n else 0):
            rebuilt = self.generator(z.to(x.dtype))
            loss = torch.stack(list(self.loss(queries, rebuilt, z).values())).sum(dim=0)
            if every and step % every == 0:
                images.append(rebuilt.detach().clone())
                losses.append(loss.detach())
            (z.grad,) = torch.autograd.grad(loss.sum(), z)
            optimizer.step()
        with torch.no_grad():
            rebuilt = self.generator(z.to(x.dtype))
            ended = self.loss(queries, rebuilt, z)
        total = torch.stack(list(ended.values())).sum(dim=0)
        best = torch.arange(n) * restarts + total.view(n, restarts).argmin(dim=1)
        terms = {name: v[best] for name, v in ended.items() if name not in self.steering}
        verdict = Verdict(torch.stack(list(terms.values())).sum(dim=0), terms, rebuilt[best])
        images.append(rebuilt)
        losses.append(total)
        return verdict, Path(
            torch.stack(images)[:, best].numpy(), torch.stack(losses)[:, best].numpy()
        )


def _starts(x: Tensor, n_latent: int, restarts: int, seed: int) -> Tensor:
    """Starting latents (n · restarts, n_latent), drawn per query from its content."""
    starts = []
    for row in x.float():
        digest = hashlib.blake2b(row.numpy().tobytes(), digest_size=7).digest()
        rng = torch.Generator().manual_seed(int.from_bytes(digest, "little") + seed)
        starts.append(torch.randn(restarts, n_latent, generator=rng))
    return torch.cat(starts) if starts else torch.empty(0, n_latent)
