"""Choosing a threshold without labels. A sample is flagged when its score > threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def quantile_threshold(calibration: NDArray[np.floating], false_alarm_rate: float) -> float:
    """The smallest calibration score that at most `false_alarm_rate` of them exceed.

    `calibration` (n,) are scores of normals that were used for nothing else. Raises `ValueError`
    for an empty or non-finite sample or a rate outside [0, 1].
    """
    if not 0 <= false_alarm_rate <= 1:
        raise ValueError(f"Expected a false-alarm rate in [0, 1]; found {false_alarm_rate}.")
    if not len(calibration) or not np.isfinite(calibration).all():
        raise ValueError("Expected at least one calibration score, all of them finite.")
    ordered = np.sort(calibration)
    exceeding = int(np.floor(false_alarm_rate * len(ordered) + 1e-9))
    if exceeding >= len(ordered):
        return -float("inf")
    return float(ordered[len(ordered) - 1 - exceeding])
