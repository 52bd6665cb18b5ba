"""A score table joined with the bundled samples: who stands where, and which to look at first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray, ScoreTable

Order = Literal["mixed", "highest", "lowest", "misses", "alarms"]
ORDERS: tuple[Order, ...] = get_args(Order)

Index = NDArray[np.int64]


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

    `classes` (n,) and `scores` (n,) by detector cover the whole test part, NaN where a slow
    detector did not score; `row` (m,) is each bundled sample's row in it, −1 for one that is not.
    """

    abnormal: str
    classes: NDArray[np.str_]
    scores: Mapping[str, FloatArray]
    row: Index

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

    def first(self, n: int, per_class: int) -> tuple[Index, Index]:
        """The first n bundled anomalies, and the first normals of each class."""
        classes = np.append(self.classes, "")[self.row]
        normals = [
            np.flatnonzero(classes == class_)[:per_class]
            for class_ in np.unique(self.classes[~self.label])
        ]
        return np.flatnonzero(classes == self.abnormal)[:n], np.concatenate(normals)

    def table(self, detector: str) -> ScoreTable:
        """One detector's test scores in the exchange format, without ids."""
        keep = ~np.isnan(self.scores[detector])
        n = int(keep.sum())
        same = dict.fromkeys(("use_case", "model", "protocol", "sample_id", "subject"), "")
        same |= {"abnormal": self.abnormal, "detector": detector, "part": "test"}
        return ScoreTable(
            **{name: np.full(n, value) for name, value in same.items()},
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


def join(table: ScoreTable, sample_ids: NDArray[np.str_], protocol: str, seed: int = 0) -> Gallery:
    """The test rows of one protocol and seed, joined with the bundled samples by their ids (m,),
    which tell their content. One detector has one row per sample: of several models, choose one."""
    tests = np.flatnonzero(
        (table.part == "test") & (table.protocol == protocol) & (table.seed == seed)
    )
    detectors, ids = table.detector[tests], table.sample_id[tests]
    unique, first, at = np.unique(ids, return_index=True, return_inverse=True)
    scores = {}
    for name in dict.fromkeys(detectors.tolist()):
        mine = detectors == name
        column = np.full(len(unique), np.nan, np.float32)
        column[at[mine]] = table.score[tests[mine]]
        scores[name] = column
    place = np.minimum(np.searchsorted(unique, sample_ids), max(0, len(unique) - 1))
    row = np.full(len(sample_ids), -1)
    if len(unique):
        row = np.where(unique[place] == sample_ids, place, -1)
    abnormal = str(table.abnormal[0]) if len(table) else ""
    return Gallery(abnormal, table.class_[tests[first]], scores, row.astype(np.int64))
