"""Samples of one's own in chunks, for files that are larger than memory."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.mnist import SIDE
from wganad_core.data.own.columns import distinct, listed_names
from wganad_core.data.own.csv_rows import CsvRows
from wganad_core.data.own.file import OwnFile, named, own_file
from wganad_core.data.own.images import PIXELS, OwnImages, open_images
from wganad_core.data.own.npy_rows import MAGIC, NpyRows, OwnArray
from wganad_core.data.own.parquet_rows import ParquetRows
from wganad_core.data.own.roles import Roles, resolve_roles
from wganad_core.data.own.rows import OwnRows, rebatched
from wganad_core.data.own.scores import MAX_TEXT, labels_of

ROWS, FEWEST = 1 << 16, 1 << 12
NO_ROWS = np.empty(0, np.int64)
LARGEST = float(np.finfo(np.float32).max)  # networks compute in float32

Text = NDArray[np.str_]


@dataclasses.dataclass(frozen=True)
class OwnSamples:
    """Samples of a file, all of them complete.

    `x` (n, d): the features, named by `features`. `row` (n,): their numbers in the file, from 1,
    without a header. `label` (n,): 1 = anomaly; `sample_id` and `time` (n,): as they are written.
    `image_shape`: of images, and of tables with columns p0 to p783; grey values in [0, 1].
    `missing` (m,): the numbers of the rows that are left out because a feature is missing, infinite
    or beyond float32, with `missing_label` and `missing_id`. `remarks`: what was read otherwise
    than one might expect. `named`: whether the file itself calls the features so. `about`: the
    rows of the file, of text by its lines, for showing progress.
    """

    name: str
    x: NDArray[np.float64]
    features: tuple[str, ...]
    row: NDArray[np.int64]
    label: NDArray[np.int64] | None
    sample_id: Text | None
    time: Text | None
    image_shape: tuple[int, int] | None
    remarks: tuple[str, ...]
    missing: NDArray[np.int64]
    missing_label: NDArray[np.int64] | None = None
    missing_id: Text | None = None
    named: bool = False
    about: int = 0


def chunks(
    path: Path,
    features: Sequence[str] | None,
    *,
    label: str | None = None,
    sample_id: str | None = None,
    time: str | None = None,
    rows: int | None = ROWS,
) -> Iterator[OwnSamples]:
    """The samples of `read_samples`, from `rows` rows of the file at a time in bounded memory.

    Every chunk but the last stands for exactly `rows` rows, complete or not; None is as many as
    `chunk_rows` says. The file is opened
    and its header checked at once; a wrong cell raises `DataError` when its chunk is due.
    """
    return samples_in_chunks(own_file(path), features, label, sample_id, time, rows)


def chunk_rows(n_features: int, most: int = ROWS) -> int:
    """Rows of a chunk that keep it within 64 MB of features: a power of two, at least 4,096."""
    fitting = max(FEWEST, (1 << 23) // max(1, n_features))
    return min(most, 1 << (fitting.bit_length() - 1))


def samples_in_chunks(
    file: OwnFile,
    features: Sequence[str] | None,
    label: str | None,
    sample_id: str | None,
    time: str | None,
    rows: int | None,
) -> Iterator[OwnSamples]:
    """`chunks` for a file that may be in memory."""
    if rows is not None and rows < 1:
        raise DataError(f"A chunk has at least one row; found {rows}.")
    with named(file):
        if pictures := open_images(file):
            _check_pixels(features)
            return _image_chunks(
                file, pictures, rows or chunk_rows(len(PIXELS)), label != "", sample_id != ""
            )
        table = open_rows(file)
        roles = resolve_roles(table, features, label, sample_id, time)
    return _chunks(file, table, roles, rows or chunk_rows(len(roles.features)))


def open_rows(file: OwnFile) -> OwnRows:
    """The rows of a table or an array, told by its first bytes."""
    start = file.first(8)
    if start.startswith(b"PAR1"):
        return ParquetRows(file)
    if start.startswith(MAGIC):
        return NpyRows(OwnArray(file))
    return CsvRows(file)


def _check_pixels(features: Sequence[str] | None) -> None:
    if features is not None and tuple(features) != PIXELS:
        raise DataError(
            f"These are pictures, whose features are {PIXELS[0]} to {PIXELS[-1]}; expected a "
            f"table with {listed_names(features)}."
        )


def _image_chunks(
    file: OwnFile, pictures: OwnImages, rows: int, with_label: bool, with_id: bool
) -> Iterator[OwnSamples]:
    names = np.array(pictures.names) if with_id and pictures.names else None
    labels = pictures.label if with_label else None
    with named(file):
        images = pictures.images()
        for start in range(0, pictures.n, rows):
            x = np.empty((min(rows, pictures.n - start), len(PIXELS)))
            for at, image in enumerate(itertools.islice(images, len(x))):
                x[at] = image.ravel()
            part = slice(start, start + len(x))
            yield _complete(
                OwnSamples(
                    file.name,
                    x,
                    PIXELS,
                    np.arange(start, start + len(x)) + 1,
                    None if labels is None else labels[part],
                    None if names is None else names[part],
                    None,
                    (SIDE, SIDE),
                    tuple(sorted(pictures.remarks)),
                    NO_ROWS,
                    about=pictures.n,
                )
            )


def _chunks(file: OwnFile, table: OwnRows, roles: Roles, rows: int) -> Iterator[OwnSamples]:
    with named(file):
        start = 0
        for piece in rebatched(table.batches(roles.features, roles.texts), rows):
            remarks = () if start else (*table.remarks, *roles.remarks)
            yield _samples(file.name, table, roles, piece, start, remarks)
            start += len(piece)
        if not start:
            raise DataError("There is a header and no row; expected one row for each sample.")


def _samples(
    name: str, table: OwnRows, roles: Roles, piece: pa.Table, start: int, remarks: tuple[str, ...]
) -> OwnSamples:
    x = np.empty((len(piece), len(roles.features)))
    for at in range(x.shape[1]):
        x[:, at] = piece.column(at).to_numpy()
    features = tuple(table.names[at] for at in roles.features)
    return _complete(
        OwnSamples(
            name,
            x,
            features,
            np.arange(start, start + len(piece)) + 1,
            _labels(table, piece, roles.label, start),
            _texts(table, piece, roles.sample_id, start),
            _texts(table, piece, roles.time, start),
            (SIDE, SIDE) if features == PIXELS else None,
            remarks,
            NO_ROWS,
            named=table.named,
            about=table.about,
        )
    )


def _complete(samples: OwnSamples) -> OwnSamples:
    """The same without the rows that lack a feature; they are told apart."""
    whole = complete(samples.x)
    label, ids, time = samples.label, samples.sample_id, samples.time
    if not whole.all():
        samples = dataclasses.replace(
            samples,
            x=samples.x[whole],
            row=samples.row[whole],
            label=None if label is None else label[whole],
            sample_id=None if ids is None else ids[whole],
            time=None if time is None else time[whole],
            missing=samples.row[~whole],
        )
    return dataclasses.replace(
        samples,
        missing_label=None if label is None else label[~whole],
        missing_id=None if ids is None else ids[~whole],
    )


def complete(x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows (n,) hold numbers only that float32 can hold."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(x) <= LARGEST).all(axis=1))


def _texts(table: OwnRows, piece: Any, at: int | None, start: int) -> Text | None:
    """A column of text (n,), without blanks around; what is missing is empty."""
    if at is None:
        return None
    values = [(v or "").strip().replace("\0", "") for v in piece.column(str(at)).to_pylist()]
    long = next((i for i, value in enumerate(values) if len(value) > MAX_TEXT), None)
    if long is not None:
        raise DataError(
            f"Column {table.names[at]!r} holds {len(values[long]):,} characters in "
            f"{table.place(start + long)}; expected at most {MAX_TEXT}. Shorten them."
        )
    return np.array(values, np.str_)


def _labels(table: OwnRows, piece: Any, at: int | None, start: int) -> NDArray[np.int64] | None:
    if at is None:
        return None
    return labels_of(
        distinct(piece.column(str(at))),
        table.names[at],
        lambda row: table.place(start + row),
        "another label column or none",
    )
