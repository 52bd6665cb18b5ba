"""One threshold, every consequence: title, curves, counts and samples, redrawn together."""

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
from pages._ui.cockpit import moments as cockpit_moments
from pages._ui.cockpit import numbers as cockpit_numbers
from pages._ui.cockpit import scores as cockpit_scores
from pages._ui.cockpit import segments as cockpit_segments
from pages._ui.cockpit import state as cockpit_state
from pages._ui.cockpit import words as cockpit_words
from pages._ui.cockpit import world as cockpit_world
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from pages._ui.cockpit.world import Assumed
from wganad_core import evaluation, outside
from wganad_core.evaluation import OperatingPoint
from wganad_core.figures import cockpit

CHART, SLIDER, DRAWN = "cockpit", "_cockpit-slider", "_cockpit-drawn"
BELOW = {
    "samples": "Which samples",
    "advice": "Without labels",
    "compare": "Two detectors",
    "export": "Take away",
}


@st.fragment
def show(scores: DetectorScores, second: DetectorScores | None) -> None:
    """Within another page; runs again, alone, with every move."""
    place = placed(scores)
    with st.container(key="cockpit-choices", horizontal=True, vertical_alignment="center"):
        assumed = cockpit_world.choose(scores, place)
    below_choices(scores, second, place, assumed)


def forget() -> None:
    """Where nothing is drawn: the next slider is told where it stands, as it is another one."""
    st.session_state.pop(SLIDER, None)
    st.session_state.pop(DRAWN, None)


def placed(scores: DetectorScores) -> Position:
    """Where the threshold is now, with all that the browser reported."""
    place = cockpit_state.position(scores.place, *scores.start)
    _take_events(place)
    scores.note(place.threshold)
    return place


def below_choices(
    scores: DetectorScores, second: DetectorScores | None, place: Position, assumed: Assumed
) -> None:
    """The picture, and what follows from it."""
    figure = _figure((scores.key, second and second.key), assumed.drawn, assumed, scores, second)
    st.session_state[DRAWN] = figure.drawn
    point = point_of(scores, place, assumed)
    _draw(figure, scores, place, cockpit_words.in_brief(scores, place.threshold, point))
    with st.container(key="cockpit-slider"):
        _slider(scores, place)
    if scores.two_classes:
        _guides(scores, place, assumed)
    _numbers(scores, place, assumed, point, figure)
    _below(scores, second, place, assumed, point, figure)


def point_of(scores: DetectorScores, place: Position, assumed: Assumed) -> OperatingPoint | None:
    """What the threshold does in the reader's world; None without labels."""
    curve = scores.curve
    return None if curve is None else curve.at(place.threshold, assumed.base_rate)


