"""AUPRC of detectors on windows, one group of bars per activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wganad_core.board import Row, over_seeds
from wganad_core.figures import style

Spec = dict[str, Any]

BARS = (style.BLUE, style.SKY, style.ORANGE, style.PURPLE, style.GREEN)
QUOTED = "paper"


def activity_bars(series: Mapping[str, Sequence[Row]], activities: Sequence[str]) -> Spec:
    """AUPRC by abnormal activity, a bar per series (seeds averaged, ± their standard deviation),
    above the base rate. Quoted rows, of the detector `paper`, are hatched."""
    protocols = {row.protocol for rows in series.values() for row in rows if row.n is not None}
    if len(protocols) != 1:
        raise ValueError(
            f"Expected rows of one protocol; found {', '.join(sorted(protocols)) or 'none'}."
        )
    data = [_bars(name, rows, activities, i) for i, (name, rows) in enumerate(series.items())]
    data.append(_chance([row for rows in series.values() for row in rows], activities))
    layout = {
        "height": 400,
        "margin": {"l": 58, "r": 4, "t": 62, "b": 40},
        "barmode": "group",
        "bargap": 0.16,
        "bargroupgap": 0.06,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 12},
        },
        "xaxis": {
            "tickvals": list(range(len(activities))),
            "ticktext": list(activities),
            "range": [-0.5, len(activities) - 0.5],
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "range": [0, 1.02],
            "tickformat": ".0%",
            "nticks": 6,
            "fixedrange": True,
            "title": {"text": "AUPRC"},
        },
        "meta": {
            "narrow": {
                "height": 500,
                "margin": {"l": 40, "r": 2, "t": 170, "b": 66},
                "yaxis": {"title": {"text": ""}},
                "xaxis": {"tickangle": -40, "tickfont": {"size": 12}},
            }
        },
    }
    return {"data": data, "layout": layout}


def _bars(name: str, rows: Sequence[Row], activities: Sequence[str], i: int) -> dict[str, Any]:
    members = [[row for row in rows if row.abnormal == activity] for activity in activities]
    found = [over_seeds(group, "auprc") for group in members]
    quoted = rows[0].detector == QUOTED
    colour = style.GREY if quoted else BARS[i % len(BARS)]
    hatch = "/" if quoted else "x" if i >= len(BARS) else ""
    return {
        "type": "bar",
        "x": np.arange(len(activities)),
        "y": [f and f[0] for f in found],
        "name": name,
        "cliponaxis": False,
        "marker": {
            "color": colour,
            "line": {"color": colour, "width": 1},
            "pattern": {"shape": hatch, "fillmode": "replace", "size": 5, "solidity": 0.45},
        },
        "error_y": {
            "array": [0 if f is None else f[1] or 0 for f in found],
            "width": 2,
            "thickness": 1.2,
            "color": style.GREY,
            "visible": max(map(len, members), default=0) > 1,
        },
        "customdata": [
            "as printed" if quoted else f"{len(group)} seed{'s' * (len(group) != 1)}"
            for group in members
        ],
        "hovertemplate": f"{name}: %{{y:.1%}} (%{{customdata}})<extra></extra>",
    }


def _chance(rows: Sequence[Row], activities: Sequence[str]) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for i, activity in enumerate(activities):
        rates = [r.base_rate for r in rows if r.abnormal == activity and r.base_rate is not None]
        if rates:
            x += [i - 0.46, i + 0.46, None]
            y += [rates[0], rates[0], None]
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "name": "chance (base rate)",
        "line": {"color": style.GREY, "width": 3, "dash": "2px,2px"},
        "hovertemplate": "chance %{y:.1%}<extra></extra>",
    }
