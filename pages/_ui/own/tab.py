"""What a browser tab holds on "Your data": a folder, what was chosen, at most one training."""

from __future__ import annotations

import dataclasses
import itertools
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from pages._ui import linked
from pages._ui.reading import connected
from wganad_core.data import unfinished
from wganad_core.jobs.orders import Order
from wganad_core.live.fitting import Fitting, Fittings
from wganad_core.live.tabs import Tabs
from wganad_core.storage import StorageError, failing_in_words

T = TypeVar("T")
ADDRESS, NAME, SETTINGS = "run", "_own-tab", "settings"


@st.cache_resource(show_spinner=False)
def fittings() -> Fittings:
    """The server's: one or two at a time."""
    return Fittings()


class OwnTab:
    """Files lie in a temporary folder that goes with the tab; `kept` is all that must outlive a
    reload, by name."""

    def __init__(self) -> None:
        self._scratch = unfinished.Scratch()
        self.browser = _browser()
        self.kept: dict[str, Any] = {}
        self.rested = False
        self._fittings: list[Fitting] = []

    @property
    def folder(self) -> Path:
        return self._scratch.folder

    def new_folder(self, *files: Path) -> Path:
        """For one run, with these files in it: what came before is not touched."""
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self.folder))
        for file in files:
            try:
                os.link(file, folder / file.name)
            except OSError:  # a file system without links
                shutil.copyfile(file, folder / file.name)
        return folder

    def submit(
        self, folder: Path, orders: Sequence[Order], told: Sequence[dict[str, Any]] = ()
    ) -> Fitting:
        """Orders that end with the tab; see `Fittings.submit`."""
        self.rested = False
        self._fittings = [one for one in self._fittings if one.active]
        self._fittings.append(fittings().submit(folder, orders, told))
        return self._fittings[-1]

    def rest(self) -> None:
        """Train no longer. What is trained already may be finished: that is soon done."""
        for one in self._fittings:
            if one.active and not one.results:
                self.rested = True
                fittings().cancel(one)

    def end(self) -> None:
        """Nothing of it stays."""
        for one in self._fittings:
            fittings().cancel(one)
        self._scratch.end()


@dataclasses.dataclass(frozen=True)
class Handle:
    """An open tab."""

    tabs: Tabs[OwnTab]
    name: str

    def close(self) -> None:
        self.tabs.close(self.name)


@st.cache_resource(show_spinner=False)
def tabs() -> Tabs[OwnTab]:
    """The server's."""
    unfinished.sweep_temporary()  # of servers that were killed
    return Tabs(OwnTab)


@st.cache_resource(scope="session", on_release=Handle.close, show_spinner=False)
def _handle(name: str) -> Handle:
    """Streamlit releases it when the tab closes, and also when the network fails for a moment or
    the page is loaded again."""
    return Handle(tabs(), name)


def tab() -> OwnTab:
    """By a name that the session knows or, after a reload, the address."""
    if not connected():
        st.stop()  # or it would be opened for nobody, who never closes it
    if NAME not in st.session_state:
        browser, asked = _browser(), st.query_params.get(ADDRESS)
        found = tabs().name(asked, lambda tab: tab.browser == browser)
        st.session_state[NAME] = found
        if asked not in (None, found):
            st.toast(
                "The address leads to a training of another tab, or to one that is gone; "
                "this page begins anew.",
                icon=":material/info:",
            )
    return tabs().open(_handle(st.session_state[NAME]).name)


def _browser() -> str:
    """What tells browsers apart, so that a link opens nobody else's tab: the token of Streamlit's
    own cookie against forged requests, without the mask that is new with every answer."""
    parts = st.context.cookies.get("_streamlit_xsrf", "").split("|")
    try:
        mask, masked = (bytes.fromhex(part) for part in parts[1:3])
        return bytes(a ^ b for a, b in zip(masked, itertools.cycle(mask), strict=False)).hex()
    except ValueError:  # no cookie, or of another make: then the name alone decides
        return ""


def keep(data: bytes, folder: Path, name: str) -> Path:
    """A file of that name in a folder that goes with the tab. Raises `StorageError`, as of a full
    disk, and then nothing of it stays."""
    try:
        with failing_in_words(Path(name)):
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)
    except StorageError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder / name


def write_address(worth: bool) -> None:
    """Lead back to this tab after a reload, if it holds anything worth that."""
    linked.put(ADDRESS, st.session_state[NAME] if worth else None)


def usual(key: str, default: Any) -> Any:
    """Where a widget begins: where it was left, also when it was off the page since."""
    return tab().kept.get(SETTINGS, {}).get(key, default)


def at(key: str, default: Any) -> Any:
    """Where a widget is, before it is drawn in this run."""
    return st.session_state.get(key, usual(key, default))


def settle(key: str, value: Any) -> Any:
    """Note where a widget is, and give that back."""
    tab().kept.setdefault(SETTINGS, {})[key] = value
    return value


def choice(label: str, options: Mapping[T, str], key: str, start: T) -> T:
    """One of a few words, beginning where it was left."""
    begin = usual(key, start)
    found: T = st.segmented_control(
        label,
        list(options),
        required=True,
        key=key,
        default=begin if begin in options else next(iter(options)),
        format_func=options.__getitem__,
        wrap=True,
    )
    settle(key, found)
    return found


def number(label: str, low: int, high: int, start: int, key: str, width: int = 110) -> int:
    """A whole number, beginning where it was left."""
    found = st.number_input(label, low, high, usual(key, start), key=key, width=width)
    settle(key, found)
    return found
