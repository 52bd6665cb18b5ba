"""Scores of digits: box plots by class (Figs 14, 15, 22), Table 1 as bars (Fig. 23), the parts of
one score and its place among all. The pictures of digits are in `digit_images`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.board import MEAN, Row, over_seeds
from wganad_core.figures import style
from wganad_core.figures.digit_images import Spec, autopsy, data_uri, path_animation, sprite
from wganad_core.records import Judgement, ScoreTable

__all__ = [
    "Spec",
    "auprc_bars",
    "autopsy",
    "class_boxes",
    "data_uri",
    "digit_boxes",
    "five_numbers",
    "path_animation",
    "place_among",
    "share_below",
    "sprite",
    "terms_bars",
]

NORMAL, ABNORMAL = style.BLUE, style.VERMILLION
PALETTE = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILLION, style.PURPLE, style.SKY)
TERMS = (*PALETTE, "#F0E442")
DEEP = (style.BLUE, style.GREEN, style.VERMILLION)  # white words on these, dark ones on the rest
WHOLE = "score"  # stands for the parts of a score that has none
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


def class_boxes(table: ScoreTable, log: bool = False) -> Spec:
    """Test scores of one detector by class, the abnormal one highlighted (Figs 14 and 15)."""
    test = _test_part(table)
    if log and test.score.min() <= 0:
        raise ValueError(
            f"Expected scores above 0 for a logarithmic axis; found {test.score.min():.3g}. "
            "Draw them on a linear one."
        )
    abnormal = str(test.abnormal[0])
    data = []
    classes = sorted(np.unique(test.class_).tolist())
    for name in classes:
        colour = ABNORMAL if name == abnormal else NORMAL
        data += _box(name, test.score[test.class_ == name], colour)
    words = f"{_mark(NORMAL, 'normal')}   {_mark(ABNORMAL, f'never seen in training: {abnormal}')}"
    layout = {
        "height": 420,
        "margin": {"l": 56, "r": 8, "t": 30, "b": 40},
        "showlegend": False,
        "annotations": [_note(words, 0, 1)],
        "xaxis": {
            "type": "category",
            "categoryarray": classes,
            "categoryorder": "array",
            "fixedrange": True,
            "tickvals": classes,
            "title": {"text": "class"},
            "ticktext": [f"<b>{name}</b>" if name == abnormal else name for name in classes],
        },
        "yaxis": {
            "type": "log" if log else "linear",
            "title": {"text": "anomaly score"},
            "nticks": 7,
        },
        "meta": {
            "narrow": {
                "margin": {"l": 40, "r": 2, "t": 30, "b": 34},
                "height": 360,
                "yaxis": {"title": {"text": ""}},
                "xaxis": {"title": {"text": ""}},
            }
        },
    }
    return {"data": data, "layout": layout}


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
) -> list[dict[str, Any]]:
    """A box from its five numbers and, beyond the whiskers, some of the far values."""
    low, first, middle, third, high = five_numbers(values)
    own = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "name": at}
    box = {
        "type": "box",
        "x": [at],
        "lowerfence": [low],
        "q1": [first],
        "median": [middle],
        "q3": [third],
        "upperfence": [high],
        "line": {"color": colour, "width": 1.6},
        **own,
    }
    far = np.concatenate([_thin(values[values < low], n_far), _thin(values[values > high], n_far)])
    dots = {
        "type": "scatter",
        "x": [at] * len(far),
        "y": far,
        "mode": "markers",
        "hovertemplate": "%{y:.3g}<extra></extra>",
        **own,
        "marker": {"size": 4, "color": colour, "opacity": 0.6, "symbol": "circle-open"},
    }
    return [box, dots]


def _thin(values: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    """At most n of the values, evenly by rank, the lowest and the highest among them."""
    if len(values) <= n:
        return values
    kept = np.linspace(0, len(values) - 1, n).round().astype(int)
    return np.asarray(np.sort(values)[kept])


def digit_boxes(tables: Mapping[str, ScoreTable]) -> Spec:
    """Normals beside the abnormal digit, one panel per abnormal digit (Fig. 22).

    `tables`: one detector's scores by abnormal digit. Every panel has its own axis of scores.
    """
    data: list[dict[str, Any]] = []
    for i, (digit, table) in enumerate(tables.items(), start=1):
        test = _test_part(table)
        for label, name, colour in ((0, "normal", NORMAL), (1, digit, ABNORMAL)):
            values = test.score[test.label == label]
            data += _box(name, values, colour, str(i) if i > 1 else "", n_far=6)
    wide = _panels(list(tables), columns=5)
    wide["meta"] = {"narrow": _panels(list(tables), columns=2)}
    return {"data": data, "layout": wide}


def _panels(digits: list[str], columns: int) -> dict[str, Any]:
    rows = max(1, -(-len(digits) // columns))
    height = 60 + 210 * rows
    layout: dict[str, Any] = {
        "height": height,
        "margin": {"l": 40, "r": 4, "t": 30, "b": 26},
        "showlegend": False,
        "annotations": [],
    }
    gap = 0.26 / columns
    width = (1 - gap * (columns - 1)) / columns
    for i, digit in enumerate(digits):
        row, column = divmod(i, columns)
        left, top = column * (width + gap), 1 - row / rows
        bottom = top - (1 if row == rows - 1 else 1 - 54 / (height - 56) * rows) / rows
        layout[f"xaxis{i + 1}"] = {
            "domain": [left, min(1, left + width)],
            "anchor": f"y{i + 1}",
            "fixedrange": True,
            "type": "category",
            "tickvals": ["normal", digit],
            "ticktext": ["normal", f"<b>{digit}</b>"],
            "tickfont": {"size": 12},
        }
        layout[f"yaxis{i + 1}"] = {
            "domain": [max(0, bottom), top],
            "anchor": f"x{i + 1}",
            "nticks": 4,
            "tickfont": {"size": 11},
            "tickformat": "~g",
        }
        layout["annotations"].append(_note(f"<b>{digit}</b> never seen", left, top, 13))
    return layout


def auprc_bars(rows: Sequence[Row], detectors: Sequence[str]) -> Spec:
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
    data = []
    for axis, part in zip(("", "2"), halves, strict=False):
        for i, (name, members) in enumerate(series.items()):
            data.append(_bars(name, members, part, i, axis))
        data.append(_chance(used, part, axis))
    wide = _bar_layout(halves, len(series), narrow=False)
    wide["meta"] = {"narrow": _bar_layout(halves, len(series), narrow=True)}
    return {"data": data, "layout": wide}


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


def _bars(name: str, rows: list[Row], groups: Sequence[str], i: int, axis: str) -> dict[str, Any]:
    found = [over_seeds([r for r in rows if r.abnormal == group], "auprc") for group in groups]
    n_seeds = [sum(r.abnormal == group for r in rows) for group in groups]
    quoted = rows[0].detector == QUOTED
    colour = style.GREY if quoted else PALETTE[i % len(PALETTE)]
    hatch = HATCHES[i % len(HATCHES)] if quoted or i >= len(PALETTE) else ""
    return {
        "type": "bar",
        "x": np.arange(len(groups)),
        "y": [f and f[0] for f in found],
        "name": name,
        "legendgroup": name,
        "showlegend": not axis,
        "offsetgroup": name,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
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
            "visible": max(n_seeds) > 1,
        },
        "customdata": ["as printed" if quoted else f"{n} seed{'s' * (n != 1)}" for n in n_seeds],
        "hovertemplate": f"{name}: %{{y:.1%}} (%{{customdata}})<extra></extra>",
    }


def _chance(rows: list[Row], groups: Sequence[str], axis: str) -> dict[str, Any]:
    """The base rate of each digit as a line across its bars, taken from the largest test part."""
    x: list[float | None] = []
    y: list[float | None] = []
    for i, group in enumerate(groups):
        known = [r for r in rows if r.abnormal == group and r.base_rate is not None]
        if known:
            rate = max(known, key=lambda row: row.n or 0).base_rate
            x += [i - 0.46, i + 0.46, None]
            y += [rate, rate, None]
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "name": "chance (base rate)",
        "legendgroup": "chance",
        "showlegend": not axis,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "line": {"color": style.GREY, "width": 3, "dash": "2px,2px"},
        "hovertemplate": "chance %{y:.1%}<extra></extra>",
    }


def _bar_layout(halves: Sequence[Sequence[str]], n: int, narrow: bool) -> dict[str, Any]:
    """Both halves of the digits in one row, or one below the other."""
    legend = 26 * (-(-(n + 1) // 2) if narrow else 1 + n // 6)
    stacked = narrow and len(halves) > 1
    height = (2 * 230 if stacked else 360) + legend
    margin = {"l": 44, "r": 4, "t": legend + 10, "b": 40}
    layout: dict[str, Any] = {
        "height": height,
        "margin": margin,
        "bargap": 0.16,
        "bargroupgap": 0.06,
        "barmode": "group",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 12},
        },
    }
    sizes = [len(part) for part in halves]
    start = 0.0
    for number, part in enumerate(halves):
        axis = "2" if number else ""
        end = start + len(part) / sum(sizes)
        up = [0.0, 1.0] if not stacked else [0.0, 0.44] if axis else [0.56, 1.0]
        layout[f"xaxis{axis}"] = {
            "domain": [0, 1] if stacked else [start, min(1, end)],
            "anchor": f"y{axis}",
            "tickvals": list(range(len(part))),
            "ticktext": list(part),
            "showgrid": False,
            "range": [-0.5, len(part) - 0.5],
            "fixedrange": True,
            "zeroline": False,
        }
        layout[f"yaxis{axis}"] = {
            "domain": up,
            "anchor": f"x{axis}",
            "range": [0, 1.02],
            "tickformat": ".0%",
            "nticks": 6,
            "fixedrange": True,
            "showticklabels": stacked or not axis,
        }
        start = end
    return layout


def terms_bars(judgements: Mapping[str, Judgement], at: int = 0) -> Spec:
    """The additive parts of each detector's score for its sample number `at`, a row each.

    A row is as long as the sizes of its parts together, so that where no part is below zero a
    part's length is its share of the score. Parts below zero go to the left.
    """
    rows = {name: _terms(judged, at) for name, judged in judgements.items()}
    names, kinds = (
        list(rows),
        list(dict.fromkeys(term for terms in rows.values() for term in terms)),
    )
    kinds.sort(key=WHOLE.__eq__)  # at the end, as its colour does not count
    data = [_term_bars(term, i, rows) for i, term in enumerate(kinds)]
    notes = [
        {
            "x": 1.0,
            "xref": "paper",
            "xanchor": "left",
            "y": name,
            "yref": "y",
            "xshift": 6,
            "text": f"<b>{judged.score[at]:.3g}</b>",
            "showarrow": False,
        }
        for name, judged in judgements.items()
    ]
    lengths = [value for terms in rows.values() for value in _lengths(terms).values()]
    inner = 44 * max(1, len(names))
    layout = {
        "height": inner + 130,
        "margin": {"l": 84, "r": 58, "t": 10, "b": 120},
        "barmode": "relative",
        "bargap": 0.3,
        "annotations": notes,
        "uniformtext": {"mode": "hide", "minsize": 10},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -32 / inner,
            "yanchor": "top",
            "traceorder": "normal",
        },
        "xaxis": {
            "tickformat": ".0%",
            "nticks": 5,
            "zeroline": True,
            "fixedrange": True,
            "range": [-1.02 if min(lengths, default=0) < 0 else 0, 1.02],
        },
        "yaxis": {
            "autorange": "reversed",
            "categoryarray": names,
            "categoryorder": "array",
            "type": "category",
            "fixedrange": True,
        },
    }
    return {"data": data, "layout": layout}


def _terms(judged: Judgement, at: int) -> dict[str, float]:
    """One sample's terms; a score without any is its own."""
    named = judged.terms or {WHOLE: judged.score}
    return {name: float(value[at]) for name, value in named.items()}


