"""The verdict written beside a point of the plane: where it stands."""

from __future__ import annotations

import numpy as np
import pytest

from tests.figures.test_export import RING
from wganad_core.data.mixture import Mixture
from wganad_core.figures.detection import NARROW_WORDS, WORDS, said_at

NAMES = {"xaxis": "x2", "yaxis": "y2"}


def covers(mixture: Mixture, at: np.ndarray, width: float, points: np.ndarray) -> np.ndarray:
    """Which points lie under words in the middle `at`, two lines high."""
    left, right, bottom, top = mixture.box
    apart = np.abs(points - at)
    return (apart[:, 0] < width * (right - left) / 2) & (apart[:, 1] < 0.12 * (top - bottom) / 2)


@pytest.mark.parametrize("width", [WORDS, NARROW_WORDS])
def test_a_verdict_covers_neither_its_point_nor_a_mode(width):
    left, right, bottom, top = RING.box
    rng = np.random.default_rng(0)
    asked = np.vstack([RING.modes, rng.uniform((left, bottom), (right, top), (60, 2))])
    for point in asked:
        said = said_at((point[0], point[1]), "normal", RING, NAMES, width)
        at = np.array([said["ax"], said["ay"]])
        assert not covers(RING, at, width, np.vstack([RING.modes, point])).any()
        assert (said["x"], said["y"]) == tuple(point)  # where its line ends
        assert abs(at[0] - (left + right) / 2) <= (1 - width) * (right - left) / 2 + 1e-9  # inside


def test_a_verdict_about_data_without_modes_stands_beside_its_point():
    cloud = Mixture(RING.x, np.empty((0, 2), np.float32), RING.sigma)
    said = said_at((0.0, 0.0), "normal", cloud, NAMES, WORDS)
    at = np.array([said["ax"], said["ay"]])
    assert not covers(cloud, at, WORDS, np.zeros((1, 2))).any()
    assert np.abs(at).max() < 0.5 * (RING.box[1] - RING.box[0])
