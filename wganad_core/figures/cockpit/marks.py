"""What moves in the threshold cockpit: where a threshold puts its marks, what a click means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import evaluation
from wganad_core.evaluation import Curve, OperatingPoint
from wganad_core.figures.cockpit.drawn import Drawn
from wganad_core.figures.cockpit.lines import short, simplified

Marks = dict[str, dict[str, float]]

# The subplots, as the chart's events name them.
HISTOGRAM, COST, BOXES, PR, ROC = "xy", "xy2", "xy3", "x2y4", "x3y5"

STEPS = 96  # of a dragged line along the axis at which it is known where the marks are, …
RATES = 16  # … and some more, evenly by recall and by false-alarm rate, …
OFF = 2  # … without those that lie between their neighbours but for so many pixels
SAME_RATE = 0.005  # false-alarm rates that a click cannot tell apart


def marks(
    drawn: Drawn, point: OperatingPoint | float, second_point: OperatingPoint | None = None
) -> Marks:
    """What a threshold changes of the shapes, by their names; the threshold may be ±inf.

    `second_point`: where the second detector is shown; by default as `matched` says.
    """
    threshold = point.threshold if isinstance(point, OperatingPoint) else float(point)
    x = float(drawn.axis.clip(threshold))
    found: Marks = {"flagged": {"x0": x}, "threshold": {"x0": x, "x1": x}}
    curve = drawn.curve
    if curve is None or not drawn.two_classes:
        return found
    if not isinstance(point, OperatingPoint):
        point = curve.at(threshold, drawn.base_rate)
    found["pr"] = _place(point.recall, _precision(curve, point))
    found["roc"] = _place(point.false_alarm_rate, point.recall)
    found["cost"] = _place(x, min(1000 * point.cost(drawn.cost_ratio), drawn.cost_end))
    if drawn.second is not None and drawn.second_drawn:
        other = second_point or matched(drawn, point)
        found["pr-second"] = _place(other.recall, _precision(drawn.second, other))
        found["roc-second"] = _place(other.false_alarm_rate, other.recall)
    return found


def matched(drawn: Drawn, point: OperatingPoint) -> OperatingPoint:
    """Where the second detector makes no more false alarms than the first at this point."""
    second = drawn.second
    if second is None:
        raise ValueError("Expected a second detector; found one only. Give its curve.")
    at = evaluation.at_false_alarm_rate(second, point.false_alarm_rate)
    return second.at(at, drawn.base_rate)


def threshold_at(drawn: Drawn, subplot: str, x: float, y: float) -> float | None:
    """The threshold that a click means, None outside the panels.

    On the axis of scores it is x itself. On a precision-recall curve it is the highest threshold
    whose recall is nearest to x; on a ROC curve one whose false-alarm rate is nearest to x and,
    of those a click cannot tell apart, whose recall is nearest to y.
    """
    if subplot in (HISTOGRAM, COST, BOXES):
        return float(x)
    curve = drawn.curve
    if curve is None or not drawn.two_classes or subplot not in (PR, ROC):
        return None
    reachable = slice(curve.last_state + 1)
    recall, rate = curve.recall[reachable], curve.false_alarm_rate[reachable]
    if subplot == PR:
        return curve.threshold(int(np.abs(recall - x).argmin()))
    off = np.abs(rate - x)
    near = np.flatnonzero(off <= off.min() + SAME_RATE)
    return curve.threshold(int(near[np.abs(recall[near] - y).argmin()]))


def _precision(curve: Curve, point: OperatingPoint) -> float:
    """Where nothing is flagged there is none, and the curve begins at its first state's."""
    if not point.flagged:
        point = curve.at(curve.threshold(1), point.base_rate)
    return 1.0 if math.isnan(point.precision) else point.precision


def _place(x: float, y: float) -> dict[str, float]:
    return {"xanchor": float(x), "yanchor": float(y)}


def follow(drawn: Drawn) -> dict[str, Any]:
    """Where the other marks are for thresholds along the axis: the browser moves them by this
    table while the line is being dragged."""
    at = [drawn.axis.at(np.linspace(0, 1, STEPS))]
    curve = drawn.curve
    if curve is not None and drawn.two_classes:
        wanted = np.linspace(0, 1, RATES)
        for counts in (curve.true_positives, curve.false_positives):
            states = counts.searchsorted(wanted * counts[-1]).clip(1, len(curve.levels))
            at.append(drawn.axis.clip(curve.levels[states - 1]))
    places = np.unique(short(np.concatenate(at)))
    rows = [marks(drawn, float(place)) for place in places]
    names = [name for name in rows[0] if name != "threshold"]
    table = {
        name: {key: short([row[name][key] for row in rows]) for key in rows[0][name]}
        for name in names
    }
    seen: list[NDArray[Any]] = [800 * drawn.axis.share(places)]
    for name in names[1:]:
        across = 800 * drawn.axis.share(places) if name == "cost" else 540 * table[name]["xanchor"]
        seen += [across, table[name]["yanchor"] * (90 / drawn.cost_end if name == "cost" else 230)]
    kept = simplified(np.column_stack(seen), OFF)
    return {
        "shape": "threshold",
        "at": places[kept],
        "with": {name: {key: v[kept] for key, v in own.items()} for name, own in table.items()},
    }
