"""A recording of one's own (or the bundled one), cut into windows and scored."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages._ui import reading, runtime
from pages._ui.case import data, flagged
from pages._ui.case.choice import Choice
from pages._ui.case.flagged import ShownRecording
from pages._ui.widgets import download, refuse, still_here
from wganad_core.config import VIEWS
from wganad_core.data import DataError, har_example, timeline
from wganad_core.data.recording import MAX_RECORDING_BYTES, Recording
from wganad_core.data.timeline import Timeline
from wganad_core.data.uci_pipeline import ACC_UNITS, GYRO_UNITS, uci_preset
from wganad_core.live.messages import ModelKey
from wganad_core.records import FloatArray

AT_ONCE = 256  # windows that travel to the worker together
AS_WRITTEN = "as the header says"
KEPT = "_own-recording"
FORMAT = (
    "CSV, a row per moment: a `time` column (seconds, or ISO datetimes) and `acc_x, acc_y, acc_z` "
    "in g with gravity, better also `gyro_x, gyro_y, gyro_z` in rad/s.  \n"
    "Other units go into the header, as in `acc_x (m/s²)`; UCI's own nine columns are taken as "
    "they are."
)


def show(chosen: Choice) -> None:
    shown = _chosen()
    chosen = _able(shown.line, chosen)
    known = data.parts(chosen.case, chosen.abnormal, chosen.architecture, chosen.detector)
    changed = data.model_changed(chosen.model)
    score = _scored(chosen.model, chosen.detector, shown.line.signals, changed)
    flagged.show(shown, score, known, chosen)


# Which recording


def _chosen() -> ShownRecording:
    """The file that was uploaded, the last one that could be read, or the example."""
    left, right = st.columns([5, 6], gap="large")
    with left:
        file = st.file_uploader(
            "A recording from a phone at the waist",
            ["csv", "txt", "tsv"],
            key="own-recording",
            max_upload_size=MAX_RECORDING_BYTES // 10**6,
        )
    with right:
        st.markdown(FORMAT)
        with st.container(horizontal=True, gap="small"):
            name = "recording.csv"
            download("The example as CSV", _example_csv, name, "text/csv", key="example-csv")
            settings = _settings()
    if file is None:  # also for a moment while one file replaces another
        kept: ShownRecording | None = st.session_state.get(KEPT)
        if kept is None:
            return _example()
        with left:
            still_here(
                kept.title, "own-recording-remove", partial(st.session_state.pop, KEPT, None)
            )
        return kept
    try:
        found = ShownRecording(file.name, _read(file.file_id, settings, file))
    except DataError as error:
        refuse(error)
        return st.session_state.get(KEPT) or _example()
    st.session_state[KEPT] = found
    return found


def _settings() -> tuple[str | None, str | None, str | None]:
    """The time column and both units, where the file does not tell."""
    with st.popover("Units and time", icon=":material/tune:"):
        time = st.text_input(
            "Name of the time column", placeholder="time, t, timestamp, seconds", key="own-time"
        )
        units = [
            st.selectbox(label, [AS_WRITTEN, *choices], key=key)
            for label, choices, key in (
                ("Unit of acceleration", ACC_UNITS, "own-acc"),
                ("Unit of rotation", GYRO_UNITS, "own-gyro"),
            )
        ]
    acceleration, rotation = (None if unit == AS_WRITTEN else unit for unit in units)
    return time.strip() or None, acceleration, rotation


@st.cache_resource(scope="session", show_spinner="Cutting the recording …", max_entries=3)
def _read(
    file_id: str, settings: tuple[str | None, str | None, str | None], _file: Any
) -> Timeline:
    """In memory, for this session only."""
    time, acceleration, rotation = settings
    recording = reading.read(Recording, "recording", _file, time_column=time)
    try:
        return timeline.timeline(uci_preset(recording, acceleration, rotation))
    except DataError as error:
        raise DataError(f"{_file.name}: {error}") from None


@st.cache_resource(show_spinner=False)
def _example() -> ShownRecording:
    example = har_example.load_example()
    line = timeline.timeline(uci_preset(example.recording))
    truth = tuple(timeline.bouts(example.recording, example.activities))
    return ShownRecording(f"Example (test person {har_example.SUBJECT})", line, truth)


def _example_csv() -> bytes:
    return har_example.to_csv(har_example.load_example().recording)


# Its scores


def _able(line: Timeline, chosen: Choice) -> Choice:
    """The chosen model and detector, or those that total acceleration is enough for."""
    case = chosen.case
    able = [name for name, (view, _) in VIEWS.items() if view == "total"]
    if chosen.architecture in able or (line.has("body_gyro") and line.has("body_acc")):
        return chosen
    other, detector = able[0], chosen.detector
    if not data.available(case, chosen.abnormal, other, detector):
        detector = "encoder"
    st.info(
        f"This recording has no gyroscope, which “{case.short(chosen.architecture)}” needs: "
        f"only “{case.short(other)}” can score it, here with the detector "
        f"“{case.name_of(detector)}”."
    )
    return dataclasses.replace(chosen, architecture=other, detector=detector)


@st.cache_data(scope="session", show_spinner=False, max_entries=24)
def _scored(model: ModelKey, detector: str, signals: FloatArray, changed: int) -> FloatArray:
    """Judged by the worker, some windows at a time; keyed by the model's time of change, too."""
    bar = st.progress(0.0, "Asking the detector …")
    parts = []
    for first in range(0, len(signals), AT_ONCE):
        some = signals[first : first + AT_ONCE]
        judged = runtime.image_worker().judge(model, some, [detector])
        parts.append(judged.judgements[detector].score)
        bar.progress(min(1.0, (first + AT_ONCE) / len(signals)), "Asking the detector …")
    bar.empty()
    return np.concatenate(parts)
