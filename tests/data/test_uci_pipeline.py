"""Filters, and UCI's pipeline on recordings and against its own data."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import signal
from scipy.constants import g as G

from tests.recordings import one_channel
from wganad_core.data import DataError, har
from wganad_core.data.har import SIGNALS
from wganad_core.data.recording import Recording, Values
from wganad_core.data.uci_pipeline import low_pass, smooth, uci_preset
from wganad_core.data.windows import cut, resample

NAN = math.nan

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
        halves = pool[first : first + 1, :, :64], pool[first:stop, :, 64:]  # each step once
        rows = np.concatenate(np.concatenate(halves), axis=1).T.astype(np.float64)
        recording = Recording(np.arange(len(rows)) / 50, SIGNALS, rows)
        np.testing.assert_array_equal(cut(uci_preset(recording)).windows, pool[first:stop])
        acc = rows[:, 6:]
        gravity = low_pass(acc, 0.3, 3, 50)
        assert len(rows) > 1000
        np.testing.assert_allclose((acc - gravity)[1000:], rows[1000:, :3], rtol=0, atol=2e-6)
