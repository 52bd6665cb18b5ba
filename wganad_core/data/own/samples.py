"""Samples of one's own to fit and to score: rows of a table or an array, or images.

A file is told by what it holds, not by its name. `chunks` reads files larger than memory.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.missing import NOTHING
from wganad_core.data.own import Colours, Roles
from wganad_core.data.own.file import OwnFile, Source, named, own_file
from wganad_core.data.own.images import OwnImages, open_images
from wganad_core.data.own.labels import labels_of, words_of
from wganad_core.data.own.picture_size import PictureSize, as_asked, as_wanted, size_of
from wganad_core.data.own.record import LARGEST, OwnSamples, Words, joined
from wganad_core.data.own.remarks import remarks_on
from wganad_core.data.own.roles import Resolved, resolve_roles
from wganad_core.data.own.rows import (
    OwnRows,
    Texts,
    distinct,
    listed_names,
    rebatched,
)
from wganad_core.data.own.source import open_rows

LEAST = 4
MAX_VALUES = 100_000_000  # features × rows that are held at once
ROWS, FEWEST = 1 << 16, 1 << 12
FEWEST_PICTURES = 64
OTHERS = "another label column or none"
MOST_WORDS = 1_000  # categories of a column


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
    date: str | None = None,
    picture_size: int | None = None,
    picture_colours: Colours | None = None,
    keep_closing: bool | None = None,
    words: Mapping[str, Words] | None = None,
    most: int | None = None,
) -> OwnSamples:
    """All samples of CSV, parquet or npy, or the images of a zip or a folder.

    Columns of a table are found by name; those that are None are guessed as `look.look` shows,
    and "" means that there is none. By themselves, all columns of numbers that are nothing else
    are features, and so are those of text that repeats, as categories. Labels are 0/1, true/false,
    normal/anomaly, or any values of which one means normal: the one that is named, else the most
    frequent. Images become rows of values in [0, 1], named p0, p1, …: 784 where they are 28×28 in
    grey, else more, as a remark says.

    Parameters
    ----------
    source : a path, bytes or an open file
    name : what messages call it; by default its own name
    features, label, sample_id, time, group, leave_out : names of columns
    normal : the value of the label that means normal
    categories : features that hold numbers which are names of kinds
    date : the column of the day, where that of the time tells the hour only
    picture_size, picture_colours : how pictures are seen: 28, 32, 64 or 128 pixels a side, "grey"
        or "rgb"; by default as they are, as far as that is not too much
    keep_closing : whether totals and empty rows under a table of text are rows like the others; by
        default they are left out, with a remark
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
    columns = (chosen, label, sample_id, time, group, normal, tuple(leave_out), kinds, date)
    roles = Roles(*columns, picture_size, picture_colours, keep_closing)
    parts: list[OwnSamples] = []
    n = 0
    for part in _chunks(file, roles, None, words):
        parts.append(part)
        size = part.x[:1].nbytes // 8  # in numbers of double precision
        n += len(part.x) * (size if most is None else max(LEAST, size))
        if n > (allowed := MAX_VALUES if most is None else most):
            with named(file):
                raise DataError(
                    f"Expected at most {allowed:,} values in all; found more. Keep fewer rows, or "
                    "see pictures smaller; the command line scores files of any length."
                )
    samples = joined(parts)
    with named(file):
        return dataclasses.replace(samples, remarks=(*samples.remarks, *remarks_on(samples)))


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


