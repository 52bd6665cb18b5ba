"""Curves and operating points: against scikit-learn, against counting, and by hand."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from wganad_core import evaluation
from wganad_core.evaluation import Curve

INF = math.inf
# By falling score: anomaly 9, normal 7 and anomaly 7 (tied), normal 4, anomaly 2, normal 1.
LABEL = [0, 1, 1, 0, 1, 0]
SCORE = [7.0, 9.0, 7.0, 4.0, 2.0, 1.0]


def exactly(value: Any) -> Any:
    return pytest.approx(value, rel=1e-12, abs=1e-12, nan_ok=True)


SPECIAL = [-INF, -1e308, -1.0, -0.0, 0.0, 5e-324, 1.0, 1.0 + 2**-52, 1e308, INF]
samples = st.lists(
    st.tuples(st.integers(0, 1), st.one_of(st.sampled_from(SPECIAL), st.floats(-2, 2))),
    min_size=1,
    max_size=25,
).map(lambda rows: (np.array([r[0] for r in rows]), np.array([r[1] for r in rows])))


def small_cases(n: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Both classes, 2 to 40 samples, often with many ties."""
    random = np.random.default_rng(seed)
    while n:
        size = int(random.integers(2, 41))
        label = (random.random(size) < random.random()).astype(int)
        if 0 < label.sum() < size:
            n -= 1
            score = random.integers(0, random.integers(1, size + 1), size) / 7
            yield label, score + label * (0.0 if n % 2 else 0.5)


@pytest.fixture
def fast_sklearn() -> Iterator[None]:
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        yield


def counted(label: np.ndarray, score: np.ndarray, threshold: float) -> tuple[int, int, int, int]:
    """True and false positives, false and true negatives, one comparison per sample."""
    flagged = score > threshold
    tp, fp, fn, tn = (
        int(np.sum((flagged == f) & (label == y))) for f in (True, False) for y in (1, 0)
    )
    return tp, fp, fn, tn


def matrix(point: evaluation.OperatingPoint) -> tuple[int, int, int, int]:
    return (
        point.true_positives,
        point.false_positives,
        point.false_negatives,
        point.true_negatives,
    )


def test_the_states_of_six_samples():
    curve = evaluation.curve(LABEL, SCORE)
    assert curve.levels.tolist() == [9, 7, 4, 2, 1]
    assert curve.true_positives.tolist() == [0, 1, 2, 2, 3, 3]
    assert curve.false_positives.tolist() == [0, 0, 1, 2, 2, 3]
    assert (curve.n, curve.n_anomalies, curve.n_normals, curve.base_rate) == (6, 3, 3, 0.5)
    assert curve.recall.tolist() == [0, 1 / 3, 2 / 3, 2 / 3, 1, 1]
    assert curve.precision().tolist() == exactly([math.nan, 1, 2 / 3, 1 / 2, 3 / 5, 1 / 2])
    assert [curve.threshold(i) for i in range(6)] == [9, 7, 4, 2, 1, -INF]
    # 1/3 · 1 + 1/3 · 2/3 + 1/3 · 3/5; of nine pairs 6 are in order and one tied.
    assert evaluation.auprc(curve) == exactly(34 / 45)
    assert evaluation.auroc(curve) == 6.5 / 9


def test_one_operating_point_by_hand():
    point = evaluation.curve(LABEL, SCORE).at(4.0)  # equality is normal
    assert matrix(point) == (2, 1, 1, 2)
    assert point.flagged == 3
    assert (point.recall, point.false_alarm_rate, point.specificity) == (2 / 3, 1 / 3, 2 / 3)
    assert point.precision == exactly(2 / 3)
    assert point.mcc == exactly((2 * 2 - 1 * 1) / 9)
    assert point.f(2.0) == exactly(5 * 2 / (5 * 2 + 4 * 1 + 1))
    assert point.cost(20) == exactly((20 * 1 + 1) / 6)


def test_the_same_point_in_a_world_of_one_anomaly_in_ten():
    point = evaluation.curve(LABEL, SCORE).at(4.0, base_rate=0.1)
    assert matrix(point) == (2, 1, 1, 2)  # the sample stays as it is
    # Of 30: 3 anomalies, 2 of them found, 27 normals, 9 of them flagged.
    assert point.precision == exactly(2 / 11)
    assert point.f() == exactly(4 / (4 + 1 + 9))
    assert point.cost(20) == exactly((20 * 1 + 9) / 30)
    assert point.mcc == exactly((2 * 18 - 9 * 1) / math.sqrt(11 * 3 * 27 * 19))


