"""Scores of sensor windows: box plots by activity and by person (Figs 19 and 21), the
precision-recall curve beside what chance and the worst ranking give (Fig. 24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from wganad_core.config import ACTIVITIES
from wganad_core.figures import style
from wganad_core.figures.digits import five_numbers
from wganad_core.records import FloatArray, ScoreTable

Spec = dict[str, Any]

NORMAL, ABNORMAL = style.BLUE, style.VERMILLION
CURVES = (style.BLUE, style.ORANGE)
SPREAD = 100.0  # times the smallest score and more are drawn on a logarithmic axis
N_FAR = 12  # points drawn beyond each whisker


def wants_log(score: NDArray[np.floating]) -> bool:
    """Whether scores are all above 0 and too far apart for a linear axis."""
    low, high = float(score.min()), float(score.max())
    return low > 0 and high > SPREAD * low


# Boxes


def activity_boxes(table: ScoreTable) -> Spec:
    """Test scores of one detector by activity, the abnormal one in colour (Figs 19 and 21)."""
    test = table.where(part="test")
    abnormal = _only(test, "abnormal")
    groups = {name: test.score[test.class_ == name] for name in ACTIVITIES if name in test.class_}
    words = f"{_mark(NORMAL, 'normal')}   {_mark(ABNORMAL, f'never seen in training: {abnormal}')}"
    return _boxes(groups, {abnormal}, words, wants_log(test.score))


def person_boxes(table: ScoreTable, activity: str) -> Spec:
    """Test scores of one activity by person, before what a twentieth of all normals exceed."""
    test = table.where(part="test")
    abnormal = _only(test, "abnormal")
    own = test.where(class_=activity)
    people = sorted(np.unique(own.subject).tolist(), key=int)
    if not people:
        raise ValueError(f"Expected test scores of {activity}; found none.")
    groups = {person: own.score[own.subject == person] for person in people}
    colour = ABNORMAL if activity == abnormal else NORMAL
    high = float(np.quantile(test.score[test.label == 0], 0.95))
    words = (
        f"{_mark(colour, activity)}   {_mark(style.GREY, '5 % of normal windows are above', '┄')}"
    )
    spec = _boxes(
        groups,
        set(people) if colour == ABNORMAL else set(),
        words,
        wants_log(np.append(own.score, high)),
        title="person",
    )
    spec["layout"]["shapes"] = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": high,
            "y1": high,
            "layer": "below",
            "line": {"color": style.GREY, "width": 1.6, "dash": "dash"},
        }
    ]
    return spec


def _only(table: ScoreTable, column: str) -> str:
    for name in ("detector", "model", "protocol", column):
        found = np.unique(getattr(table, name)).tolist()
        if len(found) != 1:
            raise ValueError(
                f"Expected test scores with one {name}; found {', '.join(found) or 'none'}."
            )
    return str(found[0])


def _boxes(
    groups: Mapping[str, FloatArray], marked: set[str], words: str, log: bool, title: str = ""
) -> Spec:
    names = list(groups)
    data = []
    for name, values in groups.items():
        data += _box(name, values, ABNORMAL if name in marked else NORMAL, log)
    bold = [f"<b>{name}</b>" if name in marked and not title else name for name in names]
    layout = {
        "height": 420,
        "margin": {"l": 62, "r": 8, "t": 30, "b": 44},
        "showlegend": False,
        "annotations": [_note(words, 0, 1)],
        "xaxis": {
            "type": "category",
            "categoryarray": names,
            "categoryorder": "array",
            "tickvals": names,
            "ticktext": bold,
            "fixedrange": True,
            "title": {"text": title},
        },
        "yaxis": {
            "type": "log" if log else "linear",
            "nticks": 7,
            "zeroline": False,
            "title": {"text": "anomaly score" + (" (logarithmic)" if log else "")},
            **({"dtick": 1} if log else {}),
        },
        "meta": {
            "narrow": {
                "height": 360,
                "margin": {"l": 44, "r": 2, "t": 30, "b": 64},
                "yaxis": {"title": {"text": ""}},
                "xaxis": {"tickfont": {"size": 12}, "title": {"standoff": 4}},
            }
        },
    }
    return {"data": data, "layout": layout}


def _box(name: str, values: FloatArray, colour: str, log: bool) -> list[dict[str, Any]]:
    """A box from its five numbers (on a logarithmic axis those of the logarithms) and, beyond the
    whiskers, some of the far values."""
    seen = np.log10(values) if log else np.asarray(values)
    five = five_numbers(seen)
    low, first, middle, third, high = (10**v for v in five) if log else five
    box = {
        "type": "box",
        "x": [name],
        "lowerfence": [low],
        "q1": [first],
        "median": [middle],
        "q3": [third],
        "upperfence": [high],
        "name": name,
        "line": {"color": colour, "width": 1.6},
    }
    far = np.concatenate([_thin(values[seen < five[0]]), _thin(values[seen > five[-1]])])
    dots = {
        "type": "scatter",
        "x": [name] * len(far),
        "y": far,
        "mode": "markers",
        "name": name,
        "hovertemplate": "%{y:.3g}<extra></extra>",
        "marker": {"size": 4, "color": colour, "opacity": 0.6, "symbol": "circle-open"},
    }
    return [box, dots]


def _thin(values: FloatArray) -> FloatArray:
    """At most N_FAR of the values, evenly by rank, the lowest and the highest among them."""
    kept = np.linspace(0, len(values) - 1, min(N_FAR, len(values))).round().astype(int)
    return np.asarray(np.sort(values)[kept], np.float32)


# Precision and recall


def steps(
    label: NDArray[np.integer], score: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall from 0 to 1 and the precision up to each; the area under these steps is the AUPRC."""
    precision, recall, _ = precision_recall_curve(label, score)
    recall, precision = recall[::-1], precision[::-1]
    rises = np.append(False, np.diff(recall) > 0)  # of equal recalls the first is the best
    return (
        np.append(0.0, recall[rises]),
        np.append(precision[rises][:1], precision[rises]),
    )


