"""Reversing the generator step by step: inversion and AnoGAN, and what they cost."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from pages._ui import runtime
from pages._ui.case import data
from pages._ui.lanes import show_film
from pages._ui.widgets import refuse
from wganad_core.data.latents import recorded
from wganad_core.figures.film import pack_film
from wganad_core.live.client import WorkerClient
from wganad_core.live.messages import ModelKey, Search
from wganad_core.records import FloatArray
from wganad_core.use_cases import USE_CASES

LOOK = 0.2  # seconds between two looks at a search
N_FRAMES = 40
N_TIMED = 2_000
WEIGHTS = (None, 0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 0.5)
METHODS = {
    "inversion": "Inversion (eqs 21–22)",
    "anogan": "AnoGAN (eqs 13–15)",
}
WATCHED = "_search-watched"  # the search that was still going on at the last look
PICTURES = (
    "Ink that is missing from G(z) is red, too much of it blue. Below, what the search makes small."
)


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is searched for, and how."""

    model: ModelKey
    x: FloatArray
    method: str
    settings: Mapping[str, Any]

    def is_about(self, model: ModelKey, x: FloatArray) -> bool:
        return self.model == model and np.array_equal(self.x, x)


class TabSearch:
    """The one search of a browser tab, which ends with it."""

    def __init__(self) -> None:
        self.asked: Wish | None = None
        self.key = ""  # of the search in the worker
        self.worker: WorkerClient | None = None
        self.cancelled: Search | None = None  # as far as it had come

    def begin(self, asked: Wish) -> None:
        """In place of the last one. Raises `WorkerError`."""
        self.end()
        self.asked = self.cancelled = None
        self.worker, self.key = runtime.image_worker(), secrets.token_hex(8)
        self.worker.begin_search(
            self.key, asked.model, asked.method, asked.x, N_FRAMES, **asked.settings
        )
        self.asked = asked

    @property
    def view(self) -> Search | None:
        """How far it is; None before its first frame."""
        if self.cancelled is not None or self.worker is None:
            return self.cancelled
        return self.worker.search_view(self.key)

    def goes_on(self, view: Search | None) -> bool:
        """Whether more is to come than this view of it."""
        alive = self.cancelled is None and self.worker is not None and self.worker.alive
        return alive and (view is None or not (view.judgement or view.broken))

    def cancel(self) -> None:
        """Stop; what has been found stays."""
        view = self.view
        self.end()
        self.cancelled = view
        if view is None:
            self.asked = None

    def end(self) -> None:
        if self.worker is not None:
            self.worker.end_search(self.key)


@st.cache_resource(scope="session", on_release=TabSearch.end, show_spinner=False)
def of_this_tab() -> TabSearch:
    """Released when the tab closes, which ends the search."""
    return TabSearch()


def show(model: ModelKey, x: FloatArray) -> None:
    """The search for one image x (1, 784), on a button, as it goes; then it plays."""
    st.subheader("Search for its latent", anchor=False)
    st.markdown(
        "The encoder answers at once. Before there was one, z was found by gradient descent: watch "
        "the generator grope for an image that it may not be able to draw."
    )
    held, asked = of_this_tab(), _asked(model, x)
    if asked is not None:
        held.begin(asked)
    if held.asked is not None and held.asked.is_about(model, x):
        st.fragment(_watch, run_every=LOOK if held.goes_on(held.view) else None)(held)
    _speed(model)


def _asked(model: ModelKey, x: FloatArray) -> Wish | None:
    """The settings of a search, where its button has just been pressed."""
    with (
        st.form("search", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="medium"),
    ):
        name = st.selectbox("Method", METHODS, format_func=METHODS.__getitem__, width=240)
        steps = st.slider("Steps", 20, 500, 150, 10, width=220)
        weight = st.select_slider(
            "λ",
            WEIGHTS,
            None,
            lambda value: "usual" if value is None else f"{value:g}",
            width=200,
            help="Weight of the prior (inversion, usually 0.01) or of the critic's features "
            "(AnoGAN, usually 0.1).",
        )
        restarts = st.slider(
            "Restarts", 1, 8, 2, width=160, help="Starting points; the one that ends lowest counts."
        )
        seed = st.number_input("Seed", 0, 999, 0, width=110)
        pressed = st.form_submit_button(
            "Start the search", icon=":material/travel_explore:", type="primary"
        )
    settings = {"steps": steps, "restarts": restarts, "seed": seed, "weight": weight}
    return Wish(model, x, name, settings) if pressed else None


