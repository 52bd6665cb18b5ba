"""Lines as short as a screen allows, and other small parts of the threshold cockpit's figure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Trace = dict[str, Any]

PIXEL = 0.6  # how far a drawn line may be from the true one


def simplified(point: Array, pixel: float = PIXEL) -> NDArray[np.intp]:
    """Numbers of those of the points (n, d), in pixels, whose straight connections pass all others
    at no more than `pixel`, as Douglas and Peucker's rule chooses them."""
    kept = np.unique([0, len(point) - 1])
    while len(kept) > 1:
        piece = np.clip(kept.searchsorted(np.arange(len(point)), "right") - 1, 0, len(kept) - 2)
        start = point[kept[piece]]
        along = point[kept[piece + 1]] - start
        length = np.maximum((along**2).sum(1), 1e-300)
        part = np.clip(((point - start) * along).sum(1) / length, 0, 1)
        off = np.sqrt(((point - start - part[:, None] * along) ** 2).sum(1))
        furthest = np.maximum.reduceat(off, kept[:-1])
        wanted = np.flatnonzero((off > pixel) & (off == furthest[piece]))
        if not len(wanted):
            break
        kept = np.union1d(kept, wanted[np.unique(piece[wanted], return_index=True)[1]])
    return kept


def as_seen(
    x: ArrayLike, y: ArrayLike, size: tuple[float, float] = (540, 230)
) -> tuple[Array, Array]:
    """A line through all the points, without those that a screen would not show; `size`: pixels
    of a unit of x and of y."""
    point = np.column_stack([x, y])
    kept = simplified(point * size)
    return point[kept, 0], point[kept, 1]


def short(values: ArrayLike) -> NDArray[Any]:
    """In single precision, which halves what travels, unless the values need more: scores about
    a million that differ in the third decimal."""
    exact = np.asarray(values, np.float64)
    spread = np.ptp(exact) if len(exact) else 0.0
    coarse = np.abs(exact).max(initial=0.0) * np.finfo(np.float32).eps
    return exact if coarse > spread / 4000 else exact.astype(np.float32)


def stroke(colour: str, width: float, shape: str = "linear", dash: str = "solid") -> Trace:
    line: Trace = {"color": colour, "width": width}
    extra = {"shape": shape, "dash": dash}
    return line | {k: v for k, v in extra.items() if v not in ("linear", "solid")}


def on(xaxis: str, yaxis: str, x: NDArray[Any], y: NDArray[Any]) -> Trace:
    return {
        "mode": "lines",
        "xaxis": xaxis,
        "yaxis": yaxis,
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
    }
