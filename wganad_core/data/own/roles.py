"""Which column of a table of one's own is what: as it was asked for, and as proposed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence, Set

from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own.column import Proposal
from wganad_core.data.own.images import PIXELS
from wganad_core.data.own.labels import Meaning, meaning_of
from wganad_core.data.own.proposals import SEEN, propose, recognised
from wganad_core.data.own.rows import OwnRows, column_of, listed, listed_names


@dataclasses.dataclass(frozen=True)
class Resolved:
    """Columns by number, and the `meaning` of the label's values; `remarks` say what was guessed or
    left out. `categories`: the features that are kinds of something."""

    features: tuple[int, ...]
    label: int | None
    sample_id: int | None
    time: int | None
    group: int | None = None
    meaning: Meaning | None = None
    remarks: tuple[str, ...] = ()
    categories: frozenset[int] = frozenset()
    date: int | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The features that are no categories."""
        return tuple(at for at in self.features if at not in self.categories)

    @property
    def texts(self) -> tuple[int, ...]:
        """The columns that are read as text, each once."""
        kinds = (at for at in self.features if at in self.categories)
        found = (self.label, self.sample_id, self.time, self.date, self.group, *kinds)
        return tuple(dict.fromkeys(at for at in found if at is not None))


def resolve_roles(rows: OwnRows, wanted: Roles) -> Resolved:
    """The columns that play these roles. Raises `DataError` for a column that is not there or has
    two roles, for labels of which none is known to mean normal, and without a feature."""
    proposed = propose(rows)
    remarks: list[str] = []
    features = None if wanted.features is None else _features(rows, wanted.features, remarks)
    out = {column_of(rows.names, name) for name in wanted.leave_out}
    taken = set(features or ()) | out
    asked = {
        "label": wanted.label,
        "id": wanted.sample_id,
        "time": wanted.time,
        "group": wanted.group,
        "date": wanted.date if wanted.time is None or wanted.date else "",
    }
    others = {r: _one(rows.names, proposed, r, name, taken, out) for r, name in asked.items()}
    if others["time"] is None and others["date"] is not None:
        if wanted.date:
            raise DataError(
                f"Column {wanted.date!r} is the day of a time; choose that column, too "
                "(--time-column)."
            )
        others["date"] = None
    used = {at for at in others.values() if at is not None}
    if features is None:
        remarks += recognised(rows)
        guessed = [i for i, proposal in enumerate(proposed) if proposal.role in SEEN]
        features = _in_order(rows, guessed, used | out)
        remarks += _left_out(rows, proposed, {*features, *used, *out})
        remarks += [p.doubt for i, p in enumerate(proposed) if p.doubt and i not in used | out]
    remarks += _served(rows, others, asked, named=wanted.features is not None)
    if not features:
        empty = ", with no value" if set(rows.kinds) == {"empty"} else ""
        raise DataError(
            f"Expected at least one column of numbers to use as a feature; found "
            f"{listed_names(rows.names)}{empty}."
        )
    meaning = _meaning(rows, others["label"], wanted.normal)
    if meaning is not None and meaning.remark:
        remarks.append(meaning.remark)
    label, sample_id, time, group, date = others.values()
    named = {column_of(rows.names, name) for name in wanted.categories}
    if wrong := sorted(named - set(features)):
        raise DataError(f"{listed_names([rows.names[at] for at in wrong])} is no feature.")
    kinds = frozenset(at for at in features if at in named or rows.kinds[at] == "text")
    return Resolved(features, label, sample_id, time, group, meaning, tuple(remarks), kinds, date)


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
    names: Sequence[str],
    proposed: Sequence[Proposal],
    role: str,
    wanted: str | None,
    taken: set[int],
    out: set[int],
) -> int | None:
    if wanted == "":
        return None
    if wanted is not None:
        at = column_of(names, wanted)
        if at in taken:
            what = "to be left out" if at in out else "a feature"
            raise DataError(f"Column {names[at]!r} is {what}; it cannot be the {role}, too.")
        return at
    return next((i for i, p in enumerate(proposed) if p.role == role and i not in taken), None)


def _meaning(rows: OwnRows, at: int | None, normal: str | None) -> Meaning | None:
    """What the values of the label mean."""
    if at is None:
        if normal is not None:
            raise DataError(
                f"There is no label of which {normal!r} could mean normal; choose its column "
                "(--label-column)."
            )
        return None
    values = [cells[at] for cells in rows.head]
    found = meaning_of(rows.names[at], values, normal)
    if found is None:
        there = sorted({value for value in values if value})
        raise DataError(
            f"Column {rows.names[at]!r} holds {listed(there, 5) if there else 'nothing'}, of which "
            "none is known to mean normal; expected the labels 0 and 1 (1 = anomaly), true and "
            "false, or normal and anomaly. Say which value means normal (--normal), or choose "
            "another label column or none."
        )
    return found


def _served(
    rows: OwnRows,
    others: Mapping[str, int | None],
    asked: Mapping[str, str | None],
    *,
    named: bool,
) -> list[str]:
    """Which columns were guessed to be something else than a feature, which they might be: the
    label, and numbers. Where features are `named`, only the label matters."""
    remarks = []
    if (day := others["date"]) is not None and (hour := others["time"]) is not None:
        remarks.append(
            f"Columns {rows.names[day]!r} and {rows.names[hour]!r} together are the clock "
            "(--date-column, --time-column)."
        )
        others = {role: at for role, at in others.items() if role not in ("date", "time")}
    for role, at in others.items():
        if at is None or asked[role] is not None:
            continue
        if role == "label":
            remarks.append(f"Column {rows.names[at]!r} serves as the label.")
        elif (rows.kinds[at] == "number" or role == "group") and not named:
            remarks.append(f"Column {rows.names[at]!r} serves as the {role} and is no feature.")
    return remarks


def _left_out(rows: OwnRows, proposed: Sequence[Proposal], used: Set[int]) -> list[str]:
    """Why columns are no features, in a sentence for each reason."""
    reasons: dict[str, list[str]] = {}
    for at, (name, proposal) in enumerate(zip(rows.names, proposed, strict=True)):
        if at not in used and name and not proposal.doubt:
            reasons.setdefault(proposal.reason, []).append(name)
    return [f"Left out {listed_names(names)}: {reason}." for reason, names in reasons.items()]