@settings(max_examples=400, deadline=None)
@given(samples, st.sampled_from([*SPECIAL, 0.5, 1.5]))
def test_any_threshold_counts_as_one_by_one(sample, other):
    label, score = sample
    curve = evaluation.curve(label, score)
    with np.errstate(over="ignore"):
        between = np.convolve(curve.levels, [0.5, 0.5], "valid")
    for threshold in {other, INF, -INF, *score, *between[np.isfinite(between)]}:
        point = curve.at(threshold)
        assert matrix(point) == counted(label, score, threshold)
        assert point.threshold == threshold
        assert curve.state(threshold) == len(set(score[score > threshold]))


@settings(max_examples=200, deadline=None)
@given(samples)
def test_threshold_and_state_are_each_others_inverse_where_a_threshold_reaches(sample):
    label, score = sample
    curve = evaluation.curve(label, score)
    k = len(curve.levels)
    assert curve.last_state == (k - 1 if -INF in score else k)
    for state in range(k + 1):
        assert curve.state(curve.threshold(state)) == min(state, curve.last_state)
    for state in range(1, curve.last_state + 1):  # and the threshold is the lowest possible
        lower = np.nextafter(curve.threshold(state), -INF)
        assert curve.threshold(state) == -INF or curve.state(lower) > state


def test_a_score_of_minus_infinity_is_never_flagged_but_counts_in_the_areas():
    curve = evaluation.curve([1, 0, 1], [1.0, 0.0, -INF])
    assert matrix(curve.at(-INF)) == (1, 1, 1, 0)
    assert evaluation.auprc(curve) == exactly((1 + 2 / 3) / 2)
    assert evaluation.auroc(curve) == 0.5
    assert evaluation.at_recall(curve, 1.0) == -INF
    assert matrix(evaluation.curve([0, 1], [0.0, INF]).at(INF)) == (0, 0, 1, 1)


@pytest.mark.no_cover
@pytest.mark.usefixtures("fast_sklearn")
def test_curves_and_areas_equal_scikit_learns():
    for label, score in small_cases(1500, seed=1):
        curve = evaluation.curve(label, score)
        precision, recall, levels = metrics.precision_recall_curve(label, score)
        assert curve.levels.tolist() == levels[::-1].tolist()
        np.testing.assert_allclose(curve.recall, recall[::-1], rtol=1e-12, atol=0)
        np.testing.assert_allclose(curve.precision()[1:], precision[-2::-1], rtol=1e-12, atol=0)
        rates, _, _ = metrics.roc_curve(label, score, drop_intermediate=False)
        np.testing.assert_allclose(curve.false_alarm_rate, rates, rtol=1e-12, atol=0)
        area, roc = evaluation.auprc(curve), evaluation.auroc(curve)
        assert abs(area - metrics.average_precision_score(label, score)) <= 1e-12
        assert abs(roc - metrics.roc_auc_score(label, score)) <= 1e-12


@pytest.mark.no_cover
@pytest.mark.usefixtures("fast_sklearn")
def test_points_equal_scikit_learns():
    random = np.random.default_rng(2)
    for label, score in small_cases(600, seed=3):
        threshold = random.choice([*score, score.min() - 1, random.uniform(0, 6)])
        beta = float(random.uniform(0.2, 4))
        flagged = (score > threshold).astype(int)
        point = evaluation.curve(label, score).at(threshold)
        (tn, fp), (fn, tp) = metrics.confusion_matrix(label, flagged, labels=[0, 1])
        assert matrix(point) == (tp, fp, fn, tn)
        f = metrics.fbeta_score(label, flagged, beta=beta, zero_division=0)
        assert point.f(beta) == exactly(f)
        assert point.mcc == exactly(metrics.matthews_corrcoef(label, flagged))


@pytest.mark.usefixtures("fast_sklearn")
def test_a_large_sample_equals_scikit_learn_with_and_without_ties():
    random = np.random.default_rng(4)
    label = (random.random(20_000) < 0.03).astype(int)
    exact = random.normal(size=20_000) + 1.5 * label
    for score in (exact, exact.round(2), exact.astype(np.float32)):
        curve = evaluation.curve(label, score)
        area = metrics.average_precision_score(label, score)
        assert abs(evaluation.auprc(curve) - area) <= 1e-12
        assert abs(evaluation.auroc(curve) - metrics.roc_auc_score(label, score)) <= 1e-12


