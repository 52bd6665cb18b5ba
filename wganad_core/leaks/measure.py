"""All ways in which results get too good, measured on what is here."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator

from wganad_core import board
from wganad_core.leaks import WAYS, Leaks, Pair, epochs, subjects, tables
from wganad_core.use_cases import USE_CASES, UseCase

COMMAND = "python -m wganad_core study leaks"


def measure(names: Collection[str] = (), tell: Callable[[str], None] = print) -> Leaks:
    """Every way, or those named. Raises `DataError` where a full data set is missing, and
    `StorageError` where score tables are."""
    pairs: dict[str, list[Pair]] = {}
    seconds: dict[str, float] = {}
    for name in names or WAYS:
        tell(f"measuring {name}: {WAYS[name].title.lower()}")
        began = time.perf_counter()
        pairs[name] = [pair for case in USE_CASES.values() for pair in _MEASURES[name](case)]
        seconds[name] = round(time.perf_counter() - began, 1)
    return Leaks(pairs, seconds, COMMAND)


def _subjects(case: UseCase) -> Iterator[Pair]:
    """Only windows have subjects."""
    return subjects.measure(case, case.pool()) if case.shape == "window" else iter(())


def _epochs(case: UseCase) -> Iterator[Pair]:
    """Only images, whose test parts are large enough for a curve to mean something."""
    return epochs.measure(case, case.pool()) if case.shape == "image" else iter(())


def _hindsight(case: UseCase) -> Iterator[Pair]:
    return tables.hindsight(case, board.rows(board.shipped_scores(case.name)))


def _rates(case: UseCase) -> Iterator[Pair]:
    found = tables.rates(case, board.shipped_scores(case.name))
    return iter(sorted(found, key=lambda pair: case.classes.index(pair.abnormal)))


_MEASURES: dict[str, Callable[[UseCase], Iterator[Pair]]] = {
    "subjects": _subjects,
    "hindsight": _hindsight,
    "epochs": _epochs,
    "rates": _rates,
}
