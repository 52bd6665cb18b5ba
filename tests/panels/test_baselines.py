"""The baselines of windows, against distances by hand and a decomposition by NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from wganad_core.data.har import LENGTH, SIGNALS
from wganad_core.panels.baselines import (
    N_COMPONENTS,
    nearest_detector,
    spectra,
    total,
    window_baselines,
)
from wganad_core.records import FloatArray

D = len(SIGNALS) * LENGTH
RNG = np.random.default_rng(3)
FIT = RNG.normal(size=(40, D)).astype(np.float32)


def rows(*places: tuple[int, float]) -> FloatArray:
    """Silence but for one number each, at a place in the row."""
    found = np.zeros((len(places), D), np.float32)
    for row, (place, value) in zip(found, places, strict=True):
        row[place] = value
    return found


@pytest.fixture(scope="module")
def plain() -> FloatArray:
    """Rows to fit on that are silent but for the first number: 0, 1, …, 39."""
    fit = np.zeros((40, D), np.float32)
    fit[:, 0] = np.arange(40)
    return fit


def test_the_four_of_the_design() -> None:
    assert list(window_baselines(FIT)) == ["knn", "knn-total", "knn-spectra", "pca-total"]


def test_the_distance_to_the_nearest_by_hand(plain: FloatArray) -> None:
    judge = nearest_detector(plain, np.asarray)
    queries = rows((0, 2.25), (0, -3), (0, 42), (5, 4))
    np.testing.assert_allclose(judge(queries).score, [0.25, 3, 3, 4], rtol=1e-6)
    both = rows((0, 7))
    both[0, 9 * LENGTH - 1] = -2
    np.testing.assert_allclose(judge(both).score, [2], rtol=1e-6)


def test_a_row_of_the_fit_part_is_not_its_own_neighbour() -> None:
    """Nor is it for rounding: rows lie around 30 apart, a row from itself never 1e-6."""
    apart = np.linalg.norm(FIT[:, None].astype(np.float64) - FIT[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    judge = window_baselines(FIT)["knn"]
    np.testing.assert_allclose(judge(FIT).score, apart.min(axis=1), rtol=1e-5)
    np.testing.assert_allclose(judge(FIT[7:9]).score, apart.min(axis=1)[7:9], rtol=1e-5)
    shifted = FIT + np.float32(100)  # far from the origin, where squares round most
    judge = window_baselines(shifted)["knn"]
    np.testing.assert_allclose(judge(shifted).score, apart.min(axis=1), rtol=1e-4)


def test_a_row_that_occurs_twice_has_a_neighbour_at_no_distance(plain: FloatArray) -> None:
    twice = np.concatenate([plain, plain[3:4]])
    assert nearest_detector(twice, np.asarray)(plain[2:5]).score.tolist() == [1, 0, 1]


def test_total_acceleration_alone() -> None:
    np.testing.assert_array_equal(total(FIT), FIT.reshape(40, 9, LENGTH)[:, 6:].reshape(40, -1))
    judge = window_baselines(FIT)["knn-total"]
    elsewhere = FIT.copy()
    elsewhere[:, : 6 * LENGTH] = 5
    assert np.array_equal(judge(elsewhere).score, judge(FIT).score)
    query = FIT[:1].copy()
    query[0, -1] += 0.5
    assert judge(query).score[0] == pytest.approx(0.5, rel=1e-4)


def test_spectra_do_not_see_when() -> None:
    """A signal begun later, around the window's edge, is the same to them, and not to the rest."""
    later = np.roll(FIT.reshape(40, 9, LENGTH), 11, axis=2).reshape(40, -1)
    np.testing.assert_allclose(spectra(later), spectra(FIT), rtol=0, atol=1e-4)
    found = window_baselines(FIT)
    assert found["knn-spectra"](later).score.max() < 1e-3
    assert found["knn"](later).score.min() > 10


def test_the_amplitudes_of_a_known_sum() -> None:
    time = 2 * np.pi * np.arange(LENGTH) / LENGTH
    row = np.zeros((1, 9, LENGTH), np.float32)
    row[0, 4] = 0.5 + 2 * np.sin(3 * time) + np.cos(20 * time + 1)
    expected = np.zeros((9, LENGTH // 2 + 1))
    expected[4, [0, 3, 20]] = np.array([0.5, 2 / 2, 1 / 2]) * LENGTH
    np.testing.assert_allclose(
        spectra(row.reshape(1, -1)), expected.reshape(1, -1), rtol=0, atol=1e-4
    )


def test_components_against_a_decomposition() -> None:
    """What is left of total acceleration beside the mean and the first main axes around it."""
    fit = total(FIT).astype(np.float64)
    axes = np.linalg.svd(fit - fit.mean(axis=0), full_matrices=False)[2][:N_COMPONENTS]
    queries = RNG.normal(size=(5, D)).astype(np.float32)
    for some in (FIT, queries):
        left = total(some) - fit.mean(axis=0)
        left = left - left @ axes.T @ axes
        found = window_baselines(FIT)["pca-total"](some).score
        np.testing.assert_allclose(found, np.square(left).mean(axis=1), rtol=1e-3, atol=1e-6)
