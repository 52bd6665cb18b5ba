"""People's own files: one way in, from which samples, scores, points and recordings are made."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

Counted = Literal["rows", "rows-from-0", "rows-of-each", "time", "seconds"]
Colours = Literal["grey", "rgb"]


@dataclasses.dataclass(frozen=True)
class Roles:
    """Which columns are what, by name: None is guessed, and an empty text is no column.

    `group`: which machine, person or recording a row is of. `normal`: the value of the label that
    means normal. `leave_out`: columns that are nothing, where the others are guessed.
    `categories`: features that are kinds of something although they hold numbers. `date`: the day
    of a `time` that tells the hour only. `picture_size` and `picture_colours`: at how many pixels
    a side and how pictures are seen. `keep_closing`: whether totals and empty rows under a table of
    text are rows like the others.
    """

    features: tuple[str, ...] | None = None
    label: str | None = None
    sample_id: str | None = None
    time: str | None = None
    group: str | None = None
    normal: str | None = None
    leave_out: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    date: str | None = None
    picture_size: int | None = None
    picture_colours: Colours | None = None
    keep_closing: bool | None = None


GUESSED = Roles()


@dataclasses.dataclass(frozen=True)
class LabelRanges:
    """A second file as the label: from when to when, or from which row to which, is an anomaly.

    `counted`: what its numbers are: rows from 1 or from 0, rows from 1 of each recording in the
    file, times of the recording's own clock, or seconds since its first row; None is told by the
    file. `zone`: of the times without one, in whichever of the two files.
    """

    file: Path
    counted: Counted | None = None
    zone: str | None = None
