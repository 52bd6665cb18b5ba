"""Histogram, cost and boxes of the threshold cockpit, which share the axis of scores, as lists of
Plotly traces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core import evaluation, outside
from wganad_core.config import ACTIVITIES
from wganad_core.figures import style
from wganad_core.figures.cockpit.drawn import STATES, Drawn
from wganad_core.figures.cockpit.lines import Array, Trace, as_seen, short, stroke
from wganad_core.figures.scores import five_numbers, thinned

NORMAL, ABNORMAL, UNKNOWN = style.BLUE, style.VERMILLION, style.SKY
MOST_BINS = 80
EMPTY = 0.5  # where an empty bin is drawn on a logarithmic axis: below its end
MOST_CLASSES = 12
N_FAR = 8  # points drawn beyond a whisker
MOST_STEPS = 150  # as many costs are drawn as the steps that they are

Index = NDArray[np.int64]
Row = tuple[str, Array, str]  # a box's name, scores, and kind: normal, anomalous or unknown


# Histogram


def histogram(drawn: Drawn) -> list[Trace]:
    """Counts of scores along the axis, by label; held-out normals as an outline of equal size."""
    label, n = drawn.test.label, len(drawn.test)
    if label is None:
        groups = [("samples", drawn.test.score, UNKNOWN)]
    else:
        groups = [
            ("normal", drawn.test.score[label == 0], NORMAL),
            ("anomalous", drawn.test.score[label == 1], ABNORMAL),
        ]
    n_bins = int(np.clip(4 * np.sqrt(n), 12, MOST_BINS))
    traces = [
        _steps(drawn, counts, kind)
        | {
            "fill": "tozeroy",
            "fillcolor": style.faint(colour, 0.38),
            "line": stroke(colour, 1.2, "hv"),
        }
        for kind, score, colour in groups
        if (counts := _counts(drawn, score, n_bins)).any()
    ]
    held = drawn.calibration
    if held is not None and len(held) and (seen := _counts(drawn, held.score, n_bins)).any():
        size = len(groups[0][1]) or n
        scaled = seen * (size / len(held))
        outline = _steps(drawn, scaled, "held-out normal (scaled)")
        traces.append(outline | {"line": stroke(style.GREY, 1.4, "hv"), "hoverinfo": "skip"})
    return traces


def _counts(drawn: Drawn, score: Array, n_bins: int) -> NDArray[np.int64]:
    """Scores per bin; those beyond the axis are in none (the figure says how many)."""
    axis = drawn.axis
    inside = score[(score >= axis.low) & (score <= axis.high)]
    at = np.minimum((axis.share(inside) * n_bins).astype(np.int64), n_bins - 1)
    return np.bincount(at, minlength=n_bins)


def _steps(drawn: Drawn, counts: NDArray[Any], kind: str) -> Trace:
    """The outline of the bins, from an empty one before the first that holds anything."""
    first, last = np.flatnonzero(counts)[[0, -1]]
    y = np.concatenate([[0], counts[first : last + 1], [0]])
    seen = np.maximum(y, EMPTY) if drawn.log_counts else y
    trace: Trace = {
        "mode": "lines",
        "name": kind,
        "y": _whole(seen),
        "hovertemplate": f"%{{y:,.0f}} {kind}, score from {_hovered(drawn)}<extra></extra>",
    }
    step = 1 / len(counts)
    if drawn.axis.log:
        trace["x"] = short(drawn.axis.at(step * np.arange(first - 1, last + 2)))
    else:
        width = step * (drawn.axis.high - drawn.axis.low)
        trace |= {"x0": drawn.axis.low + (first - 1) * width, "dx": width}
    if drawn.log_counts:  # what is drawn is not the count where that is 0
        trace["customdata"] = _whole(y)
        trace["hovertemplate"] = trace["hovertemplate"].replace("{y:", "{customdata:")
    return trace


def _hovered(drawn: Drawn) -> str:
    """The score under the pointer, for Plotly to write."""
    return f"%{{x:.{drawn.axis.digits}g}}"


def _whole(values: NDArray[Any]) -> NDArray[Any]:
    """In two bytes each where they are counts that fit; else in single precision."""
    fits = values.dtype.kind == "i" and values.max() < 2**16
    return values.astype(np.uint16 if fits else np.float32)


# Cost


def cost(drawn: Drawn) -> list[Trace]:
    """Expected cost per 1,000 samples by threshold, and the lowest."""
    curve, axis = drawn.curve, drawn.axis
    if curve is None:
        return []
    states = evaluation.states_to_draw(curve, STATES)[::-1]
    states = states[states < len(curve.levels)]
    level = curve.levels[states]
    inside = (level > axis.low) & (level < axis.high)
    states = np.concatenate([[curve.state(axis.low)], states[inside], [curve.state(axis.high)]])
    x = np.concatenate([[axis.low], level[inside], [axis.high]])
    y = drawn.costs(states)
    lowest = evaluation.lowest_cost(curve, drawn.cost_ratio, drawn.base_rate)
    best = float(drawn.costs(np.array([curve.state(lowest)]))[0])
    few = len(curve.levels) < MOST_STEPS
    if not few:
        share, y = as_seen(axis.share(x), y, (800, 90 / drawn.cost_end))
        x = axis.at(share)
    words = f"threshold {_hovered(drawn)}: %{{y:,.3~g}} per 1,000<extra></extra>"
    line = stroke(style.GREEN, 2.4, "hv" if few else "linear")
    diamond = {"symbol": "diamond", "size": 10, "color": style.GREEN}
    return [
        {"mode": "lines", "yaxis": "y2", "x": short(x), "y": short(y), "line": line}
        | {"name": "expected cost", "hovertemplate": words},
        {"mode": "markers", "yaxis": "y2", "x": axis.clip([lowest]), "y": short([best])}
        | {"marker": diamond, "cliponaxis": False}
        | {"name": "lowest cost", "hovertemplate": "lowest cost at " + words},
    ]


# Boxes


def boxes(drawn: Drawn) -> tuple[list[Trace], list[str]]:
    """A lying box per class with a few of the far scores, and the classes from the top down; one
    for its anomalies and one for its normals where it has both."""
    groups = _groups(drawn)
    if not groups:
        return [], []
    traces: list[Trace] = []
    rows = len(groups) - 1 - np.arange(len(groups))
    for kind, colour in (("normal", NORMAL), ("anomalous", ABNORMAL), ("unknown", UNKNOWN)):
        own = [i for i, group in enumerate(groups) if group[2] == kind]
        if own:
            scores = [groups[i][1] for i in own]
            traces += _boxes(drawn, rows[own], scores, kind, colour)
    return traces, [f"<b>{name}</b>" if kind == "anomalous" else name for name, _, kind in groups]


def _groups(drawn: Drawn) -> list[Row]:
    """Name, scores and kind of each row: the anomalies, then the classes in their usual order."""
    test = drawn.test
    label = test.label
    if test.class_ is None:
        if label is None:
            return [("all", test.score, "unknown")] if len(test) else []
        kinds = ((drawn.abnormal, "anomalous", 1), ("normal", "normal", 0))
        rows = [(name, test.score[label == value], kind) for name, kind, value in kinds]
        return [row for row in rows if len(row[1])]
    # A tenth of the time of NumPy's `unique`, which sorts text.
    number, names = pd.factorize(test.class_.astype(object))
    order = np.argsort(number, kind="stable")
    pieces = np.split(order, np.bincount(number, minlength=len(names)).cumsum()[:-1])
    found = [
        (str(name), test.score[part], kind)
        for name, piece in zip(names, pieces, strict=True)
        for kind, part in _by_label(label, piece)
    ]
    shown = sorted(_loudest(found), key=lambda row: (row[2] != "anomalous", _usual(row[0])))
    return [(_brief(name), score, kind) for name, score, kind in shown]


def _by_label(label: Index | None, piece: Index) -> list[tuple[str, Index]]:
    """Some samples' numbers, those of anomalies and of normals apart."""
    if label is None:
        return [("unknown", piece)]
    own = label[piece]
    kinds = (("anomalous", piece[own == 1]), ("normal", piece[own == 0]))
    return [(kind, part) for kind, part in kinds if len(part)]


