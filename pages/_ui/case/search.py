"""Reversing the generator step by step: inversion and AnoGAN, and what they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages._ui import runtime
from pages._ui.case import data
from wganad_core.data.latents import recorded
from wganad_core.figures.images import path_animation
from wganad_core.live.messages import ModelKey, Search
from wganad_core.records import FloatArray
from wganad_core.use_cases import USE_CASES

N_FRAMES = 40
N_TIMED = 2_000
WEIGHTS = (None, 0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 0.5)
METHODS = {
    "inversion": "Inversion (eqs 21–22)",
    "anogan": "AnoGAN (eqs 13–15)",
}


def show(model: ModelKey, x: FloatArray) -> None:
    """The search for one image x (1, 784), on a button; then its path, animated."""
    st.subheader("Search for its latent", anchor=False)
    st.markdown(
        "The encoder answers at once. Before there was one, z was found by gradient descent: watch "
        "the generator grope for an image that it may not be able to draw."
    )
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
        asked = st.form_submit_button(
            "Start the search", icon=":material/travel_explore:", type="primary"
        )
    key = (model, x.tobytes())
    if asked:
        st.session_state.searched = (
            key,
            name,
            {"steps": steps, "restarts": restarts, "seed": seed, "weight": weight},
        )
    searched: tuple[Any, str, dict[str, Any]] | None = st.session_state.get("searched")
    if searched is not None and searched[0] == key:
        _, name, descent = searched
        with st.spinner(f"Descending {descent['steps']} steps …"):
            result = data.search(model, name, x, N_FRAMES, **descent)
        _path(x, name, descent, result)
    _speed(model)


def _path(x: FloatArray, name: str, descent: dict[str, Any], result: Search) -> None:
    figure = path_animation(
        x[0], result.images[:, 0], result.losses[:, 0], recorded(descent["steps"], N_FRAMES)
    )
    left, right = st.columns([3, 2], gap="large")
    left.plotly_chart(
        figure,
        key=f"path-{name}-{sorted(descent.items())}-{hash(x.tobytes())}",
        config={"displayModeBar": False},
        alt="The search from its first z to its last",
    )
    with right:
        st.metric("Score at the end", f"{result.judgement.score[0]:.4g}")
        st.metric("Time for this one query", f"{result.milliseconds:,.0f} ms")
        parts = ", ".join(f"{term} {v[0]:.4g}" for term, v in result.judgement.terms.items())
        st.caption(
            f"Parts of the score: {parts}. The path shown is that of the restart which ended "
            f"lowest, of {descent['restarts']}. Press ▶ or drag the slider."
        )


def _speed(model: ModelKey) -> None:
    """Why the paper adds an encoder: both measured in one run, on a button."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button("Measure the speed on this machine", icon=":material/speed:"):
            st.session_state.speed = None
            with st.spinner("Timing the encoder and AnoGAN …"):
                st.session_state.speed = _measured(model)
        if (speed := st.session_state.get("speed")) is not None:
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
