"""A threshold in numbers: confusion matrix, rates, classes, and alarms a day."""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st

from wganad_core import evaluation, outside
from wganad_core.evaluation import OperatingPoint

STYLE = """<style>
.st-key-cockpit-sliders {margin: -0.4rem 0 -1.9rem;}
.st-key-cockpit-sliders [data-testid="stSliderTickBar"] {display: none;}
.st-key-_cockpit-slider [data-testid="stSliderThumbValue"] {visibility: hidden;}
.st-key-cockpit-guides {margin-bottom: -0.5rem;}
.ck {display: grid; gap: 0.5rem 0.9rem; grid-template-columns: minmax(0, 3fr) minmax(0, 4fr);
  align-items: stretch; font-variant-numeric: tabular-nums;}
.ck-matrix {display: grid; grid-template-columns: auto 1fr 1fr; gap: 3px; font-size: 0.86rem;}
.ck-matrix > * {padding: 0.12rem 0.5rem; line-height: 1.25;}
.ck-matrix .h {opacity: 0.75; align-self: center;}
.ck-matrix b {font-size: 1.12rem; display: inline-block; min-width: 3.2rem;}
.ck-good {background: rgba(0, 158, 115, 0.20); border-radius: 4px;}
.ck-bad {background: rgba(213, 94, 0, 0.22); border-radius: 4px;}
.ck-tiles {display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 0.4rem;}
.ck-tile {border: 1px solid rgba(128, 140, 155, 0.45); border-radius: 6px;
  padding: 0.3rem 0.55rem; min-width: 0;}
.ck-tile span {display: block; font-size: 0.8rem; opacity: 0.8; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis;}
.ck-tile b {font-size: 1.3rem; display: block; line-height: 1.3; font-weight: 650;}
.ck-tile i {font-size: 0.74rem; opacity: 0.75; font-style: normal; white-space: nowrap;}
.ck-classes {width: 100%; border-collapse: collapse; font-size: 0.9rem;
  font-variant-numeric: tabular-nums;}
.ck-classes td, .ck-classes th {padding: 0.1rem 0.4rem; border: 0; text-align: right;
  white-space: nowrap; font-weight: 400;}
.ck-classes th {text-align: left;}
.ck-classes td:nth-child(2) {width: 70%; padding-right: 0.6rem;}
.ck-classes .bar {display: block; height: 0.8rem; min-width: 1px; border-radius: 2px;}
@media (max-width: 640px) {
  .ck {grid-template-columns: minmax(0, 1fr);}
  .ck-tiles {grid-template-columns: repeat(3, minmax(0, 1fr));}
  .ck-tile b {font-size: 1.1rem;}
  .st-key-cockpit-sliders .stColumn:nth-child(n+2) {min-width: calc(50% - 1rem);
    flex: 1 1 calc(50% - 1rem);}
  .st-key-cockpit-guides {padding-top: 0.6rem;}
}
</style>"""

Interval = Mapping[str, tuple[float, float]]
Flagged = Mapping[str, tuple[int, int]]  # by class: how many, and of how many
MOST_CLASSES = 40  # as more would make each move heavy


def percent(share: float) -> str:
    """A share as people read it: two digits at least of what it is off 0 and 100 %, which only
    these are called."""
    if math.isnan(share):
        return "–"
    edge = min(share, 1 - share)
    return f"{share:.{max(1, -1 - math.floor(math.log10(edge)))}%}" if edge > 0 else f"{share:.1%}"


def show(point: OperatingPoint, intervals: Interval, cost_ratio: float) -> None:
    """The confusion matrix beside the rates that follow from it."""
    st.html(f'<div class="ck">{matrix(point)}{tiles(point, intervals, cost_ratio)}</div>')


