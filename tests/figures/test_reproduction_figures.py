"""The board's heatmap and the paired dots: what they write where, and what a click hits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.figures.test_score_figures import valid
from tests.test_board import row
from wganad_core import board
from wganad_core.board import MEAN
from wganad_core.catalogue import Cost
from wganad_core.figures import reproduction as figures
from wganad_core.figures.style import Part
from wganad_core.leaks import Pair

ROWS = [
    *(row(name, value, seed) for seed in (0, 1) for name, value in (("0", 0.5), ("1", 0.7))),
    row("0", 0.8, None, detector="paper", auroc=None, base_rate=None, floor=None, n=None),
]


def drawn(measure: board.Measure = "auprc") -> figures.Board:
    lines = board.lines(ROWS, "01")
    costs = [Cost(90.0, 1.25), Cost(None, None)]
    return figures.Board(lines, ["Ours", "Paper (quoted)"], costs, ["0", "1", MEAN], measure)


def texts(spec: Part) -> dict[tuple[float, float], str]:
    return {(note["x"], note["y"]): note["text"] for note in spec["layout"]["annotations"]}


def test_cells_hold_means_and_spread_below_what_chance_gives():
    spec = figures.heatmap(drawn())
    valid(spec)
    said = texts(spec)
    assert (said[0, 0], said[0, 1]) == ("40.0", "25.0")  # π and the floor
    assert (said[0, 2], said[1, 2], said[2, 2]) == ("50.0 ±0.0", "70.0 ±0.0", "60.0 ±0.0")
    assert said[0, 3] == "<i>80</i>"
    assert (1, 3) not in said
    z = spec["data"][0]["z"]
    np.testing.assert_allclose(z[2], [0.5, 0.7, 0.6])
    assert np.isnan(z[:2]).all()
    side = [said[2.5 + x, 2] for x in figures.SIDE_AT]
    assert side == ["2", "1.5 min", "1.2"]
    assert [said[2.5 + x, 3] for x in figures.SIDE_AT] == ["quoted", "–", "–"]


def test_where_it_is_narrow_only_whole_numbers_are_written():
    narrow = figures.heatmap(drawn())["layout"]["meta"]["narrow"]
    written = {note["text"] for note in narrow["annotations"]}
    assert written == {"40", "25", "50", "70", "60", "<i>80</i>"}
    assert "Paper<br>(quoted)" not in narrow["yaxis"]["ticktext"]  # short enough for one line
    assert figures._broken("Encoder · Recurrence images") == "Encoder ·<br>Recurrence images"
    assert figures._broken("Neighbours (pixels)") == "Neighbours<br>(pixels)"


def test_auroc_has_one_line_of_chance_and_no_quoted_figure():
    spec = figures.heatmap(dataclasses.replace(drawn("auroc"), measure="auroc"))
    said = texts(spec)
    assert [said[j, 0] for j in range(3)] == ["50.0"] * 3
    worst, chance, _ = (share for share, _ in spec["data"][0]["colorscale"])
    assert (worst, chance) == (0, 0.5)


def test_the_chosen_cell_is_framed_and_a_click_finds_it():
    one = drawn()
    ours, paper = one.lines
    (frame,) = (
        shape
        for shape in figures.heatmap(one, (ours, "1"))["layout"]["shapes"]
        if shape["type"] == "rect"
    )
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (0.5, 1.5, 1.5, 2.5)
    assert one.place(0.9, 2.2) == (ours, "1")
    assert one.place(5.0, 3.4) == (paper, MEAN)  # the columns beside it
    assert one.place(0, 0.4) is None
    assert one.place(-1, 2) is None
    assert one.place(0, 9) is None


def test_words_under_the_pointer_say_of_what_and_at_which_base_rate():
    hover = figures.heatmap(drawn())["data"][0]["text"]
    assert hover[2][0] == (
        "<b>Ours</b>, 0<br>AUPRC 50.0%<br>AUROC 75.0%<br>"
        "π 40.0%, floor 25.0%, 10 test samples<br>2 seed(s)"
    )
    assert "base rate not told" in hover[3][0]


def test_dots_are_paired_with_their_difference():
    pairs = [
        Pair("har", "walking", "knn", 0.25, 0.5, 0.2, 0.2, 100, "A", "B"),
        Pair("har", "laying", "knn", 0.75, 0.7, 0.2, 0.2, 100),
    ]
    panels = [figures.PairGroup("one", pairs), figures.PairGroup("two", pairs[:1])]
    spec = figures.paired_dots(panels, "New people", "Random windows")
    valid(spec)
    line, honest, leaky = spec["data"][:3]
    np.testing.assert_allclose(line["x"], [0.25, 0.5, np.nan, 0.75, 0.7, np.nan])
    assert list(honest["x"]) == [0.25, 0.75]
    assert list(leaky["x"]) == pytest.approx([0.5, 0.7])
    assert "B" in leaky["customdata"][0]
    written = [note["text"] for note in spec["layout"]["annotations"]]
    assert "25 → 50  <b>+25.0</b>" in written
    assert "75 → 70  <b>−5.0</b>" in written
    # Rows are equally far apart in a short panel and in a long one beside it.
    assert spec["layout"]["yaxis"]["range"] == spec["layout"]["yaxis2"]["range"]
    assert spec["layout"]["meta"]["narrow"]["height"] > spec["layout"]["height"]


def test_durations():
    assert [figures.duration(s) for s in (40.2, 391, 7800)] == ["40 s", "6.5 min", "2.2 h"]
