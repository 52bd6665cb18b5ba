"""Slow motion: one step of a lane, stage by stage, with its equations."""

from __future__ import annotations

import math

import streamlit as st

from pages._ui import runtime
from pages._ui.chart import live_chart
from pages._ui.race import state as race_state
from pages._ui.widgets import drawer, refuse
from wganad_core import use_cases
from wganad_core.figures import trace as figures
from wganad_core.live.client import WorkerError
from wganad_core.live.messages import RaceView
from wganad_core.records import StepTrace


def show(state: race_state.RaceState, live: RaceView | None) -> None:
    """Walk through one step: z → G(z) → critic → losses → gradients → update."""
    with drawer("Slow motion: walk through one step", "slow_motion_video") as opened:
        if not opened:
            return
        if live is None:
            st.write("Press **Train live** first: slow motion looks inside a race that is trained.")
            return
        titles = [use_cases.lane_title(lane) for lane in state.race.lanes]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            lanes = range(len(titles))
            lane = st.selectbox("Lane", lanes, format_func=titles.__getitem__, width=260)
            if st.button("Take one step", icon=":material/footprint:", disabled=live.playing):
                handle = runtime.session_race()
                try:
                    st.session_state.trace = (lane, handle.worker.trace(handle.key, lane))
                except WorkerError as error:
                    refuse(error)
                else:
                    st.rerun()
        if "trace" not in st.session_state:
            st.caption("Pause the race, then take one step to look inside it.")
            return
        lane, traced = st.session_state.trace
        if lane < len(titles):
            walk_through(state, lane, traced)


@st.fragment
def walk_through(state: race_state.RaceState, lane: int, traced: StepTrace) -> None:
    method = state.race.lanes[lane].training.method
    stage = st.segmented_control(
        "Stage",
        range(len(figures.STAGES)),
        format_func=lambda i: f"{i + 1} · {figures.STAGES[i]}",
        default=0,
        required=True,
        key="stage",
    )
    picture, words = st.columns([3, 2], gap="large")
    with words:
        for i, equation in enumerate(figures.EQUATIONS[method]):
            if i == stage:
                st.latex(rf"\boxed{{{equation}}}")
                st.write(figures.EXPLANATIONS[i])
            else:
                st.latex(rf"\color{{gray}}{equation}")
        known = {name: value for name, value in traced.losses.items() if math.isfinite(value)}
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in known.items())
        st.caption(f"Step {traced.step:,}: {numbers}")
    with picture:
        figure = figures.trace_figure(traced, stage, method, race_state.data(state))
        live_chart(figure, key="trace", alt=figures.EXPLANATIONS[stage])
