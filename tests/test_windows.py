"""Recordings: what a file may look like, gaps, the regular grid, windows, and UCI's pipeline."""

from __future__ import annotations

import dataclasses
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from wganad_core.data import DataError, har, windows
from wganad_core.data.har import SIGNALS
from wganad_core.data.windows import (
    G,
    Recording,
    cut,
    low_pass,
    read_recording,
    resample,
    smooth,
    stitched,
    stretches,
    uci_preset,
)

NAN = math.nan
Values = NDArray[np.float64]


def read(text: str | bytes, *arguments: Any) -> Recording:
    data = text.encode() if isinstance(text, str) else text
    return read_recording(io.BytesIO(data), *arguments)


def one_channel(values: Any, time: Any = None, max_gap: float = 0.1) -> Recording:
    column = np.array(values, np.float64)[:, None]
    rows = np.arange(len(column)) / 50 if time is None else np.array(time, np.float64)
    return Recording(rows, ("x",), column, max_gap)


# Reading

PLAIN = "time,x,y\n0,1,2\n0.02,3,4\n0.04,5,-6.5\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "# from my phone\n\n# licence: mine\n" + PLAIN,
        "\ufeff" + PLAIN.replace("\n", "\r\n"),
        PLAIN.replace(",", " , "),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace("\n", ",\n"),
        "y,x,T\n2,1,7.5\n4,3,7.52\n-6.5,5,7.54\n",
        'x,"Time (ms)",y\n1,100,2\n3,120,4\n5,140,-6.5\n',
        "seconds,x,y\n1700000000.00,1,2\n1700000000.02,3,4\n1700000000.04,5,-6.5\n",
        "Timestamp [ns],x,y\n1700000000000000000,1,2\n1700000000020000000,3,4\n"
        "1700000000040000000,5,-6.5\n",
        "timestamp,x,y\n2024-05-31T23:59:59.98,1,2\n2024-06-01T00:00:00,3,4\n"
        "2024-06-01 00:00:00.020000,5,-6.5\n",
        "timestamp,x,y\n2024-05-31T12:00:00Z,1,2\n2024-05-31T14:00:00.02+02:00,3,4\n"
        "2024-05-31T12:00:00.04Z,5,-6.5\n",
    ],
    ids=[
        "plain", "remarks", "windows", "blanks", "tabs", "decimal commas", "commas at the ends",
        "another order", "milliseconds", "unix", "nanoseconds", "ISO", "ISO with zones",
    ],
)  # fmt: skip
def test_a_table_in_many_forms_is_one_recording(text: str, tmp_path: Path) -> None:
    path = tmp_path / "walk.csv"
    path.write_bytes(text.encode())
    for found in (read(text), read_recording(path)):
        found = found.select(("x", "y"))
        np.testing.assert_allclose(found.time, [0, 0.02, 0.04], rtol=0, atol=5e-7)
        np.testing.assert_array_equal(found.values, [[1, 2], [3, 4], [5, -6.5]])
        assert found.values.dtype == np.float64
        assert found.rate == pytest.approx(50, rel=1e-4)


def test_the_rate_is_that_of_the_median_step() -> None:
    found = read("t,x\n0,1\n0.01,1\n0.02,1\n5,1\n5.02,1\n5.03,1\n")
    assert found.rate == pytest.approx(100)


def test_whole_nanoseconds_since_1970_lose_no_digit() -> None:
    found = read("t (ns),x\n1700000000000000001,1\n1700000000000100002,2\n")
    assert found.time[1] == pytest.approx(100_001e-9, rel=1e-12)


def test_the_caller_may_name_the_time() -> None:
    text = "elapsed,time,x\n0,5,1\n0.05,7,2\n"
    found = read(text, "elapsed")
    assert found.channels == ("time", "x")
    np.testing.assert_array_equal(found.time, [0, 0.05])
    with pytest.raises(DataError, match="no column 'clock'; found 'elapsed', 'time', 'x'"):
        read(text, "clock")


