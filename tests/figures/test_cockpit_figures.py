"""The cockpit's figure: where its marks are, by hand, and what it does with awkward data."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from pages._ui.chart import Prepared
from wganad_core import evaluation
from wganad_core.figures import cockpit
from wganad_core.figures.cockpit import Drawn
from wganad_core.figures.cockpit import curves as cockpit_curves
from wganad_core.figures.cockpit import panels as cockpit_panels
from wganad_core.figures.cockpit.drawn import LARGEST
from wganad_core.figures.cockpit.lines import simplified
from wganad_core.records import Scored

# Flagged from the right: at 0.5 three of four anomalies and one of five normals.
SCORE = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
LABEL = np.array([0, 0, 1, 0, 0, 1, 0, 1, 1])
BY_HAND = Scored(SCORE, LABEL)
INF = np.inf


def labels(test: Scored) -> NDArray[np.int64]:
    assert test.label is not None
    return test.label


def curve_of(data: Drawn) -> evaluation.Curve:
    assert data.curve is not None
    return data.curve


def drawn(test: Scored = BY_HAND, **more: Any) -> Drawn:
    own = None if test.label is None else evaluation.curve(labels(test), test.score)
    return Drawn(test, own, **more)


def random(n: int, share: float = 0.1, seed: int = 0, shift: float = 2.0) -> Scored:
    rng = np.random.default_rng(seed)
    label = (rng.random(n) < share).astype(np.int64)
    classes = rng.integers(0, 10, n).astype(str)
    return Scored(rng.normal(size=n) + shift * label, label, class_=classes)


def valid(spec: dict[str, Any]) -> go.Figure:
    """As Plotly accepts it, wide and narrow."""
    narrow = spec["layout"]["meta"]["narrow"]
    go.Figure({"data": [], "layout": narrow})
    return go.Figure(spec)


def traces(spec: dict[str, Any], name: str, yaxis: str | None = None) -> list[dict[str, Any]]:
    return [t for t in spec["data"] if t["name"] == name and t.get("yaxis") == yaxis]


# Marks


def test_marks_are_where_the_threshold_puts_them():
    found = cockpit.marks(drawn(cost_ratio=3), 0.5)
    assert set(found) == {"threshold", "flagged", "pr", "roc", "cost"}
    assert found["threshold"] == {"x0": 0.5, "x1": 0.5}
    assert found["flagged"] == {"x0": 0.5}
    assert found["pr"] == {"xanchor": 0.75, "yanchor": 0.75}
    assert found["roc"] == {"xanchor": 0.2, "yanchor": 0.75}
    # One miss at 3 and one false alarm among nine samples.
    assert found["cost"] == {"xanchor": 0.5, "yanchor": pytest.approx(4000 / 9, rel=1e-12)}


def test_marks_follow_the_base_rate_that_is_meant():
    shifted = drawn(cost_ratio=3, base_rate=0.01)
    found = cockpit.marks(shifted, 0.5)
    assert found["pr"]["yanchor"] == pytest.approx(0.0075 / (0.0075 + 0.198), rel=1e-12)
    assert found["roc"] == {"xanchor": 0.2, "yanchor": 0.75}
    expected = 1000 * (0.01 * 3 * 0.25 + 0.99 * 0.2)
    assert shifted.cost_end > expected or found["cost"]["yanchor"] == shifted.cost_end
    point = curve_of(shifted).at(0.5, 0.01)
    assert cockpit.marks(shifted, point) == found


@pytest.mark.parametrize(("threshold", "share", "recall"), [(np.inf, 1, 0), (-np.inf, 0, 1)])
def test_endless_thresholds_stay_on_the_axis(threshold: float, share: int, recall: int):
    data = drawn()
    found = cockpit.marks(data, threshold)
    ends = data.axis.low, data.axis.high
    assert found["threshold"] == {"x0": ends[share], "x1": ends[share]}
    assert found["roc"] == {"xanchor": float(recall), "yanchor": float(recall)}
    # Where nothing is flagged the curve begins at the precision of the highest score, here 1.
    assert found["pr"]["yanchor"] == pytest.approx(1.0 if recall == 0 else 4 / 9)


def test_the_second_detector_is_shown_where_it_makes_no_more_false_alarms():
    second = evaluation.curve(LABEL, np.array([1, 9, 5, 2, 3, 6, 4, 7, 8.0]))
    data = drawn(second=second, names=("ours", "other"))
    found = cockpit.marks(data, 0.5)
    # One false alarm of five: the normal at 9; then all anomalies down to 5 are found.
    assert found["roc-second"] == {"xanchor": 0.2, "yanchor": 1.0}
    assert found["pr-second"] == {"xanchor": 1.0, "yanchor": pytest.approx(0.8)}
    point = second.at(7.5)
    given = cockpit.marks(data, curve_of(data).at(0.5), point)
    assert given["roc-second"] == {"xanchor": 0.2, "yanchor": 0.25}
    with pytest.raises(ValueError, match="Expected a second detector"):
        cockpit.matched(drawn(), curve_of(data).at(0.5))


@pytest.mark.parametrize("second", [False, True])
def test_every_mark_has_a_shape_of_its_name_and_starts_in_its_place(second: bool):
    other = evaluation.curve(LABEL, SCORE[::-1]) if second else None
    data = drawn(second=other, names=("ours", "other"))
    spec = cockpit.cockpit_figure(data, 0.35)
    shapes = {shape["name"]: shape for shape in spec["layout"]["shapes"]}
    where = cockpit.marks(data, 0.35)
    assert list(shapes) == [name for name in shapes if name in where]
    assert set(shapes) == set(where)
    for name, changes in where.items():
        assert {key: shapes[name][key] for key in changes} == changes
    assert [name for name, shape in shapes.items() if shape.get("editable")] == ["threshold"]
    valid(spec)


def test_the_table_to_follow_a_dragged_line_agrees_with_the_curve():
    test = random(3000)
    other = evaluation.curve(labels(test), random(3000, seed=1).score + labels(test))
    data = drawn(test, second=other, names=("a", "b"), cost_ratio=4, base_rate=0.05)
    follow = cockpit.cockpit_figure(data, 1.0)["layout"]["meta"]["follow"]
    assert follow["shape"] == "threshold"
    assert follow["at"].dtype == np.float32
    assert len(follow["at"]) <= 160
    assert (np.diff(follow["at"]) > 0).all()
    assert set(follow["with"]) == {"flagged", "pr", "roc", "cost", "pr-second", "roc-second"}
    for i, at in enumerate(follow["at"]):
        point = curve_of(data).at(float(at), 0.05)
        row = {name: {k: v[i] for k, v in own.items()} for name, own in follow["with"].items()}
        if point.flagged:
            assert row["pr"]["yanchor"] == np.float32(point.precision)
        assert row["pr"]["xanchor"] == row["roc"]["yanchor"] == np.float32(point.recall)
        assert row["roc"]["xanchor"] == np.float32(point.false_alarm_rate)
        expected = min(1000 * point.cost(4), data.cost_end)
        assert row["cost"]["yanchor"] == np.float32(expected)
        assert row["flagged"]["x0"] == np.float32(data.axis.clip(float(at)))


@pytest.mark.parametrize("offset", [1e6, 1e9, 1e12])
def test_far_from_zero_the_marks_follow_as_well(offset: float):
    near = random(2000)
    far = Scored(offset + near.score, near.label, class_=near.class_)
    follow = cockpit.cockpit_figure(drawn(far), offset)["layout"]["meta"]["follow"]
    at = follow["at"]
    assert len(at) > 30
    assert follow["with"]["cost"]["xanchor"] == pytest.approx(at, rel=1e-15)
    assert follow["with"]["flagged"]["x0"] == pytest.approx(at, rel=1e-15)
    for place, recall in zip(at, follow["with"]["pr"]["xanchor"], strict=True):
        assert recall == np.float32(curve_of(drawn(far)).at(float(place)).recall)


def test_between_its_entries_the_table_is_right_to_a_few_pixels():
    data = drawn(random(5000))
    follow = cockpit.cockpit_figure(data, 1.0)["layout"]["meta"]["follow"]
    for at in data.axis.at(np.linspace(0.01, 0.99, 197)):
        true = cockpit.marks(data, float(at))["roc"]
        for key, pixels in (("xanchor", 540), ("yanchor", 230)):
            seen = np.interp(at, follow["at"], follow["with"]["roc"][key])
            assert abs(seen - true[key]) * pixels < 5


# Clicks


def test_a_click_on_the_axis_of_scores_is_its_own_threshold():
    for subplot in (cockpit.HISTOGRAM, cockpit.COST, cockpit.BOXES):
        assert cockpit.threshold_at(drawn(), subplot, 0.34, 7.0) == 0.34


@pytest.mark.parametrize(
    ("x", "threshold"), [(-1, 0.9), (0.2, 0.8), (0.6, 0.7), (0.74, 0.5), (1.2, 0.2)]
)
def test_a_click_on_the_precision_recall_curve_means_its_recall(x: float, threshold: float):
    assert cockpit.threshold_at(drawn(), cockpit.PR, x, 0.1) == threshold


def test_a_click_on_the_roc_curve_means_its_false_alarms_and_then_its_recall():
    at = [cockpit.threshold_at(drawn(), cockpit.ROC, 0.21, y) for y in (0.0, 0.9)]
    assert at == [0.6, 0.5]  # one false alarm, and recall 1/2 or 3/4
    assert cockpit.threshold_at(drawn(), cockpit.ROC, 2, 1) == -math.inf
    assert cockpit.threshold_at(drawn(), "x9y9", 0.5, 0.5) is None
    assert cockpit.threshold_at(drawn(Scored(SCORE)), cockpit.PR, 0.5, 0.5) is None


def test_a_click_on_a_point_of_a_curve_leads_back_to_it():
    data = drawn(random(2000))
    for state in range(1, 2000, 97):
        point = curve_of(data).at(curve_of(data).threshold(state))
        found = cockpit.threshold_at(data, cockpit.PR, point.recall, point.precision)
        assert found is not None
        assert curve_of(data).at(found).recall == point.recall
        found = cockpit.threshold_at(data, cockpit.ROC, point.false_alarm_rate, point.recall)
        assert found is not None
        assert abs(curve_of(data).at(found).false_alarm_rate - point.false_alarm_rate) <= 0.005
        assert curve_of(data).at(found).recall == point.recall


# The axis


def test_the_axis_ignores_a_few_extremes_and_its_options_still_reach_them():
    score = np.r_[np.linspace(-1, 1, 4000), 500.0, -700.0, np.inf]
    data = drawn(Scored(score, np.r_[np.ones(400), np.zeros(3603)].astype(np.int64)))
    axis = data.axis
    assert -9 < axis.low < -1
    assert 1 < axis.high < 9
    assert not axis.log
    options = axis.options()
    assert len(options) == 301
    assert (np.diff(options) > 0).all()
    assert curve_of(data).at(options[0]).flagged == len(score)
    assert curve_of(data).at(options[-1]).flagged == 0
    step = np.diff(options[1:-1])
    assert step == pytest.approx(np.full(298, (axis.high - axis.low) / 300), rel=1e-9)


def test_scores_of_many_sizes_get_a_logarithmic_axis():
    axis = drawn(Scored(np.logspace(-3, 3, 1001))).axis
    assert axis.log
    assert axis.share([1e-9, 1.0, 1e9]) == pytest.approx([0, 0.5, 1], abs=1e-12)
    assert axis.at([0, 0.5, 1]) == pytest.approx([axis.low, 1, axis.high], rel=1e-12)
    ratio = axis.options()[2:-1] / axis.options()[1:-2]
    assert ratio == pytest.approx(np.full(298, ratio[0]), rel=1e-9)
    assert axis.range == pytest.approx(np.log10([axis.low, axis.high]))


@pytest.mark.parametrize(
    "score",
    [
        1000 + 0.3 * SCORE,
        1e6 + SCORE,
        1e9 + 1e-3 * SCORE,
        1e-300 * SCORE,
        np.logspace(-9, 30, 9),
        np.r_[SCORE[:7], 1e300, -1e300],
        np.full(9, 7.0),
        np.zeros(9),
        np.r_[SCORE[:7], INF, -INF],
        1 + 1e-9 * SCORE,
        -1e6 - SCORE,
    ],
)
def test_options_can_be_told_apart(score: NDArray[np.float64]):
    axis = drawn(Scored(score, LABEL)).axis
    written = [axis.text(option) for option in axis.options().tolist()]
    assert len(set(written)) == 301
    assert len(axis.text(1 / 3)) <= 20


# The panels


@pytest.mark.parametrize("log", [False, True])
def test_no_bar_swallows_the_scores_beyond_the_axis_of_which_it_is_told(log: bool):
    score = np.r_[np.linspace(-1, 1, 5000), 1e9, -np.inf, np.inf]
    label = np.r_[np.zeros(4900), np.ones(103)].astype(np.int64)
    held = Scored(np.linspace(-1, 1, 300))
    spec = cockpit.cockpit_figure(drawn(Scored(score, label), log_counts=log, calibration=held), 0)
    column = "customdata" if log else "y"
    (normal,), (anomalous,) = traces(spec, "normal"), traces(spec, "anomalous")
    assert (normal[column].sum(), anomalous[column].sum()) == (4900, 100)
    told = [note["text"] for note in spec["layout"]["annotations"]]
    assert "◂ 1 down to -inf" in told
    assert "2 up to inf ▸" in told
    (outline,) = traces(spec, "held-out normal (scaled)")
    assert outline[column].sum() == pytest.approx(4900, rel=1e-5)


def test_the_curve_of_a_few_anomalies_is_drawn_as_the_steps_that_make_its_area():
    test = random(500)
    x, y, shape = cockpit_curves.precision_line(evaluation.curve(labels(test), test.score), None)
    assert shape == "vh"
    area = float(np.diff(x) @ y[1:])
    assert area == pytest.approx(average_precision_score(labels(test), test.score), abs=1e-12)


def test_the_curve_of_many_anomalies_is_true_to_two_pixels():
    test = random(20000, share=0.3)
    x, y, _ = cockpit_curves.precision_line(evaluation.curve(labels(test), test.score), None)
    precision, recall, _ = precision_recall_curve(labels(test), test.score)
    for at in np.linspace(0.05, 0.99, 95):
        true = precision[np.abs(recall - at).argmin()]
        assert abs(np.interp(at, x, y) - true) * 230 < 2


def test_the_lowest_cost_is_marked_where_it_is():
    spec = cockpit.cockpit_figure(drawn(cost_ratio=3), 0.5)
    (lowest,) = traces(spec, "lowest cost", "y2")
    # All anomalies and three of five normals flagged: 3/9; every other threshold costs more.
    assert (lowest["x"][0], lowest["y"][0]) == (0.2, pytest.approx(1000 / 3))


def test_boxes_put_the_anomalies_first_and_keep_the_classes_that_cause_most_alarms():
    number = np.arange(1000) % 20
    loud = number % 2 == 1  # ten classes; and one of the others has a single high score
    score = np.where(loud, np.arange(1000) / 500, -1.0)
    score[(number == 4).argmax()] = 2.0
    test = Scored(score, (number == 0).astype(np.int64), class_=np.char.mod("c%d", number))
    _, rows = cockpit_panels.boxes(drawn(test))
    assert len(rows) == cockpit_panels.MOST_CLASSES
    assert rows[0] == "<b>c0</b>"
    assert set(rows[1:]) == {"c4", *(f"c{i}" for i in range(1, 20, 2))}


def test_a_class_of_both_kinds_has_a_box_for_each():
    names = np.repeat(["press", "mill"], [6, 4])
    label = np.array([0, 0, 0, 0, 1, 1, 0, 0, 0, 1])
    data, rows = cockpit_panels.boxes(drawn(Scored(np.arange(10.0), label, class_=names)))
    assert rows == ["<b>mill</b>", "<b>press</b>", "mill", "press"]
    normal, anomalous = (t for t in data if t.get("type") == "box")
    assert (normal["y"].tolist(), normal["median"].tolist()) == ([1, 0], [7, 1.5])
    assert (anomalous["y"].tolist(), anomalous["median"].tolist()) == ([3, 2], [9, 4.5])


def test_boxes_show_quartiles_and_activities_in_their_order():
    names = np.repeat(["laying", "walking", "sitting"], 5)
    score = np.r_[np.arange(5.0), np.arange(5.0) + 10, np.arange(5.0) + 20]
    label = np.repeat([0, 0, 1], 5)
    data, rows = cockpit_panels.boxes(drawn(Scored(score, label, class_=names)))
    assert rows == ["<b>sitting</b>", "walking", "laying"]
    normal, anomalous = (t for t in data if t.get("type") == "box")
    assert normal["y"].tolist() == [1, 0]
    assert normal["median"] == pytest.approx([12, 2], abs=1e-5)
    assert normal["q1"] == pytest.approx([11, 1], abs=1e-5)
    assert anomalous["upperfence"] == pytest.approx([24], abs=1e-5)


def test_names_cannot_bring_markup_into_the_figure():
    names = np.array(["<a href=x>"] * 9)
    data = drawn(
        Scored(SCORE, LABEL, class_=names),
        abnormal="<img>",
        names=("<i>", "%{x}"),
        second=evaluation.curve(LABEL, SCORE),
    )
    text = json.dumps(cockpit.cockpit_figure(data, 0.5), default=lambda values: values.tolist())
    assert not any(sign in text for sign in ("<a", "<img", "<i>", "%{x}:"))


# Weight, and awkward data


def test_the_whole_figure_is_light():
    test = random(20000, share=0.3)
    other = evaluation.curve(labels(test), random(20000, seed=1).score + 0.7 * labels(test))
    bands = evaluation.bands(labels(test), test.score, n_resamples=20)
    data = drawn(test, calibration=random(2000), second=other, names=("ours", "b"), bands=bands)
    spec = cockpit.cockpit_figure(data, 1.0)
    assert len(Prepared(spec).text) <= 22_000
    figure = valid(spec)
    low, high = bands.auprc
    assert any(f"({low:.3f}–{high:.3f})" in note.text for note in figure.layout.annotations)


AWKWARD = {
    "one normal": Scored(np.array([2.0]), np.array([0])),
    "one anomaly": Scored(np.array([2.0]), np.array([1])),
    "one of unknown kind": Scored(np.array([2.0])),
    "one of each": Scored(np.array([2.0, 1.0]), np.array([1, 0])),
    "no normals": Scored(SCORE, np.ones(9, np.int64)),
    "no anomalies": Scored(SCORE, np.zeros(9, np.int64)),
    "constant": Scored(np.full(9, 3.0), LABEL),
    "zeros": Scored(np.zeros(9), LABEL),
    "only infinite": Scored(np.array([np.inf, -np.inf, np.inf]), np.array([1, 0, 0])),
    "some infinite": Scored(np.r_[SCORE[:7], np.inf, -np.inf], LABEL),
    "huge": Scored(np.r_[SCORE[:7], 1e300, -1e300], LABEL),
    "close together": Scored(1e6 + 1e-6 * SCORE, LABEL),
    "tiny": Scored(1e-300 * SCORE, LABEL),
    "logarithmic": Scored(10 ** (9 * SCORE), LABEL),
    "worst possible": Scored(-LABEL.astype(float), LABEL),
    "perfect": Scored(LABEL.astype(float), LABEL),
}


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("log", [False, True])
def test_awkward_data_are_drawn_with_finite_marks_for_any_threshold(name: str, log: bool):
    test = AWKWARD[name]
    held = Scored(np.array([0.0, -1.0, np.inf]))
    data = drawn(test, calibration=held, log_counts=log, base_rate=0.001, cost_ratio=100)
    spec = cockpit.cockpit_figure(data, 0.5)
    text = Prepared(spec).text.decode()
    assert "NaN" not in text
    assert "Infinity" not in text
    valid(spec)
    assert data.axis.low < data.axis.high
    for threshold in (-np.inf, -1e300, *test.score, 0.5, LARGEST, np.inf):
        for changes in cockpit.marks(data, threshold).values():
            assert all(map(math.isfinite, changes.values()))
    both = test.label is not None and 0 < labels(test).sum() < len(test)
    assert ("roc" in cockpit.marks(data, 0.5)) == both == ("yaxis4" in spec["layout"])


def test_a_hundred_times_as_many_points_are_as_light():
    x = np.linspace(0, 1, 100_000)
    kept = simplified(np.column_stack([500 * x, 200 * np.sqrt(x)]))
    assert len(kept) < 60
    assert np.abs(np.interp(x, x[kept], np.sqrt(x[kept])) - np.sqrt(x))[1000:].max() * 200 < 2
