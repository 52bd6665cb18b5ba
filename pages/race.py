"""The race: GANs on a plane, side by side on one clock."""

from __future__ import annotations

import math

import streamlit as st

from pages._ui import runtime
from pages._ui.chart import live_chart
from pages._ui.race import controls as race_controls
from pages._ui.race import state as race_state
from pages._ui.widgets import refuse
from wganad_core import use_cases
from wganad_core.figures import race as figures
from wganad_core.figures import trace as trace_figures
from wganad_core.live.client import WorkerError
from wganad_core.live.messages import RaceView
from wganad_core.records import StepTrace

TICK = 0.25  # seconds between two looks at the worker


def main() -> None:
    state = race_state.current()
    if offer_resume():
        return
    if not state.shipped and not state.live:  # a race that the address asks for
        race_state.open_live(state, state.race, state.own)
    if state.problem:
        refuse(state.problem)
        state.problem = None
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.header("The race", anchor=False, width="content")
        race_controls.stories(state)
    if state.story:
        st.markdown(use_cases.STORIES[state.story].watch)
    live = race_state.view(state)
    race_controls.transport(state, live)
    layers = race_controls.layers()
    ticking = live is not None and (live.playing or live.place > 0)
    stage = st.fragment(show_race, run_every=TICK if ticking else None)
    stage(state, layers, ticking)
    slow_motion(state, live)
    race_controls.settings(state)
    race_controls.exports(state, live)


def offer_resume() -> bool:
    """After a reload or a broken connection, the run can go on where it was; whether to ask."""
    key = st.query_params.get(race_state.URL_RUN)
    if runtime.left_behind(key) is None:
        return False
    st.info("This address belongs to a run that was interrupted. It was kept.")
    with st.container(horizontal=True):
        go_on = st.button("Resume it", icon=":material/history:", type="primary")
        if st.button("Start over", icon=":material/restart_alt:"):
            del st.query_params[race_state.URL_RUN]
            st.rerun()
    if go_on:
        race_state.resume(str(key))
        st.rerun()
    return True


def show_race(state: race_state.RaceState, layers: figures.Layers, ticking: bool) -> None:
    """The chart and, when nothing moves, the scrubber; redraws itself while the race runs."""
    live = race_state.view(state)
    if live is None and not state.shipped:
        st.info("This run has ended. Press Play to start it again.")
        return
    if ticking and live is not None and not live.playing and live.place == 0:
        st.rerun()  # finished or stopped: the whole page changes to its resting state
    words, slider = st.columns([1, 1], vertical_alignment="center")
    with words:
        status(live)
    with slider:
        step = None if ticking else scrubber(state, live)
    try:
        lanes = race_state.drawings(state, live, step)
    except WorkerError as error:
        refuse(error)
        return
    mixture = race_state.data(state)
    alt = "; ".join(f"{lane.title}: {figures.headline(lane)}" for lane in lanes)
    live_chart(figures.race_spec(lanes, mixture, layers), key="race", alt=alt)
    events = [f"**{lane.title}** — {event}" for lane in lanes for event in lane.recording.events]
    if events:
        st.caption("  \n".join(events[-4:]))


def scrubber(state: race_state.RaceState, live: RaceView | None) -> int | None:
    """The replay slider over every recorded step; None stands for the newest."""
    if live is not None:
        steps = live.recorded_steps
    else:
        runs = race_state.shipped_runs()
        steps = sorted({frame.step for run in runs for frame in run.recording.frames})
    if len(steps) < 2:
        return None
    # A new newest step is a new slider, which starts at its right end.
    chosen = st.select_slider(
        "Replay",
        label_visibility="collapsed",
        options=steps,
        value=steps[-1],
        format_func=lambda step: f"step {step:,}",
        key=f"scrub-{'live' if live else 'shipped'}-{steps[-1]}",
    )
    return None if chosen == steps[-1] else chosen


def status(live: RaceView | None) -> None:
    """One line: what is going on."""
    if live is None:
        st.caption(
            "A finished race that ships with the app. Drag the slider to replay it, or press "
            "**Play** to run it live on this machine."
        )
        return
    for sentence in filter(None, (lane.stopped for lane in live.lanes)):
        refuse(sentence)
    if live.place:
        st.caption(
            f"Waiting: number {live.place} in the queue. All live runs of this server are taken."
        )
    elif live.playing:
        # Rounded, so that it seldom changes: the steps themselves stand over the lanes.
        rate = f", about {float(f'{live.rate:.1g}'):,.0f} steps a second" if live.rate >= 1 else ""
        st.caption(f"Training{rate}.")
    else:
        counts = ", ".join(
            f"{lane.critic_updates:,} critic / {lane.generator_updates:,} generator updates"
            for lane in live.lanes
        )
        stands = "Finished" if live.finished else "Paused"
        st.caption(f"{stands} at step {live.step:,} ({counts}).")


def slow_motion(state: race_state.RaceState, live: RaceView | None) -> None:
    """Walk through one step: z → G(z) → critic → losses → gradients → update."""
    with race_controls.drawer("Slow motion: walk through one step", "slow_motion_video") as opened:
        if not opened:
            return
        if live is None:
            st.write("Press **Step** or **Play** first: slow motion looks inside a live run.")
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
        range(len(trace_figures.STAGES)),
        format_func=lambda i: f"{i + 1} · {trace_figures.STAGES[i]}",
        default=0,
        required=True,
        key="stage",
    )
    picture, words = st.columns([3, 2], gap="large")
    with words:
        for i, equation in enumerate(trace_figures.EQUATIONS[method]):
            if i == stage:
                st.latex(rf"\boxed{{{equation}}}")
                st.write(trace_figures.EXPLANATIONS[i])
            else:
                st.latex(rf"\color{{gray}}{equation}")
        known = {name: value for name, value in traced.losses.items() if math.isfinite(value)}
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in known.items())
        st.caption(f"Step {traced.step:,}: {numbers}")
    with picture:
        figure = trace_figures.trace_figure(traced, stage, method, race_state.data(state))
        live_chart(figure, key="trace", alt=trace_figures.EXPLANATIONS[stage])


runtime.run_page(main)
