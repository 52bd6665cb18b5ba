"""Rows in standardised units and back."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray

Rows = NDArray[np.float64]
LIMIT = 1e6  # standardised values stay within ±LIMIT, so that no score overflows


@dataclasses.dataclass(frozen=True)
class Scaler:
    """(x − location)/scale per feature; both (d,)."""

    location: Rows
    scale: Rows

    @classmethod
    def fitted(cls, x: Rows, scaling: str, groups: int = 1) -> Scaler:
        """For rows (n, d): mean and standard deviation, median and interquartile range over 1.349
        (what it is for a Gaussian), or nothing. A constant feature keeps its unit. With `groups`,
        features i, i + groups, … are one channel and share theirs."""
        d = x.shape[1]
        if scaling == "none":
            return cls(np.zeros(d), np.ones(d))
        values = x.reshape(-1, groups) if groups > 1 else x
        with np.errstate(over="ignore", invalid="ignore"):
            if scaling == "robust":
                low, location, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
                spread = (high - low) / 1.349
                # More than half of the values are equal: the standard deviation is what is left.
                spread = np.where(spread > 0, spread, values.std(axis=0))
            else:
                location, spread = values.mean(axis=0), values.std(axis=0)
        if not (np.isfinite(location).all() and np.isfinite(spread).all()):
            raise ValueError("Expected values below about 1e150; found larger ones. Rescale X.")
        tiny = 10 * np.finfo(np.float64).eps * np.abs(location)
        scale = np.where(spread > tiny, spread, 1.0)
        if groups > 1:
            location, scale = np.tile(location, d // groups), np.tile(scale, d // groups)
        return cls(location, scale)

    def __call__(self, x: Rows) -> FloatArray:
        z = (x - self.location) / self.scale
        return np.clip(z, -LIMIT, LIMIT).astype(np.float32)

    def back(self, z: NDArray[np.floating]) -> Rows:
        return np.asarray(z, np.float64) * self.scale + self.location
