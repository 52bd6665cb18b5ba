"""Scores of sensor windows: box plots by person, the precision-recall curve beside what chance
and the worst ranking give (Fig. 24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import evaluation
from wganad_core.figures import style
from wganad_core.figures.scores import (
    ABNORMAL,
    NORMAL,
    boxes,
    precision_steps,
    tests_of,
    wants_log,
)
from wganad_core.figures.style import Part
from wganad_core.records import ScoreTable

CURVES = (style.BLUE, style.ORANGE)


def person_boxes(table: ScoreTable, activity: str) -> Part:
    """Test scores of one activity by person, before what a twentieth of all normals exceed."""
    test = tests_of(table)
    own = test.where(class_=activity)
    people = sorted(np.unique(own.subject).tolist(), key=int)
    if not people:
        raise ValueError(f"Expected test scores of {activity}; found none.")
    groups = {person: own.score[own.subject == person] for person in people}
    marked = set(people) if activity == test.abnormal[0] else set()
    high = float(np.quantile(test.score[test.label == 0], 0.95))
    words = style.key(ABNORMAL if marked else NORMAL, activity)
    words += "   " + style.key(style.GREY, "5% of normal windows are above", "┄")
    spec = boxes(groups, marked, words, wants_log(np.append(own.score, high)), title="person")
    line = style.straight((0, 1), (high, high), style.GREY, 1.6, xref="paper", layer="below")
    line["line"]["dash"] = "dash"
    spec["layout"]["shapes"] = [line]
    return spec


# Precision and recall


def precision_recall(tables: Mapping[str, ScoreTable]) -> Part:
    """Precision against recall (Fig. 24), a curve per table, before its base rate (dashed) and
    what no ranking falls below (dotted); thin lines are the people of the first table.

    `tables`: test scores of one detector by the name of its protocol.
    """
    data: list[dict[str, Any]] = []
    for i, (name, table) in enumerate(tables.items()):
        test = tests_of(table)
        if i == 0:
            data.append(_people(name, test))
        data += _curve(name, test, CURVES[i % len(CURVES)])
    share: Part = {"tickformat": ".0%", "zeroline": False}
    place = {"x": 0, "xanchor": "left", "y": -0.17}
    layout: Part = {
        "height": 420,
        "margin": {"l": 62, "r": 14, "t": 8, "b": 110},
        "legend": {**place, "yanchor": "top", "orientation": "v", "font": {"size": 14}},
        "xaxis": {**share, "title": {"text": "recall", "standoff": 4}, "range": [0, 1.01]},
        "yaxis": {**share, "title": {"text": "precision"}, "range": [0, 1.02], "nticks": 6},
        "meta": {"narrow": {"margin": {"l": 46}, "yaxis": {"title": {"text": ""}}}},
    }
    layout["xaxis"]["dtick"] = 0.2
    return {"data": data, "layout": layout}


def _curve(name: str, test: ScoreTable, colour: str) -> list[Part]:
    rate = float(test.label.mean())
    found = evaluation.curve(test.label, test.score)
    every = np.linspace(0, 1, 101)
    words = "precision %{y:.0%} at recall %{x:.0%}<extra></extra>"
    curve, chance = precision_steps(found), ([0, 1], [rate, rate])
    own = (
        f"{name}: AUPRC {evaluation.auprc(found):.2f}, chance {rate:.2f}",
        curve,
        {"width": 2.6, "shape": "vh"},
    )
    lines = (
        (f"chance: {name}", chance, {"width": 1.8, "dash": "dash"}),
        (
            f"worst ranking: {name}",
            (every, evaluation.worst_precision(every, rate)),
            {"width": 1.4, "dash": "dot"},
        ),
    )
    traces = [
        {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": label}
        | {"line": {"color": colour, **line}, "showlegend": False, "hoverinfo": "name"}
        for label, (x, y), line in (own, *lines)
    ]
    traces[0] |= {"showlegend": True, "hoverinfo": "all", "hovertemplate": words}
    return traces


def _people(name: str, test: ScoreTable) -> dict[str, Any]:
    """The curves of all people who did the abnormal activity and others, as one trace."""
    x: list[NDArray[np.float64]] = []
    y: list[NDArray[np.float64]] = []
    for person in people_of(test):
        own = test.where(subject=person)
        recall, precision = precision_steps(evaluation.curve(own.label, own.score))
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
    return {name: evaluation.auprc(evaluation.curve(t.label, t.score)) for name, t in own.items()}
