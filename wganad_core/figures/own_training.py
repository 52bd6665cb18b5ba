"""How a detector of one's own is learning: the critic's estimate of W, losses, validation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wganad_core.figures import style

COLOURS = {
    "critic": style.GREY,
    "generator": style.ORANGE,
    "encoder": style.GREEN,
    "penalty": style.SKY,
}
HEIGHT = 270
Report = Mapping[str, Any]


def training_spec(reports: Sequence[Report], n_steps: int) -> dict[str, Any]:
    """`reports`: `Progress` as dictionaries, in order. Left the estimate of W (where the method
    has one), right the losses; `validation` on the left while a generator learns, on the right
    while an encoder does. A plain dictionary, as a live page sends it."""
    step = np.array([report["step"] for report in reports], float)
    stage = np.array([report["stage"] for report in reports])
    data: list[style.Part] = []
    w = _column(reports, lambda report: report["w_estimate"])
    if np.isfinite(w).any() or not len(step):
        data.append(_line(step, w, "W estimate", style.BLUE, "", width=2.5))
    validation = _column(reports, lambda report: report["validation"])
    for axes, name in (("", "generator"), ("2", "encoder")):
        known = np.isfinite(validation) & (stage == name)
        held_out = _line(step[known], validation[known], "held-out rows", style.PURPLE, axes, 1.5)
        data.append(
            held_out | {"mode": "lines+markers", "marker": {"size": 5, "color": style.PURPLE}}
        )
    names = list(dict.fromkeys(name for report in reports for name in report["losses"]))
    for name in names:
        loss = _column(reports, lambda report, name=name: report["losses"].get(name))
        if name in ("critic", "generator", "penalty") and "encoder" in stage:
            loss = np.where(stage != "generator", np.nan, loss)  # only where it is being learned
        data.append(_line(step, loss, name, COLOURS.get(name, style.VERMILLION), "2"))
    return {"data": data, "layout": _layout(step, stage.tolist(), names, n_steps)}


def _column(reports: Sequence[Report], value: Any) -> Any:
    found = [value(report) for report in reports]
    return np.array([math.nan if v is None else v for v in found], float)


def _line(x: Any, y: Any, name: str, colour: str, axes: str, width: float = 1.8) -> style.Part:
    where: style.Part = {"xaxis": f"x{axes}", "yaxis": f"y{axes}", "showlegend": False}
    return style.line(x, y, colour, width, name=name, **where)


def _layout(step: Any, stages: list[str], names: list[str], n_steps: int) -> dict[str, Any]:
    """Side by side, and below each other where it is narrow."""
    x = {"range": [0, max(1, n_steps)], "fixedrange": True, "nticks": 6, "zeroline": False}
    y = {"fixedrange": True, "nticks": 5, "zeroline": False}
    shapes = []
    if "encoder" in stages and stages[0] != "encoder":
        at = step[stages.index("encoder") - 1]
        dotted = {"color": style.GREY, "width": 1, "dash": "dot"}
        border = {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": dotted}
        shapes = [{**border, "xref": f"x{n}", "yref": f"y{n} domain"} for n in ("", "2")]
    keys = [style.coloured(f"━ {n}", COLOURS.get(n, style.VERMILLION)) for n in names]
    losses = " ".join(["<b>Losses</b>", *keys])
    estimate = style.coloured("━ critic's estimate", style.BLUE)
    w = f"{estimate} {style.coloured('● held-out rows', style.PURPLE)}"

    words = {"text": "step", "standoff": 4}

    def places(across: Any, up: Any, **first: Any) -> dict[str, Any]:
        """The axes of both halves, with the domains of x and what else is said of y."""
        return {
            "xaxis": {**x, "title": words, "domain": across[0], **first},
            "yaxis": {**y, **up[0]},
            "xaxis2": {**x, "title": words, "domain": across[1], "anchor": "y2"},
            "yaxis2": {**y, **up[1], "anchor": "x2"},
        }

    beside = places([[0.0, 0.47], [0.54, 1.0]], [{}, {}])
    halves = [{"domain": [0.57, 1]}, {"domain": [0, 0.42]}]
    stacked = places([[0, 1], [0, 1]], halves, title={"text": ""})
    return {
        "height": HEIGHT,
        "margin": {"l": 46, "r": 8, "t": 26, "b": 40},
        "shapes": shapes,
        **beside,
        "annotations": [
            style.note(f"<b>Distance W of made and real rows</b> {w}", 0, 1),
            style.note(losses, 0.54, 1),
        ],
        "meta": {
            "narrow": {
                "height": 2 * HEIGHT - 60,
                **stacked,
                "annotations": [style.note(f"<b>W</b> {w}", 0, 1), style.note(losses, 0, 0.43)],
            }
        },
    }
