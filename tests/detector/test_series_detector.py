"""The detector of recordings."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from tests.detector.quick import ROWS, short
from wganad_core import WGANSeriesDetector
from wganad_core.config import ConfigError
from wganad_core.detector.series import standing_out


def recording(n: int, seed: int) -> np.ndarray:
    """Two noisy waves that go together, and their product."""
    rng = np.random.default_rng(seed)
    t = np.arange(n) / 6 + rng.uniform(0, 6)
    waves = np.column_stack([np.sin(t), np.cos(t), np.sin(t) * np.cos(t)])
    return waves * [1, 10, 0.1] + [0, 50, 0] + rng.normal(size=(n, 3)) * [0.05, 0.5, 0.005]


@pytest.fixture(scope="module")
def series_detector() -> WGANSeriesDetector:
    return WGANSeriesDetector(window=24, stride=4, steps=200, random_state=0).fit(
        recording(3000, 0)
    )


def test_a_fault_is_found_in_time(series_detector):
    x = recording(600, 1)
    x[300:340, 1] = x[300, 1]  # a sensor that is stuck within its range
    along = series_detector.anomaly_score_along(x)
    assert along.shape == (600,)
    assert 280 <= along.argmax() < 364
    flagged = along > series_detector.threshold_
    assert flagged[300:340].all()
    assert flagged[:270].mean() < 0.2


def test_a_step_has_the_score_of_the_worst_window_in_which_it_stands_out(series_detector):
    x = recording(101, 2)
    starts = series_detector.window_starts(101)
    scores = series_detector.anomaly_score(x)
    assert starts.tolist() == [*range(0, 77, 4), 77]
    assert len(scores) == len(starts) == len(series_detector.predict(x))
    along = series_detector.anomaly_score_along(x)
    usual = np.median(series_detector.calibration_score_)
    for start, score in zip(starts, scores, strict=True):
        assert along[start : start + 24].max() >= score
    for step in range(101):
        covering = (starts <= step) & (step < starts + 24)
        assert along[step] in {*scores[covering], usual}


def test_a_spike_does_not_flag_all_that_lies_around_it(series_detector):
    x = recording(600, 4)
    before = series_detector.anomaly_score_along(x) > series_detector.threshold_
    x[300, 0] += 5
    after = series_detector.anomaly_score_along(x) > series_detector.threshold_
    windows = series_detector.predict(x) < 0
    assert np.flatnonzero(after & ~before).tolist() == [300]
    assert windows.sum() >= 5  # all that hold it


def test_what_stands_out_of_a_window():
    apart = np.full((3, 32), 0.01)
    apart[0, 7] = 9  # one step
    apart[1] = 1  # all of them
    apart[2, [10, 14]] = 5  # two, with a short break between them
    odd = standing_out(apart)
    assert np.flatnonzero(odd[0]).tolist() == [7]
    assert odd[1].all()
    assert np.flatnonzero(odd[2]).tolist() == [10, 11, 12, 13, 14]


def test_no_window_crosses_from_one_recording_to_another(series_detector):
    a, b = recording(101, 5), recording(60, 6)
    starts = [series_detector.window_starts(n) for n in (101, 60)]
    scores = series_detector.anomaly_score([a, b])
    each = [series_detector.anomaly_score(x) for x in (a, b)]
    assert len(scores) == sum(map(len, starts))
    np.testing.assert_allclose(scores, np.concatenate(each), atol=1e-6)
    along = series_detector.anomaly_score_along([a, b])
    for one, x in zip(along, (a, b), strict=True):
        np.testing.assert_allclose(one, series_detector.anomaly_score_along(x), atol=1e-6)
    cube = np.stack([a[:60], b])
    assert series_detector.anomaly_score_along(cube).shape == (2, 60)
    with pytest.raises(ValueError, match="the same number of channels in every recording"):
        series_detector.anomaly_score([a, b[:, :2]])
    with pytest.raises(ValueError, match="at least one window, 24 steps; found 10"):
        series_detector.anomaly_score([a, b[:10]])


def test_a_fit_to_several_recordings_and_its_rate(tmp_path):
    cube = np.stack([recording(40, seed) for seed in range(30)])
    make = functools.partial(WGANSeriesDetector, window=8, steps=5, rate=50.0, random_state=0)
    one, other = make().fit(cube), make().fit(list(cube))
    np.testing.assert_array_equal(one.anomaly_score(cube), other.anomaly_score(cube))
    one.save(tmp_path / "m")
    assert WGANSeriesDetector.load(tmp_path / "m").parameters_["rate"] == 50
    with pytest.raises(ConfigError, match="rate must be more than 0"):
        make(rate=0.0).fit(cube)


def test_parts_of_a_recording_share_no_step(series_detector):
    for n, settings in ((745, series_detector._settings(72)), (50, series_detector._settings(72))):
        fit, validation, calibration = series_detector._split(n, settings)
        assert fit[-1] * 4 + 24 <= validation[0] * 4
        assert validation[-1] * 4 + 24 <= calibration[0] * 4
        assert calibration[-1] == n - 1


def test_windows_have_no_guarantee(series_detector):
    assert "Neighbouring windows resemble each other" in series_detector.advice_.warning
    assert series_detector.advice_.expected is None


def test_channels_keep_one_scale_over_time(series_detector):
    scale = series_detector.model_.scaler.scale.reshape(24, 3)
    assert (scale == scale[0]).all()
    assert series_detector.n_features_in_ == 3


@pytest.mark.parametrize(
    ("parameters", "n", "why"),
    [
        ({"window": 0}, 100, "window must be a whole number"),
        ({"window": 8, "stride": 9}, 100, "stride must be at most window"),
        ({"rate": "fast"}, 100, "rate must be more than 0 steps per second; found 'fast'"),
        ({"window": 64}, 50, "at least one window, 64 steps; found 50"),
        ({"window": 64}, 64, "two windows of 64 steps or more to fit; found 64"),
    ],
)
def test_recordings_that_are_too_short_and_wrong_windows_are_refused(parameters, n, why):
    with pytest.raises(ValueError, match=why):
        WGANSeriesDetector(steps=1, **parameters).fit(recording(n, 0))


@pytest.mark.parametrize("x", [5, []])
def test_what_is_no_recording_is_refused(x):
    with pytest.raises(ValueError, match="Expected 2D array"):
        WGANSeriesDetector().fit(x)


def test_a_small_share_still_holds_out_what_one_false_alarm_needs():
    one = short(steps=2, calibration_share=0.01).fit(ROWS[:45])
    assert len(one.parts_[2]) == 15  # a third: 1% would need 100
    assert sum(map(len, one.parts_)) == 45
    assert "learned from" not in (one.advice_.warning or "")


@pytest.mark.parametrize("n_times", [40, 90, 150])
def test_a_recording_too_short_to_hold_some_out_is_learned_whole(n_times: int):
    series = WGANSeriesDetector(window=32, stride=1, steps=5, random_state=0)
    series.fit(np.random.default_rng(0).normal(size=(n_times, 1)))
    assert [len(part) for part in series.parts_] == [n_times - 31, 0, 0]
    assert "learned from" in series.advice_.warning
    assert series.advice_.expected is None


def test_the_advice_on_a_recording_promises_nothing(series_detector: WGANSeriesDetector):
    assert series_detector.advice_.expected is None
    assert series_detector.advice_.warning == (
        "Neighbouring windows resemble each other, so nothing is guaranteed for single ones."
    )


def test_parameters_that_change_after_a_fit_change_no_score(tmp_path: Path):
    x = recording(400, 3)
    series = WGANSeriesDetector(window=16, stride=4, steps=5, random_state=0).fit(x)
    expected, along = series.anomaly_score(x), series.anomaly_score_along(x)
    series.set_params(window=8, stride=8, score_method="critic", scaling="robust")
    assert np.array_equal(series.anomaly_score(x), expected)
    assert np.array_equal(series.anomaly_score_along(x), along)
    assert (series.window_, series.stride_) == (16, 4)
    series.save(tmp_path / "series")
    found = WGANSeriesDetector.load(tmp_path / "series")
    assert np.array_equal(found.anomaly_score(x), expected)
    assert (found.window, found.stride, found.score_method) == (16, 4, "ours")
    again = series.fit(x)
    assert (again.window_, again.stride_, again.model_.score_method) == (8, 8, "critic")
