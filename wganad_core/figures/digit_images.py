"""Digits as pictures: grids, thumbnails, one image taken apart, the path of an inversion.

Ink is dark on white and a residual x − G is red where ink is missing from G, blue where G has too
much, white where they agree: always on [−1, 1], so that any two pictures can be compared.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from wganad_core.figures import style

SIDE = 28
INK = [[0.0, "#FFFFFF"], [1.0, "#1B1F24"]]
# Blue, white, red; the ends are darker than Okabe and Ito's to stay apart from white when faint.
RESIDUAL = [
    [0.0, "#004A80"], [0.25, "#4C9AC8"], [0.5, "#FFFFFF"], [0.75, "#E8905A"], [1.0, "#9C3A00"],
]  # fmt: skip
Pixels = NDArray[np.floating]


def _palette(scale: list[list[Any]]) -> NDArray[np.uint8]:
    """256 colours (256, 3) of a Plotly scale."""
    at = np.linspace(0, 1, 256)
    stops = [stop for stop, _ in scale]
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for _, c in scale])
    return np.column_stack([np.interp(at, stops, rgb[:, k]) for k in range(3)]).astype(np.uint8)


PALETTES = {False: _palette(INK), True: _palette(RESIDUAL)}
PALETTE_BYTES = {diverging: colours.tobytes() for diverging, colours in PALETTES.items()}


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


def data_uri(image: Pixels, size: int = 56, diverging: bool = False) -> str:
    """One image (784,) as the data URI of a PNG; `diverging` draws a residual in [−1, 1]."""
    levels = _levels(image, diverging).reshape(SIDE, SIDE)
    return (
        "data:image/png;base64," + base64.b64encode(_png(levels, (size, size), diverging)).decode()
    )


def _levels(images: Pixels, diverging: bool) -> NDArray[np.uint8]:
    """Numbers of colours; 0 in [−1, 1] is the palette's middle. NaN is drawn as 0."""
    low = -1.0 if diverging else 0.0
    share = (np.nan_to_num(np.asarray(images, np.float32)).clip(low, 1) - low) / (1 - low)
    return np.asarray(np.rint(share * 255), np.uint8)


def _png(levels: NDArray[np.uint8], size: tuple[int, int], diverging: bool) -> bytes:
    height, width = levels.shape
    across, down = size[0] // width, size[1] // height
    if (width * across, height * down) == size:  # five times as fast as Pillow's resize
        picture = Image.fromarray(levels.repeat(down, axis=0).repeat(across, axis=1))
    else:
        picture = Image.fromarray(levels).resize(size, Image.Resampling.NEAREST)
    picture.putpalette(PALETTE_BYTES[diverging])
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def autopsy(image: Pixels, reconstructions: Mapping[str, Pixels]) -> go.Figure:
    """The input, and per detector its reconstruction G and the residual x − G (784,)."""
    figure = go.Figure()
    figure.add_trace(_ink(image, "x"))
    for i, rebuilt in enumerate(reconstructions.values()):
        figure.add_trace(_ink(rebuilt, "G", 2 * i + 2))
        figure.add_trace(_residual(image, rebuilt, 2 * i + 3))
    errors = [float(np.square(image - r).mean()) for r in reconstructions.values()]
    wide = _autopsy_layout(list(reconstructions), errors, narrow=False)
    wide["meta"] = {"narrow": _autopsy_layout(list(reconstructions), errors, narrow=True)}
    return figure.update_layout(wide)


def _ink(image: Pixels, name: str, axis: int = 1) -> go.Heatmap:
    return go.Heatmap(
        z=np.asarray(image, np.float32).reshape(SIDE, SIDE), zmin=0, zmax=1, colorscale=INK,
        showscale=False, xaxis=f"x{axis}", yaxis=f"y{axis}", name=name,
        hovertemplate=f"{name} = %{{z:.2f}}<extra></extra>",
    )  # fmt: skip


def _residual(image: Pixels, rebuilt: Pixels, axis: int) -> go.Heatmap:
    difference = np.asarray(image, np.float32) - np.asarray(rebuilt, np.float32)
    return go.Heatmap(
        z=difference.reshape(SIDE, SIDE), coloraxis="coloraxis", xaxis=f"x{axis}",
        yaxis=f"y{axis}", name="x − G", hovertemplate="x − G = %{z:+.2f}<extra></extra>",
    )  # fmt: skip


