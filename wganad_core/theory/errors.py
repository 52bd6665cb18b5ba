"""The three errors of Fig. 5 (Theorems 2 to 4), each measured by a fit on the plane's cells.

P_θ*: the best generator of its size against every discriminator. P_θ̄: against discriminators of
one size. P_θ̂: against those, when only n samples of P_r are known. Generators are sampled without
end, which costs nothing; the paper's eq. 7 takes n of them as well.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from wganad_core.divergence import jensen_shannon_of
from wganad_core.theory.cells import HALF, SIGMA, Blobs, Bumps, Cells, Unbounded, truth

WIDTHS = (0.08, 1.5)  # between which a generator's Gaussians stay (H_G: bounded)
FAINT = 1e-9  # what D and 1 − D are at least under a logarithm
Rivals = Bumps | Unbounded


@dataclasses.dataclass(frozen=True)
class GeneratorFit:
    """A generator at the end of a fit: the objective there, JS to P_r, and how far the best
    discriminator of its class is from D*: the root mean square under half of both."""

    generator: Blobs
    objective: float
    jensen_shannon: float
    epsilon: float


def fit(start: Blobs, rivals: Rivals, p: Cells, steps: int = 300) -> GeneratorFit:
    """inf over θ of sup over D (eqs 3 and 6; with the shares of a sample as p, eq. 7).

    The gradient by θ is that at the best D, which need not be differentiated (the envelope
    theorem).

    Parameters
    ----------
    start : where the search begins, and how many Gaussians it has
    rivals : the discriminators
    p : (SIDE² + 1,) probability, or share of samples, by cell and outside
    steps : at most so many of L-BFGS

    Examples
    --------
    >>> from wganad_core.theory.cells import Unbounded, truth
    >>> from wganad_core.theory.errors import fit
    >>> found = fit(truth(), Unbounded(), truth().cells)
    >>> round(found.jensen_shannon, 6), round(found.epsilon, 6)
    (0.0, 0.0)
    """
    k = len(start.widths)

    def objective(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        made = Blobs.unpacked(theta)
        value, d = rivals.best(p, made.cells)
        return value, made.gradient(np.log(np.maximum(1 - d, FAINT)))

    bounds = [(-HALF, HALF)] * (2 * k) + [tuple(np.log(WIDTHS))] * k + [(-6.0, 6.0)] * k
    found = minimize(
        objective,
        start.packed,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": steps, "ftol": 1e-12, "gtol": 1e-7},
    )
    made, real = Blobs.unpacked(found.x), truth().cells
    _, d = rivals.best(p, made.cells)
    _, optimal = Unbounded().best(p, made.cells)
    weight = (p + made.cells) / 2
    return GeneratorFit(
        generator=made,
        objective=float(found.fun),
        jensen_shannon=jensen_shannon_of(real, made.cells),
        epsilon=float(np.sqrt(weight @ np.square(d - optimal))),
    )


def best_fit(k: int, rivals: Rivals, p: Cells, starts: int = 6, seed: int = 0) -> GeneratorFit:
    """`fit` from several places with k Gaussians, the one of the least objective."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(starts):
        if isinstance(rivals, Bumps):
            rivals.alpha = np.zeros_like(rivals.alpha)
        found.append(fit(_start(k, rng, on_ring=number % 2 == 0), rivals, p))
    return min(found, key=lambda one: one.objective)


def _start(k: int, rng: np.random.Generator, on_ring: bool) -> Blobs:
    """Around the ring, or anywhere."""
    turn = 2 * np.pi * (np.arange(k) / k + rng.uniform())
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    means = ring if on_ring else rng.uniform(-1, 1, (k, 2))
    return Blobs(means, np.full(k, 2 * SIGMA), np.full(k, 1 / k))


def sampled(n: int, seed: int | tuple[int, ...]) -> Cells:
    """Shares, by cell and outside, of n samples of P_r."""
    p = truth().cells
    return np.asarray(np.random.default_rng(seed).multinomial(n, p / p.sum()) / n)


def moved(a: Blobs, b: Blobs) -> float:
    """‖θ − θ'‖ of two generators whose Gaussians come in the same order."""
    return float(np.linalg.norm(a.means - b.means))


def drawn_to_scale(stations: list[Cells]) -> NDArray[np.float64]:
    """Fig. 5 to scale: points (k, 2), the first at the origin and the second to its right, whose
    distances come as close to √JS, which is a metric, as a plane allows (classical scaling)."""
    k = len(stations)
    squares = np.array([[jensen_shannon_of(p, q) for q in stations] for p in stations])
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    points = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0))
    points = points - points[0]
    angle = np.arctan2(points[1, 1], points[1, 0]) if k > 1 else 0.0
    cosine, sine = np.cos(-angle), np.sin(-angle)
    points = points @ np.array([[cosine, sine], [-sine, cosine]])
    return np.asarray(points * [1.0, -1.0 if points[2:, 1].sum() < 0 else 1.0])
