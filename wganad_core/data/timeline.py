"""A recording's windows in time: which moments each one answers for, and what gets flagged.

Windows overlap, so that a moment lies in several. Each answers for the moments that are nearer to
its middle than to any other's; the first and the last of a stretch without gaps answer for its
ends, too. Spans of neighbours meet and none overlap, whatever the score.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.har import LENGTH, RATE, SIGNALS
from wganad_core.data.recording import Recording, Values
from wganad_core.data.windows import Cut, cut
from wganad_core.records import FloatArray

STRIDE = LENGTH // 2  # as in training


@dataclasses.dataclass(frozen=True)
class Timeline:
    """`recording` at 50 Hz, its windows' `signals` (n, 9, 128) in the order of `SIGNALS` (zeros
    where a sensor is missing), and the seconds `begin` to `end` (n,) that each answers for."""

    recording: Recording
    signals: FloatArray
    begin: Values
    end: Values

    def __len__(self) -> int:
        return len(self.begin)

    def has(self, sensor: str) -> bool:
        """Whether there are signals such as `body_gyro_x`, for `body_gyro`."""
        return f"{sensor}_x" in self.recording.channels


@dataclasses.dataclass(frozen=True)
class Flagged:
    """Neighbouring windows above a threshold: from `start` to `end` in seconds, with the highest
    score, `peak`, of its `n` windows."""

    start: float
    end: float
    peak: float
    n: int


@dataclasses.dataclass(frozen=True)
class Bout:
    """One activity from `start` to `end`, in seconds."""

    start: float
    end: float
    activity: str


def timeline(recording: Recording, stride: int = STRIDE) -> Timeline:
    """What `uci_preset` made of a recording, cut into windows every `stride` rows.

    Raises `DataError` without total acceleration, which every model needs, and where no window
    fits.
    """
    if SIGNALS[-1] not in recording.channels:
        raise DataError(
            "Expected the total acceleration, which every model needs (acc_x, acc_y, acc_z with "
            f"gravity, or {', '.join(SIGNALS[-3:])}); found {', '.join(recording.channels)}."
        )
    found = cut(recording, LENGTH, stride)
    signals = np.zeros((len(found.row), len(SIGNALS), LENGTH), np.float32)
    signals[:, [SIGNALS.index(name) for name in recording.channels]] = found.windows
    return Timeline(recording, signals, *spans(found, stride))


def spans(found: Cut, stride: int) -> tuple[Values, Values]:
    """From when to when (n,) each window answers, in seconds."""
    length = found.windows.shape[2]
    joined = np.diff(found.row) == stride  # else a gap lies between
    begin, end = found.start.copy(), found.start + length / RATE
    begin[1:][joined] += (length - stride) / 2 / RATE
    end[:-1][joined] = begin[1:][joined]
    return begin, end


def flagged(line: Timeline, score: NDArray[np.floating], threshold: float) -> list[Flagged]:
    """The stretches whose windows score above the threshold, in order."""
    above = score > threshold
    follows = np.append(False, line.begin[1:] == line.end[:-1])
    first = np.flatnonzero(above & ~(follows & np.append(False, above[:-1])))
    last = np.flatnonzero(above & ~np.append(follows[1:] & above[1:], False))
    return [
        Flagged(float(line.begin[i]), float(line.end[j]), float(score[i : j + 1].max()), j + 1 - i)
        for i, j in zip(first.tolist(), last.tolist(), strict=True)
    ]


def bouts(recording: Recording, activities: NDArray[np.str_]) -> list[Bout]:
    """What was done when, from an activity per row; a gap ends a bout."""
    ends = (activities[1:] != activities[:-1]) | (np.diff(recording.time) > recording.max_gap)
    first = np.append(0, np.flatnonzero(ends) + 1)
    last = np.append(np.flatnonzero(ends), len(activities) - 1)
    return [
        Bout(float(recording.time[i]), float(recording.time[j]), str(activities[i]))
        for i, j in zip(first.tolist(), last.tolist(), strict=True)
    ]
