"""The race: GANs on a plane, side by side on one clock, recorded or trained here."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages._ui import anatomy, linked, runtime
from pages._ui.lanes import show_lanes
from pages._ui.race import address, controls, exports, recorded, settings, slow_motion
from pages._ui.race import live as race_live
from pages._ui.race import session as race_session
from pages._ui.race import state as race_state
from pages._ui.widgets import refuse
from wganad_core import use_cases
from wganad_core.live.messages import RaceView

TICK = 0.2  # seconds between two looks at the worker


def main() -> None:
    state = race_session.current()
    if offer_resume():
        return
    if state.show == "trained" and not state.live:  # a race that the address asks for
        race_session.open_live(state, state.race, state.own)
    live = race_session.view(state) if state.show == "trained" else None
    anatomy.headline(sentence(state, live))
    controls.choices(state, live)
    if state.problem:
        refuse(state.problem)
        state.problem = None
    if state.show == "recorded":
        show_recording(state)
    else:
        ticking = live is not None and (live.playing or live.place > 0)
        stage = st.fragment(race_live.show, run_every=TICK if ticking else None)
        stage(state, ticking)
    slow_motion.show(state, live)
    settings.settings(state)
    exports.show(state, live)


def sentence(state: race_state.RaceState, live: RaceView | None) -> str:
    """What is seen, with the number that matters."""
    if state.show == "recorded":
        return recorded.published().sentence
    story = use_cases.STORIES.get(state.story or "")
    if story is not None and (live is None or live.step == 0):
        return story.watch.partition(".")[0]
    if live is not None and (live.playing or live.place):
        return f"{race_live.names(state)}: training on one clock"
    if live is None or live.step == 0:
        return "A race of your own, not trained yet"
    return race_live.standing(state, live)


def offer_resume() -> bool:
    """After a reload or a broken connection, the run can go on where it was; whether to ask."""
    key = st.query_params.get(address.URL_RUN)
    if runtime.left_behind(key) is None:
        return False
    st.info("This address belongs to a run that was interrupted. It was kept.")
    with st.container(horizontal=True):
        go_on = st.button("Resume it", icon=":material/history:", type="primary")
        if st.button("Start over", icon=":material/restart_alt:"):
            linked.put(address.URL_RUN, None)
            st.rerun()
    if go_on:
        race_session.resume(str(key))
        st.rerun()
    return True


def show_recording(state: race_state.RaceState) -> None:
    """The race that ships: it plays in the browser, without a word from here."""
    found = recorded.published()
    options: dict[str, Any] = {"address": True}
    if (step := st.query_params.get("step", "")).isdecimal():
        options["start"] = int(np.clip(int(step[:9]), 0, 10**9))
    message = {"key": "recorded", "url": found.url, "more": found.more, "options": options}
    show_lanes(message, key="recorded", layers=state.layers)


runtime.run_page(main)
