"""How an error falls with the number of samples: a log-log slope, with its interval."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True)
class Rate:
    """error ≈ exp(offset) · n^slope; 95% of resampled repetitions gave slopes in [low, high]."""

    slope: float
    low: float
    high: float
    offset: float

    @property
    def words(self) -> str:
        """ "−0.50 (−0.51 to −0.49)"."""
        said = f"{self.slope:.2f} ({self.low:.2f} to {self.high:.2f})"
        return said.replace("-", "−")

    def at(self, n: NDArray[np.floating]) -> NDArray[np.float64]:
        """The fitted error at n (k,)."""
        return np.asarray(np.exp(self.offset) * n**self.slope)


def fall(
    n: NDArray[np.floating], errors: NDArray[np.floating], draws: int = 2_000, seed: int = 0
) -> Rate:
    """The least-squares line through log mean errors over log n, and an interval of its slope by
    drawing repetitions anew at every n.

    Parameters
    ----------
    n : (k,) sample sizes, at least two different ones
    errors : (k, r) errors above 0, r repetitions at every size
    draws, seed : of the bootstrap

    Examples
    --------
    >>> from wganad_core.theory.rates import fall
    >>> n = np.array([100.0, 1000.0, 10000.0])
    >>> round(fall(n, np.tile(3 / np.sqrt(n), (5, 1)).T).slope, 6)
    -0.5
    """
    k, r = errors.shape
    picked = np.random.default_rng(seed).integers(r, size=(draws, k, r))
    means = errors[np.arange(k)[None, :, None], picked].mean(axis=2)
    across = np.log(n) - np.log(n).mean()
    slopes = np.log(means) @ across / (across @ across)
    logs = np.log(errors.mean(axis=1))
    slope = float(logs @ across / (across @ across))
    low, high = np.quantile(slopes, (0.025, 0.975))
    return Rate(slope, float(low), float(high), float(logs.mean() - slope * np.log(n).mean()))
