"""A mark under the pointer shows its picture."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from playwright.sync_api import Page, expect

from tests.browser.charts import open_charts, pixel, show, wait_for_charts
from wganad_core.figures.images import sprite_uri


def test_the_picture_of_the_mark_under_the_pointer(page: Page, problems: list[str]) -> None:
    images = np.zeros((6, 784), np.float32)
    marks = {"x": [1, 9], "y": [5, 5], "customdata": [2, 5], "hoverinfo": "none"}
    figure = go.Figure(go.Scatter(mode="markers", **marks))
    pictures = {"source": sprite_uri(images, 4, 28), "columns": 4}
    figure.update_layout(height=300, meta={"pictures": pictures})
    figure.update_xaxes(range=[0, 10]).update_yaxes(range=[0, 10])
    open_charts(page)
    show(page, "map", figure, "Two marks", 0)
    wait_for_charts(page, 1)
    shown = page.locator(".live-chart-picture")
    for x, where in ((1, "-168px 0px"), (9, "-84px -84px")):  # the third, and the sixth
        page.mouse.move(*pixel(page, 0, x, 5), steps=3)
        expect(shown).to_have_count(1)
        expect(shown).to_have_css("background-position", where)
        box, chart = shown.bounding_box(), page.locator(".live-chart").bounding_box()
        assert box is not None
        assert chart is not None
        assert chart["x"] <= box["x"]
        assert box["x"] + box["width"] <= chart["x"] + chart["width"]
        page.mouse.move(*pixel(page, 0, 5, 9), steps=3)
        expect(shown).to_have_count(0)
    assert problems == []
