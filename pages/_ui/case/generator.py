"""What the generator draws: new samples, and a walk between two of them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import anatomy, linked, runtime
from pages._ui.case import data
from wganad_core.data import latents
from wganad_core.figures.images import sprite_uri
from wganad_core.live.messages import ModelKey
from wganad_core.records import FloatArray
from wganad_core.use_cases import UseCase

N_SAMPLES, N_COLUMNS, N_WALK = 40, 10, 36
SEED, MOST_SEEDS = "seed", 10_000
STYLE = f"""<style>
.dg-walk {{width: min(100%, 15rem); aspect-ratio: 1; image-rendering: pixelated;
  background-size: {N_WALK}00% 100%; border-radius: 4px;
  animation: dg-walk 4s steps({N_WALK}, jump-none) infinite alternate;}}
.dg-sheet {{width: 100%; image-rendering: pixelated; border-radius: 4px; display: block;}}
@keyframes dg-walk {{from {{background-position-x: 0%;}} to {{background-position-x: 100%;}}}}
@media (prefers-reduced-motion: reduce) {{.dg-walk {{animation-duration: 40s;}}}}
</style>"""


def show(case: UseCase, abnormal: str, above: st.delta_generator.DeltaGenerator) -> None:
    st.html(STYLE)
    what, noun = case.describe(abnormal), case.noun
    with above:
        anatomy.headline(f"Forty {noun}s from a generator that has never seen {what}")
    model = ModelKey(case.name, abnormal, case.architectures[0])
    n_latent = data.n_latent(model)
    seed = linked.asked_whole(SEED, 0, MOST_SEEDS, default=0)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(f"**G(z) at random latents.** Is {what} among them?")
        z = latents.draw(N_SAMPLES, n_latent, seed)
        _sheet(_generate(model, z), N_COLUMNS, f"{N_SAMPLES} generated {noun}s")
        st.button(
            "New samples",
            icon=":material/casino:",
            type="primary",
            on_click=linked.put,
            args=(SEED, str((seed + 1) % MOST_SEEDS)),
        )
        st.caption(f"z has {n_latent} dimensions; seed {seed}.")
    with right:
        st.markdown(
            f"**A walk between two latents.** Every point on the way is a {noun}, or nearly."
        )
        with st.container(horizontal=True, gap="medium"):
            start = linked.whole("From sample", 1, N_SAMPLES, key="from", default=1, width=150)
            end = linked.whole("to sample", 1, N_SAMPLES, key="to", default=2, width=150)
        path = _generate(model, latents.walk(z[start - 1], z[end - 1], N_WALK))
        uri = sprite_uri(path, N_WALK, 28)
        st.html(
            f'<div class="dg-walk" role="img" aria-label="A walk from sample {start} to sample '
            f'{end}" style="background-image: url({uri})"></div>'
        )
    stops = np.linspace(0, N_WALK - 1, 12).round().astype(int)
    _sheet(path[stops], len(stops), "Twelve stops of the walk")
    st.caption("The same walk laid out. It follows a great circle, where the prior has its mass.")


@st.cache_data(show_spinner="Generating …", max_entries=32)
def _generate(model: ModelKey, z: FloatArray) -> FloatArray:
    return runtime.image_worker().generate(model, z).x


def _sheet(images: FloatArray, columns: int, alt: str) -> None:
    st.html(f'<img class="dg-sheet" alt="{alt}" src="{sprite_uri(images, columns, 28)}">')
