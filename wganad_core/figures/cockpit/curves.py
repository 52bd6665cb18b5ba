"""Precision-recall and ROC curves of the threshold cockpit as lists of Plotly traces."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from wganad_core import evaluation, outside
from wganad_core.evaluation import Curve
from wganad_core.figures import style
from wganad_core.figures.cockpit.drawn import STATES, Drawn
from wganad_core.figures.cockpit.lines import Array, Trace, as_seen, on, stroke
from wganad_core.figures.scores import precision_steps

if TYPE_CHECKING:
    from wganad_core.evaluation import Bands

FIRST, SECOND = style.BLUE, style.PURPLE
LEVELS = (0.2, 0.4, 0.6, 0.8)  # of F1
MOST_STEPS = 150  # as many rises of recall are drawn as the steps that they are


def precision_recall(drawn: Drawn) -> list[Trace]:
    """The curve before lines of equal F1, what chance gives, and what no ranking falls below."""
    traces = [*_equal_f(), *_limits(drawn.pi)]
    if drawn.bands is not None:
        traces.append(_band(drawn.bands))
    for curve, name, line in _curves(drawn):
        x, y, shape = precision_line(curve, drawn.base_rate)
        traces.append(
            on("x2", "y4", x, y)
            | {
                "name": name,
                "line": line | {"shape": shape},
                "hovertemplate": f"{name}: recall %{{x:.0%}}, precision %{{y:.0%}}<extra></extra>",
            }
        )
    return traces


def precision_line(curve: Curve, base_rate: float | None) -> tuple[Array, Array, str]:
    """Recall and precision to draw, and the line's shape: where recall rises only a few times,
    the steps whose area is the AUPRC; else all states, joined, as a screen shows them."""
    if np.count_nonzero(np.diff(curve.true_positives)) <= MOST_STEPS:
        return *precision_steps(curve, base_rate), "vh"
    states = evaluation.states_to_draw(curve, STATES)[1:]
    recall, precision = curve.recall[states], curve.precision(base_rate, states)
    return *as_seen(np.append(0, recall), np.append(precision[:1], precision)), "linear"


def roc(drawn: Drawn) -> list[Trace]:
    """Recall against false-alarm rate, before the diagonal that chance gives."""
    both = np.array([0, 1])
    traces = [
        on("x3", "y5", both, both)
        | {"name": "chance", "hoverinfo": "skip", "line": stroke(style.GREY, 1.4, dash="dash")}
    ]
    for curve, name, line in _curves(drawn):
        states = evaluation.states_to_draw(curve, STATES)
        x, y = as_seen(curve.false_alarm_rate[states], curve.recall[states])
        words = f"{name}: false alarms %{{x:.1%}}, recall %{{y:.0%}}<extra></extra>"
        trace = {"name": name, "line": line, "hovertemplate": words}
        traces.append(on("x3", "y5", x, y) | trace)
    return traces


def _curves(drawn: Drawn) -> list[tuple[Curve, str, Trace]]:
    """Curve, name and line of the detectors, the one that matters last and so on top."""
    second, first = drawn.second, drawn.curve
    found = []
    if second is not None and drawn.second_drawn:
        found.append((second, outside.shown(drawn.names[1] or "second"), stroke(SECOND, 1.8)))
    if first is not None:
        found.append((first, outside.shown(drawn.names[0]), stroke(FIRST, 2.6)))
    return found


@cache
def _equal_f() -> tuple[Trace, ...]:
    """Precision F r / (2 r − F) at recall r, from where it is 1; and the values at the end."""
    x, y = [], []
    for level in LEVELS:
        # Evenly in 1/r, in which the precision's inverse is linear.
        recall = 1 / np.linspace((2 - level) / level, 1, 61)
        part = as_seen(recall, level * recall / (2 * recall - level))
        x.append(np.append(part[0], np.nan))
        y.append(np.append(part[1], np.nan))
    ends = np.array([level / (2 - level) for level in LEVELS])
    words = [f"F1 {level}" if level == LEVELS[-1] else f"{level}" for level in LEVELS]
    line = {"color": style.faint(style.GREY, 0.55), "width": 1}
    looks = {"textposition": "middle right", "textfont": {"color": style.GREY}}
    labels = {"mode": "text", "text": words, "cliponaxis": False, **looks}
    said = "Along this line F1, the harmonic mean of precision<br>and recall, is the same: %{text}"
    hovered = {"hovertemplate": f"{said}<extra></extra>"}
    named = {"name": "equal F1"}
    return (
        on("x2", "y4", np.hstack(x), np.hstack(y)) | named | {"hoverinfo": "skip", "line": line},
        on("x2", "y4", np.full(len(LEVELS), 1.01), ends) | named | hovered | labels,
    )


def _limits(pi: float) -> list[Trace]:
    recall = np.linspace(0, 1, 201)
    floor = as_seen(recall, evaluation.worst_precision(recall, pi))
    return [
        on("x2", "y4", x, y)
        | {"name": name, "hoverinfo": "skip", "line": stroke(style.GREY, 1.4, dash=dash)}
        for name, dash, (x, y) in (
            ("floor", "dot", floor),
            ("chance", "dash", (np.array([0, 1]), np.array([pi, pi]))),
        )
    ]


def _band(bands: Bands) -> Trace:
    """The band of precision as one closed area."""
    known = np.isfinite(bands.low) & np.isfinite(bands.high)
    recall, low, high = (np.asarray(v)[known] for v in (bands.recall, bands.low, bands.high))
    upper, lower = as_seen(recall, high), as_seen(recall[::-1], low[::-1])
    x, y = (np.append(up, down) for up, down in zip(upper, lower, strict=True))
    looks = {"fill": "toself", "fillcolor": style.faint(FIRST, 0.22), "line": {"width": 0}}
    return on("x2", "y4", x, y) | {
        "name": f"{bands.confidence:.0%} band",
        "hoverinfo": "skip",
        **looks,
    }
