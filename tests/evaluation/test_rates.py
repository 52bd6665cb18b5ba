"""Other base rates: against samples that really have them, and against integrals."""

from __future__ import annotations

import decimal
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from wganad_core import evaluation


def exactly(value: Any) -> Any:
    return pytest.approx(value, rel=1e-12, abs=1e-12, nan_ok=True)


def two_classes(rows: list[tuple[int, int]]) -> bool:
    return 0 < sum(label for label, _ in rows) < len(rows)


samples = (
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=2, max_size=30)
    .filter(two_classes)
    .map(lambda rows: (np.array([r[0] for r in rows]), np.array([float(r[1]) for r in rows])))
)


@settings(max_examples=300, deadline=None)
@given(samples, st.integers(1, 12), st.integers(1, 12), st.integers(-1, 10))
def test_reweighting_is_replicating_the_classes(sample, anomalies, normals, threshold):
    """A sample in which each anomaly and each normal occurs so many times has the base rate that
    the original is re-weighted to, and everything about it is equal."""
    label, score = sample
    times = np.where(label == 1, anomalies, normals)
    more = evaluation.curve(np.repeat(label, times), np.repeat(score, times))
    curve = evaluation.curve(label, score)
    pi = more.base_rate
    np.testing.assert_allclose(curve.precision(pi), more.precision(), rtol=1e-12)
    assert evaluation.auprc(curve, pi) == exactly(evaluation.auprc(more))
    point, real = curve.at(threshold, pi), more.at(threshold)
    for name in ("recall", "false_alarm_rate", "specificity", "precision", "mcc"):
        assert getattr(point, name) == exactly(getattr(real, name)), name
    assert point.f(0.5) == exactly(real.f(0.5))
    assert point.cost(7) == exactly(real.cost(7))
    assert evaluation.alarms_per_day(point, 1000) == exactly(
        (1000 * real.true_positives / more.n, 1000 * real.false_positives / more.n)
    )


@settings(max_examples=200, deadline=None)
@given(samples, st.integers(-1, 10))
def test_rates_at_the_own_base_rate_are_those_of_the_counts(sample, threshold):
    curve = evaluation.curve(*sample)
    pi = curve.base_rate
    point = curve.at(threshold)
    by_rates = evaluation.precision_at(curve.recall, curve.false_alarm_rate, pi)
    np.testing.assert_allclose(by_rates, curve.precision(), rtol=1e-12)
    if point.flagged:
        precision = evaluation.precision_at(point.recall, point.false_alarm_rate, pi)
        assert float(precision) == exactly(point.true_positives / point.flagged)
    cost = pi * 20 * (1 - point.recall) + (1 - pi) * point.false_alarm_rate
    assert point.cost(20) == exactly(cost)
    barely = float(np.nextafter(pi, 1))  # another base rate, so by rates instead of counts
    shifted = curve.at(threshold, barely)
    for name in ("precision", "mcc"):
        assert getattr(shifted, name) == exactly(getattr(point, name))
    assert shifted.f() == exactly(point.f())
    assert evaluation.auprc(curve, barely) == exactly(evaluation.auprc(curve))


def test_a_sample_drawn_at_another_base_rate_agrees_within_its_own_noise():
    """Of 400,000 drawn at 1 %, the precision among m flagged has a standard deviation of at most
    sqrt(P (1 − P)/m) around the re-weighted one, for each of 9 thresholds; 4.5 of them together
    are left in 6 of 100,000 cases."""
    random = np.random.default_rng(0)
    label = np.repeat([0, 1], [3000, 1000])
    score = random.normal(size=4000) + 2 * label
    curve = evaluation.curve(label, score)
    n_anomalies = random.binomial(400_000, 0.01)
    drawn = np.concatenate(
        [
            random.choice(score[label == 0], 400_000 - n_anomalies),
            random.choice(score[label == 1], n_anomalies),
        ]
    )
    truth = np.arange(400_000) >= 400_000 - n_anomalies
    for threshold in np.linspace(-1, 2.5, 9):
        expected = curve.at(threshold, 0.01).precision
        flagged = drawn > threshold
        m = int(flagged.sum())
        error = abs(truth[flagged].mean() - expected)
        assert error < 4.5 * math.sqrt(expected * (1 - expected) / m)


