"""What networks see of windows: there and back, even units, and what turning a phone does."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from wganad_core.config import ARCHITECTURES, Architecture, WindowConfig
from wganad_core.data import har, recurrence, views
from wganad_core.data.views import SENSORS_SEEN, View, companded, expanded
from wganad_core.packing import pack, unpack
from wganad_core.records import FloatArray

WINDOWS = har.load_sample().signals[::40]
KINDS = tuple(SENSORS_SEEN)
UNDONE = tuple(kind for kind in KINDS if kind != "recurrence")
N_SIGNALS = {"raw": 9, "total": 3, "signals": 9, "recurrence": 9}
# More than any sensor of a phone gives, in g and rad/s.
ANY_SIGNALS = hnp.arrays(np.float32, (2, 9, 4), elements=st.floats(-100, 100, width=32))


def plain(kind: str) -> View:
    return View(kind, (1.0,) * len(SENSORS_SEEN[kind]))


# There and back


@given(ANY_SIGNALS, st.sampled_from(UNDONE), st.lists(st.floats(0.01, 10), min_size=3, max_size=3))
def test_signals_come_back_from_their_rows(
    signals: FloatArray, kind: str, scales: list[float]
) -> None:
    view = View(kind, tuple(scales[: len(SENSORS_SEEN[kind])]))
    rows = view.rows(signals)
    assert rows.shape == (2, N_SIGNALS[kind] * 4)
    found = view.signals(rows)
    assert found.dtype == np.float32
    # Lengths below 1e-12 are taken as nothing.
    np.testing.assert_allclose(found, signals[:, -N_SIGNALS[kind] :], rtol=1e-5, atol=1e-11)


@pytest.mark.parametrize("kind", UNDONE)
def test_real_windows_come_back(kind: str) -> None:
    view = View.fitted(kind, WINDOWS)
    found = view.signals(view.rows(WINDOWS))
    expected = WINDOWS[:, -N_SIGNALS[kind] :]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-11)


def test_companding_by_hand() -> None:
    signals = np.zeros((1, 9, 2), np.float32)
    signals[0, :3, 0] = 0.03, -0.04, 0  # as long as the knee, 0.05 g: its logarithm is log 2
    signals[0, 5, 1] = 0.1 * (math.e - 1)  # rad/s; log(1 + e − 1) = 1
    signals[0, 6:, 0] = 0.6, 0.8, 3
    expected = signals.copy()
    expected[0, :3, 0] = 0.6 * math.log(2), -0.8 * math.log(2), 0
    expected[0, 5, 1] = 1
    before = signals.copy()
    np.testing.assert_allclose(companded(signals), expected, rtol=1e-6)
    np.testing.assert_array_equal(signals, before)  # left as they were
    np.testing.assert_allclose(expanded(expected), signals, rtol=1e-6)


def test_stillness_and_movement_come_closer_but_keep_their_order() -> None:
    lengths = np.geomspace(1e-4, 30, 50)
    signals = np.zeros((1, 9, 50), np.float32)
    signals[0, 1], signals[0, 3] = lengths, -lengths
    found = companded(signals)
    for channel, knee in ((found[0, 1], 0.05), (-found[0, 3], 0.1)):
        assert (np.diff(channel) > 0).all()
        np.testing.assert_allclose(channel, np.log1p(lengths / knee), rtol=1e-5)


# Even units


@pytest.mark.parametrize("at_once", [7, 512])
@pytest.mark.parametrize("kind", KINDS)
def test_fitted_rows_have_mean_square_one_per_sensor(
    kind: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "AT_ONCE", at_once)  # seven do not divide the windows
    view = View.fitted(kind, WINDOWS)
    rows = view.rows(WINDOWS).astype(np.float64)
    n_sensors = len(SENSORS_SEEN[kind])
    assert len(view.scales) == n_sensors
    by_sensor = np.square(rows).reshape(len(rows), n_sensors, -1).mean(axis=(0, 2))
    np.testing.assert_allclose(by_sensor, 1, rtol=1e-5)


def test_fitted_scales_by_hand() -> None:
    signals = np.zeros((2, 9, 4), np.float32)
    signals[:, 6], signals[0, 8] = 3, 6  # of 24 numbers eight are 3 and four are 6
    assert View.fitted("total", signals).scales == pytest.approx((math.sqrt(9),))
    signals[:, 5] = 2  # of 24 numbers eight are 2
    assert View.fitted("raw", signals).scales == pytest.approx((1e-6, math.sqrt(32 / 24), 3))


@pytest.mark.parametrize("kind", KINDS)
def test_windows_of_nothing_stay_finite(kind: str) -> None:
    nothing = np.zeros((2, 9, 128), np.float32)
    view = View.fitted(kind, nothing)
    assert not view.rows(nothing).any()
    assert np.isfinite(view.rows(WINDOWS)).all()


# What turning a phone does


@given(
    st.tuples(*[st.floats(-3, 3)] * 3),
    st.sampled_from(UNDONE),
    st.integers(0, len(WINDOWS) - 1),
)
def test_turning_the_sensors_turns_the_view(
    turn: tuple[float, float, float], kind: str, which: int
) -> None:
    matrix = Rotation.from_rotvec(turn).as_matrix()

    def turned(signals: NDArray[np.floating]) -> NDArray[np.float64]:
        vectors = signals.reshape(len(signals), -1, 3, 128).astype(np.float64)
        return (matrix @ vectors).reshape(signals.shape)

    view, windows = View.fitted(kind, WINDOWS), WINDOWS[which : which + 1]
    found = view.seen(turned(windows))
    np.testing.assert_allclose(found, turned(view.seen(windows)), rtol=0, atol=1e-5)


def test_turning_all_sensors_keeps_the_scales() -> None:
    matrix = Rotation.from_rotvec([0.3, -1.2, 0.8]).as_matrix()
    turned = (matrix @ WINDOWS.reshape(-1, 3, 3, 128)).reshape(WINDOWS.shape)
    for kind in UNDONE:
        one, other = View.fitted(kind, WINDOWS), View.fitted(kind, turned.astype(np.float32))
        np.testing.assert_allclose(one.scales, other.scales, rtol=1e-5)


# Recurrence images


def test_recurrence_images_are_those_of_companded_signals() -> None:
    view = View("recurrence", (2.0, 0.5, 4.0))
    expected = recurrence.images(companded(WINDOWS[:5]), 32)
    expected /= np.repeat([2.0, 0.5, 4.0], 3)[:, None, None].astype(np.float32)
    found = view.seen(WINDOWS[:5])
    assert found.shape == (5, 9, 32, 32)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert view.rows(WINDOWS[:5]).shape == (5, 9216)
    np.testing.assert_array_equal(view.rows(WINDOWS[:5]), found.reshape(5, -1))


def test_a_recurrence_image_has_no_way_back() -> None:
    view = plain("recurrence")
    with pytest.raises(ValueError, match="does not tell the signal that it came from"):
        view.signals(view.rows(WINDOWS[:2]))


# The rest


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_view_is_what_its_architecture_expects(architecture: Architecture) -> None:
    config = WindowConfig(architecture=architecture)
    view = plain(config.view)
    assert view.seen(WINDOWS[:3]).shape == (3, *config.shape)
    assert view.rows(WINDOWS[:3]).shape == (3, config.n_features)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_halves(kind: str) -> None:
    view = View.fitted(kind, WINDOWS)
    halves = WINDOWS[:3].astype(np.float16)
    before = halves.copy()
    rows = view.rows(halves)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    np.testing.assert_array_equal(rows, view.rows(halves.astype(np.float32)))
    np.testing.assert_array_equal(halves, before)


@pytest.mark.parametrize("kind", UNDONE)
def test_rows_are_left_as_they_were(kind: str) -> None:
    view = View.fitted(kind, WINDOWS)
    rows = view.rows(WINDOWS[:3])
    before, signals = rows.copy(), WINDOWS[:3].copy()
    view.signals(rows)
    view.rows(signals)
    np.testing.assert_array_equal(rows, before)
    np.testing.assert_array_equal(signals, WINDOWS[:3])


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_survives_json(kind: str) -> None:
    view = View.fitted(kind, WINDOWS[:9])
    assert unpack(View, {}, json.loads(json.dumps(pack(view)[1]))) == view


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="total, signals, recurrence; found 'spectrum'"):
        View.fitted("spectrum", WINDOWS)
