"""The gallery: test images with what comes back, sorted and filtered; one is chosen by a click."""

from __future__ import annotations

from typing import get_args

import pandas as pd
import streamlit as st

from pages._ui import linked
from pages._ui.digits import data as digits_data
from wganad_core.config import DIGITS
from wganad_core.data.gallery import Gallery, Order

N_SHOWN = 24
URL_IMAGE = "image"
ORDERS: dict[Order, str] = {
    "mixed": "A mixture",
    "highest": "Highest scores",
    "lowest": "Lowest scores",
    "misses": "Worst misses",
    "alarms": "Dearest false alarms",
}
assert set(ORDERS) == set(get_args(Order))


def show(digit: str, found: Gallery, detector: str) -> int | None:
    """Controls and table; returns the number of the image to be taken apart."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = linked.choice(
            "Order",
            ORDERS,
            key="order",
            default="mixed",
            help=f"**Worst misses**: the {digit}s with the lowest scores. **Dearest false "
            "alarms**: the normal digits with the highest.",
        )
        class_ = st.selectbox(
            "Class",
            DIGITS,
            index=None,
            placeholder="all",
            key="class",
            width=130,
            bind="query-params",
        )
    order = found.order(detector, by, class_, N_SHOWN)
    if not len(order):
        st.info("No test image is of this kind; choose another class or order.")
        return None
    return _table(digit, found, detector, order.tolist(), f"{digit}-{detector}-{by}-{class_}")


def _table(digit: str, found: Gallery, detector: str, order: list[int], key: str) -> int:
    from wganad_core.figures.digits import data_uri

    images = digits_data.sample().images[order]
    x = digits_data.vectors(images)
    judged, _ = digits_data.judge(digit, x)
    mine = digits_data.rebuilder(digit, detector)
    rebuilt = digits_data.rebuilt(judged)
    rebuilt = {mine: rebuilt[mine], **rebuilt}  # the detector's own comes first
    scores = found.score(detector)[order]
    places = [found.place(detector, score) for score in scores]
    columns = {"image": [data_uri(image) for image in x]}
    for name, pixels in rebuilt.items():
        columns[name] = [data_uri(image) for image in pixels]
        if name == mine:
            columns["difference"] = [data_uri(image, diverging=True) for image in x - pixels]
    frame = pd.DataFrame(
        {
            **columns,
            "digit": digits_data.sample().labels[order],
            "score": scores,
            "rank": [place.rank for place in places],
            "above": [100 * place.normals for place in places],
        }
    )
    config = {
        "image": st.column_config.ImageColumn("In", pinned=True, width=72),
        "difference": st.column_config.ImageColumn(
            "Difference",
            width=84,
            help="Red: ink that is missing from what came back. Blue: too much of it.",
        ),
        "digit": st.column_config.NumberColumn("Digit", width=55),
        "score": st.column_config.NumberColumn("Score", format="%.3g", width=75),
        "rank": st.column_config.NumberColumn(
            "Rank", width=75, help=f"Among {places[0].n:,} test images; 1 is the most anomalous."
        ),
        "above": st.column_config.ProgressColumn(
            "Odder than",
            format="%.0f %%",
            min_value=0,
            max_value=100,
            width=110,
            help="Share of the normal test images that score lower.",
        ),
    }
    for name in rebuilt:
        config[name] = st.column_config.ImageColumn(digits_data.name_of(name), width=72)
    event = st.dataframe(
        frame,
        hide_index=True,
        row_height=62,
        height=440,
        column_config=config,
        key=f"gallery-{key}",
        on_select="rerun",
        selection_mode="single-row",
    )
    if event.selection.rows:
        chosen = order[event.selection.rows[0]]
        st.query_params[URL_IMAGE] = str(digits_data.sample().position[chosen])
        return chosen
    unseen = digits_data.sample().labels[order] == int(digit)
    return _asked_for(order[unseen.argmax()])


def _asked_for(default: int) -> int:
    """The bundled image that the address names by its number in the pool of 70,000."""
    text = st.query_params.get(URL_IMAGE, "")
    found = digits_data.sample().position == (int(text) if text.isdecimal() else -1)
    return int(found.argmax()) if found.any() else default
