"""Where the data come from: one of three examples, or a file."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui import linked, reading
from pages._ui.own import tab as own_tab
from pages._ui.widgets import button, refuse, still_here
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.data.own.examples import Example, example
from wganad_core.data.own.look import Look, look
from wganad_core.storage import StorageError

KINDS = {
    "table": ":material/table_rows: Example: a pump",
    "images": ":material/image: Example: digits",
    "series": ":material/show_chart: Example: a shaft",
    "own": ":material/upload_file: Your own file",
}
ABOUT = {
    "table": "**A pump**, 1,200 minutes by six sensors. In 60 of them something is wrong, though "
    "hardly a sensor leaves its usual range: what breaks is how they go together.",
    "images": "**Handwritten zeros**, 400 of them, and 40 sixes that have no business there.",
    "series": "**A shaft** that turns for a minute, three sensors at 50 Hz. Twice, for 1.5 s, "
    "something goes wrong within the usual range.",
}
MEGABYTES = 200
FORMAT = (
    "A **table** (CSV, JSON, parquet, npy: a row per sample), a **recording** (the same, a row per "
    f"moment; several in a zip) or a **zip of images** (of any size, grey or in colour), up to "
    f"{MEGABYTES} MB. A column "
    "`label` (1 = anomaly) or folders `normal` and `anomaly` are understood. Files stay on this "
    "server while the tab is open, and ten minutes longer, so that a reload loses nothing."
)
KEPT, GONE, UPLOADER = "upload", "gone", "own-data"
LONG = 24  # letters of a name on a button


@dataclasses.dataclass(frozen=True)
class OwnFile:
    """A file in a folder of its own. `kind`: of an example, else None; `look` is what it holds."""

    key: str
    name: str
    folder: Path
    kind: Example | None
    look: Look

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @property
    def size(self) -> str:
        """How much there is of it."""
        rows, columns = self.look.n_rows, len(self.look.columns)
        if self.look.image_shape is not None:
            return f"{rows:,} image{'s' * (rows != 1)}"
        return f"{rows:,} row{'s' * (rows != 1)}, {columns:,} column{'s' * (columns != 1)}"

    @property
    def title(self) -> str:
        """For names of files that follow from this one."""
        return Path(self.name).stem


def removed() -> list[str]:
    """The keys of files that were taken away since this was last asked."""
    found: list[str] = own_tab.tab().kept.pop(GONE, [])
    return found


def _remove() -> None:
    """Nothing of the file stays."""
    kept = own_tab.tab().kept
    source: OwnFile | None = kept.pop(KEPT, None)
    if source is not None:
        kept.setdefault(GONE, []).append(source.key)
        shutil.rmtree(source.folder, ignore_errors=True)


TASKS = {"train": "Train a detector", "saved": "Open a saved one"}


def asked() -> tuple[str, bool]:
    """Which example or file, and whether a saved detector scores it, before that is drawn."""
    kind = linked.now(KINDS, key="kind", default="table")
    return kind, linked.now(TASKS, key="with", default="train") == "saved"


def expected() -> OwnFile | None:
    """The data that are shown, before the choices are drawn."""
    kind, _ = asked()
    if kind != "own":
        return _example(kind)  # type: ignore[arg-type]  # the others are examples
    return _kept_file()


def choices() -> tuple[str, bool]:
    """The same, to be changed, as words on a button; one's own file has a button of its own, and
    is replaced and removed where it is named."""
    kind, _ = asked()
    with st.popover(f"Data **{_called(kind)}**", key="own-what"):
        kind = linked.tabs("Data", KINDS, key="kind", default="table")
        task = linked.tabs("What to do", TASKS, key="with", default="train")
        if kind == "own" and (kept := _kept_file()) is not None and _uploader() is None:
            still_here(kept.name, "own-remove", _remove)
    if kind != "own":
        button("Use your own file", "upload_file", linked.ask, args=("kind", "own"), key="own-file")
    return kind, task == "saved"


def _called(kind: str) -> str:
    """The data in a few words."""
    if kind == "own" and (kept := _kept_file()) is not None:
        short = kept.name if len(kept.name) <= LONG else f"{kept.name[: LONG - 1]}…"
        return outside.shown(short)
    return KINDS[kind].rpartition(": ")[2]


def chosen(kind: str) -> OwnFile | None:
    """The example or the file; None while there is none."""
    if kind != "own":
        return expected()
    reading.readers().warm()
    kept = _kept_file()
    # The second place of the uploader was drawn with the choices.
    file = _first() if kept is None else st.session_state.get(UPLOADER)
    found = None if file is None else taken(file)
    if found is None:
        return kept
    own_tab.tab().kept[KEPT] = found
    return found


def _kept_file() -> OwnFile | None:
    """The file that is here, also where the page was left or loaded again since."""
    kept: OwnFile | None = own_tab.tab().kept.get(KEPT)
    return kept


def _first() -> Any:
    """A file, where there is none."""
    left, right = st.columns([5, 6], gap="medium", vertical_alignment="center")
    with left:
        file = _uploader()
    with right:
        st.markdown(FORMAT)
    return file


def _uploader() -> Any:
    """Of any type: what cannot be read is told with what it is and what to do, which Streamlit
    would not."""
    return st.file_uploader(
        "Your data", key=UPLOADER, max_upload_size=MEGABYTES, label_visibility="collapsed"
    )


def taken(file: Any) -> OwnFile | None:
    """An upload, looked at; None, after one sentence, where it cannot be used."""
    try:
        return _uploaded(file.file_id, file.name, file)
    except (DataError, StorageError) as error:
        refuse(error)
        return None


@st.cache_resource(scope="session", show_spinner=False)
def _example(kind: Example) -> OwnFile:
    name, data = example(kind)
    return _kept(kind, name, data, kind)


@st.cache_resource(scope="session", show_spinner="Looking into the file …", max_entries=4)
def _uploaded(file_id: str, name: str, _file: Any) -> OwnFile:
    return _kept(f"file-{file_id}", safe_name(name), _file.getvalue(), None)


def _kept(key: str, name: str, data: bytes, kind: Example | None) -> OwnFile:
    """Written into the session's folder, and looked at."""
    folder = own_tab.tab().folder / re.sub(r"[^\w-]", "", key)
    path = own_tab.keep(data, folder, name)
    if kind is not None:
        return OwnFile(key, name, folder, kind, look(path, name))
    try:
        return OwnFile(key, name, folder, kind, reading.read(Look, "look", path, name=name))
    except BaseException:  # also of a tab that was closed meanwhile
        shutil.rmtree(folder, ignore_errors=True)
        raise


def safe_name(name: str) -> str:
    """The last part of a name, of letters that mean nothing to a shell or a file system."""
    last = re.split(r"[\\/]", name)[-1]
    plain = re.sub(r"[^\w.-]+", "-", last, flags=re.ASCII)[-80:].lstrip(".-")
    return plain or "data"
