"""The optimal coupling as threads, the potential with slope ±1, and what critics find instead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wganad_core.figures import style
from wganad_core.figures.style import Part
from wganad_core.theory.shipped import CriticFit
from wganad_core.theory.transport import Plan

REAL, FAKE, EXACT, CRITIC = style.BLUE, style.ORANGE, style.GREY, style.VERMILLION


def transport_figure(
    plan: Plan, at: NDArray[np.floating], critic: CriticFit | None, title: str
) -> Part:
    """Above the clouds of `plan`, on a line, joined by threads; below the potential at `at` (n,)
    and a critic's f there. Both are 0 on average over the fake points, which leaves their slopes.
    """
    above, below = style.axes(1), style.axes(2)
    x, y = plan.real[:, 0], plan.fake[:, 0]
    rows = np.array([[[x[i], 1.0], [y[j], 0.0]] for i, j in plan.threads])
    curves = np.stack([_bent(start, end) for start, end in rows])
    data = [style.line(*style.polyline(curves), style.GREY, 2, opacity=0.75, **above)]
    for places, row, colour in ((x, 1.0, REAL), (y, 0.0, FAKE)):
        points = np.column_stack([places, np.full(len(places), row)])
        look = {"size": 15, "color": colour, "line": {"width": 1, "color": "white"}}
        data.append(style.dots(points, look, cliponaxis=False, **above))
    exact = plan.potential(np.asarray(at)[:, None])
    exact = exact - plan.potential(plan.fake).mean()
    data.append(style.line(at, exact, EXACT, 5, **below))
    if critic is not None:
        f = np.asarray(critic.f, np.float64)
        f = f - np.interp(y, at, f).mean()
        data.append(style.line(at, f, CRITIC, 3, **below))
    for places, colour in ((x, REAL), (y, FAKE)):
        on_curve = np.column_stack([places, np.interp(places, at, exact)])
        data.append(style.dots(on_curve, {"size": 9, "color": colour}, **below))
    high = float(np.abs(exact[np.abs(at) < 3.2]).max()) * 1.25
    layout = _layout(plan, critic, title, high, narrow=False)
    layout["meta"] = {"narrow": _layout(plan, critic, title, high, narrow=True)}
    return {"data": data, "layout": layout}


def _bent(start: NDArray[np.floating], end: NDArray[np.floating]) -> NDArray[np.float64]:
    """A thread that leaves and arrives upright, (25, 2)."""
    t = np.linspace(0, 1, 25)
    eased = t * t * (3 - 2 * t)
    across = start[0] + (end[0] - start[0]) * eased
    return np.column_stack([across, start[1] + (end[1] - start[1]) * t])


def _layout(plan: Plan, critic: CriticFit | None, title: str, high: float, narrow: bool) -> Part:
    size = 13 if narrow else 15
    spans = {"": [0.66, 0.93], "2": [0.0, 0.55]}
    said = [
        style.key(EXACT, f"exact potential: E f(x) − E f(y) = {plan.dual:.3f}", "━"),
    ]
    if critic is not None:
        words = f"{title}: {critic.estimate:.3f}, steepest {critic.slope:.2f}"
        said.append(style.key(CRITIC, words, "━"))
    titles = {
        "": f"{style.key(REAL, 'data', '●')}  {style.key(FAKE, 'generator', '●')}   "
        f"cheapest threads: W<sub>1</sub> = {plan.primal:.3f}",
        "2": ("<br>" if narrow else "   ").join(said),
    }
    layout: Part = {
        **{"height": 620 if narrow else 520, "margin": {"l": 34, "r": 10, "t": 8, "b": 30}},
        **{"showlegend": False, "dragmode": False, "uirevision": "transport", "annotations": []},
    }
    ticks = {"tickfont": {"size": size - 1}, "zeroline": False, "fixedrange": True}
    for number, up in spans.items():
        layout[f"xaxis{number}"] = {"domain": [0, 1], "anchor": f"y{number}", "range": [-3.2, 3.2]}
        layout[f"xaxis{number}"] |= ticks
        layout[f"yaxis{number}"] = {"domain": up, "anchor": f"x{number}", **ticks}
        layout["annotations"].append(style.note(titles[number], 0, up[1], size, yshift=6))
    layout["xaxis"] |= {"showticklabels": False, "showgrid": False}
    layout["yaxis"] |= {"range": [-0.12, 1.12], "showgrid": False, "showticklabels": False}
    layout["yaxis2"] |= {"range": [-high, high], "title": {"text": "f"}, "zeroline": True}
    return layout
