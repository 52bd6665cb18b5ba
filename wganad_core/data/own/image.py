"""One picture of any kind as the values that a detector sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.decoding import decoding
from wganad_core.data.own.picture_size import TEACHING, Facts, PictureSize, coloured

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF87a", b"GIF89a")
TWELVE_BITS = 4095
TURNED = "Colours are turned into grey."

Pixels = NDArray[np.float32]  # (height, width), of colours (height, width, 3), from 0 to 1


def looks_like_image(start: bytes) -> bool:
    """By its first bytes, 14 at least; a table may begin with BM, too, but holds no zero."""
    webp = start.startswith(b"RIFF") and start[8:12] == b"WEBP"
    return webp or start.startswith(MAGIC) or (start.startswith(b"BM") and b"\0" in start[:14])


def read_image(
    data: bytes,
    remarks: set[str],
    spend: Callable[[int], None] = lambda pixels: None,
    size: PictureSize = TEACHING,
) -> Pixels:
    """A PNG, JPEG, BMP, TIFF, WebP or GIF file at this size, in [0, 1], from black to white.

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
        if size.colours == "rgb" and not _deep(upright):
            return scaled(np.asarray(_on_white(upright).convert("RGB")), size)
        return scaled(_grey(upright, remarks), size)


def seen(data: bytes, spend: Callable[[int], None] = lambda pixels: None) -> Facts:
    """How large a picture is, and whether it has colours. Raises as `read_image`."""
    from PIL import Image

    with decoding(data, FORMATS) as file:
        width, height = file.size
        if _deep(file) or file.mode in ("1", "L", "LA"):
            return Facts(width, height, False)
        spend(width * height)
        small = _on_white(file).convert("RGB")
        small.thumbnail((512, 512), Image.Resampling.BOX)  # a spot of colour is still one
        return Facts(width, height, coloured(np.asarray(small)))


def _deep(image: Any) -> bool:
    """Whether it is grey of more than 8 bits."""
    return bool(image.mode.startswith(("I", "F")))


def _on_white(image: Any) -> Any:
    """What is transparent, laid on white; else as it is."""
    from PIL import Image

    if "A" not in image.mode and "transparency" not in image.info:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _grey(image: Any, remarks: set[str]) -> Pixels:
    """Grey values (height, width) in [0, 1]; Pillow would clip 16 bits instead of scaling them."""
    if _deep(image):
        values = np.asarray(image)
        least, most = extremes(values)
        if values.dtype.kind == "i" and least >= 0 and most <= 65535:  # so Pillow keeps 16 bits
            values = values.astype(np.uint16)
        if values.dtype.kind == "u" and 255 < most <= TWELVE_BITS:
            remarks.add(
                "Of 16 bits some pictures use 12 or fewer, as cameras write them; they are read as "
                "they are, and so are dark."
            )
        return in_unit_range(values, least, most)
    if image.mode not in ("1", "L"):
        remarks.add(TURNED)
    image = _on_white(image)
    if image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return np.asarray(image.convert("L"), np.float32) / np.float32(255)


def scaled(values: NDArray[Any], size: PictureSize) -> Pixels:
    """Grey values in [0, 1] or colours, bytes or in [0, 1], at this size; where that shrinks them,
    every pixel is an average."""
    from PIL import Image

    to = (size.side, size.side)
    if values.shape[:2] == to:
        found = values
    elif values.dtype == np.uint8:
        found = np.asarray(Image.fromarray(values).resize(to, Image.Resampling.BILINEAR))
    else:
        planes = values[..., None] if values.ndim == 2 else values
        resized = [
            np.asarray(Image.fromarray(planes[..., at]).resize(to, Image.Resampling.BILINEAR))
            for at in range(planes.shape[2])
        ]
        found = resized[0] if values.ndim == 2 else np.stack(resized, axis=2)
        found = found.clip(0, 1)
    if found.dtype == np.uint8:
        found = found / np.float32(255)
    if found.ndim == 2 and size.colours == "rgb":
        found = np.repeat(found[..., None], 3, axis=2)
    return np.asarray(found, np.float32)


def large(values: NDArray[Any], size: tuple[int, ...]) -> Pixels:
    """A map (h, w) at the size (height, width) of its picture, values between its own."""
    if values.shape == size:
        return np.asarray(values, np.float32)
    from PIL import Image

    height, width = size
    map_ = Image.fromarray(np.asarray(values, np.float32))
    return np.asarray(map_.resize((width, height), Image.Resampling.BILINEAR))


def extremes(values: NDArray[Any]) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def in_unit_range(values: NDArray[Any], least: float, most: float) -> Pixels:
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
