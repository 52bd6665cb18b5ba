"""Two densities, D* over them, and what JS and W1 make of their distance (Theorems 1 and 5)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wganad_core.figures import style
from wganad_core.figures.style import Part
from wganad_core.theory.line import LN2, Apart

REAL, FAKE, OPTIMAL, LEARNED = style.BLUE, style.ORANGE, style.GREY, style.GREEN
JS, W1 = style.VERMILLION, style.PURPLE
HANDLE = "theta"  # the shape that people drag
GRIP = 0.06  # of the left picture's height: what is dragged is drawn below the densities


def line_figure(
    theta: float,
    here: Apart,
    at: NDArray[np.floating],
    learned: NDArray[np.floating],
    thetas: Sequence[float],
    along: Sequence[Apart],
) -> Part:
    """Left the densities with D* and the learned D (n,) at points `at` (n,); right JS and W1 as P_θ
    moves through `thetas` (`along` of it), and below how steep both are there."""
    left, right, steep = style.axes(1), style.axes(2), style.axes(3)
    top = float(max(here.real.max(), here.fake.max()))
    every = slice(None, None, max(1, len(here.x) // 600))
    x = here.x[every]
    data = [
        _filled(x, here.real[every] / top, REAL, "P_r"),
        _filled(x, here.fake[every] / top, FAKE, "P_θ"),
        style.line(here.x[every], here.optimal[every], OPTIMAL, 3.5, **left),
        style.line(at, np.asarray(learned, np.float32), LEARNED, 2.5, "dot", **left),
    ]
    js = np.array([one.jensen_shannon for one in along])
    w1 = np.array([one.wasserstein for one in along])
    slopes = np.array([[one.jensen_shannon_slope, one.wasserstein_slope] for one in along])
    reach = float(w1.max())
    for values, colour, axes, name in (
        (w1 / reach, W1, right, "W1"),
        (js / LN2, JS, right, "JS"),
        (np.abs(slopes[:, 1]), W1, steep, "|∂W1/∂θ|"),
        (np.abs(slopes[:, 0]), JS, steep, "|∂JS/∂θ|"),
    ):
        data.append(style.line(np.array(thetas), values, colour, 3, name=name, **axes))
    place = int(np.argmin(np.abs(np.array(thetas) - theta)))
    for value, colour, axes in (
        (w1[place] / reach, W1, right),
        (js[place] / LN2, JS, right),
        (abs(slopes[place, 1]), W1, steep),
        (abs(slopes[place, 0]), JS, steep),
    ):
        data.append(style.dots(np.array([[theta, value]]), {"size": 13, "color": colour}, **axes))
    layout = _layout(theta, here, reach, narrow=False)
    layout["meta"] = {"narrow": _layout(theta, here, reach, narrow=True)}
    return {"data": data, "layout": layout}


def _filled(x: NDArray[np.floating], y: NDArray[np.floating], colour: str, name: str) -> Part:
    more = {"fill": "tozeroy", "fillcolor": style.faint(colour, 0.35), "name": name}
    return style.line(x, y, colour, 2, **style.axes(1), **more)


def _layout(theta: float, here: Apart, reach: float, narrow: bool) -> Part:
    size = 13 if narrow else 15
    spans = {
        "": ([0, 1], [0.5, 0.95]) if narrow else ([0, 0.6], [0, 0.9]),
        "2": ([0.02, 1], [0.25, 0.41]) if narrow else ([0.67, 1], [0.52, 0.9]),
        "3": ([0.02, 1], [0, 0.14]) if narrow else ([0.67, 1], [0, 0.36]),
    }
    titles = {
        "": "  ".join(
            [
                style.key(REAL, "P<sub>r</sub> data"),
                style.key(FAKE, "P<sub>θ</sub> generator"),
                style.key(OPTIMAL, "D*", "━"),
                style.key(LEARNED, "D learned", "┅"),
            ]
        ),
        "2": f"{style.key(JS, f'JS = {here.jensen_shannon:.3f}', '━')} of 0.693   "
        f"{style.key(W1, f'W<sub>1</sub> = {here.wasserstein:.2f}', '━')}",
        "3": f"gradient by θ: {style.key(JS, f'{abs(here.jensen_shannon_slope):.4f}', '━')}   "
        f"{style.key(W1, f'{abs(here.wasserstein_slope):.2f}', '━')}",
    }
    ticks = {"tickfont": {"size": size - 1}, "zeroline": False, "fixedrange": True}
    layout: Part = {
        **{"height": 760 if narrow else 500, "margin": {"l": 30, "r": 10, "t": 8, "b": 34}},
        **{"showlegend": False, "dragmode": False, "uirevision": f"line-{narrow}"},
        "annotations": [],
    }
    for number, (across, up) in spans.items():
        ranges = [-6.5, 6.5] if not number else [-4.15, 4.15]
        tall = [-GRIP - 0.04, 1.06] if not number else [-0.05, 1.12]
        layout[f"xaxis{number}"] = {"domain": across, "anchor": f"y{number}", "range": ranges}
        layout[f"yaxis{number}"] = {"domain": up, "anchor": f"x{number}", "range": tall}
        layout[f"xaxis{number}"] |= ticks
        layout[f"yaxis{number}"] |= ticks | {"nticks": 3}
        layout["annotations"].append(style.note(titles[number], across[0], up[1], size, yshift=4))
    layout["yaxis"] |= {"tickvals": [0, 0.5, 1]}
    layout["yaxis2"] |= {"tickvals": [0, 1], "ticktext": ["0", f"{reach:.0f}"]}
    layout["yaxis2"]["ticktext"] = ["0", "max"]
    below = {"yref": "y", "xref": "x", "name": HANDLE, "editable": True}
    layout["shapes"] = [
        style.straight((theta, theta), (-GRIP, 1.06), FAKE, 3, **below, opacity=0.8),
        *(
            style.straight((theta, theta), (0, 1), style.GREY, 1, xref=f"x{n}", yref=f"y{n} domain")
            for n in (2, 3)
        ),
    ]
    layout["annotations"].append(
        {
            **{"x": theta, "y": -GRIP, "xref": "x", "yref": "y", "text": "⟷ drag θ"},
            **{"showarrow": False, "font": {"size": size, "color": FAKE}, "yanchor": "middle"},
            **{"xanchor": "left", "xshift": 6},
        }
    )
    return layout
