"""Scoring chunk after chunk, in threads of this process or wherever a future comes from.

A detector scores with one thread of torch, so that neither the engine nor the number of threads
changes a bit of a score.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from wganad_core.jobs import Refused

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

MAX_THREADS = 4  # unless asked for more: each keeps a chunk and what is computed of it


class RowsRefused(Refused):
    """The detector cannot score these rows."""


class Scorable(Protocol):
    """What is scored: rows `x` (n, d), or a list of recordings."""

    @property
    def x(self) -> Any: ...


S = TypeVar("S", bound=Scorable)


def score(detector: Any, x: Any) -> Values:
    """Scores (n,) of rows (n, d), under the names of features that the detector was fitted with;
    of a recording or several, the score of every step. Raises `RowsRefused`."""
    import numpy as np

    if not len(x):
        return np.empty(0)
    rows: Any = x
    if (names := getattr(detector, "feature_names_in_", None)) is not None:
        from wganad_core.data.own.record import table_of

        several = isinstance(x, list)
        frames = [table_of(one, names, detector.categories_) for one in (x if several else [x])]
        rows = frames if several else frames[0]
    along = getattr(detector, "anomaly_score_along", detector.anomaly_score)
    try:
        found = along(rows)
        return np.asarray(np.concatenate(found) if isinstance(x, list) else found, np.float64)
    except ValueError as error:
        raise RowsRefused(" ".join(str(error).split())) from error


def in_threads(
    detector: Any, chunks: Iterable[S], n_threads: int | None = None
) -> Generator[tuple[S, Values]]:
    """Every chunk with its scores, in order; at most one chunk more than threads is held."""
    from concurrent.futures import ThreadPoolExecutor

    n = n_threads or min(MAX_THREADS, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(n)
    try:
        yield from in_order(lambda x: pool.submit(score, detector, x), chunks, lambda: n)
    finally:  # not by `with`, which would wait for chunks that nobody wants any more
        pool.shutdown(wait=False, cancel_futures=True)


def in_order(
    submit: Callable[[Any], Any], chunks: Iterable[S], ahead: Callable[[], int]
) -> Iterator[tuple[S, Values]]:
    """Every chunk with its scores, in order, with at most `ahead()` more in the making."""
    waiting: deque[tuple[S, Any]] = deque()
    for chunk in chunks:
        waiting.append((chunk, submit(chunk.x)))
        while len(waiting) > ahead():
            first, promise = waiting.popleft()
            yield first, promise.result()
    while waiting:
        first, promise = waiting.popleft()
        yield first, promise.result()
