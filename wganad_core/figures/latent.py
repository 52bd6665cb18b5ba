"""Pictures of the latent space: a map made of images, a walk through G, dimension against error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from wganad_core.figures import style
from wganad_core.figures.images import SIDE, Pixels, ink_uri, sprite_uri
from wganad_core.figures.style import Part
from wganad_core.latent import (
    ENDINGS,
    LAWS,
    QUOTED_NEIGHBOURS,
    QUOTED_REBUILT,
    QUOTED_RESIDUAL,
    RULES,
    LatentFit,
)
from wganad_core.latent.map import LatentMap

UNSEEN, NORMAL = style.VERMILLION, style.BLUE
# About how wide and high the map is, in pixels, and an image's side, of its width; how near two
# images may come, of their side.
SHAPE, SIDE_OF = (1_250, 530), 0.032
NARROW_SHAPE, NARROW_SIDE_OF = (350, 390), 0.09
APART = 0.8
IN_A_ROW = 40  # of the picture that holds all of them
FROM, TO = "from", "to"  # the rings around both ends of a walk
RESIDUAL, NEIGHBOURS = style.VERMILLION, style.BLUE


def map_figure(found: LatentMap, classes: NDArray[np.str_], images: Pixels, unseen: str) -> Part:
    """Images (n, 784) of these classes (n,) where they lie on the map, the unseen class in red; a
    dot shows its image under the pointer. Where the rings `FROM` and `TO` are: `ring_places`."""
    places = found.places
    data: list[Part] = []
    for name in sorted(set(classes.tolist())):
        which = np.flatnonzero(classes == name)
        colour, size = (UNSEEN, 6) if name == unseen else (style.GREY, 4)
        marker = {"size": size, "color": colour, "opacity": 0.55}
        more = {"customdata": which, "hoverinfo": "none", "name": name}
        data.append(style.dots(places[which], marker, **more))
    low, high = places.min(axis=0), places.max(axis=0)

    def drawn(side: float, shape: tuple[int, int]) -> list[Part]:
        """As many images of a side, a share of the map's width, as have room."""
        width, height = side * (high - low) * [1, shape[0] / shape[1]]
        more = {"xref": "x", "yref": "y", "xanchor": "center", "yanchor": "middle"}
        return [
            {
                "source": ink_uri(images[i], UNSEEN if classes[i] == unseen else NORMAL),
                **{"x": float(places[i, 0]), "y": float(places[i, 1]), **more},
                **{"sizex": width, "sizey": height, "layer": "below"},
            }
            for i in _drawn(found, classes, unseen, side, shape)
        ]

    pad = 0.03 * (high - low)
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "fixedrange": True}
    layout: Part = {
        **{"height": 560, "margin": {"l": 4, "r": 4, "t": 30, "b": 4}, "showlegend": False},
        **{"dragmode": False, "uirevision": "latent-map", "images": drawn(SIDE_OF, SHAPE)},
        "xaxis": {**bare, "range": [low[0] - pad[0], high[0] + pad[0]]},
        "yaxis": {**bare, "range": [low[1] - pad[1], high[1] + pad[1]]},
        "shapes": [_ring(FROM), _ring(TO)],
        "annotations": [
            style.note(
                f"{style.key(UNSEEN, f'the unseen {unseen}')}   {style.key(NORMAL, 'normals')}",
                0,
                1,
                15,
                yshift=4,
            )
        ],
    }
    pictures = {"source": sprite_uri(images, IN_A_ROW, SIDE), "columns": IN_A_ROW}
    small = {"height": 420, "images": drawn(NARROW_SIDE_OF, NARROW_SHAPE)}
    layout["meta"] = {"narrow": small, "pictures": pictures}
    return {"data": data, "layout": layout}


def _drawn(
    found: LatentMap, classes: NDArray[np.str_], unseen: str, side: float, shape: tuple[int, int]
) -> list[int]:
    """Whose images are drawn, so that none hides another: one of each class in turn, the unseen one
    first."""
    low, high = found.places.min(axis=0), found.places.max(axis=0)
    places = (found.places - low) / (high - low) * [1, shape[1] / shape[0]]
    turn = pd.Series(classes).groupby(classes).cumcount().to_numpy()
    kept: list[int] = []
    for i in np.lexsort((classes, classes != unseen, turn)).tolist():
        if not kept or np.abs(places[kept] - places[i]).max(axis=1).min() > APART * side:
            kept.append(i)
    return kept