def _watch(held: TabSearch) -> None:
    """How far it is, its newest frame, what it came to; redraws itself while it goes on."""
    view, asked = held.view, held.asked
    if asked is None:
        return
    running = held.goes_on(view)
    if running:
        st.session_state[WATCHED] = held.key
        _progress(held, asked.settings["steps"], 0 if view is None else view.steps)
    elif st.session_state.pop(WATCHED, None) == held.key:  # it has ended since the last look
        st.rerun()  # no more looks
    if view is not None and len(view.images):
        left, right = st.columns([3, 2], gap="large")
        with left:
            at = recorded(asked.settings["steps"], N_FRAMES)[: len(view.images)]
            film = pack_film(asked.x[0], view.images[:, 0], view.losses[:, 0], at)
            show_film(film, key=held.key, running=running, words=PICTURES)
        with right:
            _outcome(asked, view)
    if not running and held.cancelled is None and not (view and view.judgement):
        refuse((view and view.broken) or "The search has stopped; start it again.")


def _progress(held: TabSearch, steps: int, done: int) -> None:
    left, right = st.columns([8, 1], vertical_alignment="bottom")
    with left:
        st.progress(done / steps, f"Step {done} of {steps}, {steps - done} to go")
    with right:
        st.button(
            "Cancel", icon=":material/stop_circle:", on_click=held.cancel, key="search-cancel"
        )


def _outcome(asked: Wish, view: Search) -> None:
    """What the search came to, or how far it is."""
    restarts = asked.settings["restarts"]
    ends = "ended lowest is shown, and counts" if view.judgement else "leads so far is shown"
    which = f"Of {restarts} restarts the one that {ends}." if restarts > 1 else ""
    if view.judgement is None:
        st.metric(f"Loss after {view.steps} steps", f"{view.losses[-1, 0]:.4g}")
        st.caption(which)
        return
    st.metric("Score at the end", f"{view.judgement.score[0]:.4g}")
    st.metric("Time for this one query", f"{view.milliseconds:,.0f} ms")
    parts = ", ".join(f"{term} {v[0]:.4g}" for term, v in view.judgement.terms.items())
    st.caption(f"Parts of the score: {parts}. {which}")


def _speed(model: ModelKey) -> None:
    """Why the paper adds an encoder: both measured in one run, on a button."""
    key = f"speed-{model}"  # what another model took says nothing of this one
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button("Measure the speed on this machine", icon=":material/speed:"):
            st.session_state.pop(key, None)
            with st.spinner("Timing the encoder and AnoGAN …"):
                st.session_state[key] = _measured(model)
        if (speed := st.session_state.get(key)) is not None:
            encoder, anogan = speed
            st.markdown(
                f"Encoder: **{1000 / encoder:,.0f} images a second** ({encoder:.2g} ms each). "
                f"AnoGAN: **{anogan:,.0f} ms for one image**. Measured just now in one run, on "
                "one thread of this machine."
            )


def _measured(model: ModelKey) -> tuple[float, float]:
    """Milliseconds per image of the encoder, in a batch, and of one AnoGAN query."""
    x = data.samples(USE_CASES[model.use_case]).take(np.arange(N_TIMED))
    worker = runtime.image_worker()
    worker.judge(model, x, ("encoder",))  # the first call pays for memory
    times = worker.judge(model, x, ("encoder",)).milliseconds
    return times["encoder"], worker.search(model, "anogan", x[:1], frames=1).milliseconds
