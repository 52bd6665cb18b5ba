"""Which signal makes a window odd to any detector: one after the other is put back to what a model
expects of it, and the window is scored again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wganad_core.data.har import SIGNALS
from wganad_core.records import FloatArray


def substituted(window: FloatArray, expected: Mapping[str, FloatArray]) -> FloatArray:
    """Of a window (9, 128) one for each expected signal (128,), with that signal instead of its
    own: (k, 9, 128), in the order of `expected`."""
    found = np.repeat(window[None], len(expected), axis=0)
    for one, (name, signal) in zip(found, expected.items(), strict=True):
        one[SIGNALS.index(name)] = signal
    return found


def blame(score: float, without: Mapping[str, float]) -> dict[str, float]:
    """How much less odd the window is without each signal; 0 where it is no less odd.

    Examples
    --------
    >>> blame(5.0, {"body_acc_x": 2.0, "body_acc_y": 6.0})
    {'body_acc_x': 3.0, 'body_acc_y': 0.0}
    """
    return {name: max(0.0, score - other) for name, other in without.items()}
