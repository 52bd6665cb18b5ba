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


MATRIX = 1_024  # fewer numbers than these are kept in half precision


def in_bytes(values: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Numbers (n, …) with a byte each, and what a step is in each of the n rows (n,)."""
    flat = np.asarray(values, np.float32).reshape(len(values), -1)
    steps = (np.maximum(np.abs(flat).max(axis=1), 1e-9) / LEVELS).astype(np.float32)
    return np.rint(flat / steps[:, None]).astype(np.int8).reshape(values.shape), steps


def from_bytes(numbers: NDArray[np.int8], steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Undo `in_bytes`."""
    return numbers * steps.reshape(-1, *[1] * (numbers.ndim - 1))
