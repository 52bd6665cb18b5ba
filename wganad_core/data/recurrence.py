"""Recurrence images of signals: every time against every other (eq. 24).

Eckmann, Kamphorst and Ruelle (1987) mark the pairs of times whose states are close. The paper
keeps the distances themselves, R[i, j] = |s_i − s_j|, for one signal at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray

AT_ONCE = 1 << 19  # distances that `images` holds at a time; two megabytes fit into a cache


def distance_matrix(x: NDArray[Any]) -> FloatArray:
    """|x_i − x_j| for signals x (…, L): (…, L, L) float32 in the unit of x, eq. 24.

    Raises `ValueError` unless x has at least one dimension and finite numbers in float32.
    """
    x = _finite(x, 1)
    distances = x[..., :, None] - x[..., None, :]
    np.abs(distances, out=distances)
    return distances


def joint_distance_matrix(x: NDArray[Any]) -> FloatArray:
    """‖x_i − x_j‖₂ over the c channels of x (…, c, L): (…, L, L) float32.

    The channels should share a unit. Raises `ValueError` unless x has at least two dimensions and
    finite numbers in float32.
    """
    x = _finite(x, 2)
    total = np.zeros((*x.shape[:-2], x.shape[-1], x.shape[-1]), np.float32)
    for channel in range(x.shape[-2]):
        difference = x[..., channel, :, None] - x[..., channel, None, :]
        difference *= difference
        total += difference
    np.sqrt(total, out=total)
    return total


def recurrence_plot(distances: NDArray[Any], threshold: float) -> NDArray[np.bool_]:
    """Where two times are at most `threshold` apart: the classical recurrence plot."""
    if not threshold >= 0:
        raise ValueError(f"The threshold of a recurrence plot is at least 0; found {threshold}.")
    return np.asarray(distances <= threshold, np.bool_)


def block_average(image: NDArray[Any], size: int) -> FloatArray:
    """The means over square blocks of images (…, m, m): (…, size, size) float32.

    Raises `ValueError` unless the images are square and m is a multiple of size.
    """
    if image.ndim < 2 or image.shape[-1] != image.shape[-2]:
        raise ValueError(f"Expected square images (…, m, m); found the shape {image.shape}.")
    side = _block(image.shape[-1], size)
    # Sums of strided rows, then columns: several times as fast as a mean over two short axes.
    rows = image[..., ::side, :].astype(np.float32)
    for k in range(1, side):
        rows += image[..., k::side, :]
    blocks = rows[..., ::side].copy()
    for k in range(1, side):
        blocks += rows[..., k::side]
    blocks /= side * side
    return blocks


def images(signals: NDArray[Any], size: int) -> FloatArray:
    """Recurrence images of windows (n, c, L): (n, c, size, size) float32, one per channel.

    These are `block_average(distance_matrix(signals), size)`, made for a few windows at a time, so
    that little more than the result is ever in memory. Raises `ValueError` for other shapes, for
    an L that is no multiple of size, and for numbers that are not finite.
    """
    signals = _finite(signals, 3)
    if signals.ndim != 3:
        raise ValueError(f"Expected windows (n, c, L); found the shape {signals.shape}.")
    n, channels, length = signals.shape
    _block(length, size)
    found = np.empty((n, channels, size, size), np.float32)
    step = max(1, AT_ONCE // max(1, channels * length * length))
    for i in range(0, n, step):
        found[i : i + step] = block_average(distance_matrix(signals[i : i + step]), size)
    return found


def _finite(x: NDArray[Any], dimensions: int) -> FloatArray:
    if x.ndim < dimensions:
        raise ValueError(
            f"Expected at least {dimensions} dimensions, time last; found the shape {x.shape}."
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
        x = np.asarray(x, np.float32)
    if not np.isfinite(x).all():
        raise ValueError("Expected finite numbers in float32; found NaN, infinite or larger ones.")
    return x


def _block(length: int, size: int) -> int:
    """How many of `length` steps fall into each of `size` blocks."""
    if size < 1 or length < size or length % size:
        raise ValueError(f"Expected a size that divides the {length} steps; found {size}.")
    return length // size
