"""The smallest page with a prepared chart: a figure that stays, marks that move."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from pages._ui import chart
from pages._ui.chart import Marks, Prepared, live_chart

N = 2_000


def picture(number: int) -> Prepared:
    """A line of noise with a threshold to drag and dots that follow it; some 20 kB."""
    noise = np.random.default_rng(number).normal(size=N)
    figure = go.Figure(go.Scatter(x=np.linspace(0, 10, N), y=noise, name=f"noise {number}"))
    figure.add_vline(x=5, name="threshold", editable=True)
    for name in ("dot", "double"):
        figure.add_shape(
            name=name,
            type="circle",
            x0=-6,
            x1=6,
            y0=-6,
            y1=6,
            xanchor=5,
            yanchor=0,
            xsizemode="pixel",
            ysizemode="pixel",
        )
    at = np.array([0, 4, 10], np.float32)
    followers = {"dot": {"xanchor": 10 - at}, "double": {"xanchor": 10 - at.astype(np.float64)}}
    follow = {"shape": "threshold", "at": at, "with": followers}
    figure.update_layout(height=300, meta={"follow": follow}, uirevision="same")
    figure.update_xaxes(range=[0, 10])
    return Prepared(figure)


@st.fragment
def show() -> None:
    """A button per event, and what the page knows."""
    state = st.session_state
    state.setdefault("at", 5.0)
    state.setdefault("log", [])
    drag = chart.waiting("marks").drag
    if drag is not None:
        state.at = drag["x0"]
        state.log.append(drag["released"])
    if st.button("Right"):
        state.at += 1
    number = int(st.number_input("Figure", 0, 99, 0))
    if st.button("Lose"):  # as if a figure had been sent that the browser has not
        state.lost = True
        state["_live_chart_sent_marks"] = picture(100).hash
    prepared = picture(100 if "lost" in state else number)
    if st.button("Save"):
        state.saved = state.get("saved", 0) + 1
    st.code(f"{state.at:.4f} {state.log}", language=None)
    live_chart(
        prepared,
        key="marks",
        alt=f"at {state.at:.2f}",
        marks=Marks(
            {
                "threshold": {"x0": state.at, "x1": state.at},
                "dot": {"xanchor": 10 - state.at},
                "double": {"xanchor": 10 - state.at},
            },
            {"at": f"{state.at:.4f}", "gone": None},
            ("svg", state.get("saved", 0)),
        ),
    )


st.set_page_config(layout="wide")
show()
