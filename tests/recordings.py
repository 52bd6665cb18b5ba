"""Recordings that several test modules write down."""

from __future__ import annotations

from typing import Any

import numpy as np

from wganad_core.data.recording import Recording


def one_channel(values: Any, time: Any = None, max_gap: float = 0.1) -> Recording:
    column = np.array(values, np.float64)[:, None]
    rows = np.arange(len(column)) / 50 if time is None else np.array(time, np.float64)
    return Recording(rows, ("x",), column, max_gap)
