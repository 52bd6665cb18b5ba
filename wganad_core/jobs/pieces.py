"""Recordings that are larger than memory, scored in pieces as they would be in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wganad_core.jobs import Refused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wganad_core.data.own.record import OwnSamples


def pieces(chunks: Iterable[OwnSamples], window: int, stride: int) -> Iterator[OwnSamples]:
    """A recording in pieces of `BLOCK_ROWS` windows; the last may have less, or one more, which
    ends with it. So windows are scored in the blocks that they are in a whole. Neighbouring pieces
    share the window − stride steps that windows of both cover."""
    from wganad_core.data.own.record import joined

    step = _step(stride)
    n_piece = step - stride + window
    held: list[OwnSamples] = []
    n = 0
    for chunk in chunks:
        held.append(unbroken(chunk))
        n += len(chunk.x)
        while n >= n_piece + stride:  # another window begins behind these
            every = joined(held)
            yield every.take(slice(0, n_piece))
            held, n = [every.take(slice(step, None))], n - step
    yield joined(held)


def put_together(
    scored: Iterable[tuple[OwnSamples, NDArray[np.float64]]], stride: int
) -> Iterator[tuple[OwnSamples, NDArray[np.float64]]]:
    """Every step of `pieces` once, with the highest score that a piece gave it."""
    import numpy as np

    step, before, rest = _step(stride), np.empty(0), None
    for piece, scores in scored:
        n = len(before)
        scores = np.concatenate([np.maximum(scores[:n], before), scores[n:]])
        yield piece.take(slice(0, step)), scores[:step]
        rest, before = piece.take(slice(step, None)), scores[step:]
    if rest is not None and len(before):
        yield rest, before


def unbroken(recording: OwnSamples) -> OwnSamples:
    """The rows of a recording. Raises `Refused` where one is not to be used."""
    if len(recording.missing):
        raise Refused(
            f"{recording.name}: a recording needs every row, and row {recording.missing[0]:,} "
            "lacks a number; fill it, or cut the recording there."
        )
    return recording


def _step(stride: int) -> int:
    """From the beginning of a piece to that of the next."""
    from wganad_core.detector import BLOCK_ROWS

    return BLOCK_ROWS * stride
