"""Two-dimensional data: geometry by hand, statistics, ground truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from wganad_core.config import MIXTURES, MixtureConfig
from wganad_core.data import DataError
from wganad_core.data.mixture import Mixture, grid_modes, make_mixture, ring_modes

SHAPES = [name for name in MIXTURES if name != "own"]


def test_ring_by_hand() -> None:
    # From the top, counter-clockwise.
    expected = [[0, 2], [-2, 0], [0, -2], [2, 0]]
    np.testing.assert_allclose(ring_modes(4, 2.0), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("n_modes", "radius"), [(1, 1.0), (7, 1.0), (7, 2.5), (64, 100.0)])
def test_ring_starts_at_the_top_and_is_even(n_modes: int, radius: float) -> None:
    modes = ring_modes(n_modes, radius)
    assert modes.shape == (n_modes, 2)
    assert modes.dtype == np.float32
    tolerance = 1e-6 * radius
    np.testing.assert_allclose(modes[0], [0, radius], rtol=0, atol=tolerance)
    np.testing.assert_allclose(np.hypot(*modes.T), radius, rtol=0, atol=tolerance)
    if n_modes > 1:
        chords = np.hypot(*(modes - np.roll(modes, 1, axis=0)).T)
        expected = 2 * radius * math.sin(math.pi / n_modes)
        np.testing.assert_allclose(chords, expected, rtol=0, atol=3 * tolerance)
        assert modes[1, 0] <= tolerance  # to the left: counter-clockwise


def test_grid_by_hand() -> None:
    modes = grid_modes()
    assert modes.shape == (25, 2)
    line = [-1, -0.5, 0, 0.5, 1]
    np.testing.assert_allclose(modes, [[x, y] for y in line for x in line], rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "n_modes"),
    [("ring", 5), ("ring-8", 8), ("grid", 25), ("moons", 0), ("swiss-roll", 0)],
)
def test_shapes(name: str, n_modes: int) -> None:
    config = MixtureConfig(name=name, n_modes=5, n_samples=501)  # type: ignore[arg-type]
    mixture = make_mixture(config)
    assert mixture.x.shape == (501, 2)
    assert mixture.x.dtype == np.float32
    assert mixture.modes.shape == (n_modes, 2)
    assert mixture.modes.dtype == np.float32
    assert mixture.sigma == config.sigma
    assert np.isfinite(mixture.x).all()


def test_the_default_is_the_papers() -> None:
    mixture = make_mixture(MixtureConfig())
    assert mixture.x.shape == (100_000, 2)
    np.testing.assert_allclose(mixture.modes, ring_modes(7, 1.0), rtol=0, atol=0)


@pytest.mark.parametrize("name", SHAPES)
def test_the_seed_decides_the_points(name: str) -> None:
    config = MixtureConfig(name=name, n_samples=50, seed=3)  # type: ignore[arg-type]
    first = make_mixture(config)
    assert np.array_equal(first.x, make_mixture(config).x)
    assert not np.array_equal(first.x, make_mixture(config.replace(seed=4)).x)


def test_sigma_and_shares_are_as_asked() -> None:
    mixture = make_mixture(MixtureConfig(radius=2.0, sigma=0.1, n_samples=70_000))
    distance = np.linalg.norm(mixture.x[:, None] - mixture.modes, axis=-1)
    mode = distance.argmin(axis=1)
    offsets = mixture.x - mixture.modes[mode]
    # Standard errors: 0.1/√(2·140,000) ≈ 0.0002 for the deviation, 0.1/√70,000 ≈ 0.0004 for the
    # mean, √(1/7 · 6/7 / 70,000) ≈ 0.0013 for the shares.
    assert offsets.std() == pytest.approx(0.1, abs=0.001)
    np.testing.assert_allclose(offsets.mean(axis=0), 0, rtol=0, atol=0.002)
    np.testing.assert_allclose(np.bincount(mode) / 70_000, 1 / 7, rtol=0, atol=0.006)


def test_moons_are_two_half_circles() -> None:
    mixture = make_mixture(MixtureConfig(name="moons", sigma=1e-6, n_samples=200))
    upper = np.hypot(mixture.x[:, 0] + 0.5, mixture.x[:, 1] + 0.25)
    lower = np.hypot(mixture.x[:, 0] - 0.5, mixture.x[:, 1] - 0.25)
    np.testing.assert_allclose(np.minimum(abs(upper - 1), abs(lower - 1)), 0, rtol=0, atol=1e-4)
    assert (abs(upper - 1) < 1e-4).sum() >= 100
    assert (abs(lower - 1) < 1e-4).sum() >= 100


def test_the_swiss_roll_winds_outwards() -> None:
    mixture = make_mixture(MixtureConfig(name="swiss-roll", sigma=1e-6, n_samples=300))
    # Archimedes' spiral: radius = angle/14, angle in [1.5π, 4.5π].
    angle = 14 * np.hypot(*mixture.x.T.astype(np.float64))
    assert angle.min() >= 1.5 * np.pi - 1e-3
    assert angle.max() <= 4.5 * np.pi + 1e-3
    spiral = np.column_stack([angle * np.cos(angle), angle * np.sin(angle)]) / 14
    np.testing.assert_allclose(mixture.x, spiral, rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", ["moons", "swiss-roll"])
def test_sigma_is_the_noise_of_the_other_shapes(name: str) -> None:
    config = MixtureConfig(name=name, n_samples=2000, sigma=1e-6)  # type: ignore[arg-type]
    noise = make_mixture(config.replace(sigma=0.2)).x - make_mixture(config).x
    assert noise.std() == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("name", ["ring", "ring-8", "grid"])
@pytest.mark.parametrize("sigma", [0.05, 0.5])
def test_log_density_equals_scipys(name: str, sigma: float) -> None:
    mixture = make_mixture(MixtureConfig(name=name, sigma=sigma, n_samples=10))  # type: ignore[arg-type]
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (40, 2))
    modes = mixture.modes.astype(np.float64)
    cov = sigma**2 * np.eye(2)
    each = [multivariate_normal(mode, cov).logpdf(points) for mode in modes]
    expected = np.logaddexp.reduce(each, axis=0) - math.log(len(modes))
    np.testing.assert_allclose(mixture.log_density(points), expected, rtol=1e-9, atol=1e-6)


def test_log_density_far_away_is_finite_and_by_hand() -> None:
    mixture = Mixture(np.zeros((2, 2), np.float32), np.zeros((1, 2), np.float32), 0.5)
    # −r²/(2σ²) − ln(2πσ²) with σ = 1/2: r = 0 and r = 1000
    expected = [-math.log(math.pi / 2), -2e6 - math.log(math.pi / 2)]
    found = mixture.log_density(np.array([[0.0, 0.0], [600.0, 800.0]]))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_anomalies_lie_outside_three_sigma_of_every_mode() -> None:
    modes = np.array([[0, 0], [10, 0]], np.float32)
    mixture = Mixture(np.zeros((2, 2), np.float32), modes, 0.5)
    points = np.array([[0, 0], [1.5, 0], [0, 1.499], [1.501, 0], [8.5, 0], [8.499, 0], [5, 0]])
    expected = [False, False, False, True, False, True, True]  # the boundary itself is normal
    assert mixture.is_anomaly(points).tolist() == expected
    assert mixture.is_anomaly(points, n_sigma=2.0).tolist() == [False, True, True, True] + 3 * [
        True
    ]


def test_about_one_percent_of_the_data_is_beyond_three_sigma() -> None:
    mixture = make_mixture(MixtureConfig(n_samples=50_000))
    # exp(−9/2) = 1.11 %, standard error 0.05 %
    assert mixture.is_anomaly(mixture.x).mean() == pytest.approx(math.exp(-4.5), abs=0.002)


@pytest.mark.parametrize("name", ["moons", "swiss-roll"])
def test_shapes_without_modes_say_that_truth_is_unknown(name: str) -> None:
    mixture = make_mixture(MixtureConfig(name=name, n_samples=10))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="the true density is not known; choose a ring or the grid"):
        mixture.log_density(mixture.x)
    with pytest.raises(DataError, match="which points are anomalies is not known"):
        mixture.is_anomaly(mixture.x)


@pytest.mark.parametrize("name", SHAPES)
def test_the_box_is_a_square_that_holds_the_data_with_a_margin(name: str) -> None:
    mixture = make_mixture(MixtureConfig(name=name, n_samples=500))  # type: ignore[arg-type]
    left, right, bottom, top = mixture.box
    assert right - left == pytest.approx(top - bottom, abs=1e-9)
    low, high = mixture.x.min(axis=0), mixture.x.max(axis=0)
    margin = 0.1 * (right - left)
    wider = int(np.argmax(high - low))
    assert (left, bottom)[wider] < low[wider] - margin
    assert (right, top)[wider] > high[wider] + margin
    assert left < low[0] < high[0] < right
    assert bottom < low[1] < high[1] < top


def test_box_by_hand() -> None:
    corners = np.array([[0, 0], [4, 2]], np.float32)  # centre (2, 1), half 2, times 1.35
    mixture = Mixture(corners, np.empty((0, 2), np.float32), 0.1)
    assert mixture.box == pytest.approx((-0.7, 4.7, -1.7, 3.7), abs=1e-6)


def test_own_points_become_the_data() -> None:
    drawn = np.arange(24.0).reshape(12, 2)
    mixture = make_mixture(MixtureConfig(name="own", n_samples=5, sigma=0.3), drawn)
    np.testing.assert_array_equal(mixture.x, drawn)
    assert mixture.x.dtype == np.float32
    assert mixture.modes.shape == (0, 2)
    with pytest.raises(DataError, match="'own' needs points"):
        make_mixture(MixtureConfig(name="own"))
    with pytest.raises(DataError, match="found 9"):
        make_mixture(MixtureConfig(name="own"), drawn[:9])
