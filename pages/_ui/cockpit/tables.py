"""Score tables taken apart: per detector and part the scores, text kept once; and ids looked up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.records import Scored, ScoreTable

Index = NDArray[np.int64]
Key = tuple[str, str, str]  # model, protocol, detector


@dataclasses.dataclass(frozen=True)
class Parts:
    """What a detector scored: the test part with its rows' numbers in the file, from 1, and the
    calibration and fit parts where it has them."""

    test: Scored
    row: Index
    calibration: Scored | None
    fit: Scored | None


def read(path: Path) -> dict[Key, Parts]:
    """The first seed's parts of every detector that has tests. Columns of text, most of a table's
    memory, are the same arrays for all detectors that scored the same samples.

    Raises `StorageError` for what is no score table.
    """
    table = storage.load_scores(path)
    parts: dict[Key, dict[str, Scored]] = {}
    tested: dict[Key, Index] = {}
    kept: list[Scored] = []
    for (*owner, part), rows in _pieces(table):
        key = cast(Key, tuple(owner))
        scored = Scored.from_table(_rows(table, rows))
        parts.setdefault(key, {})[part] = scored if part == "fit" else _sharing(scored, kept)
        if part == "test":
            tested[key] = rows + 1
    return {
        key: Parts(parts[key]["test"], row, parts[key].get("calibration"), parts[key].get("fit"))
        for key, row in tested.items()
    }


def positions(wanted: NDArray[np.str_] | None, ids: NDArray[np.str_] | None) -> Index:
    """Where each wanted id stands among `ids`; −1 for one that does not."""
    assert wanted is not None
    assert ids is not None
    order = np.argsort(ids, kind="stable")
    place = np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)
    return np.where(ids[order[place]] == wanted, order[place], -1)


def _pieces(table: ScoreTable) -> Iterator[tuple[tuple[str, str, str, str], Index]]:
    """The first seed's rows of every model, protocol, detector and part."""
    columns = [table.model, table.protocol, table.detector, table.part, table.seed]
    changes = np.ones(len(table), bool)
    changes[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    starts = np.flatnonzero(changes)
    found: dict[tuple[str, str, str, str], list[Index]] = {}
    first = table.seed.min() if len(table) else 0
    for start, rows in zip(starts, np.split(np.arange(len(table)), starts[1:]), strict=False):
        if table.seed[start] == first:
            key = cast(Any, tuple(str(column[start]) for column in columns[:4]))
            found.setdefault(key, []).append(rows)
    for key, pieces in found.items():
        yield key, np.concatenate(pieces)


def _rows(table: ScoreTable, rows: Index) -> ScoreTable:
    return ScoreTable(
        **{f.name: getattr(table, f.name)[rows] for f in dataclasses.fields(ScoreTable)}
    )


def _sharing(scored: Scored, kept: list[Scored]) -> Scored:
    """The same, with the columns of one that is kept if that has the same samples."""
    for other in kept:
        if _same(other.sample_id, scored.sample_id):
            return dataclasses.replace(other, score=scored.score)
    kept.append(scored)
    return scored


def _same(ids: NDArray[np.str_] | None, others: NDArray[np.str_] | None) -> bool:
    return ids is not None and others is not None and np.array_equal(ids, others)
