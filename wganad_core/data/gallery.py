"""A score table taken apart and joined with the bundled samples: who stands where, and which to
look at first."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray, Scored, ScoreTable

Order = Literal["mixed", "highest", "lowest", "misses", "alarms"]
ORDERS: tuple[Order, ...] = get_args(Order)

Index = NDArray[np.int64]
Key = tuple[str, str, str]  # model, protocol, detector


def percent(share: float, digits: int = 1) -> str:
    """A share in %, rounded down, so that 100% means all and coarser words never say more than
    finer ones: 0.9967 is "99.6%", or "99%" without digits."""
    return f"{floor(100 * share, digits):g}%"


def floor(value: float, digits: int = 0) -> float:
    return float(math.floor(10**digits * value + 1e-9) / 10**digits)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a score stands among a detector's n test scores: rank 1 is the most anomalous.
    `normals` and `anomalies` are the shares of each that score lower."""

    score: float
    rank: int
    n: int
    normals: float
    anomalies: float


@dataclasses.dataclass(frozen=True)
class Gallery:
    """The test part of one abnormal class, without the table's columns of text.

    `classes` and `subjects` (n,) and `scores` (n,) by detector cover the whole test part, NaN where
    a slow detector did not score; `row` (m,) is each bundled sample's row in it, −1 for one that is
    not.
    """

    abnormal: str
    classes: NDArray[np.str_]
    scores: Mapping[str, FloatArray]
    row: Index
    subjects: NDArray[np.str_] | None = None

    @property
    def label(self) -> NDArray[np.bool_]:
        return np.asarray(self.classes == self.abnormal)

    def score(self, detector: str) -> FloatArray:
        """The score (m,) of every bundled sample; NaN where there is none."""
        padded = np.append(self.scores[detector], np.float32(np.nan))
        return np.asarray(padded[self.row], np.float32)

    def scores_of(self, sample: int) -> dict[str, float]:
        """The scores of one bundled sample by detector, those that there are."""
        row = self.row[sample]
        found = {name: float(score[row]) for name, score in self.scores.items() if row >= 0}
        return {name: score for name, score in found.items() if not np.isnan(score)}

    def part_of(self, detector: str) -> int | None:
        """How many of the test part a slow detector scored; None for one that scored all of it."""
        n = int((~np.isnan(self.scores[detector])).sum())
        return n if n < len(self.classes) else None

    def place(self, detector: str, score: float) -> Place:
        """Where a score, of the test part's or any other, stands."""
        scores, label = self.scores[detector], self.label
        known = ~np.isnan(scores)
        return Place(
            score=float(score),
            rank=int((scores[known] > score).sum()) + 1,
            n=int(known.sum()),
            normals=float((scores[known & ~label] < score).mean()),
            anomalies=float((scores[known & label] < score).mean()),
        )

    def order(
        self,
        detector: str,
        by: Order,
        class_: str | None = None,
        n: int = 24,
        among: NDArray[np.bool_] | None = None,
    ) -> Index:
        """At most n bundled samples, by number: the highest or lowest scores, the anomalies with
        the lowest (`misses`), the normals with the highest (`alarms`), or a fixed mixture.
        `among` (m,) marks the samples to choose from."""
        score = self.score(detector)
        keep = ~np.isnan(score)
        if among is not None:
            keep &= among
        classes = np.append(self.classes, "")[self.row]
        if class_ is not None:
            keep &= classes == class_
        if by == "misses":
            keep &= classes == self.abnormal
        if by == "alarms":
            keep &= classes != self.abnormal
        rows = np.flatnonzero(keep)
        if by == "mixed":
            return _evenly(rows, classes[rows] == self.abnormal, n)
        sign = -1 if by in ("highest", "alarms") else 1
        return rows[np.argsort(sign * score[rows], kind="stable")[:n]]

    def first(self, detector: str, n: int, per_class: int) -> tuple[Index, Index]:
        """The first n bundled anomalies, and the first normals of each class, of those that the
        detector scored."""
        classes = np.append(self.classes, "")[self.row]
        classes[np.isnan(self.score(detector))] = ""
        normals = [
            np.flatnonzero(classes == class_)[:per_class]
            for class_ in np.unique(self.classes[~self.label])
        ]
        return np.flatnonzero(classes == self.abnormal)[:n], np.concatenate(normals)

    def table(self, detector: str) -> ScoreTable:
        """One detector's test scores in the exchange format, without ids."""
        keep = ~np.isnan(self.scores[detector])
        n = int(keep.sum())
        same = dict.fromkeys(("use_case", "model", "protocol", "sample_id"), "")
        same |= {"abnormal": self.abnormal, "detector": detector, "part": "test"}
        return ScoreTable(
            **{name: np.full(n, value) for name, value in same.items()},
            subject=np.full(n, "") if self.subjects is None else self.subjects[keep],
            seed=np.zeros(n, np.int64),
            class_=self.classes[keep],
            label=self.label[keep].astype(np.int64),
            score=self.scores[detector][keep],
        )


def _evenly(rows: Index, abnormal: NDArray[np.bool_], n: int) -> Index:
    """A fixed random choice, half of it abnormal where there is enough of both."""
    rng = np.random.default_rng(0)
    half = max(n // 2, n - int((~abnormal).sum()))
    bad = rng.permutation(rows[abnormal])[:half]
    good = rng.permutation(rows[~abnormal])[: n - len(bad)]
    return rng.permutation(np.concatenate([bad, good]))


def join(abnormal: str, detectors: Mapping[str, Scored], sample_ids: NDArray[np.str_]) -> Gallery:
    """Test parts by detector, joined with the bundled samples by their ids (m,), which tell their
    content. A detector that scored fewer samples than another scored some of the same."""
    everyone = max(detectors.values(), key=len)
    scores = {}
    for name, test in detectors.items():
        if test.sample_id is everyone.sample_id:
            scores[name] = test.score.astype(np.float32)
        else:
            at = positions(everyone.sample_id, test.sample_id)
            scores[name] = np.where(at >= 0, test.score[at], np.nan).astype(np.float32)
    row = positions(sample_ids, everyone.sample_id)
    assert everyone.class_ is not None
    return Gallery(abnormal, everyone.class_, scores, row, everyone.subject)


# A score table taken apart


@dataclasses.dataclass(frozen=True)
class Parts:
    """What a detector scored: the test part with its rows' numbers in the file, from 1, and the
    calibration and fit parts where it has them."""

    test: Scored
    row: Index
    calibration: Scored | None
    fit: Scored | None


def parts_of(table: ScoreTable) -> dict[Key, Parts]:
    """The parts of every detector that has tests, of its model's first seed. Columns of text, most
    of a table's memory, are the same arrays for all detectors that scored the same samples."""
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
    """Every model's rows of its first seed, by model, protocol, detector and part."""
    columns = [table.model, table.protocol, table.detector, table.part, table.seed]
    changes = np.ones(len(table), bool)
    changes[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    starts = np.flatnonzero(changes)
    found: dict[tuple[str, str, str, str], list[Index]] = {}
    first: dict[str, int] = {}
    for start in starts:
        model, seed = str(table.model[start]), int(table.seed[start])
        first[model] = min(first.get(model, seed), seed)
    for start, rows in zip(starts, np.split(np.arange(len(table)), starts[1:]), strict=False):
        if table.seed[start] == first[str(table.model[start])]:
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