def _square(axis: int, across: Sequence[float], up: Sequence[float]) -> dict[str, Any]:
    """Axes of one 28×28 picture, its first row on top."""
    bare = {"visible": False, "constrain": "domain", "fixedrange": True}
    return {
        f"xaxis{axis}": {**bare, "domain": list(across), "range": [-0.5, SIDE - 0.5],
                         "anchor": f"y{axis}"},
        f"yaxis{axis}": {**bare, "domain": list(up), "range": [SIDE - 0.5, -0.5],
                         "anchor": f"x{axis}", "scaleanchor": f"x{axis}"},
    }  # fmt: skip


def _caption(text: str, axis: int, size: int = 13) -> dict[str, Any]:
    """Words on top of a picture, wherever `constrain` puts it."""
    return {
        "text": text, "x": 0.5, "y": 1, "xref": f"x{axis} domain", "yref": f"y{axis} domain",
        "xanchor": "center", "yanchor": "bottom", "showarrow": False, "font": {"size": size},
    }  # fmt: skip


def _autopsy_layout(names: list[str], errors: list[float], narrow: bool) -> dict[str, Any]:
    """Wide: a column per detector, the input first. Narrow: a row per detector below the input."""
    columns = len(names) + 1
    height = 170 + 150 * len(names) if narrow else 400
    layout: dict[str, Any] = {
        "height": height, "margin": {"l": 4, "r": 4, "t": 34, "b": 4}, "showlegend": False,
        "dragmode": False, "annotations": [_caption("<b>input x</b>", 1)],
    }  # fmt: skip
    inner = height - 38

    def up(top: float, bottom: float) -> list[float]:
        return [max(0.0, 1 - bottom / inner), 1 - top / inner]

    layout |= _square(1, *(([0, 0.42], up(0, 120)) if narrow else ([0, 0.94 / columns], [0.53, 1])))
    for i, (name, error) in enumerate(zip(names, errors, strict=True)):
        cells = [
            ([0, 0.47], up(170 + 150 * i, 290 + 150 * i)),
            ([0.53, 1], up(170 + 150 * i, 290 + 150 * i)),
        ]
        if not narrow:
            across = [(i + 1) / columns, (i + 1 + 0.94) / columns]
            cells = [(across, [0.53, 1]), (across, [0, 0.47])]
        layout |= _square(2 * i + 2, *cells[0]) | _square(2 * i + 3, *cells[1])
        words = (f"<b>{name}</b>", f"x − G, MSE {error:.3g}")
        layout["annotations"] += [_caption(words[k], 2 * i + 2 + k) for k in (0, 1)]
    across_bar = (0.76, 1 - 75 / inner, 0.44) if narrow else (0.47 / columns, 0.22, 0.9 / columns)
    layout["coloraxis"] = {
        "colorscale": RESIDUAL, "cmin": -1, "cmax": 1, "colorbar": _scale_bar(*across_bar),
    }  # fmt: skip
    return layout


def _scale_bar(x: float, y: float, length: float) -> dict[str, Any]:
    return {
        "orientation": "h", "x": x, "y": y, "len": length, "xanchor": "center", "xpad": 0,
        "yanchor": "middle", "thickness": 10, "tickvals": [-1, 0, 1], "outlinewidth": 0,
        "ticktext": ["−1<br>too much", "0", "+1<br>missing"], "tickfont": {"size": 11},
        "title": {"text": "x − G", "side": "top", "font": {"size": 12}},
    }  # fmt: skip


