"""Which column of a table of one's own is what."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence, Set
from typing import Literal

from wganad_core.data import DataError
from wganad_core.data.clock import clock_name, is_clock
from wganad_core.data.own import Roles
from wganad_core.data.own.images import PIXELS
from wganad_core.data.own.labels import NAMES, is_label
from wganad_core.data.own.rows import OwnRows, column_of, listed, listed_names

Role = Literal["feature", "label", "id", "time", "leave out"]
LABELS = (*NAMES["label"], "is_outlier", "outlier", "anomalous")
IDS = (*NAMES["id"], "__index_level_0__")  # the latter is pandas' index in parquet
GROUPS = (*NAMES["class"], *NAMES["subject"], *NAMES["part"])


@dataclasses.dataclass(frozen=True)
class Resolved:
    """Columns by number; `remarks` say what was guessed or left out."""

    features: tuple[int, ...]
    label: int | None
    sample_id: int | None
    time: int | None
    remarks: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[int, ...]:
        """The columns that are read as text, each once."""
        found = (self.label, self.sample_id, self.time)
        return tuple(dict.fromkeys(at for at in found if at is not None))


def guess_roles(rows: OwnRows) -> tuple[Role, ...]:
    """The role of each column, by its name and its first 1,000 values."""
    roles: list[Role] = []
    columns = list(zip(*rows.head, strict=True))
    for at, (name, kind, values) in enumerate(zip(rows.names, rows.kinds, columns, strict=True)):
        role = _guess(name.casefold(), kind, values, first=not at)
        if role in ("label", "id", "time") and role in roles:
            role = "leave out"
        roles.append(role)
    return tuple(roles)


def _guess(name: str, kind: str, values: Sequence[str], first: bool) -> Role:
    if name in LABELS:
        if any(values) and all(is_label(value) for value in values if value):
            return "label"
        # A label of several classes would give the answer away; a y among others is a number.
        return "feature" if name == "y" and kind == "number" else "leave out"
    if name in IDS and (name or first) and not (name == "name" and kind == "number"):
        return "id"
    if kind == "time":
        return "time"
    if clock_name(name) and (kind != "number" or is_clock(name, values)):
        return "time" if kind != "empty" else "leave out"
    return "feature" if kind == "number" and name not in GROUPS else "leave out"


def resolve_roles(rows: OwnRows, wanted: Roles) -> Resolved:
    """The columns that play these roles. Raises `DataError` for a column that is not there or has
    two roles, and without a feature."""
    guessed = guess_roles(rows)
    remarks: list[str] = []
    features = None if wanted.features is None else _features(rows, wanted.features, remarks)
    taken = set(features or ())
    asked = {"label": wanted.label, "id": wanted.sample_id, "time": wanted.time}
    others = {r: _one(rows.names, guessed, r, name, taken) for r, name in asked.items()}
    if features is None:
        used = {at for at in others.values() if at is not None}
        features = _in_order(rows, [i for i, r in enumerate(guessed) if r == "feature"], used)
        remarks += _left_out(rows, [i for i in range(len(guessed)) if i not in {*features, *used}])
        remarks += _served(rows, others, asked)
    if not features:
        empty = ", with no value" if set(rows.kinds) == {"empty"} else ""
        raise DataError(
            f"Expected at least one column of numbers to use as a feature; found "
            f"{listed_names(rows.names)}{empty}."
        )
    return Resolved(features, others["label"], others["id"], others["time"], tuple(remarks))


def _features(rows: OwnRows, wanted: Sequence[str], remarks: list[str]) -> tuple[int, ...]:
    if len(set(wanted)) < len(wanted):
        raise DataError("A feature is named twice; name each column once.")
    names = rows.names
    if missing := [name for name in wanted if name not in names]:
        # Columns of an array have no names: the same number of them will do.
        if not rows.named and len(wanted) == len(names):
            remarks.append("The file has no names of columns; they are taken in their order.")
            return tuple(range(len(names)))
        raise DataError(
            f"There is no column {listed(missing, 5)}; found {listed_names(names)}. Rename the "
            "columns, or choose features that are there."
        )
    return tuple(names.index(name) for name in wanted)


def _in_order(rows: OwnRows, columns: Sequence[int], used: Set[int]) -> tuple[int, ...]:
    """Columns as they come, but for those that are used; the pixels of a picture as they lie."""
    found = {rows.names[at]: at for at in columns if at not in used}
    return tuple(found[name] for name in (PIXELS if set(found) == set(PIXELS) else found))


def _one(
    names: Sequence[str], guessed: Sequence[Role], role: str, wanted: str | None, taken: set[int]
) -> int | None:
    if wanted == "":
        return None
    if wanted is not None:
        at = column_of(names, wanted)
        if at in taken:
            raise DataError(f"Column {names[at]!r} is a feature; it cannot be the {role}, too.")
        return at
    return next((i for i, r in enumerate(guessed) if r == role and i not in taken), None)


def _served(
    rows: OwnRows, others: Mapping[str, int | None], asked: Mapping[str, str | None]
) -> list[str]:
    """Which columns were guessed to be something else than a feature, which they might be: the
    label, and numbers."""
    remarks = []
    for role, at in others.items():
        if at is None or asked[role] is not None:
            continue
        if role == "label":
            remarks.append(f"Column {rows.names[at]!r} serves as the label.")
        elif rows.kinds[at] == "number":
            remarks.append(f"Column {rows.names[at]!r} serves as the {role} and is no feature.")
    return remarks


def _left_out(rows: OwnRows, columns: list[int]) -> list[str]:
    """Why columns are no features, in a sentence for each reason."""
    cells = list(zip(*rows.head, strict=True))
    truths = [at for at in columns if rows.kinds[at] == "text" and _are_truths(cells[at])]
    clocks = [
        at
        for at in columns
        if rows.kinds[at] == "number" and is_clock(rows.names[at].casefold(), cells[at])
    ]
    columns = [at for at in columns if at not in (*truths, *clocks)]
    remarks = []
    if clocks:
        names = listed_names([rows.names[at] for at in clocks])
        remarks.append(f"Left out {names}: a clock is no feature, and one is enough.")
    if truths:
        names = listed_names([rows.names[at] for at in truths])
        remarks.append(f"Left out {names}: true and false are no numbers; write 1 and 0.")
    for kind, reason in (
        ("text", "text is no number"),
        ("time", "a time is no feature"),
        ("empty", "the first rows are empty"),
        ("other", "neither numbers nor text"),
        ("number", "its name tells of a label or a group"),
    ):
        found = [rows.names[at] for at in columns if rows.kinds[at] == kind and rows.names[at]]
        if found:
            remarks.append(f"Left out {listed_names(found)}: {reason}.")
    return remarks


def _are_truths(values: Sequence[str]) -> bool:
    """Whether all that is there is true or false."""
    found = {value.casefold() for value in values if value}
    return bool(found) and found <= {"true", "false"}