def _loudest(found: list[Row]) -> list[Row]:
    """At most MOST_CLASSES: the anomalies, and those with most scores in the upper twentieth of
    what is not, which are the classes that make false alarms whatever the threshold."""
    if len(found) <= MOST_CLASSES:
        return found
    usual = [score for _, score, kind in found if kind != "anomalous"]
    high = np.quantile(np.concatenate(usual), 0.95, method="lower") if usual else 0.0
    ranked = sorted(found, key=lambda row: (row[2] != "anomalous", -int((row[1] > high).sum())))
    return ranked[:MOST_CLASSES]


def _usual(name: str) -> tuple[int, int, str]:
    """Activities in their order, numbers by size, everything else by its letters."""
    if name in ACTIVITIES:
        return 0, ACTIVITIES.index(name), ""
    return (1, int(name), "") if name.isdecimal() else (2, 0, name)


def _brief(name: str) -> str:
    return outside.shown(name if len(name) <= 11 else name[:10] + "…")


def _boxes(
    drawn: Drawn, rows: NDArray[Any], scores: list[Array], kind: str, colour: str
) -> list[Trace]:
    fives, far, far_rows = [], [], []
    for row, score in zip(rows, scores, strict=True):
        seen = drawn.axis.share(score)
        five = five_numbers(seen)
        outer = np.concatenate(
            [thinned(seen[beyond], N_FAR) for beyond in (seen < five[0], seen > five[-1])]
        )
        fives.append(five)
        far.append(outer)
        far_rows.append(np.full(len(outer), row))
    low, first, middle, third, high = (short(drawn.axis.at(part)) for part in np.transpose(fives))
    common = {"name": kind, "yaxis": "y3"}
    ends = {"lowerfence": low, "q1": first, "median": middle, "q3": third, "upperfence": high}
    looks: Trace = {"line": {"color": colour, "width": 1.5}, "fillcolor": style.faint(colour, 0.28)}
    box: Trace = {**common, "type": "box", "y": np.asarray(rows, np.uint8), **ends, **looks}
    box |= {"orientation": "h", "width": 0.62, "hoverinfo": "x"}
    x, y = short(drawn.axis.at(np.hstack(far))), np.hstack(far_rows).astype(np.uint8)
    dots: Trace = {**common, "mode": "markers", "x": x, "y": y}
    dots["marker"] = {"size": 3.5, "color": colour, "opacity": 0.55}
    return [box, dots | {"hovertemplate": f"{_hovered(drawn)}<extra></extra>"}]
