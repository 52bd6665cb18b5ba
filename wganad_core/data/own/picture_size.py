"""The size at which a detector sees pictures, and how it is proposed."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wganad_core.config import PICTURE_SIDES
from wganad_core.data import DataError
from wganad_core.data.own import Colours

MOST_VALUES = 50_000_000  # of all pictures together, 200 MB of float32
LOOKED_AT = 64  # pictures, evenly from the whole, that a proposal rests on
SCALED = "Seen at"  # so begins the remark on pictures of another size
COLOURED = 10  # of 255: channels that are further apart are a colour, not the noise of JPEG


@dataclasses.dataclass(frozen=True)
class PictureSize:
    """`side` × `side` pixels, whatever the proportions, in grey or in colour."""

    side: int = 28
    colours: Colours = "grey"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.side, self.side) if self.colours == "grey" else (self.side, self.side, 3)

    @property
    def n_values(self) -> int:
        return self.side**2 * (1 if self.colours == "grey" else 3)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the values of a row: row by row, and of a pixel red, green, blue."""
        return _names(self.n_values)

    @property
    def kind(self) -> type[np.floating[Any]]:
        """Of numbers: single precision for what is many."""
        return np.float64 if self == TEACHING else np.float32

    def __str__(self) -> str:
        how = "grey" if self.colours == "grey" else "colour"
        return f"{self.side} × {self.side} pixels in {how}"


TEACHING = PictureSize()  # the paper's, of MNIST
EVERY = {
    size.n_values: size
    for side in PICTURE_SIDES
    for size in (PictureSize(side, "grey"), PictureSize(side, "rgb"))
}


@functools.cache
def _names(n: int) -> tuple[str, ...]:
    return tuple(f"p{at}" for at in range(n))


def size_of(features: Sequence[str]) -> PictureSize | None:
    """The size of pictures whose values have these names; None of other names."""
    found = EVERY.get(len(features))
    return found if found is not None and tuple(features) == found.names else None


class Facts(NamedTuple):
    """What a proposal needs to know of a picture."""

    width: int
    height: int
    coloured: bool


def coloured(rgb: NDArray[np.uint8]) -> bool:
    """Whether a picture (height, width, 3) has a pixel that is no grey."""
    return bool((np.ptp(rgb, axis=2) > COLOURED).any())


def proposed(some: Iterable[Facts], n: int) -> tuple[PictureSize, str]:
    """The size for `n` pictures of which `some` were looked at: no smaller than they are where that
    is possible and their values are not too many; in colour if any has one. And a remark on it, ""
    where pictures are seen as they are.

    Examples
    --------
    >>> from wganad_core.data.own.picture_size import Facts, proposed
    >>> proposed([Facts(256, 200, True)], 84)[0]
    PictureSize(side=128, colours='rgb')
    >>> proposed([Facts(256, 200, True)], 10_000)[0]
    PictureSize(side=32, colours='rgb')
    """
    looked = list(some)
    colours: Colours = "rgb" if any(one.coloured for one in looked) else "grey"
    largest = max(max(one.width, one.height) for one in looked)
    smallest = min(min(one.width, one.height) for one in looked)
    enough = next((side for side in PICTURE_SIDES if side >= largest), PICTURE_SIDES[-1])
    fitting = [s for s in PICTURE_SIDES if n * PictureSize(s, colours).n_values <= MOST_VALUES]
    size = PictureSize(min(enough, max(fitting, default=PICTURE_SIDES[0])), colours)
    if size == TEACHING and smallest == largest == size.side:
        return size, ""
    why = f"; more of each is too much for {n:,} pictures" * (size.side < enough)
    found = f"{SCALED} {size}, whatever the proportions{why} (--picture-size, --picture-colours)."
    if colours == "grey":
        found = f"{found[:-1]}: none of the {len(looked):,} that were looked at has a colour."
    return size, found


def as_asked(
    found: tuple[PictureSize, str], side: int | None, colours: Colours | None
) -> tuple[PictureSize, str]:
    """What was proposed, but for what was asked for. Raises `DataError` for a side that no network
    is made for."""
    if side is not None and side not in PICTURE_SIDES:
        listed = ", ".join(map(str, PICTURE_SIDES))
        raise DataError(f"Expected a picture size of {listed}; found {side}.")
    size = found[0]
    asked = PictureSize(side or size.side, colours or size.colours)
    if asked == size:
        return found
    return asked, f"{SCALED} {asked}, as asked for, whatever the proportions."


def as_wanted(found: tuple[PictureSize, str], size: PictureSize) -> tuple[PictureSize, str]:
    """The size that a detector was fitted with, and a remark where another one was proposed."""
    proposal, remark = found
    if proposal == size and not remark:
        return size, ""
    lost = "; their colours are not seen" * (proposal.colours == "rgb" and size.colours == "grey")
    return size, f"{SCALED} {size}, as the detector takes them, whatever the proportions{lost}."
