"""A threshold in numbers: two confusion matrices, rates, classes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st

from wganad_core import outside
from wganad_core.evaluation import OperatingPoint
from wganad_core.thresholds import share_text

STYLE = """<style>
.stVerticalBlock > :has(> .st-key-cockpit-slider) {position: sticky; bottom: 0; z-index: 20;
  backdrop-filter: blur(7px); background: light-dark(#ffffffd9, #12161cd9);}
.st-key-cockpit-slider {margin: -0.9rem 0 -0.6rem;}
.st-key-cockpit-slider [data-testid="stSliderTickBar"] {display: none;}
.st-key-_cockpit-slider [data-testid="stSliderThumbValue"] {visibility: hidden;}
.st-key-_cockpit-slider .stSlider {display: grid; align-items: center; column-gap: 1.2rem;
  grid-template-columns: minmax(17rem, max-content) 1fr;}
.st-key-_cockpit-slider .stSlider > :nth-child(2) {padding-top: 0;}
.st-key-cockpit-guides {margin: -0.4rem 0 -0.3rem;}
.st-key-cockpit-guides button {min-height: 2rem; padding: 0 0.6rem;}
.st-key-cockpit-choices {margin-bottom: -0.6rem;}
.ck {display: grid; gap: 0.5rem 1.2rem; align-items: end; font-variant-numeric: tabular-nums;
  grid-template-columns: minmax(0, 3fr) minmax(0, 3fr) minmax(0, 4fr);}
.ck h5 {margin: 0; padding: 0 0 0.15rem; font-size: 1rem;}
.ck h5 span {font-weight: 400; opacity: 0.8; font-size: 0.9rem;}
.ck-matrix {display: grid; grid-template-columns: auto 1fr 1fr; gap: 3px; font-size: 0.9rem;}
.ck-matrix > * {padding: 0.12rem 0.5rem; line-height: 1.3; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis;}
.ck-matrix .h {opacity: 0.75; align-self: center; padding-left: 0;}
.ck-matrix b {font-size: 1.12rem; margin-right: 0.15rem;}
.ck-good {background: rgba(0, 158, 115, 0.20); border-radius: 4px;}
.ck-bad {background: rgba(213, 94, 0, 0.22); border-radius: 4px;}
.ck-tiles {display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 0.3rem 0.4rem;}
.ck-tile {border: 1px solid rgba(128, 140, 155, 0.45); border-radius: 6px;
  padding: 0.15rem 0.5rem; min-width: 0; position: relative; cursor: help;}
.ck-tile span {font-size: 0.86rem; opacity: 0.8; white-space: nowrap; display: block;}
.ck-tile b {font-size: 1.15rem; line-height: 1.3; font-weight: 650; white-space: nowrap;
  margin-right: 0.3rem;}
.ck-tile i {font-size: 0.8rem; opacity: 0.8; font-style: normal; display: inline-block;
  line-height: 1.2;}
.ck-tile[data-tip]:hover::after, .ck-tile[data-tip]:focus::after {content: attr(data-tip);
  position: absolute; right: 0; bottom: calc(100% + 4px); z-index: 30; width: max-content;
  max-width: 18rem; padding: 0.4rem 0.6rem; border-radius: 6px; font-size: 0.88rem;
  background: var(--st-secondary-background-color, Canvas); color: inherit; line-height: 1.35;
  box-shadow: 0 2px 10px rgba(0, 0, 0, 0.35); pointer-events: none;}
.ck-tile:nth-child(3n+1)[data-tip]::after {right: auto !important; left: 0;}
.ck-classes {width: 100%; border-collapse: collapse; font-size: 0.9rem;
  font-variant-numeric: tabular-nums;}
.ck-classes td, .ck-classes th {padding: 0.1rem 0.4rem; border: 0; text-align: right;
  white-space: nowrap; font-weight: 400;}
.ck-classes th {text-align: left;}
.ck-classes td:nth-child(2) {width: 70%; padding-right: 0.6rem;}
.ck-classes .bar {display: block; height: 0.8rem; min-width: 1px; border-radius: 2px;}
@media (max-width: 640px) {
  .ck {grid-template-columns: minmax(0, 1fr);}
  .ck-tile i {display: block; margin: 0;}
  .st-key-_cockpit-slider .stSlider {grid-template-columns: 1fr;}
  .st-key-cockpit-guides {gap: 0.2rem;}
}
@media (min-width: 641px) and (max-width: 1400px) {
  .ck {grid-template-columns: repeat(2, minmax(0, 1fr));}
  .ck-tiles {grid-column: 1 / -1; grid-template-columns: repeat(6, minmax(0, 1fr));}
}
html.projector .ck-matrix, html.projector .ck h5, html.projector .ck-tile {font-size: 1.2rem;}
html.projector .ck h5 span, html.projector .ck-tile span {font-size: 1.05rem;}
html.projector .ck-matrix b, html.projector .ck-tile b {font-size: 1.5rem;}
</style>"""

Interval = Mapping[str, tuple[float, float]]
Flagged = Mapping[str, tuple[int, int]]  # by class: how many, and of how many
MOST_CLASSES = 40  # as more would make each move heavy
PER = 10_000  # samples of the reader's world
EVERYWHERE = ("Recall", "False alarms")  # do not depend on how rare anomalies are
MEANINGS = {
    "Recall": "The share of the anomalies that is flagged.",
    "False alarms": "The share of the normals that is flagged.",
    "Precision": "The share of the flagged that are anomalies: how many alarms are real.",
    "F1": "The harmonic mean of precision and recall: 1 is perfect, and the smaller of the two "
    "counts most.",
    "MCC": "Matthews' correlation of verdict and truth: 1 is perfect, 0 no better than chance. It "
    "looks at all four counts.",
    "Cost / 1,000": "What mistakes cost per 1,000 samples, counted in false alarms, when a miss "
    "costs {ratio} of them.",
}


def percent(share: float) -> str:
    """A share as people read it: two digits at least of what it is off 0 and 100%, which only
    these are called."""
    if math.isnan(share):
        return "–"
    edge = min(share, 1 - share)
    return f"{share:.{max(1, -1 - math.floor(math.log10(edge)))}%}" if edge > 0 else f"{share:.1%}"


def show(
    point: OperatingPoint,
    tested: OperatingPoint,
    intervals: Interval,
    cost_ratio: float,
    noun: str,
) -> None:
    """Two confusion matrices, the test's own and what it means in the reader's world (in which
    `point` is meant), and the rates that follow from either."""
    n = tested.flagged + tested.false_negatives + tested.true_negatives
    parts = (
        _section("In this test", f"{n:,} {noun}, {share_text(tested.base_rate)} anomalies")
        + matrix(_counts(tested), "Confusion matrix of the test"),
        _section("In your world", f"per {PER:,} {noun}, {share_text(point.base_rate)} anomalies")
        + matrix(_expected(point), "Confusion matrix of your world"),
    )
    made = "".join(f"<section>{part}</section>" for part in parts)
    st.html(f'<div class="ck">{made}{tiles(point, tested, intervals, cost_ratio)}</div>')


def _section(title: str, words: str) -> str:
    return f"<h5>{title} <span>{words}</span></h5>"


def _counts(point: OperatingPoint) -> dict[str, str]:
    found = {
        "tp": point.true_positives,
        "fn": point.false_negatives,
        "fp": point.false_positives,
        "tn": point.true_negatives,
    }
    return {name: f'<b data-count="{name}">{n:,}</b>' for name, n in found.items()}


def _expected(point: OperatingPoint) -> dict[str, str]:
    share = point.shares
    found = {
        "tp": share.true_positives,
        "fn": share.false_negatives,
        "fp": share.false_positives,
        "tn": share.true_negatives,
    }
    return {
        name: f'<b data-world="{name}">{"–" if math.isnan(part) else figures(PER * part)}</b>'
        for name, part in found.items()
    }


def figures(number: float) -> str:
    """An expectation, to three figures at least."""
    return f"{number:,.0f}" if number >= 99.5 else f"{number:.3g}"


def matrix(count: Mapping[str, str], label: str) -> str:
    """Counts, as HTML, by name: true and false positives, true and false negatives."""
    cells = (
        ("h", ""),
        ("h", "flagged"),
        ("h", "passed"),
        ("h", "anomalies"),
        ("ck-good", f"{count['tp']} caught"),
        ("ck-bad", f"{count['fn']} missed"),
        ("h", "normals"),
        ("ck-bad", f"{count['fp']} false alarms"),
        ("ck-good", f"{count['tn']} correct"),
    )
    inside = "".join(f'<div class="{kind}">{words}</div>' for kind, words in cells)
    return f'<div class="ck-matrix" role="table" aria-label="{label}">{inside}</div>'


def tiles(
    point: OperatingPoint, tested: OperatingPoint, intervals: Interval, cost_ratio: float
) -> str:
    """The rates: two that hold in every world, and four of the reader's world, beside the test's
    where that is another."""
    shown = (
        ("Recall", percent, lambda p: p.recall, "recall"),
        ("False alarms", percent, lambda p: p.false_alarm_rate, "false_alarm_rate"),
        ("Precision", percent, lambda p: p.precision, "precision"),
        ("F1", _plain, lambda p: p.f(), ""),
        ("MCC", _plain, lambda p: p.mcc, ""),
        ("Cost / 1,000", _costs, lambda p: 1000 * p.cost(cost_ratio), ""),
    )
    made = ""
    for name, written, of, interval in shown:
        low, high = intervals[interval] if intervals and interval else (math.nan, math.nan)
        lines = [] if math.isnan(low) else [f"{percent(low)} to {percent(high)}"]
        if name in EVERYWHERE:
            lines.append("in every world")
        elif point.base_rate != tested.base_rate:
            lines.append(f"in the test {written(of(tested))}")
        tip = MEANINGS[name].format(ratio=f"{cost_ratio:g}")
        made += (
            f'<div class="ck-tile" tabindex="0" data-tip="{tip}"><span>{name}</span>'
            f"<b>{written(of(point))}</b><i>{'<br>'.join(lines)}</i></div>"
        )
    return f'<div class="ck-tiles">{made}</div>'


def _costs(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


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
    bar = f'<span class="bar" style="width:{share:.1%};background:{colour}"></span>'
    return (
        f"<tr><th>{outside.shown(name)}</th><td>{bar}</td><td>{percent(share)}</td>"
        f"<td>{flagged:,} of {total:,}</td></tr>"
    )
