"""What a window is like in a few numbers, without any network: spaces to seek neighbours in.

All take rows (n, 9·128) of the view `signals` (data.views): companded, in units of training
normals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray

BANDS = (1, 3, 5, 8, 12, 20, 40, 65)  # bins of 50 Hz / 128 ≈ 0.39 Hz between which energy is summed
FAINT = 1e-3  # added before logarithms: well below what a phone that lies still shows


def _signals(rows: NDArray[np.floating]) -> FloatArray:
    return np.asarray(rows, np.float32).reshape(len(rows), 9, rows.shape[1] // 9)


def posture(rows: NDArray[np.floating]) -> FloatArray:
    """Mean total acceleration (n, 3): where down is."""
    return np.asarray(_signals(rows)[:, 6:].mean(axis=2))


def strength(rows: NDArray[np.floating]) -> FloatArray:
    """Logarithm of each body signal's standard deviation (n, 6): how much it moves."""
    return np.asarray(np.log(_signals(rows)[:, :6].std(axis=2) + FAINT))


def rhythm(rows: NDArray[np.floating]) -> FloatArray:
    """Logarithm of each body signal's energy in seven bands from 0.4 to 25 Hz (n, 42)."""
    signals = _signals(rows)[:, :6]
    window = np.hanning(signals.shape[2]).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(signals * window, axis=2)) / signals.shape[2])
    energy = np.add.reduceat(power[:, :, : BANDS[-1]], BANDS[:-1], axis=2)
    n_bands = energy.shape[1] * energy.shape[2]
    return np.asarray(np.log(energy + FAINT**2).reshape(len(rows), n_bands), np.float32)
