"""Samples of one's own to fit and to score: rows of a table or an array, or images.

A file is told by what it holds, not by its name. `chunks` reads files larger than memory.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.missing import NOTHING
from wganad_core.data.mnist import SIDE
from wganad_core.data.own import Roles
from wganad_core.data.own.file import OwnFile, Source, named, own_file
from wganad_core.data.own.image import SCALED
from wganad_core.data.own.images import PIXELS, OwnImages, open_images
from wganad_core.data.own.labels import MAX_KINDS, UNLABELLED, labels_of, words_of
from wganad_core.data.own.roles import Resolved, resolve_roles
from wganad_core.data.own.rows import (
    OwnRows,
    Texts,
    coarse,
    distinct,
    listed_names,
    rebatched,
    same_throughout,
)
from wganad_core.data.own.source import open_rows

LEAST = 4
MAX_VALUES = 100_000_000  # features × rows that are held at once
ROWS, FEWEST = 1 << 16, 1 << 12
OTHERS = "another label column or none"
LARGEST = float(np.finfo(np.float32).max)  # networks compute in float32
OF_ROWS = ("x", "row", "label", "class_", "sample_id", "time", "group", "kept")
OF_MISSING = ("missing", "missing_label", "missing_class", "missing_id")

Text = NDArray[np.object_]
Words = tuple[str, ...]
MOST_WORDS = 1_000  # categories of a column
UNKNOWN = "\0 another"  # a category that no file can hold


@dataclasses.dataclass(frozen=True)
class OwnSamples:
    """Samples of a file, of each of which something is known.

    `x` (n, d): the features, named by `features`; NaN where a cell is missing, infinite or beyond
    float32. `words`: the categories of each feature, whose cells are their numbers, () of numbers;
    none at all where all features are numbers. `row` (n,): their numbers in the file, from 1,
    without a header. `label` (n,): 1 = anomaly, 0 = normal, −1 = nobody has said; `class_` (n,):
    its texts where they tell kinds of anomalies. `sample_id`, `time` and `group` (n,), which
    machine or recording a row is of: as they are written.
    `image_shape`: of images, and of tables with columns p0 to p783; grey values in [0, 1].
    `kept` (n,): which ones folders keep for testing. `scaled`: whether pictures were larger.
    `missing` (m,): the numbers of the rows that are left out because every feature is missing, with
    `missing_label` and `missing_id`. `remarks`: what was read otherwise than one might expect.
    `named`: whether the file itself calls the features so. `about`: the rows of the file, of text
    by its lines, for showing progress. `time_name`: what the column of `time` is called.
    """

    name: str
    x: NDArray[np.float64]
    features: tuple[str, ...]
    row: NDArray[np.int64]
    label: NDArray[np.int64] | None = None
    class_: Text | None = None
    sample_id: Text | None = None
    time: Text | None = None
    group: Text | None = None
    image_shape: tuple[int, int] | None = None
    remarks: tuple[str, ...] = ()
    missing: NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.empty(0, np.int64))
    missing_label: NDArray[np.int64] | None = None
    missing_class: Text | None = None
    missing_id: Text | None = None
    named: bool = False
    about: int = 0
    time_name: str = ""
    kept: NDArray[np.bool_] | None = None
    scaled: bool = False
    words: tuple[Words, ...] = ()

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Which samples (n,) a detector may learn from: what is not labelled otherwise than normal,
        nor kept for testing."""
        may = np.ones(len(self.x), np.bool_) if self.label is None else self.label == 0
        return may if self.kept is None else may & ~self.kept

    def take(self, which: slice | NDArray[Any]) -> OwnSamples:
        """Some of the samples; what is said of missing ones stays."""
        columns = {name: getattr(self, name) for name in OF_ROWS}
        some: Any = {name: None if v is None else v[which] for name, v in columns.items()}
        return dataclasses.replace(self, **some)

    def whole(self) -> OwnSamples:
        """Those that lack no cell; the others count as missing."""
        kept = complete(self.x)
        if kept.all():
            return self
        gone, order = self.take(~kept), np.argsort(np.append(self.missing, self.row[~kept]))

        def more(before: Any, added: Any) -> Any:
            return None if added is None else np.append(before, added)[order]

        return dataclasses.replace(
            self.take(kept),
            missing=more(self.missing, gone.row),
            missing_label=more(self.missing_label, gone.label),
            missing_class=more(self.missing_class, gone.class_),
            missing_id=more(self.missing_id, gone.sample_id),
        )

    def cell(self, at: int, value: float) -> str:
        """A value of the feature `at` as people write it."""
        if np.isnan(value):
            return "missing"
        words = self.words[at] if self.words else ()
        if not words:
            return f"{value:.4g}"
        return words[int(value)] if int(value) < len(words) else "another"

    def table(self) -> Any:
        """The features as a table of pandas, which keeps their names and categories."""
        words = {name: w for name, w in zip(self.features, self.words, strict=False) if w}
        return table_of(self.x, self.features, words)


