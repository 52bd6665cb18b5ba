"""Reversing a generator by gradient descent on z for every query: inversion and AnoGAN share it."""

from __future__ import annotations

import dataclasses
import hashlib
from abc import abstractmethod
from collections.abc import Iterable
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
        found = [self._search(part, every) for part in torch.split(rows(x), QUERIES_AT_ONCE)]
        images = np.concatenate([path.images for _, path in found], axis=1)
        losses = np.concatenate([path.losses for _, path in found], axis=1)
        return judgement(verdict for verdict, _ in found), Path(images, losses)

    def _search(self, x: Tensor, every: int) -> tuple[Verdict, Path]:
        searching = Searching(self, x, every)
        while not searching.finished:
            searching.step()
        return searching.end()


class Searching:
    """A search for queries x (n, d) on its way, which can be watched: `path` is as far as it has
    come, one frame in `every` steps (0: the end alone)."""

    def __init__(self, score: SearchScore, x: Tensor, every: int) -> None:
        self.score, self.descent, self.x, self.every = score, score.descent, x, every
        starts = _starts(x, score.n_latent, self.descent.restarts, self.descent.seed)
        self.z = starts.requires_grad_(True)
        self.queries = x.repeat_interleave(self.descent.restarts, dim=0)
        self.optimizer = torch.optim.Adam([self.z], lr=self.descent.rate)
        self.n_steps = 0
        self.images: list[Tensor] = []
        self.losses: list[Tensor] = []

    @property
    def finished(self) -> bool:
        return self.n_steps >= self.descent.steps or not len(self.x)

    def step(self) -> None:
        """One step of every restart; a frame before it, where one is due."""
        with evaluating(self.score), torch.enable_grad():
            rebuilt, terms = self._now()
            loss = _total(terms)
            if self.every and self.n_steps % self.every == 0:
                self._keep(rebuilt, loss)
            (self.z.grad,) = torch.autograd.grad(loss.sum(), self.z)
            self.optimizer.step()
        self.n_steps += 1

    def end(self) -> tuple[Verdict, Path]:
        """What the best restarts have come to, and the whole path with this as its last frame."""
        with evaluating(self.score), torch.no_grad():
            rebuilt, ended = self._now()
        self._keep(rebuilt, _total(ended))
        best = self._best()
        terms = {name: v[best] for name, v in ended.items() if name not in self.score.steering}
        return Verdict(_total(terms), terms, rebuilt[best]), self.path()

    def path(self) -> Path:
        """So far, of the restarts that lead now."""
        best = self._best()
        images, losses = torch.stack(self.images)[:, best], torch.stack(self.losses)[:, best]
        return Path(images.numpy(), losses.numpy())

    def _now(self) -> tuple[Tensor, dict[str, Tensor]]:
        """G(z) of every restart, and the terms of its loss."""
        rebuilt = self.score.generator(self.z.to(self.x.dtype))
        return rebuilt, self.score.loss(self.queries, rebuilt, self.z)

    def _keep(self, rebuilt: Tensor, loss: Tensor) -> None:
        self.images.append(rebuilt.detach().clone())
        self.losses.append(loss.detach())

    def _best(self) -> Tensor:
        """Of each query, the restart whose latest loss is the lowest."""
        n, restarts = len(self.x), self.descent.restarts
        return torch.arange(n) * restarts + self.losses[-1].view(n, restarts).argmin(dim=1)


def judgement(verdicts: Iterable[Verdict]) -> Judgement:
    """Verdicts of batches as one record."""
    found = list(verdicts)
    return Judgement(
        joined(v.score for v in found),
        {name: joined(v.terms[name] for v in found) for name in found[0].terms},
        joined(v.reconstruction for v in found if v.reconstruction is not None),
    )


def _total(terms: dict[str, Tensor]) -> Tensor:
    return torch.stack(list(terms.values())).sum(dim=0)


def _starts(x: Tensor, n_latent: int, restarts: int, seed: int) -> Tensor:
    """Starting latents (n · restarts, n_latent), drawn per query from its content."""
    starts = []
    for row in x.float():
        digest = hashlib.blake2b(row.numpy().tobytes(), digest_size=7).digest()
        rng = torch.Generator().manual_seed(int.from_bytes(digest, "little") + seed)
        starts.append(torch.randn(restarts, n_latent, generator=rng))
    return torch.cat(starts) if starts else torch.empty(0, n_latent)
