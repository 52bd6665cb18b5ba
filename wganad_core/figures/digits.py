"""Scores of digits: box plots by class (Figs 14, 15, 22), Table 1 as bars (Fig. 23), the parts of
one score and its place among all. The pictures of digits are in `digit_images`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wganad_core.board import MEAN, Row, over_seeds
from wganad_core.figures import style
from wganad_core.figures.digit_images import autopsy, data_uri, path_animation, sprite
from wganad_core.records import Judgement, ScoreTable

__all__ = [
    "auprc_bars", "autopsy", "class_boxes", "data_uri", "digit_boxes", "five_numbers",
    "path_animation", "place_among", "share_below", "sprite", "terms_bars",
]  # fmt: skip

NORMAL, ABNORMAL = style.BLUE, style.VERMILLION
PALETTE = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILLION, style.PURPLE, style.SKY)
HATCHES = ("/", "x", ".", "\\")
QUOTED = "paper"
N_FAR = 12  # points drawn beyond each whisker
N_BINS = 60

Five = tuple[float, float, float, float, float]


def five_numbers(values: NDArray[np.floating]) -> Five:
    """Lower whisker, quartile, median, quartile, upper whisker. As Tukey's, a whisker ends at the
    last value within 1.5 interquartile ranges of its quartile."""
    first, middle, third = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    reach = 1.5 * (third - first)
    inside = values[(values >= first - reach) & (values <= third + reach)]
    return float(inside.min()), first, middle, third, float(inside.max())


def share_below(values: NDArray[np.floating], score: float) -> float:
    """The share of values that `score` is higher than."""
    return float(np.mean(values < score))


def class_boxes(table: ScoreTable, log: bool = False) -> go.Figure:
    """Test scores of one detector by class, the abnormal one highlighted (Figs 14 and 15)."""
    test = _test_part(table)
    if log and test.score.min() <= 0:
        raise ValueError(
            f"Expected scores above 0 for a logarithmic axis; found {test.score.min():.3g}. "
            "Draw them on a linear one."
        )
    abnormal = str(test.abnormal[0])
    figure = go.Figure()
    classes = sorted(np.unique(test.class_).tolist())
    for name in classes:
        colour = ABNORMAL if name == abnormal else NORMAL
        figure.add_traces(_box(name, test.score[test.class_ == name], colour))
    words = f"{_mark(NORMAL, 'normal')}   {_mark(ABNORMAL, f'never seen in training: {abnormal}')}"
    return figure.update_layout(
        height=420, margin={"l": 56, "r": 8, "t": 30, "b": 40}, showlegend=False,
        annotations=[_note(words, 0, 1)],
        xaxis={"type": "category", "categoryarray": classes, "categoryorder": "array",
               "fixedrange": True, "tickvals": classes, "title": {"text": "class"},
               "ticktext": [f"<b>{name}</b>" if name == abnormal else name for name in classes]},
        yaxis={"type": "log" if log else "linear", "title": {"text": "anomaly score"},
               "nticks": 7, **({"dtick": "D1"} if log else {})},
        meta={"narrow": {"margin": {"l": 40, "r": 2, "t": 30, "b": 34}, "height": 360,
                         "yaxis": {"title": {"text": ""}}, "xaxis": {"title": {"text": ""}}}},
    )  # fmt: skip


def _test_part(table: ScoreTable) -> ScoreTable:
    """The test rows with finite scores, of one detector and one abnormal class."""
    test = table.where(part="test")
    for column in ("detector", "abnormal"):
        found = np.unique(getattr(test, column)).tolist()
        if len(found) != 1:
            raise ValueError(
                f"Expected test scores with one {column}; found {', '.join(found) or 'none'}."
            )
    return test


def _box(
    at: str, values: NDArray[np.floating], colour: str, axis: str = "", n_far: int = N_FAR
) -> list[Any]:
    """A box from its five numbers and, beyond the whiskers, some of the far values."""
    low, first, middle, third, high = five_numbers(values)
    own = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "name": at}
    box = go.Box(
        x=[at], lowerfence=[low], q1=[first], median=[middle], q3=[third], upperfence=[high],
        line={"color": colour, "width": 1.6}, **own,
    )  # fmt: skip
    far = np.concatenate([_thin(values[values < low], n_far), _thin(values[values > high], n_far)])
    dots = go.Scatter(
        x=[at] * len(far), y=far, mode="markers", hovertemplate="%{y:.3g}<extra></extra>",
        marker={"size": 4, "color": colour, "opacity": 0.6, "symbol": "circle-open"}, **own,
    )  # fmt: skip
    return [box, dots]


def _thin(values: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    """At most n of the values, evenly by rank, the lowest and the highest among them."""
    if len(values) <= n:
        return values
    kept = np.linspace(0, len(values) - 1, n).round().astype(int)
    return np.asarray(np.sort(values)[kept])


def digit_boxes(tables: Mapping[str, ScoreTable]) -> go.Figure:
    """Normals beside the abnormal digit, one panel per abnormal digit (Fig. 22).

    `tables`: one detector's scores by abnormal digit. Every panel has its own axis of scores.
    """
    figure = go.Figure()
    for i, (digit, table) in enumerate(tables.items(), start=1):
        test = _test_part(table)
        for label, name, colour in ((0, "normal", NORMAL), (1, digit, ABNORMAL)):
            values = test.score[test.label == label]
            figure.add_traces(_box(name, values, colour, str(i), n_far=6))
    wide = _panels(list(tables), columns=5)
    wide["meta"] = {"narrow": _panels(list(tables), columns=2)}
    return figure.update_layout(wide)


def _panels(digits: list[str], columns: int) -> dict[str, Any]:
    rows = max(1, -(-len(digits) // columns))
    height = 60 + 210 * rows
    layout: dict[str, Any] = {
        "height": height, "margin": {"l": 40, "r": 4, "t": 30, "b": 26}, "showlegend": False,
        "annotations": [],
    }  # fmt: skip
    gap = 0.26 / columns
    width = (1 - gap * (columns - 1)) / columns
    for i, digit in enumerate(digits):
        row, column = divmod(i, columns)
        left, top = column * (width + gap), 1 - row / rows
        bottom = top - (1 if row == rows - 1 else 1 - 54 / (height - 56) * rows) / rows
        layout[f"xaxis{i + 1}"] = {
            "domain": [left, min(1.0, left + width)], "anchor": f"y{i + 1}", "fixedrange": True,
            "type": "category", "tickvals": ["normal", digit],
            "ticktext": ["normal", f"<b>{digit}</b>"], "tickfont": {"size": 12},
        }  # fmt: skip
        layout[f"yaxis{i + 1}"] = {
            "domain": [bottom, top], "anchor": f"x{i + 1}", "nticks": 4, "tickfont": {"size": 11},
            "tickformat": "~g",
        }  # fmt: skip
        layout["annotations"].append(_note(f"<b>{digit}</b> never seen", left, top, 13))
    return layout


def auprc_bars(rows: Sequence[Row], detectors: Sequence[str]) -> go.Figure:
    """AUPRC by abnormal digit, a bar per detector, above the chance level (Fig. 23).

    Seeds are averaged, ± their standard deviation. `paper` among the detectors stands for all
    quoted rows, `paper:MODEL` for those of one model; they are hatched. Rows of the class `mean`
    come last.
    """
    series = _series(rows, detectors)
    used = [row for members in series.values() for row in members]
    protocols = {row.protocol for row in used}
    if len(protocols) > 1:
        raise ValueError(
            f"Expected rows of one protocol; found {', '.join(sorted(protocols))}. Choose one."
        )
    groups = sorted({row.abnormal for row in used}, key=lambda name: (name == MEAN, name))
    half = -(-len(groups) // 2)
    halves = (groups[:half], groups[half:]) if len(groups) > 5 else (groups,)
    figure = go.Figure()
    for axis, part in enumerate(halves, start=1):
        for i, (name, members) in enumerate(series.items()):
            figure.add_trace(_bars(name, members, part, i, str(axis)))
        figure.add_trace(_chance(used, part, str(axis)))
    wide = _bar_layout(halves, len(series), narrow=False)
    wide["meta"] = {"narrow": _bar_layout(halves, len(series), narrow=True)}
    return figure.update_layout(wide)


def _series(rows: Sequence[Row], detectors: Sequence[str]) -> dict[str, list[Row]]:
    """Rows by the name of their bar, in the order of `detectors`."""
    found: dict[str, list[Row]] = {}
    for wanted in detectors:
        detector, _, model = wanted.partition(":")
        for row in rows:
            if row.detector == detector and (not model or row.model == model):
                name = f"{row.model} (paper)" if detector == QUOTED else detector
                found.setdefault(name, []).append(row)
    if not found:
        raise ValueError(f"Expected rows of {', '.join(detectors) or 'some detector'}; found none.")
    return found


def _bars(name: str, rows: list[Row], groups: Sequence[str], i: int, axis: str) -> go.Bar:
    found = [over_seeds([r for r in rows if r.abnormal == group], "auprc") for group in groups]
    n_seeds = [sum(r.abnormal == group for r in rows) for group in groups]
    quoted = rows[0].detector == QUOTED
    colour = style.GREY if quoted else PALETTE[i % len(PALETTE)]
    hatch = HATCHES[i % len(HATCHES)] if quoted or i >= len(PALETTE) else ""
    return go.Bar(
        x=np.arange(len(groups)), y=[None if f is None else f[0] for f in found], name=name,
        legendgroup=name, showlegend=axis == "1", xaxis=f"x{axis}", yaxis=f"y{axis}",
        offsetgroup=name, cliponaxis=False,
        marker={"color": colour, "line": {"color": colour, "width": 1},
                "pattern": {"shape": hatch, "fillmode": "replace", "size": 5, "solidity": 0.45}},
        error_y={"array": [0 if f is None else f[1] or 0 for f in found], "width": 2,
                 "thickness": 1.2, "color": style.GREY, "visible": max(n_seeds) > 1},
        customdata=["as printed" if quoted else f"{n} seed{'s' * (n != 1)}" for n in n_seeds],
        hovertemplate=f"{name}: %{{y:.1%}} (%{{customdata}})<extra></extra>",
    )  # fmt: skip


def _chance(rows: list[Row], groups: Sequence[str], axis: str) -> go.Scatter:
    """The base rate of each digit as a line across its bars, taken from the largest test part."""
    x: list[float | None] = []
    y: list[float | None] = []
    for i, group in enumerate(groups):
        known = [r for r in rows if r.abnormal == group and r.base_rate is not None]
        if known:
            rate = max(known, key=lambda row: row.n or 0).base_rate
            x += [i - 0.46, i + 0.46, None]
            y += [rate, rate, None]
    return go.Scatter(
        x=x, y=y, mode="lines", name="chance (base rate)", legendgroup="chance",
        showlegend=axis == "1", xaxis=f"x{axis}", yaxis=f"y{axis}",
        line={"color": style.GREY, "width": 3, "dash": "2px,2px"},
        hovertemplate="chance %{y:.1%}<extra></extra>",
    )  # fmt: skip


def _bar_layout(halves: Sequence[Sequence[str]], n: int, narrow: bool) -> dict[str, Any]:
    """Both halves of the digits in one row, or one below the other."""
    legend = 26 * (-(-(n + 1) // 2) if narrow else 1 + n // 6)
    stacked = narrow and len(halves) > 1
    height = (2 * 230 if stacked else 360) + legend
    margin = {"l": 44, "r": 4, "t": legend + 10, "b": 40}
    layout: dict[str, Any] = {
        "height": height, "margin": margin, "bargap": 0.16, "bargroupgap": 0.06,
        "barmode": "group",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom",
                   "font": {"size": 12}},
    }  # fmt: skip
    sizes = [len(part) for part in halves]
    start = 0.0
    for axis, part in enumerate(halves, start=1):
        end = start + len(part) / sum(sizes)
        up = [0.0, 1.0] if not stacked else [0.56, 1.0] if axis == 1 else [0.0, 0.44]
        layout[f"xaxis{axis}"] = {
            "domain": [0, 1] if stacked else [start, min(1.0, end)], "anchor": f"y{axis}",
            "tickvals": list(range(len(part))), "ticktext": list(part), "showgrid": False,
            "range": [-0.5, len(part) - 0.5], "fixedrange": True, "zeroline": False,
        }  # fmt: skip
        layout[f"yaxis{axis}"] = {
            "domain": up, "anchor": f"x{axis}", "range": [0, 1.02], "tickformat": ".0%",
            "nticks": 6, "fixedrange": True, "showticklabels": stacked or axis == 1,
        }  # fmt: skip
        start = end
    return layout


def terms_bars(judgements: Mapping[str, Judgement], at: int = 0) -> go.Figure:
    """The additive parts of each detector's score for its sample number `at`, a row each.

    A row is as long as the sizes of its parts together, so that where no part is below zero a
    part's length is its share of the score. Parts below zero go to the left.
    """
    figure = go.Figure()
    for name, judged in judgements.items():
        terms = {term: float(value[at]) for term, value in judged.terms.items()}
        terms = terms or {"score": float(judged.score[at])}
        figure.add_traces(_parts(name, terms))
    scores = [f"<b>{judged.score[at]:.3g}</b>" for judged in judgements.values()]
    names = list(judgements)
    notes = [
        {"x": 1.0, "xref": "paper", "xanchor": "left", "y": name, "yref": "y", "xshift": 6,
         "text": score, "showarrow": False}
        for name, score in zip(names, scores, strict=True)
    ]  # fmt: skip
    return figure.update_layout(
        height=50 + 44 * max(1, len(names)), margin={"l": 96, "r": 62, "t": 24, "b": 26},
        barmode="relative", bargap=0.3, showlegend=False, annotations=notes,
        uniformtext={"mode": "hide", "minsize": 9},
        xaxis={"tickformat": ".0%", "nticks": 5, "zeroline": True, "fixedrange": True,
               "range": [min(0.0, _lowest(judgements, at)) - 0.01, 1.01]},
        yaxis={"autorange": "reversed", "categoryarray": names, "categoryorder": "array",
               "type": "category", "fixedrange": True},
    )  # fmt: skip


def _lengths(terms: Mapping[str, float]) -> dict[str, float]:
    """The terms over the sum of their sizes."""
    whole = sum(map(abs, terms.values())) or 1.0
    return {name: value / whole for name, value in terms.items()}


def _lowest(judgements: Mapping[str, Judgement], at: int) -> float:
    rows = [
        _lengths({term: float(value[at]) for term, value in judged.terms.items()})
        if judged.terms
        else {"score": math.copysign(1, judged.score[at])}
        for judged in judgements.values()
    ]
    return min((sum(v for v in row.values() if v < 0) for row in rows), default=0.0)


def _parts(detector: str, terms: Mapping[str, float]) -> list[go.Bar]:
    return [
        go.Bar(
            x=[length], y=[detector], orientation="h", name=term,
            marker={"color": PALETTE[i % len(PALETTE)],
                    "pattern": {"shape": HATCHES[0] if i >= len(PALETTE) else ""}},
            text=[f"{term} {terms[term]:.3g}"], textposition="inside", insidetextanchor="middle",
            textangle=0, textfont={"color": "#FFFFFF", "size": 12},
            hovertemplate=f"{detector}: {term} {terms[term]:.4g} (%{{x:.0%}})<extra></extra>",
        )
        for i, (term, length) in enumerate(_lengths(terms).items())
    ]  # fmt: skip


def place_among(scores_by_class: ScoreTable, score: float) -> go.Figure:
    """Where a score lies among the test scores of one detector, normal and abnormal."""
    test = _test_part(scores_by_class)
    normal, abnormal = test.score[test.label == 0], test.score[test.label == 1]
    top = max(float(np.quantile(test.score, 0.995)), score)
    low = min(float(test.score.min()), score)
    edges = np.linspace(low, top if top > low else low + 1, N_BINS + 1)
    figure = go.Figure()
    for values, name, colour in (
        (normal, "normal", NORMAL),
        (abnormal, f"abnormal ({test.abnormal[0]})", ABNORMAL),
    ):
        counts, _ = np.histogram(np.minimum(values, edges[-1]), edges)
        figure.add_trace(
            go.Bar(
                x=edges[:-1], y=counts / max(1, len(values)), width=np.diff(edges), offset=0,
                name=name, marker={"color": colour, "opacity": 0.55, "line": {"width": 0}},
                hovertemplate=f"{name}: %{{y:.1%}} from %{{x:.3g}} on<extra></extra>",
            )
        )  # fmt: skip
    line = {"type": "line", "x0": score, "x1": score, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"width": 3, "color": style.ORANGE}}  # fmt: skip
    side = "right" if score > (edges[0] + edges[-1]) / 2 else "left"
    words = f"<b>{score:.3g}</b>, higher than {_percent(share_below(normal, score))} of normals"
    note = _note(words, score, 1) | {"xref": "x", "xanchor": side}
    return figure.update_layout(
        height=300, margin={"l": 48, "r": 8, "t": 30, "b": 70}, barmode="overlay", bargap=0,
        shapes=[line], annotations=[note],
        legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
        xaxis={"range": [edges[0], edges[-1] + 0.02 * (edges[-1] - edges[0])], "nticks": 6},
        yaxis={"tickformat": ".0%", "nticks": 4, "rangemode": "tozero"},
    )  # fmt: skip


def _percent(share: float) -> str:
    """In percent, rounded down, so that 100 % means all."""
    return f"{math.floor(1000 * share + 1e-9) / 10:g} %"


def _mark(colour: str, words: str) -> str:
    return f'<span style="color:{colour}">■</span> {words}'


def _note(text: str, x: float, y: float, size: int = 13) -> dict[str, Any]:
    return {
        "text": text, "x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "left",
        "yanchor": "bottom", "showarrow": False, "align": "left", "font": {"size": size},
    }  # fmt: skip
