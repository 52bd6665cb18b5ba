"""Figures of sensor windows by hand: what was clicked, what is marked, who is blamed."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wganad_core.data import har
from wganad_core.data.har import SIGNALS
from wganad_core.data.recurrence import block_average, distance_matrix, recurrence_plot
from wganad_core.figures import style
from wganad_core.figures.cards import movement_cards
from wganad_core.figures.windows import recurrence as windows_recurrence
from wganad_core.figures.windows import signals as windows
from wganad_core.figures.windows import strip as windows_strip
from wganad_core.figures.windows.recurrence import Tile
from wganad_core.figures.windows.tiles import Rebuilt, cell_in_words, tiles_of


@pytest.fixture(scope="module")
def window() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(9, 128)).astype(np.float32)


def named(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [trace for trace in spec["data"] if trace.get("name") == name]


# The strip


@pytest.mark.parametrize(
    ("subplot", "x", "number"),
    [
        ("xy", 0.5, 0),
        ("xy", 3.99, 3),
        ("x2y2", 2.5, 6),
        ("x6y6", 0.2, 20),
        ("xy", -0.2, None),
        ("x6y6", 3.2, None),
    ],
)
def test_the_tile_that_was_clicked(subplot: str, x: float, number: int | None) -> None:
    assert windows_strip.tile_at(subplot, x, 23) == number


def test_tiles_of_the_strip() -> None:
    signals = np.zeros((5, 9, 128), np.float32)
    signals[4, 6] = 0.25  # the middle of what a tile shows
    names = ["walking", "laying", "walking", "sitting", "laying"]
    spec = windows_strip.strip(signals, names, [0.1, 0.999, 0.5, 0.2, 1.0], "laying", 3)
    x_of_last = named(spec, "x")[1]
    assert x_of_last["xaxis"] == "x2"
    assert x_of_last["y"][:64] == pytest.approx(0.48)
    assert (x_of_last["x"][0], x_of_last["x"][63]) == pytest.approx((0.07, 0.93))
    for layout in (spec["layout"], spec["layout"]["meta"]["narrow"]):
        words = [note["text"] for note in layout["annotations"]]
        assert words[:4] == ["walking", "10%", "<b>laying</b>", "99%"]
        assert words[-2:] == ["<b>laying</b>", "100%"]
        strong = [shape["line"]["width"] == 3 for shape in layout["shapes"]]
        assert strong == [False, False, False, True, False]
    assert spec["layout"]["xaxis2"]["domain"] == [1 / 3, 2 / 3]
    assert spec["layout"]["meta"]["narrow"]["xaxis2"]["domain"] == [0, 1]


@pytest.mark.parametrize("n", [0, 25])
def test_a_strip_has_room_for_24(n: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 24 windows; found {n}"):
        windows_strip.strip(np.zeros((n, 9, 128), np.float32), ["x"] * n, [0.0] * n, "x", None)


def test_a_thumbnail_shows_where_gravity_points() -> None:
    total = np.array([[1.6], [0.25], [-1.1]]) * np.ones(128)
    uri = windows_strip.thumbnail(total)
    picture = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    assert picture.size == (184, 68)
    column = np.asarray(picture, np.int64)[:, 92]
    drawn = {}
    for axis, colour in windows.AXES.items():
        rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        near = np.abs(column[:, :3] - rgb).max(axis=1) < 30  # lines are smoothed
        drawn[axis] = np.flatnonzero(near & (column[:, 3] > 150))
    assert drawn["x"].max() < 10
    assert 30 < drawn["y"].mean() < 38
    assert drawn["z"].min() > 58
    assert column[20, 3] == 0  # no background


# The nine signals


def test_signals_are_in_their_sensors_panel(window: np.ndarray) -> None:
    spec = windows.nine_signals(window, {}, ["body_gyro_y"])
    for number, name in enumerate(SIGNALS):
        (trace,) = named(spec, name)
        assert trace["yaxis"] == ("y", "y2", "y3")[number // 3]
        assert trace["line"]["color"] == windows.AXES[name[-1]]
        assert (trace["opacity"] == 1) == (name == "body_gyro_y")
        np.testing.assert_array_equal(trace["y"], window[number])
        assert trace["x"][[0, 50, 127]].tolist() == pytest.approx([0, 1, 2.54])
    titles = [note["text"] for note in spec["layout"]["annotations"]]
    assert "<b>Gyroscope</b>, rad/s" in titles
    assert not any("comes back" in title for title in titles)


def test_what_comes_back_is_dashed_in_its_signals_colour(window: np.ndarray) -> None:
    rebuilt = {"total_acc_z": np.ones(128)}
    spec = windows.nine_signals(window, rebuilt, ["total_acc_z"])
    (trace,) = named(spec, "total_acc_z rebuilt")
    assert trace["line"]["dash"]
    assert trace["line"]["color"] == style.GREEN
    assert trace["yaxis"] == "y3"
    assert len(spec["data"]) == 10


def test_two_times_and_a_stretch_are_marked(window: np.ndarray) -> None:
    spec = windows.nine_signals(window, {}, ["body_acc_x"], (0.4, 1.0), (0.5, 0.7))
    band, first, second = spec["layout"]["shapes"]
    assert (band["x0"], band["x1"]) == (0.5, 0.7)
    assert (first["x0"], first["x1"], second["x0"]) == (0.4, 0.4, 1.0)
    assert {first["yref"], second["yref"], band["yref"]} == {"paper"}  # through all panels
    (dots,) = named(spec, "times")
    assert dots["y"].tolist() == window[0, [20, 50]].tolist()


# The recurrence image


@pytest.mark.parametrize(
    ("x", "y", "cell"), [(1.0, 0.4, (20, 50)), (0.0, 2.54, (127, 0)), (9.0, -1.0, (0, 127))]
)
def test_the_cell_that_was_clicked(x: float, y: float, cell: tuple[int, int]) -> None:
    assert windows_recurrence.cell_at(x, y) == cell


def test_an_image_is_drawn_over_its_times(window: np.ndarray) -> None:
    image = distance_matrix(window[0])
    small = Tile("small", block_average(image, 32), {}, 1.0)
    spec = windows_recurrence.images([Tile("R", image, {style.BLUE: window[0]}, 2.0, "g"), small])
    large, line, coarse = spec["data"]
    assert large["x"][[0, 127]].tolist() == pytest.approx([0, 2.54])
    assert coarse["x"][[0, 31]].tolist() == pytest.approx([0.03, 2.51])  # middles of four steps
    assert large["z"][20, 50] == abs(window[0, 20] - window[0, 50])
    assert (large["zmin"], large["zmax"]) == (0, 2.0)
    assert " g<extra>" in large["hovertemplate"]
    assert (line["xaxis"], line["yaxis"]) == (large["xaxis"], "y2")
    for layout in (spec["layout"], spec["layout"]["meta"]["narrow"]):
        heights = [layout[f"yaxis{n}"]["domain"] for n in ("", "3")]
        assert heights[0][1] - heights[0][0] == pytest.approx(heights[1][1] - heights[1][0])


def test_a_cell_marks_its_row_and_column(window: np.ndarray) -> None:
    panel = Tile("R", distance_matrix(window[0]), {style.BLUE: window[0]}, 1.0)
    bare = Tile("seen", distance_matrix(window[0]), {}, 1.0)
    assert len(windows_recurrence.images([bare], (0.4, 1.0))["layout"]["shapes"]) == 2
    spec = windows_recurrence.images([panel], marks=(0.4, 1.0))
    (cross,) = named(spec, "cell")
    assert (cross["x"][0], cross["y"][0]) == (1.0, 0.4)
    assert (cross["x"][1], cross["y"][1]) == (0.4, 1.0)  # its mirror image
    row, column, *above = spec["layout"]["shapes"]
    assert (row["y0"], row["y1"], row["x1"]) == (0.4, 0.4, 1.0)
    assert (column["x0"], column["x1"]) == (1.0, 1.0)
    assert [shape["x0"] for shape in above] == [0.4, 1.0]


def test_a_stretch_lights_up_rows_and_columns(window: np.ndarray) -> None:
    panel = Tile("R", distance_matrix(window[0]), {}, 1.0)
    spec = windows_recurrence.images([panel], stretch=(-3.0, 0.7))
    columns, rows = spec["layout"]["shapes"]
    start, end = windows_recurrence.START, windows_recurrence.END
    assert [columns[k] for k in ("x0", "x1", "y0", "y1")] == [start, 0.7, start, end]
    assert [rows[k] for k in ("x0", "x1", "y0", "y1")] == [start, end, start, 0.7]


def test_a_thresholded_image_is_black_and_white(window: np.ndarray) -> None:
    close = recurrence_plot(distance_matrix(window[0]), 0.3)
    (trace,) = windows_recurrence.images([Tile("R", close, {}, 9.0)])["data"]
    assert trace["zmax"] == 1
    assert set(np.unique(trace["z"])) == {0, 1}
    assert (np.diag(trace["z"]) == 1).all()


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        windows_recurrence.images([])


# The blame and the cards


def test_blame_is_shared_out_in_the_usual_order() -> None:
    spec = windows.blame_bars({"total_acc_z": 0.3, "total_acc_x": 0.1})
    (bars,) = spec["data"]
    assert bars["y"] == ["Total acceleration x", "Total acceleration z"]
    assert bars["x"] == pytest.approx([0.25, 0.75])
    assert bars["text"] == ["25%", "75%"]
    with pytest.raises(ValueError, match="found features"):
        windows.blame_bars({"features": 1.0})


def test_cards_show_bundled_windows() -> None:
    sample = har.samples()
    window, image = movement_cards(sample)
    assert {window.page, image.page} == {"movements"}
    shown = np.flatnonzero(sample.position == int(image.query["window"]))
    assert sample.classes[shown].tolist() == ["walking"]
    signals = sample.take(shown)
    z = np.asarray(image.figure["data"][0]["z"])
    a, b = signals[0, 6:, 20], signals[0, 6:, 50]
    assert z[20, 50] == pytest.approx(np.sqrt(np.square(a - b).sum()), rel=1e-5)
    assert len(window.figure["data"]) == 6


def test_images_of_what_comes_back_share_the_first_ones_scale(window: np.ndarray) -> None:
    rebuilt = Rebuilt({"body_acc_x": window[0] / 2})
    first, back = tiles_of(window, rebuilt, ["body_acc_x"])
    assert first.top == back.top == pytest.approx(float(np.ptp(window[0])), rel=1e-5)
    np.testing.assert_allclose(back.image, distance_matrix(window[0]) / 2, atol=1e-6)
    plain, _ = tiles_of(window, rebuilt, ["body_acc_x"], share=0.5)
    np.testing.assert_array_equal(plain.image, recurrence_plot(first.image, 0.5 * first.top))
    # Of several signals only those of which all came back; images of one signal alone.
    assert len(tiles_of(window, rebuilt, ["body_acc_x", "body_acc_y"])) == 1
    images = np.ones((9, 32, 32), np.float32)
    seen = Rebuilt(seen=images, images=images)
    assert [len(tiles_of(window, seen, names)) for names in (SIGNALS[:1], SIGNALS[:3])] == [3, 1]


def test_a_cell_of_three_signals_in_words() -> None:
    window = np.zeros((9, 128), np.float32)
    window[0, 7], window[1, 7] = 3, -4
    said = cell_in_words(window, SIGNALS[:3], 0, 7)
    assert said == "0.000, 0.000, 0.000 and 3.000, −4.000, 0.000 g, so ‖sᵢ − sⱼ‖ = **5.000 g**"