def matrix(point: OperatingPoint) -> str:
    """The sample's own counts, whatever the base rate is set to."""
    cells = (
        ("h", ""),
        ("h", "flagged"),
        ("h", "passed"),
        ("h", "anomalies"),
        ("ck-good", _count("tp", point.true_positives, "caught")),
        ("ck-bad", _count("fn", point.false_negatives, "missed")),
        ("h", "normals"),
        (
            "ck-bad",
            _count("fp", point.false_positives, f"false alarm{'s' * (point.false_positives != 1)}"),
        ),
        ("ck-good", _count("tn", point.true_negatives, "correct")),
    )
    inside = "".join(f'<div class="{kind}">{words}</div>' for kind, words in cells)
    return f'<div class="ck-matrix" role="table" aria-label="Confusion matrix">{inside}</div>'


def _count(name: str, n: int, words: str) -> str:
    return f'<b data-count="{name}">{n:,}</b> {words}'


def tiles(point: OperatingPoint, intervals: Interval, cost_ratio: float) -> str:
    shown = (
        ("Precision", percent(point.precision), "precision"),
        ("Recall", percent(point.recall), "recall"),
        ("False alarms", percent(point.false_alarm_rate), "false_alarm_rate"),
        ("F1", _plain(point.f()), ""),
        ("MCC", _plain(point.mcc), ""),
        ("Cost / 1,000", f"{1000 * point.cost(cost_ratio):,.0f}", ""),
    )
    made = ""
    for name, value, interval in shown:
        low, high = intervals[interval] if intervals and interval else (math.nan, math.nan)
        between = "" if math.isnan(low) else f"{percent(low)} to {percent(high)}"
        made += f'<div class="ck-tile"><span>{name}</span><b>{value}</b><i>{between}</i></div>'
    return f'<div class="ck-tiles">{made}</div>'


def _plain(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def unlabelled(flagged: int, n: int) -> None:
    """What is left to say where nobody knows the labels."""
    share = percent(flagged / n)
    st.html(
        f'<div class="ck-tiles"><div class="ck-tile"><span>Flagged</span>'
        f'<b data-count="flagged">{flagged:,}</b><i>of {n:,}</i></div><div class="ck-tile">'
        f"<span>Share</span><b>{share}</b><i>no labels here</i></div></div>"
    )


def classes(normals: Flagged, anomalies: Flagged) -> str:
    """A bar per class: how many of its anomalies, and of its normals, are flagged, most first."""
    rows = [
        _class_row(name if name == "anomaly" else name + words, *found[name], colour)
        for found, words, colour in ((anomalies, " (anomaly)", "#D55E00"), (normals, "", "#0072B2"))
        for name in sorted(found, key=lambda name: -found[name][0] / found[name][1])
    ]
    if len(rows) > MOST_CLASSES:
        rows[MOST_CLASSES:] = [f"<tr><th>and {len(rows) - MOST_CLASSES:,} more</th></tr>"]
    return f'<table class="ck-classes">{"".join(rows)}</table>'


def _class_row(name: str, flagged: int, total: int, colour: str) -> str:
    share = flagged / total
    bar = f'<span class="bar" style="width:{100 * share:.1f}%;background:{colour}"></span>'
    return (
        f"<tr><th>{outside.shown(name)}</th><td>{bar}</td><td>{percent(share)}</td>"
        f"<td>{flagged:,} of {total:,}</td></tr>"
    )


def per_day(point: OperatingPoint, noun: str, per_day: float) -> str:
    """What the threshold means at so many samples a day, in a sentence."""
    true, false = evaluation.alarms_per_day(point, per_day)
    rate = f"If {_rate(point.base_rate)} of your {noun} are anomalies"
    if true + false == 0:
        return f"{rate}, this threshold raises **no alarm at all**, and every anomaly is missed."
    real = true / (true + false)
    return (
        f"{rate}: of 100 alarms about **{_about(100 * real)} are real**; you will see "
        f"**{_about(false)} false alarms a day** among {per_day:,.0f} {noun}, catch "
        f"{_about(true)} anomalies and miss {_about(per_day * point.base_rate - true)}."
    )


def _rate(share: float) -> str:
    return f"{100 * share:.3g} %"


def _about(number: float) -> str:
    """Two figures are enough for what is an expectation."""
    number = max(0.0, number)
    if number >= 100:
        return f"{round(number, 1 - int(math.log10(number))):,.0f}"
    return f"{number:.0f}" if number >= 9.5 else f"{number:.2g}" if number >= 0.005 else "0"
