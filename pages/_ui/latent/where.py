"""The map of E's latents, drawn with the images themselves, and the way between two of them."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked, runtime
from pages._ui.case import data
from pages._ui.chart import Marks, Prepared, live_chart, waiting
from wganad_core.data import latents
from wganad_core.figures.latent import map_figure, ring_places, walk_sprite
from wganad_core.latent.map import LatentMap, firsts, latent_map
from wganad_core.live.messages import ModelKey
from wganad_core.use_cases import MNIST

DIGIT, CHART = "digit", "latent-map"
N_EACH = 120  # images of each class that are mapped
N_STEPS = 11  # of a walk
ENDS = "ends"  # in the address: the numbers of the two images last clicked


def choose() -> None:
    """Which digit has not been seen."""
    digits = {name: name for name in MNIST.classes}
    linked.in_words("Unseen digit", digits, key=DIGIT, default=MNIST.usual_class or "4")


def show(above: DeltaGenerator) -> None:
    unseen = str(st.session_state[DIGIT])
    index, z, found = _mapped(unseen)
    samples = data.samples(MNIST)
    classes = samples.classes[index]
    with above.container():
        anatomy.headline(
            f"The unseen {unseen} lands among the {found.where}s: "
            f"{found.lands[found.where]:.0%} of its nearest normals"
        )
    ends = _ends(found, samples.position[index], _usual(unseen, found, classes))
    live_chart(
        _drawn(unseen),
        key=CHART,
        alt=f"Images of digits at E's latents; the unseen {unseen} lies among the {found.where}s",
        marks=Marks(ring_places(found, ends)),
    )
    st.caption(
        "Every image lies where the encoder of the shipped model puts it, along the two main axes "
        f"of the **normals'** 64-dimensional latents ({found.share:.0%} of their variance). Red: "
        f"the {unseen} that no network has seen. A dot under the pointer shows its image. "
        "**Click** one, then another: the strip below walks from one to the other along the "
        "sphere, through G."
    )
    path = latents.walk(z[ends[0]], z[ends[1]], N_STEPS)
    made = runtime.image_worker().generate(ModelKey("mnist", unseen), path).x
    st.image(
        walk_sprite(samples.take(index[list(ends)]), made),
        caption=f"From a {classes[ends[0]]} to a {classes[ends[1]]}: first and last the images, "
        "between them what G makes on the way",
        width="stretch",
    )
    _lands(found, unseen)


def _lands(found: LatentMap, unseen: str) -> None:
    rows = [{"lands among": name, "share": f"{share:.1%}"} for name, share in found.lands.items()]
    with st.expander(f"Where the {unseen} lands, in numbers"):
        st.dataframe(rows, hide_index=True, width=260)


@st.cache_resource(show_spinner="Encoding images …", max_entries=10)
def _mapped(unseen: str) -> tuple[NDArray[np.int64], NDArray[np.float32], LatentMap]:
    """Numbers of the mapped samples, their latents, and the map."""
    samples = data.samples(MNIST)
    index = firsts(samples.classes, N_EACH)
    z = runtime.image_worker().encode(ModelKey("mnist", unseen), samples.take(index))
    return index, z, latent_map(z, samples.classes[index], unseen)


@st.cache_resource(show_spinner=False, max_entries=10)
def _drawn(unseen: str) -> Prepared:
    """The map travels once; what moves are the rings."""
    index, _, found = _mapped(unseen)
    samples = data.samples(MNIST)
    return Prepared(map_figure(found, samples.classes[index], samples.take(index), unseen))


def _usual(unseen: str, found: LatentMap, classes: NDArray[np.str_]) -> tuple[int, int]:
    """One image of the unseen class and one of the class that it lands among."""
    return int(np.argmax(classes == unseen)), int(np.argmax(classes == found.where))


def _ends(found: LatentMap, numbers: NDArray[np.int64], usual: tuple[int, int]) -> tuple[int, int]:
    """The two images of the walk: those last clicked, which the address names, or the usual ones.
    `numbers` (n,): of the mapped images, in the data set."""
    place = {str(number): i for i, number in enumerate(numbers.tolist())}
    asked = [place[word] for word in st.query_params.get(ENDS, "").split("-") if word in place]
    ends = (asked[0], asked[1]) if len(asked) == 2 else usual
    click = waiting(CHART).click
    if click is not None:
        ends = (ends[1], found.nearest(float(click["x"]), float(click["y"])))
    words = "-".join(str(numbers[end]) for end in ends)
    linked.put(ENDS, None if ends == usual else words)
    return ends
