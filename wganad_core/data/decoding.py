"""A picture file that is opened, and what is refused of it before and while it is decoded."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wganad_core.data import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PICTURE_BYTES, MAX_PIXELS = 20_000_000, 50_000_000  # of one picture


@contextlib.contextmanager
def decoding(data: bytes, formats: tuple[str, ...]) -> Iterator[Image]:
    """A picture of one of these formats, to be decoded inside. Raises `DataError` with half a
    sentence that goes on after the picture's name."""
    from PIL import Image, UnidentifiedImageError

    most = MAX_PICTURE_BYTES // 10**6
    if len(data) > MAX_PICTURE_BYTES:
        found = max(len(data) // 10**6, most + 1)
        raise DataError(
            f"is too large: expected at most {most} MB, found {found} MB; scale it down."
        )
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise too_many(f"{width:,} × {height:,}")
        yield image
    except DataError:
        raise
    except UnidentifiedImageError:
        known = f"{', '.join(formats[:-1])} or {formats[-1]}"
        raise DataError(f"is no {known} picture; save it as one of these.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many("more than that") from None
    except Exception as error:  # of a dozen kinds, from Pillow's decoders
        raise DataError(
            f"cannot be decoded and may be cut short ({type(error).__name__}); save it again."
        ) from error


def too_many(found: str) -> DataError:
    return DataError(
        f"is too large: expected at most {MAX_PIXELS // 10**6} million pixels, found {found}; "
        "scale it down."
    )
