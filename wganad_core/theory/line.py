"""Two densities on a line (§3.2, eqs 3–5; §3.3, Theorem 5): what D* and both distances see of them
while one of the two moves."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import scipy  # which loads its parts when they are used: `stats` takes half a second
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logsumexp

LN2 = math.log(2)
Curve1 = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Humps:
    """A mixture of Gaussians on a line. Weights are taken relative to their sum.

    Raises `ValueError` for lists of unequal length, and for weights or widths that are not above 0.
    """

    weights: tuple[float, ...]
    means: tuple[float, ...]
    widths: tuple[float, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.weights), len(self.means), len(self.widths)}
        if len(lengths) > 1 or not self.weights or min(*self.weights, *self.widths) <= 0:
            raise ValueError(
                "A mixture needs as many weights as means and widths, all weights and widths above "
                f"0; found weights {self.weights}, means {self.means}, widths {self.widths}."
            )

    @classmethod
    def from_text(cls, text: str) -> Humps:
        """Of "weight,mean,width;…". Raises `ValueError` for anything else."""
        rows = [[float(number) for number in hump.split(",")] for hump in text.split(";")]
        if any(len(row) != 3 or not np.isfinite(row).all() for row in rows):
            raise ValueError(f"Expected weight,mean,width;…; found {text!r}.")
        weights, means, widths = zip(*rows, strict=True)
        return cls(weights, means, widths)

    @property
    def rows(self) -> list[list[float]]:
        """[weight, mean, width] of each hump."""
        parts = zip(self.weights, self.means, self.widths, strict=True)
        return [[float(number) for number in part] for part in parts]

    @property
    def text(self) -> str:
        """What `from_text` reads."""
        return ";".join(",".join(f"{number:g}" for number in row) for row in self.rows)

    @property
    def shares(self) -> Curve1:
        """The weights (k,), of sum 1."""
        weights = np.asarray(self.weights, np.float64)
        return np.asarray(weights / weights.sum())

    def moved(self, by: float) -> Humps:
        """The same density further to the right."""
        return dataclasses.replace(self, means=tuple(mean + by for mean in self.means))

    def log_density(self, x: Curve1) -> Curve1:
        """At x (n,), of shape (n,); finite also where the density itself is too small to write."""
        each = scipy.stats.norm.logpdf(x[:, None], self.means, self.widths)
        return np.asarray(logsumexp(each, axis=1, b=self.shares))

    def distribution(self, x: Curve1) -> Curve1:
        """The share below x (n,)."""
        return np.asarray(scipy.stats.norm.cdf(x[:, None], self.means, self.widths) @ self.shares)

    def slope(self, x: Curve1) -> Curve1:
        """The derivative of the density at x (n,)."""
        apart = (np.asarray(self.means) - x[:, None]) / np.square(self.widths)
        return np.asarray(
            (scipy.stats.norm.pdf(x[:, None], self.means, self.widths) * apart) @ self.shares
        )


@dataclasses.dataclass(frozen=True)
class Apart:
    """What is known of P_r and P_θ on a grid x (n,): both densities, D* (eq. 4), the integrand
    whose area is the Jensen–Shannon divergence; that divergence in nats and W1, each with its
    derivative by θ, the place of P_θ."""

    x: Curve1
    real: Curve1
    fake: Curve1
    optimal: Curve1
    integrand: Curve1
    jensen_shannon: float
    jensen_shannon_slope: float
    wasserstein: float
    wasserstein_slope: float

    @property
    def parted(self) -> bool:
        """Whether JS has come within 1% of the ln 2 that it cannot exceed."""
        return self.jensen_shannon > 0.99 * LN2

    @property
    def objective(self) -> float:
        """sup L(θ, D) = 2·JS − ln 4 (eq. 5)."""
        return 2 * self.jensen_shannon - 2 * LN2


def grid(real: Humps, fake: Humps, reach: float = 8.0, n: int = 6001) -> Curve1:
    """Evenly spaced points (n,) that leave out nothing within `reach` widths of either."""
    ends = [
        mean + sign * reach * width
        for humps in (real, fake)
        for mean, width in zip(humps.means, humps.widths, strict=True)
        for sign in (-1, 1)
    ]
    return np.linspace(min(ends), max(ends), n)


def apart(real: Humps, fake: Humps, x: Curve1 | None = None) -> Apart:
    """D*, JS and W1 of two densities, by the trapezoidal rule, and how both change when P_θ moves.

    Parameters
    ----------
    real, fake : P_r, and P_θ where it is now
    x : (n,), ascending and evenly spaced, by default `grid`; it should hold nearly all of both

    Returns
    -------
    The derivatives are exact ones, under the same integral: of JS ½∫ ∂P_θ ln(1 − D*) + const, of W1
    −∫ sign(F_θ − F_r) P_θ.

    Examples
    --------
    >>> from wganad_core.theory.line import Humps, apart
    >>> still = Humps((1,), (0,), (1,))
    >>> far = apart(still, still.moved(40))
    >>> round(far.jensen_shannon, 4), abs(far.jensen_shannon_slope) < 1e-4
    (0.6931, True)
    >>> round(far.wasserstein, 4), round(far.wasserstein_slope, 4)
    (40.0, 1.0)
    """
    x = grid(real, fake) if x is None else x
    log_real, log_fake = real.log_density(x), fake.log_density(x)
    p, q = np.exp(log_real), np.exp(log_fake)
    log_ratio = log_real - log_fake
    # ln 2 P/(P_r + P_θ), also where both are too small to write.
    of_real, of_fake = LN2 + log_expit(log_ratio), LN2 + log_expit(-log_ratio)
    integrand = (p * of_real + q * of_fake) / 2
    below = fake.distribution(x) - real.distribution(x)
    return Apart(
        x=x,
        real=p,
        fake=q,
        optimal=np.asarray(expit(log_ratio)),
        integrand=integrand,
        jensen_shannon=float(np.trapezoid(integrand, x)),
        jensen_shannon_slope=float(np.trapezoid(-fake.slope(x) * of_fake, x) / 2),
        wasserstein=float(np.trapezoid(np.abs(below), x)),
        wasserstein_slope=float(-np.trapezoid(np.sign(below) * q, x)),
    )
