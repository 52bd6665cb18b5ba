"""Two-dimensional data sets (paper §2.1, Fig. 1) with their modes and their ground truth."""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wganad_core.config import MixtureConfig
from wganad_core.data import DataError
from wganad_core.data.own.points import own_points
from wganad_core.data.pool import Samples
from wganad_core.data.samples import content_ids
from wganad_core.records import Box, FloatArray

OUTSIDE = "outside"  # the class of anomalies
SCORED = MixtureConfig()  # whose points the shipped score table holds


@dataclasses.dataclass(frozen=True)
class Mixture:
    """Points of the plane and what is known about where they come from.

    `x` (n, 2) float32; `modes` (k, 2) and `sigma` describe equally likely round Gaussians.
    Shapes that are no mixture (moons, swiss roll, drawn points) have no modes (k = 0).
    """

    x: FloatArray
    modes: FloatArray
    sigma: float

    @cached_property
    def box(self) -> Box:
        """(left, right, bottom, top): the square view that holds the data with a margin."""
        low, high = self.x.min(axis=0), self.x.max(axis=0)
        centre, half = (low + high) / 2, float((high - low).max()) / 2
        half = 1.35 * max(half, 1e-3)
        return square(centre, half)

    def log_density(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Log of the mixture's true density at `points` (n, 2); shape (n,).

        Raises `DataError` for shapes whose density is not known.
        """
        self._need_modes("the true density")
        exponent = -self._squared_distances(points) / (2 * self.sigma**2)
        top = exponent.max(axis=1)
        total = np.log(np.exp(exponent - top[:, None]).mean(axis=1)) + top
        return np.asarray(total - np.log(2 * np.pi * self.sigma**2))

    def is_anomaly(self, points: NDArray[np.floating], n_sigma: float = 3.0) -> NDArray[np.bool_]:
        """Outside the `n_sigma` level set of every mode (paper §2.1); shape (n,)."""
        self._need_modes("which points are anomalies")
        nearest = self._squared_distances(points).min(axis=1)
        return np.asarray(nearest > (n_sigma * self.sigma) ** 2)

    def _squared_distances(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, k) to every mode."""
        apart = points[:, None, :] - self.modes[None]
        return np.asarray((apart**2).sum(-1, dtype=np.float64))

    def _need_modes(self, wanted: str) -> None:
        if not len(self.modes):
            raise DataError(
                f"This data set has no Gaussian modes, so {wanted} is not known; "
                "choose a ring or the grid."
            )


def square(centre: NDArray[np.floating], half: float) -> Box:
    """The box around a centre (2,) whose sides are twice `half` long."""
    x, y = map(float, centre)
    return x - half, x + half, y - half, y + half


def ring_modes(n_modes: int, radius: float) -> FloatArray:
    """Centres evenly spaced on a circle, the first one at (0, radius) as in Fig. 8."""
    angles = np.pi / 2 + 2 * np.pi * np.arange(n_modes) / n_modes
    return (radius * np.column_stack([np.cos(angles), np.sin(angles)])).astype(np.float32)


def grid_modes() -> FloatArray:
    """The 5 × 5 grid on [−1, 1]²."""
    line = np.linspace(-1, 1, 5)
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2).astype(np.float32)


def make_mixture(config: MixtureConfig, own: NDArray[np.floating] | None = None) -> Mixture:
    """Draw the data set that `config` describes (§2.1); the same config gives the same points.

    Parameters
    ----------
    config : name, number of points, modes, radius and sigma (in units of the plane), seed
    own : (n, 2), optional
        The points of a data set named `own`.

    Raises
    ------
    DataError
        For own points that are missing, too few, too many or not finite.

    Examples
    --------
    >>> from wganad_core.config import MixtureConfig
    >>> from wganad_core.data.mixture import make_mixture
    >>> mixture = make_mixture(MixtureConfig(name="ring", n_modes=7, n_samples=1000))
    >>> mixture.x.shape, mixture.modes.shape
    ((1000, 2), (7, 2))
    """
    rng = np.random.default_rng(config.seed)
    if config.name == "own":
        if own is None:
            raise DataError("A data set named 'own' needs points; draw or upload some.")
        return Mixture(own_points(own), np.empty((0, 2), np.float32), config.sigma)
    if config.name in ("moons", "swiss-roll"):
        return Mixture(_shape(config), np.empty((0, 2), np.float32), config.sigma)
    if config.name == "grid":
        modes = grid_modes()
    else:
        modes = ring_modes(8 if config.name == "ring-8" else config.n_modes, config.radius)
    return Mixture(_around(modes, config.sigma, rng, config.n_samples), modes, config.sigma)


