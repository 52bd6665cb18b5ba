"""A picture of a digit, from a file of any kind, made like the images of MNIST.

LeCun et al. (1998) scaled every digit into 20×20 pixels, its proportions kept and its edges
anti-aliased, and moved its centre of mass to the middle of 28×28.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy  # which loads its parts when they are used: they take half a second
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.decoding import decoding
from wganad_core.data.mnist import SIDE

if TYPE_CHECKING:
    from PIL.Image import Image

WORKING_SIDE = 600  # larger pictures are reduced to about this before anything else
INK_SIDE = 20
MIDDLE = 14.0  # the pixel (from 0) where MNIST's centres of mass lie
MIN_CONTRAST = 20.0  # of 255
MIN_STROKE, STROKE = 1.25, 2.0  # of the 20 pixels; MNIST's strokes are 1.3 to 4 wide
FAINTEST, CORE = 0.12, 0.35  # of the stroke's darkness: less is paper, more is surely ink
SPECK = 0.03  # of all ink
MIN_SHEET, MIN_SHEET_CONTRAST = 0.12, 60.0  # of the picture's area; of 255, to what it lies on

Grey = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Picture:
    """`image` (28, 28): white ink on black, as MNIST's. `remarks`: what was done, in words."""

    image: NDArray[np.uint8]
    remarks: tuple[str, ...]


def read_picture(data: bytes, name: str = "The file") -> Picture:
    """A digit from the bytes of a PNG or JPEG file, light on dark or dark on light.

    Raises `DataError` with one sentence for anything else, for a broken or blank picture, and for
    more than 20 MB or 50 million pixels.
    """
    remarks: list[str] = []
    try:
        grey = _grey(data, remarks)
        ink = _ink(_without_desk(grey, remarks), remarks)
        image = _like_mnist(_thick_enough(ink, remarks), remarks)
    except DataError as error:
        raise DataError(f"{name} {error}") from None
    return Picture(image, tuple(remarks))


