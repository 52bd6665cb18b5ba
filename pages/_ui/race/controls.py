"""The line of choices above the race: train or pause, which race, through which lens."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages._ui import anatomy, linked
from pages._ui.race import own_points, recorded, transport
from pages._ui.race import session as race_session
from pages._ui.race import state as race_state
from pages._ui.widgets import button
from wganad_core import use_cases
from wganad_core.figures.race import Curves, Layers, Lens
from wganad_core.live.messages import RaceView

LENSES: dict[Lens, str] = {
    "critic": "Critic f (or D)",
    "slope": "Slope ‖∇f‖",
    "optimal": "Optimal D*",
    "none": "None",
}
CURVES: dict[Curves, str] = {
    "distances": "Distances",
    "losses": "Losses",
    "divergence": "Divergence",
}
DRAW = "draw"  # no story: opens the square to draw in
# What may be drawn, its label, and whether it usually is.
SWITCHES = (
    ("arrows", "Gradient arrows", False),
    ("manifold", "Latent grid", False),
    ("data", "Data", True),
)


def choices(state: race_state.RaceState, live: RaceView | None) -> None:
    """The line above the picture: train or pause, which race, through which lens, and the rest."""
    with anatomy.choices():
        if state.show == "recorded":
            if state.live:
                button("My race", "sports_score", partial(transport.look_at_mine, state))
            else:
                help = "The same race, trained on this machine; the recording stays."
                train = partial(transport.start, state, "play")
                button("Train live", "play_arrow", train, help=help)
        else:
            transport.transport(state, live)
        stories(state)
        lens = linked.in_words("Lens", LENSES, key="lens", default="critic")
        with st.popover("More", icon=":material/tune:"):
            state.layers = _layers(lens)
            if state.show == "trained":
                transport.rare_transport(state, live)


def stories(state: race_state.RaceState) -> None:
    """One-click races with a point, and one on points of one's own."""
    titles = {name: story.title for name, story in use_cases.STORIES.items()}
    titles |= {recorded.STORY: "The recorded race", DRAW: "Your own points"}
    told = [story.watch for story in use_cases.STORIES.values()]
    told.append("Draw a ring, a letter, your name, or give a file: the same lanes train on it.")
    now = recorded.STORY if state.show == "recorded" else state.story
    begun = now if now in titles else None

    def choose() -> None:
        name = st.session_state.story_choice
        if name == DRAW:
            st.session_state[DRAW], st.session_state.story_choice = True, begun
        elif name == recorded.STORY:
            race_session.look_at_recording(state)
        elif name is not None:
            transport.change_race(state, use_cases.STORIES[name].race, story=name)
            transport.start(state, "play")

    with st.popover(f"Race **{titles.get(now or '', 'my own')}**"):
        names = list(titles)
        st.radio(
            "Race",
            names,
            None if begun is None else names.index(begun),
            titles.__getitem__,
            captions=told,
            key="story_choice",
            on_change=choose,
            label_visibility="collapsed",
        )
    if st.session_state.pop(DRAW, False):
        own_points.dialog(state)


def _layers(lens: Lens) -> Layers:
    """What is drawn besides the lens."""
    help = (
        "Exact W₁ is computed on 320 samples; two such samples of the data itself are about 0.15 "
        "apart, so that is its floor. A vanilla GAN has no estimate of W."
    )
    curves = linked.choice("Curves", CURVES, key="curves", default="distances", help=help)
    switches = {
        name: linked.switch(label, key=name, default=usual) for name, label, usual in SWITCHES
    }
    st.caption("Space plays and pauses, ← → move a frame, **P** is for projectors.")
    return Layers(lens=lens, curves=curves, **switches)
