"""Scores of one's own: any detector's, from a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui import reading
from pages._ui.cockpit.data import Loaded
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.widgets import refuse
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.data.own.scores import Offered, OwnScores, read_scores

KEPT = "_cockpit-own"
# What tells a score table's detectors apart, in the order in which it is asked.
WHOSE = {
    "abnormal": "Unseen",
    "protocol": "Tested on",
    "detector": "Detector",
    "model": "Model",
    "seed": "Seed",
}
FORMAT = (
    "CSV or parquet, a row per sample: a column `score` (higher = more anomalous), better also "
    "`label` (1 = anomaly), and, where you have them, `id`, `class`, `subject` and `part` "
    "(`calibration` rows are held-out normals). Without labels you still see the distribution and "
    "what a threshold flags."
)


def chosen() -> DetectorScores:
    """The file that was uploaded, the last one that could be read, or the example."""
    reading.readers().warm()
    left, right = st.columns([5, 6], gap="large", vertical_alignment="center")
    with left:
        file = st.file_uploader(
            "Your scores", ["csv", "tsv", "txt", "parquet"], key="own-scores", max_upload_size=200
        )
    with right:
        st.markdown(FORMAT)
        st.download_button(
            "The example as CSV",
            _example_csv,
            "scores.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="example-scores",
        )
    if file is None:  # also for a moment while one file replaces another
        return _example()
    try:
        asked = _asked(_offered(file.file_id, file))
        found = _read(file.file_id, asked, file)
    except DataError as error:
        refuse(error)
        return st.session_state.get(KEPT) or _example()
    made = _scores((file.file_id, asked), found, asked.options)
    st.caption(" ".join([_summary(made), *map(outside.shown, found.remarks)]))
    st.session_state[KEPT] = made
    return made


@dataclasses.dataclass(frozen=True)
class Asked:
    """How to read a file: which column is what ("": told by its name), and whose scores."""

    score: str
    label: str
    id: str
    detector: tuple[tuple[str, str], ...]

    @property
    def options(self) -> tuple[str, ...]:
        """The same for the shell."""
        columns = {"score-column": self.score, "label-column": self.label, "id-column": self.id}
        given = columns | dict(self.detector)
        return tuple(f"--{name}={value}" for name, value in given.items() if value)


def _asked(file: Offered) -> Asked:
    detector = _detector(file)
    by_name = ["", *file.columns]
    with st.expander("Columns"), st.container(horizontal=True, gap="small"):
        score, label, id_ = (
            st.selectbox(
                role,
                by_name,
                format_func=lambda name: name or "told by its name",
                key=f"own-column-{role}",
                width=200,
            )
            for role in ("Score", "Label", "Id")
        )
    return Asked(score, label, id_, detector)


def _detector(file: Offered) -> tuple[tuple[str, str], ...]:
    """One detector of a score table that has several: choices until one is left."""
    left = file.detectors
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


@st.cache_resource(scope="session", show_spinner="Reading the scores …", max_entries=2)
def _offered(file_id: str, _file: Any) -> Offered:
    """In memory, for this session only."""
    return reading.read(Offered, "offered", _file)


@st.cache_resource(scope="session", show_spinner="Reading the scores …", max_entries=2)
def _read(file_id: str, asked: Asked, _file: Any) -> OwnScores:
    return reading.read(
        OwnScores,
        "scores",
        _file,
        score=asked.score or None,
        label=asked.label or None,
        sample_id=asked.id or None,
        choose=dict(asked.detector) or None,
    )


@st.cache_resource(scope="session", show_spinner=False, max_entries=2)
def _scores(key: Hashable, _found: OwnScores, _reading: tuple[str, ...] = ()) -> DetectorScores:
    loaded = Loaded(
        _found.scored,
        _found.calibration,
        title=_found.name,
        subject_wise=_found.subject_wise,
        file_row=_found.row,
        reading=_reading,
    )
    return DetectorScores(
        ("own", key), "Your scores", "", None, loaded, np.ones(len(loaded.test), bool)
    )


@st.cache_resource(show_spinner=False)
def _example() -> DetectorScores:
    import io

    file = io.BytesIO(_example_csv())
    file.name = "scores.csv"
    return _scores("example", read_scores(file))


def _example_csv() -> bytes:
    """Made scores: 5,000 normals of three machines, of which one is louder, and 100 faults."""
    rng = np.random.default_rng(7)
    machine = rng.integers(3, size=5_100)
    label = (np.arange(5_100) >= 5_000).astype(int)
    score = rng.gamma(4.0 + machine, 0.5) + label * rng.gamma(6.0, 0.5, 5_100)
    table = pd.DataFrame(
        {
            "id": [f"part-{i:05d}" for i in range(1, 5_101)],
            "class": np.where(label == 1, "fault", np.array(["press", "mill", "lathe"])[machine]),
            "label": label,
            "score": score.round(4),
        }
    )
    return table.sample(frac=1, random_state=7).to_csv(index=False).encode()
