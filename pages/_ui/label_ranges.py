"""Labels from a second file: from when to when, or from which row to which, is an anomaly."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui.own import tab as own_tab
from pages._ui.own.source import safe_name
from pages._ui.widgets import refuse
from wganad_core import outside
from wganad_core.data.own import Counted, LabelRanges
from wganad_core.storage import StorageError

KEPT, AGAIN = "ranges", "_own-ranges-again"
COUNTS: dict[Counted | None, str] = {
    None: "told by the file",
    "rows": "rows, from 1",
    "rows-from-0": "rows, from 0",
    "rows-of-each": "rows of each recording, from 1",
    "time": "times, as in the time column",
    "seconds": "seconds since the first row",
}
FORMAT = (
    "CSV with columns `start` and `end`, or JSON: `[[start, end], …]`, also by recording as in "
    "NAB's `combined_windows.json`. Times or numbers of rows; it takes the place of a column of "
    "labels."
)


def chosen(key: str, beside: str) -> LabelRanges | None:
    """The file of ranges for the data of this key, which lie in a file called `beside`, and how its
    numbers are meant; None without one."""
    kept: dict[str, LabelRanges] = own_tab.tab().kept.setdefault(KEPT, {})
    now = kept.get(key)
    place = f"own-ranges-{st.session_state.get(AGAIN, 0)}-{key}"
    called = _called(st.session_state.get(place), now)
    name = f"Labels: **{called}**" if called else "Labels from a second file"
    with st.popover(name, icon=":material/date_range:", key=f"own-ranges-of-{key}"):
        st.caption(FORMAT)
        file = st.file_uploader(
            "Ranges",
            ["csv", "tsv", "txt", "json", "parquet"],
            key=place,
            max_upload_size=50,
            label_visibility="collapsed",
        )
        if file is not None:
            try:
                now = LabelRanges(_kept(beside, file.file_id, file))
            except StorageError as error:  # what was there before still holds
                refuse(error)
        if now is None:
            return None
        count = own_tab.usual(f"own-count-{key}", None)
        counted = st.selectbox(
            "Its numbers are",
            list(COUNTS),
            list(COUNTS).index(count),
            format_func=COUNTS.__getitem__,
            key=f"own-count-{key}",
        )
        own_tab.settle(f"own-count-{key}", counted)
        zone = st.text_input(
            "Time zone of times without one, in either file",
            own_tab.usual(f"own-zone-{key}", ""),
            placeholder="UTC, +02:00 or Europe/Berlin",
            key=f"own-zone-{key}",
        )
        own_tab.settle(f"own-zone-{key}", zone)
        st.button("Take them away", key=f"own-unrange-{key}", on_click=_forget, args=(key,))
    now = dataclasses.replace(now, counted=counted, zone=zone.strip() or None)
    kept[key] = now
    return now


def packed(ranges: LabelRanges | None) -> dict[str, str | None] | None:
    """As `reading.read` sends it."""
    return None if ranges is None else {**dataclasses.asdict(ranges), "file": str(ranges.file)}


def _called(waiting: Any, kept: LabelRanges | None) -> str:
    """The file that has just come, or the one that is there; "" without one."""
    name = waiting.name if waiting is not None else kept.file.name if kept is not None else ""
    return outside.shown(name[:40])


def _forget(key: str) -> None:
    own_tab.tab().kept.get(KEPT, {}).pop(key, None)
    st.session_state[AGAIN] = st.session_state.get(AGAIN, 0) + 1  # an empty place for a file


@st.cache_resource(scope="session", show_spinner=False, max_entries=4)
def _kept(beside: str, file_id: str, _file: Any) -> Path:
    """A file by a name that the table beside it does not have."""
    name = safe_name(_file.name)
    name = f"ranges-{name}" if name == beside else name
    return own_tab.keep(_file.getvalue(), own_tab.tab().new_folder(), name)
