"""Many windows in little room: thumbnails, and a strip of tiles to choose from."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from wganad_core.data.gallery import percent
from wganad_core.figures import style
from wganad_core.figures.images import png_uri
from wganad_core.figures.style import Part
from wganad_core.figures.windows.signals import AXES
from wganad_core.records import FloatArray

ABNORMAL = style.VERMILLION
N_BLOCKS, N_COLUMNS = 6, 4  # of the strip
BARE = {"visible": False, "fixedrange": True}  # of its axes
TILE = (-1.25, 1.75)  # g, what a tile shows of total acceleration


def thumbnail(total: NDArray[np.floating], width: int = 92, height: int = 34) -> str:
    """Total acceleration (3, L) as a small picture: the data URI of a PNG without background."""
    fine = 4  # drawn larger, then shrunk: Pillow's lines are not smooth
    size = (fine * width, fine * height)
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    x = np.linspace(2 * fine, size[0] - 2 * fine, total.shape[-1])
    low, high = TILE
    for colour, signal in zip(AXES.values(), total, strict=True):
        y = (1 - (np.clip(signal, low, high) - low) / (high - low)) * (size[1] - 4 * fine)
        points = list(zip(x.tolist(), (y + 2 * fine).tolist(), strict=True))
        pen.line(points, fill=colour, width=2 * fine - 1, joint="curve")
    buffer = io.BytesIO()
    picture.resize((2 * width, 2 * height), Image.Resampling.LANCZOS).save(buffer, "PNG")
    return png_uri(buffer.getvalue())


def strip(
    signals: FloatArray,
    names: Sequence[str],
    shares: Sequence[float],
    abnormal: str,
    chosen: int | None,
) -> Part:
    """Up to 24 windows (n, 9, 128) as tiles of total acceleration, in reading order, each under
    the name of its activity and above the share of normal windows that score lower.

    Tiles are in blocks of four, three blocks a row, or one where it is narrow; `tile_at` tells
    which one was clicked.
    """
    if not 1 <= len(signals) <= N_BLOCKS * N_COLUMNS:
        raise ValueError(f"Expected 1 to {N_BLOCKS * N_COLUMNS} windows; found {len(signals)}.")
    blocks = -(-len(signals) // N_COLUMNS)
    data = []
    for block in range(blocks):
        members = signals[block * N_COLUMNS : (block + 1) * N_COLUMNS]
        for axis, (name, colour) in enumerate(AXES.items()):
            data.append(_tiles(members[:, 6 + axis], block, name, colour))
    wide = _strip_layout(names, shares, abnormal, chosen, blocks, per_row=3)
    wide["meta"] = {"narrow": _strip_layout(names, shares, abnormal, chosen, blocks, per_row=1)}
    return {"data": data, "layout": wide}


def heights(n: int) -> tuple[int, int]:
    """Pixels that a strip of n windows is high, wide and narrow."""
    blocks = -(-n // N_COLUMNS)
    return _height(blocks, per_row=3), _height(blocks, per_row=1)


def _height(blocks: int, per_row: int) -> int:
    return (92 if per_row == 1 else 76) * -(-blocks // per_row) + 4


def tile_at(subplot: str, x: float, n: int) -> int | None:
    """The number of the tile under a click, if there is one of n."""
    block = int(subplot.partition("y")[0][1:] or 1) - 1
    column = int(np.floor(x))
    number = block * N_COLUMNS + column
    return number if 0 <= column < N_COLUMNS and number < n else None


def _tiles(members: FloatArray, block: int, name: str, colour: str) -> Part:
    """One axis of up to four windows (k, L), side by side, as one line with gaps."""
    members = members[:, ::2]
    low, high = TILE
    across = np.linspace(0.07, 0.93, members.shape[1])
    lines = np.stack(
        [
            across + np.arange(len(members))[:, None],
            0.19 + 0.58 * (np.clip(members, low, high) - low) / (high - low),
        ],
        axis=-1,
    )
    look = {"name": name, "hoverinfo": "none", "line": {"color": colour, "width": 1.3}}
    x, y = style.polyline(lines)
    return style.scatter("lines", x, y, **look, **style.axes(block + 1))


def _strip_layout(
    names: Sequence[str],
    shares: Sequence[float],
    abnormal: str,
    chosen: int | None,
    blocks: int,
    per_row: int,
) -> Part:
    rows = -(-blocks // per_row)
    small = per_row == 1
    layout: Part = {"height": _height(blocks, per_row), "showlegend": False}
    layout |= {"margin": {"l": 0, "r": 0, "t": 2, "b": 2}, "dragmode": False}
    layout |= {"annotations": [], "shapes": []}
    for block in range(blocks):
        row, column = divmod(block, per_row)
        on = style.axes(block + 1)
        layout[on["xaxis"].replace("x", "xaxis")] = {
            **BARE,
            "range": [0, N_COLUMNS],
            "anchor": on["yaxis"],
            "domain": [column / per_row, (column + 1) / per_row],
        }
        layout[on["yaxis"].replace("y", "yaxis")] = {
            **BARE,
            "range": [0, 1],
            "anchor": on["xaxis"],
            "domain": [1 - (row + 1) / rows, 1 - row / rows],
        }
    for number, (name, share) in enumerate(zip(names, shares, strict=True)):
        layout["shapes"].append(_tile_frame(number, name == abnormal, number == chosen))
        layout["annotations"] += _tile_words(number, name, share, name == abnormal, small)
    return layout


def _place(number: int) -> tuple[int, dict[str, str]]:
    """A tile's column, and the axes that it is on."""
    block, column = divmod(number, N_COLUMNS)
    on = style.axes(block + 1)
    return column, {"xref": on["xaxis"], "yref": on["yaxis"]}


def _tile_frame(number: int, unseen: bool, chosen: bool) -> Part:
    column, on = _place(number)
    edge = {"color": ABNORMAL if unseen else style.GREY, "width": 3 if chosen else 1}
    fill = style.faint(style.GREY, 0.22 if chosen else 0.06)
    across = (column + 0.03, column + 0.97)
    return style.rectangle(across, (0.03, 0.97), fill, line=edge, layer="below", **on)


def _tile_words(number: int, name: str, share: float, unseen: bool, small: bool) -> list[Part]:
    column, on = _place(number)
    size = 12 if small else 14
    title = f"<b>{name}</b>" if unseen else name
    words = style.note(title, column + 0.06, 0.98, size, yanchor="top", **on)
    words["font"] |= {"color": ABNORMAL} if unseen else {}
    corner = {"xanchor": "right", **on}
    return [words, style.note(percent(share, 0), column + 0.94, 0.0, size, **corner)]