def test_infinities_keep_the_areas_of_any_other_outlier():
    random = np.random.default_rng(5)
    for label, score in small_cases(200, seed=6):
        far = score.copy()
        far[random.random(len(far)) < 0.2] = 50.0
        far[random.random(len(far)) < 0.2] = -50.0
        infinite = np.select([far == 50, far == -50], [INF, -INF], far)
        curve = evaluation.curve(label, infinite)
        area = metrics.average_precision_score(label, far)
        assert evaluation.auprc(curve) == exactly(area)
        assert evaluation.auroc(curve) == exactly(metrics.roc_auc_score(label, far))


def test_normals_alone_have_no_recall():
    curve = evaluation.curve([0, 0, 0], [1.0, 2.0, 2.0])
    assert np.isnan(curve.recall).all()
    assert curve.false_alarm_rate.tolist() == [0, 2 / 3, 1]
    assert np.isnan([evaluation.auprc(curve), evaluation.auroc(curve)]).all()
    point = curve.at(1.0)
    assert math.isnan(point.recall)
    assert (point.precision, point.f(), point.mcc, point.cost(5)) == (0, 0, 0, 2 / 3)
    assert math.isnan(curve.at(2.0).precision)
    assert math.isnan(curve.at(2.0).f())
    assert math.isnan(curve.at(1.0, base_rate=0.5).precision)  # no anomaly to re-weight
    assert np.isnan(curve.precision(0.5)).all()


def test_anomalies_alone_have_no_false_alarm_rate():
    curve = evaluation.curve([1, 1], [1.0, 2.0])
    assert np.isnan(curve.false_alarm_rate).all()
    assert (evaluation.auprc(curve), math.isnan(evaluation.auroc(curve))) == (1.0, True)
    assert math.isnan(evaluation.auprc(curve, 0.5))
    point = curve.at(1.0)
    assert (point.recall, point.precision, point.mcc, point.cost(4)) == (0.5, 1, 0, 2)
    assert math.isnan(point.false_alarm_rate)
    assert math.isnan(point.specificity)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("score", [-INF, 0.0, INF])
def test_one_sample(label: int, score: float):
    curve = evaluation.curve([label], [score])
    assert curve.levels.tolist() == [score]
    assert matrix(curve.at(score)) == (0, 0, label, 1 - label)
    assert curve.at(-INF).flagged == (score > -INF)
    assert evaluation.states_to_draw(curve).tolist() == [0, 1]


def test_a_constant_score_has_two_states_and_areas_of_chance():
    curve = evaluation.curve([0, 1, 0, 0], np.full(4, 3.0))
    assert (evaluation.auprc(curve), evaluation.auroc(curve)) == (0.25, 0.5)
    assert curve.precision()[1:].tolist() == [0.25]
    assert evaluation.best_f(curve) == -INF
    assert evaluation.lowest_cost(curve, 2.0) == 3.0  # missing one costs 2, flagging all 3


@pytest.mark.parametrize(
    ("label", "score", "says"),
    [
        ([], [], "at least one"),
        ([0, 1], [1.0], "one label per score"),
        ([[0, 1]], [[1.0, 2.0]], "one label per score"),
        ([0, 2], [1.0, 2.0], "labels of 0"),
        ([0, math.nan], [1.0, 2.0], "labels of 0"),
        ([0, 1], [1.0, math.nan], "NaN"),
    ],
)
def test_a_curve_refuses(label: list, score: list, says: str):
    with pytest.raises(ValueError, match=says):
        evaluation.curve(label, score)


def test_wrong_arguments_are_refused():
    curve = evaluation.curve(LABEL, SCORE)
    for call in (
        lambda: curve.at(math.nan),
        lambda: curve.threshold(6),
        lambda: curve.threshold(-1),
        lambda: curve.at(1.0, base_rate=1.5),
        lambda: curve.precision(-0.1),
        lambda: curve.precision(math.nan),
        lambda: curve.at(1.0).f(0.0),
        lambda: curve.at(1.0).cost(-1.0),
        lambda: evaluation.best_f(curve, INF),
        lambda: evaluation.lowest_cost(curve, math.nan),
        lambda: evaluation.at_recall(curve, 1.1),
        lambda: evaluation.at_false_alarm_rate(curve, -0.1),
        lambda: evaluation.states_to_draw(curve, 39),
        lambda: evaluation.states_to_draw(curve, 5000),
    ):
        with pytest.raises(ValueError, match="Expected"):
            call()


def all_choices(curve: Curve, worth) -> tuple[float, float]:
    """The threshold with the largest worth of all that differ, the highest of equal ones."""
    thresholds = [curve.threshold(i) for i in range(curve.last_state + 1)]
    values = [worth(curve.at(t)) for t in thresholds]
    values = [-INF if math.isnan(v) else v for v in values]
    best = max(values)
    first = next(i for i, v in enumerate(values) if v >= best - 1e-13 * abs(best))
    return thresholds[first], best


