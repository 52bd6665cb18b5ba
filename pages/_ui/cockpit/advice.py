"""Thresholds that need no labels: what each rule says, assumes, and would have cost."""

from __future__ import annotations

import streamlit as st

from pages._ui import linked
from pages._ui.cockpit.numbers import percent
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from wganad_core import thresholds
from wganad_core.records import Scored
from wganad_core.thresholds import Advice, Regret

FALSE = 0.1  # of the alarms, where a rule is about those
WANTED = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def show(scores: DetectorScores, place: Position, ratio: float, base_rate: float | None) -> None:
    """A card per rule, each with a button that sets the threshold."""
    found = _calibration(scores)
    if found is None and scores.source is None:
        st.info("Your file has anomalies only; these rules look at normals. Add some.")
        return
    if found is None:
        st.info(
            "No rule without labels can be asked here: this detector takes hundreds of gradient "
            "steps a sample, so that the calibration normals were not scored. Choose another one."
        )
        return
    calibration, words = found
    left, right = st.columns([2, 5], gap="large", vertical_alignment="center")
    with left:
        wanted = linked.slide(
            "False alarms to tolerate",
            WANTED,
            key="wanted",
            default=0.01,
            shown=lambda rate: f"{thresholds.share_text(rate)} of normals",
        )
    with right:
        st.markdown(words)
    loaded = scores.loaded
    advice = thresholds.advise(calibration, wanted, loaded.fit_range, loaded.dependent)
    if loaded.calibration is not None and not loaded.dependent and not loaded.subject_wise:
        advice = (*advice, thresholds.discovery_advice(calibration.score, scores.test.score, FALSE))
    curve = scores.curve if scores.two_classes else None
    for column, one in zip(st.columns(len(advice), gap="small"), advice, strict=True):
        with column.container(border=True, height="stretch"):
            lost = None if curve is None else thresholds.regret(one, curve, ratio, base_rate)
            _card(one, scores.axis.text(one.threshold), lost, place)


def _calibration(scores: DetectorScores) -> tuple[Scored, str] | None:
    """The normals that rules look at, and in words how honest that is."""
    given, test = scores.loaded.calibration, scores.test
    if given is not None:
        return given, (
            f"Each rule sees only the scores of **{len(given):,} normal {scores.loaded.noun}** "
            "that neither trained nor tuned anything, and no label of the test."
            + " Because the test has labels, you see what it would have cost to trust the rule."
            * scores.two_classes
        )
    if scores.source is not None:
        return None
    if test.label is None:
        return test, (
            f"Your {len(test):,} scores have no labels, so they are taken for **normals**: if "
            "anomalies are among them, every rule sets the threshold too high."
        )
    normals = test.take(test.label == 0)
    return (
        None
        if not len(normals)
        else (
            normals,
            (
                "Your file has no rows of a part `calibration`, so the rules see its "
                f"{len(normals):,} **normals**: the same ones that the figures below are counted "
                "on, which flatters them."
            ),
        )
    )


def _card(advice: Advice, threshold: str, lost: Regret | None, place: Position) -> None:
    named = advice.threshold == place.threshold
    st.markdown(f"**{advice.name}**  \n:gray[threshold] **{threshold}**")
    lines = []
    if advice.expected is not None:
        low, high = advice.expected
        lines.append(f"claims {percent(low)} to {percent(high)} false alarms")
    if lost is not None:
        lines.append(f"really **{percent(lost.false_alarm_rate)}**, recall {percent(lost.recall)}")
        lines.append("in the world you chose:")
        lines.append(f"F1 {_of(lost.f1, lost.best_f1, 3)}")
        lines.append(f"cost {_of(1000 * lost.cost, 1000 * lost.best_cost, 0)} per 1,000")
    st.markdown("  \n".join(lines))
    st.button(
        "In use" if named else "Use it",
        key=f"use-{advice.rule}",
        disabled=named,
        width="stretch",
        on_click=lambda: place.move(advice.threshold, f"by the rule “{advice.name}”"),
    )
    st.caption(advice.assumption)
    if advice.warning:
        st.caption(f":orange[:material/warning: {advice.warning}]")


def _of(value: float, best: float, digits: int) -> str:
    return f"**{value:,.{digits}f}**, best {best:,.{digits}f}"
