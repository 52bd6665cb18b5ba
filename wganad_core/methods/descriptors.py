"""What a window is like in a few numbers, without any network: spaces to seek neighbours in.

All take rows (n, 9·128) of the view `signals` (data.views): companded, in units of training
normals.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

BANDS = (1, 3, 5, 8, 12, 20, 40, 65)  # bins of 50 Hz / 128 ≈ 0.39 Hz between which energy is summed
FAINT = 1e-3  # added before logarithms: well below what a phone that lies still shows


def _signals(rows: Tensor) -> Tensor:
    return rows.view(len(rows), 9, rows.shape[1] // 9)


def posture(rows: Tensor) -> Tensor:
    """Mean total acceleration (n, 3): where down is."""
    return _signals(rows)[:, 6:].mean(dim=2)


def strength(rows: Tensor) -> Tensor:
    """Logarithm of each body signal's standard deviation (n, 6): how much it moves."""
    if not len(rows):  # of which std warns
        return rows.new_empty(0, 6)
    return (_signals(rows)[:, :6].std(dim=2, correction=0) + FAINT).log()


def rhythm(rows: Tensor) -> Tensor:
    """Logarithm of each body signal's energy in seven bands from 0.4 to 25 Hz (n, 42)."""
    if not len(rows):  # of which rfft makes an error
        return rows.new_empty(0, 6 * (len(BANDS) - 1))
    signals = _signals(rows)[:, :6]
    length = signals.shape[2]
    window = torch.hann_window(length, periodic=False, dtype=rows.dtype)
    power = (torch.fft.rfft(signals * window, dim=2).abs() / length).square()
    bands = [power[:, :, low:high].sum(dim=2) for low, high in itertools.pairwise(BANDS)]
    return (torch.stack(bands, dim=2) + FAINT**2).log().flatten(1)


DESCRIPTORS: dict[str, Callable[[Tensor], Tensor]] = {
    "posture": posture,
    "strength": strength,
    "rhythm": rhythm,
}
