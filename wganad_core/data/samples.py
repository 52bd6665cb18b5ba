"""What data sets have in common: content hashes, the whole pool, samples that ship."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from wganad_core.bootstrap import HOUSE
from wganad_core.data import DataError
from wganad_core.data.fetch import reason

FOLDER = HOUSE / "pretrained" / "samples"


def content_ids(samples: NDArray[Any]) -> NDArray[np.str_]:
    """A content hash (16 hex digits) of each sample (n, …), so that scores join with data in any
    order."""
    rows = np.ascontiguousarray(samples)
    return np.array(
        [hashlib.blake2b(row.tobytes(), digest_size=8).hexdigest() for row in rows], "<U16"
    )


@contextlib.contextmanager
def opened_sample(path: Path) -> Iterator[NpzFile]:
    """The arrays of a sample that ships; whatever goes wrong with it becomes a `DataError`."""
    try:
        with path.open("rb") as file:
            yield NpzFile(file)
    except Exception as error:  # of a dozen kinds, from zipfile, zlib, tokenize and NumPy
        raise DataError(
            f"{path} cannot be read ({reason(error)}); restore it from the repository."
        ) from error


def need_full_pool(position: NDArray[np.int64], n: int, noun: str, loader: str) -> None:
    """The numbers of a split are those of the full pool in its own order."""
    if not np.array_equal(position, np.arange(n)):
        raise DataError(
            f"A split needs the full pool of {n:,} {noun} in its own order; found "
            f"{len(position):,}. Take it from {loader}."
        )
