"""People's own files: one way in, from which samples, scores, points and recordings are made."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Roles:
    """Which columns are what, by name: None is guessed, and an empty text is no column.

    `group`: which machine, person or recording a row is of. `normal`: the value of the label that
    means normal. `leave_out`: columns that are nothing, where the others are guessed.
    `categories`: features that are kinds of something although they hold numbers.
    """

    features: tuple[str, ...] | None = None
    label: str | None = None
    sample_id: str | None = None
    time: str | None = None
    group: str | None = None
    normal: str | None = None
    leave_out: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


GUESSED = Roles()
