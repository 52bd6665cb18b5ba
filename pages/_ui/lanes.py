"""Lanes of a race on a canvas that plays in the browser, with no run of the page per frame."""

from __future__ import annotations

import atexit
import dataclasses
import json
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import streamlit as st

from pages._ui import served
from pages._ui.component import component, rerun_only
from wganad_core.data.unfinished import Scratch
from wganad_core.figures import scripts
from wganad_core.figures.race import Layers

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

FILM_SECONDS = 6  # for a whole search


@dataclasses.dataclass(frozen=True)
class LanesEvents:
    """What the reader's browser wants: the key that starts and stops, frames that it lacks."""

    space: bool
    lost: bool


def show_lanes(
    message: dict[str, Any],
    frames: bytes = b"",
    *,
    key: str,
    layers: Layers,
    on_space: Callable[[], None] | None = None,
) -> LanesEvents:
    """Draw a recording (`message["url"]`), or newer frames of a live race (`frames`).

    Parameters
    ----------
    message : what `live_lanes.js` reads besides layers; `options` go to the player
    frames : a file of `figures.lanes.pack_lanes`
    key : identity on the page
    layers : what is drawn over and under the samples
    on_space : carried out once for every press of the key that starts and stops, though
        Streamlit may hand over an event twice, when a run of the page overtakes another
    """
    options = dataclasses.asdict(layers) | message.get("options", {})
    found = _component()(
        key=f"lanes-{key}",
        data=_message({**message, "options": options}, frames),
        on_space_change=partial(_once, f"lanes-{key}", on_space) if on_space else rerun_only,
        on_lost_change=rerun_only,
    )
    return LanesEvents(bool(found.get("space")), bool(found.get("lost")))


def show_film(film: bytes, *, key: str, running: bool, words: str) -> None:
    """Draw a search: frame after frame while it is `running`; then it plays from its start, once.

    Parameters
    ----------
    film : a file of `figures.film.pack_film`, as far as it has come
    key : identity of the search
    words : what the pictures show
    """
    options = {
        "follow": running,
        "autoplay": not running,
        "loop": False,
        "seconds": FILM_SECONDS,
        "curves": "search",
        "words": words,
    }
    message = {"key": key, "whole": True, "options": options}
    _film()(key=f"film-{key}", data=_message(message, film), on_lost_change=rerun_only)


def _message(told: dict[str, Any], file: bytes) -> bytes:
    """What `live_lanes.js` takes apart."""
    text = json.dumps(told).encode()
    return len(text).to_bytes(4, "little") + text + file


def _once(key: str, action: Callable[[], None]) -> None:
    """Carry out what a press of the space bar means, unless this press has been seen before."""
    press = st.session_state[key].get("space")
    seen = f"{key}-press"
    if press is not None and press != st.session_state.get(seen):
        st.session_state[seen] = press
        action()


@cache
def _folder() -> Path:
    """Files of recordings that this server has made, gone when it ends."""
    scratch = Scratch()
    atexit.register(scratch.end)
    return scratch.folder


def publish(name: str, file: bytes) -> str:
    """The URL path, on this server, of a recording; browsers keep it."""
    path = _folder() / f"{name}-{crc32(file):08x}.bin"
    path.write_bytes(file)
    return served.address(path, "recordings")


@cache
def _component() -> ComponentRenderer:
    return _on_canvas("live_lanes", scripts.LANES)


@cache
def _film() -> ComponentRenderer:
    return _on_canvas("film", (*scripts.LANES, scripts.FILM))


def _on_canvas(name: str, files: Sequence[str]) -> ComponentRenderer:
    drawing = [scripts.FOLDER / file for file in files]
    html, css = '<div class="lanes"></div>', scripts.lanes_looks()
    return component(name, html, css, "live_lanes.js", drawing)
