"""Files of one's own as bytes, and what is read from them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd

from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.samples import read_samples


def read(content: bytes | str, **columns: Any) -> OwnSamples:
    return read_samples(content.encode() if isinstance(content, str) else content, **columns)


def parquet(frame: pd.DataFrame, **options: Any) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, **options)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
