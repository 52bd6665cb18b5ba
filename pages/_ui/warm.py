"""What the first visitor of a server would wait for is begun with the server."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import AsyncIterator
from importlib import import_module

import streamlit as st

from pages._ui import runtime

# What every page with a chart is made of. Not more: what a visitor does not look at would only take
# the processor from what he does.
PARTS = (
    "pages._ui.chart",
    "wganad_core.evaluation",
    "wganad_core.pretrained",
    "pandas",
    "scipy.spatial",
)


@contextlib.asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """For `st.App`: the server answers at once, and meanwhile a thread gets ready.

    A page's first picture on a cold server waited for two things that no visitor causes: the
    worker, whose imports take three seconds, and the page's own imports, another one or two. While
    a browser starts and fetches its scripts, both run here.
    """
    threading.Thread(target=get_ready, name="warm", daemon=True).start()
    yield


def get_ready() -> None:
    """The worker, and what charts are made of, which no search for garbage looks at again."""
    runtime.worker()  # first: a process of its own, on another core
    for name in PARTS:
        import_module(name)
    # Streamlit collects garbage after every run, also of a part of a page five times a second; what
    # is loaded by now need not be looked at: that took three times as long as the run itself.
    gc.collect()
    gc.freeze()
