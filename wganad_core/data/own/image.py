"""One picture of any kind as 28×28 grey values, and arrays of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.decoding import MAX_PIXELS, decoding, too_many
from wganad_core.data.mnist import SIDE
from wganad_core.data.own.npy_rows import OwnArray

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a")
TWELVE_BITS = 4095
SCALED = "Scaled to"  # so begins the remark on pictures of another size
TO_GREY = np.array([0.299, 0.587, 0.114])  # as Pillow weighs red, green and blue

Grey = NDArray[np.float32]


def looks_like_image(start: bytes) -> bool:
    """By its first bytes, 14 at least; a table may begin with BM, too, but holds no zero."""
    webp = start.startswith(b"RIFF") and start[8:12] == b"WEBP"
    return webp or start.startswith(MAGIC) or (start.startswith(b"BM") and b"\0" in start[:14])


def read_image(
    data: bytes, remarks: set[str], spend: Callable[[int], None] = lambda pixels: None
) -> Grey:
    """A PNG, JPEG, BMP, TIFF, WebP or GIF file as (28, 28) in [0, 1], from black to white.

    Nothing is cropped, centred or inverted; proportions are not kept. 8 and 16 bits, grey, colour
    and palettes will do; what is transparent is laid on white. Raises `DataError` with half a
    sentence that goes on after the picture's name. `spend` is told its pixels before it is decoded.
    """
    from PIL import ImageOps

    with decoding(data, FORMATS) as file:
        if getattr(file, "n_frames", 1) > 1:
            remarks.add("Of pictures with several frames, the first is read.")
        spend(file.width * file.height)
        file.load()
        upright = ImageOps.exif_transpose(file) if file.getexif().get(0x0112, 1) != 1 else file
        return small(_grey(upright, remarks), remarks)


def _grey(image: Any, remarks: set[str]) -> Grey:
    """Grey values (height, width) in [0, 1]; Pillow would clip 16 bits instead of scaling them."""
    from PIL import Image as pillow

    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        least, most = _extremes(values)
        if values.dtype.kind == "i" and least >= 0 and most <= 65535:  # so Pillow keeps 16 bits
            values = values.astype(np.uint16)
        if values.dtype.kind == "u" and 255 < most <= TWELVE_BITS:
            remarks.add(
                "Of 16 bits some pictures use 12 or fewer, as cameras write them; they are read as "
                "they are, and so are dark."
            )
        return in_unit_range(values, least, most)
    if image.mode not in ("1", "L"):
        remarks.add("Colours are turned into grey.")
    if "A" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        image = pillow.alpha_composite(pillow.new("RGBA", image.size, "white"), image)
        image = image.convert("RGB")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return np.asarray(image.convert("L"), np.float32) / np.float32(255)


def small(grey: Grey, remarks: set[str]) -> Grey:
    """Scaled to 28×28; where it shrinks, every pixel is an average."""
    if grey.shape == (SIDE, SIDE):
        return grey
    from PIL import Image

    remarks.add(f"{SCALED} {SIDE} × {SIDE} pixels, whatever the proportions.")
    scaled = Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(scaled, np.float32).clip(0, 1)


def large(values: NDArray[Any], size: tuple[int, ...]) -> Grey:
    """A map (h, w) at the size (height, width) of its picture, values between its own."""
    if values.shape == size:
        return np.asarray(values, np.float32)
    from PIL import Image

    height, width = size
    map_ = Image.fromarray(np.asarray(values, np.float32))
    return np.asarray(map_.resize((width, height), Image.Resampling.BILINEAR))


def _extremes(values: NDArray[Any]) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def in_unit_range(values: NDArray[Any], least: float, most: float) -> Grey:
    """Grey values in [0, 1]; white is 1, 255 or 65,535 by their kind and the largest there is."""
    whole = values.dtype.kind in "iub"
    if values.dtype.kind == "b" or (not whole and most <= 1):
        white = 1.0
    elif values.dtype == np.uint8 or (most <= 255 and values.dtype != np.uint16):
        white = 255.0
    else:
        white = 65535.0
    if not (least >= 0 and most <= white and (whole or white < 65535)):
        raise DataError(
            f"holds grey values from {least:g} to {most:g}; expected 0 to 1 (of floats), 0 to 255 "
            "(8 bits) or 0 to 65,535 (16 bits)."
        )
    return np.asarray(values, np.float32) / np.float32(white)


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
        # What white is depends on all of them: 1.0 is white among floats up to 1 alone.
        self._range = float("inf"), -float("inf")
        for rows in array.rows():
            real = rows[np.isfinite(rows)] if rows.dtype.kind == "f" else rows
            if real.size:
                least, most = _extremes(real)
                self._range = min(least, self._range[0]), max(most, self._range[1])

    def images(self) -> Iterator[Grey]:
        """Each (28, 28); NaN throughout where a value was missing."""
        for rows in self._array.rows():
            for image in rows:
                try:
                    grey = in_unit_range(image, *self._range)
                except DataError as error:
                    raise DataError(f"The array {error}") from None
                yield small(self._one_colour(grey), self.remarks)

    def _one_colour(self, grey: Grey) -> Grey:
        if not np.isfinite(grey).all():
            return np.full((SIDE, SIDE), np.nan, np.float32)
        if grey.ndim == 2:
            return grey
        if grey.shape[2] == 1:
            return grey[..., 0]
        self.remarks.add("Colours are turned into grey.")
        return np.asarray(grey[..., :3] @ TO_GREY, np.float32)
