"""Windows of recordings: gaps and NaN, the regular grid, the cut."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recordings import one_channel
from wganad_core.data import DataError, windows
from wganad_core.data.recording import Recording
from wganad_core.data.windows import cut, resample, stretches

NAN = math.nan

# Gaps and NaN

MISSING = [
    # values at 0, 0.02, …; as they are filled; stretches
    ([1, NAN, NAN, 7, 8], [1, 3, 5, 7, 8], [(0, 5)]),
    ([1, NAN, NAN, NAN, NAN, 6], [1, 2, 3, 4, 5, 6], [(0, 6)]),  # exactly 0.1 s
    ([1, 1, NAN, NAN, NAN, NAN, NAN, 7], [1, 1, NAN, NAN, NAN, NAN, NAN, 7], [(0, 2), (7, 8)]),
    ([NAN, 1, 2, NAN], [NAN, 1, 2, NAN], [(1, 3)]),  # nothing is made up at the ends
    ([NAN, NAN, NAN], [NAN, NAN, NAN], []),
]


@pytest.mark.parametrize(("values", "filled", "found"), MISSING)
def test_short_runs_of_nan_are_filled_and_longer_ones_break(
    values: list[float], filled: list[float], found: list[tuple[int, int]]
) -> None:
    recording = one_channel(values)
    result = stretches(recording)
    np.testing.assert_allclose(result[0][:, 0], filled, rtol=1e-12)
    assert result[1] == found
    np.testing.assert_array_equal(recording.values[:, 0], values)  # left as it was


def test_absent_rows_break_as_nan_does() -> None:
    time = [0, 0.02, 0.12, 0.14, 0.25, 0.27]
    assert stretches(one_channel([0] * 6, time))[1] == [(0, 4), (4, 6)]
    assert stretches(one_channel([0] * 6, time, max_gap=0.09))[1] == [(0, 2), (2, 4), (4, 6)]
    assert stretches(one_channel([0] * 6, time, max_gap=0.2))[1] == [(0, 6)]


def test_a_run_of_nan_counts_with_the_rows_absent_beside_it() -> None:
    # From the value at 0.02 to that at 0.16, though neither NaN is 0.1 s from its neighbours.
    recording = one_channel([1, 2, NAN, NAN, 3, 4], [0, 0.02, 0.06, 0.12, 0.16, 0.18])
    assert stretches(recording)[1] == [(0, 2), (4, 6)]


def test_channels_that_take_turns_are_filled_from_their_own_values() -> None:
    values = np.array([[0, NAN], [NAN, 10], [2, NAN], [NAN, 30], [4, NAN]])
    recording = Recording(np.arange(5) / 50, ("x", "y"), values)
    filled, found = stretches(recording)
    expected = np.array([[0, NAN], [1, 10], [2, 20], [3, 30], [4, NAN]])
    np.testing.assert_allclose(filled, expected)
    assert found == [(1, 4)]


# The regular grid


def test_a_slower_recording_is_interpolated_to_the_grid() -> None:
    found = resample(one_channel([0, 4, 8, 4], [1, 1.04, 1.08, 1.12]))
    np.testing.assert_allclose(found.time, 1 + np.arange(7) / 50, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.values[:, 0], [0, 2, 4, 6, 8, 6, 4], atol=1e-9)
    assert found.rate == pytest.approx(50)


def test_a_faster_recording_is_thinned() -> None:
    found = resample(one_channel(np.arange(11), np.arange(11) / 100))
    np.testing.assert_allclose(found.values[:, 0], [0, 2, 4, 6, 8, 10], atol=1e-9)


def test_irregular_rows_land_where_their_time_says() -> None:
    rng = np.random.default_rng(1)
    time = np.cumsum(rng.uniform(0.005, 0.035, 400))
    found = resample(one_channel(3 * time - 1, time))  # a line stays the line
    np.testing.assert_allclose(np.diff(found.time), 0.02, atol=1e-9)
    np.testing.assert_allclose(found.values[:, 0], 3 * found.time - 1, atol=1e-9)
    assert time[-1] - found.time[-1] < 0.02


def test_rows_almost_on_the_grid_stay_as_they_are() -> None:
    rng = np.random.default_rng(2)
    time = np.arange(100) / 50 + rng.uniform(-0.0009, 0.0009, 100)
    recording = one_channel(rng.normal(size=100), time)
    found = resample(recording)
    np.testing.assert_array_equal(found.values, recording.values)
    np.testing.assert_array_equal(found.time, recording.time)


def test_a_slightly_wrong_clock_drifts_off_the_grid_and_is_corrected() -> None:
    time = np.arange(1000) / 50.5
    found = resample(one_channel(time, time))
    assert len(found.time) == 1 + math.floor(time[-1] * 50)
    np.testing.assert_allclose(found.values[:, 0], found.time, atol=1e-9)


def test_breaks_outlast_the_grid_and_lone_rows_vanish() -> None:
    # Three stretches of rows, 0.101 s apart; the middle one is a single row.
    time = [0, 0.021, 0.042, 0.143, 0.244, 0.264, 0.284]
    found = resample(one_channel([0, 21, 42, 99, 0, 20, 40], time))
    np.testing.assert_allclose(found.time, [0, 0.02, 0.04, 0.244, 0.264, 0.284])
    np.testing.assert_allclose(found.values[:, 0], [0, 20, 40, 0, 20, 40])
    assert stretches(found)[1] == [(0, 3), (3, 6)]


@given(
    st.lists(st.floats(0.001, 0.3), min_size=1, max_size=60),
    st.sampled_from([20.0, 50.0, 90.0]),
    st.randoms(use_true_random=False),
)
def test_resampling_twice_is_resampling_once(steps: list[float], rate: float, random: Any) -> None:
    time = np.cumsum([0, *steps])
    values = [NAN if random.random() < 0.1 else random.random() for _ in time]
    recording = one_channel(values, time)
    try:
        once = resample(recording, rate)
    except DataError:
        assert all(np.ptp(time[i:j]) < 1 / rate for i, j in stretches(recording)[1])
        return
    twice = resample(once, rate)
    np.testing.assert_array_equal(once.time, twice.time)
    np.testing.assert_array_equal(once.values, twice.values)
    for first, stop in stretches(once)[1]:
        np.testing.assert_allclose(np.diff(once.time[first:stop]) * rate, 1, atol=0.2001)
        # Every stretch lies in one of the original's.
        assert any(
            time[i] <= once.time[first] and once.time[stop - 1] <= time[j - 1]
            for i, j in stretches(recording)[1]
        )


def test_grids_that_cannot_be_are_refused() -> None:
    with pytest.raises(DataError, match=r"5 Hz has longer steps than the longest gap, 0\.1 s"):
        resample(one_channel([1, 2]), 5)
    with pytest.raises(DataError, match="nan Hz"):
        resample(one_channel([1, 2]), NAN)
    with pytest.raises(DataError, match="more than 100,000,000 numbers; split"):
        resample(one_channel([1, 2, 3], [0, 0.02, 3e6]))
    sparse = Recording(
        np.arange(100) / 50, ("x", "heart rate"), np.array([[1, 60], *[[2, NAN]] * 99], np.float64)
    )
    with pytest.raises(DataError, match="'heart rate' has 1 values in 100 rows"):
        resample(sparse)


# Windows


def test_windows_by_hand() -> None:
    values = np.arange(22).reshape(11, 2)
    recording = Recording(np.arange(11) / 50, ("x", "y"), values.astype(np.float64))
    found = cut(recording, length=4, stride=3)
    assert found.row.tolist() == [0, 3, 6]  # the last row is no window
    np.testing.assert_allclose(found.start, [0, 0.06, 0.12])
    assert found.windows.shape == (3, 2, 4)
    assert found.windows.dtype == np.float32
    np.testing.assert_array_equal(found.windows[1], [[6, 8, 10, 12], [7, 9, 11, 13]])


def test_every_stretch_has_its_own_windows_from_its_first_row_on() -> None:
    time = np.concatenate([np.arange(7), 100 + np.arange(3), 200 + np.arange(5)]) / 50
    found = cut(one_channel(np.arange(15), time), length=4, stride=2)
    assert found.row.tolist() == [0, 2, 10]  # the stretch of three rows has none
    np.testing.assert_allclose(found.start, [0, 0.04, 4])
    np.testing.assert_array_equal(found.windows[:, 0, 0], [0, 2, 10])


def test_windows_hold_filled_values_and_never_nan() -> None:
    values = [0, NAN, 2, 3, *[NAN] * 6, 10, 11, 12, 13]
    found = cut(one_channel(values), length=3, stride=1)
    assert found.row.tolist() == [0, 1, 10, 11]
    np.testing.assert_array_equal(found.windows[0, 0], [0, 1, 2])


def test_a_window_of_exactly_the_recording() -> None:
    found = cut(one_channel(np.arange(128)))
    assert found.row.tolist() == [0]
    np.testing.assert_array_equal(found.windows[0, 0], np.arange(128))


def test_short_recordings_are_told_how_long_they_should_be() -> None:
    with pytest.raises(DataError, match=r"needs 2\.56 s \(128 rows\), .* 0\.1 s is 2\.54 s \(127 "):
        cut(one_channel(np.arange(127)))
    broken = one_channel([*np.arange(100), *[NAN] * 10, *np.arange(90)])
    with pytest.raises(DataError, match=r"is 2\.00 s \(100 rows\); .* 'x' has 190 values in 200"):
        cut(broken)
    with pytest.raises(DataError, match=r"is 0\.00 s \(0 rows\)"):
        cut(one_channel([NAN] * 200))


def test_windows_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="found length 0, stride 1"):
        cut(one_channel([1, 2]), 0, 1)
    with pytest.raises(DataError, match="found length 1, stride 0"):
        cut(one_channel([1, 2]), 1, 0)
    monkeypatch.setattr(windows, "MAX_NUMBERS", 5 * 5)
    assert cut(one_channel(np.arange(9)), 5, 1).row.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match="6 windows are too many"):
        cut(one_channel(np.arange(10)), 5, 1)
