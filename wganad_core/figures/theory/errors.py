"""Fig. 5 measured: the plane with a fitted generator, the three errors to scale, and the law."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from wganad_core.figures import style
from wganad_core.figures.style import Part
from wganad_core.theory.cells import BOX, SIDE, truth
from wganad_core.theory.shipped import ErrorFit, Law

# The paper's own colours: green, black (grey here, for both themes), blue.
STATIONS = (
    ("P<sub>r</sub>", style.VERMILLION),
    ("P<sub>θ*</sub>", style.GREEN),
    ("P<sub>θ̄</sub>", style.GREY),
    ("P<sub>θ̂</sub>", style.SKY),
)
CAUSES = ("generator too small", "discriminator too small", "too few samples")
LAW_COLOURS = (style.BLUE, style.VERMILLION)
DENSITY: list[tuple[float, str]] = [(0.0, "rgba(0,114,178,0)"), (1.0, "rgba(0,114,178,0.75)")]


def errors_figure(fit: ErrorFit, i: int, n: int) -> Part:
    """Left P_r as shades and the Gaussians of P_θ̂ after n samples (the i-th sample size); right
    Fig. 5 with √JS as the distance, and the three parts of JS as bars."""
    field = style.field(
        np.sqrt(truth().cells[:-1].reshape(SIDE, SIDE)).astype(np.float32),
        BOX,
        DENSITY,
        hoverinfo="skip",
    )
    data = [field, *_rings(np.asarray(fit.sampled_blobs[i], np.float64))]
    data += _map(np.asarray(fit.places[i], np.float64), style.axes(2))
    bars = parts(fit, i)
    for value, (_, colour), cause in zip(bars, STATIONS[1:], CAUSES, strict=True):
        data.append(
            {
                **{"type": "bar", "orientation": "h", "x": [max(value, 0.0)], "y": [cause]},
                **{"marker": {"color": colour}, "text": [f"{value:.3f}"], "hoverinfo": "skip"},
                **{"textposition": "outside", "cliponaxis": False, "textfont": {"size": 14}},
                **style.axes(3),
            }
        )
    layout = _layout(fit, i, n, bars, narrow=False)
    layout["meta"] = {"narrow": _layout(fit, i, n, bars, narrow=True)}
    return {"data": data, "layout": layout}


def parts(fit: ErrorFit, i: int) -> tuple[float, float, float]:
    """JS from P_r, by cause: of P_θ*; what P_θ̄ adds; what P_θ̂ adds, on average."""
    size, limited = fit.parts
    return size, limited, float(np.mean(fit.sampled[i])) - fit.limited


def _rings(blobs: NDArray[np.floating]) -> list[Part]:
    """A circle of one width around each Gaussian, the stronger the more it weighs."""
    turn = np.linspace(0, 2 * np.pi, 41)
    unit = np.column_stack([np.cos(turn), np.sin(turn)])
    drawn = []
    for x, y, width, weight in blobs:
        ring = np.array([x, y]) + width * unit
        strength = float(np.clip(weight * len(blobs), 0.15, 1.0))
        fill = {"fill": "toself", "fillcolor": style.faint(style.ORANGE, 0.30 * strength)}
        drawn.append(style.line(ring[:, 0], ring[:, 1], style.ORANGE, 3, opacity=strength, **fill))
    return drawn


def _map(places: NDArray[np.floating], axes: dict[str, str]) -> list[Part]:
    drawn = []
    for (a, b), (_, colour) in zip(itertools.pairwise(places), STATIONS[1:], strict=True):
        drawn.append(style.line([a[0], b[0]], [a[1], b[1]], colour, 5, **axes))
    for place, (_, colour) in zip(places, STATIONS, strict=True):
        drawn.append(style.dots(place[None], {"size": 14, "color": colour}, **axes))
    return drawn


def _layout(fit: ErrorFit, i: int, n: int, bars: tuple[float, ...], narrow: bool) -> Part:
    size = 13 if narrow else 15
    spans = {
        "": ([0, 1], [0.52, 0.96]) if narrow else ([0, 0.42], [0, 0.92]),
        "2": ([0, 1], [0.22, 0.44]) if narrow else ([0.49, 1], [0.44, 0.92]),
        "3": ([0.36, 0.86], [0, 0.13]) if narrow else ([0.66, 0.93], [0, 0.28]),
    }
    key = (
        style.key(style.BLUE, "data")
        + "  "
        + style.key(style.ORANGE, f"P<sub>θ̂</sub>, n = {n:,}", "○")
    )
    titles = {"": key, "2": "Fig. 5 to scale (distance √JS)", "3": "JS, in nats, by cause"}
    starts = {"": 0, "2": 0, "3": 0} if narrow else {"": 0, "2": 0.49, "3": 0.49}
    layout: Part = {
        **{"height": 860 if narrow else 520, "margin": {"l": 8, "r": 8, "t": 8, "b": 26}},
        **{"showlegend": False, "dragmode": False, "uirevision": f"errors-{narrow}"},
        "annotations": [
            style.note(titles[name], starts[name], up[1], size, yshift=5)
            for name, (_, up) in spans.items()
        ],
    }
    x, y = style.plane_axes(BOX, "", ticks="", showticklabels=False, showgrid=False)
    layout["xaxis"] = {**x, "domain": spans[""][0], "anchor": "y", "fixedrange": True}
    layout["yaxis"] = {**y, "domain": spans[""][1], "anchor": "x", "fixedrange": True}
    places = np.asarray(fit.places, np.float64)
    wide = {"zeroline": False, "showgrid": False, "showticklabels": False, "fixedrange": True}
    low, high = places.min(axis=(0, 1)), places.max(axis=(0, 1))
    pad = 0.12 * max(float((high - low).max()), 0.05)
    layout["xaxis2"] = {"domain": spans["2"][0], "anchor": "y2", **wide}
    layout["yaxis2"] = {"domain": spans["2"][1], "anchor": "x2", **wide, "scaleanchor": "x2"}
    layout["xaxis2"]["range"] = [low[0] - pad, high[0] + pad]
    layout["yaxis2"]["range"] = [low[1] - pad, high[1] + pad]
    bare = {"zeroline": False, "fixedrange": True, "tickfont": {"size": size - 1}}
    most = max(*bars, 0.02) * 1.25
    layout["xaxis3"] = {"domain": spans["3"][0], "anchor": "y3", "range": [0, most], **bare}
    layout["xaxis3"] |= {"nticks": 4}
    layout["yaxis3"] = {"domain": spans["3"][1], "anchor": "x3", "autorange": "reversed", **bare}
    layout["annotations"] += _names(places[i], size)
    return layout


def _names(places: NDArray[np.floating], size: int) -> list[Part]:
    """Beside each station its name, off the lines and, where two stations lie on each other, off
    the other's name."""
    said = []
    shifts = ((0, 24), (0, -24), (0, 24), (-26, 0))
    for place, (name, colour), (across, up) in zip(places, STATIONS, shifts, strict=True):
        said.append(
            {
                **{"x": place[0], "y": place[1], "xref": "x2", "yref": "y2", "text": name},
                **{"showarrow": False, "font": {"size": size + 5, "color": colour}},
                **{"xshift": across, "yshift": up},
            }
        )
    return said


