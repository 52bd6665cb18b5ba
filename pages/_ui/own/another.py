"""A second file, scored by the detector that was just made, at the threshold that is set."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages._ui import runtime
from pages._ui.cockpit.numbers import percent
from pages._ui.own import data as own_data
from pages._ui.own import explain as own_explain
from pages._ui.own import saved as own_saved
from pages._ui.own import source as own_source
from pages._ui.own import tab as own_tab
from pages._ui.own.data import Chosen
from pages._ui.own.outcome import Outcome
from pages._ui.own.plan import Plan
from pages._ui.own.session import jobs
from pages._ui.own.source import OwnFile
from pages._ui.widgets import download, refuse
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.data.own import Roles
from wganad_core.data.own.drift import drifted
from wganad_core.data.own.flagged import scored_csv
from wganad_core.data.own.rows import listed_names

KEPT = "another"  # the last file, by the data of the detector


def show(outcome: Outcome) -> None:
    """Where the file goes, how it is read, and its flagged rows first."""
    if outcome.fitted is None or outcome.plan.quick:
        st.info("Once the detector is learned it scores other files here.")
        return
    source = _file(outcome)
    if source is None:
        return
    try:
        chosen, said = _read(outcome, source)
    except DataError as error:
        refuse(error)
        return
    plan = plan_of(outcome, chosen)
    found = jobs().found(plan.key)
    if found is None or found.plan != plan:
        _score(outcome, chosen, plan, found)
    if found is None:
        st.caption(_told(said))
        return
    _found(outcome, found, said)


def _file(outcome: Outcome) -> OwnFile | None:
    kept: dict[str, OwnFile] = own_tab.tab().kept.setdefault(KEPT, {})
    left, right = st.columns([5, 6], gap="large", vertical_alignment="center")
    with left:
        file = st.file_uploader(
            "Another file",
            key=f"own-another-{outcome.plan.source.key}",
            max_upload_size=own_source.MEGABYTES,
            label_visibility="collapsed",
        )
    found = kept.get(outcome.plan.source.key)
    with right:
        st.markdown(
            f"Next week's data, another machine: scored by **this detector** at its threshold "
            f"**{outcome.current:.4g}**. Columns are matched by their names."
            + (f"  \nShown: {outside.shown(found.name)}." if found and file is None else "")
        )
    if file is not None and (taken := own_source.taken(file)):
        found = kept[outcome.plan.source.key] = taken
    return found


def _read(outcome: Outcome, source: OwnFile) -> tuple[Chosen, list[str]]:
    """The file by the detector's columns, and what is said of the others. Raises `DataError`."""
    about = runtime.image_worker().own_about(outcome.model)
    names: Sequence[str] = about["features"] or ()
    there = [column.name for column in source.look.columns]
    if lacking := [name for name in names if there and name not in there]:
        raise DataError(
            f"{source.name} lacks {listed_names(lacking)}, which the detector learned from; found "
            f"{listed_names(there)}. Rename its columns, or train without those."
        )
    roles = Roles() if not names else Roles(features=tuple(names))
    samples = own_data.read(source, roles, about["categories"])
    chosen = Chosen(source, outcome.plan.kind, roles, samples, False, None)
    chosen = own_saved.as_it_takes(chosen, about)
    used = {*names, chosen.samples.time_name}
    extra = [c.name for c in source.look.columns if c.name not in used and c.guess == "feature"]
    said = [f"Not seen by the detector: {listed_names(extra)}."] if names and extra else []
    return chosen, [*said, *chosen.samples.remarks]


def plan_of(outcome: Outcome, chosen: Chosen) -> Plan:
    """The detector as a file, with the threshold that is set."""
    own = outcome.current == outcome.threshold
    plan = own_saved.plan_of(chosen, outcome.model.name)
    settings = tuple(pair for pair in outcome.plan.settings if pair[0] == "window")
    return dataclasses.replace(plan, threshold=None if own else outcome.current, settings=settings)


def _score(outcome: Outcome, chosen: Chosen, plan: Plan, before: Outcome | None) -> None:
    """At once where nothing was scored yet; by a button where only the threshold has moved."""
    held = jobs()
    if held.busy:
        st.info("Something is being trained or scored; this file is next.")
        return
    broken = held.broken.get(plan.key)
    if before is None and broken is None:
        held.begin(plan, chosen, outcome.model)
        st.rerun()
    if broken is not None:
        refuse(broken.fitting.error or "Cancelled.")
    if st.button("Score it again", icon=":material/refresh:", key="own-again"):
        held.begin(plan, chosen, outcome.model)
        st.rerun()


def _found(outcome: Outcome, found: Outcome, said: Sequence[str]) -> None:
    flagged, noun = found.score > found.threshold, found.chosen.noun
    n, every = int(flagged.sum()), len(flagged)
    name = outside.shown(found.plan.source.name)
    st.html(
        f'<p class="own-verdict"><b>{n:,} of {every:,} {noun}</b> of {name} are flagged '
        f"({percent(n / max(every, 1))}), at the threshold {found.threshold:.4g}."
        f"{_caught(found, flagged)}</p>"
    )
    if away := drifted(outcome.chosen.samples, found.chosen.samples, flagged):
        st.warning(outside.shown(away), icon=":material/move_down:")
    st.caption(_told(dict.fromkeys((*said, *found.remarks))))
    own_explain.show(found)
    if found.chosen.kind != "images":
        download(
            "Its rows with scores (CSV)",
            lambda: scored_csv(found.chosen.samples, found.position, found.score, found.threshold),
            f"{found.plan.source.title}-scored.csv",
            "text/csv",
            key="save-another",
        )


def _caught(found: Outcome, flagged: Any) -> str:
    """By its own labels, where it has some."""
    if found.label is None or not (found.label == 1).any():
        return ""
    odd = found.label == 1
    alarms = int(np.count_nonzero(flagged & (found.label == 0)))
    return (
        f" <b class=caught>{int((flagged & odd).sum()):,} of {int(odd.sum()):,} labelled anomalies"
        f"</b> are among them, and <b class=alarm>{alarms:,} false alarms</b>."
    )


def _told(lines: Any) -> str:
    return "  \n".join(f":material/info: {outside.shown(line)}" for line in list(lines)[:6])