def table_of(
    x: NDArray[np.float64], names: Sequence[str], words: Mapping[str, Words]
) -> pd.DataFrame:
    """Numbers (n, d) as a table of pandas; those of categories as their `words`, and such as are
    beyond them as one that nobody knows."""
    found = pd.DataFrame(x, columns=list(names), copy=False)
    for name in words:
        cells = found[name].to_numpy()
        known = [*words[name], UNKNOWN]
        codes = np.where(np.isnan(cells), -1, np.minimum(cells, len(known) - 1)).astype(np.int64)
        there = known if (codes == len(known) - 1).any() else known[:-1]
        found[name] = pd.Categorical.from_codes(codes, pd.Index(there))
    return found


def read_samples(
    source: Source,
    name: str | None = None,
    *,
    features: Sequence[str] | None = None,
    label: str | None = None,
    sample_id: str | None = None,
    time: str | None = None,
    group: str | None = None,
    normal: str | None = None,
    leave_out: Sequence[str] = (),
    categories: Sequence[str] = (),
    words: Mapping[str, Words] | None = None,
    most: int | None = None,
) -> OwnSamples:
    """All samples of CSV, parquet or npy, or the images of a zip or a folder.

    Columns of a table are found by name; those that are None are guessed as `look.look` shows,
    and "" means that there is none. By themselves, all columns of numbers that are nothing else
    are features, and so are those of text that repeats, as categories. Labels are 0/1, true/false,
    normal/anomaly, or any values of which one means normal: the one that is named, else the most
    frequent. Images of any size become rows of 784 values in [0, 1], 28×28 in grey, named p0 to
    p783.

    Parameters
    ----------
    source : a path, bytes or an open file
    name : what messages call it; by default its own name
    features, label, sample_id, time, group, leave_out : names of columns
    normal : the value of the label that means normal
    categories : features that hold numbers which are names of kinds
    words : the categories that a detector knows, by column; no other column has any then
    most : values, that is features × rows, of which one counts as four at least, as scores and
        names come with it; by default 100 million values

    Raises
    ------
    DataError
        With one sentence, for a file that cannot be used, and for more than `most` values.

    Examples
    --------
    >>> from wganad_core.data.own.samples import read_samples
    >>> found = read_samples(b"heat,flow,label\\n1,2,0\\n3,,0\\n5,6,1\\n", "pump.csv")
    >>> found.features, found.x.tolist(), found.row.tolist(), found.label.tolist()
    (('heat', 'flow'), [[1.0, 2.0], [3.0, nan], [5.0, 6.0]], [1, 2, 3], [0, 0, 1])
    """
    file = own_file(source, name)
    chosen = None if features is None else tuple(features)
    kinds = tuple(categories)
    roles = Roles(chosen, label, sample_id, time, group, normal, tuple(leave_out), kinds)
    parts: list[OwnSamples] = []
    n = 0
    for part in _chunks(file, roles, None, words):
        parts.append(part)
        n += part.x.size if most is None else len(part.x) * max(LEAST, part.x[:1].size)
        if n > (allowed := MAX_VALUES if most is None else most):
            with named(file):
                raise DataError(
                    f"Expected at most {allowed:,} values in all; found more. Keep fewer rows; "
                    "the command line scores files of any length."
                )
    samples = joined(parts)
    with named(file):
        return dataclasses.replace(samples, remarks=(*samples.remarks, *_about(samples)))


def chunks(
    path: Path,
    roles: Roles,
    rows: int | None = ROWS,
    words: Mapping[str, Words] | None = None,
) -> Iterator[OwnSamples]:
    """The samples of `read_samples`, from `rows` rows of the file at a time in bounded memory.

    `words`: the categories that a detector knows; these columns are read as such, and no others,
    and what it does not know has numbers beyond.

    Every chunk but the last stands for exactly `rows` rows, complete or not; None is as many as
    `chunk_rows` says.

    Raises
    ------
    DataError
        At once where the file or its header is wrong; for a wrong cell, when its chunk is due.
    """
    return _chunks(own_file(path), roles, rows, words)