def worst(base_rate: float, n: int = 101) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall, and the precision that it has under the worst ranking: every normal comes first.
    The area is the floor, 1 + (1 − π) ln(1 − π)/π."""
    recall = np.linspace(0, 1, n)
    return recall, base_rate * recall / (1 - base_rate + base_rate * recall)


def precision_recall(tables: Mapping[str, ScoreTable]) -> Spec:
    """Precision against recall (Fig. 24), a curve per table, before its base rate (dashed) and
    what no ranking falls below (dotted); thin lines are the people of the first table.

    `tables`: test scores of one detector by the name of its protocol.
    """
    data: list[dict[str, Any]] = []
    for i, (name, table) in enumerate(tables.items()):
        test = table.where(part="test")
        _only(test, "abnormal")
        if i == 0:
            data.append(_people(name, test))
        data += _curve(name, test, CURVES[i % len(CURVES)])
    layout = {
        "height": 420,
        "margin": {"l": 62, "r": 14, "t": 8, "b": 110},
        "legend": {
            "x": 0,
            "xanchor": "left",
            "y": -0.17,
            "yanchor": "top",
            "orientation": "v",
            "font": {"size": 12},
        },
        "xaxis": {
            "title": {"text": "recall", "standoff": 4},
            "range": [0, 1.01],
            "tickformat": ".0%",
            "dtick": 0.2,
            "zeroline": False,
        },
        "yaxis": {
            "title": {"text": "precision"},
            "range": [0, 1.02],
            "tickformat": ".0%",
            "nticks": 6,
            "zeroline": False,
        },
        "meta": {
            "narrow": {
                "margin": {"l": 46, "r": 14, "t": 8, "b": 110},
                "height": 420,
                "yaxis": {"title": {"text": ""}},
            }
        },
    }
    return {"data": data, "layout": layout}


def _curve(name: str, test: ScoreTable, colour: str) -> list[dict[str, Any]]:
    rate = float(test.label.mean())
    recall, precision = steps(test.label, test.score)
    area = average_precision_score(test.label, test.score)
    words = "precision %{y:.0%} at recall %{x:.0%}<extra></extra>"
    own = {"type": "scatter", "mode": "lines", "showlegend": False}
    return [
        {
            **own,
            "x": recall,
            "y": precision,
            "showlegend": True,
            "name": f"{name}: AUPRC {area:.2f}, chance {rate:.2f}",
            "line": {"color": colour, "width": 2.6, "shape": "vh"},
            "hovertemplate": words,
        },
        {
            **own,
            "x": [0, 1],
            "y": [rate, rate],
            "name": f"chance: {name}",
            "line": {"color": colour, "width": 1.8, "dash": "dash"},
            "hoverinfo": "name",
        },
        {
            **own,
            "x": worst(rate)[0],
            "y": worst(rate)[1],
            "name": f"worst ranking: {name}",
            "line": {"color": colour, "width": 1.4, "dash": "dot"},
            "hoverinfo": "name",
        },
    ]


def _people(name: str, test: ScoreTable) -> dict[str, Any]:
    """The curves of all people who did the abnormal activity and others, as one trace."""
    x: list[NDArray[np.float64]] = []
    y: list[NDArray[np.float64]] = []
    for person in people_of(test):
        own = test.where(subject=person)
        recall, precision = steps(own.label, own.score)
        x += [recall, np.array([np.nan])]
        y += [precision, np.array([np.nan])]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{name}, each of {len(people_of(test))} alone",
        "x": np.concatenate([*x, []]),
        "y": np.concatenate([*y, []]),
        "opacity": 0.6,
        "hoverinfo": "skip",
        "line": {"color": style.GREY, "width": 0.9, "shape": "vh"},
    }


def people_of(test: ScoreTable) -> list[str]:
    """Those with windows of both labels."""
    return [
        person
        for person in sorted(np.unique(test.subject).tolist(), key=int)
        if 0 < test.label[test.subject == person].mean() < 1
    ]


def auprc_by_person(test: ScoreTable) -> dict[str, float]:
    """AUPRC within each person's own windows."""
    own = {person: test.where(subject=person) for person in people_of(test)}
    return {name: float(average_precision_score(t.label, t.score)) for name, t in own.items()}


def _mark(colour: str, words: str, sign: str = "■") -> str:
    return f'<span style="color:{colour}">{sign}</span> {words}'


def _note(text: str, x: float, y: float) -> dict[str, Any]:
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
        "font": {"size": 13},
    }
