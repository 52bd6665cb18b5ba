"""People's own files: one way in, from which samples, scores, points and recordings are made."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Roles:
    """Which columns are what, by name: None is guessed, and an empty text is no column."""

    features: tuple[str, ...] | None = None
    label: str | None = None
    sample_id: str | None = None
    time: str | None = None


GUESSED = Roles()
