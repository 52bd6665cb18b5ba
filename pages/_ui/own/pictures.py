"""Why one picture was scored as it was: what is left over, at its own size, and how well that finds
what masks show."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import reading, runtime
from pages._ui.own.outcome import Outcome
from wganad_core import outside
from wganad_core.data.own.image import large
from wganad_core.data.own.masks import WholePicture

LABELS = ("normal", "anomaly", "not labelled")
OFFERED = 400  # samples in the list, highest scores first
STRIP = 12
Values = NDArray[np.float64]
NOTHING = (
    "This score method rebuilds nothing, so no feature can be blamed; train with another score "
    "(ours, residual, BiGAN, VAE) to see why."
)


def show(outcome: Outcome, order: NDArray[np.int64]) -> None:
    """One picture, taken apart, and those with the highest scores; `order` is from these down."""
    chosen = _choose(outcome, order)
    x = outcome.chosen.samples.x[outcome.position[chosen]]
    found = runtime.image_worker().own_explain(outcome.model, x[None])
    if found is None:
        st.info(NOTHING)
        return
    _image(outcome, chosen, x, found["reconstruction"][0], found["residual"][0])
    if outcome.pixels is not None:
        st.markdown(_of_pixels(outcome.pixels))
    _strip(outcome, order[:STRIP])


def _of_pixels(pixels: dict[str, float]) -> str:
    return (
        f"**Pixel AUROC {pixels['auroc']:.1%}, PRO {pixels['pro']:.1%}** (chance: "
        f"50 and 15): how well what is left over finds the {pixels['n_regions']:,} defects that "
        f"masks show in {pixels['n_pictures']:,} pictures. PRO is the mean overlap with a defect, "
        "up to 30% of other pixels."
    )


def _choose(outcome: Outcome, order: NDArray[np.int64]) -> int:
    """One of the samples, from the highest score down."""
    names, label = outcome.names, outcome.label

    def words_of(i: int) -> str:
        words = [str(names[i]), f"score {outcome.score[i]:.3g}"]
        if outcome.score[i] > outcome.current:
            words.append("flagged")
        if label is not None:
            words.append(LABELS[label[i]])
        return " · ".join(words)

    offered = order
    if len(order) > OFFERED:  # the highest, and some from all the way down
        rest = order[OFFERED // 2 :]
        offered = np.append(order[: OFFERED // 2], rest[:: -(-len(rest) // (OFFERED // 2))])
    picked: int = st.selectbox(
        "Which one, highest score first",
        offered.tolist(),
        format_func=words_of,
        key=f"own-which-{outcome.name}",
        width=480,
    )
    return picked


def _image(outcome: Outcome, at: int, x: Values, rebuilt: Values, residual: Values) -> None:
    from wganad_core.figures import pictures

    size = outcome.chosen.samples.image_shape
    assert size is not None
    spots = residual.reshape(*size[:2], -1).mean(axis=2)  # over colours
    spots = spots / max(spots.max(), 1e-12)
    whole = _whole(outcome, at)
    if whole is None:
        images = [pictures.seen(one, size) for one in (x, rebuilt)]
        images.append(pictures.seen(np.sqrt(spots).ravel(), size[:2]))
        titles = ["Found", "Rebuilt from what is normal", "What is left over"]
    else:
        spots = large(spots, whole.rgb.shape[:2])
        images = [
            pictures.photograph(whole.rgb),
            pictures.photograph(pictures.spotted(whole.rgb, spots, whole.mask)),
            pictures.seen(rebuilt, size, light=True),
        ]
        titles = [
            "Found",
            "What is left over" + ", and the mask (line)" * bool(whole.mask.any()),
            f"Rebuilt from what is normal, {size[1]} × {size[0]}",
        ]
    odd = "odd" if outcome.score[at] > outcome.current else ""
    made = "".join(
        f'<figure class="{odd}"><img src="{uri}" alt="{title}">'
        f"<figcaption>{title}</figcaption></figure>"
        for uri, title in zip(images, titles, strict=True)
    )
    st.html(f'<div class="own-trio{" own-whole" * (whole is not None)}">{made}</div>')


def _whole(outcome: Outcome, at: int) -> WholePicture | None:
    """The picture as it is in the file; None where that is as small as what the detector sees."""
    samples, source = outcome.chosen.samples, outcome.plan.source
    if not samples.scaled or samples.sample_id is None:
        return None
    name = str(samples.sample_id[outcome.position[at]])
    return _read(source.key, name, source.path, source.name)


@st.cache_resource(scope="session", show_spinner=False, max_entries=6)
def _read(key: Hashable, picture: str, _path: Path, _name: str) -> WholePicture:
    return reading.read(WholePicture, "whole", _path, name=_name, picture=picture)


def _strip(outcome: Outcome, order: NDArray[np.int64]) -> None:
    """The most anomalous ones; those that are labelled so are underlined in orange."""
    from wganad_core.figures import pictures

    made = []
    for i in order.tolist():
        samples = outcome.chosen.samples
        image, shape = samples.x[outcome.position[i]], samples.image_shape or ()
        odd = " class=odd" if outcome.label is not None and outcome.label[i] == 1 else ""
        name = outside.shown(outcome.names[i])
        made.append(
            f'<figure{odd}><img src="{pictures.seen(image, shape, samples.scaled)}" alt="{name}">'
            f"<figcaption>{outcome.score[i]:.3g}</figcaption></figure>"
        )
    st.markdown("**The highest scores of all**")
    st.html(f'<div class="own-strip">{"".join(made)}</div>')
