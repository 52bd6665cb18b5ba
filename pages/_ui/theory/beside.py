"""A picture with its equation, and where the paper prints something else than it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from wganad_core.theory import shipped
from wganad_core.theory.shipped import Theory


@contextmanager
def equations(
    *lines: str, words: str, errata: Sequence[tuple[str, str, str]] = ()
) -> Iterator[None]:
    """The picture is drawn inside; beside it (below on a phone) stand the equations, what to see,
    and errata: where, printed, meant."""
    picture, side = st.columns([0.7, 0.3], gap="medium")
    with picture:  # which comes first, or words that are below it on a phone would be moved
        yield
    with side:
        for line in lines:
            st.latex(line)
        st.markdown(words)
        for where, printed, meant in errata:
            with st.container(border=True):
                st.markdown(f"**{where}** · printed {printed}, meant {meant}")


def measured() -> Theory:
    """What `study theory` found. Raises `StorageError` where it is missing."""
    path = shipped.shipped_path()
    return _read(str(path), path.stat().st_mtime_ns if path.exists() else 0)


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(path: str, changed: int) -> Theory:
    """Keyed by the file's time of change."""
    return shipped.load(shipped.shipped_path())
