"""Which column of the data is what: guessed, shown, changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages._ui.own.source import OwnFile
from pages._ui.own.tab import choice, settle, usual
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own.column import Role
from wganad_core.data.own.csv_closing import CLOSED
from wganad_core.data.own.labels import plain
from wganad_core.data.own.look import Column
from wganad_core.data.own.proposals import SEEN

ROLES = ["feature", "category", "label", "second label", "id", "group", "time", "date", "leave out"]
PROPOSED = "as proposed"


def edited(source: OwnFile) -> list[Role]:
    """A line per column, in which its role can be changed."""
    columns, key = source.look.columns, f"own-roles-{source.key}"
    guesses: list[Role] = [column.guess for column in columns]
    # What it begins with must not change while it is being edited, only when it comes back.
    if key not in st.session_state:
        st.session_state[f"_{key}"] = usual(key, guesses)
    start = st.session_state[f"_{key}"]
    table = pd.DataFrame(
        {
            "Column": [column.name for column in columns],
            "Role": start,
            "Why": [column.reason for column in columns],
            "Holds": [_holds(column) for column in columns],
            "Example": [column.example for column in columns],
        }
    )
    found = st.data_editor(
        table,
        hide_index=True,
        height=min(342, 38 + 37 * len(table)),
        key=key,
        disabled=["Column", "Why", "Holds", "Example"],
        column_config={
            "Role": st.column_config.SelectboxColumn(
                "Role",
                options=ROLES,
                required=True,
                help="Double-click to change: what the detector sees (features), what tells the "
                "truth (the label; a second one is left alone), what names a row (id, time; a date "
                "is the day of a time that is the hour only), which "
                "machine or recording it is of (group). A category tells kinds apart, by words or "
                "by numbers that count nothing.",
            )
        },
    )
    chosen: list[Role] = settle(key, list(found["Role"]))
    return chosen


def _holds(column: Column) -> str:
    words: list[str] = [column.kind if column.kind != "empty" else "nothing"]
    if column.n_missing:
        words.append(f"{column.n_missing:,} missing")
    if column.constant:
        words.append("constant")
    return ", ".join(words)


def normal_value(source: OwnFile, chosen: Sequence[Role]) -> str | None:
    """Which value of the label means normal, where there is more to it than 0 and 1; None is what
    the reader proposes."""
    labels = [i for i, role in enumerate(chosen) if role == "label"]
    if len(labels) != 1:
        return None
    column = source.look.columns[labels[0]]
    if not len(column.values) > 1 or {plain(value) for value in column.values} == {"0", "1"}:
        return None
    known = column.normal
    options = {PROPOSED: f"{outside.shown(known)} (proposed)"} if known else {}
    options |= {value: outside.shown(value) for value in column.values if value != known}
    key = f"own-normal-{source.key}-{labels[0]}"
    picked = choice(
        f"What means normal in {outside.shown(column.name)}", options, key, next(iter(options))
    )
    return None if picked == PROPOSED else picked


def keep_closing(source: OwnFile) -> bool | None:
    """Whether totals and empty rows under the table are rows, where there are some."""
    if not any(remark.startswith(CLOSED) for remark in source.look.remarks):
        return None
    words = {False: "left out", True: "rows like the others"}
    key = f"own-closing-{source.key}"
    return choice("What is under the table is", words, key, False) or None


def for_pages(line: str) -> str:
    """A doubt without the words of the shell."""
    return re.sub(r" ?\(--[^)]*\)", "", line)


def chosen_roles(
    columns: Sequence[Column], chosen: Sequence[Role], normal: str | None = None
) -> Roles:
    """As the reader wants them: as guessed, unless something was changed. Raises `DataError`."""
    if list(chosen) == [column.guess for column in columns]:
        return Roles(normal=normal)
    return named_roles(columns, chosen, normal)


def named_roles(
    columns: Sequence[Column], chosen: Sequence[Role], normal: str | None = None
) -> Roles:
    """Every role by its column's name. Raises `DataError`."""
    names: dict[str, list[str]] = {role: [] for role in ROLES}
    for column, role in zip(columns, chosen, strict=True):
        names[role].append(column.name)
    for role in ("label", "id", "time", "date", "group"):
        if len(names[role]) > 1:
            raise DataError(
                f"Only one column can be the {role}; found {' and '.join(names[role])}. Leave the "
                "others out."
            )
    if all(column.kind == "empty" for column in columns):
        raise DataError("Every column is empty; expected numbers.")
    if not names["feature"] + names["category"]:
        raise DataError("No column is a feature; give that role to those that tell normality.")
    one = {role: (found or [""])[0] for role, found in names.items()}
    # A file without such a column need not say so.
    group = one["group"] or ("" if any(column.guess == "group" for column in columns) else None)
    date = one["date"] or ("" if any(column.guess == "date" for column in columns) else None)
    pairs = list(zip(columns, chosen, strict=True))
    features = tuple(column.name for column, role in pairs if role in SEEN)
    kinds = tuple(c.name for c, role in pairs if role == "category" and c.kind == "number")
    return Roles(features, one["label"], one["id"], one["time"], group, normal, (), kinds, date)
