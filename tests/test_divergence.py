"""Divergences and distances by hand, the mode ledger, and the sentence for a collapse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from wganad_core.config import MixtureConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.divergence import (
    collapse_sentence,
    histogram,
    jensen_shannon,
    mode_ledger,
    optimal_discriminator,
    sliced_wasserstein,
    wasserstein,
)
from wganad_core.records import Box

Points = NDArray[np.float64]
UNIT: Box = (-1.0, 1.0, -1.0, 1.0)
RING = make_mixture(MixtureConfig(n_samples=1000))
GRID = make_mixture(MixtureConfig(name="grid", n_samples=1000))


def cloud(n: int = 200, seed: int = 0) -> Points:
    return np.random.default_rng(seed).normal(size=(n, 2))


def at(*places: tuple[NDArray[np.float32], int], spread: float = 0.01) -> Points:
    """Points in small clouds, (centre, how many) each."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(centre, spread, (n, 2)) for centre, n in places])


def test_histogram_has_y_first_and_leaves_out_what_is_outside() -> None:
    x = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, -0.4], [0.5, 0.5], [5, 0]])
    expected = [[0.2, 0.4], [0.0, 0.2]]
    np.testing.assert_allclose(histogram(x, UNIT, 2), expected, rtol=0, atol=1e-12)


def test_jensen_shannon_of_equal_and_disjoint() -> None:
    left, right = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert jensen_shannon(left, left) == 0
    assert jensen_shannon(left, right) == pytest.approx(math.log(2), abs=1e-12)
    x = cloud()
    assert jensen_shannon(histogram(x, UNIT, 8), histogram(x, UNIT, 8)) == 0


def test_jensen_shannon_by_hand() -> None:
    p, q = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    # m = (3/4, 1/4): ½ ln 4/3 + ½ (½ ln 2/3 + ½ ln 2)
    expected = math.log(4 / 3) / 2 + (math.log(2 / 3) + math.log(2)) / 4
    assert expected == pytest.approx(0.2157616, abs=1e-7)
    assert jensen_shannon(p, q) == pytest.approx(expected, abs=1e-12)
    assert jensen_shannon(q, p) == pytest.approx(expected, abs=1e-12)


def test_outside_the_box_is_one_more_cell() -> None:
    inside, outside = histogram(np.zeros((4, 2)), UNIT, 3), histogram(np.full((4, 2), 9.0), UNIT, 3)
    assert jensen_shannon(inside, outside) == pytest.approx(math.log(2), abs=1e-12)
    assert jensen_shannon(outside, outside) == 0
    half = histogram(np.array([[0.0, 0.0], [9.0, 9.0]]), UNIT, 3)
    expected = jensen_shannon(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    assert jensen_shannon(inside, half) == pytest.approx(expected, abs=1e-12)


def test_optimal_discriminator_by_hand() -> None:
    p, q = np.array([[0.6, 0.1], [0.3, 0.0]]), np.array([[0.2, 0.1], [0.0, 0.0]])
    expected = [[0.75, 0.5], [1.0, math.nan]]
    np.testing.assert_allclose(optimal_discriminator(p, q), expected, rtol=0, atol=1e-12)


def test_w1_of_a_shifted_sample_is_the_length_of_the_shift() -> None:
    x = cloud()
    shuffled = np.random.default_rng(1).permutation(x)
    assert wasserstein(x, shuffled + np.array([3, 4])) == pytest.approx(5, abs=1e-9)
    assert wasserstein(x, shuffled) == pytest.approx(0, abs=1e-12)


def test_w1_by_hand() -> None:
    # Matching in the given order would cost √101; crossing over costs 1 each.
    real, fake = np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[10.0, 1.0], [0.0, 1.0]])
    assert wasserstein(real, fake) == pytest.approx(1, abs=1e-12)
    assert wasserstein(real, np.array([[0.0, 2.0], [10.0, 4.0]])) == pytest.approx(3, abs=1e-12)


