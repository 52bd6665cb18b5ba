"""The reproduction board: every method × class × seed beside what the paper prints (Table 1)."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wganad_core import pretrained, storage
from wganad_core.data import DataError
from wganad_core.evaluation import summary
from wganad_core.records import FloatArray, ScoreTable

Measure = Literal["auprc", "auroc", "base_rate", "floor"]
Key = tuple[str, str, str, str, str, int]

KEY = ("use_case", "model", "detector", "abnormal", "protocol", "seed")
MEASURES: tuple[Measure, ...] = ("auprc", "auroc", "base_rate", "floor")
MEAN = "mean"  # stands for the class in a row of `means`
PAPER = "paper"  # the detector of the rows that the paper prints


@dataclasses.dataclass(frozen=True)
class Row:
    """A detector's figures on the test part, as fractions; what the paper does not tell is None."""

    use_case: str
    model: str
    detector: str
    abnormal: str
    protocol: str
    seed: int | None
    auprc: float | None
    auroc: float | None
    base_rate: float | None
    floor: float | None
    n: int | None


# Table 1, digits 0 to 9, in %. Its base rates are not told; BiGAN was read off a figure.
TABLE_1 = {
    "vae": (51.7, 6.3, 64.4, 25.1, 33.7, 32.5, 43.2, 14.8, 49.9, 10.4),
    "bigan": (80, 30, 70, 55, 50, 55, 63, 40, 57, 38),
    "wgan-gp": (97, 51, 89, 78, 83, 72, 87, 57, 90, 70),
}
QUOTED_DIGITS = tuple(
    Row(
        "mnist",
        model,
        "paper",
        str(digit),
        "80/20",
        None,
        auprc=percent / 100,
        auroc=None,
        base_rate=None,
        floor=None,
        n=None,
    )
    for model, percents in TABLE_1.items()
    for digit, percent in enumerate(percents)
)
# §6, the dense networks; neither the base rate nor how subjects were divided is told.
QUOTED_ACTIVITIES = (
    Row(
        "har",
        "wgan-gp-dense",
        "paper",
        "laying",
        "test",
        None,
        auprc=0.70,
        auroc=None,
        base_rate=None,
        floor=None,
        n=None,
    ),
)
QUOTED = (*QUOTED_DIGITS, *QUOTED_ACTIVITIES)
QUOTED_AT = {"mnist": "Table 1", "har": "§6"}  # where in the paper


def shipped_scores(use_case: str, abnormal: str | None = None) -> Iterator[ScoreTable]:
    """The shipped table of one class or of all that have one; one at a time, as they are large.

    Raises `StorageError` for a class or a use case without tables.
    """
    if abnormal is not None:
        return iter([storage.load_scores(pretrained.scores_path(use_case, abnormal))])
    folder = pretrained.scores_path(use_case, "any").parent
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise storage.StorageError(
            f"{folder} holds no score tables; restore them from the repository."
        )
    return map(storage.load_scores, paths)


def rows(tables: Iterable[ScoreTable]) -> list[Row]:
    """One row per detector, class, protocol and seed, from the tables' test parts.

    Raises `DataError` for a test part of one class only, and for one that two tables hold.
    """
    found: dict[Key, Row] = {}
    for table in tables:
        for key, label, score in test_parts(table):
            if key in found:
                raise DataError(f"Two score tables hold {_name(key)}; keep one of them.")
            try:
                figures = summary(label, score)
            except ValueError as error:
                raise DataError(f"{_name(key)} cannot be evaluated. {error}") from error
            found[key] = Row(*key, **dataclasses.asdict(figures))
    return list(found.values())


