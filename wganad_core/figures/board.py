"""Figures of merit as bars: every detector on every class (Fig. 23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wganad_core.board import PAPER, Line, Row, over_seeds
from wganad_core.figures import style
from wganad_core.figures.style import PALETTE, Part
from wganad_core.use_cases import UseCase

FEW = (style.BLUE, style.SKY, style.ORANGE, style.PURPLE, style.GREEN)  # of bars of few classes
HATCHES = ("/", "x", ".", "\\")
MOST_IN_A_ROW = 8  # groups of bars


def bar_series(case: UseCase, found: Sequence[Line]) -> dict[str, list[Row]]:
    """The rows of the detectors that the use case has bars of, by their labels."""
    made: dict[str, list[Row]] = {}
    for label, (detector, model) in case.board.bars.items():
        for line in found:
            if line.detector == detector and model in ("", line.model):
                made.setdefault(label, []).extend(r for cell in line.cells.values() for r in cell)
    return made


def auprc_bars(series: Mapping[str, Sequence[Row]], classes: Sequence[str]) -> Part:
    """AUPRC by abnormal class, a bar per series, above the chance level (Fig. 23).

    Seeds are averaged, ± their standard deviation. Quoted rows, of the detector `paper`, are
    hatched. Many classes come in two halves, one below the other where it is narrow.
    """
    rows = [row for members in series.values() for row in members]
    protocols = {row.protocol for row in rows if row.n is not None}
    if not rows or len(protocols) > 1:
        found = ", ".join(sorted(protocols)) or "none"
        raise ValueError(f"Expected rows of one protocol; found {found}. Choose one.")
    half = -(-len(classes) // 2)
    parts = [classes[:half], classes[half:]] if len(classes) > MOST_IN_A_ROW else [classes]
    data = []
    for axis, part in enumerate(parts, start=1):
        n_quoted = 0
        for i, (name, members) in enumerate(series.items()):
            colour, hatch = _look(i, len(parts))
            if members[0].detector == PAPER:
                colour, hatch = style.GREY, HATCHES[n_quoted % len(HATCHES)]
                n_quoted += 1
            data.append(_bars(name, members, part, colour, hatch) | _once(name, axis, len(parts)))
        data.append(_chance(rows, part) | _once("chance", axis, len(parts)))
    wide = _bar_layout(parts, len(series), narrow=False)
    wide["meta"] = {"narrow": _bar_layout(parts, len(series), narrow=True)}
    return {"data": data, "layout": wide}


def _look(i: int, n_parts: int) -> tuple[str, str]:
    """Colour and hatch of the series number i."""
    colours = FEW if n_parts == 1 else PALETTE
    return colours[i % len(colours)], "x" if i >= len(colours) else ""


def _once(name: str, axis: int, n_parts: int) -> Part:
    """In the legend for the first half only. A legend of groups would have wider gaps."""
    grouped = {"legendgroup": name, "showlegend": axis == 1} if n_parts > 1 else {}
    return {**grouped, **style.axes(axis)}


def _bars(name: str, rows: Sequence[Row], classes: Sequence[str], colour: str, hatch: str) -> Part:
    members = [[row for row in rows if row.abnormal == abnormal] for abnormal in classes]
    found = [over_seeds(group, "auprc") for group in members]
    n_seeds = [f"{len(group)} seed{'s' * (len(group) != 1)}" for group in members]
    pattern = {"shape": hatch, "fillmode": "replace", "size": 5, "solidity": 0.45}
    return {
        "type": "bar",
        "x": np.arange(len(classes)),
        "y": [f and f[0] for f in found],
        "name": name,
        "offsetgroup": name,
        "cliponaxis": False,
        "marker": {"color": colour, "line": {"color": colour, "width": 1}, "pattern": pattern},
        "error_y": {
            "array": [0 if f is None else f[1] or 0 for f in found],
            "visible": max(map(len, members), default=0) > 1,
            **{"width": 2, "thickness": 1.2, "color": style.GREY},
        },
        "customdata": ["as printed"] * len(classes) if rows[0].detector == PAPER else n_seeds,
        "hovertemplate": f"{name}: %{{y:.1%}} (%{{customdata}})<extra></extra>",
    }


def _chance(rows: Sequence[Row], classes: Sequence[str]) -> Part:
    """The base rate of each class as a line across its bars, taken from the largest test part."""
    x: list[float | None] = []
    y: list[float | None] = []
    for i, abnormal in enumerate(classes):
        known = [row for row in rows if row.abnormal == abnormal and row.base_rate is not None]
        if known:
            rate = max(known, key=lambda row: row.n or 0).base_rate
            x += [i - 0.46, i + 0.46, None]
            y += [rate, rate, None]
    line = {"color": style.GREY, "width": 3, "dash": "2px,2px"}
    words = "chance %{y:.1%}<extra></extra>"
    name = "chance (base rate)"
    return style.scatter("lines", x, y, name=name, line=line, hovertemplate=words)


def _bar_layout(parts: Sequence[Sequence[str]], n: int, narrow: bool) -> Part:
    """Both halves in one row or one below the other, or a single row."""
    single, stacked = len(parts) == 1, narrow and len(parts) > 1
    legend = 26 * (1 + n // 6)
    margin = {"l": 58 if single else 44, "r": 4, "t": legend + 10, "b": 40}
    slanted: Part = {}
    if narrow and single:
        legend = 20 * (n + 1)
        margin |= {"l": 40, "t": legend + 10, "b": 66}
        slanted = {"tickangle": -40, "tickfont": {"size": 12}}
    elif narrow:
        legend = 26 * -(-(n + 1) // 2)
        margin["t"] = legend + 10
    place = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    inner = 2 * 230 if stacked else 344 if single else 360
    layout: Part = {"height": inner + legend, "margin": margin}
    layout |= {"barmode": "group", "bargap": 0.16, "bargroupgap": 0.06, "legend": place}
    start, total, fixed = 0.0, sum(map(len, parts)), {"fixedrange": True}
    for number, part in enumerate(parts):
        axis = "2" if number else ""
        end = start + len(part) / total
        up = [0.0, 1.0] if not stacked else [0.0, 0.44] if number else [0.56, 1.0]
        across = [0, 1] if stacked else [start, min(1, end)]
        plain = {"showgrid": False, "zeroline": False, "range": [-0.5, len(part) - 0.5]}
        ticks = {"tickvals": list(range(len(part))), "ticktext": list(part), **slanted}
        layout[f"xaxis{axis}"] = {"domain": across, "anchor": f"y{axis}", **fixed, **plain, **ticks}
        shares = {"range": [0, 1.02], "tickformat": ".0%", "nticks": 6, **fixed}
        shares["showticklabels"] = stacked or not number
        layout[f"yaxis{axis}"] = {"domain": up, "anchor": f"x{axis}", **shares}
        start = end
    if single:
        layout["yaxis"]["title"] = {"text": "" if narrow else "AUPRC"}
    return layout
