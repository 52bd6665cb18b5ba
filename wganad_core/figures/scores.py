"""Scores in pictures: box plots by class (Figs 14, 15, 19, 21 and 22), the parts of one score and
its place among all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.gallery import percent
from wganad_core.evaluation import Curve
from wganad_core.figures import style
from wganad_core.figures.style import Part
from wganad_core.records import Judgement, ScoreTable

NORMAL, ABNORMAL = style.BLUE, style.VERMILLION
TERMS = (*style.PALETTE, "#F0E442")
DEEP = (style.BLUE, style.GREEN, style.VERMILLION)  # white words on these, dark ones on the rest
WHOLE = "score"  # stands for the parts of a score that has none
SPREAD = 100.0  # times the smallest score and more are drawn on a logarithmic axis
N_FAR = 12  # points drawn beyond each whisker
N_BINS = 60

Five = tuple[float, float, float, float, float]
Values = NDArray[np.floating]


def wants_log(score: Values) -> bool:
    """Whether scores are all above 0 and too far apart for a linear axis."""
    low, high = float(score.min()), float(score.max())
    return low > 0 and high > SPREAD * low


def five_numbers(values: Values) -> Five:
    """Lower whisker, quartile, median, quartile, upper whisker. As Tukey's, a whisker ends at the
    last value within 1.5 interquartile ranges of its quartile."""
    first, middle, third = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    reach = 1.5 * (third - first)
    inside = values[(values >= first - reach) & (values <= third + reach)]
    return float(inside.min()), first, middle, third, float(inside.max())


def thinned(values: Values, n: int = N_FAR) -> Values:
    """At most n of the values, evenly by rank, the lowest and the highest among them."""
    kept = np.linspace(0, len(values) - 1, min(n, len(values))).round().astype(int)
    return np.asarray(np.sort(values)[kept])


def precision_steps(
    curve: Curve, base_rate: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall from 0 to 1 and the precision up to each; the area under these steps is the AUPRC."""
    rises = np.flatnonzero(np.diff(curve.true_positives)) + 1  # of equal recalls the first is best
    precision = curve.precision(base_rate, rises)
    return np.append(0, curve.recall[rises]), np.append(precision[:1], precision)


def share_below(values: Values, score: float) -> float:
    """The share of values that `score` is higher than."""
    return float(np.mean(values < score))


# Boxes


def class_boxes(table: ScoreTable, classes: Sequence[str] = (), log: bool = False) -> Part:
    """Test scores of one detector by class, in their order, the abnormal one in colour."""
    test = tests_of(table)
    if log and test.score.min() <= 0:
        raise ValueError(
            f"Expected scores above 0 for a logarithmic axis; found {test.score.min():.3g}. "
            "Draw them on a linear one."
        )
    abnormal, there = str(test.abnormal[0]), np.unique(test.class_).tolist()
    groups = {n: test.score[test.class_ == n] for n in classes or there if n in there}
    words = style.key(NORMAL, "normal")
    words += "   " + style.key(ABNORMAL, f"never seen in training: {abnormal}")
    return boxes(groups, {abnormal}, words, log)


def tests_of(table: ScoreTable) -> ScoreTable:
    """The test rows, which must be of one detector, model, protocol and abnormal class."""
    test = table.where(part="test")
    for column in ("detector", "model", "protocol", "abnormal"):
        found = np.unique(getattr(test, column)).tolist()
        if len(found) != 1:
            raise ValueError(
                f"Expected test scores with one {column}; found {', '.join(found) or 'none'}."
            )
    return test


