"""Which column of a table of scores is what."""

from __future__ import annotations

from collections.abc import Mapping

from wganad_core.data import DataError
from wganad_core.data.own.column import GROUPS, NUMBERED
from wganad_core.data.own.labels import NAMES, tokens
from wganad_core.data.own.rows import OwnRows, column_of, listed_names

SCORE_WORDS = {"score", "scores"}  # in names such as knn_score


def column_for(table: OwnRows, role: str, wanted: str | None) -> int | None:
    """The column that was asked for, or the first that is called like the role."""
    if wanted is not None:
        return column_of(table.names, wanted)
    plain = [name.casefold() for name in table.names]
    for name in NAMES[role]:
        if name in plain and (name or (plain[0] == "" and len(plain) > 1)):
            return plain.index(name)
    return None


def groups(table: OwnRows, columns: Mapping[str, int | None]) -> int | None:
    """A column such as `machine_id`, of values that repeat."""
    for at, name in enumerate(table.names):
        words, values = set(tokens(name)), [cells[at] for cells in table.head]
        said = words and words <= GROUPS | NUMBERED and words & GROUPS
        if said and at not in columns.values() and 2 * len(set(values)) <= len(values):
            return at
    return None


def refuse_two_roles(table: OwnRows, columns: Mapping[str, int | None]) -> None:
    of: dict[int, str] = {}
    for role, at in columns.items():
        if at is not None and of.setdefault(at, role) != role:
            raise DataError(
                f"Column {table.names[at]!r} cannot be both the {of[at]} and the {role}; choose "
                "another one for either, or rename it."
            )


def score_column(table: OwnRows, taken: set[int], remarks: list[str]) -> int:
    """The first of numbers whose name speaks of scores, or the only one of numbers."""
    numbers = [i for i, kind in enumerate(table.kinds) if kind == "number" and i not in taken]
    telling = [i for i in numbers if SCORE_WORDS & set(tokens(table.names[i]))]
    if telling:
        others = [table.names[i] for i in telling[1:]]
        also = f"; {listed_names(others)} could be, too (--score-column)" if others else ""
        remarks.append(f"Column {table.names[telling[0]]!r} is the score{also}.")
        return telling[0]
    if len(numbers) == 1:
        if table.named:
            name = table.names[numbers[0]]
            remarks.append(f"Column {name!r}, the only one of numbers, is the score.")
        return numbers[0]
    found = f"{len(numbers)} columns of numbers" if numbers else "no other column of numbers"
    raise DataError(
        f"Expected a column named {', '.join(NAMES['score'][:-1])} or {NAMES['score'][-1]}; found "
        f"{listed_names(table.names)}, with {found}. Rename or choose the score column."
    )