def test_parts(table: ScoreTable) -> Iterator[tuple[Key, NDArray[np.int64], FloatArray]]:
    """Labels and scores of every test part in a table, by what they are of."""
    test = np.flatnonzero(table.part == "test")
    columns = [getattr(table, name)[test] for name in KEY]
    changes = np.ones(len(test), bool)
    changes[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    starts = np.flatnonzero(changes)
    pieces: dict[Key, list[NDArray[np.int64]]] = {}
    for start, piece in zip(starts, np.split(test, starts[1:]), strict=False):
        use_case, model, detector, abnormal, protocol, seed = (c[start].item() for c in columns)
        key = (use_case, model, detector, abnormal, protocol, seed)
        pieces.setdefault(key, []).append(piece)
    for key, parts in pieces.items():
        index = np.concatenate(parts)
        yield key, table.label[index], table.score[index]


def _name(key: Key) -> str:
    return "{2} ({1}) on {0} {3}, {4}, seed {5}".format(*key)


def means(board: Iterable[Row], classes: Collection[str]) -> list[Row]:
    """Per detector, protocol and seed the mean over all classes; none where a class is missing."""
    found: dict[tuple[str, str, str, str, int | None], dict[str, Row]] = {}
    for row in board:
        key = (row.use_case, row.model, row.detector, row.protocol, row.seed)
        found.setdefault(key, {})[row.abnormal] = row
    made = []
    for (use_case, model, detector, protocol, seed), by_class in found.items():
        if set(classes) <= by_class.keys():
            members = [by_class[name] for name in classes]
            mean = {measure: _mean(members, measure) for measure in MEASURES}
            sizes = [row.n for row in members if row.n is not None]
            n = sum(sizes) if len(sizes) == len(members) else None
            made.append(Row(use_case, model, detector, MEAN, protocol, seed, n=n, **mean))
    return made


def _mean(members: Sequence[Row], measure: Measure) -> float | None:
    values = [value for row in members if (value := getattr(row, measure)) is not None]
    return statistics.fmean(values) if len(values) == len(members) else None


def over_seeds(seeds: Sequence[Row], measure: Measure) -> tuple[float, float | None] | None:
    """Mean of a measure and, from two seeds on, its standard deviation (n − 1); None = unknown."""
    mean = _mean(seeds, measure) if seeds else None
    if mean is None:
        return None
    values = [getattr(row, measure) for row in seeds]
    return mean, statistics.stdev(values) if len(values) > 1 else None


# Detector × class × seed


@dataclasses.dataclass(frozen=True)
class Line:
    """One detector of one model: its rows by class, one for each seed, and its `MEAN`s."""

    model: str
    detector: str
    cells: Mapping[str, Sequence[Row]]

    @property
    def quoted(self) -> bool:
        """Whether its figures are taken from print."""
        return all(row.n is None for cell in self.cells.values() for row in cell)

    @property
    def n_seeds(self) -> tuple[int, int]:
        """The fewest and the most seeds that one of its figures stands on."""
        counts = [sum(row.seed is not None for row in cell) for cell in self.cells.values()]
        return min(counts), max(counts)

    def figure(self, abnormal: str, measure: Measure) -> tuple[float, float | None] | None:
        """Mean and standard deviation over seeds, as `over_seeds` says."""
        return over_seeds(self.cells.get(abnormal, ()), measure)


def lines(rows: Iterable[Row], classes: Collection[str]) -> list[Line]:
    """The rows of one protocol by detector and model, with means over all classes."""
    rows = list(rows)
    found: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in [*rows, *means(rows, classes)]:
        cells = found.setdefault((row.model, row.detector), {})
        cells.setdefault(row.abnormal, []).append(row)
    return [Line(model, detector, cells) for (model, detector), cells in found.items()]


def ranked(found: Iterable[Line], abnormal: str, measure: Measure) -> list[Line]:
    """The lines that know the measure at all, the best on a class (or by `MEAN`) first; those
    without a figure there come last."""

    def rank(line: Line) -> float:
        figure = line.figure(abnormal, measure)
        return -1.0 if figure is None else figure[0]

    known = [line for line in found if any(line.figure(name, measure) for name in line.cells)]
    return sorted(known, key=rank, reverse=True)


def references(found: Iterable[Line], abnormal: str) -> Row | None:
    """A row of the largest test part of a class, whose base rate and floor stand for it."""
    rows = [row for line in found for row in line.cells.get(abnormal, ()) if row.n is not None]
    return max(rows, key=lambda row: row.n or 0, default=None)


def subset_size(found: Iterable[Line], line: Line) -> int | None:
    """How many test samples a line scored, where others have scored more of a class."""
    for abnormal, cell in line.cells.items():
        most = references(found, abnormal)
        n = cell[0].n
        if abnormal != MEAN and n is not None and most is not None and n < (most.n or 0):
            return n
    return None