def chunk_rows(n_features: int, most: int = ROWS) -> int:
    """Rows of a chunk that keep it within 64 MB of features: a power of two, at least 4,096."""
    fitting = max(FEWEST, (1 << 23) // max(1, n_features))
    return min(most, 1 << (fitting.bit_length() - 1))


def joined(parts: Sequence[OwnSamples]) -> OwnSamples:
    """Samples of a file that follow each other."""
    first = parts[0]
    if len(parts) == 1:
        return first
    columns = {name: [getattr(part, name) for part in parts] for name in OF_ROWS + OF_MISSING}
    arrays: Any = {
        name: None if values[0] is None else np.concatenate(values)
        for name, values in columns.items()
    }
    remarks = tuple(dict.fromkeys(remark for part in parts for remark in part.remarks))
    return dataclasses.replace(first, **arrays, remarks=remarks, words=parts[-1].words)


def complete(x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows (n,) hold numbers only that float32 can hold."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(x) <= LARGEST).all(axis=1))


def _chunks(
    file: OwnFile, roles: Roles, rows: int | None, words: Mapping[str, Words] | None = None
) -> Iterator[OwnSamples]:
    if rows is not None and rows < 1:
        raise DataError(f"A chunk has at least one row; found {rows}.")
    with named(file):
        if pictures := open_images(file):
            if roles.features not in (None, PIXELS):
                raise DataError(
                    f"These are pictures, whose features are {PIXELS[0]} to {PIXELS[-1]}; expected "
                    f"a table with {listed_names(roles.features or ())}."
                )
            return _of_pictures(file, pictures, roles, rows or chunk_rows(len(PIXELS)))
        table = open_rows(file)
        found = resolve_roles(table, roles)
        if words is not None:
            kinds = frozenset(at for at in found.features if table.names[at] in words)
            found = dataclasses.replace(found, categories=kinds)
    known = {name: list(each) for name, each in (words or {}).items()}
    return _of_table(file, table, found, rows or chunk_rows(len(found.features)), known)


def _of_pictures(
    file: OwnFile, pictures: OwnImages, roles: Roles, rows: int
) -> Iterator[OwnSamples]:
    ids = np.array(pictures.names, object) if roles.sample_id != "" and pictures.names else None
    labels, kinds, kept = (
        (pictures.label, pictures.class_, pictures.kept) if roles.label != "" else (None,) * 3
    )
    with named(file):
        images = pictures.images()
        for start in range(0, pictures.n, rows):
            x = np.empty((min(rows, pictures.n - start), len(PIXELS)))
            for at, image in enumerate(itertools.islice(images, len(x))):
                x[at] = image.ravel()
            part = slice(start, start + len(x))
            samples = OwnSamples(
                file.name,
                x,
                PIXELS,
                np.arange(part.start, part.stop) + 1,
                None if labels is None else labels[part],
                None if kinds is None else kinds[part],
                kept=None if kept is None else kept[part],
                scaled=any(line.startswith(SCALED) for line in pictures.remarks),
                sample_id=None if ids is None else ids[part],
                image_shape=(SIDE, SIDE),
                remarks=tuple(sorted(pictures.remarks)),
                about=pictures.n,
            )
            yield samples.whole()


def _of_table(
    file: OwnFile, table: OwnRows, roles: Resolved, rows: int, known: dict[str, list[str]]
) -> Iterator[OwnSamples]:
    features = tuple(table.names[at] for at in roles.features)
    remarks = tuple(filter(None, (table.unnamed, *table.remarks, *roles.remarks)))
    kinds = roles.meaning is not None and roles.meaning.kinds
    start = 0

    def cells(piece: Any, at: int | None, read: Any, *more: Any) -> Any:
        if at is None:
            return None
        place = functools.partial(_place, table, start)
        return read(distinct(piece.column(str(at))), table.names[at], place, *more)

    with named(file):
        for piece in rebatched(table.batches(roles.numbers, roles.texts), rows):
            x = np.empty((len(piece), len(features)))
            for at, (column, name) in enumerate(zip(roles.features, features, strict=True)):
                given = piece.column(str(column))
                if column in roles.categories:
                    x[:, at] = _numbered(distinct(given), name, known.setdefault(name, []))
                else:
                    x[:, at] = given.to_numpy()
            with np.errstate(invalid="ignore"):
                beyond = np.abs(x) > LARGEST
            if beyond.any():
                x[beyond] = np.nan
                remarks = (*remarks, "Infinite numbers, and those beyond 3.4e38, count as missing.")
            samples = OwnSamples(
                file.name,
                x,
                features,
                np.arange(start, start + len(piece)) + 1,
                cells(piece, roles.label, labels_of, OTHERS, roles.meaning),
                cells(piece, roles.label if kinds else None, words_of),
                cells(piece, roles.sample_id, words_of),
                cells(piece, roles.time, words_of),
                cells(piece, roles.group, words_of),
                (SIDE, SIDE) if features == PIXELS else None,
                remarks,
                named=table.named,
                about=table.about,
                time_name="" if roles.time is None else table.names[roles.time],
                words=tuple(
                    tuple(known[name]) if at in roles.categories else ()
                    for at, name in zip(roles.features, features, strict=True)
                )
                if roles.categories
                else (),
            )
            yield _without_missing(samples)
            start, remarks = start + len(piece), ()
        if not start:
            raise DataError("There is a header and no row; expected one row for each sample.")


def _place(table: OwnRows, start: int, row: int) -> str:
    return table.place(start + row)


def _numbered(texts: Texts, name: str, known: list[str]) -> NDArray[np.float64]:
    """Cells of text (n,) as numbers of categories, NaN where nothing is; those that are not `known`
    are added to them. Raises `DataError` where they are too many."""
    values, code = texts
    number = {word: at for at, word in enumerate(known)}
    for value in values:
        if value not in NOTHING and value not in number:
            number[value] = len(known)
            known.append(value)
    if len(known) > MOST_WORDS:
        raise DataError(
            f"Column {name!r} holds more than {MOST_WORDS:,} different texts; expected few "
            "categories that repeat. Leave it out (--leave-out)."
        )
    found = np.array([number.get(value, np.nan) for value in values], np.float64)
    return found[code]


def _without_missing(samples: OwnSamples) -> OwnSamples:
    """The same without the rows that have no feature; they are told apart."""
    whole = np.asarray(~np.isnan(samples.x).all(axis=1))
    if samples.image_shape is not None:
        return samples.whole()
    odd = samples.take(~whole)
    return dataclasses.replace(
        samples if whole.all() else samples.take(whole),
        missing=odd.row,
        missing_label=odd.label,
        missing_class=odd.class_,
        missing_id=odd.sample_id,
    )


def _about(samples: OwnSamples) -> list[str]:
    """What the whole shows: missing values, constant features, labels of one kind."""
    remarks = []
    n = len(samples.missing)
    if not len(samples.x):
        raise DataError(
            f"No row has a feature that is neither missing nor infinite ({n:,} rows); choose other "
            "features, or fill them."
        )
    if n:
        remarks.append(
            f"{n:,} of {n + len(samples.x):,} rows {'are' if n > 1 else 'is'} left out: nothing is "
            "there."
        )
    if some := int(np.isnan(samples.x).any(axis=1).sum()):
        remarks.append(f"In {some:,} of {n + len(samples.x):,} rows a cell is missing.")
    if len(samples.x) > 1 and samples.image_shape is None:
        numbers = [not words for words in samples.words] or [True] * samples.x.shape[1]
        constant = np.flatnonzero((samples.x == samples.x[0]).all(axis=0) & numbers)
        remarks += same_throughout({samples.features[at]: samples.x[0, at] for at in constant})
        remarks += coarse(samples.x, samples.features)
    return remarks + _about_labels(samples)


def _about_labels(samples: OwnSamples) -> list[str]:
    """Labels of one kind, of several kinds, and none."""
    if samples.label is None:
        return []
    remarks = []
    unlabelled = int((samples.label == UNLABELLED).sum())
    if unlabelled:
        remarks.append(
            f"{unlabelled:,} rows have no label: they are scored, but count neither as normal nor "
            "as anomalies."
        )
    known = np.unique(samples.label[samples.label != UNLABELLED])
    if len(known) == 1:
        which = "an anomaly" if known[0] else "normal"
        remarks.append(f"Every {'labelled ' * bool(unlabelled)}sample is labelled {which}.")
    if samples.class_ is not None:
        found = sorted(Counter(samples.class_[samples.label == 1].tolist()).items())
        if len(found) > MAX_KINDS:
            raise DataError(
                f"The label tells {len(found):,} kinds of anomalies apart; expected at most "
                f"{MAX_KINDS}. Choose another label column or none."
            )
        kinds = ", ".join(f"{kind!r} ({n:,})" for kind, n in found[:10])
        if len(found) > 1:
            remarks.append(f"Kinds of anomalies: {kinds}{', …' if len(found) > 10 else ''}.")
    return remarks
