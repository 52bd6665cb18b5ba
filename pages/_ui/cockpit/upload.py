"""Scores of one's own: any detector's, from a file. Nothing is shown as a person's own but that."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages._ui import label_ranges, reading
from pages._ui.cockpit.data import Loaded
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.widgets import download, refuse, still_here
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.data.own import LabelRanges, example_scores
from wganad_core.data.own.offers import Offered
from wganad_core.data.own.scores import OwnScores, read_scores
from wganad_core.jobs.orders import path_word

FILE, EXAMPLE = "own-scores", "_cockpit-example"
KEPT, REFUSED = "_cockpit-own", "_cockpit-refused"
INVITATION = "Your scores: choose a file, and see what every threshold does"
# What tells a score table's detectors apart, in the order in which it is asked.
WHOSE = {
    "abnormal": "Unseen",
    "protocol": "Tested on",
    "detector": "Detector",
    "model": "Model",
    "seed": "Seed",
}
FORMAT = (
    "CSV or parquet, a row per sample: a column `score` (higher = more anomalous, or say that "
    "lower is), better also `label` (1 = anomaly), and, where you have them, `id`, `class`, "
    "`subject` and `part` (`calibration` rows are held-out normals). Several columns of scores can "
    "be compared. Labels may be a second file of ranges, from when to when. Without labels you "
    "still see the distribution and what a threshold flags."
)
HELP = {
    "Group": "Which machine, shift or person a row is of: a threshold for each under *By group*.",
    "Time": "Then alarms are also counted as events, under *In time*.",
}
BY_NAME, UNKNOWN = "told by its name", "told by the words"


@dataclasses.dataclass(frozen=True)
class Asked:
    """How to read a file: which column is what ("": told by its name), which value of the label is
    normal ("": told by the words), whether lower is more anomalous, whose scores, and the second
    file that has the labels."""

    score: str
    label: str
    id: str
    normal: str
    lower: bool
    detector: tuple[tuple[str, str], ...]
    group: str = ""
    time: str = ""
    ranges: LabelRanges | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """The same for the shell."""
        roles = ("score", "label", "id", "group", "time")
        given = {f"{role}-column": getattr(self, role) for role in roles}
        given |= {"normal": self.normal} | dict(self.detector)
        if self.ranges is not None:
            given |= {
                "label-ranges": path_word(self.ranges.file.name),
                "ranges-count": self.ranges.counted or "",
                "ranges-zone": self.ranges.zone or "",
            }
        turned = ("--lower-is-anomalous",) * self.lower
        return *(f"--{name}={value}" for name, value in given.items() if value), *turned


def _column(file: Any, role: str) -> str:
    """What the widget of this role says, before it is made: a column of this file or nothing."""
    asked = st.session_state.get(f"own-column-{role}", "")
    return asked if asked in ("", *_offered(file.file_id, "", file).columns) else ""


def waiting() -> tuple[DetectorScores | None, DetectorScores | None]:
    """The scores of the file that is uploaded (or the last that could be read), and those of
    another of its columns; popovers say how it is read. The example only where it was asked for."""
    reading.readers().warm()
    file = st.session_state.get(FILE)
    if file is None:
        # Also for a moment while one file replaces another: what was read is still known then.
        st.session_state.pop(REFUSED, None)
        return (_example() if st.session_state.get(EXAMPLE) else st.session_state.get(KEPT)), None
    st.session_state.pop(EXAMPLE, None)
    try:
        there = _offered(file.file_id, _column(file, "Label"), file)
        with st.popover(f"File **{outside.shown(file.name[:40])}**"):
            asked = _asked(file, there)
        if ranges := label_ranges.chosen(f"scores-{file.file_id}", file.name):
            asked = dataclasses.replace(asked, label="", normal="", ranges=ranges)
        beside = _beside(there, asked)
        made = _of(file, asked)
        second = _of(file, dataclasses.replace(asked, score=beside)) if beside else None
    except DataError as error:
        st.session_state[REFUSED] = str(error)
        return st.session_state.get(KEPT), None
    st.session_state.pop(REFUSED, None)
    st.session_state[KEPT] = made
    return made, second


def offer() -> None:
    """Where a file goes, and what was said of the one that is there. The uploader stands in the
    same place of the page whatever else is there: one that moved would drop a file that is on its
    way."""
    with st.container():
        if why := st.session_state.get(REFUSED):
            refuse(why)
            if st.session_state.get(KEPT) is not None:
                st.caption("What is shown is still the file before it.")
        kept: DetectorScores | None = st.session_state.get(KEPT)
        there = st.session_state.get(FILE) is not None
        if kept is not None and not there:
            still_here(
                kept.loaded.title, "own-scores-remove", partial(st.session_state.pop, KEPT, None)
            )
        if kept is not None and not why:
            st.caption(" ".join([_summary(kept), *map(outside.shown, kept.loaded.remarks)]))
    left, right = st.columns([5, 6], gap="large", vertical_alignment="center")
    with left:
        st.file_uploader(
            "Your scores", ["csv", "tsv", "txt", "parquet"], key=FILE, max_upload_size=200
        )
    with right:
        st.markdown(FORMAT)
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Look at an example",
                on_click=lambda: st.session_state.update({EXAMPLE: True}),
                disabled=there or kept is not None,
                key="own-example",
            )
            download(
                "The example as CSV",
                example_scores.csv,
                "scores.csv",
                "text/csv",
                key="example-scores",
            )


def _asked(file: Any, there: Offered) -> Asked:
    detector = _detector(there)
    by_name = ["", *there.columns]
    with st.container(horizontal=True, gap="small"):
        score, label, id_, group, time = (
            st.selectbox(
                role,
                by_name,
                format_func=lambda name: name or BY_NAME,
                key=f"own-column-{role}",
                width=200,
                help=HELP.get(role),
            )
            for role in ("Score", "Label", "Id", "Group", "Time")
        )
    lower = st.toggle("Lower scores are more anomalous", key=f"own-lower-{file.file_id}")
    normal = ""
    if len(there.label_values) > 1:
        normal = st.selectbox(
            "Normal is",
            ["", *there.label_values],
            format_func=lambda value: value or UNKNOWN,
            key=f"own-normal-{file.file_id}-{label}",
            width=200,
        )
    return Asked(score, label, id_, normal, lower, detector, group, time)


def _beside(there: Offered, asked: Asked) -> str:
    """Another column of numbers, whose scores are compared."""
    taken = (asked.score, asked.label, asked.id, asked.group, asked.time)
    others = [name for name in there.numbers if name not in taken]
    if len(there.numbers) < 2 or not others:
        return ""
    now = st.session_state.get("own-beside", "")
    with st.popover(f"Beside **{outside.shown(now[:30]) if now in others else 'none'}**"):
        chosen: str = st.selectbox(
            "Compare with the scores in",
            ["", *others],
            format_func=lambda name: name or "none",
            key="own-beside",
        )
    return chosen


def _detector(there: Offered) -> tuple[tuple[str, str], ...]:
    """One detector of a score table that has several: choices until one is left."""
    left = there.detectors
    if len(left) < 2:
        return ()
    with st.container(horizontal=True, gap="small"):
        for key, label in WHOSE.items():
            values = list(dict.fromkeys(one[key] for one in left))
            value = values[0]
            if len(values) > 1:
                value = st.selectbox(label, values, key=f"own-{key}", width=200)
            left = tuple(one for one in left if one[key] == value)
    return tuple(left[0].items())


def _summary(scores: DetectorScores) -> str:
    curve, n = scores.curve, len(scores.test)
    labels = "no labels" if curve is None else f"{curve.n_anomalies:,} of them anomalies"
    held = scores.loaded.calibration
    extra = f" and {len(held):,} held-out normals" if held is not None else ""
    return f"**{outside.shown(scores.loaded.title)}**: {n:,} scores, {labels}{extra}."


@st.cache_resource(scope="session", show_spinner="Reading the scores …", max_entries=4)
def _offered(file_id: str, label: str, _file: Any) -> Offered:
    """In memory, for this session only."""
    return reading.read(Offered, "offered", _file, label=label or None)


def _of(file: Any, asked: Asked) -> DetectorScores:
    key = (file.file_id, asked)
    return _scores(key, _read(file.file_id, asked, file), asked)


@st.cache_resource(scope="session", show_spinner="Reading the scores …", max_entries=3)
def _read(file_id: str, asked: Asked, _file: Any) -> OwnScores:
    return reading.read(
        OwnScores,
        "scores",
        _file,
        score=asked.score or None,
        label=asked.label or None,
        sample_id=asked.id or None,
        choose=dict(asked.detector) or None,
        normal=asked.normal or None,
        lower_is_anomalous=asked.lower,
        ranges=label_ranges.packed(asked.ranges),
        time=asked.time or None,
        group=asked.group or None,
    )


@st.cache_resource(scope="session", show_spinner=False, max_entries=3)
def _scores(key: Hashable, _found: OwnScores, _asked: Asked) -> DetectorScores:
    loaded = Loaded(
        _found.scored,
        _found.calibration,
        rows=_found.row,
        title=_found.name,
        subject_wise=_found.subject_wise,
        file_row=_found.row,
        reading=_asked.options,
        negated=_found.negated,
        remarks=_found.remarks,
        why=_found.why,
        dependent=_found.seconds is not None,
        seconds=_found.seconds,
    )
    name = _found.columns.get("score", "Your scores")
    shown = np.ones(len(loaded.test), bool)
    return DetectorScores(("own", key), name, "", None, loaded, shown)


@st.cache_resource(show_spinner=False)
def _example() -> DetectorScores:
    found = read_scores(example_scores.file())
    made = _scores("example", found, Asked("", "", "", "", False, ()))
    return dataclasses.replace(
        made, loaded=dataclasses.replace(made.loaded, title="An example, not your scores")
    )