def boxes(
    groups: Mapping[str, Values], marked: set[str], words: str, log: bool, title: str = ""
) -> Part:
    """A box per group, those that are marked in the colour of anomalies."""
    names, data = list(groups), []
    for name, values in groups.items():
        data += _box(name, values, ABNORMAL if name in marked else NORMAL, log)
    one_marked = len(marked) < len(names)
    bold = [f"<b>{name}</b>" if name in marked and one_marked else name for name in names]
    long = max(map(len, names), default=0) > 4
    yaxis = {"type": "log" if log else "linear", "nticks": 7, "zeroline": False}
    layout = {
        "height": 420,
        "margin": {"l": 62, "r": 8, "t": 30, "b": 44},
        "showlegend": False,
        "annotations": [style.note(words, 0, 1)],
        "xaxis": {**_categories(names, bold), "title": {"text": title}},
        "yaxis": {
            **yaxis,
            "title": {"text": "anomaly score" + " (logarithmic)" * log},
            **({"dtick": 1} if log else {}),
        },
        "meta": {
            "narrow": {
                "height": 360,
                "margin": {"l": 44, "r": 2, "t": 30, "b": 64 if title or long else 34},
                "yaxis": {"title": {"text": ""}},
                "xaxis": {"tickfont": {"size": 12}, "title": {"standoff": 4}},
            }
        },
    }
    return {"data": data, "layout": layout}


def _categories(names: Sequence[str], words: Sequence[str]) -> Part:
    order = {"type": "category", "categoryarray": names, "categoryorder": "array"}
    return {**order, "tickvals": names, "ticktext": words, "fixedrange": True}


def _box(
    at: str, values: Values, colour: str, log: bool = False, axis: int = 1, n_far: int = N_FAR
) -> list[Part]:
    """A box from its five numbers (on a logarithmic axis those of the logarithms) and, beyond the
    whiskers, some of the far values."""
    seen = np.log10(values) if log else values
    five = five_numbers(seen)
    names = ("lowerfence", "q1", "median", "q3", "upperfence")
    ends = {name: [10**v if log else v] for name, v in zip(names, five, strict=True)}
    far = [thinned(values[beyond], n_far) for beyond in (seen < five[0], seen > five[-1])]
    y = np.concatenate(far)
    own = {"name": at, **style.axes(axis)}
    marker = {"size": 4, "color": colour, "opacity": 0.6, "symbol": "circle-open"}
    dots = {"type": "scatter", "mode": "markers", "x": [at] * len(y), "y": y, "marker": marker}
    return [
        {"type": "box", "x": [at], **ends, "line": {"color": colour, "width": 1.6}, **own},
        {**dots, "hovertemplate": "%{y:.3g}<extra></extra>", **own},
    ]


def abnormal_boxes(tables: Mapping[str, ScoreTable]) -> Part:
    """Normals beside the abnormal class, one panel per abnormal class (Fig. 22).

    `tables`: one detector's scores by abnormal class. Every panel has its own axis of scores.
    """
    data: list[Part] = []
    for i, (abnormal, table) in enumerate(tables.items(), start=1):
        test = tests_of(table)
        for label, name, colour in ((0, "normal", NORMAL), (1, abnormal, ABNORMAL)):
            data += _box(name, test.score[test.label == label], colour, axis=i, n_far=6)
    wide = _panels(list(tables), columns=5)
    wide["meta"] = {"narrow": _panels(list(tables), columns=2)}
    return {"data": data, "layout": wide}