def chunk_rows(n_features: int, most: int = ROWS, fewest: int = FEWEST) -> int:
    """Rows of a chunk that keep it within 64 MB of features: a power of two, at least `fewest`."""
    fitting = max(fewest, (1 << 23) // max(1, n_features))
    return min(most, 1 << (fitting.bit_length() - 1))


def _chunks(
    file: OwnFile, roles: Roles, rows: int | None, words: Mapping[str, Words] | None = None
) -> Iterator[OwnSamples]:
    if rows is not None and rows < 1:
        raise DataError(f"A chunk has at least one row; found {rows}.")
    with named(file):
        if pictures := open_images(file):
            size, remark = _size_of(pictures, roles)
            n = rows or chunk_rows(size.n_values, fewest=FEWEST_PICTURES)
            return _of_pictures(file, pictures, roles, n, size, remark)
        table = open_rows(file, roles.keep_closing)
        found = resolve_roles(table, roles)
        if words is not None:
            kinds = frozenset(at for at in found.features if table.names[at] in words)
            found = dataclasses.replace(found, categories=kinds)
    known = {name: list(each) for name, each in (words or {}).items()}
    return _of_table(file, table, found, rows or chunk_rows(len(found.features)), known)


def _size_of(pictures: OwnImages, roles: Roles) -> tuple[PictureSize, str]:
    """At which size pictures are seen, and a remark on it: as a detector was fitted, whose features
    are named, or as asked for, or as proposed."""
    if roles.features is None:
        return as_asked(pictures.proposed(), roles.picture_size, roles.picture_colours)
    if (size := size_of(roles.features)) is None:
        raise DataError(
            f"These are pictures, whose features are p0, p1, …; expected a table with "
            f"{listed_names(roles.features)}."
        )
    if roles.picture_size not in (None, size.side) or roles.picture_colours not in (
        None,
        size.colours,
    ):
        raise DataError(f"These pictures are wanted as {size}; leave out what says otherwise.")
    return as_wanted(pictures.proposed(), size)


def _of_pictures(
    file: OwnFile, pictures: OwnImages, roles: Roles, rows: int, size: PictureSize, remark: str
) -> Iterator[OwnSamples]:
    ids = np.array(pictures.names, object) if roles.sample_id != "" and pictures.names else None
    labels, kinds, kept = (
        (pictures.label, pictures.class_, pictures.kept) if roles.label != "" else (None,) * 3
    )
    with named(file):
        images = pictures.images(size)
        for start in range(0, pictures.n, rows):
            x = np.empty((min(rows, pictures.n - start), size.n_values), size.kind)
            for at, image in enumerate(itertools.islice(images, len(x))):
                x[at] = image.ravel()
            part = slice(start, start + len(x))
            samples = OwnSamples(
                file.name,
                x,
                size.names,
                np.arange(part.start, part.stop) + 1,
                None if labels is None else labels[part],
                None if kinds is None else kinds[part],
                kept=None if kept is None else kept[part],
                scaled=bool(remark),
                n_masks=len(pictures.masks),
                sample_id=None if ids is None else ids[part],
                image_shape=size.shape,
                remarks=tuple(sorted({*pictures.remarks, *filter(None, [remark])})),
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
            x, remark = _values(piece, roles, features, known)
            remarks = (*remarks, *filter(None, [remark]))
            samples = OwnSamples(
                file.name,
                x,
                features,
                np.arange(start, start + len(piece)) + 1,
                cells(piece, roles.label, labels_of, OTHERS, roles.meaning),
                cells(piece, roles.label if kinds else None, words_of),
                cells(piece, roles.sample_id, words_of),
                _clock(cells(piece, roles.date, words_of), cells(piece, roles.time, words_of)),
                cells(piece, roles.group, words_of),
                None if (size := size_of(features)) is None else size.shape,
                remarks,
                named=table.named,
                about=table.about,
                time_name=" + ".join(
                    table.names[at] for at in (roles.date, roles.time) if at is not None
                ),
                words=_words(roles, features, known),
            )
            yield _without_missing(samples)
            start, remarks = start + len(piece), ()
        if not start:
            raise DataError("There is a header and no row; expected one row for each sample.")


def _values(
    piece: Any, roles: Resolved, features: Sequence[str], known: dict[str, list[str]]
) -> tuple[NDArray[np.float64], str]:
    """Features (n, d) of some rows, categories by their numbers, and a remark on what is none."""
    x = np.empty((len(piece), len(features)))
    for at, (column, name) in enumerate(zip(roles.features, features, strict=True)):
        given = piece.column(str(column))
        if column in roles.categories:
            x[:, at] = _numbered(distinct(given), name, known.setdefault(name, []))
        else:
            x[:, at] = given.to_numpy()
    with np.errstate(invalid="ignore"):
        beyond = np.abs(x) > LARGEST
    if not beyond.any():
        return x, ""
    x[beyond] = np.nan
    return x, "Infinite numbers, and those beyond 3.4e38, count as missing."


def _words(
    roles: Resolved, features: Sequence[str], known: Mapping[str, Sequence[str]]
) -> tuple[Words, ...]:
    """The categories of each feature; none at all where all features are numbers."""
    if not roles.categories:
        return ()
    pairs = zip(roles.features, features, strict=True)
    return tuple(tuple(known[name]) if at in roles.categories else () for at, name in pairs)


def _clock(day: Any, hour: Any) -> Any:
    """Texts of times (n,), after those of their days where these are another column; nothing where
    either is missing."""
    if day is None:
        return hour
    return np.where((day == "") | (hour == ""), "", day + " " + hour)


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
    if samples.image_shape is not None:
        return samples.whole()
    return samples.without(np.asarray(np.isnan(samples.x).all(axis=1)))