@settings(max_examples=200, deadline=None)
@given(samples, st.sampled_from([0.5, 1.0, 3.0]), st.sampled_from([0.0, 0.5, 1.0, 20.0]))
def test_the_best_thresholds_are_those_of_trying_all(sample, beta, ratio):
    curve = evaluation.curve(*sample)
    assert evaluation.lowest_cost(curve, ratio) == all_choices(curve, lambda p: -p.cost(ratio))[0]
    if not curve.n_anomalies:
        with pytest.raises(ValueError, match="normals only"):
            evaluation.best_f(curve, beta)
        return
    assert evaluation.best_f(curve, beta) == all_choices(curve, lambda p: p.f(beta))[0]
    if curve.n_normals:
        shifted = evaluation.curve(
            np.repeat(sample[0], np.where(sample[0] == 1, 1, 9)),
            np.repeat(sample[1], np.where(sample[0] == 1, 1, 9)),
        )
        assert evaluation.best_f(curve, beta, shifted.base_rate) == (
            evaluation.best_f(shifted, beta)
        )
        assert evaluation.lowest_cost(curve, ratio, shifted.base_rate) == (
            evaluation.lowest_cost(shifted, ratio)
        )


@settings(max_examples=200, deadline=None)
@given(samples, st.integers(0, 20))
def test_wanted_rates_are_those_of_trying_all(sample, twentieths):
    curve = evaluation.curve(*sample)
    wanted = twentieths / 20
    points = [curve.at(curve.threshold(i)) for i in range(curve.last_state + 1)]
    if curve.n_anomalies:
        enough = [p for p in points if 20 * p.true_positives >= twentieths * curve.n_anomalies]
        best = enough[0].threshold if enough else -INF
        assert evaluation.at_recall(curve, wanted) == best
    if curve.n_normals:
        few = [p for p in points if 20 * p.false_positives <= twentieths * curve.n_normals]
        assert evaluation.at_false_alarm_rate(curve, wanted) == few[-1].threshold


def test_rates_are_reached_in_spite_of_rounding():
    normals = evaluation.curve(np.zeros(100), np.arange(100.0))
    assert normals.at(evaluation.at_false_alarm_rate(normals, 0.07)).flagged == 7
    assert 0.29 * 100 < 29
    assert normals.at(evaluation.at_false_alarm_rate(normals, 0.29)).flagged == 29
    anomalies = evaluation.curve(np.ones(100), np.arange(100.0))
    assert anomalies.at(evaluation.at_recall(anomalies, 0.07)).flagged == 7


def test_choices_without_the_class_they_need_are_refused():
    normals, anomalies = evaluation.curve([0, 0], [1.0, 2.0]), evaluation.curve([1], [1.0])
    assert evaluation.lowest_cost(normals, 20) == 2.0  # flag nothing
    assert evaluation.lowest_cost(anomalies, 20) == -INF
    for call in (
        lambda: evaluation.at_recall(normals, 0.5),
        lambda: evaluation.at_false_alarm_rate(anomalies, 0.5),
        lambda: evaluation.lowest_cost(normals, 20, 0.1),
        lambda: evaluation.best_f(anomalies, 1.0, 0.1),
    ):
        with pytest.raises(ValueError, match="only"):
            call()
    with pytest.raises(ValueError, match="base rate above 0"):
        evaluation.best_f(evaluation.curve([0, 1], [1.0, 2.0]), base_rate=0)


@settings(max_examples=100, deadline=None)
@given(samples, st.one_of(st.none(), st.floats(0.01, 0.99)))
def test_arrays_over_states_are_the_points(sample, base_rate):
    curve = evaluation.curve(*sample)
    if base_rate is not None and not 0 < curve.base_rate < 1:
        return
    points = [curve.at(curve.threshold(i), base_rate) for i in range(curve.last_state + 1)]
    states = np.arange(len(points))
    for array, name in (
        (curve.precision(base_rate, states), "precision"),
        (curve.recall[states], "recall"),
        (curve.false_alarm_rate[states], "false_alarm_rate"),
    ):
        assert array.tolist() == exactly([getattr(p, name) for p in points])
    f = evaluation.f_scores(curve, 2.0, base_rate, states)
    assert f.tolist() == exactly([p.f(2.0) for p in points])
    costs = evaluation.costs(curve, 3.0, base_rate, states)
    assert costs.tolist() == exactly([p.cost(3.0) for p in points])


