"""A detector that was saved before, here or elsewhere, and scores the chosen data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui import runtime
from pages._ui.own import tab as own_tab
from pages._ui.own.data import Chosen, read
from pages._ui.own.plan import Plan
from pages._ui.own.source import safe_name
from pages._ui.own.train import kind_of
from pages._ui.widgets import refuse
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own.picture_size import EVERY, PictureSize
from wganad_core.live.client import WorkerError
from wganad_core.storage import StorageError

KEPT = "detector"
MEGABYTES = 64
TAKES = {"table": "rows", "images": "images", "series": "recordings"}


def opened() -> tuple[Path, dict[str, Any]] | None:
    """The detector's file, and what it is."""
    left, right = st.columns([5, 6], gap="large", vertical_alignment="center")
    with left:
        file = st.file_uploader(
            "A saved detector", ["safetensors"], key="own-detector", max_upload_size=MEGABYTES
        )
    found = own_tab.tab().kept.get(KEPT)
    if file is not None:
        try:
            found = _checked(file.file_id, file.name, file)
            own_tab.tab().kept[KEPT] = found
        except (StorageError, WorkerError) as error:
            refuse(error)
    if found is None:
        with right:
            st.markdown(
                "A file that “Files and code” gave you here, that `fit` wrote in a "
                "shell, or `detector.save(…)` in Python."
            )
        return None
    path, about = found
    with right:
        st.markdown(_about(path.name, about))
    return path, about


@st.cache_data(scope="session", show_spinner="Opening the detector …", max_entries=3)
def _checked(file_id: str, name: str, _file: Any) -> tuple[Path, dict[str, Any]]:
    """Read by the worker, which refuses what is no detector with one sentence."""
    path = own_tab.keep(_file.getvalue(), own_tab.tab().new_folder(), safe_name(name))
    try:
        return path, runtime.image_worker().own_about(path)
    except WorkerError as error:
        raise WorkerError(str(error).replace(str(path), path.name)) from None


def _about(name: str, about: dict[str, Any]) -> str:
    kind = TAKES[kind_of(about["class"])]
    features = about["features"]
    listed = (
        f": {', '.join(map(outside.shown, features[:8]))}{', …' * (len(features) > 8)}"
        if features
        else ""
    )
    meant = f"meant for {100 * about['false_alarm_rate']:g}% false alarms"
    if about["rule"] == "given":
        meant = "set by hand"
    return (
        f"**{outside.shown(name)}** scores {kind} of {about['n_features']:,} features{listed}. "
        f"Score method {outside.shown(about['score_method'])}, threshold "
        f"{about['threshold']:.4g}, {meant}."
    )


def as_it_takes(chosen: Chosen, about: dict[str, Any]) -> Chosen:
    """The data with the columns that the detector was fitted with. Raises `DataError`."""
    chosen = dataclasses.replace(chosen, kind=kind_of(about["class"]))
    n, found = about["n_features"], chosen.samples.x[0].size if len(chosen.samples.x) else 0
    pictures = chosen.samples.image_shape is not None
    if pictures and chosen.kind == "images" and n in EVERY:
        chosen = _at_size(chosen, EVERY[n])
        found = n
    if pictures != (chosen.kind == "images") and found != n:
        raise DataError(
            f"This detector scores {TAKES[chosen.kind]}, and {chosen.source.name} holds "
            f"{'images' if pictures else 'none'}. Choose other data, or another detector."
        )
    if about["features"] is None or pictures:
        if found != n:
            raise DataError(
                f"This detector takes {n:,} features, and {found:,} columns have that role: "
                f"{', '.join(chosen.samples.features[:8])}. Change the roles above."
            )
        return chosen
    kinds = tuple(about["categories"])
    roles = dataclasses.replace(chosen.roles, features=tuple(about["features"]), categories=kinds)
    samples = read(chosen.source, roles, about["categories"], chosen.ranges)
    if chosen.kind == "series":
        samples = samples.whole()
    return dataclasses.replace(chosen, roles=roles, samples=samples)


def _at_size(chosen: Chosen, size: PictureSize) -> Chosen:
    """The same pictures as the detector sees them."""
    if chosen.samples.image_shape == size.shape:
        return chosen
    roles = Roles(picture_size=size.side, picture_colours=size.colours)
    return dataclasses.replace(chosen, roles=roles, samples=read(chosen.source, roles))


def plan_of(chosen: Chosen, name: str) -> Plan:
    return Plan(
        chosen.source,
        chosen.kind,
        chosen.roles,
        with_label=chosen.samples.label is not None,
        with_words=any(chosen.samples.words),
        model=name,
        ranges=chosen.ranges,
        masked=chosen.samples.n_masks > 0,
    )
