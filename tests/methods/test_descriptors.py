"""What describes a window without networks, on signals whose description is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from wganad_core.data.har import LENGTH, RATE
from wganad_core.methods.descriptors import BANDS, posture, rhythm, strength

N_BANDS = len(BANDS) - 1
TIME = np.arange(LENGTH) / RATE
BIN = RATE / LENGTH  # Hz between two frequencies that a window tells apart


def window(**signals: np.ndarray) -> Tensor:
    """One row of nine signals, zero but for those given: `s3=…` is the fourth."""
    values = np.zeros((9, LENGTH))
    for name, signal in signals.items():
        values[int(name[1:])] = signal
    return torch.from_numpy(values.reshape(1, -1))


def sine(hertz: float, size: float = 1.0) -> np.ndarray:
    return size * np.sin(2 * np.pi * hertz * TIME)


def test_the_posture_of_a_phone_held_at_an_angle() -> None:
    angle = np.deg2rad(30)
    held = window(s6=np.sin(angle), s8=np.cos(angle), s0=sine(2), s3=sine(5))
    np.testing.assert_allclose(posture(held), [[0.5, 0, np.sqrt(3) / 2]], rtol=0, atol=1e-6)


def test_a_swing_around_a_posture_does_not_change_it() -> None:
    swinging = window(s6=0.3 + sine(4 * BIN), s7=-0.2 + sine(7 * BIN))
    np.testing.assert_allclose(posture(swinging), [[0.3, -0.2, 0]], rtol=0, atol=1e-6)


def test_the_strength_of_a_known_swing() -> None:
    """Over whole periods the standard deviation of a sine is its height over √2."""
    found = strength(window(s1=5 + sine(3 * BIN, 2), s4=sine(8 * BIN, 0.1), s7=sine(BIN)))
    assert found.shape == (1, 6)
    expected = np.log([1e-3, 2 / np.sqrt(2) + 1e-3, 1e-3, 1e-3, 0.1 / np.sqrt(2) + 1e-3, 1e-3])
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("band", range(N_BANDS))
@pytest.mark.parametrize("channel", [0, 5])
def test_a_rhythm_is_in_the_band_of_its_frequency(band: int, channel: int) -> None:
    """A Hann window leaks into the bins next to it, so a rhythm in the middle of a band stays
    there; by Parseval half the window's energy is at its positive frequencies."""
    middle = (BANDS[band] + BANDS[band + 1] - 1) / 2
    signal = sine(round(middle) * BIN, 0.5)
    found = rhythm(window(**{f"s{channel}": signal}))
    assert found.shape == (1, 6 * N_BANDS)
    bands = found.numpy().reshape(6, N_BANDS)
    assert bands[channel].argmax() == band
    faint = np.log(1e-6)
    others = np.delete(bands, channel, axis=0)
    np.testing.assert_allclose(others, faint, rtol=0, atol=1e-3)
    seen = signal * np.hanning(LENGTH)
    energy = np.exp(bands[channel]) - 1e-6
    assert energy.sum() == pytest.approx(np.square(seen).sum() / (2 * LENGTH), rel=0.02)
    if BANDS[band + 1] - BANDS[band] > 2:
        assert energy[band] > 0.999 * energy.sum()


def test_twice_as_large_is_four_times_the_energy() -> None:
    one, two = (rhythm(window(s2=sine(6 * BIN, size))).reshape(6, -1)[2, 2] for size in (1, 2))
    assert two - one == pytest.approx(np.log(4), abs=1e-4)


def test_a_shift_in_time_keeps_the_rhythm() -> None:
    """As far as the window's edges allow: in the band that holds nearly all of it."""
    early, late = (window(s0=np.roll(sine(6 * BIN), shift)) for shift in (0, 17))
    np.testing.assert_allclose(rhythm(early)[0, 2], rhythm(late)[0, 2], rtol=0, atol=0.02)


def test_a_posture_is_no_rhythm() -> None:
    """Gravity is constant; so are signals whose bin is left out."""
    np.testing.assert_allclose(
        rhythm(window(s6=np.full(LENGTH, 9.8))), np.log(1e-6), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize(("describe", "size"), [(posture, 3), (strength, 6), (rhythm, 42)])
def test_each_window_for_itself_and_none_at_all(
    describe: Callable[[Tensor], Tensor], size: int
) -> None:
    rows = torch.randn(5, 9 * LENGTH, generator=torch.Generator().manual_seed(0))
    found = describe(rows)
    assert found.shape == (5, size)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(describe(rows[3:4]), found[3:4], rtol=1e-5, atol=1e-6)
    assert describe(rows[:0]).shape == (0, size)