@dataclasses.dataclass(frozen=True)
class EvaluationSet:
    """Points that training has not seen, to judge detectors by.

    `points` (n, 2) with `label` (1 = anomaly: outside the 3σ level set of every mode) and nearest
    `mode` (from 0); `calibration` (m, 2): normals only, by the same definition. Where nothing is
    known of the density, `points` are of the data only, and all labels and modes are 0.
    """

    points: FloatArray
    label: NDArray[np.int64]
    mode: NDArray[np.int64]
    calibration: FloatArray


def evaluation_set(
    mixture: Mixture,
    n_normals: int = 10_000,
    n_uniform: int = 2_000,
    n_calibration: int = 5_000,
    seed: int = 23,
) -> EvaluationSet:
    """The same points whenever they are drawn: `n_normals` of the mixture, of which one in ninety
    falls outside 3σ and so is an anomaly; `n_uniform` in the data's box; and, to set thresholds
    with, what is inside 3σ of another `n_calibration` of the mixture."""
    rng = np.random.default_rng(seed)
    fresh = _fresh(mixture, rng, n_normals + n_calibration)
    left, right, bottom, top = mixture.box
    uniform = rng.uniform((left, bottom), (right, top), size=(n_uniform, 2))
    points = np.concatenate([fresh[:n_normals], uniform]).astype(np.float32)
    calibration = fresh[n_normals:]
    if not len(mixture.modes):
        nothing = np.zeros(n_normals, np.int64)
        return EvaluationSet(fresh[:n_normals], nothing, nothing, calibration)
    return EvaluationSet(
        points=points,
        label=mixture.is_anomaly(points).astype(np.int64),
        mode=nearest_mode(mixture, points),
        calibration=calibration[~mixture.is_anomaly(calibration)],
    )


def scored_points(mixture: Mixture) -> EvaluationSet:
    """Those of the shipped score table."""
    return evaluation_set(mixture, n_normals=4_000, n_uniform=1_000, n_calibration=2_000)


def nearest_mode(mixture: Mixture, points: NDArray[np.floating]) -> NDArray[np.int64]:
    """The number (n,), from 0, of the mode nearest to each point (n, 2)."""
    from scipy.spatial.distance import cdist  # not before: pages would wait for it

    return np.asarray(cdist(points, mixture.modes).argmin(axis=1), np.int64)


def sample_ids(points: NDArray[np.floating]) -> NDArray[np.str_]:
    """A content hash (16 hex digits) of each point (n, 2), so that scores join with points drawn
    anew."""
    return content_ids(np.asarray(points, np.float32))


def _fresh(mixture: Mixture, rng: np.random.Generator, n: int) -> FloatArray:
    """Points that training has not seen; for shapes without a density, resampled data."""
    if not len(mixture.modes):
        return np.asarray(mixture.x[rng.integers(len(mixture.x), size=n)])
    return _around(mixture.modes, mixture.sigma, rng, n)


def _around(modes: FloatArray, sigma: float, rng: np.random.Generator, n: int) -> FloatArray:
    which = rng.integers(len(modes), size=n)
    return np.asarray(modes[which] + rng.normal(scale=sigma, size=(n, 2)), np.float32)


def _shape(config: MixtureConfig) -> FloatArray:
    """Moons or swiss roll, centred and scaled to about [−1, 1]² before `sigma` of noise."""
    from sklearn.datasets import make_moons, make_swiss_roll  # 70 MB, for these two only

    if config.name == "moons":
        x, _ = make_moons(config.n_samples, noise=0.0, random_state=config.seed)
        x = x - [0.5, 0.25]
    else:
        x, _ = make_swiss_roll(config.n_samples, noise=0.0, random_state=config.seed)
        x = x[:, [0, 2]] / 14.0
    rng = np.random.default_rng(config.seed)
    return np.asarray(x + rng.normal(scale=config.sigma, size=x.shape), np.float32)


def samples() -> Samples:
    """The points of the shipped score table, for pages."""
    scored = scored_points(make_mixture(SCORED))
    n = len(scored.points)
    return Samples(
        classes=np.full(n, OUTSIDE),
        ids=sample_ids(scored.points),
        subjects=np.full(n, ""),
        position=np.arange(n),
        take=lambda index: scored.points[index],
    )
