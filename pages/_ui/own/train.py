"""Settings in one line, a big button, and a training that one can watch and stop."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui import chart
from pages._ui.own import tab as own_tab
from pages._ui.own.data import Chosen
from pages._ui.own.plan import Plan
from pages._ui.own.session import EARLY, Jobs, jobs
from pages._ui.own.tab import at, choice, number, settle, usual
from pages._ui.widgets import button, refuse
from wganad_core import outside
from wganad_core.jobs.beside import LOCAL
from wganad_core.jobs.orders import Kind
from wganad_core.jobs.prepare import OF_SCALED
from wganad_core.live.fitting import Fitting
from wganad_core.storage import StorageError

METHODS = {
    "ours": "Ours: all evidence",
    "ours-wgan": "Ours, networks only",
    "residual": "Residual (encoder)",
    "critic": "Critic",
    "critic-interval": "Critic's interval",
    "bigan": "BiGAN",
    "vae": "VAE",
    "inversion": "Inversion (slow)",
    "anogan": "AnoGAN (slow)",
    "neighbours": "Nearest neighbours",
    "local": "Odd places (images)",
    "pca": "Main axes (PCA)",
    "isolation-forest": "Isolation forest",
}
RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
EFFORTS = {"quick": "Quick", "usual": "Usual", "thorough": "Thorough"}
# Steps that are not the detector's own default.
STEPS: dict[str, dict[str, dict[str, float]]] = {
    "table": {"quick": {"steps": 500}, "usual": {}, "thorough": {"steps": 8_000}},
    "images": {
        "quick": {"steps": 300, "encoder_steps": 200, "average": 0.97},
        "usual": {},
        "thorough": {"steps": 12_000, "encoder_steps": 6_000},
    },
}
STEPS["series"] = STEPS["table"]
STAGES = {
    "generator": "generator and critic play against each other",
    "encoder": "the encoder learns the way back",
    "features": "features learn to tell an image from its quarter turns",
    "scores": "scores are being joined",
}
RATE, WINDOW = 0.01, 32  # false alarms; steps
LOOK = 0.4  # seconds between two looks at a training
GLIMPSED = "_own-glimpsed"
SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)  # of the rows that may be anomalies


def settings(chosen: Chosen) -> tuple[tuple[str, Any], ...]:
    """The detector's parameters, but for those that are as usual: in words, each behind a button,
    what is rare behind the last."""
    kind, method, rate = chosen.kind, _method(chosen), _rate(chosen)
    # Networks of images take long.
    start, place = "quick" if kind == "images" else "usual", f"own-effort-{kind}"
    with st.popover(f"Training **{EFFORTS[at(place, start)].lower()}**"):
        effort = choice("How long it trains", EFFORTS, place, start)
    hidden, window, seed = _rare(kind)
    _button(chosen)
    scaled = chosen.samples.scaled and kind == "images"
    found = {
        "score_method": method if method != "ours" or scaled else None,
        "false_alarm_rate": rate if rate != RATE else None,
        "window": window if window != WINDOW else None,
        "suspect_share": hidden or None,
        **STEPS[kind][effort],
        "random_state": seed,
    }
    return tuple((name, value) for name, value in found.items() if value is not None)


def _method(chosen: Chosen) -> str:
    key, images = method_key(chosen), chosen.kind == "images"
    methods = [name for name in METHODS if images or name != LOCAL]
    start = OF_SCALED if images and chosen.samples.scaled else "ours"
    now = found if (found := at(key, start)) in methods else start
    with st.popover(f"Score **{METHODS[now]}**"):
        method: str = st.selectbox(
            "Score",
            methods,
            methods.index(now),
            format_func=METHODS.__getitem__,
            key=key,
            help="What makes a sample anomalous. “Ours” joins, of rows and recordings, the "
            "distance to the nearest normals and what the generator cannot rebuild; of images, "
            "what features say that learn to tell an image from its quarter turns.",
        )
    return settle(key, method)


def _rate(chosen: Chosen) -> float:
    of = "windows" if chosen.kind == "series" else "normals"

    def words(value: float) -> str:
        return f"{100 * value:g}% of {of}"

    key = "own-rate"
    with st.popover(f"False alarms **{words(at(key, RATE))}**"):
        rate: float = st.select_slider(
            "False alarms to tolerate", RATES, usual(key, RATE), key=key, format_func=words
        )
    return settle(key, rate)


def _rare(kind: Kind) -> tuple[float, int, int]:
    """The share that is set aside, the window of a recording, the seed."""

    def words(value: float) -> str:
        return f"{100 * value:g}%" if value else "none"

    key, window = "own-hidden", WINDOW
    hidden = at(key, 0.0)
    said = f"Hidden anomalies **{words(hidden)}**" if hidden else "More"
    with st.popover(said, icon=":material/tune:", key="rare"):
        share: float = st.selectbox(
            "Hidden anomalies",
            SHARES,
            SHARES.index(usual(key, 0.0)),
            key=key,
            format_func=words,
            help="The share of these rows that may be anomalies nobody has labelled: as many "
            "of those that fit least to the others are set aside before anything is learned.",
        )
        settle(key, share)
        if kind == "series":
            window = number("Window (rows)", 4, 1_024, WINDOW, "own-window")
        seed = number("Seed", 0, 2**31 - 1, 0, "own-seed")
    return share, window, seed


def method_key(chosen: Chosen) -> str:
    """The score's, of each kind of data: what is right for rows was not chosen for pictures."""
    return f"own-method-{chosen.kind}{'-scaled' * chosen.samples.scaled}"