def test_empty_cells_are_missing() -> None:
    found = read("t,x,y\n0,1,\n0.02,NaN,2\n0.04,3,4\n")
    np.testing.assert_array_equal(found.values, [[1, NAN], [NAN, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This is empty; expected a header"),
        ("# only a remark\n\n", "This is empty"),
        ("time,x\n", "a header and no row"),
        ("time,x\n0,1\n", "two rows at least; found 1 channels and 1 rows"),
        ("time\n0\n0.02\n", "found 0 channels and 2 rows"),
        ("0,1\n0.02,1\n0.04,2\n", "Expected one column named time, t, timestamp or seconds; "
                                  "found '0', '1'. Rename or choose"),
        ("a,b,c\n1,2,3\n", "found 'a', 'b', 'c'"),
        ("time,seconds,x\n0,0,1\n0.1,0.1,2\n", "found 'time', 'seconds'. Rename or choose"),
        ("time (h),x\n0,1\n0.02,2\n", r"in s, ms, us or ns; found 'time \(h\)'"),
        ("t,x,activity\n0,1,walking\n0.02,2,walking\n",
         "Column 'activity' holds 'walking' in row 1; expected numbers"),
        ("t,x\n0,1\n0.02,\n0.04,1..2\n", r"Column 'x' holds '1\.\.2' in row 3"),
        ("t,x\n0,True\n0.02,False\n", "Column 'x' holds 'True' in row 1"),
        ("t,x,y\n0,1,\n0.02,2,\n", "Column 'y' is empty; remove it"),
        ("t,x\n0,1\n,2\n0.04,3\n", "Row 2 has no time"),
        ("t,x\n0,1\n0.02,2\ninf,3\n", "Row 3 has no time"),
        ("t,x\n2024-05-31T12:00:00,1\n,2\n2024-05-31T12:00:00.04,3\n", "Row 2 has no time"),
        ("t,x\n2024-05-31T12:00:00,1\nnoon,2\n", "Row 2 has the time 'noon'; expected seconds or"),
        ("t,x\n0,1\n0.02,2\n0.02,3\n", r"row 3 comes at 0\.02 s after row 2 at 0\.02 s"),
        ("t,x\n0,1\n0.04,2\n0.02,3\n", r"row 3 comes at 0\.02 s after row 2 at 0\.04 s"),
        ("t,x\n0,1\n0.02,-inf\n", "row 2 of 'x' holds -inf"),
        ("t,x\n0,1e39\n0.02,1\n", r"row 1 of 'x' holds 1e\+39"),
        ("t,x\n0,1\n20,2\n40,3\n", r"rows are 20 s apart and the longest allowed gap is 0\.1 s; "
                                   r"if the time is not in seconds.* 'time \(ms\)'"),
        ("t,x\n0,1\n0.02,2,3\n", "not a table"),
        ("t,x\n0,1,3\n0.02,2,3\n", "not a table"),
        ('t,x\n0,"1\n', "not a table"),
        ("t,x,x \n0,1,2\n0.02,1,2\n", "Columns have the same name: t, x, x"),
        ("t" + ",x" * 200 + "\n", "at most 200 columns"),
        ("t,x\n0,1\n".encode("utf-16"), r"not text in UTF-8 \(byte 1\)"),
    ],
)  # fmt: skip
def test_other_files_are_refused_in_a_sentence(text: str | bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        read(text)
    assert str(caught.value).startswith("The file: ")
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(10**12)  # takes no room
    with pytest.raises(DataError, match=r"huge\.csv: Expected at most 50 MB, found more"):
        read_recording(path)
    monkeypatch.setattr(windows, "MAX_BYTES", len(PLAIN))
    read(PLAIN)
    with pytest.raises(DataError, match="found more"):
        read(PLAIN + "\n")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        read_recording(tmp_path / "none.csv")


@given(st.one_of(st.binary(), st.text("t,;\n0.1e5-\"#(' \tnaif:\r\x00é").map(str.encode)))
@example(b"t,x\n0,1\n5e-324,2\n")
@example(b"t,x\n0,1\n1e308,2\n")
@example(b"t,x\n-9223372036854775808,1\n9223372036854775807,2\n")
@example(b"t,x\n0,99999999999999999999999\n1,2\n")
@example(b"t,x\n0001-01-01T00:00:00,1\n9999-01-01T00:00:00,2\n")
def test_any_bytes_are_a_recording_or_refused(data: bytes) -> None:
    for prefix in (b"", b"t,x\n0,1\n"):
        try:
            found = read(prefix + data)
        except DataError:
            continue
        assert (np.diff(found.time) > 0).all()


def test_a_recording_has_values_for_its_times_and_channels() -> None:
    with pytest.raises(DataError, match=r"3 times and 1 channels; found the shape \(3, 2\)"):
        Recording(np.arange(3.0), ("x",), np.ones((3, 2)))
    with pytest.raises(DataError, match="longest gap is more than 0 seconds; found 0"):
        one_channel([1, 2], max_gap=0)


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


@given(st.integers(1, 6), st.integers(1, 20), st.integers(0, 5))
def test_stitching_undoes_cutting(stride: int, n: int, overlap: int) -> None:
    length = stride + overlap
    values = np.random.default_rng(3).normal(size=(length + (n - 1) * stride, 2))
    recording = Recording(
        np.arange(len(values) + 1) / 50, ("x", "y"), np.append(values, [[9, 9]], 0)
    )
    found = cut(recording, length, stride)
    np.testing.assert_array_equal(stitched(found.windows[:n], overlap), values.astype(np.float32))


def test_windows_that_do_not_follow_each_other_are_not_stitched() -> None:
    found = cut(one_channel(np.arange(10)), 4, 2).windows
    with pytest.raises(DataError, match="Windows 2 and the next do not share 2 steps"):
        stitched(found[[0, 1, 3]], 2)


# Filters


def noise(m: int, channels: int = 2) -> Values:
    return np.random.default_rng(5).normal(size=(m, channels))


def test_smoothing_is_scipys_median_and_butterworth() -> None:
    values = noise(300)
    values[:, 1] += 4
    recording = Recording(np.arange(300) / 50, ("x", "y"), values)
    for channel, found in zip(values.T, smooth(recording).values.T, strict=True):
        quiet = signal.medfilt(channel, 3)
        quiet[[0, -1]] = channel[[0, -1]]  # medfilt sees zeros beyond the ends, we the end again
        sections = signal.butter(10, 20, fs=50, output="sos")
        state = signal.sosfilt_zi(sections) * quiet[0]
        expected = signal.sosfilt(sections, quiet, zi=state)[0]
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_constant_stays_constant_and_stretches_do_not_mix() -> None:
    time = np.concatenate([np.arange(200), 1000 + np.arange(200)]) / 50
    recording = one_channel(np.repeat([3.0, -1.0], 200), time)
    np.testing.assert_allclose(smooth(recording).values, recording.values, atol=1e-9)


@pytest.mark.parametrize("hertz", [5, 18, 20, 21, 23])
def test_the_low_pass_has_butterworths_gain(hertz: float) -> None:
    time = np.arange(3000) / 50
    found = low_pass(np.sin(2 * np.pi * hertz * time)[:, None], 20, 10, 50)[2000:]
    warped = math.tan(math.pi * hertz / 50) / math.tan(math.pi * 20 / 50)  # the bilinear transform
    expected = 1 / math.sqrt(1 + warped**20)
    assert math.sqrt(2) * found.std() == pytest.approx(expected, rel=1e-3)


def test_filters_that_cannot_be_are_refused() -> None:
    recording = one_channel(noise(200)[:, 0])
    with pytest.raises(DataError, match="between 0 and 25 Hz; found 25 Hz"):
        smooth(recording, cutoff=25)
    with pytest.raises(DataError, match="odd number of rows; found 4"):
        smooth(recording, median=4)


# UCI's pipeline

RAW = ("acc_x", "acc_y", "acc_z", "gyro_x", "gyro_y", "gyro_z")


def phone(
    m: int = 500, rate: float = 50, names: tuple[str, ...] = RAW, scale: float = 1.0
) -> Recording:
    """A phone at rest but for noise: gravity along y, no rotation."""
    values = 0.05 * noise(m, len(names))
    values[:, 1] += 1
    values[:, :3] *= scale
    return Recording(np.arange(m) / rate, names, values)


def butterworth(values: Values, order: int, cutoff: float) -> Values:
    sections = signal.butter(order, cutoff, fs=50, output="sos")
    state = np.stack([signal.sosfilt_zi(sections) * first for first in values[0]], axis=-1)
    return signal.sosfilt(sections, values, axis=0, zi=state)[0]


def test_ucis_pipeline_step_by_step() -> None:
    recording = phone()
    quiet = smooth(recording).values
    acc, gyro = quiet[:, :3], quiet[:, 3:]
    found = uci_preset(recording)
    assert found.channels == SIGNALS
    expected = [acc - butterworth(acc, 3, 0.3), gyro - butterworth(gyro, 2, 0.1), acc]
    np.testing.assert_allclose(found.values, np.concatenate(expected, axis=1), atol=1e-9)
    assert cut(found).windows.shape == (6, 9, 128)


def test_accelerations_alone_give_six_signals() -> None:
    both, alone = uci_preset(phone()), uci_preset(phone().select(RAW[:3]))
    assert alone.channels == SIGNALS[:3] + SIGNALS[6:]
    np.testing.assert_array_equal(alone.values, both.select(alone.channels).values)


def test_a_slow_tilt_is_gravity_and_a_step_is_body() -> None:
    time = np.arange(6000) / 50
    tilt, step = 0.3 * np.sin(2 * np.pi * 0.02 * time), 0.3 * np.sin(2 * np.pi * 2 * time)
    for motion, body_share, tolerance in ((tilt, 0.0, 0.15), (step, 1.0, 0.01)):
        values = np.stack([motion, np.ones(6000), np.zeros(6000)], axis=1)
        found = uci_preset(Recording(time, RAW[:3], values)).values[1000:]
        assert found[:, 0].std() / motion.std() == pytest.approx(body_share, abs=tolerance)
        assert found[:, 3].std() / motion.std() == pytest.approx(1, abs=0.01)
        assert np.abs(found[:, [1, 2]]).max() < 1e-9  # what is constant is no body acceleration


def test_fast_recordings_are_filtered_before_they_are_thinned() -> None:
    time = np.arange(4000) / 200
    values = np.stack([np.sin(2 * np.pi * 45 * time), 1 + 0 * time, 0 * time], axis=1)
    recording = Recording(time, RAW[:3], values)
    assert resample(recording).values[200:, 0].std() > 0.5  # folded to 5 Hz
    found = uci_preset(recording)
    assert found.rate == pytest.approx(50)
    assert found.values[200:, 3].std() < 0.02  # what the median, no linear filter, folds itself


def test_gaps_stay_gaps_and_holes_are_closed() -> None:
    values = phone(600).values
    values[100:103, 2] = NAN
    values[400:420, 4] = NAN
    found = uci_preset(Recording(np.arange(600) / 50, RAW, values))
    assert len(found.time) == 580
    assert cut(found).row.tolist() == [0, 64, 128, 192, 256, 400]
    assert np.isfinite(found.values).all()


@pytest.mark.parametrize(
    "names",
    [
        ("Acc_X", "ACC Y", "acc-z [g]", "Gyro X (rad/s)", "gyroy", " gyro.z "),
        ("Acceleration x", "Accelerometer_Y", "accel z", "Gyroscope x", "gyr_y", "gyroscopeZ"),
    ],
)
def test_names_match_in_any_case_and_punctuation(names: tuple[str, ...]) -> None:
    found = uci_preset(phone(names=names))
    np.testing.assert_array_equal(found.values, uci_preset(phone()).values)


def test_units_are_those_of_the_header_or_the_callers() -> None:
    expected = uci_preset(phone())
    header = tuple(f"{name} (m/s²)" for name in RAW[:3]) + RAW[3:]
    for recording, unit in ((phone(names=header, scale=G), None), (phone(scale=G), "m/s²")):
        found = uci_preset(recording, unit)
        np.testing.assert_allclose(found.values, expected.values, atol=1e-9)
    turning = phone()
    turning = dataclasses.replace(turning, values=turning.values * [1, 1, 1, 180, 180, 180])
    degrees = dataclasses.replace(turning, channels=(*RAW[:3], *(f"{n} (deg/s)" for n in RAW[3:])))
    np.testing.assert_allclose(
        uci_preset(degrees).values[:, 3:6], np.pi * expected.values[:, 3:6], atol=1e-9
    )
    np.testing.assert_array_equal(
        uci_preset(turning, None, "°/s").values, uci_preset(degrees).values
    )


def test_ucis_own_columns_are_taken_as_they_are() -> None:
    values = noise(200, 9)
    values[:, 6] += 1
    order = [4, 8, 0, 1, 2, 3, 5, 6, 7]
    recording = Recording(
        np.arange(200) / 50, tuple(SIGNALS[i].upper() for i in order), values[:, order]
    )
    found = uci_preset(recording)
    assert found.channels == SIGNALS
    np.testing.assert_array_equal(found.values, values)
    total = uci_preset(Recording(recording.time, SIGNALS[6:], values[:, 6:]))
    assert total.channels == SIGNALS[6:]
    np.testing.assert_array_equal(total.values, values[:, 6:])


@pytest.mark.parametrize(
    ("recording", "sentence"),
    [
        (one_channel(np.ones(200)), "acc_x, acc_y, acc_z .* found x"),
        (
            phone(names=(*RAW[:5], "z")),
            "gyro_x, gyro_y, gyro_z together; found only gyro_x, gyro_y",
        ),
        (phone(names=("acc_x", "acc_y", "z")), "together; found only acc_x, acc_y"),
        (phone(names=(*RAW, "Acc X (g)")), r"Both 'acc_x' and 'Acc X \(g\)' may be acc_x"),
        (phone(scale=G), r"median length near 1 g; found 9\.\d+\. If they are in m/s²"),
        (phone(scale=0.1), r"include gravity, .* found 0\.1"),
        (phone(names=("acc_x (km/h)", *RAW[1:])), r"one of g, mg, m/s².*; found 'km/h'"),
        (
            dataclasses.replace(phone(), values=phone().values * [1, 1, 1, 900, 900, 900]),
            r"rad/s, at most 40; found \d+\. If they are in °/s",
        ),
        (
            dataclasses.replace(phone(), values=phone().values * [NAN, 1, 1, 1, 1, 1]),
            "'acc_x' has 0 values in 500 rows",
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused_in_a_sentence(
    recording: Recording, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        uci_preset(recording)


# The real data


def test_uci_har_itself_came_out_of_this_pipeline(shared_data: Path) -> None:
    """Body acceleration = total − gravity, once the filter has forgotten where it started."""
    pool = har.load_har(shared_data / "uci_har").signals
    follows = np.append(False, (pool[:-1, :, 64:] == pool[1:, :, :64]).all(axis=(1, 2)))
    starts = np.append(np.flatnonzero(~follows), len(pool))
    longest = np.argsort(np.diff(starts))[-20:]
    for first, stop in zip(starts[longest], starts[longest + 1], strict=True):
        rows = stitched(pool[first:stop])
        recording = Recording(np.arange(len(rows)) / 50, SIGNALS, rows)
        np.testing.assert_array_equal(cut(uci_preset(recording)).windows, pool[first:stop])
        acc = rows[:, 6:]
        gravity = low_pass(acc, 0.3, 3, 50)
        assert len(rows) > 1000
        np.testing.assert_allclose((acc - gravity)[1000:], rows[1000:, :3], rtol=0, atol=2e-6)
