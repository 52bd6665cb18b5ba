"""The three errors on the plane's cells: exact probabilities, known optima, known rates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from wganad_core.divergence import jensen_shannon_of
from wganad_core.theory import cells, errors
from wganad_core.theory.cells import EDGES, SIDE, Blobs, Bumps, Unbounded, truth
from wganad_core.theory.rates import fall


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


def some(k: int = 3) -> Blobs:
    rng = np.random.default_rng(k)
    weights = rng.uniform(0.5, 1.5, k)
    return Blobs(rng.uniform(-1, 1, (k, 2)), rng.uniform(0.2, 0.5, k), weights / weights.sum())


def test_cells_hold_what_a_sample_puts_there():
    made, rng = some(), np.random.default_rng(0)
    which = rng.choice(3, size=400_000, p=made.weights)
    x = made.means[which] + rng.normal(size=(400_000, 2)) * made.widths[which][:, None]
    counts, _, _ = np.histogram2d(x[:, 1], x[:, 0], bins=[EDGES, EDGES])
    assert made.cells[:-1].reshape(SIDE, SIDE) == pytest.approx(counts / len(x), abs=8e-4)
    assert made.cells.sum() == pytest.approx(1)


def test_the_gradient_is_that_of_differences():
    made = some()
    g = np.random.default_rng(1).normal(size=SIDE**2 + 1)
    theta = made.packed
    steps = 1e-5 * np.eye(len(theta))
    by_differences = [
        (g @ Blobs.unpacked(theta + d).cells - g @ Blobs.unpacked(theta - d).cells) / 2e-5
        for d in steps
    ]
    assert made.gradient(g) == pytest.approx(np.array(by_differences), abs=1e-8)


def test_the_best_of_a_class_is_what_a_general_search_finds():
    p, q, bumps = truth().cells, some().cells, Bumps(3)
    value, _ = bumps.best(p, q)

    def loss(alpha: np.ndarray) -> float:
        return -bumps._value(alpha, p, q)[0]

    found = minimize(loss, np.zeros(10), method="L-BFGS-B", options={"maxiter": 500})
    assert value == pytest.approx(-found.fun, abs=1e-5)


def test_more_bumps_see_more_and_none_more_than_all():
    p, q = truth().cells, some().cells
    seen = [Bumps(side).best(p, q)[0] for side in (2, 4, 8)]
    seen.append(Unbounded().best(p, q)[0])
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(2 * jensen_shannon_of(p, q) - np.log(4))


def test_a_generator_that_is_large_enough_finds_the_truth_and_a_small_one_cannot():
    p = truth().cells
    enough = errors.best_fit(7, Unbounded(), p)
    assert enough.jensen_shannon == pytest.approx(0, abs=1e-6)
    found = [errors.best_fit(k, Unbounded(), p, starts=4).jensen_shannon for k in (1, 3, 5)]
    assert found == sorted(found, reverse=True)
    assert found[-1] > 0.03


def test_a_weak_discriminator_costs_what_theorem_3_says_and_a_strong_one_little():
    p = truth().cells
    best = errors.best_fit(3, Unbounded(), p)
    weak, strong = (errors.best_fit(3, Bumps(side), p, starts=4) for side in (3, 8))
    assert weak.jensen_shannon - best.jensen_shannon > 0.02
    assert 0 <= strong.jensen_shannon - best.jensen_shannon < 0.002
    assert strong.epsilon < weak.epsilon / 3


def test_parameters_come_closer_as_one_over_root_n():
    limited = errors.best_fit(3, Bumps(4), truth().cells, starts=4)
    n = np.array([1_000, 8_000, 64_000])
    moves = np.array(
        [
            [
                errors.moved(
                    errors.fit(limited.generator, Bumps(4), errors.sampled(k, seed)).generator,
                    limited.generator,
                )
                for seed in range(8)
            ]
            for k in n
        ]
    )
    rate = fall(n, moves)
    assert rate.low < -0.5 < rate.high
    assert -0.65 < rate.slope < -0.35


def test_samples_are_shares_and_the_same_for_a_seed():
    a, b = errors.sampled(500, 3), errors.sampled(500, 3)
    assert a.sum() == pytest.approx(1)
    assert (a == b).all()
    assert (a * 500 == np.rint(a * 500)).all()


def test_a_rate_finds_the_power_it_was_given():
    rng = np.random.default_rng(5)
    n = np.array([100.0, 1_000.0, 10_000.0])
    noisy = 4 * n[:, None] ** -1.0 * np.exp(0.2 * rng.normal(size=(3, 60)))
    rate = fall(n, noisy)
    assert rate.low < -1.0 < rate.high
    assert rate.high - rate.low < 0.1
    assert rate.at(np.array([500.0]))[0] == pytest.approx(4 / 500, rel=0.1)


def test_a_picture_to_scale_keeps_distances_of_a_plane():
    """Three distributions: any triangle fits a plane."""
    stations = [truth().cells, some(2).cells, some(3).cells]
    points = errors.drawn_to_scale(stations)
    assert points[0] == pytest.approx([0, 0])
    assert points[1, 1] == pytest.approx(0, abs=1e-9)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        expected = np.sqrt(jensen_shannon_of(stations[i], stations[j]))
        assert np.linalg.norm(points[i] - points[j]) == pytest.approx(expected, abs=1e-7)


def test_widths_of_cells_are_those_of_the_normal_law():
    one = Blobs(np.zeros((1, 2)), np.array([0.5]), np.ones(1))
    inside = np.diff(norm.cdf(EDGES, scale=0.5))[:, None] * np.diff(norm.cdf(EDGES, scale=0.5))
    assert one.cells[:-1].reshape(SIDE, SIDE) == pytest.approx(inside, abs=1e-12)
    assert cells.BOX == (-cells.HALF, cells.HALF, -cells.HALF, cells.HALF)