def like_mnist(ink: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Ink (rows, columns) from 0 to 1, of a drawing say, as MNIST has it: (28, 28)."""
    return _like_mnist(np.asarray(ink, np.float32), [])


# Decoding


def _grey(data: bytes, remarks: list[str]) -> Grey:
    """The picture in shades of grey (rows, columns) from 0 to 255, reduced where it is large."""
    from PIL import ImageOps

    with decoding(data, ("PNG", "JPEG")) as file:
        remarks.append(f"Read {file.width:,} × {file.height:,} pixels.")
        file.draft("L", (2 * WORKING_SIDE, 2 * WORKING_SIDE))  # JPEG's quick way to a small one
        file.load()
        orientation = file.getexif().get(0x0112, 1)
        image = _eight_bits(file)
        if (factor := math.ceil(max(image.size) / WORKING_SIDE)) > 1:
            image = image.reduce(factor)
        if orientation in range(2, 9):
            image = ImageOps.exif_transpose(image)
            remarks.append("Turned upright, as the camera noted.")
        return _flat(np.asarray(image, np.float32), remarks)


def _eight_bits(image: Image) -> Image:
    """In grey and alpha of 8 bits each; Pillow would clip 16 bits instead of scaling them."""
    from PIL import Image as pillow

    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, np.float32) / 257
        return pillow.fromarray(values.clip(0, 255).round().astype(np.uint8)).convert("LA")
    return image.convert("RGBA").convert("LA")


def _flat(grey_alpha: Grey, remarks: list[str]) -> Grey:
    """Transparent parts in the colour of the background. Where all the border is transparent,
    that is white under dark ink and black under light ink."""
    grey, alpha = grey_alpha[..., 0], grey_alpha[..., 1] / 255
    if alpha.min() == 1:
        return grey
    opaque = _border(alpha) > 0.5
    if opaque.mean() > 0.5:
        paper = float(np.median(_border(grey)[opaque]))
    else:
        paper = 255.0 if (grey * alpha).sum() < 127.5 * alpha.sum() else 0.0
    shade = "white" if paper > 191 else "black" if paper < 64 else "grey"
    remarks.append(f"Laid the transparent parts on {shade}.")
    return np.asarray(alpha * grey + (1 - alpha) * paper, np.float32)


def _border(values: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels: a fiftieth of the shorter side, at least one."""
    wide = max(1, min(values.shape) // 50)
    inner = np.zeros(values.shape, bool)
    inner[wide:-wide, wide:-wide] = True
    return values[~inner]


# From grey to ink


def _without_desk(grey: Grey, remarks: list[str]) -> Grey:
    """A bright sheet that lies on something darker, cut out; else the picture as it is. A light
    stroke on black is no sheet: it is narrow, round, or mostly a hole."""
    smooth = scipy.ndimage.uniform_filter(grey, 5)
    low, high = np.quantile(smooth, (0.02, 0.98))
    bright = smooth > (low + high) / 2
    if high - low < MIN_SHEET_CONTRAST or _border(bright).mean() > 0.5:
        return grey
    parts, n = scipy.ndimage.label(bright)
    largest = parts == 1 + int(
        np.argmax(scipy.ndimage.sum_labels(bright, parts, np.arange(1, n + 1)))
    )
    sheet = np.asarray(scipy.ndimage.binary_fill_holes(largest))
    if sheet.mean() < MIN_SHEET or largest.sum() < 0.75 * sheet.sum() or not _wide(sheet):
        return grey
    if _rectangular(sheet) < 0.85:
        remarks.append(
            "Part of it may be paper on something darker, without four edges in sight: if what is "
            "seen is not your digit, cut the picture to the paper."
        )
        return grey
    inside = scipy.ndimage.binary_erosion(sheet, iterations=max(2, min(grey.shape) // 40))
    remarks.append("Found the sheet of paper and cut away what it lies on.")
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    paper = float(np.median(grey[inside]))
    kept = np.where(inside, grey, paper)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.asarray(kept, np.float32)


def _wide(region: NDArray[np.bool_]) -> bool:
    """Whether something as wide as a third of its extent fits into a region."""
    extent = np.sqrt(region.sum())
    return bool(scipy.ndimage.distance_transform_edt(np.pad(region, 1)).max() > extent / 3)


def _rectangular(region: NDArray[np.bool_]) -> float:
    """The share of the smallest upright or tilted rectangle around a region that it fills."""
    edge = np.argwhere(region & ~scipy.ndimage.binary_erosion(region))
    angles = np.linspace(0, np.pi / 2, 18, endpoint=False)
    turns = np.stack([[np.cos(angles), np.sin(angles)], [-np.sin(angles), np.cos(angles)]])
    sides = np.ptp(np.einsum("dca,nc->nda", turns, edge), axis=0) + 1
    return float(region.sum() / sides.prod(axis=0).min())


def _ink(grey: Grey, remarks: list[str]) -> Grey:
    """Ink from 0 (paper) to 1: evenly lit, stretched, without noise and specks."""
    paper = float(np.median(_border(grey)))
    smooth = scipy.ndimage.uniform_filter(grey, 3)
    dark = paper - smooth.min() > smooth.max() - paper
    if dark:
        remarks.append("Inverted it: the ink was darker than the background.")
    ink = -grey if dark else grey
    ink = _evenly_lit(ink, remarks)
    # A quarter of a normal distribution lies within 0.32 σ; most of a small picture may be edges.
    noise = float(np.quantile(np.abs(grey - smooth), 0.25)) / 0.32
    strongest = float(scipy.ndimage.uniform_filter(ink, 3).max())
    if strongest < max(MIN_CONTRAST, 6 * noise):
        raise DataError("shows nothing: expected a digit that stands out from its background.")
    full = float(np.quantile(ink[ink > strongest / 2], 0.9))
    ink = (ink / full).clip(0, 1)
    if full < 200:
        remarks.append(f"Stretched the contrast {255 / full:.1f} times.")
    return _without_noise(ink, max(FAINTEST, 4 * noise / full), remarks)


def _evenly_lit(ink: Grey, remarks: list[str]) -> Grey:
    """Minus what is as wide as half the picture: no stroke is, but shadows are."""
    size = max(3, max(ink.shape) // 2)
    # An opening that takes no notice of what is outside; SciPy's would mirror the picture there.
    ends = float(ink.max()), float(ink.min())
    light = scipy.ndimage.grey_erosion(ink, (size, size), mode="constant", cval=ends[0])
    light = scipy.ndimage.grey_dilation(light, (size, size), mode="constant", cval=ends[1])
    even = ink - light
    even -= np.median(_border(even))
    if np.ptp(light) > 0.1 * max(float(even.max()), 1.0):
        remarks.append("Evened out the lighting.")
    return np.asarray(even.clip(0, None), np.float32)


def _without_noise(ink: Grey, faintest: float, remarks: list[str]) -> Grey:
    """Without specks, and without what is fainter than `faintest` or lies off every stroke."""
    parts, n = scipy.ndimage.label(ink > CORE, np.ones((3, 3)))
    mass = scipy.ndimage.sum_labels(ink, parts, np.arange(1, n + 1))
    specks = mass < SPECK * mass.sum()
    core = (parts > 0) & ~np.isin(parts, 1 + np.flatnonzero(specks))
    if specks.any():
        remarks.append("Removed specks.")
    unit = (np.ptp(np.argwhere(core), axis=0).max() + 1) / INK_SIDE
    near = scipy.ndimage.distance_transform_edt(~core) <= 1.5 * max(1.0, unit)
    return np.where(near & (ink >= min(faintest, CORE)), ink, 0).astype(np.float32)


def _thick_enough(ink: Grey, remarks: list[str]) -> Grey:
    """With a pen's thin stroke widened, which would all but vanish in 20 pixels."""
    solid = ink > 0.5
    top, left = np.ptp(np.argwhere(solid), axis=0) + 1
    unit = max(top, left) / INK_SIDE
    # The mean distance to the edge across a band is a quarter of its width.
    width = 4 * float(scipy.ndimage.distance_transform_edt(solid)[solid].mean()) / unit
    if width >= MIN_STROKE or unit < 1:
        return ink
    grow = (STROKE - width) / 2 * unit
    wide = np.pad(ink, math.ceil(grow) + 1)
    outside = scipy.ndimage.distance_transform_edt(
        np.pad(~solid, math.ceil(grow) + 1, constant_values=True)
    )
    remarks.append(f"Widened the stroke from {width:.1f} to {STROKE:g} of 20 pixels.")
    return np.asarray(np.maximum(wide, (grow + 1 - outside).clip(0, 1)), np.float32)


# From ink to MNIST


def _like_mnist(ink: Grey, remarks: list[str]) -> NDArray[np.uint8]:
    """Cropped, scaled so that its longer side is 20, centred by its mass in 28×28."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    crop = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = _scaled(crop)
    remarks.append(
        f"Cropped it to the ink and scaled its longer side from {max(crop.shape)} to {INK_SIDE} "
        "pixels."
    )
    image = np.zeros((SIDE, SIDE), np.float32)
    at = [_start(small.sum(axis=1 - axis)) for axis in (0, 1)]
    image[at[0] : at[0] + small.shape[0], at[1] : at[1] + small.shape[1]] = small
    remarks.append(f"Moved its centre of mass to the middle of {SIDE} × {SIDE} pixels.")
    return (255 * image).round().astype(np.uint8)


def _scaled(crop: Grey) -> Grey:
    from PIL import Image

    factor = INK_SIDE / max(crop.shape)
    height, width = (max(1, round(factor * side)) for side in crop.shape)
    # A pixel's share of ink, as in NIST's; when little is gained, boxes would be uneven.
    kind = Image.Resampling.BOX if factor <= 1 / 3 else Image.Resampling.BICUBIC
    small = np.asarray(Image.fromarray(crop).resize((width, height), kind))
    return np.asarray(small.clip(0, 1), np.float32)


def _start(mass: Grey) -> int:
    """Where a profile of ink begins for its centre to fall in the middle, the whole of it kept."""
    centre = float((mass * np.arange(len(mass))).sum() / mass.sum())
    return int(np.clip(round(MIDDLE - centre), 0, SIDE - len(mass)))
