"""Arrays of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.decoding import MAX_PIXELS, too_many
from wganad_core.data.own.image import TURNED, Pixels, extremes, in_unit_range, scaled
from wganad_core.data.own.npy_rows import OwnArray
from wganad_core.data.own.picture_size import COLOURED, Facts, PictureSize, proposed

TO_GREY = np.array([0.299, 0.587, 0.114])  # as Pillow weighs red, green and blue


class ArrayImages:
    """Pictures in a NumPy file: (n, height, width), or with 1, 3 or 4 colours as the last axis."""

    def __init__(self, array: OwnArray) -> None:
        shape = array.shape
        if not (len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3, 4))):
            raise DataError(
                f"Expected an array (rows, columns), or images (n, height, width) or (n, height, "
                f"width, 3); found the shape {shape}."
            )
        if shape[1] * shape[2] > MAX_PIXELS:
            raise DataError(f"Each image {too_many(f'{shape[2]:,} × {shape[1]:,}')}")
        self._array = array
        self.n = shape[0]
        self.names: tuple[str, ...] | None = None
        self.label: NDArray[np.int64] | None = None
        self.class_: NDArray[np.object_] | None = None
        self.kept: NDArray[np.bool_] | None = None
        self.masks: tuple[str, ...] = ()
        self.remarks: set[str] = set()
        self._coloured = False
        # What white is depends on all of them: 1.0 is white among floats up to 1 alone.
        self._range = float("inf"), -float("inf")
        for rows in array.rows():
            real = rows[np.isfinite(rows)] if rows.dtype.kind == "f" else rows
            if real.size:
                least, most = extremes(real)
                self._range = min(least, self._range[0]), max(most, self._range[1])
            self._coloured = self._coloured or _has_colours(rows)

    def proposed(self) -> tuple[PictureSize, str]:
        """As `picture_size.proposed`."""
        height, width = self._array.shape[1:3]
        return proposed([Facts(width, height, self._coloured)] * self.n, self.n)

    def images(self, size: PictureSize) -> Iterator[Pixels]:
        """Each at this size; NaN throughout where a value was missing."""
        for rows in self._array.rows():
            for image in rows:
                try:
                    values = in_unit_range(image, *self._range)
                except DataError as error:
                    raise DataError(f"The array {error}") from None
                if np.isfinite(values).all():
                    yield scaled(self._as_seen(values, size), size)
                else:
                    yield np.full(size.shape, np.nan, np.float32)

    def _as_seen(self, values: Pixels, size: PictureSize) -> Pixels:
        """One grey or three colours."""
        if values.ndim == 2:
            return values
        if values.shape[2] == 1:
            return values[..., 0]
        if size.colours == "rgb":
            return values[..., :3]
        self.remarks.add(TURNED)
        return np.asarray(values[..., :3] @ TO_GREY, np.float32)


def _has_colours(rows: NDArray[Any]) -> bool:
    """Whether a picture (n, height, width, …) has a pixel that is no grey."""
    if rows.ndim < 4 or rows.shape[3] < 3:
        return False
    apart = np.ptp(rows[..., :3], axis=3).astype(np.float64)
    most = float(np.nanmax(rows, initial=0))
    return bool((apart * 255 > COLOURED * most).any())