def _lengths(terms: Mapping[str, float]) -> dict[str, float]:
    """The terms over the sum of their sizes."""
    whole = sum(map(abs, terms.values())) or 1.0
    return {name: value / whole for name, value in terms.items()}


def _term_bars(term: str, i: int, rows: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """A term in every row that has it."""
    having = {detector: terms for detector, terms in rows.items() if term in terms}
    colour = style.GREY if term == WHOLE else TERMS[i % len(TERMS)]
    words = [f"{terms[term]:.3g}" for terms in having.values()]
    hatch = {
        "shape": HATCHES[0] if i >= len(TERMS) else "",
        "fillmode": "overlay",
        "fgcolor": "rgba(255,255,255,0.5)",
        "solidity": 0.2,
    }
    return {
        "type": "bar",
        "orientation": "h",
        "name": term,
        "y": list(having),
        "x": [_lengths(terms)[term] for terms in having.values()],
        "marker": {"color": colour, "pattern": hatch},
        "text": words,
        "textposition": "inside",
        "textangle": 0,
        "insidetextanchor": "middle",
        "textfont": {"color": "#FFFFFF" if colour in DEEP else "#1B1F24", "size": 12},
        "hovertemplate": f"%{{y}}: {term} %{{text}} (%{{x:.0%}})<extra></extra>",
    }


def place_among(scores_by_class: ScoreTable, score: float) -> Spec:
    """Where a score lies among the test scores of one detector, normal and abnormal."""
    test = _test_part(scores_by_class)
    normal, abnormal = test.score[test.label == 0], test.score[test.label == 1]
    # A few far scores must not squeeze all others together.
    top = max(score, *(float(np.quantile(v, 0.99)) for v in (normal, abnormal) if len(v)))
    low = min(float(test.score.min()), score)
    edges = np.linspace(low, top if top > low else low + 1, N_BINS + 1)
    data = [
        _histogram(normal, edges, "normal", NORMAL),
        _histogram(abnormal, edges, f"abnormal ({test.abnormal[0]})", ABNORMAL),
    ]
    line = {
        "type": "line",
        "x0": score,
        "x1": score,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"width": 3, "color": style.ORANGE},
    }
    place = f"<b>{score:.3g}</b>, higher than {_percent(share_below(normal, score))} of normals"
    layout = {
        "height": 300,
        "margin": {"l": 48, "r": 8, "t": 30, "b": 70},
        "barmode": "overlay",
        "bargap": 0,
        "shapes": [line],
        "annotations": [_note(_mark(style.ORANGE, place), 0, 1)],
        "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
        "xaxis": {"range": [edges[0], edges[-1] + 0.02 * (edges[-1] - edges[0])], "nticks": 6},
        "yaxis": {"tickformat": ".0%", "nticks": 4, "rangemode": "tozero"},
    }
    return {"data": data, "layout": layout}


def _histogram(
    values: NDArray[np.floating], edges: NDArray[np.floating], name: str, colour: str
) -> dict[str, Any]:
    """Shares of the values by bin; the last bin holds whatever lies beyond it, too."""
    counts, _ = np.histogram(np.minimum(values, edges[-1]), edges)
    return {
        "type": "bar",
        "x": edges[:-1],
        "y": counts / max(1, len(values)),
        "width": np.diff(edges),
        "offset": 0,
        "name": name,
        "marker": {"color": colour, "opacity": 0.55, "line": {"width": 0}},
        "hovertemplate": f"{name}: %{{y:.1%}} from %{{x:.3g}} on<extra></extra>",
    }


def _percent(share: float) -> str:
    """In percent, rounded down, so that 100 % means all."""
    return f"{math.floor(1000 * share + 1e-9) / 10:g} %"


def _mark(colour: str, words: str) -> str:
    return f'<span style="color:{colour}">■</span> {words}'


def _note(text: str, x: float, y: float, size: int = 13) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "align": "left",
        "font": {"size": size},
    }
