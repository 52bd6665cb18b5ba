"""Small pictures of samples for a gallery, as text to put into a page: data URIs and SVG.

Lines are grey enough to show on light and on dark pages.
"""

from __future__ import annotations

import base64
import html
import io
import urllib.parse
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wganad_core.figures.images import PALETTES, SIDE
from wganad_core.figures.windows import signals as windows
from wganad_core.records import Box
from wganad_core.use_cases.case import Shape

Points = NDArray[np.floating]

GREYS = 16  # shades of a thumbnail
INK = np.frombuffer(PALETTES[False], np.uint8).reshape(256, 3)[:: 255 // (GREYS - 1)]
SPOT, LINE = (213, 94, 0), (0, 60, 110)  # orange and a dark blue
PIECES = 31  # of a window's line
STEP, HEIGHT = 3, 34  # pixels: of each piece to the right, of a window
REACH = (-1.0, 1.5)  # g that are shown; gravity along an axis is 1
PLANE = 180  # pixels
GREY = "#808C9B"


def uri(svg: str) -> str:
    """An SVG as a data URI, hardly longer: pages remove SVG that stands in their HTML."""
    return "data:image/svg+xml," + urllib.parse.quote(svg.replace('"', "'"), safe=" /:=.,'()-")


def sample(shape: Shape, x: Points) -> str:
    """A sample of a use case, an image or a window, as a data URI."""
    return digit(x) if shape == "image" else uri(window(x[6:]))


def digit(image: Points, light: bool = False) -> str:
    """An image (784,) in [0, 1] as a data URI of 28 × 28 pixels in 16 shades of ink or, as of a
    photograph, of `light`."""
    share = np.nan_to_num(np.asarray(image, np.float64)).clip(0, 1).reshape(SIDE, SIDE)
    share = 1 - share if light else share
    picture = Image.fromarray(INK[np.rint(share * (GREYS - 1)).astype(int)])
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=True, method=2, quality=50)  # two thirds of a PNG
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def seen(image: Points, shape: tuple[int, ...], light: bool = False) -> str:
    """An image (d,) in [0, 1] of this shape, (height, width) or (height, width, 3), as a data URI;
    of 28 × 28 in grey as `digit`."""
    if shape == (SIDE, SIDE):
        return digit(image, light)
    values = np.nan_to_num(np.asarray(image, np.float32)).clip(0, 1).reshape(shape)
    return photograph(np.rint(255 * values).astype(np.uint8))


def photograph(rgb: NDArray[np.uint8]) -> str:
    """A picture (height, width), grey, or (height, width, 3) as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "WEBP", quality=85, method=2)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def spotted(
    rgb: NDArray[np.uint8], spots: Points, outlined: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """A picture (height, width, 3), greyed, with an orange veil as thick as its `spots` (height,
    width), from 0 to 1, and a line around what is `outlined` (height, width)."""
    from scipy import ndimage  # not before: galleries do without

    grey = np.repeat(rgb.mean(axis=2, keepdims=True) * 0.6 + 80, 3, axis=2)
    veil = np.clip(spots, 0, 1)[..., None]
    found = grey * (1 - veil) + veil * SPOT
    width = max(1, round(max(rgb.shape) / 250))
    line = ndimage.binary_dilation(outlined, iterations=width) & ~outlined
    found[line] = LINE
    return found.clip(0, 255).astype(np.uint8)


def window(total: Points) -> str:
    """Total acceleration (3, n) in g over a window, as an SVG of three lines.

    All windows share one scale, so that they can be compared; what leaves it runs along the edge.
    """
    if total.ndim != 2 or len(total) != len(windows.AXES) or total.shape[1] <= PIECES:
        raise ValueError(f"Expected a window of shape (3, 32 or more); found {total.shape}.")
    at = np.linspace(0, total.shape[1], PIECES + 2).astype(int)
    low, high = REACH
    means = np.add.reduceat(total.astype(np.float64), at[:-1], axis=1) / np.diff(at)
    share = (np.nan_to_num(means).clip(low, high) - low) / (high - low)
    rows = np.rint(HEIGHT - 1 - share * (HEIGHT - 2)).astype(int)
    lines = "".join(
        f'<path stroke="{colour}" d="M0 {row[0]}l{_steps(row)}"/>'
        for row, colour in zip(rows, windows.AXES.values(), strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{PIECES * STEP}" height="{HEIGHT}" '
        f'fill="none">{lines}</svg>'
    )


def _steps(row: NDArray[np.int64]) -> str:
    """Relative steps, without spaces where a sign separates."""
    return " ".join(f"{STEP} {step}" for step in np.diff(row).tolist()).replace(" -", "-")


def plane(box: Box, modes: Points, radius: float, groups: Mapping[str, tuple[Points, str]]) -> str:
    """The plane of a mixture as an SVG: circles of `radius` around the modes (k, 2) and, by name,
    groups of points (n, 2) with their colour. Points outside the box are drawn at its edge."""
    left, right, bottom, top = box
    scale = PLANE / np.array([right - left, top - bottom])

    def place(points: Points) -> list[list[int]]:
        away = np.asarray(points, np.float64).reshape(-1, 2) - [left, bottom]
        pixels = np.rint(np.nan_to_num(away) * scale).clip(3, PLANE - 3).astype(int)
        pixels[:, 1] = PLANE - pixels[:, 1]
        return [[int(x), int(y)] for x, y in pixels]

    size = max(1, round(radius * float(scale[0])))
    rings = "".join(f'<circle cx="{x}" cy="{y}" r="{size}"/>' for x, y in place(modes))
    # Dots are lines of no length with round ends, a third as long to write as circles.
    dots = "".join(
        f'<path stroke="{html.escape(colour)}" d="'
        + "".join(f"M{x} {y}h0" for x, y in place(points))
        + f'"><title>{html.escape(name)}</title></path>'
        for name, (points, colour) in groups.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PLANE} {PLANE}" width="{PLANE}" '
        f'height="{PLANE}" fill="none"><g stroke="{GREY}" opacity=".6">'
        f'<rect x=".5" y=".5" width="{PLANE - 1}" height="{PLANE - 1}"/>{rings}</g>'
        f'<g stroke-width="6" stroke-linecap="round">{dots}</g></svg>'
    )
