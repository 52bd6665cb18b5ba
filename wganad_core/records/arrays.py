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


def grid_steps(points: NDArray[np.floating], bits: int) -> NDArray[np.float32]:
    """How far the stored values of each coordinate (n, d) lie apart (d,), if it has so many bits
    and they reach to the largest on either side."""
    largest = np.maximum(np.abs(points).max(axis=0), 1e-9)
    return np.asarray(largest / (2 ** (bits - 1) - 1), np.float32)


def on_grid(points: NDArray[np.floating], bits: int = 8) -> NDArray[np.float32]:
    """Coordinates (n, d) rounded to what so many bits each can say in a file."""
    steps = grid_steps(points, bits)
    return np.asarray(np.rint(points / steps) * steps, np.float32)


def in_nibbles(numbers: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Whole numbers (n, d) of −8 to 7, two to a byte: (n, ⌈d/2⌉)."""
    low_high = (np.pad(numbers, ((0, 0), (0, numbers.shape[1] % 2))) & 15).astype(np.uint8)
    return np.asarray(low_high[:, ::2] | low_high[:, 1::2] << 4, np.uint8)


def from_nibbles(numbers: NDArray[np.uint8], d: int) -> NDArray[np.int8]:
    """Undo `in_nibbles` of numbers (n, d)."""
    low_high = np.stack([numbers & 15, numbers >> 4], axis=2).reshape(len(numbers), -1)[:, :d]
    return ((low_high ^ 8).astype(np.int8) - 8).astype(np.int8)


MATRIX = 1_024  # fewer numbers than these are kept in half precision


def in_bytes(values: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Numbers (n, …) with a byte each, and what a step is in each of the n rows (n,)."""
    flat = np.asarray(values, np.float32).reshape(len(values), -1)
    steps = (np.maximum(np.abs(flat).max(axis=1), 1e-9) / LEVELS).astype(np.float32)
    return np.rint(flat / steps[:, None]).astype(np.int8).reshape(values.shape), steps


def from_bytes(numbers: NDArray[np.int8], steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Undo `in_bytes`."""
    return numbers * steps.reshape(-1, *[1] * (numbers.ndim - 1))
