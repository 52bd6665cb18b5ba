"""A square to draw points in."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from wganad_core.data.mixture import clouds
from wganad_core.figures import style


def drawing_figure(centres: Sequence[tuple[float, float]]) -> go.Figure:
    """The clouds around `centres`, in [−1.5, 1.5]²."""
    x, y = style.plane_axes((-1.5, 1.5, -1.5, 1.5), fixedrange=True)
    figure = go.Figure(style.dots(clouds(centres), {"size": 3, "color": style.BLUE}))
    margin = {"l": 28, "r": 4, "t": 4, "b": 24}
    return figure.update_layout(height=320, margin=margin, xaxis=x, yaxis=y, dragmode=False)
