"""Whether maps of pictures are high where their masks are: pixel AUROC, and the overlap per region
(PRO; Bergmann et al., 2021) as the evaluation of MVTec AD has it."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

LIMIT = 0.3  # false-positive rate up to which PRO is integrated
LEVELS = 20_000  # thresholds that are tried, at most
TOUCHING = np.ones((3, 3), np.int64)  # pixels that touch at a corner are one region

Map = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class PixelReport:
    """`auroc`: of all pixels; `pro`: the area under the mean overlap of the defective regions with
    what is flagged, over the false-positive rate of pixels up to 0.3, divided by 0.3. What counts:
    `n_pictures`, of which `n_regions` connected regions of defects, `share` of all pixels."""

    auroc: float
    pro: float
    n_pictures: int
    n_regions: int
    share: float


class PixelCounts:
    """Counts pictures one by one, in the memory of one.

    Parameters
    ----------
    levels : (k,): the values of maps between which thresholds are tried; of more than 20,000 their
        quantiles. Where they are all values that maps have, figures are exact.

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.evaluation.pixels import PixelCounts
    >>> values, mask = np.array([[0.0, 1], [2, 3]]), np.array([[False, False], [False, True]])
    >>> counts = PixelCounts(values)
    >>> counts.add(values, mask)
    >>> counts.report().auroc, counts.report().pro
    (1.0, 1.0)
    """

    def __init__(self, levels: ArrayLike) -> None:
        found = np.unique(levels)
        if len(found) > LEVELS:
            found = np.unique(np.quantile(found, np.linspace(0, 1, LEVELS)))
        self._levels = found
        # Of normal pixels, of defective ones, and of these by the share of their region: how many
        # have so many levels up to their value.
        self._counts = np.zeros((3, len(found) + 1))
        self._n_pictures = self._n_regions = 0

    def add(self, values: Map, mask: Mask) -> None:
        """A picture's map (h, w), higher = more anomalous, and where it is defective (h, w).
        Raises `ValueError` for sizes that differ."""
        if values.shape != mask.shape:
            raise ValueError(f"Expected a mask of {values.shape}; found {mask.shape}.")
        above = np.searchsorted(self._levels, values, side="right")
        regions, n = ndimage.label(mask, TOUCHING)
        size = np.bincount(regions.ravel())
        k = len(self._levels) + 1
        self._counts[0] += np.bincount(above[~mask], minlength=k)
        self._counts[1] += np.bincount(above[mask], minlength=k)
        self._counts[2] += np.bincount(above[mask], 1 / size[regions[mask]], minlength=k)
        self._n_pictures += 1
        self._n_regions += n

    def report(self) -> PixelReport:
        """Raises `ValueError` where no pixel is defective, or every one."""
        normal, odd, _ = self._counts.sum(axis=1)
        if not normal or not odd:
            raise ValueError("Expected some defective pixels and some others.")
        # The share of each that is flagged, from the highest threshold to the lowest.
        flagged = np.cumsum(self._counts[:, ::-1], axis=1)
        false, found, overlap = np.insert(flagged, 0, 0, axis=1) / [
            [normal],
            [odd],
            [self._n_regions],
        ]
        return PixelReport(
            float(np.trapezoid(found, false)),
            _area_up_to(LIMIT, false, overlap) / LIMIT,
            self._n_pictures,
            self._n_regions,
            float(odd / (normal + odd)),
        )


def _area_up_to(limit: float, x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Under the line through points of rising x, cut at the limit."""
    below = x < limit
    end = np.interp(limit, x, y)
    return float(np.trapezoid(np.append(y[below], end), np.append(x[below], limit)))