def test_w1_on_a_line_equals_scipys() -> None:
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=150), rng.exponential(size=150)
    along = np.array([0.6, 0.8])
    found = wasserstein(u[:, None] * along, v[:, None] * along)
    assert found == pytest.approx(wasserstein_distance(u, v), abs=1e-9)


def test_sliced_w1_by_hand() -> None:
    x = cloud(50)
    # Directions at 0° and 90°: (|3| + |−4|)/2.
    assert sliced_wasserstein(x, x + np.array([3, -4]), 2) == pytest.approx(3.5, abs=1e-9)
    # At 0°, 60°, 120°: 2·(1 + ½ + ½)/3.
    assert sliced_wasserstein(x, x + np.array([2, 0]), 3) == pytest.approx(4 / 3, abs=1e-9)


def test_sliced_w1_of_a_shift_tends_to_two_over_pi_of_it() -> None:
    x = cloud(20)
    assert sliced_wasserstein(x, x + np.array([3, 4]), 4096) == pytest.approx(
        10 / math.pi, abs=1e-5
    )
    assert sliced_wasserstein(x, x + np.array([3, 4])) == pytest.approx(10 / math.pi, abs=0.01)


def test_sliced_w1_equals_scipys_along_each_direction() -> None:
    x, y = cloud(80), cloud(80, seed=1) * 2 + 1
    angles = np.pi * np.arange(5) / 5
    each = [
        wasserstein_distance(x @ [math.cos(a), math.sin(a)], y @ [math.cos(a), math.sin(a)])
        for a in angles
    ]
    assert sliced_wasserstein(x, y, 5) == pytest.approx(float(np.mean(each)), abs=1e-9)


def test_sliced_w1_is_a_lower_bound() -> None:
    for seed in range(5):
        x, y = cloud(60, seed), 1.5 * cloud(60, seed + 100) + [0.5, 0]
        assert 0 < sliced_wasserstein(x, y) < wasserstein(x, y)


@pytest.mark.parametrize("distance", [wasserstein, sliced_wasserstein])
def test_distances_need_samples_of_equal_size(distance) -> None:
    with pytest.raises(ValueError, match="equal size; found 5 and 4"):
        distance(cloud(5), cloud(4))


def two_modes() -> Mixture:
    modes = np.array([[0, 0], [10, 0]], np.float32)
    return Mixture(np.zeros((2, 2), np.float32), modes, 1.0)


def test_ledger_by_hand() -> None:
    samples = np.array([[0, 0], [3, 0], [0, -2.9], [3.1, 0], [5, 0], [9, 1], [7, 0], [50, 50]])
    ledger = mode_ledger(samples, two_modes())  # exactly 3σ counts
    assert ledger.counts == (3, 2)
    assert ledger.n_covered == 2
    assert ledger.share_inside == pytest.approx(5 / 8, abs=1e-12)
    assert ledger.n_samples == 8


@pytest.mark.parametrize(("on_second", "n_covered"), [(0, 1), (1, 1), (2, 2), (10, 2)])
def test_a_mode_is_covered_from_a_fifth_of_its_fair_share(on_second: int, n_covered: int) -> None:
    # 20 samples, 2 modes: the fair share is 10, a fifth of it 2.
    samples = np.zeros((20, 2))
    samples[:on_second, 0] = 10
    ledger = mode_ledger(samples, two_modes())
    assert ledger.counts == (20 - on_second, on_second)
    assert ledger.n_covered == n_covered


def test_samples_nowhere_cover_nothing() -> None:
    ledger = mode_ledger(np.full((10, 2), 99.0), two_modes())
    assert (ledger.counts, ledger.n_covered, ledger.share_inside) == ((0, 0), 0, 0.0)


def test_the_data_itself_covers_every_mode() -> None:
    for mixture, n_modes in ((RING, 7), (GRID, 25)):
        ledger = mode_ledger(mixture.x, mixture)
        assert ledger.n_covered == n_modes
        assert sum(ledger.counts) == round(ledger.share_inside * 1000)
        assert ledger.share_inside == pytest.approx(1 - math.exp(-4.5), abs=0.015)


