"""Samples of one's own to fit and to score: rows of a table or an array, or images.

A file is told by what it holds, not by its name. See `chunks` for files larger than memory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.chunks import OwnSamples, samples_in_chunks
from wganad_core.data.own.columns import listed_names
from wganad_core.data.own.file import Source, named, own_file

MAX_VALUES = 100_000_000  # features × rows that are held at once

__all__ = ["OwnSamples", "joined", "part_of", "read_samples"]


def read_samples(
    source: Source,
    name: str | None = None,
    *,
    features: Sequence[str] | None = None,
    label: str | None = None,
    sample_id: str | None = None,
    time: str | None = None,
) -> OwnSamples:
    """All samples of CSV, parquet or npy, or the images of a zip or a folder.

    Columns of a table are found by name; those that are None are guessed as `look.look` shows,
    and "" means that there is none. By themselves, all columns of numbers that are nothing else
    are features. Labels are 0/1, true/false or normal/anomaly. Images of any size become rows of
    784 values in [0, 1], 28×28 in grey, named p0 to p783. Raises `DataError` with one sentence
    for a file that cannot be used, and for more than 100 million values.
    """
    file = own_file(source, name)
    chunks = samples_in_chunks(file, features, label, sample_id, time, None)
    parts: list[OwnSamples] = []
    n = 0
    for part in chunks:
        parts.append(part)
        n += part.x.size
        if n > MAX_VALUES:
            with named(file):
                raise DataError(
                    f"Expected at most {MAX_VALUES:,} values in all; found more. Keep fewer rows; "
                    "the command line scores files of any length."
                )
    samples = joined(parts)
    with named(file):
        return dataclasses.replace(samples, remarks=(*samples.remarks, *_about(samples)))


def part_of(samples: OwnSamples, part: slice) -> OwnSamples:
    """Some of samples of which none is missing."""
    columns = {name: getattr(samples, name) for name in ("x", "row", "label", "sample_id", "time")}
    some = {name: None if values is None else values[part] for name, values in columns.items()}
    return dataclasses.replace(samples, **some)  # type: ignore[arg-type]


def joined(parts: Sequence[OwnSamples]) -> OwnSamples:
    """Samples of a file that follow each other."""
    first = parts[0]
    if len(parts) == 1:
        return first

    def whole(field: str) -> NDArray[np.str_] | None:
        columns = [getattr(part, field) for part in parts]
        return None if columns[0] is None else np.concatenate(columns)

    arrays = {
        field: whole(field)
        for field in (
            "x",
            "row",
            "label",
            "sample_id",
            "time",
            "missing",
            "missing_label",
            "missing_id",
        )
    }
    remarks = tuple(dict.fromkeys(remark for part in parts for remark in part.remarks))
    return dataclasses.replace(first, **arrays, remarks=remarks)  # type: ignore[arg-type]


def _about(samples: OwnSamples) -> list[str]:
    """What the whole shows: missing values, constant features, labels of one kind."""
    remarks = []
    n = len(samples.missing)
    if not len(samples.x):
        raise DataError(
            f"Every row lacks a feature or holds an infinite one ({n:,} rows); choose other "
            "features, or fill them."
        )
    if n:
        remarks.append(
            f"{n:,} of {n + len(samples.x):,} rows {'are' if n > 1 else 'is'} left out: a feature "
            "is missing or infinite."
        )
    if len(samples.x) > 1 and samples.image_shape is None:
        constant = np.flatnonzero((samples.x == samples.x[0]).all(axis=0))
        if len(constant):
            names = listed_names([samples.features[at] for at in constant])
            remarks.append(f"The same value throughout: {names}.")
    if samples.label is not None and len(np.unique(samples.label)) == 1:
        which = "an anomaly" if samples.label[0] else "normal"
        remarks.append(f"Every sample is labelled {which}.")
    return remarks
