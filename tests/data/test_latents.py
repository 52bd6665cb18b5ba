"""Latents on the way between two of them."""

from __future__ import annotations

import numpy as np

from wganad_core.data.latents import walk


def test_a_walk_stays_on_the_sphere() -> None:
    start, end = np.random.default_rng(0).normal(size=(2, 16)).astype(np.float32)
    end *= np.linalg.norm(start) / np.linalg.norm(end)
    z = walk(start, end, 7)
    assert z.shape == (7, 16)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z[0], start, rtol=0, atol=1e-5)
    np.testing.assert_allclose(z[-1], end, rtol=0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), np.linalg.norm(start), rtol=1e-5)
    steps = np.linalg.norm(np.diff(z, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-4)


def test_walks_by_hand() -> None:
    east, north = np.array([2, 0], np.float32), np.array([0, 2], np.float32)
    half = np.sqrt(2)
    np.testing.assert_allclose(
        walk(east, north, 3), [[2, 0], [half, half], [0, 2]], rtol=0, atol=1e-6
    )
    np.testing.assert_allclose(walk(east, east, 3), [east] * 3, rtol=0, atol=1e-5)
    # between lengths, the ends are kept
    found = walk(east, 3 * north, 2)
    np.testing.assert_allclose(found, [east, 3 * north], rtol=0, atol=1e-5)
