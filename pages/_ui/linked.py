"""A choice that is kept in the address under its short name, so that a state can be shared.

Streamlit's own `bind="query-params"` writes the labels that people read ("Slope ‖∇f‖") into the
address; links made by hand, and labels that change, want names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

Name = TypeVar("Name", bound=str)


def choice(
    label: str, options: Mapping[Name, str], *, key: str, default: Name, help: str | None = None
) -> Name:
    """A row of buttons, one per option (name → label); an unknown name in the address is
    ignored."""
    names = list(options)
    asked = st.query_params.get(key)
    chosen = st.segmented_control(
        label,
        names,
        format_func=lambda name: options[name],
        default=next((name for name in names if name == asked), default),
        required=True,
        key=key,
        help=help,
    )
    if chosen == default:
        st.query_params.pop(key, None)
    elif asked != chosen:
        st.query_params[key] = chosen
    return chosen