def shapes_of_curves() -> Iterator[Curve]:
    random = np.random.default_rng(7)
    n = 60_000
    rare = (random.random(n) < 0.01).astype(int)
    common = (random.random(n) < 0.5).astype(int)
    noise = random.normal(size=n)
    yield evaluation.curve(rare, noise + 3 * rare)
    yield evaluation.curve(common, noise)
    yield evaluation.curve(common, noise - common)  # worse than chance
    yield evaluation.curve(rare, np.where(random.random(n) < 0.3, 0.0, noise + rare))  # one big tie
    yield evaluation.curve(rare, random.standard_cauchy(n) ** 3 * (1 + rare))  # far outliers
    yield evaluation.curve(rare, np.where(random.random(n) < 0.1, INF, 1.5e308 * np.tanh(noise)))
    yield evaluation.curve(common, 1000.0 * common - np.arange(n) / n)  # perfect
    yield evaluation.curve(np.zeros(n), noise)


@pytest.mark.parametrize("n", [40, 400, 2000])
def test_no_state_that_is_left_out_would_be_seen(n: int):
    for curve in shapes_of_curves():
        drawn = evaluation.states_to_draw(curve, n)
        k = len(curve.levels)
        assert len(drawn) <= 1.5 * n
        assert (drawn[0], drawn[-1]) == (0, k)
        assert (np.diff(drawn) > 0).all()
        states = np.arange(k + 1)
        kept = drawn[np.searchsorted(drawn, states, side="right") - 1]  # the last one before
        assert (np.isin(states, drawn) == (kept == states)).all()
        both = np.nan_to_num(curve.recall) + np.nan_to_num(curve.false_alarm_rate)
        assert (both[states] - both[kept]).max() <= 2 / n
        if curve.n_anomalies:
            seen = np.flatnonzero(curve.recall[kept] >= 1 / n)
            for base_rate in (None, 0.5, 1e-3):
                precision = curve.precision(base_rate)
                assert np.abs(precision[seen] - precision[kept[seen]]).max() <= 12.5 / n
        finite = curve.levels[np.isfinite(curve.levels)] / 2
        along = np.append(np.clip(curve.levels / 2, finite[-1], finite[0]), finite[-1])
        assert (along[kept] - along).max() <= 12.001 / n * (finite[0] - finite[-1])


def test_without_the_axis_only_the_order_of_the_scores_decides():
    random = np.random.default_rng(9)
    label, score = random.integers(0, 2, 5000), random.normal(size=5000)
    curves = [evaluation.curve(label, s) for s in (score, np.exp(3 * score))]
    alone = [evaluation.states_to_draw(c, 200, along_axis=False) for c in curves]
    assert alone[0].tolist() == alone[1].tolist()
    assert len(alone[0]) < len(evaluation.states_to_draw(curves[0], 200)) <= 300


@pytest.mark.parametrize(
    ("low", "high", "digits"),
    [
        (0, 1, 4),
        (-3, 3, 4),
        (0.01, 0.3, 4),
        (1000, 1002, 7),
        (1e6, 1e6 + 7, 10),
        (5, 5, 4),
        (1e9, 1e9 + 1e-6, 17),
        (-1e300, 1e300, 4),
        (0, 5e-324, 4),
        (-INF, 1, 4),
    ],
)
def test_digits_tell_a_thousandth_apart(low: float, high: float, digits: int):
    assert evaluation.digits(low, high) == digits
    if 1e-300 < high - low < 1e300:
        written = {f"{value:.{digits}g}" for value in np.linspace(low, high, 301).tolist()}
        assert len(written) == len(np.unique(np.linspace(low, high, 301)))


def test_few_states_are_all_drawn():
    random = np.random.default_rng(8)
    for k in (1, 2, 399):
        score = random.permutation(np.repeat(np.arange(k), 3))
        curve = evaluation.curve(random.integers(0, 2, 3 * k), score)
        assert evaluation.states_to_draw(curve, 400).tolist() == list(range(k + 1))


def test_a_point_costs_the_same_whatever_the_number_of_samples():
    """No pass over the samples: 100 times as many may cost a few more halvings, not 100 times."""

    def seconds(n: int) -> float:
        curve = evaluation.curve(np.arange(n) % 2, np.arange(float(n)))
        times = []
        for _ in range(5):
            start = time.perf_counter()
            for threshold in np.linspace(0, n, 200):
                curve.at(threshold, 0.01)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(1_000_000) < 10 * seconds(10_000)
