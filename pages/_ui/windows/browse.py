"""The strip: test windows in an order, of a person, of an activity; one is chosen by a click."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import linked
from pages._ui.chart import live_chart
from pages._ui.windows import data as windows_data
from wganad_core.config import ACTIVITIES
from wganad_core.data.gallery import Gallery, Order
from wganad_core.data.har import TEST_SUBJECTS

N_SHOWN = 24
URL_WINDOW = "window"
ORDERS: dict[Order, str] = {
    "mixed": "A mixture",
    "highest": "Most anomalous",
    "misses": "Worst misses",
    "alarms": "Dearest false alarms",
}


def show(found: Gallery, activity: str, detector: str) -> int | None:
    """Controls and strip; returns the number of the bundled window to be taken apart."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = linked.choice(
            "Order",
            ORDERS,
            key="order",
            default="mixed",
            help=f"**Worst misses**: windows of {activity} with the lowest scores. **Dearest false "
            "alarms**: normal windows with the highest.",
        )
        subject = st.selectbox(
            "Person",
            [str(number) for number in TEST_SUBJECTS],
            index=None,
            placeholder="all",
            key="subject",
            width=110,
            bind="query-params",
            help="One of the nine test subjects; no model has met them.",
        )
        class_ = st.selectbox(
            "Activity",
            ACTIVITIES,
            index=None,
            placeholder="all",
            key="class",
            width=150,
            bind="query-params",
        )
    windows = windows_data.sample()
    among = None if subject is None else windows.subjects == int(subject)
    order = found.order(detector, by, class_, N_SHOWN, among)
    if not len(order):
        st.info("No test window is of this kind; choose another person, activity or order.")
        return None
    return _strip(found, detector, order)


def _strip(found: Gallery, detector: str, order: np.ndarray) -> int:
    from wganad_core.figures.windows import strip as figures

    windows = windows_data.sample()
    unseen = windows.activities[order] == found.abnormal
    chosen = _asked_for(int(order[unseen.argmax()]))
    shares = [found.place(detector, score).normals for score in found.score(detector)[order]]
    at = np.flatnonzero(order == chosen)
    events = live_chart(
        figures.strip(
            windows.signals[order],
            windows.activities[order].tolist(),
            shares,
            found.abnormal,
            int(at[0]) if len(at) else None,
        ),
        key="strip",
        alt=f"{len(order)} windows of total acceleration to choose from",
    )
    st.caption(
        "Total acceleration over 2.56 s; click on a window to take it apart. In %: the share of "
        f"normal test windows that score lower by “{windows_data.name_of(detector)}”."
    )
    if events.click is not None:
        tile = figures.tile_at(events.click["subplot"], events.click["x"], len(order))
        if tile is not None and order[tile] != chosen:
            st.query_params[URL_WINDOW] = str(windows.position[order[tile]])
            st.rerun()
    return chosen


def _asked_for(default: int) -> int:
    """The bundled window that the address names by its number in the pool of 10,299."""
    text = st.query_params.get(URL_WINDOW, "")
    found = windows_data.sample().position == (int(text) if text.isdecimal() else -1)
    return int(found.argmax()) if found.any() else default