def test_alarms_of_a_sensor_by_hand():
    # 2 of 3 anomalies found, 1 of 4 normals flagged.
    point = evaluation.curve([1, 1, 1, 0, 0, 0, 0], [3, 2, 0, 2, 1, 0, 0]).at(1.5, 0.01)
    true, false = evaluation.alarms_per_day(point, 28_800)  # every three seconds
    assert true == exactly(28_800 * 0.01 * 2 / 3)
    assert false == exactly(28_800 * 0.99 / 4)
    assert true / (true + false) == exactly(point.precision)
    nothing = evaluation.curve([0, 0], [1.0, 2.0]).at(1.0)  # no anomalies in its own world
    assert evaluation.alarms_per_day(nothing, 10) == (0, 5)


@pytest.mark.parametrize("base_rate", [1e-300, 1e-12, 1e-5, 0.01, 0.0999999, 0.1, 0.5, 0.9])
def test_the_floor_keeps_its_digits(base_rate: float):
    """Against the formula in hundreds of decimals."""
    with decimal.localcontext(prec=650):
        pi = decimal.Decimal(base_rate)
        exact = float(1 + (1 - pi) * (1 - pi).ln() / pi)
    assert evaluation.auprc_floor(base_rate) == pytest.approx(exact, rel=1e-13)


def test_the_floor_of_worlds_of_one_class():
    assert (evaluation.auprc_floor(0.0), evaluation.auprc_floor(1.0)) == (0, 1)


def test_precision_of_chance_is_the_base_rate():
    rates = np.linspace(0.01, 1, 100)
    np.testing.assert_allclose(evaluation.precision_at(rates, rates, 0.03), 0.03, rtol=1e-12)
    assert np.isnan(evaluation.precision_at(0.0, 0.0, 0.03))
    assert evaluation.precision_at(0.5, 0.0, 0.03) == 1


@pytest.mark.parametrize("base_rate", [1e-4, 0.03, 0.5, 0.9])
def test_the_floor_line_is_the_curve_of_the_worst_ranking(base_rate: float):
    area, error = quad(lambda r: float(evaluation.worst_precision(r, base_rate)), 0, 1)
    assert abs(area - evaluation.auprc_floor(base_rate)) < max(10 * error, 1e-12)
    worst = evaluation.curve([0] * 5 + [1] * 20, np.arange(25, 0, -1))
    np.testing.assert_allclose(
        worst.precision(base_rate)[6:],
        evaluation.worst_precision(np.arange(1, 21) / 20, base_rate),
        rtol=1e-12,
    )


@pytest.mark.parametrize("base_rate", [-0.01, 1.01, math.nan])
def test_impossible_base_rates_are_refused(base_rate: float):
    with pytest.raises(ValueError, match="base rate in"):
        evaluation.precision_at(0.5, 0.5, base_rate)


@pytest.mark.parametrize("samples_per_day", [-1, math.inf, math.nan])
def test_impossible_sampling_rates_are_refused(samples_per_day: float):
    point = evaluation.curve([0, 1], [0.0, 1.0]).at(0.5)
    with pytest.raises(ValueError, match="samples per day"):
        evaluation.alarms_per_day(point, samples_per_day)


def test_worlds_of_one_class():
    curve = evaluation.curve([0, 1, 0, 1], [1, 2, 3, 4])
    assert curve.precision(0.0)[2:].tolist() == [0, 0, 0]  # once a normal is flagged
    assert math.isnan(evaluation.auprc(curve, 0.0))
    assert math.isnan(evaluation.auprc(evaluation.curve([0, 1], [2, 1]), 0.0))
    assert evaluation.auprc(curve, 1.0) == 1
    assert curve.at(2.5, 1.0).precision == 1
    assert curve.at(2.5, 0.0).mcc == 0