def law_figure(law: Law) -> Part:
    """Errors over sample sizes, both on logarithmic scales, with the fitted lines and dashed ones
    of slope −½ from where those begin."""
    n, data, said = np.array(law.n, np.float64), [], []
    for (name, rate), colour in zip(law.rates.items(), LAW_COLOURS, strict=True):
        values = np.asarray(law.errors[name], np.float64)
        points = np.column_stack([np.repeat(n, values.shape[1]), values.ravel()])
        means = np.column_stack([n, values.mean(axis=1)])
        data += [
            style.dots(points, {"size": 6, "color": colour, "opacity": 0.25}),
            style.dots(means, {"size": 12, "color": colour}),
            style.line(n, rate.at(n[:1]) * np.sqrt(n[0] / n), style.GREY, 2, "dash"),
            style.line(n, rate.at(n), colour, 3, name=name),
        ]
        said.append(style.key(colour, f"{name}: slope {rate.words}", "●"))
    said.append(style.key(style.GREY, "slope −½", "┅"))
    logs = {"type": "log", "zeroline": False, "fixedrange": True, "tickfont": {"size": 14}}
    layout: Part = {
        **{"height": 480, "margin": {"l": 70, "r": 12, "t": 40, "b": 50}, "showlegend": False},
        **{"dragmode": False, "uirevision": "law"},
        "xaxis": {**logs, "title": {"text": "samples n", "font": {"size": 15}}, "dtick": 1},
        "yaxis": {**logs, "dtick": 1, "exponentformat": "power", "tickfont": {"size": 14}},
        "annotations": [style.note("   ".join(said), 0, 1, 15, yshift=8)],
    }
    small = {
        **{"height": 460, "margin": {"l": 50, "r": 8, "t": 70, "b": 46}},
        "annotations": [style.note("<br>".join(said), 0, 1, 13, yshift=6)],
    }
    layout["meta"] = {"narrow": small}
    return {"data": data, "layout": layout}
