"""The race as a file, a link, and the commands that make it again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pages._ui.race import address, own_points
from pages._ui.race import session as race_session
from pages._ui.race import state as race_state
from pages._ui.widgets import drawer
from wganad_core import browser, use_cases
from wganad_core.config import RaceConfig
from wganad_core.figures import export
from wganad_core.figures.race import LaneRecord
from wganad_core.live.messages import RaceView


def show(state: race_state.RaceState, live: RaceView | None) -> None:
    """The run as a file, and the commands that reproduce it."""
    with drawer("Export", "download") as opened:
        if not opened:
            return
        if live is not None and live.playing:
            st.write("Pause the race to export it.")
            return
        if state.show == "trained" and live is None:
            st.write("This run has ended, and nothing of it is here to export. Train it again.")
            return
        lanes = race_state.lanes_of(state)
        titles = [(use_cases.lane_title(lane), lane.training.method) for lane in lanes]
        recordings, mixture = race_session.recordings(live), race_state.data(state)
        layers = state.layers

        def records() -> list[LaneRecord]:
            return [
                LaneRecord(*title, past) for title, past in zip(titles, recordings(), strict=True)
            ]

        def page() -> bytes:
            return export.race_html(records(), mixture, layers)

        def animation() -> bytes:
            return export.race_gif(records(), mixture)

        def offer(label: str, make: Callable[[], bytes], kind: str, icon: str, help: str) -> None:
            name, sign = f"race.{kind.partition('/')[2]}", f":material/{icon}:"
            st.download_button(label, make, name, kind, icon=sign, help=help, on_click="ignore")

        with st.container(horizontal=True):
            told = "One file that plays; opens anywhere, without a network."
            offer("Interactive page (HTML)", page, "text/html", "web", told)
            told = "Three GANs that train in any browser, and a digit to draw; without a network."
            asked = RaceConfig(mixture=race_state.data_config(state), lanes=lanes)
            mine = None if browser.what_browsers_lack(asked) else asked
            live_page = partial(browser.page_html, race=mine)
            told += "" if mine else " It begins with another race: browsers cannot train this one."
            offer("Live page (HTML)", live_page, "text/html", "bolt", told)
            offer("Animation (GIF)", animation, "image/gif", "gif_box", "For slides and chats.")
        if (link := address.link(state)) is None:
            st.caption("Points from a file are not in an address: send the file along.")
            if state.own is not None:
                own_points.as_file(state.own)
        else:
            st.caption("As a link:")
            st.code(link, language=None, wrap_lines=True)
        st.caption("From the shell:")
        data = race_state.data_config(state)
        st.code("\n".join(use_cases.command_line(data, lane) for lane in lanes), language="bash")
