"""Points that a person draws: where the pen went, as a short text, and the data around it."""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.records import FloatArray

REACH = 1.5  # the pen draws on [−1.5, 1.5]²
MOST = 300  # places of the pen; an address holds them in 802 letters
SPREAD = 0.04  # of the points around a place
N_POINTS = 6_000  # about as many in all, however many places
_STEPS = 255  # places along each direction


def to_text(centres: Sequence[Sequence[float]]) -> str:
    """Places of a pen, (n, 2) on [−1.5, 1.5]², to the nearest of 256 steps in each direction, in
    letters that an address may hold.

    Raises
    ------
    DataError
        For none, or for more than `MOST`.

    Examples
    --------
    >>> from wganad_core.data.drawn import to_text
    >>> to_text([(0, 0), (-1.5, 1.5)])
    'gIAA_yo'
    """
    places = np.asarray(centres, np.float64).reshape(-1, 2)
    if not 1 <= len(places) <= MOST or not np.isfinite(places).all():
        raise DataError(f"Expected 1 to {MOST} drawn points; found {len(places):,}.")
    codes = np.rint((places.clip(-REACH, REACH) + REACH) * (_STEPS / (2 * REACH)))
    data = codes.astype(np.uint8).tobytes()
    return urlsafe_b64encode(data + _check(data)).decode().rstrip("=")


def _check(data: bytes) -> bytes:
    """A last byte, by which a link that was cut off is known."""
    return crc32(data).to_bytes(4, "big")[-1:]


def from_text(text: str) -> NDArray[np.float64]:
    """Undo `to_text`: (n, 2), to a 255th of the square's side.

    Raises
    ------
    DataError
        With one sentence for anything that `to_text` does not write.

    Examples
    --------
    >>> from wganad_core.data.drawn import from_text
    >>> from_text("gIAA_yo").round(2).tolist()
    [[0.01, 0.01], [-1.5, 1.5]]
    """
    if len(text) > 4 * MOST:  # before anything is made of it
        raise DataError(f"Expected at most {MOST} drawn points; found {len(text):,} letters.")
    try:
        data = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    data, check = data[:-1], data[-1:]
    if len(data) % 2 or not 1 <= len(data) // 2 <= MOST or check != _check(data):
        raise DataError(
            f"Expected 1 to {MOST} drawn points in letters; found {text[:40]!r}. The link may have "
            "been cut off: copy all of it."
        )
    codes = np.frombuffer(data, np.uint8).reshape(-1, 2)
    return codes.astype(np.float64) * (2 * REACH / _STEPS) - REACH


def clouds(centres: NDArray[Any], spread: float = SPREAD, n_points: int = N_POINTS) -> FloatArray:
    """A small Gaussian cloud around each of the places (k, 2), about `n_points` in all and at
    least one each; (n, 2), the same for the same places.

    Examples
    --------
    >>> from wganad_core.data.drawn import clouds, from_text
    >>> clouds(from_text("gIAA_yo")).shape
    (6000, 2)
    """
    middle = np.asarray(centres, np.float64).reshape(-1, 1, 2)
    shape = (len(middle), max(1, round(n_points / max(1, len(middle)))), 2)
    noise = np.random.default_rng(0).normal(scale=spread, size=shape)
    return (middle + noise).reshape(-1, 2).astype(np.float32)
