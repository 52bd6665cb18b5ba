"""Which column of the data is what: guessed, shown, changed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages._ui.own.source import OwnFile
from pages._ui.own.tab import settle, usual
from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own.look import Column
from wganad_core.data.own.roles import Role

ROLES = ["feature", "label", "id", "time", "leave out"]


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
            "Example": [column.example for column in columns],
            "Holds": [_holds(column) for column in columns],
        }
    )
    found = st.data_editor(
        table,
        hide_index=True,
        height=min(342, 38 + 37 * len(table)),
        key=key,
        disabled=["Column", "Example", "Holds"],
        column_config={
            "Role": st.column_config.SelectboxColumn(
                "Role",
                options=ROLES,
                required=True,
                help="Double-click to change: what the detector sees, what tells the truth, what "
                "names a row. A time names moments; rows keep their order.",
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


def chosen_roles(columns: Sequence[Column], chosen: Sequence[Role]) -> Roles:
    """As the reader wants them: as guessed, unless something was changed. Raises `DataError`."""
    if list(chosen) == [column.guess for column in columns]:
        return Roles()
    return named_roles(columns, chosen)


def named_roles(columns: Sequence[Column], chosen: Sequence[Role]) -> Roles:
    """Every role by its column's name. Raises `DataError`."""
    names: dict[str, list[str]] = {role: [] for role in ROLES}
    for column, role in zip(columns, chosen, strict=True):
        names[role].append(column.name)
    for role in ("label", "id", "time"):
        if len(names[role]) > 1:
            raise DataError(
                f"Only one column can be the {role}; found {' and '.join(names[role])}. Leave the "
                "others out."
            )
    if all(column.kind == "empty" for column in columns):
        raise DataError("Every column is empty; expected numbers.")
    if not names["feature"]:
        raise DataError("No column is a feature; give that role to those that tell normality.")
    one = ((names[role] or [""])[0] for role in ("label", "id", "time"))
    return Roles(tuple(names["feature"]), *one)
