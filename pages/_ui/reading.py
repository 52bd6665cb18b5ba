"""Files that people bring, read outside the server's process (`live.readers`)."""

from __future__ import annotations

import dataclasses
import itertools
import weakref
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from wganad_core.data import DataError
from wganad_core.live.readers import Readers, Unwanted

MOST = 2_000_000_000  # bytes that the server holds of people's files, all together
R = TypeVar("R")


class Account:
    """What is held of people's files: counted as long as anybody holds it."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._sizes: dict[int, int] = {}
        self._numbers = itertools.count()

    @property
    def held(self) -> int:
        return sum(list(self._sizes.values()))

    def enter(self, found: object, name: str) -> None:
        """Raises `DataError` where that is too much."""
        size, there = size_of(found), self.held
        if there + size > self.most:
            raise DataError(
                f"{name}: The server may hold {self.most / 1e9:g} GB of people's files, holds "
                f"{there / 1e9:.1f} and this one takes {size / 1e9:.1f}. Close other tabs of it, "
                "keep fewer rows or columns, or use the command line."
            )
        number = next(self._numbers)
        self._sizes[number] = size
        weakref.finalize(found, self._sizes.pop, number).atexit = False


def size_of(found: Any) -> int:
    """Bytes of the arrays of a record; rows of one text share it."""
    if isinstance(found, np.ndarray):
        return found.nbytes
    if dataclasses.is_dataclass(found):
        return sum(size_of(getattr(found, field.name)) for field in dataclasses.fields(found))
    return 0


@st.cache_resource(show_spinner=False)
def readers() -> Readers:
    """The server's."""
    return Readers()


@st.cache_resource(show_spinner=False)
def account() -> Account:
    """The server's."""
    return Account()


def connected() -> bool:
    """Whether somebody still looks at the page that runs."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return True
    return runtime.get_instance().is_active_session(context.session_id)


def read(kind: type[R], what: str, source: Path | IO[bytes], **arguments: Any) -> R:
    """What `Readers.read` finds. Reading ends with the tab that asked for it. Raises `DataError`
    also where the server holds too much already."""
    try:
        found = readers().read(kind, what, source, wanted=connected, **arguments)
    except Unwanted:
        st.stop()
    account().enter(found, str(getattr(source, "name", "The file")))
    return found
