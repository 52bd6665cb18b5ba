"""The test of exchangeability: worked by hand, its promise kept, changes found where they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, kstest

from wganad_core.thresholds import change_in, stream_p_values
from wganad_core.thresholds.stream import BETS, JUMP, ODDS, capital


def test_p_values_by_hand() -> None:
    u = np.random.default_rng(7).uniform(size=3)
    found = stream_p_values([1.0, 2.0, 3.0], [3.0, 0.0, 2.5], seed=7)
    # Of 4 with itself: none larger and 2 equal; of 5: 4 larger and 1; of 6: two 3s larger and 1.
    assert found == pytest.approx([2 * u[0] / 4, (4 + u[1]) / 5, (2 + u[2]) / 6])


def test_p_values_of_tied_exchangeable_scores_are_uniform() -> None:
    x = np.random.default_rng(0).integers(0, 5, 3000)
    assert kstest(stream_p_values(x[:200], x[200:]), "uniform").pvalue > 0.01


def test_capital_by_hand() -> None:
    logs, large = capital(np.array([0.1, 0.1]))
    first = np.array([1.4, 1.0, 0.6]) / 3  # the stake is a third on each bet
    second = ((1 - JUMP) * first / first.sum() + JUMP / 3) * [1.4, 1.0, 0.6]
    assert np.exp(logs) == pytest.approx([first.sum(), first.sum() * second.sum()])
    assert large.tolist() == [True, True]
    assert BETS.tolist() == [-1, 0, 1]


def test_chance_is_called_a_change_at_most_once_in_a_hundred_streams() -> None:
    rng = np.random.default_rng(3)
    streams = [rng.normal(size=260) for _ in range(300)]
    called = sum(change_in(one[:60], one[60:]) is not None for one in streams)
    assert binomtest(called, len(streams), 1 / ODDS, "greater").pvalue > 0.001


@pytest.mark.parametrize("by", [1.5, -1.5])
def test_a_change_is_found_where_it_is(by: float) -> None:
    x = np.random.default_rng(1).normal(size=1800)
    x[1300:] += by
    found = change_in(x[:300], x[300:])
    assert found is not None
    assert found.higher == (by > 0)
    assert abs(found.start - 1000) < 30
    assert 1000 < found.known < 1100


def test_long_streams_are_thinned() -> None:
    x = np.random.default_rng(2).normal(size=90_500)
    x[60_500:] += 2
    found = change_in(x[:500], x[500:])
    assert found is not None
    assert abs(found.start - 60_000) < 300