def ring_places(found: LatentMap, ends: tuple[int, int]) -> dict[str, dict[str, float]]:
    """Where the rings around both ends of a walk belong, by the name of their shapes."""
    at = found.places[list(ends)].tolist()
    return {name: {"xanchor": x, "yanchor": y} for name, (x, y) in zip((FROM, TO), at, strict=True)}


def _ring(name: str) -> Part:
    pixels = {"x0": -19, "x1": 19, "y0": -19, "y1": 19, "xsizemode": "pixel", "ysizemode": "pixel"}
    place = {"xref": "x", "yref": "y", "xanchor": 0.0, "yanchor": 0.0}
    line = {"width": 3, "color": style.ORANGE}
    return {"type": "circle", "name": name, **pixels, **place, "line": line}


def walk_sprite(ends: Pixels, made: Pixels, cell: int = 88) -> Image.Image:
    """The two images (2, 784) in orange frames, and between them what G made (n, 784) on the way
    from the first to the second."""
    row = [ends[0], *made, ends[1]]
    picture = Image.new("L", (cell * len(row), cell), 255)
    for i, image in enumerate(row):
        levels = (255 * (1 - np.clip(image, 0, 1))).astype(np.uint8).reshape(SIDE, SIDE)
        tile = Image.fromarray(levels).resize((cell - 8, cell - 8), Image.Resampling.NEAREST)
        picture.paste(tile, (i * cell + 4, 4))
    framed = picture.convert("RGB")
    pen = ImageDraw.Draw(framed)
    for i in (0, len(row) - 1):
        box = (i * cell + 1, 1, (i + 1) * cell - 2, cell - 2)
        pen.rectangle(box, outline=style.ORANGE, width=3)
    return framed


def dimension_sentence(fits: Sequence[LatentFit]) -> str:
    """How both rules find the unseen class at the smallest dimension and at the best one, on
    average over seeds."""
    means = pd.DataFrame([fit.auprc for fit in fits], [fit.n_latent for fit in fits])
    means = means.groupby(level=0).mean()
    near, residual = means["neighbours"], means["residual"]
    return (
        f"Neighbours find the {fits[0].abnormal}: AUPRC {near.iloc[0]:.2f} at {near.index[0]} "
        f"latents, {near.max():.2f} at {near.idxmax()}; residual {residual.min():.2f}–"
        f"{residual.max():.2f}, chance {fits[0].base_rate:.2f}"
    )


def dimension_figure(fits: Sequence[LatentFit]) -> Part:
    """Left ‖x − G(E(x))‖² of normals and of the unseen class over the dimension, right the AUROC of
    both rules: means over seeds, from the least to the most; dotted what the lab measured with the
    full recipe."""
    left, right = style.axes(1), style.axes(2)
    n = [fit.n_latent for fit in fits]
    data = [
        _curve(n, [fit.rebuilt for fit in fits], NEIGHBOURS, "normals", **left),
        _curve(n, [fit.rebuilt_unseen for fit in fits], RESIDUAL, "the unseen", **left),
        _curve(n, [100 * fit.auroc["neighbours"] for fit in fits], NEIGHBOURS, "near", **right),
        _curve(n, [100 * fit.auroc["residual"] for fit in fits], RESIDUAL, "residual", **right),
        _quoted(QUOTED_REBUILT, NEIGHBOURS, **left),
        _quoted(QUOTED_NEIGHBOURS, NEIGHBOURS, **right),
        _quoted(QUOTED_RESIDUAL, RESIDUAL, **right),
    ]
    layout = _dimension_layout(n, narrow=False)
    layout["meta"] = {"narrow": _dimension_layout(n, narrow=True)}
    return {"data": data, "layout": layout}


