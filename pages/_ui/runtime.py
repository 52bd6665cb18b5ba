"""What pages share at run time: the worker process and this session's race in it."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import secrets
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import streamlit as st

from pages._ui import linked
from pages._ui.widgets import refuse
from wganad_core import storage
from wganad_core.config import ConfigError
from wganad_core.data import DataError
from wganad_core.data.cache import data_directory
from wganad_core.live.client import WorkerClient, WorkerError
from wganad_core.storage import StorageError

MAX_LIVE_VARIABLE = "WGANAD_MAX_LIVE"
KEPT_RACES = 20
REFUSALS = (ConfigError, DataError, StorageError, WorkerError)


@st.cache_resource(show_spinner=False, validate=lambda client: client.alive)
def worker() -> WorkerClient:
    """The server's one worker, started anew if it has died."""
    return WorkerClient(max_live=int(os.environ.get(MAX_LIVE_VARIABLE, "4")))


@st.cache_resource(show_spinner=False, validate=lambda client: client.alive)
def image_worker() -> WorkerClient:
    """A process of its own for image models, made when a page first needs one: a search over
    latents takes seconds, for which no live race shall wait."""
    return WorkerClient()


def start() -> None:
    """Called on every run. Starts the worker early, so that its imports do not make
    the first click wait."""
    _may_open_many_files()
    worker()


@cache
def _may_open_many_files() -> None:
    """Streamlit keeps an event loop, three descriptors, for every session, also for those that it
    holds ready for a tab that may come back."""
    try:
        import resource
    except ImportError:  # Windows counts otherwise
        return
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # of a system that allows less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def run_page(main: Callable[[], None]) -> None:
    """Run a page, as it was left if the address says nothing."""
    linked.visit(Path(inspect.getfile(main)).stem)
    with in_words():
        main()


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """What a page, or a fragment that runs alone, cannot use is shown as the one sentence that the
    core has for it."""
    try:
        yield
    except REFUSALS as error:
        refuse(error)
    except OSError as error:
        refuse(
            f"The server could not read or write a file of its own ({error.strerror or error}); "
            "free some space for it, or tell who runs it. What was here before is unchanged."
        )


class SessionRace:
    """This browser session's place in the worker; ends with the session."""

    def __init__(self) -> None:
        self.key = secrets.token_hex(16)  # whoever knows it can go on from a copy
        self.client: WorkerClient | None = None

    @property
    def checkpoint(self) -> Path:
        """Where the worker keeps the race when the tab closes."""
        return checkpoint_path(self.key)

    @property
    def worker(self) -> WorkerClient:
        """Who has the race. Raises `WorkerError` before there is one."""
        if self.client is None:
            raise WorkerError("There is no live run yet; press Play.")
        return self.client

    def connect(self) -> WorkerClient:
        self.client = worker()
        return self.client

    def release(self) -> None:
        if self.client is not None:
            self.client.close(self.key)


@st.cache_resource(scope="session", on_release=SessionRace.release, show_spinner=False)
def session_race() -> SessionRace:
    """The handle that Streamlit releases when the tab closes (or the connection breaks)."""
    return SessionRace()


def checkpoint_path(key: str) -> Path:
    return data_directory() / "live" / f"{key}.safetensors"


def left_behind(key: str | None) -> Path | None:
    """The checkpoint of an earlier session that the URL names, if it is still there."""
    if key is None or not re.fullmatch(r"[0-9a-f]{32}", key) or key == session_race().key:
        return None
    path = checkpoint_path(key)
    return path if path.is_file() else None


def tidy_checkpoints() -> None:
    """Keep only the newest checkpoints of closed tabs, and no unfinished files."""
    folder = data_directory() / "live"
    storage.sweep(folder)
    files = sorted(folder.glob("*.safetensors"), key=lambda path: path.stat().st_mtime)
    for path in files[:-KEPT_RACES]:
        path.unlink(missing_ok=True)
