"""Images: how they come back, and who notices; a picture of one's own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui import reading
from pages._ui.case import autopsy as shared
from pages._ui.case import data, draw, search
from pages._ui.case.choice import Choice
from pages._ui.case.gallery import asked_for, remember
from pages._ui.chart import live_chart
from pages._ui.widgets import refuse
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.data.gallery import Order, floor, percent
from wganad_core.data.mnist import vectors
from wganad_core.data.picture import Picture
from wganad_core.figures import images
from wganad_core.figures.scores import terms_bars
from wganad_core.records import FloatArray, Judgement

STYLE = """
.st-key-KEY button {padding: 3px; min-width: 0; height: auto; min-height: 0;}
.st-key-KEY button > div, .st-key-KEY button div:has(> img), .st-key-KEY button p
  {display: block; line-height: 0; overflow: visible; max-height: none;}
.st-key-KEY button img {height: 3.1rem; width: 3.1rem; max-height: none; max-width: none;
  display: block; margin: 0; image-rendering: pixelated; border-radius: 0.2rem;}
.st-key-KEY button[aria-checked="true"] {box-shadow: 0 0 0 3px #D55E00; z-index: 1;}
@media (max-width: 640px) {
  .st-key-KEY button {padding: 0;}
  .st-key-KEY button img {height: auto; width: calc((100vw - 2.5rem) / 10 - 3px);}
}
"""
HELP: str | None = None
NAMED = False
CLASS = "Class"
PERSON: str | None = None
ORDERS: Mapping[Order, str] = {
    "mixed": "A mixture",
    "highest": "Highest scores",
    "lowest": "Lowest scores",
    "misses": "Worst misses",
    "alarms": "Worst false alarms",
}
PARTS = """
**near-…**: how far from the nearest normals of training, as the encoder (*latent*, *encoder*), the
critic, or features that tell an image from its rotations (*shifted*, *projected*) see them.
**shift**: how badly those features tell how far it has been turned. **critic**: −f(x).
**residual**: how much of the image does not come back. **features**: the same, as the
discriminator sees it.
"""
REBUILDING = ("encoder", "vae", "bigan")
N_UNSEEN = 7


def thumbnail(x: FloatArray) -> str:
    return images.data_uri(x, 56)


def rebuilder(chosen: Choice) -> str:
    """Whose reconstruction stands for a detector: its own or, if it makes none, the encoder's."""
    own = data.model_path(chosen.model, chosen.detector)
    return chosen.detector if chosen.detector in REBUILDING and own.exists() else "encoder"


def rebuilt(judged: Mapping[str, Judgement]) -> dict[str, FloatArray]:
    """The reconstructions (n, 784) of the detectors that make their own."""
    made = {name: judged[name].reconstruction for name in REBUILDING if name in judged}
    return {name: x for name, x in made.items() if x is not None}


# The first look: images that the model knows and some it has never seen


def first_look(chosen: Choice, n: int) -> None:
    """The first images of the test part, never picked: how they come back, and what is left."""
    unseen, seen = chosen.found.first(chosen.detector, N_UNSEEN, per_class=1)
    x = data.samples(chosen.case).take(np.array([*unseen, *seen]))
    name = rebuilder(chosen)
    back = rebuilt(data.judge(chosen.model, x, (name,)).judgements)[name]
    scores = chosen.found.score(chosen.detector)[[*unseen, *seen]]
    places = [chosen.found.place(chosen.detector, score).normals for score in scores]
    new, known = slice(N_UNSEEN), slice(N_UNSEEN, None)
    with st.container(key="strips"):
        st.html(
            '<div class="dg-strips">'
            + _group("unseen", f"Never seen: {chosen.abnormal}", x[new], back[new], places[new])
            + _group("seen", "Seen in training", x[known], back[known], places[known])
            + "</div>"
        )
    st.caption(_about_the_strips(chosen, name))


def _about_the_strips(chosen: Choice, rebuilder: str) -> str:
    """Whose scores and whose reconstructions they are."""
    n = chosen.found.part_of(chosen.detector)
    some = f" that it scored (it is slow: {n:,} in all)" if n else ""
    whose = "What comes back is its own work."
    if rebuilder != chosen.detector:
        of = chosen.case.name_of(rebuilder).lower()
        whose = f"It draws nothing back: what comes back is the {of}'s."
    return (
        f"“Odder than”: the share of normal test images that score lower by **{chosen.name}**. "
        f"{whose} Red: ink that is missing from it. Blue: too much. The first test images{some}, "
        "none picked."
    )


def _group(kind: str, title: str, x: FloatArray, back: FloatArray, places: list[float]) -> str:
    def row(words: str, pixels: FloatArray, diverging: bool = False) -> str:
        tags = "".join(
            f'<img alt="{words}" src="{images.data_uri(image, 28, diverging)}">' for image in pixels
        )
        return f'<span class="dg-row">{words}</span>{tags}'

    shares = "".join(f"<span>{percent(share, 0)}</span>" for share in places)
    return (
        f'<figure class="dg-group dg-{kind}"><figcaption>{title}</figcaption><div class="dg-grid">'
        + row("goes in", x)
        + row("comes back", back)
        + row("difference", x - back, diverging=True)
        + f'<span class="dg-row">odder than</span>{shares}</div></figure>'
    )


# The gallery


def legend(chosen: Choice) -> str:
    return f"Test images in the order of “{chosen.name}”; click on one for its autopsy."


def gallery(chosen: Choice, order: list[int], key: str) -> int:
    """A row per image with what comes back; returns the one that is chosen."""
    samples = data.samples(chosen.case)
    x = samples.take(np.array(order))
    mine, back = rebuilder(chosen), rebuilt(data.judge(chosen.model, x).judgements)
    back = {mine: back[mine], **back}  # the detector's own comes first
    scores = chosen.found.score(chosen.detector)[order]
    places = [chosen.found.place(chosen.detector, score) for score in scores]
    columns = {"image": [images.data_uri(image) for image in x]}
    for name, pixels in back.items():
        columns[name] = [images.data_uri(image) for image in pixels]
        if name == mine:
            columns["difference"] = [images.data_uri(image, diverging=True) for image in x - pixels]
    frame = pd.DataFrame(
        {
            **columns,
            "class": samples.classes[order],
            "score": scores,
            "rank": [place.rank for place in places],
            "above": [floor(100 * place.normals, 1) for place in places],
        }
    )
    columns_of = st.column_config
    config = {name: columns_of.ImageColumn(chosen.case.name_of(name), width=72) for name in back}
    config |= {
        "image": columns_of.ImageColumn("In", pinned=True, width=72),
        "difference": columns_of.ImageColumn(
            "Difference",
            width=84,
            help="Red: ink that is missing from what came back. Blue: too much of it.",
        ),
        "class": columns_of.TextColumn(chosen.case.noun.capitalize(), width=55, alignment="right"),
        "score": columns_of.NumberColumn("Score", format="%.3g", width=75),
        "rank": columns_of.NumberColumn(
            "Rank",
            format="localized",
            width=75,
            help=f"Among {places[0].n:,} test images; 1 is the most anomalous.",
        ),
        "above": columns_of.ProgressColumn(
            "Odder than",
            format="%.1f%%",
            min_value=0,
            max_value=100,
            width=110,
            help="Share of the normal test images that score lower.",
        ),
    }
    event = st.dataframe(
        frame,
        hide_index=True,
        row_height=62,
        height=440,
        column_config=config,
        key=f"gallery-{key}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
    )
    picked = [row for row, _ in event.selection.cells] or event.selection.rows
    if not picked:
        return asked_for(chosen, order)
    remember(chosen, order[picked[0]])
    return order[picked[0]]


# One image taken apart


def autopsy(chosen: Choice, sample: int) -> None:
    samples = data.samples(chosen.case)
    what = str(samples.classes[sample])
    normal = f"a normal {chosen.case.noun}"
    seen = "never seen in training" if what == chosen.abnormal else normal
    st.subheader(f"Autopsy of {chosen.case.describe(what)} ({seen})", anchor=False)
    x = samples.take(np.array([sample]))
    take_apart(chosen, x, chosen.found.scores_of(sample))


def take_apart(chosen: Choice, x: FloatArray, stored: Mapping[str, float]) -> None:
    """One image x (1, 784) under every detector of a class's models; `stored` are those of its
    scores that ship, if it is a test image."""
    case = chosen.case
    found = data.judge(chosen.model, x)
    judged, times = found.judgements, found.milliseconds
    scores = {name: float(one.score[0]) for name, one in judged.items()} | dict(stored)
    judged = {name: judged[name] for name in case.detectors if name in judged}
    scores = {name: scores[name] for name in case.detectors if name in scores}
    back = {case.name_of(name): made[0] for name, made in rebuilt(judged).items()}
    shown = chosen.detector if chosen.detector in scores else "encoder"
    left, right = st.columns([11, 9], gap="large")
    with left:
        live_chart(
            images.autopsy(x[0], back),
            key="autopsy",
            alt=f"The image, and what {', '.join(back)} made of it",
        )
    with right:
        shared.verdict(chosen, shown, scores[shown])
        shared.table(chosen, scores, times)
    left, right = st.columns([11, 9], gap="large")
    with left:
        st.markdown("**What each score is made of**", help=PARTS)
        named = {case.name_of(name): one for name, one in judged.items()}
        live_chart(terms_bars(named), key="terms", alt="The additive parts of every score")
    with right:
        shared.place(chosen, shown, scores[shown])
    search.show(chosen.model, x)


# An image of one's own: made like those of training, then taken apart as any other


def upload(chosen: Choice) -> None:
    case = chosen.case
    st.markdown(
        f"Photograph or draw a {case.noun}, dark on light or light on dark. It is turned into what "
        f"{case.title} holds: light ink on black, cropped, scaled into 20 × 20 pixels with its "
        "proportions kept, and centred by its centre of mass in 28 × 28."
    )
    left, right = st.columns([1, 3], gap="large")
    with left:
        st.markdown(f"Draw a {case.noun} here")
        drawn = draw.pad(f"draw-{case.noun}")
    file = right.file_uploader(
        f"Or give a picture of one {case.noun}",
        ["png", "jpg", "jpeg"],
        key=f"own-{case.noun}",
        max_upload_size=16,
    )
    if file is None:
        if drawn is not None:
            take_apart(chosen, vectors(drawn[None]), stored={})
        return
    try:
        picture = reading.read(Picture, "picture", file)
    except DataError as error:
        refuse(error)
        return
    st.caption(outside.shown(" ".join(picture.remarks)))
    take_apart(chosen, vectors(picture.image[None]), stored={})
