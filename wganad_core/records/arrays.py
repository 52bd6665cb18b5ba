"""Arrays, and fewer bits of them for files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def half(values: NDArray[Any]) -> NDArray[np.float16]:
    """In half precision; what is too large for it (a diverging critic) becomes its largest."""
    limit = np.finfo(np.float16).max
    return np.asarray(values.clip(-limit, limit), np.float16)  # also of a single number


LEVELS = 127


def on_grid(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Coordinates rounded to what a stored byte each can say: ±127 steps to the largest."""
    step = np.float32(max(np.abs(points).max(), 1e-9) / LEVELS)
    return np.asarray(np.rint(points / step) * step, np.float32)