def _button(chosen: Chosen) -> None:
    again = chosen.source.key in jobs().outcomes
    st.button(
        "Train again" if again else "Train",
        type="secondary" if again else "primary",
        icon=":material/model_training:",
        key="own-train",
        on_click=ask,
        disabled=jobs().latest is not None,  # also of one that is done and not looked at yet
    )


def ask() -> None:
    """Begin once the page has run with what is chosen now."""
    st.session_state["_own-asked"] = True


def plan_of(chosen: Chosen, found: tuple[tuple[str, Any], ...]) -> Plan:
    return Plan(
        chosen.source,
        chosen.kind,
        chosen.roles,
        found,
        chosen.samples.label is not None,
        chosen.labelled,
        chosen.stretch,
        chosen.rows,
        with_words=any(chosen.samples.words),
        masked=chosen.samples.n_masks > 0,
    )


def start_if_asked(chosen: Chosen, plan: Plan, *files: Path) -> None:
    """Begin what the button was pressed for, or go on with it; `files`: what it needs beside the
    data."""
    if st.session_state.pop("_own-asked", False) and jobs().latest is None:
        jobs().begin(plan, chosen, *files)
        st.rerun()  # what is above makes room


def watch(key: str) -> None:
    """The training of this tab: how it goes; how the last one of the data `key` broke off."""
    held = jobs()
    if held.busy:
        _live()
        return
    _settle(held, key)
    if key not in held.broken:
        return
    run = held.broken[key]
    goes_on = " Train goes on where it was, as long as data and settings stay as they are."
    if run.fitting.state == "failed":
        refuse(f"{run.fitting.error}{goes_on * run.begun}")
    else:
        why = (
            "Stopped, as this tab was away for a minute." if own_tab.tab().rested else "Cancelled."
        )
        kept = goes_on if run.begun else " Nothing of it was kept."
        st.info(f"{why}{kept} What was learned before is still here.")


def _settle(held: Jobs, key: str) -> None:
    try:
        done = held.settle()
    except (StorageError, OSError) as error:
        refuse(error)
        return
    if done is None:
        return
    if done.key != key:
        st.toast(f"{outside.shown(done.source.name)} is done.", icon=":material/check:")
    st.rerun()  # what is above makes room


@st.fragment(run_every=LOOK)
def _live() -> None:
    held = jobs()
    if held.latest is None or not held.busy:
        st.rerun()
        return
    if held.latest.early and st.session_state.get(GLIMPSED) != held.latest.folder.name:
        st.session_state[GLIMPSED] = held.latest.folder.name
        st.rerun()  # something is of use already
    fitting, plan = held.latest.fitting, held.latest.plan
    place = own_tab.fittings().place(fitting)
    latest = fitting.reports[-1] if fitting.reports else None
    # In one line on a phone, too: a picture stands below.
    with st.container(horizontal=True, vertical_alignment="bottom", key="own-progress"):
        st.progress(*_how_far(fitting, plan, latest, place))
        button("Cancel", "stop_circle", held.cancel, key="own-cancel", width="content")
    if latest is None or place:
        return  # there is nothing to draw yet, or ever
    from wganad_core.figures import own_training

    reports = list(fitting.reports)
    # What stands in is seen first, then how its successor learns.
    with st.expander("How it learns", expanded=False) if held.latest.early else st.container():
        chart.live_chart(
            own_training.training_spec(reports, latest["n_steps"]),
            key="own-training",
            alt="The critic's estimate of W and the losses so far",
        )


def _how_far(
    fitting: Fitting, plan: Plan, latest: dict[str, Any] | None, place: int
) -> tuple[float, str]:
    name = outside.shown(plan.source.name)
    if place:
        return 0.0, f"The server is busy training; {name} is number {place} in the queue."
    if latest is None:
        return 0.0, f"Scoring {name} …" if plan.model else f"Reading {name} …"
    share = latest["step"] / max(1, latest["n_steps"])
    n_before = EARLY if plan.first else 0
    if len(fitting.results) > n_before or share >= 1:
        return 1.0, f"Learned. Scoring all of {name} …"
    text = f"{name}: {STAGES[latest['stage']]} · step {latest['step']:,} of {latest['n_steps']:,}"
    if latest["seconds_left"] is not None:
        text += f" · about {duration(latest['seconds_left'])} left"
    return share, text


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / 60)} min"


def kind_of(found: str) -> Kind:
    """The kind of data that an estimator's class is for."""
    return {"WGANImageDetector": "images", "WGANSeriesDetector": "series"}.get(found, "table")  # type: ignore[return-value]