def _panels(names: list[str], columns: int) -> Part:
    rows = max(1, -(-len(names) // columns))
    height = 60 + 210 * rows
    margin = {"l": 40, "r": 4, "t": 30, "b": 26}
    layout: Part = {"height": height, "margin": margin, "showlegend": False, "annotations": []}
    gap = 0.26 / columns
    width = (1 - gap * (columns - 1)) / columns
    for i, name in enumerate(names):
        row, column = divmod(i, columns)
        left, top = column * (width + gap), 1 - row / rows
        bottom = top - (1 if row == rows - 1 else 1 - 54 / (height - 56) * rows) / rows
        layout[f"xaxis{i + 1}"] = {
            **_categories(["normal", name], ["normal", f"<b>{name}</b>"]),
            "domain": [left, min(1, left + width)],
            "anchor": f"y{i + 1}",
            "tickfont": {"size": 14},
        }
        layout[f"yaxis{i + 1}"] = {
            "domain": [max(0, bottom), top],
            "anchor": f"x{i + 1}",
            "nticks": 4,
            "tickfont": {"size": 14},
            "tickformat": "~g",
        }
        layout["annotations"].append(style.note(f"<b>{name}</b> never seen", left, top))
    return layout


# One score


def terms_bars(judgements: Mapping[str, Judgement], at: int = 0) -> Part:
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
        {"text": f"<b>{judged.score[at]:.3g}</b>", "x": 1.0, "y": name, "xref": "paper"}
        | {"yref": "y", "xanchor": "left", "xshift": 6, "showarrow": False}
        for name, judged in judgements.items()
    ]
    lengths = [value for terms in rows.values() for value in _lengths(terms).values()]
    inner = 44 * max(1, len(names))
    legend = {"x": 0, "xanchor": "left", "y": -32 / inner, "yanchor": "top"}
    ends, fixed = [-1.02 if min(lengths, default=0) < 0 else 0, 1.02], {"fixedrange": True}
    layout: Part = {
        "height": inner + 130,
        "margin": {"l": 84, "r": 58, "t": 10, "b": 120},
        "barmode": "relative",
        "bargap": 0.3,
        "annotations": notes,
        "uniformtext": {"mode": "hide", "minsize": 10},
        "legend": legend | {"orientation": "h", "traceorder": "normal"},
        "xaxis": {**fixed, "tickformat": ".0%", "nticks": 5, "zeroline": True, "range": ends},
        "yaxis": {**fixed, "type": "category", "categoryarray": names, "autorange": "reversed"},
    }
    layout["yaxis"]["categoryorder"] = "array"
    return {"data": data, "layout": layout}


def _terms(judged: Judgement, at: int) -> dict[str, float]:
    """One sample's terms; a score without any is its own."""
    named = judged.terms or {WHOLE: judged.score}
    return {name: float(value[at]) for name, value in named.items()}


def _lengths(terms: Mapping[str, float]) -> dict[str, float]:
    """The terms over the sum of their sizes."""
    whole = sum(map(abs, terms.values())) or 1.0
    return {name: value / whole for name, value in terms.items()}


def _term_bars(term: str, i: int, rows: Mapping[str, Mapping[str, float]]) -> Part:
    """A term in every row that has it."""
    having = {detector: terms for detector, terms in rows.items() if term in terms}
    colour = style.GREY if term == WHOLE else TERMS[i % len(TERMS)]
    words = [f"{terms[term]:.3g}" for terms in having.values()]
    hatch: Part = {"shape": "/" if i >= len(TERMS) else "", "fillmode": "overlay", "solidity": 0.2}
    hatch["fgcolor"] = "rgba(255,255,255,0.5)"
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
        "textfont": {"color": "#FFFFFF" if colour in DEEP else "#1B1F24", "size": 14},
        "hovertemplate": f"%{{y}}: {term} %{{text}} (%{{x:.0%}})<extra></extra>",
    }


def place_among(scores_by_class: ScoreTable, score: float) -> Part:
    """Where a score lies among the test scores of one detector, normal and abnormal."""
    test = tests_of(scores_by_class)
    normal, abnormal = test.score[test.label == 0], test.score[test.label == 1]
    # A few far scores must not squeeze all others together.
    top = max(score, *(float(np.quantile(v, 0.99)) for v in (normal, abnormal) if len(v)))
    low = min(float(test.score.min()), score)
    edges = np.linspace(low, top if top > low else low + 1, N_BINS + 1)
    data = [
        _histogram(normal, edges, "normal", NORMAL),
        _histogram(abnormal, edges, f"abnormal ({test.abnormal[0]})", ABNORMAL),
    ]
    line = style.straight((score, score), (0, 1), style.ORANGE, 3, yref="paper")
    place = f"<b>{score:.3g}</b>, higher than {percent(share_below(normal, score))} of normals"
    layout = {
        "height": 300,
        "margin": {"l": 48, "r": 8, "t": 30, "b": 70},
        "barmode": "overlay",
        "bargap": 0,
        "shapes": [line],
        "annotations": [style.note(style.key(style.ORANGE, place), 0, 1)],
        "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
        "xaxis": {"range": [edges[0], edges[-1] + 0.02 * (edges[-1] - edges[0])], "nticks": 6},
        "yaxis": {"tickformat": ".0%", "nticks": 4, "rangemode": "tozero"},
    }
    return {"data": data, "layout": layout}


def _histogram(values: Values, edges: Values, name: str, colour: str) -> Part:
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
