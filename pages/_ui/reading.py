"""Files that people bring, read outside the server's process (`live.readers`)."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, TypeVar

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from wganad_core.live.readers import Readers, Unwanted

R = TypeVar("R")


@st.cache_resource(show_spinner=False)
def readers() -> Readers:
    """The server's."""
    return Readers()


def connected() -> bool:
    """Whether somebody still looks at the page that runs."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return True
    return runtime.get_instance().is_active_session(context.session_id)


def read(kind: type[R], what: str, source: Path | IO[bytes], **arguments: Any) -> R:
    """What `Readers.read` finds. Reading ends with the tab that asked for it."""
    try:
        return readers().read(kind, what, source, wanted=connected, **arguments)
    except Unwanted:
        st.stop()
