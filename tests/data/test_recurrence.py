"""Recurrence images against their definitions, and that making them in pieces changes nothing."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from wganad_core.data import recurrence
from wganad_core.data.recurrence import (
    block_average,
    distance_matrix,
    images,
    joint_distance_matrix,
    recurrence_plot,
)

# Dozens of windows, so that `images` works in several pieces.
WINDOWS = np.random.default_rng(4).normal(size=(37, 9, 64)).astype(np.float32)

NUMBERS = st.floats(-100, 100, width=32)


def by_definition(s: NDArray[np.float32]) -> NDArray[np.float32]:
    m = len(s)
    rows = [[abs(s[i] - s[j]) for j in range(m)] for i in range(m)]
    return np.array(rows, np.float32).reshape(m, m)


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=3), elements=NUMBERS))
def test_distances_are_those_of_the_definition(x: NDArray[np.float32]) -> None:
    found = distance_matrix(x)
    assert found.dtype == np.float32
    assert found.shape == (*x.shape, x.shape[-1])
    for index in np.ndindex(x.shape[:-1]):
        np.testing.assert_array_equal(found[index], by_definition(x[index]))
    np.testing.assert_array_equal(found, found.swapaxes(-1, -2))
    assert not found.diagonal(axis1=-2, axis2=-1).any()


def test_distances_by_hand() -> None:
    found = distance_matrix(np.array([1, 4, -2]))
    np.testing.assert_array_equal(found, [[0, 3, 3], [3, 0, 6], [3, 6, 0]])


@given(hnp.arrays(np.float32, st.tuples(*[st.integers(1, 5)] * 3), elements=NUMBERS))
def test_joint_distances_are_those_of_the_definition(x: NDArray[np.float32]) -> None:
    found = joint_distance_matrix(x)
    n, channels, length = x.shape
    assert found.shape == (n, length, length)
    assert found.dtype == np.float32
    for k, i, j in np.ndindex(found.shape):
        squares = [(x[k, c, i] - x[k, c, j]) ** 2 for c in range(channels)]
        assert found[k, i, j] == np.sqrt(sum(squares))
    np.testing.assert_array_equal(found, found.swapaxes(-1, -2))
    assert not found.diagonal(axis1=-2, axis2=-1).any()


def test_joint_distances_by_hand() -> None:
    found = joint_distance_matrix(np.array([[0, 3, 3], [0, 4, 0]]))
    np.testing.assert_array_equal(found, [[0, 5, 3], [5, 0, 4], [3, 4, 0]])


def test_one_channel_alone_is_at_its_own_distance() -> None:
    x = np.array([[0.5, -2, 8, 8]])
    np.testing.assert_array_equal(joint_distance_matrix(x), distance_matrix(x[0]))


def test_the_signals_are_left_as_they_were() -> None:
    x = WINDOWS.copy()
    distance_matrix(x)
    joint_distance_matrix(x)
    images(x, 8)
    np.testing.assert_array_equal(x, WINDOWS)


def test_a_recurrence_plot_marks_what_is_close_its_threshold_included() -> None:
    distances = distance_matrix(np.array([0.0, 1.0, 3.0]))
    found = recurrence_plot(distances, 1)
    assert found.dtype == np.bool_
    np.testing.assert_array_equal(found, [[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    np.testing.assert_array_equal(recurrence_plot(distances, 0), np.eye(3))
    with pytest.raises(ValueError, match="at least 0; found -1"):
        recurrence_plot(distances, -1)
    with pytest.raises(ValueError, match="at least 0; found nan"):
        recurrence_plot(distances, math.nan)


# Smaller images


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_block_averages_are_means_of_blocks(size: int, side: int, seed: int) -> None:
    # Whole numbers, so that sums are exact in any order.
    image = np.random.default_rng(seed).integers(-50, 50, (2, size * side, size * side))
    found = block_average(image, size)
    assert found.shape == (2, size, size)
    assert found.dtype == np.float32
    for k, i, j in np.ndindex(found.shape):
        block = image[k, i * side : (i + 1) * side, j * side : (j + 1) * side]
        assert found[k, i, j] == np.float32(block.sum() / side**2)


def test_block_averages_of_a_plot_are_shares() -> None:
    plot = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], bool)
    np.testing.assert_array_equal(block_average(plot, 2), [[0.75, 0], [0, 0.5]])


def test_an_image_of_its_own_size_is_a_copy() -> None:
    image = distance_matrix(WINDOWS[0, 0])
    found = block_average(image, 64)
    np.testing.assert_array_equal(found, image)
    assert not np.shares_memory(found, image)


@pytest.mark.parametrize("at_once", [None, 1, 10**9])
def test_images_made_in_pieces_are_the_same(
    at_once: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if at_once:
        monkeypatch.setattr(recurrence, "AT_ONCE", at_once)
    found = images(WINDOWS, 16)
    np.testing.assert_array_equal(found, block_average(distance_matrix(WINDOWS), 16))
    assert found.dtype == np.float32


def test_images_need_little_more_memory_than_they_fill() -> None:
    windows = np.zeros((200, 9, 128), np.float32)
    tracemalloc.start()
    try:
        found = images(windows, 32)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < found.nbytes + 8e6  # all distances at once would be 118 MB


def test_no_windows_give_no_images() -> None:
    assert images(WINDOWS[:0], 16).shape == (0, 9, 16, 16)


# What is refused

ONE_NAN = np.array([[1, 2], [math.nan, 4]])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: distance_matrix(np.array(3.0)), r"at least 1 dimensions, .* shape \(\)"),
        (lambda: joint_distance_matrix(np.ones(4)), r"at least 2 dimensions, .* shape \(4,\)"),
        (lambda: distance_matrix(ONE_NAN), "Expected finite numbers"),
        (lambda: joint_distance_matrix(ONE_NAN), "Expected finite numbers"),
        (lambda: images(ONE_NAN[None], 2), "Expected finite numbers"),
        (lambda: distance_matrix(np.array([1e39, 0])), "finite numbers in float32"),
        (lambda: images(np.ones((4, 8)), 2), r"at least 3 dimensions, .* shape \(4, 8\)"),
        (lambda: images(np.ones((1, 1, 4, 8)), 2), r"windows \(n, c, L\); .* \(1, 1, 4, 8\)"),
        (lambda: images(np.ones((1, 4, 8)), 3), "size that divides the 8 steps; found 3"),
        (lambda: block_average(np.ones((4, 6)), 2), r"square images .* shape \(4, 6\)"),
        (lambda: block_average(np.ones(4), 2), r"square images .* shape \(4,\)"),
        (lambda: block_average(np.ones((6, 6)), 4), "divides the 6 steps; found 4"),
        (lambda: block_average(np.ones((6, 6)), 12), "divides the 6 steps; found 12"),
        (lambda: block_average(np.ones((6, 6)), 0), "divides the 6 steps; found 0"),
        (lambda: block_average(np.ones((6, 6)), -2), "divides the 6 steps; found -2"),
    ],
)
def test_other_input_is_refused_in_a_sentence(call, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()
