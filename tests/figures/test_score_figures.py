"""Figures of scores and of images: what they show, with numbers worked out by hand."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from tests.test_board import row
from tests.test_scores import table
from wganad_core import board
from wganad_core.config import DIGITS
from wganad_core.figures import board as board_figures
from wganad_core.figures import images
from wganad_core.figures import scores as figures
from wganad_core.records import Judgement, ScoreTable

ONE = np.linspace(0, 1, 784, dtype=np.float32)
# 1 … 9 and an outlier: quartiles 3.25, 5.5, 7.75; whiskers within 6.75 of the quartiles.
TEN = [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 40]


def scores(abnormal: str = "4") -> ScoreTable:
    """Normals 1 to 9 and 40 in two classes, abnormal ones 11 and 13; a calibration row besides."""
    return table(
        [*TEN, 11.0, 13.0, 99.0],
        abnormal=[abnormal] * 13,
        class_=["0"] * 5 + ["1"] * 5 + [abnormal] * 2 + ["0"],
        label=[0] * 10 + [1] * 2 + [0],
        part=["test"] * 12 + ["calibration"],
    )


def valid(spec: dict[str, Any]) -> go.Figure:
    """As Plotly accepts it, wide and narrow."""
    narrow = spec["layout"].get("meta", {}).get("narrow", {})
    go.Figure({"data": spec["data"], "layout": {**spec["layout"], **narrow}}).to_json()
    return go.Figure(spec)


def test_five_numbers_by_hand():
    assert figures.five_numbers(np.array(TEN)) == (1, 3.25, 5.5, 7.75, 9)
    assert figures.five_numbers(np.array([2.0])) == (2, 2, 2, 2, 2)


def test_class_boxes_hold_five_numbers_per_class_and_the_rest_as_dots():
    figure = valid(figures.class_boxes(scores()))
    boxes = {trace.name: trace for trace in figure.data if trace.type == "box"}
    assert list(boxes) == ["0", "1", "4"]
    assert (boxes["0"].q1[0], boxes["0"].median[0], boxes["0"].q3[0]) == (2, 3, 4)
    assert (boxes["1"].lowerfence[0], boxes["1"].upperfence[0]) == (6, 9)
    far = [list(trace.y) for trace in figure.data if trace.type == "scatter"]
    assert far == [[], [40], []]
    assert boxes["4"].line.color != boxes["0"].line.color == boxes["1"].line.color


def test_class_boxes_refuse_what_they_cannot_draw():
    assert figures.class_boxes(scores(), log=True)["layout"]["yaxis"]["type"] == "log"
    with pytest.raises(ValueError, match="above 0 for a logarithmic axis; found -3"):
        figures.class_boxes(table([-3.0, 1.0]), log=True)
    with pytest.raises(ValueError, match="one detector; found knn, ours"):
        figures.class_boxes(table([1.0, 2.0], detector=["ours", "knn"]))
    with pytest.raises(ValueError, match="one detector; found none"):
        figures.class_boxes(table([1.0], part=["calibration"]))


def test_digit_boxes_give_every_digit_its_own_axis():
    figure = valid(figures.abnormal_boxes({name: scores(name) for name in "0123456789"}))
    boxes = [trace for trace in figure.data if trace.type == "box"]
    assert [trace.yaxis for trace in boxes[:4]] == ["y", "y", "y2", "y2"]
    assert (boxes[0].median[0], boxes[1].median[0]) == (5.5, 12)
    assert [boxes[19].name, boxes[19].yaxis] == ["9", "y10"]


def test_auprc_bars_average_seeds_and_mark_chance_and_quotes():
    rows = [row("0", 0.8), row("0", 0.9, seed=1), row("1", 0.5, base_rate=0.3)]
    series = {"ours": rows, "paper": board.QUOTED_DIGITS[20:22]}
    figure = valid(board_figures.auprc_bars(series, "01"))
    ours, paper, chance = figure.data
    assert list(ours.y) == pytest.approx([0.85, 0.5])
    assert list(ours.error_y.array) == pytest.approx([0.05 * 2**0.5, 0])
    assert list(paper.y) == pytest.approx([0.97, 0.51])
    assert (ours.marker.pattern.shape, paper.marker.pattern.shape != "") == ("", True)
    assert list(chance.y) == [0.4, 0.4, None, 0.3, 0.3, None]


def test_auprc_bars_of_ten_digits_come_in_halves_that_can_be_stacked():
    quoted = {name: board.QUOTED_DIGITS[i : i + 10] for name, i in (("vae", 0), ("bigan", 10))}
    figure = valid(board_figures.auprc_bars(quoted, DIGITS))
    assert [trace.xaxis for trace in figure.data] == ["x"] * 3 + ["x2"] * 3
    assert list(figure.data[3].y) == pytest.approx([0.325, 0.432, 0.148, 0.499, 0.104])
    with pytest.raises(ValueError, match="one protocol; found 80/20, official"):
        board_figures.auprc_bars({"ours": [row("0"), row("0", protocol="official")]}, "0")
    with pytest.raises(ValueError, match="rows of one protocol; found none"):
        board_figures.auprc_bars({}, "0")


def test_autopsy_has_one_scale_for_all_residuals():
    spec = images.autopsy(ONE, {"encoder": 0 * ONE, "ours": np.ones(784, np.float32)})
    figure = valid(spec)
    image, _, missing, _, much = figure.data
    np.testing.assert_array_equal(image.z, ONE.reshape(28, 28))
    np.testing.assert_array_equal(missing.z, ONE.reshape(28, 28))  # x − 0: ink is missing
    assert much.z.max() == 0  # x − 1: too much everywhere
    assert missing.coloraxis == much.coloraxis == "coloraxis"
    axis = figure.layout.coloraxis
    assert (axis.cmin, axis.cmax, axis.showscale) == (-1, 1, None)
    words = [note.text for note in figure.layout.annotations]
    assert words[1:3] == ["<b>encoder</b>", f"MSE {np.square(ONE).mean():.2g}"]


def judged(score: float, **terms: float) -> Judgement:
    parts = {name: np.array([0, value], np.float32) for name, value in terms.items()}
    return Judgement(np.array([0, score], np.float32), parts)


def test_terms_are_shares_of_the_score_and_negative_ones_go_left():
    figure = valid(
        figures.terms_bars(
            {
                "anogan": judged(8, residual=6, features=2),
                "ours": judged(2, residual=3, izi=-1),
                "critic": judged(-5),
            },
            at=1,
        )
    )
    bars = {trace.name: dict(zip(trace.y, trace.x, strict=True)) for trace in figure.data}
    assert bars == {
        "residual": {"anogan": 0.75, "ours": 0.75},
        "features": {"anogan": 0.25},
        "izi": {"ours": -0.25},
        "score": {"critic": -1},
    }
    assert [note.text for note in figure.layout.annotations] == [
        "<b>8</b>",
        "<b>2</b>",
        "<b>-5</b>",
    ]


def test_the_place_of_a_score_among_normals():
    assert figures.share_below(np.array(TEN), 9.0) == 0.8  # equal is not higher
    figure = valid(figures.place_among(scores(), 10.0))
    assert figure.layout.annotations[0].text.endswith("<b>10</b>, higher than 90% of normals")
    assert figure.layout.shapes[0].x0 == 10
    assert [sum(trace.y) for trace in figure.data] == pytest.approx([1, 1])
    beyond = figures.place_among(scores(), 500.0)
    assert "higher than 100% of normals" in beyond["layout"]["annotations"][0]["text"]
    many = np.full(3000, 1.0)
    many[0] = 7
    almost = figures.place_among(table([*many, 9.0], label=[0] * 3000 + [1]), 5.0)
    assert "higher than 99.9%" in almost["layout"]["annotations"][0]["text"]


def opened(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int)


def test_a_sprite_is_a_grid_of_cells():
    pictures = np.zeros((5, 784), np.float32)
    pictures[3] = 1
    pixels = opened(images.sprite(pictures, columns=3, cell=40))
    assert pixels.shape == (80, 120, 3)
    assert (pixels[40:, :40] < 60).all()  # the fourth, in ink
    pixels[40:, :40] = 255
    assert (pixels == 255).all()
    assert opened(images.sprite(pictures[:0], columns=2, cell=28)).shape == (28, 56, 3)
    with pytest.raises(ValueError, match="found 0 and 56"):
        images.sprite(pictures, columns=0)


def test_a_thumbnail_of_a_residual_is_red_white_and_blue():
    residual = np.zeros((28, 28), np.float32)
    residual[0], residual[1] = 1, -1
    uri = images.data_uri(residual.ravel(), size=28, diverging=True)
    head, _, body = uri.partition(",")
    assert head == "data:image/png;base64"
    pixels = opened(base64.b64decode(body))
    red, blue, white = pixels[0, 0], pixels[1, 0], pixels[2, 0]
    assert red[0] > 2 * red[2]
    assert blue[2] > 2 * blue[0]
    assert white.min() >= 254
    assert opened(base64.b64decode(images.data_uri(ONE).partition(",")[2])).shape == (56, 56, 3)
