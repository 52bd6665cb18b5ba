"""What networks see of a window: three signals, nine signals, or recurrence images, in even units.

Sitting still moves a phone a hundred times less than walking. So that networks see both, body
acceleration and rotation are companded: each vector v keeps its direction and gets the length
log(1 + ‖v‖/c). A sensor's three axes share one scale, the root mean square over training normals,
and nothing is centred: turning the sensors turns what the networks see.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import recurrence
from wganad_core.records import FloatArray

AT_ONCE = 512  # windows at a time when scales are found
SIDE = 32  # of recurrence images: 128 steps in blocks of four
SENSORS = {"body_acc": slice(0, 3), "body_gyro": slice(3, 6), "total_acc": slice(6, 9)}
SENSORS_SEEN = {
    "raw": tuple(SENSORS),
    "total": ("total_acc",),
    "signals": tuple(SENSORS),
    "recurrence": tuple(SENSORS),
}
# c of the companding, in g and rad/s: about the noise of a phone that lies still.
KNEES = {"body_acc": 0.05, "body_gyro": 0.1}


@dataclasses.dataclass(frozen=True)
class View:
    """One way of looking at windows (n, 9, 128), with the scales of training normals.

    `raw`: all nine signals as they are; `total`: total acceleration as it is, rows (n, 3·128);
    `signals`: all nine, companded, rows (n, 9·128); `recurrence`: |s_i − s_j| (eq. 24) of those
    nine, averaged over blocks to 32 × 32, rows (n, 9·32·32). `scales`: one for each of its
    sensors, `SENSORS_SEEN`.
    """

    kind: str
    scales: tuple[float, ...]

    @classmethod
    def fitted(cls, kind: str, signals: FloatArray) -> View:
        """The view of this kind whose rows have a mean square of about one on these windows."""
        if kind not in SENSORS_SEEN:
            raise ValueError(f"A view is one of {', '.join(SENSORS_SEEN)}; found {kind!r}.")
        plain = cls(kind, (1.0,) * len(SENSORS_SEEN[kind]))
        sums = np.zeros(len(plain.scales))
        for start in range(0, len(signals), AT_ONCE):
            seen = plain.seen(signals[start : start + AT_ONCE])
            by_sensor = np.square(seen, dtype=np.float64).reshape(len(seen), len(sums), -1)
            sums += by_sensor.mean(axis=2).sum(axis=0)
        return cls(kind, tuple(np.sqrt(np.maximum(sums / len(signals), 1e-12)).tolist()))

    def seen(self, signals: NDArray[np.floating]) -> FloatArray:
        """Windows (n, 9, 128) as (n, channels, …), in units of the scales."""
        if self.kind == "raw":
            seen = np.array(signals, np.float32)
        elif self.kind == "total":
            seen = np.array(signals[:, SENSORS["total_acc"]], np.float32)
        else:
            seen = companded(signals)
        if self.kind == "recurrence":
            seen = recurrence.images(seen, SIDE)
        return self._times(seen, [1 / scale for scale in self.scales])

    @staticmethod
    def _times(seen: FloatArray, factors: Sequence[float]) -> FloatArray:
        """Each sensor's three channels by its factor, in place."""
        for i, factor in enumerate(factors):
            seen[:, 3 * i : 3 * i + 3] *= np.float32(factor)
        return seen

    def rows(self, signals: NDArray[np.floating]) -> FloatArray:
        """Windows (n, 9, 128) as rows (n, n_features), which is what every network takes."""
        seen = self.seen(signals)
        return np.ascontiguousarray(seen.reshape(len(seen), math.prod(seen.shape[1:])), np.float32)

    def signals(self, rows: NDArray[np.floating]) -> FloatArray:
        """Rows back in g and rad/s: (n, 3, 128) or (n, 9, 128). Recurrence images have no way
        back; theirs raise `ValueError`."""
        if self.kind == "recurrence":
            raise ValueError("A recurrence image does not tell the signal that it came from.")
        n, channels = len(rows), 3 * len(self.scales)
        seen = np.array(rows, np.float32).reshape(n, channels, rows.shape[1] // channels)
        seen = self._times(seen, self.scales)
        return expanded(seen) if self.kind == "signals" else seen


def companded(signals: NDArray[np.floating]) -> FloatArray:
    """Windows (n, 9, L) with body vectors v as v/‖v‖ · log(1 + ‖v‖/c)."""
    even = np.array(signals, np.float32)
    for sensor, knee in KNEES.items():
        vectors = even[:, SENSORS[sensor]]
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors *= np.log1p(length / np.float32(knee)) / np.maximum(length, 1e-12)
    return even


def expanded(even: NDArray[np.floating]) -> FloatArray:
    """Undo `companded`."""
    signals = np.array(even, np.float32)
    for sensor, knee in KNEES.items():
        vectors = signals[:, SENSORS[sensor]]
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors *= np.expm1(length) * np.float32(knee) / np.maximum(length, 1e-12)
    return signals
