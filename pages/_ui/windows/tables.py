"""Score tables of windows as the page's box plots, board and threshold need them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from pages._ui.windows import data as windows_data
from wganad_core import board, evaluation, pretrained, storage
from wganad_core.config import ACTIVITIES
from wganad_core.records import ScoreTable
from wganad_core.storage import StorageError


def short(architecture: str) -> str:
    """An architecture's name without the paper's figures."""
    return windows_data.ARCHITECTURES[architecture].partition(" (")[0]


def table(activity: str, architecture: str, detector: str) -> ScoreTable:
    """One detector's calibration and test rows of both protocols, first seed.

    Raises `StorageError` with one sentence where there are none.
    """
    path = pretrained.scores_path("har", activity)
    if not path.exists():
        raise StorageError(
            f"The scores with {activity} as the unseen activity are not here ({path} is "
            "missing); restore the file, or choose another one."
        )
    return _table(path, path.stat().st_mtime_ns, architecture, detector)


@st.cache_resource(show_spinner="Reading the scores …", max_entries=32)
def _table(path: Path, changed: int, architecture: str, detector: str) -> ScoreTable:
    """Keyed by the file's time of change."""
    model = windows_data.model_of(architecture)
    found = storage.load_scores(path).where(model=model, detector=detector, seed=0)
    if not len(found):
        raise StorageError(
            f"{path} holds no scores of the detector “{windows_data.name_of(detector)}” with "
            f"“{short(architecture)}”; choose another one."
        )
    return found


def available(activity: str, architecture: str, detector: str) -> bool:
    """Whether this detector has figures on this activity."""
    if activity not in windows_data.shipped():
        return False
    found = windows_data.scores(activity).galleries.get((architecture, "test"))
    return found is not None and detector in found.scores


def rows(protocol: str) -> list[board.Row]:
    """The figures of all activities that are here, quoted and measured, and their means."""
    measured = [
        row
        for activity in windows_data.shipped()
        for row in windows_data.scores(activity).rows
        if row.protocol == protocol
    ]
    if not measured:
        raise StorageError(
            "No score tables of activities are here; restore them from the repository."
        )
    quoted = [row for row in board.QUOTED if row.use_case == "har"]
    return [*quoted, *measured, *board.means(measured, ACTIVITIES)]


def alarms(found: ScoreTable, part: str, threshold: float) -> dict[str, float]:
    """Per person of a part, the share of normal windows that score above a threshold."""
    own = found.where(part=part, protocol="test")
    people, group = np.unique(own.subject, return_inverse=True)
    shares = evaluation.false_alarms_by_group(own.score > threshold, own.label, group, len(people))
    return {
        person: float(share)
        for person, share in zip(people.tolist(), shares, strict=True)
        if not np.isnan(share)
    }
