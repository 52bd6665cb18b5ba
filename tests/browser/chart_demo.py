"""The smallest page with a live chart: changing data, a click plane and a draggable threshold."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from pages._ui.chart import live_chart


def picture(step: int) -> go.Figure:
    """Two heatmaps and a cloud of points, about 50 kB on the wire, different at every step."""
    generator = np.random.default_rng(step)
    axis = np.linspace(-2, 2, 64, dtype=np.float32)
    wave = np.sin(2 * axis[None, :] + step / 5) * np.cos(2 * axis[:, None])
    figure = make_subplots(rows=1, cols=3)
    for column, surface in ((1, wave), (2, -wave)):
        figure.add_heatmap(
            x=axis, y=axis, z=surface.astype(np.float32), showscale=False, row=1, col=column
        )
    cloud = generator.normal(size=(2, 500)).astype(np.float32)
    figure.add_scatter(x=cloud[0], y=cloud[1], mode="markers", name="cloud", row=1, col=3)
    narrow = {
        "height": 700,
        "xaxis": {"domain": [0, 1]},
        "xaxis2": {"domain": [0, 1]},
        "xaxis3": {"domain": [0, 1]},
        "yaxis": {"domain": [0.72, 1]},
        "yaxis2": {"domain": [0.36, 0.64]},
        "yaxis3": {"domain": [0, 0.28]},
    }
    figure.update_layout(height=320, showlegend=False, meta={"narrow": narrow})
    figure.update_xaxes(range=[-4, 4], col=3)
    figure.update_yaxes(range=[-4, 4], col=3)
    return figure


def threshold_picture(threshold: float) -> go.Figure:
    """A line with an upright threshold that can be dragged."""
    figure = go.Figure(go.Scatter(x=[0, 10], y=[0, 1], mode="lines", name="curve"))
    figure.add_vline(x=threshold, name="threshold", editable=True)
    figure.update_layout(height=240, dragmode="select")
    figure.update_xaxes(range=[0, 10])
    return figure


@st.fragment(run_every=0.4)
def live() -> None:
    """Redraw both charts and print what the reader did last."""
    state = st.session_state
    state.step = state.get("step", 0) + 1
    plane = live_chart(picture(state.step), key="plane", alt="Two waves and a cloud")
    tuned = live_chart(
        threshold_picture(state.get("threshold", 5.0)), key="threshold", alt="A threshold"
    )
    log = state.setdefault("log", [])
    for event in (plane.click, plane.brush, tuned.click, tuned.drag, tuned.brush):
        if event is not None:
            log.append(event)
    if tuned.drag is not None:
        state.threshold = tuned.drag["x0"]
    st.text(f"step {state.step}")
    st.code(json.dumps(log), language=None)


st.set_page_config(layout="wide")
live()
