"""Images as pictures: grids, thumbnails, one image taken apart.

Ink is dark on white and a residual x − G is red where ink is missing from G, blue where G has too
much, white where they agree: always on [−1, 1], so that any two pictures can be compared.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wganad_core.figures import style
from wganad_core.figures.style import Part

SIDE = 28
INK = [[0.0, "#FFFFFF"], [1.0, "#1B1F24"]]
# Blue, white, red; the ends are darker than Okabe and Ito's to stay apart from white when faint.
ENDS = ("#004A80", "#4C9AC8", "#FFFFFF", "#E8905A", "#9C3A00")
RESIDUAL = [[i / 4, colour] for i, colour in enumerate(ENDS)]
SIGNED = {"colorscale": RESIDUAL, "cmin": -1, "cmax": 1}
Pixels = NDArray[np.floating]


def _palette(scale: list[list[Any]]) -> bytes:
    """256 colours of a Plotly scale, three bytes each."""
    at = np.linspace(0, 1, 256)
    stops = [stop for stop, _ in scale]
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for _, c in scale])
    colours = np.column_stack([np.interp(at, stops, rgb[:, k]) for k in range(3)])
    return colours.round().astype(np.uint8).tobytes()


PALETTES = {diverging: _palette(scale) for diverging, scale in ((False, INK), (True, RESIDUAL))}


def sprite(images: Pixels, columns: int, cell: int = 56) -> bytes:
    """A PNG of images (n, 784) in [0, 1], row by row in a grid of square cells."""
    if columns < 1 or cell < 1:
        raise ValueError(f"Expected columns and cell of 1 or more; found {columns} and {cell}.")
    n = len(images)
    rows = max(1, -(-n // columns))
    tiles = np.zeros((rows * columns, SIDE, SIDE), np.uint8)
    tiles[:n] = _levels(images, diverging=False).reshape(n, SIDE, SIDE)
    grid = tiles.reshape(rows, columns, SIDE, SIDE).swapaxes(1, 2)
    return _png(grid.reshape(rows * SIDE, columns * SIDE), (columns * cell, rows * cell), False)


def sprite_uri(images: Pixels, columns: int, cell: int = 56) -> str:
    """`sprite` as a data URI."""
    return png_uri(sprite(images, columns, cell))


def data_uri(image: Pixels, size: int = 56, diverging: bool = False) -> str:
    """One image (784,) as the data URI of a PNG; `diverging` draws a residual in [−1, 1]."""
    levels = _levels(image, diverging).reshape(SIDE, SIDE)
    return png_uri(_png(levels, (size, size), diverging))


def ink_uri(image: Pixels, colour: str) -> str:
    """One image (784,) as the data URI of a PNG: its ink in this colour (#RRGGBB) and nothing
    else, so that what lies behind shows through."""
    rgba = np.zeros((SIDE, SIDE, 4), np.uint8)
    rgba[..., :3] = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    rgba[..., 3] = _levels(image, diverging=False).reshape(SIDE, SIDE)
    buffer = io.BytesIO()
    Image.fromarray(rgba).save(buffer, "PNG", compress_level=6)
    return png_uri(buffer.getvalue())


def png_uri(png: bytes) -> str:
    """A PNG as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _levels(images: Pixels, diverging: bool) -> NDArray[np.uint8]:
    """Numbers of colours; 0 in [−1, 1] is the palette's middle. NaN is drawn as 0."""
    low = -1.0 if diverging else 0.0
    share = (np.nan_to_num(np.asarray(images, np.float32)).clip(low, 1) - low) / (1 - low)
    return np.asarray(np.rint(share * 255), np.uint8)


def _png(levels: NDArray[np.uint8], size: tuple[int, int], diverging: bool) -> bytes:
    """The levels, blown up to size (width, height), as a PNG with a palette."""
    picture = Image.fromarray(levels)
    picture.putpalette(PALETTES[diverging])
    buffer = io.BytesIO()
    picture.resize(size, Image.Resampling.NEAREST).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def autopsy(image: Pixels, reconstructions: Mapping[str, Pixels]) -> Part:
    """The input, and per detector its reconstruction G and the residual x − G (784,)."""
    data = [_ink(image, "x")]
    for i, rebuilt in enumerate(reconstructions.values()):
        data += [_ink(rebuilt, "G", 2 * i + 2), _residual(image, rebuilt, 2 * i + 3)]
    errors = [float(np.square(image - r).mean()) for r in reconstructions.values()]
    wide = _autopsy_layout(list(reconstructions), errors, narrow=False)
    wide["meta"] = {"narrow": _autopsy_layout(list(reconstructions), errors, narrow=True)}
    return {"data": data, "layout": wide}


def _ink(image: Pixels, name: str, axis: int = 1) -> Part:
    looks = {"zmin": 0, "zmax": 1, "colorscale": INK, "showscale": False}
    words = f"{name} = %{{z:.2f}}<extra></extra>"
    return _heatmap(_square_of(image), name, axis, hovertemplate=words, **looks)


def _residual(image: Pixels, rebuilt: Pixels, axis: int) -> Part:
    words = "x − G = %{z:+.2f}<extra></extra>"
    z = _square_of(image) - _square_of(rebuilt)
    return _heatmap(z, "x − G", axis, hovertemplate=words, coloraxis="coloraxis")


def _heatmap(z: Pixels, name: str, axis: int, **more: Any) -> Part:
    return {"type": "heatmap", "z": z, "name": name, **style.axes(axis), **more}


def _square_of(image: Pixels) -> NDArray[np.float32]:
    return np.asarray(image, np.float32).reshape(SIDE, SIDE)


def _square(axis: int, across: Sequence[float], up: Sequence[float]) -> Part:
    """Axes of one 28×28 picture, its first row on top."""
    on, side = style.axes(axis), [-0.5, SIDE - 0.5]
    bare = {"visible": False, "constrain": "domain", "fixedrange": True}
    x = {"domain": list(across), "range": side, "anchor": on["yaxis"]}
    y = {"domain": list(up), "range": side[::-1], "anchor": on["xaxis"]}
    y |= {"scaleanchor": on["xaxis"], "constraintoward": "top"}
    return {f"xaxis{axis}": bare | x, f"yaxis{axis}": bare | y}


def _caption(text: str, axis: int, size: int = 13) -> Part:
    """Words on top of a picture, wherever `constrain` puts it."""
    on = style.axes(axis)
    place = {"xref": f"{on['xaxis']} domain", "yref": f"{on['yaxis']} domain"}
    return style.note(text, 0.5, 1, size, **place, xanchor="center")


def _autopsy_layout(names: list[str], errors: list[float], narrow: bool) -> Part:
    """Wide: a column per detector, the input first. Narrow: a row per detector below the input."""
    columns = len(names) + 1
    height = 190 + 150 * len(names) if narrow else 400
    layout: Part = {"height": height, "margin": {"l": 4, "r": 4, "t": 34, "b": 4}}
    layout |= {"showlegend": False, "dragmode": False}
    layout["annotations"] = [_caption("<b>input x</b>", 1)]
    inner = height - 38

    def up(top: float, bottom: float) -> list[float]:
        return [max(0.0, 1 - bottom / inner), 1 - top / inner]

    layout |= _square(1, *(([0, 0.42], up(0, 120)) if narrow else ([0, 0.94 / columns], [0.53, 1])))
    for i, (name, error) in enumerate(zip(names, errors, strict=True)):
        rows = up(170 + 150 * i, 290 + 150 * i)
        cells = [([0, 0.47], rows), ([0.53, 1], rows)]
        if not narrow:
            across = [(i + 1) / columns, (i + 1 + 0.94) / columns]
            cells = [(across, [0.53, 1]), (across, [0, 0.47])]
        layout |= _square(2 * i + 2, *cells[0]) | _square(2 * i + 3, *cells[1])
        words = (f"<b>{name}</b>", f"MSE {error:.2g}")
        layout["annotations"] += [_caption(words[k], 2 * i + 2 + k) for k in (0, 1)]
    across_bar = (0.76, 1 - 75 / inner, 0.44) if narrow else (0.47 / columns, 0.22, 0.9 / columns)
    layout["coloraxis"] = {**SIGNED, "colorbar": _scale_bar(*across_bar)}
    return layout


def _scale_bar(x: float, y: float, length: float) -> Part:
    words = "<b>x − G</b><br>blue: too much<br>red: missing"
    place = {"x": x, "y": y, "len": length, "xanchor": "center", "yanchor": "middle", "xpad": 0}
    ticks = {"tickvals": [-1, 0, 1], "ticktext": ["−1", "0", "+1"], "tickfont": {"size": 14}}
    title = {"text": words, "side": "top", "font": {"size": 14}}
    looks = {"orientation": "h", "thickness": 10, "outlinewidth": 0, "title": title}
    return place | ticks | looks