def test_shapes_without_modes_have_an_empty_ledger() -> None:
    moons = make_mixture(MixtureConfig(name="moons", n_samples=20))
    ledger = mode_ledger(moons.x, moons)
    assert (ledger.counts, ledger.n_covered, ledger.n_samples) == ((), 0, 20)
    assert math.isnan(ledger.share_inside)
    assert collapse_sentence(3, moons.x, moons) is None


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_samples_that_are_not_finite_sit_on_no_mode(value: float) -> None:
    samples = np.zeros((4, 2))
    samples[0], samples[1, 1] = value, value
    ledger = mode_ledger(samples, two_modes())
    assert ledger.counts == (2, 0)
    assert ledger.share_inside == pytest.approx(0.5, abs=1e-12)
    assert collapse_sentence(1, samples, RING) is None
    everywhere = np.full((4, 2), value)
    assert mode_ledger(everywhere, two_modes()).counts == (0, 0)
    assert histogram(everywhere, UNIT, 4).sum() == 0
    p = histogram(samples, UNIT, 4)
    assert p.sum() == pytest.approx(0.5, abs=1e-12)
    assert jensen_shannon(p, histogram(everywhere, UNIT, 4)) > 0


def test_a_collapse_onto_one_mode_is_said_exactly() -> None:
    samples = at((RING.modes[1], 93), (RING.modes[4], 7))
    expected = "step 1,240: 93% of samples on mode 2"
    assert collapse_sentence(1240, samples, RING) == expected


@pytest.mark.parametrize("mode", range(7))
def test_modes_count_from_one(mode: int) -> None:
    samples = at((RING.modes[mode], 50))
    expected = f"step 9: 100% of samples on mode {mode + 1}"
    assert collapse_sentence(9, samples, RING) == expected


def test_a_collapse_begins_at_eighty_percent() -> None:
    modes = RING.modes
    assert collapse_sentence(5, at((modes[0], 79), (modes[3], 21)), RING) is None
    expected = "step 5: 80% of samples on mode 1"
    assert collapse_sentence(5, at((modes[0], 80), (modes[3], 20)), RING) == expected


def test_a_collapse_is_seen_before_it_is_sharp() -> None:
    # Half the spacing of the seven modes is sin(π/7) = 0.434, far more than 3σ = 0.15.
    near = RING.modes[2] * 0.7
    expected = "step 9: 100% of samples on mode 3"
    assert collapse_sentence(9, at((near, 40)), RING) == expected
    assert collapse_sentence(9, at((RING.modes[2] * 0.5, 40)), RING) is None


def test_spread_samples_are_no_collapse() -> None:
    assert collapse_sentence(100, RING.x, RING) is None
    assert collapse_sentence(100, GRID.x, GRID) is None
    pair = at((RING.modes[0], 50), (RING.modes[1], 50))
    assert collapse_sentence(100, pair, RING) is None


def test_an_untrained_generator_at_the_centre_of_a_ring_is_no_collapse() -> None:
    centre = np.zeros(2, np.float32)
    assert collapse_sentence(0, at((centre, 200), spread=0.1), RING) is None


def test_a_collapse_on_the_grid() -> None:
    # Half the spacing of the grid is 0.25. Modes count row by row from the lower left.
    corner, above = GRID.modes[0], GRID.modes[5]
    assert collapse_sentence(7, at((corner, 60)), GRID) == "step 7: 100% of samples on mode 1"
    assert collapse_sentence(7, at((above, 60)), GRID) == "step 7: 100% of samples on mode 6"
    assert collapse_sentence(7, at((corner, 30), (above, 30)), GRID) is None


def test_one_mode_cannot_collapse() -> None:
    single = make_mixture(MixtureConfig(n_modes=1, n_samples=50))
    assert collapse_sentence(1, single.x, single) is None


def test_an_untrained_generator_at_the_centre_of_the_grid_is_no_collapse() -> None:
    centre = np.zeros(2, np.float32)
    assert collapse_sentence(0, at((centre, 200), spread=0.1), GRID) is None
