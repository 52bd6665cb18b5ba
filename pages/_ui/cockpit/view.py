"""One slider, every consequence: threshold, curves, counts and samples, redrawn together."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Hashable

import numpy as np
import streamlit as st

from pages._ui import chart, linked
from pages._ui.cockpit import advice as cockpit_advice
from pages._ui.cockpit import compare as cockpit_compare
from pages._ui.cockpit import export as cockpit_export
from pages._ui.cockpit import flips as cockpit_flips
from pages._ui.cockpit import numbers as cockpit_numbers
from pages._ui.cockpit import scores as cockpit_scores
from pages._ui.cockpit import state as cockpit_state
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from wganad_core import evaluation
from wganad_core.evaluation import OperatingPoint
from wganad_core.figures import cockpit

CHART, SLIDER, DRAWN = "cockpit", "_cockpit-slider", "_cockpit-drawn"
RATES = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
RATIOS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
BELOW = {
    "samples": "Which samples",
    "advice": "Without labels",
    "compare": "Two detectors",
    "export": "Take away",
}


@dataclasses.dataclass(frozen=True)
class Assumed:
    """What the reader told: the base rate (None: the test's), how many false alarms a miss costs,
    and whether counts are drawn on a logarithmic axis."""

    base_rate: float | None
    ratio: float
    log_counts: bool
    with_bands: bool


@st.fragment
def show(scores: DetectorScores, second: DetectorScores | None) -> None:
    """Runs again, alone, with every move."""
    place = cockpit_state.position(scores.place, *scores.start)
    _take_events(place)
    scores.note(place.threshold)
    assumed = _controls(scores, place)
    figure = _figure((scores.key, second and second.key), assumed, scores, second)
    st.session_state[DRAWN] = figure.drawn
    point, words = _numbers(scores, place, assumed, figure)
    _draw(figure, scores, place, point, words)
    if point is not None and scores.two_classes:
        _per_day(scores, point)
    _below(scores, second, place, assumed, point, figure)


def _numbers(
    scores: DetectorScores, place: Position, assumed: Assumed, figure: ReadyFigure
) -> tuple[OperatingPoint | None, str]:
    """Counts and rates, with labels; and the same in words."""
    if scores.curve is None:
        flagged, n = scores.ranking.n_flagged(place.threshold), len(scores.test)
        cockpit_numbers.unlabelled(flagged, n)
        return None, f"{flagged:,} of {n:,} {scores.loaded.noun} flagged"
    point = scores.curve.at(place.threshold, assumed.base_rate)
    bands = figure.drawn.bands
    intervals = {} if bands is None else bands.at(place.threshold)
    cockpit_numbers.show(point, intervals, assumed.ratio)
    if bands is not None and bands.warning:
        st.caption(f":orange[:material/warning: {bands.warning}]")
    return point, (
        f"precision {cockpit_numbers.percent(point.precision)}, "
        f"recall {cockpit_numbers.percent(point.recall)}"
    )


# What moves the threshold


def _take_events(place: Position) -> None:
    """A dragged line or a click in the chart, before anything is drawn with the old threshold."""
    last: cockpit.Drawn | None = st.session_state.get(DRAWN)
    events = chart.waiting(CHART)
    if last is None:
        return
    if events.drag is not None and events.drag["name"] == "threshold":
        place.move(float(events.drag["x0"]))
    elif events.click is not None:
        click = events.click
        found = cockpit.threshold_at(last, click["subplot"], click["x"], click["y"])
        if found is not None:
            place.move(found)


def _controls(scores: DetectorScores, place: Position) -> Assumed:
    """The threshold's slider and buttons, and what the reader assumes."""
    place_of_sliders = st.container(key="cockpit-sliders")
    left, middle, right = place_of_sliders.columns([5, 2, 2], gap="medium")
    labelled = scores.two_classes
    # A split sends most normals to training: what is left says nothing of how rare anomalies are.
    proposed = float(f"{scores.loaded.base_rate or 0:.3g}")

    def shown(rate: float) -> str:
        if not rate:
            return "as in the test"
        return f"{100 * rate:g} %" + ", as in your file" * (rate == proposed)

    with middle:
        base_rate = linked.slide(
            "Base rate of your world",
            sorted({0.0, *RATES, proposed}),
            key=f"rate-{proposed:g}" if proposed else "rate",
            address="rate",
            default=proposed,
            shown=shown,
            disabled=not labelled,
            help="How rare anomalies are where the detector will work. Recall and false-alarm rate "
            "stay as they are; precision does not.",
        )
    with right:
        ratio = linked.slide(
            "A miss costs as much as",
            RATIOS,
            key="cost",
            default=10,
            shown=lambda k: f"{k:,} false alarm{'s' * (k > 1)}",
            disabled=not labelled,
        )
    rate = (base_rate or None) if labelled else None
    place.assume((rate,), (rate, ratio))
    with left:
        _slider(scores, place)
    with st.container(
        key="cockpit-guides", horizontal=True, vertical_alignment="center", gap="small"
    ):
        if labelled:
            _guides(scores, place, rate, ratio)
        log_counts = linked.switch("Log counts", key="log", default=True)
        with_bands = (
            labelled
            and not scores.loaded.dependent
            and linked.switch(
                "95 % bands",
                key="bands",
                default=False,
                help="How far the curve and the numbers would move on another sample of this size: "
                "bootstrap, by subject where one subject has several.",
            )
        )
    return Assumed(rate, float(ratio), log_counts, with_bands)


def _slider(scores: DetectorScores, place: Position) -> None:
    options = scores.options
    if math.isinf(place.threshold):
        nearest = 0 if place.threshold < 0 else len(options) - 1
    else:
        nearest = int(np.abs(np.asarray(options) - place.threshold).argmin())
    # Set only where something else has moved it: a browser that is told where its own slider
    # stands goes back there, and forgets the steps that were made while the page was redrawn.
    if st.session_state.get(SLIDER) != options[nearest]:
        st.session_state[SLIDER] = options[nearest]
    why = f", {place.why}" if place.why else ""
    st.select_slider(
        f"**Threshold {scores.axis.text(place.threshold)}**{why}",
        options,
        key=SLIDER,
        format_func=scores.axis.text,
        on_change=lambda: place.move(float(st.session_state[SLIDER])),
        help="A sample is flagged when its score is above the threshold. Arrow keys make small "
        "steps; or drag the orange line, or click into any curve.",
    )


def _guides(scores: DetectorScores, place: Position, base_rate: float | None, ratio: float) -> None:
    """Thresholds that people ask for by name."""
    curve = scores.curve
    assert curve is not None
    aims: dict[str, tuple[Callable[[], float], Hashable]] = {
        "best F1": (lambda: evaluation.best_f(curve, base_rate=base_rate), (base_rate,)),
        "lowest cost": (
            lambda: evaluation.lowest_cost(curve, ratio, base_rate),
            (base_rate, ratio),
        ),
        "recall ≥ 95 %": (lambda: evaluation.at_recall(curve, 0.95), None),
        "false alarms ≤ 1 %": (lambda: evaluation.at_false_alarm_rate(curve, 0.01), None),
    }
    for name, (aim, holds) in aims.items():
        label = name[0].upper() + name[1:]
        st.button(
            label,
            key=f"aim-{label}",
            type="secondary" if place.why == name else "tertiary",
            on_click=lambda aim=aim, name=name, holds=holds: place.move(aim(), name, holds),
        )


# What is drawn once, and what moves


@dataclasses.dataclass(frozen=True)
class ReadyFigure:
    """A figure as it was made, and as the browser keeps it."""

    drawn: cockpit.Drawn
    prepared: chart.Prepared


@st.cache_resource(scope="session", show_spinner=False, max_entries=8)
def _figure(
    keys: tuple[Hashable, Hashable],
    assumed: Assumed,
    _scores: DetectorScores,
    _second: DetectorScores | None,
) -> ReadyFigure:
    """The figure for these scores and assumptions."""
    bands = cockpit_scores.bands(_scores, assumed.base_rate) if assumed.with_bands else None
    drawn = cockpit.Drawn(
        test=_scores.test,
        curve=_scores.curve,
        calibration=_scores.loaded.calibration,
        second=None if _second is None else _second.curve,
        names=(_scores.name, None if _second is None else _second.name),
        base_rate=assumed.base_rate,
        cost_ratio=assumed.ratio,
        bands=bands,
        log_counts=assumed.log_counts,
        abnormal=_scores.loaded.anomalies,
    )
    return ReadyFigure(drawn, chart.Prepared(cockpit.cockpit_figure(drawn, _scores.start[0])))


def _draw(
    figure: ReadyFigure,
    scores: DetectorScores,
    place: Position,
    point: OperatingPoint | None,
    words: str,
) -> None:
    saved = st.session_state.get(cockpit_export.SAVED, ("png", 0))
    shapes = cockpit.marks(figure.drawn, place.threshold if point is None else point)
    address = {cockpit_state.ADDRESS: repr(place.threshold)}
    chart.live_chart(
        figure.prepared,
        key=CHART,
        marks=chart.Marks(shapes, address, saved),
        alt=f"Scores, precision-recall and ROC curve, cost and classes of {figure.drawn.names[0]}"
        f" at threshold {scores.axis.text(place.threshold)}: {words}",
    )


def _per_day(scores: DetectorScores, point: OperatingPoint) -> None:
    left, right = st.columns([6, 1], vertical_alignment="bottom", gap="medium")
    loaded = scores.loaded
    with right:
        per_day = linked.whole(
            f"{loaded.noun.capitalize()} a day",
            1,
            100_000_000,
            key="day",
            default=10_000,
            step=1_000,
        )
    with left:
        st.markdown(cockpit_numbers.per_day(point, loaded.noun, per_day))


def _below(
    scores: DetectorScores,
    second: DetectorScores | None,
    place: Position,
    assumed: Assumed,
    point: OperatingPoint | None,
    figure: ReadyFigure,
) -> None:
    chosen = linked.choice("Look at", BELOW, key="below", default="samples")
    if chosen == "samples":
        cockpit_flips.show(scores, place)
    elif chosen == "advice":
        cockpit_advice.show(scores, place, assumed.ratio, assumed.base_rate)
    elif chosen == "compare":
        cockpit_compare.show(scores, second, place.threshold)
    else:
        cockpit_export.show(scores, place, point, figure.drawn)
