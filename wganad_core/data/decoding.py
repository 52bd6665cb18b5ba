"""What is refused of any picture file, before and while it is decoded."""

from __future__ import annotations

from wganad_core.data import DataError

MAX_BYTES, MAX_PIXELS = 20_000_000, 50_000_000  # of one picture


def too_many(found: str) -> DataError:
    return DataError(
        f"is too large: expected at most {MAX_PIXELS // 10**6} million pixels, found {found}; "
        "scale it down."
    )


def broken(error: Exception) -> DataError:
    return DataError(
        f"cannot be decoded and may be cut short ({type(error).__name__}); save it again."
    )
