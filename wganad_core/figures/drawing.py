"""A square to draw points in."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from wganad_core.data.mixture import clouds
from wganad_core.figures import style


def drawing_figure(centres: Sequence[tuple[float, float]]) -> go.Figure:
    """The clouds around `centres`, in [−1.5, 1.5]²."""
    points = clouds(centres)
    figure = go.Figure(
        go.Scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            hoverinfo="skip",
            marker={"size": 3, "color": style.BLUE},
        )
    )
    axis = {"range": [-1.5, 1.5], "zeroline": False, "fixedrange": True}
    return figure.update_layout(
        height=320,
        margin={"l": 28, "r": 4, "t": 4, "b": 24},
        xaxis={**axis, "constrain": "domain"},
        yaxis={**axis, "scaleanchor": "x", "constrain": "domain"},
        dragmode=False,
    )
