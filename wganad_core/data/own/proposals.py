"""What the columns of a table are likely to be, why, and what speaks against it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import cast

import numpy as np

from wganad_core.data.own.column import (
    FEWEST,
    STRONG,
    Proposal,
    Role,
    Seen,
    as_numbers,
    by_name,
    sample_of,
)
from wganad_core.data.own.column_kind import by_kind
from wganad_core.data.own.labels import (
    MAX_KINDS,
    NAMES,
    meaning_of,
    plain,
    tokens,
    words_in,
)
from wganad_core.data.own.presets import Preset, preset_of, role_in
from wganad_core.data.own.rows import OwnRows

SEEN = ("feature", "category")  # roles that a detector sees
ONCE = ("label", "id", "group", "time", "date")  # roles that one column has at most
HOUR = r"\d\d?:\d\d(:\d\d([.,]\d+)?)?( ?[AaPp][Mm])?$"
DAY = r"\d{1,4}([./-])\d\d?\1\d{1,4}\.?$"
WHOLE = {"0", "1", "-1", "2"}  # classes in tables without a header
FOLLOWS = 3  # rows, at least, by which a column gives the label away
# Of tables with one value in a row: how the columns are called that say of what, and the value.
QUANTITIES = words_in(
    "tag tagname tagid variable varname metric metricname series entityid field parameter signal "
    "channel sensor sensorname measure measurement quantity point pointname item itemid nodeid "
    "attribute"
)
VALUES = words_in("value varvalue val state reading wert messwert valeur valor")


def recognised(rows: OwnRows) -> list[str]:
    """A sentence on whose file this is, where its header tells."""
    preset = _preset(rows)
    if preset is None:
        return []
    said = f": {preset.said}" if preset.said else ""
    if preset.unnamed:
        return [f"Its columns are taken for those of {preset.name}{said}."]
    return [f"Its header is that of {preset.name}{said}."]


def _preset(rows: OwnRows) -> Preset | None:
    """Without names, only where a first column numbers units and the second counts within them."""
    preset = preset_of(rows.names, rows.named)
    if preset is None or not preset.unnamed:
        return preset
    first, second = (as_numbers([row[at] for row in rows.head]) for at in (0, 1))
    same, steps = np.diff(first) == 0, np.diff(second)
    counts = bool(same.any()) and (steps[same] == 1).all() and (second[1:][~same] == 1).all()
    return preset if counts and (np.diff(first) >= 0).all() else None


def propose(rows: OwnRows) -> tuple[Proposal, ...]:
    """What each column is, by its name, its kind and its first 1,000 values."""
    columns = list(zip(*rows.head, strict=True))
    seen = [
        Seen(at, name, kind, values)
        for at, (name, kind, values) in enumerate(zip(rows.names, rows.kinds, columns, strict=True))
    ]
    found = [by_name(column) or by_kind(column) for column in seen]
    if not rows.named:
        _unnamed_label(seen, found)
    _one_label(seen, found)
    _known(rows, seen, found)
    _day_and_hour(seen, found)
    _once(seen, found)
    _answers(seen, found)
    _one_value_a_row(seen, found)
    return tuple(found)


def _unnamed_label(seen: Sequence[Seen], found: list[Proposal]) -> None:
    """Without a header, a last or first column of two whole numbers among others is the label."""
    for at in (len(seen) - 1, 0):
        column = seen[at]
        if len(seen) == 1 or meaning_of(column.name, column.values) is None:
            continue
        alone = sum(set(one.counts) <= WHOLE for one in seen) == 1
        numbers = alone and column.kind == "number" and set(column.counts) <= WHOLE
        words = column.kind == "text" and len(column.counts) <= MAX_KINDS
        if len(column.values) >= FEWEST and len(column.counts) > 1 and (numbers or words):
            what = (
                f"the {'last' if at else 'first'} column, and it holds {sample_of(column.counts)}"
            )
            found[at] = Proposal("label", what)
            return


def _known(rows: OwnRows, seen: Sequence[Seen], found: list[Proposal]) -> None:
    """Files that are known by their header are what their makers say."""
    preset = _preset(rows)
    if preset is None:
        return
    for column in seen:
        if (role := role_in(preset, column.name)) is not None and column.kind != "empty":
            before = found[column.at]
            reason = f"as {preset.name} writes it"
            doubt = before.doubt if role == "label" == before.role else ""
            found[column.at] = Proposal(cast(Role, role), reason, doubt)


def _one_label(seen: Sequence[Seen], found: list[Proposal]) -> None:
    """Of several labels the one that is called so plainly; the others are second labels."""
    labels = [at for at, proposal in enumerate(found) if proposal.role == "label"]
    if not labels:
        marks = [at for at, proposal in enumerate(found) if proposal.role == "second label"]
        if len(marks) == 1:
            doubt = (
                f"Column {seen[marks[0]].name!r} marks changes and is no feature; choose it as "
                "the label if there is no better one (--label-column)."
            )
            found[marks[0]] = dataclasses.replace(found[marks[0]], doubt=doubt)
        return

    def rank(at: int) -> tuple[int, bool, int]:
        name = seen[at].name.casefold()
        exact = NAMES["label"].index(name) if name in NAMES["label"] else len(NAMES["label"])
        return exact, not set(tokens(name)) & STRONG, at

    first, *others = sorted(labels, key=rank)
    for at in others:
        doubt = (
            f"Columns {seen[first].name!r} and {seen[at].name!r} may both be labels; the first "
            "is taken, the second is no feature (--label-column chooses)."
        )
        found[at] = Proposal("second label", "there is another label", doubt)


def _day_and_hour(seen: Sequence[Seen], found: list[Proposal]) -> None:
    """A column of days and one of hours are one clock."""
    times = [seen[at] for at, proposal in enumerate(found) if proposal.role == "time"]
    hours, days = (
        [one.at for one in times if all(re.match(form, v) for v in filter(None, one.values))]
        for form in (HOUR, DAY)
    )
    if hours and days:
        found[days[0]] = Proposal("date", f"the day of {seen[hours[0]].name!r}")
        found[hours[0]] = Proposal("time", f"the hour, of the day in {seen[days[0]].name!r}")


def _once(seen: Sequence[Seen], found: list[Proposal]) -> None:
    """The first of each role, of times the first that does not stand still."""
    for role in ONCE:
        many = [at for at, proposal in enumerate(found) if proposal.role == role]
        moves = [at for at in many if role == "time" and len(set(seen[at].values)) > 1]
        kept = (moves or many)[:1]
        for at in many:
            if at not in kept:
                found[at] = Proposal("leave out", f"another column is the {role}")


def _one_value_a_row(seen: Sequence[Seen], found: list[Proposal]) -> None:
    """A doubt about a table that has one value of one of several quantities in a row: those would
    be judged as one. It is told by names, or by times that come again with other texts."""
    kinds = [at for at, p in enumerate(found) if p.role == "category"]
    numbers = [at for at, p in enumerate(found) if p.role == "feature"]
    if not any(proposal.role == "time" for proposal in found):
        return
    key = next((at for at in kinds if _bare(seen[at].name) in QUANTITIES), None)
    value = next((at for at in numbers if _bare(seen[at].name) in VALUES), None)
    if (key is None or value is None) and len(kinds) == len(numbers) == 1:
        time = next(seen[at] for at, proposal in enumerate(found) if proposal.role == "time")
        pairs = set(zip(time.values, seen[kinds[0]].values, strict=True))
        n_times, n_kinds = len(set(time.values)), len(seen[kinds[0]].counts)
        if n_kinds > 1 and len(pairs) == len(time.values) >= FEWEST and 2 * n_times <= len(pairs):
            key, value = kinds[0], numbers[0]
    if key is None or value is None:
        return
    name, number = seen[key].name, seen[value].name
    doubt = (
        f"Each row seems to hold one value, in {number!r}, of what {name!r} names, so that "
        "different quantities would be judged as one; put them side by side first (pandas: "
        f"df.pivot_table(index=TIME, columns={name!r}, values={number!r})), or, if {name!r} tells "
        "machines apart, choose it as the group (--group-column)."
    )
    found[key] = dataclasses.replace(found[key], doubt=doubt)


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _answers(seen: Sequence[Seen], found: list[Proposal]) -> None:
    """Columns of two values of which one occurs at anomalies only give the answer away."""
    label = next((seen[at] for at, p in enumerate(found) if p.role == "label"), None)
    if label is None or (meaning := meaning_of(label.name, label.values)) is None:
        return
    odd = np.array([v not in {"", *meaning.normal} for v in map(plain, label.values)])
    if not 0 < odd.sum() < len(odd):
        return
    for column, proposal in zip(seen, found, strict=True):
        if proposal.role not in SEEN or len(column.counts) != 2:
            continue
        rare = column.counts.most_common(2)[1][0]
        here = np.array([plain(value) == rare for value in column.values])
        if here.sum() >= FOLLOWS and odd[here].all() and odd.mean() < 1 / 2:
            doubt = (
                f"Wherever {column.name!r} is {rare!r}, {label.name!r} tells of an anomaly, so it "
                "would give the answer away; it is no feature unless you choose it (--features)."
            )
            found[column.at] = Proposal("second label", f"it goes with {label.name!r}", doubt)