def beside_figure(fits: Sequence[LatentFit]) -> Part:
    """AUPRC of both rules for each law and ending, a dot a seed, a line through their means."""
    names = list(dict.fromkeys((fit.law, fit.ending) for fit in fits))
    rows = [f"{LAWS[law]} · {ENDINGS[ending]}" for law, ending in names]
    data: list[Part] = []
    for rule, colour in (("neighbours", NEIGHBOURS), ("residual", RESIDUAL)):
        found = [[100 * f.auprc[rule] for f in fits if (f.law, f.ending) == name] for name in names]
        points = [(x, row) for row, each in zip(rows, found, strict=True) for x in each]
        more: Part = {"marker": {"size": 11, "color": colour, "opacity": 0.75}}
        hover = {"hovertemplate": f"{RULES[rule]}: %{{x:.1f}}%<extra></extra>"}
        xs, ys = zip(*points, strict=True)
        data.append(style.scatter("markers", list(xs), list(ys), **more, **hover))
        means = [float(np.mean(each)) for each in found]
        bar: Part = {"size": 22, "symbol": "line-ns", "line": {"width": 4, "color": colour}}
        data.append(style.scatter("markers", means, rows, marker=bar, hoverinfo="skip"))
    said = f"AUPRC: {style.key(NEIGHBOURS, RULES['neighbours'], '●')}   " + style.key(
        RESIDUAL, RULES["residual"], "●"
    )
    chance = 100 * fits[0].base_rate
    layout: Part = {
        **{"height": 90 + 34 * len(rows), "margin": {"l": 10, "r": 14, "t": 34, "b": 30}},
        **{"showlegend": False, "dragmode": False, "uirevision": "beside"},
        "xaxis": {"ticksuffix": "%", "fixedrange": True, "zeroline": False},
        "yaxis": {"autorange": "reversed", "automargin": True, "fixedrange": True},
        "title": {"text": said, "x": 0, "xref": "container", "font": {"size": 15}}
        | {"y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 8, "l": 10}},
        "shapes": [style.straight((chance, chance), (0, 1), style.GREY, 1, yref="y domain")],
    }
    layout["yaxis"]["tickfont"] = {"size": 14}
    two = [f"{LAWS[law]}<br>{ENDINGS[ending]}" for law, ending in names]
    small = {"tickfont": {"size": 11}, "tickvals": rows, "ticktext": two}
    few = {**layout["xaxis"], "nticks": 5, "tickangle": 0}
    layout["meta"] = {"narrow": {"yaxis": {**layout["yaxis"], **small}, "xaxis": few}}
    return {"data": data, "layout": layout}


def _curve(n: Sequence[int], values: Sequence[float], colour: str, name: str, **axes: Any) -> Part:
    """The mean over seeds of these values by dimension n, with the range of the seeds."""
    found = pd.Series(values).groupby(pd.Series(n)).agg(["mean", "min", "max"])
    more = {"line": {"color": colour, "width": 3}, "marker": {"size": 11, "color": colour}}
    mean = found["mean"]
    spread = {"array": [*(found["max"] - mean)], "arrayminus": [*(mean - found["min"])]}
    bars = {"type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": colour}
    hover = {"hovertemplate": f"{name}, %{{x}} latents: %{{y:.3g}}<extra></extra>"}
    return style.scatter(
        "lines+markers",
        [*found.index],
        [*mean],
        error_y={**bars, **spread},
        **more,
        **hover,
        **axes,
    )


def _quoted(values: Mapping[int, float], colour: str, **axes: Any) -> Part:
    return style.line([*values], [*values.values()], colour, 2, "dot", opacity=0.8, **axes)


def _dimension_layout(n: Sequence[int], narrow: bool) -> Part:
    size, ticks = 13 if narrow else 15, sorted(set(n))
    spans = {
        "": ([0, 1], [0.58, 0.92]) if narrow else ([0, 0.46], [0, 0.88]),
        "2": ([0, 1], [0, 0.36]) if narrow else ([0.54, 1], [0, 0.88]),
    }
    titles = {
        "": f"‖x − G(E(x))‖²: {style.key(NEIGHBOURS, 'normals', '●')} "
        f"{style.key(RESIDUAL, 'the unseen', '●')}",
        "2": f"AUROC: {style.key(NEIGHBOURS, 'neighbours of E(x)', '●')} "
        f"{style.key(RESIDUAL, 'residual', '●')}",
    }
    layout: Part = {
        **{"height": 640 if narrow else 430, "margin": {"l": 40, "r": 10, "t": 8, "b": 44}},
        **{"showlegend": False, "dragmode": False, "uirevision": "dimension", "annotations": []},
    }
    fixed = {"fixedrange": True, "zeroline": False, "tickfont": {"size": size - 1}}
    for number, (across, up) in spans.items():
        layout[f"xaxis{number}"] = {
            **{"type": "log", "tickvals": ticks, "ticktext": [str(tick) for tick in ticks]},
            **{"title": {"text": "latents", "font": {"size": size}}, "domain": across},
            **{"anchor": f"y{number}", **fixed},
        }
        layout[f"yaxis{number}"] = {"domain": up, "anchor": f"x{number}", **fixed}
        layout["annotations"].append(style.note(titles[number], across[0], up[1], size, yshift=8))
    layout["yaxis"] |= {"rangemode": "tozero"}
    layout["yaxis2"] |= {"range": [40, 100], "ticksuffix": "%"}
    return layout
