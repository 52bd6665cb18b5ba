"""Rows in standardised units and back."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray

Rows = NDArray[np.float64]
LIMIT = 1e6  # standardised values stay within ±LIMIT, so that no score overflows
ROUNDING = float(np.finfo(np.float32).eps)  # relative; what a copy in float32 may change
WHOLE = 2.0**24  # numbers beyond, such as times in seconds since 1970, nobody keeps in float32
STEP = 1e-4  # of a constant, relative; so much counts as one standard deviation
OF_ZERO = 1e-3  # the same of a constant 0, which has no size of its own


@dataclasses.dataclass(frozen=True)
class Scaler:
    """(x − location)/scale per feature; both (d,).

    What is no further from `location` than `tolerance` (d,) is there: a feature that is constant
    but for the rounding of single precision has no spread, yet what moves it is odd. () is none.
    """

    location: Rows
    scale: Rows
    tolerance: Rows = dataclasses.field(default_factory=lambda: np.zeros(0))

    @classmethod
    def fitted(cls, x: Rows, scaling: str, groups: int = 1) -> Scaler:
        """For rows (n, d): mean and standard deviation, median and interquartile range over 1.349
        (what it is for a Gaussian), or nothing. A constant feature is measured in
        ten-thousandths of itself. With `groups`, features i, i + groups, … are one channel and
        share theirs."""
        d = x.shape[1]
        if scaling == "none":
            return cls(np.zeros(d), np.ones(d))
        values = x.reshape(-1, groups) if groups > 1 else x
        with np.errstate(over="ignore", invalid="ignore"):
            if scaling == "robust":
                low, location, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
                spread = (high - low) / 1.349
                # More than half of the values are equal: the standard deviation is what is left.
                spread = np.where(spread > _finest(location), spread, values.std(axis=0))
            else:
                location, spread = values.mean(axis=0), values.std(axis=0)
        if not (np.isfinite(location).all() and np.isfinite(spread).all()):
            raise ValueError("Expected values below about 1e150; found larger ones. Rescale X.")
        size = np.abs(location)
        constant = (spread <= _finest(location)) | (np.ptp(values, axis=0) == 0)
        location = np.where(constant, np.median(values, axis=0), location)
        unit = np.where(size > 0, STEP * size, OF_ZERO)
        scale = np.where(constant, unit, spread)
        tolerance = np.where(constant, 4 * ROUNDING * size, 0.0)
        if groups > 1:
            location, scale, tolerance = (
                np.tile(each, d // groups) for each in (location, scale, tolerance)
            )
        return cls(location, scale, tolerance)

    def __call__(self, x: Rows) -> FloatArray:
        if x.dtype == np.float32 and not self.location.any() and (self.scale == 1).all():
            return np.clip(x, -LIMIT, LIMIT)  # large pictures, which need no second copy
        z = (x - self.location) / self.scale
        if len(self.tolerance):
            z = np.where(np.abs(x - self.location) <= self.tolerance, 0.0, z)
        return np.clip(z, -LIMIT, LIMIT).astype(np.float32)

    def back(self, z: NDArray[np.floating]) -> Rows:
        return np.asarray(z, np.float64) * self.scale + self.location


def _finest(location: Rows) -> Rows:
    """The spread (d,) up to which a feature counts as constant: what a copy in single precision may
    change. That of large numbers is meant, unless it comes of the sum's own rounding."""
    size = np.abs(location)
    share = np.where(size < WHOLE, 2 * ROUNDING, 10 * np.finfo(np.float64).eps)
    return np.asarray(share * size)
