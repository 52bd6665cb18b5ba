"""Which evidence a rule joins, and by what figures that was chosen."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

Pieces = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Choice:
    """Rules chosen by the nested leave-one-class-out criterion (`panels.criterion`).

    `rules`: by rule and abnormal class the pieces of evidence that find the *other* classes best,
    or all, where the use case has one rule for all; `everywhere`: by rule the pieces that find all
    classes best. `figures`: the
    `measure` of single pieces and of every chosen sum, joined by ` + `, by class how they find it
    among train samples, by models of `architecture` that never saw it, with `n` of them against
    `n_normals` validation normals.
    """

    use_case: str
    architecture: str
    seed: int
    rules: Mapping[str, Mapping[str, Pieces]]
    everywhere: Mapping[str, Pieces]
    measure: str
    figures: Mapping[str, Mapping[str, float]]
    n: Mapping[str, int]
    n_normals: Mapping[str, int]
    command: str

    def __post_init__(self) -> None:
        if lacking := sorted(self.rules.keys() - self.everywhere.keys()):
            raise ValueError(f"everywhere lacks the rule {lacking[0]}")

    def of(self, abnormal: str) -> dict[str, Pieces]:
        """By rule the pieces chosen for a class; those for all of one that was not there."""
        return {
            name: found.get(abnormal, self.everywhere[name]) for name, found in self.rules.items()
        }