def _numbers(
    scores: DetectorScores,
    place: Position,
    assumed: Assumed,
    point: OperatingPoint | None,
    figure: ReadyFigure,
) -> None:
    """Counts and rates: in the test, and in the reader's world."""
    noun = scores.loaded.noun
    if scores.curve is None or point is None:
        cockpit_numbers.unlabelled(scores.ranking.n_flagged(place.threshold), len(scores.test))
        return
    bands = figure.drawn.bands
    intervals = {} if bands is None else bands.at(place.threshold)
    tested = scores.curve.at(place.threshold)
    cockpit_numbers.show(point, tested, intervals, assumed.ratio, noun)
    if bands is not None and bands.warning:
        st.caption(f":orange[:material/warning: {bands.warning}]")
    if not scores.two_classes:
        return
    st.markdown(cockpit_words.per_day(point, noun, assumed.per_day))
    if (area := evaluation.auroc(scores.curve)) < 1 / 2:
        st.caption(
            f":orange[:material/warning: AUROC is {area:.1%}, below chance: the normals "
            "have the higher scores.]"
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


def _slider(scores: DetectorScores, place: Position) -> None:
    here = _nearest(scores, place)

    def moved() -> None:
        # A slider that comes back to the page reports where it stands, which is no move.
        value = st.session_state.get(SLIDER)
        if value is not None and value != _nearest(scores, place):
            place.move(float(value))

    # Set only where something else has moved it: a browser that is told where its own slider
    # stands goes back there, and forgets the steps that were made while the page was redrawn.
    if st.session_state.get(SLIDER) != here:
        st.session_state[SLIDER] = here
    why = f", {outside.shown(place.why)}" if place.why else ""
    st.select_slider(
        f"**Threshold {scores.axis.text(place.threshold)}**{why}",
        scores.options,
        key=SLIDER,
        format_func=scores.axis.text,
        on_change=moved,
        help="A sample is flagged when its score is above the threshold. Arrow keys make small "
        "steps; or drag the orange line, or click into any curve.",
    )


def _nearest(scores: DetectorScores, place: Position) -> float:
    """The slider's option next to the threshold."""
    options = scores.options
    if math.isinf(place.threshold):
        return options[0 if place.threshold < 0 else -1]
    return options[int(np.abs(np.asarray(options) - place.threshold).argmin())]


def _guides(scores: DetectorScores, place: Position, assumed: Assumed) -> None:
    """Thresholds that people ask for by name."""
    curve, base_rate, ratio = scores.curve, assumed.base_rate, assumed.ratio
    assert curve is not None
    aims: dict[str, tuple[Callable[[], float], Hashable]] = {
        "best F1": (lambda: evaluation.best_f(curve, base_rate=base_rate), (base_rate,)),
        "lowest cost": (
            lambda: evaluation.lowest_cost(curve, ratio, base_rate),
            (base_rate, ratio),
        ),
        "recall ≥ 95%": (lambda: evaluation.at_recall(curve, 0.95), None),
        "false alarms ≤ 1%": (lambda: evaluation.at_false_alarm_rate(curve, 0.01), None),
    }
    with st.container(key="cockpit-guides", horizontal=True, gap="small"):
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
    looks: Hashable,
    _assumed: Assumed,
    _scores: DetectorScores,
    _second: DetectorScores | None,
) -> ReadyFigure:
    """The figure for these scores and assumptions."""
    bands = cockpit_scores.bands(_scores, _assumed.base_rate) if _assumed.with_bands else None
    drawn = cockpit.Drawn(
        test=_scores.test,
        curve=_scores.curve,
        calibration=_scores.loaded.calibration,
        second=None if _second is None else _second.curve,
        names=(_scores.name, None if _second is None else _second.name),
        base_rate=_assumed.base_rate,
        cost_ratio=_assumed.ratio,
        bands=bands,
        log_counts=_assumed.log_counts,
        abnormal=_scores.loaded.anomalies,
    )
    return ReadyFigure(drawn, chart.Prepared(cockpit.cockpit_figure(drawn, _scores.start[0])))


def _draw(figure: ReadyFigure, scores: DetectorScores, place: Position, words: str) -> None:
    saved = st.session_state.get(cockpit_export.SAVED, ("png", 0))
    address = {cockpit_state.ADDRESS: repr(place.threshold)}
    chart.live_chart(
        figure.prepared,
        key=CHART,
        marks=chart.Marks(cockpit.marks(figure.drawn, place.threshold), address, saved),
        alt=f"Scores, precision-recall and ROC curve, cost and classes of {figure.drawn.names[0]}"
        f" at threshold {scores.axis.text(place.threshold)}: {words}",
    )


def _below(
    scores: DetectorScores,
    second: DetectorScores | None,
    place: Position,
    assumed: Assumed,
    point: OperatingPoint | None,
    figure: ReadyFigure,
) -> None:
    in_time = {"events": "In time"} if scores.loaded.dependent else {}
    grouped = {"groups": "By group"} if cockpit_segments.there(scores) else {}
    views = in_time | BELOW | grouped
    chosen = linked.choice("Look at", views, key="below", default="samples")
    if chosen == "events":
        cockpit_moments.show(scores, place)
    elif chosen == "groups":
        cockpit_segments.show(scores, place)
    elif chosen == "samples":
        cockpit_flips.show(scores, place)
    elif chosen == "advice":
        cockpit_advice.show(scores, place, assumed.ratio, assumed.base_rate)
    elif chosen == "compare":
        cockpit_compare.show(scores, second, place.threshold, assumed.base_rate)
    else:
        cockpit_export.show(scores, place, point, figure.drawn)
