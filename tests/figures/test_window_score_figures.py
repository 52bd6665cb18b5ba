"""Figures of windows' scores: what they show, with numbers worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from sklearn.metrics import average_precision_score

from tests.test_board import row
from tests.test_scores import table
from wganad_core import board, evaluation
from wganad_core.config import ACTIVITIES
from wganad_core.data.har import SIGNALS
from wganad_core.data.recording import Recording
from wganad_core.data.timeline import Bout, Timeline
from wganad_core.figures import board as board_figures
from wganad_core.figures import scores as figures
from wganad_core.figures.windows import scores as window_scores
from wganad_core.figures.windows import timeline as window_timeline
from wganad_core.records import ScoreTable


def scores(**columns: Any) -> ScoreTable:
    """Two people walking (1–4 and 5–8), sitting once each (10 and 3), and a calibration row."""
    fixed = {
        "use_case": "har",
        "model": "wgan-gp-conv",
        "protocol": "test",
        "abnormal": "sitting",
        "subject": ["2"] * 4 + ["12"] * 4 + ["2", "12", "27"],
        "class_": ["walking"] * 8 + ["sitting"] * 2 + ["walking"],
        "label": [0] * 8 + [1] * 2 + [0],
        "part": ["test"] * 10 + ["calibration"],
    }
    values = [1.0, 2, 3, 4, 5, 6, 7, 8, 10, 3, 99]
    n = len(values)
    filled = {k: [v] * n if isinstance(v, str) else v for k, v in (fixed | columns).items()}
    return table(values, **filled)


def valid(spec: dict[str, Any]) -> go.Figure:
    """As Plotly accepts it, wide and narrow."""
    narrow = spec["layout"].get("meta", {}).get("narrow", {})
    go.Figure({"data": spec["data"], "layout": {**spec["layout"], **narrow}}).to_json()
    return go.Figure(spec)


def boxes(figure: go.Figure) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data if trace.type == "box"}


def test_activities_stand_in_their_usual_order_and_the_abnormal_one_in_colour():
    figure = valid(figures.class_boxes(scores(), ACTIVITIES))
    found = boxes(figure)
    assert list(found) == ["walking", "sitting"]
    assert (found["walking"].median[0], found["walking"].upperfence[0]) == (4.5, 8)
    assert found["sitting"].line.color == figures.ABNORMAL
    assert found["walking"].line.color == figures.NORMAL
    assert list(figure.layout.xaxis.ticktext) == ["walking", "<b>sitting</b>"]


def test_boxes_on_a_logarithmic_axis_are_those_of_the_logarithms():
    # Logarithms −1, 0, 1, 2 and 9: quartiles 0 and 2, so whiskers end within 3 of them; 10⁹ is far.
    values = np.array([0.1, 1, 10, 100, 1e9], np.float32)
    found = table(values.tolist(), class_=["walking"] * 5, label=[0] * 5, abnormal=["laying"] * 5)
    figure = valid(figures.class_boxes(found, ACTIVITIES, log=True))
    assert figure.layout.yaxis.type == "log"
    box, far = figure.data
    five = [box[key][0] for key in ("lowerfence", "q1", "median", "q3", "upperfence")]
    assert five == pytest.approx([0.1, 1, 10, 100, 100])
    assert list(far.y) == [1e9]
    assert not figures.wants_log(np.array([0.0, 1e9]))
    assert not figures.wants_log(np.array([1.0, 100.0]))


def test_people_are_in_the_order_of_their_numbers_before_what_few_normals_exceed():
    figure = valid(window_scores.person_boxes(scores(), "walking"))
    found = boxes(figure)
    assert list(found) == ["2", "12"]
    assert [found[name].median[0] for name in found] == [2.5, 6.5]
    # Normals are 1 … 8, and 0.95 · 7 = 6.65 steps above the first is 7.65.
    assert figure.layout.shapes[0].y0 == figure.layout.shapes[0].y1 == pytest.approx(7.65)
    assert {box.line.color for box in found.values()} == {figures.NORMAL}
    with pytest.raises(ValueError, match="test scores of laying; found none"):
        window_scores.person_boxes(scores(), "laying")


@pytest.mark.parametrize("column", ["detector", "model", "protocol"])
def test_boxes_refuse_scores_of_several_kinds(column):
    mixed = ["a"] * 5 + ["b"] * 6
    with pytest.raises(ValueError, match=f"one {column}; found a, b"):
        figures.class_boxes(scores(**{column: mixed}))


def under(recall: np.ndarray, precision: np.ndarray) -> float:
    """The area under steps that reach each precision before its recall."""
    return float((np.diff(recall) * precision[1:]).sum())


def test_the_area_under_the_steps_is_the_average_precision():
    recall, precision = figures.precision_steps(
        evaluation.curve(np.array([1, 0, 1, 0]), np.array([4.0, 3, 2, 1]))
    )
    np.testing.assert_allclose(recall, [0, 0.5, 1])
    np.testing.assert_allclose(precision, [1, 1, 2 / 3])
    rng = np.random.default_rng(0)
    label, score = rng.integers(0, 2, 300), rng.integers(0, 40, 300).astype(float)  # many ties
    expected = average_precision_score(label, score)
    assert under(*figures.precision_steps(evaluation.curve(label, score))) == pytest.approx(
        expected, abs=1e-12
    )


def test_curves_have_chance_and_people():
    every = scores(protocol="test+all")
    figure = valid(window_scores.precision_recall({"new": scores(), "all": every}))
    people, curve, chance = figure.data[:3]
    # Sitting (10, 3) among 1 to 8: the first is on top, the second below five normals and beside
    # one, so it comes with the seventh of eight.
    assert curve.name == f"new: AUPRC {(1 + 2 / 8) / 2:.2f}, chance 0.20"
    assert list(chance.y) == [0.2, 0.2]
    assert people.name == "new, each of 2 alone"
    assert np.isnan(people.x).sum() == 2
    # Person 2: 10 above all. Person 12: 3 below all four normals, 1/5.
    assert window_scores.auprc_by_person(scores().where(part="test")) == {"2": 1.0, "12": 0.2}


def test_bars_average_seeds_and_mark_chance_and_quotes():
    ours = [row("laying", 0.8), row("laying", 0.9, seed=1), row("walking", 0.3)]
    quoted = [
        board.Row("har", "wgan-gp", "paper", "laying", "80/20", None, 0.7, None, None, None, None)
    ]
    figure = valid(board_figures.auprc_bars({"Ours": ours, "Paper": quoted}, ["walking", "laying"]))
    first, second, chance = figure.data
    assert list(first.y) == pytest.approx([0.3, 0.85])
    assert first.error_y.array[1] == pytest.approx(math.sqrt(0.005))
    assert list(second.y) == [None, 0.7]
    assert second.marker.pattern.shape == "/"
    assert list(chance.y) == [0.4, 0.4, None, 0.4, 0.4, None]
    with pytest.raises(ValueError, match=r"one protocol; found test, test\+all"):
        board_figures.auprc_bars(
            {"Ours": [row("a", protocol="test"), row("a", protocol="test+all")]}, ["a"]
        )


# A recording's strip


def still(seconds: float = 6.4, channels: tuple[str, ...] = SIGNALS) -> Timeline:
    """Four windows, of which each answers for the next 1.28 s, but for the ends."""
    time = np.arange(round(seconds * 50)) / 50
    values = np.linspace(-1, 1, len(time))[:, None].repeat(len(channels), axis=1)
    return Timeline(
        Recording(time, channels, values),
        np.zeros((4, 9, 128), np.float32),
        np.array([0, 1.92, 3.2, 4.48]),
        np.array([1.92, 3.2, 4.48, 6.4]),
    )


def test_what_is_flagged_is_shaded_and_coloured():
    score = np.array([1.0, 5, 6, 2])
    spec = window_timeline.recording_strip(still(), score, threshold=4.0, start=7.0)
    figure = valid(spec)
    shaded = [trace for trace in figure.data if trace.name == "flagged"]
    assert len(shaded) == 3  # on acceleration, on rotation and on the score
    for trace in shaded:
        np.testing.assert_allclose(trace.x, [1.92, 1.92, 4.48, 4.48, 1.92, np.nan], rtol=1e-6)
    tops = {t.name: t.y.reshape(-1, 6)[:, 1].tolist() for t in figure.data if t.fill}
    assert (tops["passed"], tops["above"]) == ([1, 2], [5, 6])
    (line,) = spec["layout"]["shapes"]
    assert (line["y0"], line["y1"], line["yref"], line["editable"]) == (4, 4, "y3", True)
    low, high = figure.layout.yaxis3.range
    assert low < 1
    assert high > 7  # the slider's threshold is in sight, too


def test_a_logarithmic_strip_and_the_truth():
    score = np.array([0.1, 50, 60, 2])
    truth = [Bout(0, 2, "walking"), Bout(2.5, 4, "laying"), Bout(4.5, 6, "laying")]
    spec = window_timeline.recording_strip(
        still(channels=SIGNALS[:3] + SIGNALS[6:]), score, 4.0, 4.0, True, truth, "laying"
    )
    figure = valid(spec)
    low, high = figure.layout.yaxis3.range
    assert low < math.log10(0.1) < math.log10(60) < high < 2
    assert not any("Rotation" in note.text for note in figure.layout.annotations)
    (words,) = (trace for trace in figure.data if trace.mode == "text")
    assert list(words.text) == ["walking", "<b>laying</b>"]
    assert list(words.x) == [1, 4.25]


def test_a_thinned_line_keeps_its_extremes():
    rng = np.random.default_rng(0)
    time, values = np.arange(10_000) / 50, rng.normal(size=10_000)
    values[1234], values[5678] = 50, -50
    some_time, some = window_timeline.thinned(time, values, 400)
    assert len(some) <= 400
    assert (some.max(), some.min()) == (50, -50)
    assert (np.diff(some_time) > 0).all()
    np.testing.assert_array_equal(
        window_timeline.thinned(time[:400], values[:400], 400)[1], values[:400]
    )


def test_lines_break_where_the_recording_does():
    time = np.array([0.0, 0.02, 0.04, 5.0, 5.02])
    recording = Recording(time, SIGNALS, np.zeros((5, 9)))
    line = Timeline(recording, np.zeros((1, 9, 128), np.float32), np.zeros(1), np.ones(1))
    figure = valid(window_timeline.recording_strip(line, np.ones(1), 2.0, 2.0))
    assert np.isnan(figure.data[0].x).tolist() == [False, False, False, True, False, False, True]
