"""The plane cut into cells: a ring of Gaussians as the data, mixtures of Gaussians as generators,
sums of bumps as discriminators. Small enough for Theorems 2 to 4 to be measured by real fits.

Generators and discriminators need not be neural networks (§3.2 says so), and here they are not:
every probability is exact, the discriminator's supremum is a concave problem with one answer, and
nothing is lost to a training that went wrong.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np
import scipy  # which loads its parts when they are used: `stats` takes half a second
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from wganad_core.data.mixture import ring_modes
from wganad_core.divergence import jensen_shannon_of
from wganad_core.records import Box

SIDE, HALF = 32, 1.9  # cells along a side; the box reaches from −HALF to HALF
N_MODES, RADIUS, SIGMA = 7, 1.0, 0.22
BOX: Box = (-HALF, HALF, -HALF, HALF)
EDGES = np.linspace(-HALF, HALF, SIDE + 1)
RIDGE = 1e-4  # keeps D away from 0 and 1 where there is nothing to tell (H_D of Theorem 4)
Cells = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Blobs:
    """A generator: k round Gaussians, `means` (k, 2), `widths` (k,), `weights` (k,) of sum 1."""

    means: NDArray[np.float64]
    widths: NDArray[np.float64]
    weights: NDArray[np.float64]

    @cached_property
    def cells(self) -> Cells:
        """The probability of each of SIDE² cells, row by row from below, and of the outside."""
        inside = np.einsum("k,ky,kx->yx", self.weights, *self._shares()[::-1]).ravel()
        return np.append(inside, max(1.0 - inside.sum(), 0.0))

    def _shares(self) -> tuple[Cells, Cells]:
        """What each Gaussian has in each column and in each row: two (k, SIDE)."""
        at = (EDGES - self.means[:, :, None]) / self.widths[:, None, None]
        below = np.diff(ndtr(at), axis=2)
        return below[:, 0], below[:, 1]

    def gradient(self, g: Cells) -> NDArray[np.float64]:
        """Of Σ g·cells by the numbers of `packed` (4k,)."""
        field = (g[:-1] - g[-1]).reshape(SIDE, SIDE)
        x, y = self._shares()
        at = (EDGES - self.means[:, :, None]) / self.widths[:, None, None]
        bell = scipy.stats.norm.pdf(at)
        by_mean = -np.diff(bell, axis=2) / self.widths[:, None, None]
        by_log_width = -np.diff(bell * at, axis=2)

        def told(of_y: Cells, of_x: Cells) -> NDArray[np.float64]:
            return np.asarray(np.einsum("ky,yx,kx->k", of_y, field, of_x))

        value, w = told(y, x), self.weights
        means = np.stack([told(y, by_mean[:, 0]), told(by_mean[:, 1], x)], axis=1)
        widths = told(y, by_log_width[:, 0]) + told(by_log_width[:, 1], x)
        logits = value - w @ value
        return np.concatenate([(w[:, None] * means).ravel(), w * widths, w * logits])

    @property
    def packed(self) -> NDArray[np.float64]:
        """θ (4k,): means, log widths, log weights."""
        return np.concatenate([self.means.ravel(), np.log(self.widths), np.log(self.weights)])

    @classmethod
    def unpacked(cls, theta: NDArray[np.float64]) -> Blobs:
        k = len(theta) // 4
        logits = np.exp(theta[3 * k :] - theta[3 * k :].max())
        return cls(
            theta[: 2 * k].reshape(k, 2), np.exp(theta[2 * k : 3 * k]), logits / logits.sum()
        )


def truth() -> Blobs:
    """P_r: a ring of seven."""
    modes = ring_modes(N_MODES, RADIUS).astype(np.float64)
    return Blobs(modes, np.full(N_MODES, SIGMA), np.full(N_MODES, 1 / N_MODES))


class Bumps:
    """Discriminators D = σ(α·φ): a constant and side² round bumps over the box."""

    def __init__(self, side: int) -> None:
        self.side = side
        at = np.linspace(-HALF, HALF, side + 2)[1:-1]
        middles = (EDGES[1:] + EDGES[:-1]) / 2
        bell = scipy.stats.norm.pdf((middles[:, None] - at) / (at[1] - at[0])) * np.sqrt(2 * np.pi)
        bumps = np.einsum("yj,xi->yxji", bell, bell).reshape(SIDE**2, side**2)
        features = np.column_stack([np.ones(SIDE**2), bumps])
        outside = np.append(1.0, np.zeros(side**2))  # which no bump reaches
        self.features = np.vstack([features, outside])
        self.alpha = np.zeros(side**2 + 1)  # of the last answer, where the next search begins

    def best(self, p: Cells, q: Cells) -> tuple[float, Cells]:
        """sup over α of Σ p ln D + Σ q ln(1 − D), less the ridge, and D there; Newton's method."""
        phi, alpha = self.features, self.alpha
        value, logits = self._value(alpha, p, q)
        for _ in range(60):
            d = expit(logits)
            slope = phi.T @ (p * (1 - d) - q * d) - RIDGE * alpha
            curve = (phi * ((p + q) * d * (1 - d))[:, None]).T @ phi
            curve[np.diag_indices_from(curve)] += RIDGE
            step = np.linalg.solve(curve, slope)
            if slope @ step < 1e-12:
                break
            t = 1.0
            while True:
                new_value, new_logits = self._value(alpha + t * step, p, q)
                if new_value >= value or t < 1e-4:
                    break
                t /= 2
            alpha, value, logits = alpha + t * step, new_value, new_logits
        self.alpha = alpha
        return value, np.asarray(expit(logits))

    def _value(self, alpha: NDArray[np.float64], p: Cells, q: Cells) -> tuple[float, Cells]:
        logits = self.features @ alpha
        softplus = np.logaddexp(0, logits)
        value = p @ (logits - softplus) - q @ softplus - RIDGE / 2 * alpha @ alpha
        return float(value), logits


class Unbounded:
    """D∞: every discriminator there is, whose best is D* = P_r/(P_r + P_θ) (Theorem 1)."""

    side = 0

    def best(self, p: Cells, q: Cells) -> tuple[float, Cells]:
        """2·JS − ln 4 (eq. 5), and D*; where there is neither, 1/2."""
        total = p + q
        d = np.divide(p, total, out=np.full_like(p, 0.5), where=total > 0)
        return 2 * jensen_shannon_of(p, q) - 2 * float(np.log(2)), d
