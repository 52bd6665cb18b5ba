"""Slow motion: one step of a lane, stage by stage, with its equations and where data flow."""

from __future__ import annotations

import math
import time
from functools import cache, partial
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import runtime
from pages._ui.chart import live_chart
from pages._ui.race import state as race_state
from pages._ui.race import transport
from pages._ui.widgets import button, drawer
from wganad_core import use_cases
from wganad_core.config import Method
from wganad_core.figures import flow
from wganad_core.figures import trace as figures
from wganad_core.live.messages import RaceView
from wganad_core.records import StepTrace

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

SECONDS = 2.5  # a stage, while it walks by itself
WALKS, SINCE, STAGE = "slow_walks", "slow_since", "stage"
FITTING = """
<style>
.st-key-equations .katex-display {margin: 0.35rem 0; overflow: visible;}
.st-key-equations .katex {font-size: clamp(0.8rem, 3.9vw, 1.15rem);}
</style>
"""


def show(state: race_state.RaceState, live: RaceView | None) -> None:
    """Walk through one step: z → G(z) → critic → losses → gradients → update."""
    with drawer("Slow motion: walk through one step", "slow_motion_video") as opened:
        if not opened:
            return
        lanes = race_state.lanes_of(state)
        titles = [use_cases.lane_title(lane) for lane in lanes]
        resting = live is not None and not (live.playing or live.place or live.finished)
        walks = st.session_state.get(WALKS, False)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            places = range(len(titles))
            lane = st.selectbox("Lane", places, format_func=titles.__getitem__, width=260)
            if walks:
                button("Hold", "pause", _toggle)
            else:
                button("Walk by itself", "play_arrow", _toggle)
            step = partial(take_step, state, lane)
            button("Take one step", "footprint", step, disabled=not resting)
        if live is None:
            st.caption("**Train live** first to see the points, too.")
        elif not resting and not live.finished:
            st.caption("Pause the race to take steps and look inside them.")
        walk = st.fragment(walk_through, run_every=SECONDS if walks else None)
        walk(state, lane, lanes[lane].training.method, resting)


def take_step(state: race_state.RaceState, lane: int) -> None:
    """A step of every lane; what happened inside of this one is kept."""

    def traced() -> None:
        handle = runtime.session_race()
        st.session_state.trace = (lane, handle.worker.trace(handle.key, lane))
        st.session_state[STAGE] = 0

    transport.attempt(state, traced)


def _toggle() -> None:
    st.session_state[WALKS] = not st.session_state.get(WALKS, False)
    _rest()


def _rest() -> None:
    """The stage that is shown now stays for its time."""
    st.session_state[SINCE] = time.monotonic()


def walk_through(state: race_state.RaceState, lane: int, method: Method, resting: bool) -> None:
    if st.session_state.get(WALKS):
        _advance(state, lane, resting)
    chosen = st.segmented_control(
        "Stage",
        range(len(figures.STAGES)),
        format_func=lambda i: f"{i + 1} · {figures.STAGES[i]}",
        default=None if STAGE in st.session_state else 0,
        required=True,
        key=STAGE,
        on_change=_rest,
    )
    stage = chosen or 0
    of, traced = st.session_state.get("trace", (None, None))
    picture, words = st.columns([3, 2], gap="large")
    with words, st.container(key="equations"):
        _equations(method, stage)
        if of == lane and traced is not None:
            st.caption(_numbers(traced))
    with picture:
        _diagram()(key="flow", data=flow.flow_svg(method, stage))
        if of == lane and traced is not None:
            figure = figures.trace_figure(traced, stage, method, race_state.data(state))
            live_chart(figure, key="trace", alt=figures.EXPLANATIONS[stage])


def _advance(state: race_state.RaceState, lane: int, resting: bool) -> None:
    """To the next stage, if this one has had its time; after the last, into another step."""
    if time.monotonic() - st.session_state.get(SINCE, 0.0) < 0.8 * SECONDS:
        return
    _rest()
    stage = (st.session_state.get(STAGE, 0) + 1) % len(figures.STAGES)
    st.session_state[STAGE] = stage
    if stage == 0 and resting:
        take_step(state, lane)
        st.session_state[WALKS] = state.problem is None
        st.rerun()  # the race above has moved


def _equations(method: Method, stage: int) -> None:
    """All six, the active one framed and explained."""
    st.html(FITTING)
    for i, equation in enumerate(figures.EQUATIONS[method]):
        if i == stage:
            st.latex(rf"\boxed{{{equation}}}")
            st.write(figures.EXPLANATIONS[i])
        else:
            st.latex(rf"\color{{gray}}{equation}")


@cache
def _diagram() -> ComponentRenderer:
    """Shows an SVG of ours in the page's colours; `st.html` would take it for somebody else's."""
    return st.components.v2.component(
        "flow",
        html='<div class="flow-place"></div>',
        js="""export default ({ data, parentElement }) => {
            parentElement.querySelector(".flow-place").innerHTML = data;
        }""",
        css=flow.LOOKS,
        isolate_styles=False,
    )


def _numbers(traced: StepTrace) -> str:
    known = {name: value for name, value in traced.losses.items() if math.isfinite(value)}
    numbers = ", ".join(f"{name} {value:.4g}" for name, value in known.items())
    return f"Step {traced.step:,}: {numbers}"
