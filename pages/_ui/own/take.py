"""The detector, its scores and the same in a shell and in Python, to take away."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from pages._ui.own import tab as own_tab
from pages._ui.own.outcome import Outcome
from pages._ui.own.plan import Plan
from pages._ui.widgets import refuse
from wganad_core import outside
from wganad_core.data.own.stretches import stretch_csv
from wganad_core.jobs.orders import Order

SLOW = ("inversion", "anogan")
ANYTHING = "application/octet-stream"


def show(outcome: Outcome) -> None:
    plan = tuned(outcome)
    left, right = st.columns([4, 7], gap="large")
    with left:
        _files(outcome, plan)
    with right:
        st.markdown("**The same in Python**, to the last digit")
        st.code(plan.python(), language="python", wrap_lines=True)
        st.markdown("**The same in a shell**")
        st.code(plan.shell(), language="bash", wrap_lines=True)


def tuned(outcome: Outcome) -> Plan:
    """The outcome's plan, with the threshold that the cockpit was moved to."""
    if outcome.current == outcome.threshold:
        return outcome.plan
    return dataclasses.replace(outcome.plan, threshold=outcome.current)


def _files(outcome: Outcome, plan: Plan) -> None:
    st.markdown(
        "**The detector** scores elsewhere: on this page (“Open a saved one”), in a shell, "
        "in Python; as ONNX without any of this."
    )
    if plan.threshold is not None and not _has(outcome, plan):
        _offer(outcome, plan)
        plan = outcome.plan
    with st.container(horizontal=True, gap="small"):
        _file("Detector", outcome.folder / plan.tuned_name, ANYTHING, "own-save-model")
        _onnx(outcome, plan)
    st.markdown(f"**The scores** of every row of {outside.shown(plan.source.name)}, with its flag.")
    with st.container(horizontal=True, gap="small"):
        _file("Scores (CSV)", outcome.folder / plan.scores_name, "text/csv", "own-save-scores")
        if plan.stretch is not None:
            learned = functools.partial(stretch_csv, outcome.chosen.samples, slice(*plan.stretch))
            name = f"{plan.source.title}-normal.csv"
            _download("What it learned from (CSV)", learned, name, "text/csv", "own-save-normal")
        if plan.source.kind is not None:
            _file("The example itself", plan.source.path, ANYTHING, "own-save-example")
    if plan.threshold is not None:
        st.caption(
            f"With the threshold {plan.threshold:.6g} that you set, not with its own, "
            f"{outcome.threshold:.6g}."
        )


def _file(label: str, path: Path, kind: str, key: str) -> None:
    _download(label, path.read_bytes, path.name, kind, key)


def _download(label: str, read: Callable[[], bytes], name: str, kind: str, key: str) -> None:
    icon = ":material/download:"
    st.download_button(label, read, name, kind, icon=icon, on_click="ignore", key=key)


# The threshold that was set


def _has(outcome: Outcome, plan: Plan) -> bool:
    """Whether the files have this threshold already."""
    return outcome.given.get("made") == plan.threshold


@st.fragment
def _offer(outcome: Outcome, plan: Plan) -> None:
    """Files with the threshold that was set, made when they are asked for: that takes seconds."""
    st.markdown(
        f"You set the threshold to **{plan.threshold:.6g}**; these files still have its "
        f"own, {outcome.threshold:.6g}."
    )
    asked = st.button(
        "Put mine into the files", icon=":material/tune:", key="own-apply", type="primary"
    )
    if asked and _done(outcome, plan.applied(), "Scoring once more"):
        (outcome.folder / plan.tuned_name).with_suffix(".onnx").unlink(missing_ok=True)
        outcome.given["made"] = outcome.current
        st.rerun()


@st.fragment
def _onnx(outcome: Outcome, plan: Plan) -> None:
    """Made when it is asked for: that takes seconds."""
    path = (outcome.folder / plan.tuned_name).with_suffix(".onnx")
    place = st.empty()
    with place.container():
        if not path.exists() and _asked(plan):
            _done(
                outcome,
                [plan.onnx()],
                "Tracing the networks",
            )
    if path.exists():
        with place.container():
            _file("ONNX", path, ANYTHING, "own-save-onnx")


def _asked(plan: Plan) -> bool:
    method = dict(plan.settings).get("score_method")
    return st.button(
        "Make ONNX",
        icon=":material/deployed_code:",
        key="own-make-onnx",
        disabled=method in SLOW,
        help="Scores in any ONNX runtime, threshold included."
        if method not in SLOW
        else "This score method searches for every row anew, which ONNX cannot hold.",
    )


def _done(outcome: Outcome, orders: Sequence[Order], doing: str) -> bool:
    """Run orders in the outcome's folder and wait; whether they succeeded."""
    made = own_tab.tab().submit(outcome.folder, orders)
    waiting = " once a training has made room" if own_tab.fittings().place(made) else ""
    with st.spinner(f"{doing}{waiting} …"):
        made.wait()
    if made.error:
        refuse(made.error)
    return made.state == "done"