def path_animation(
    image: Pixels, images: Pixels, losses: Pixels, steps: Sequence[int] | None = None
) -> go.Figure:
    """Inversion of a query (784,) from its first z to its last: G(z) (frames, 784), the residual
    and the loss (frames,) with a moving point. `steps` numbers the frames, else 0, 1, …

    It plays Plotly's frames, which `st.plotly_chart` draws and `live_chart` does not.
    """
    at = np.arange(len(images)) if steps is None else np.asarray(steps)
    if not len(images) == len(losses) == len(at) > 0:
        raise ValueError(
            "Expected as many losses and steps as images, and at least one; found "
            f"{len(images)} images, {len(losses)} losses and {len(at)} steps."
        )
    curve = go.Scatter(
        x=at, y=losses, mode="lines", xaxis="x4", yaxis="y4", name="loss",
        line={"color": style.BLUE, "width": 2.5},
        hovertemplate="step %{x}: loss %{y:.4g}<extra></extra>",
    )  # fmt: skip
    frames = [
        go.Frame(
            name=str(i), traces=[1, 2, 4],
            data=[_ink(rebuilt, "G(z)", 2), _residual(image, rebuilt, 3), _point(at[i], losses[i])],
        )
        for i, rebuilt in enumerate(images)
    ]  # fmt: skip
    figure = go.Figure([_ink(image, "x"), *frames[0].data[:2], curve, frames[0].data[2]])
    figure.frames = frames
    return figure.update_layout(_path_layout(), **_player(at, losses))


def _point(step: Any, loss: Any) -> go.Scatter:
    return go.Scatter(
        x=[step], y=[loss], mode="markers", xaxis="x4", yaxis="y4", hoverinfo="skip", name="now",
        marker={"size": 12, "color": style.VERMILLION},
    )  # fmt: skip


def _path_layout() -> dict[str, Any]:
    """One layout for wide and narrow: pictures on top, the loss below them, then the player."""
    layout: dict[str, Any] = {
        "height": 560, "margin": {"l": 48, "r": 8, "t": 30, "b": 120}, "showlegend": False,
        "dragmode": False,
        "coloraxis": {"colorscale": RESIDUAL, "cmin": -1, "cmax": 1, "showscale": False},
        "annotations": [
            _caption(f"<b>{words}</b>", i)
            for i, words in enumerate(("query x", "G(z)", "x − G(z)"), start=1)
        ],
        "xaxis4": {"domain": [0, 1], "anchor": "y4", "title": {"text": "step"}, "nticks": 6},
        "yaxis4": {"domain": [0, 0.42], "anchor": "x4", "title": {"text": "loss"}, "nticks": 4,
                   "rangemode": "tozero"},
    }  # fmt: skip
    for i in range(3):
        layout |= _square(i + 1, [0.34 * i, 0.34 * i + 0.32], [0.52, 1])
    return layout


def _player(steps: NDArray[Any], losses: Pixels) -> dict[str, Any]:
    """A button that plays, one that pauses, and a slider over the frames."""
    still = {"mode": "immediate", "frame": {"duration": 0, "redraw": True},
             "transition": {"duration": 0}}  # fmt: skip
    playing = still | {"frame": {"duration": 90, "redraw": True}, "fromcurrent": True}
    # Legible on white and on black: Plotly paints a pressed button nearly white in any theme.
    button = {"color": "#1A7AB8", "size": 15}
    return {
        "updatemenus": [
            {
                "type": "buttons", "direction": "left", "x": 0, "y": -0.2, "xanchor": "left",
                "yanchor": "top", "pad": {"t": 10}, "showactive": False, "font": button,
                "bgcolor": "rgba(0,0,0,0)", "bordercolor": style.GREY,
                "buttons": [
                    {"label": "▶", "method": "animate", "args": [None, playing]},
                    {"label": "❚❚", "method": "animate", "args": [[None], still]},
                ],
            }
        ],
        "sliders": [
            {
                "x": 0.22, "len": 0.76, "y": -0.2, "yanchor": "top", "pad": {"t": 0},
                "bordercolor": style.GREY, "bgcolor": style.GREY, "tickcolor": style.GREY,
                "ticklen": 0, "minorticklen": 0,
                "currentvalue": {"xanchor": "left", "font": {"size": 13}},
                "font": {"size": 1, "color": "rgba(0,0,0,0)"},
                "steps": [
                    {"label": f"step {step}, loss {loss:.4g}", "method": "animate",
                     "args": [[str(i)], still]}
                    for i, (step, loss) in enumerate(zip(steps, losses, strict=True))
                ],
            }
        ],
    }  # fmt: skip
