"""Why one sample was scored as it was: which columns its score hangs on."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages._ui import chart, runtime
from pages._ui.own import moments as own_moments
from pages._ui.own import pictures as own_pictures
from pages._ui.own.outcome import Outcome
from pages._ui.widgets import refuse
from wganad_core import outside
from wganad_core.data.own.flagged import unused
from wganad_core.data.own.record import OwnSamples
from wganad_core.live.client import WorkerError

NARROW: Any = {"": st.column_config.TextColumn(width=34)}  # of flags
LISTED = 50  # rows that are explained at once
Values = NDArray[np.float64]


def show(outcome: Outcome) -> None:
    if outcome.chosen.kind == "series":
        own_moments.show(outcome)
        return
    order = np.argsort(-outcome.score, kind="stable")
    if outcome.chosen.kind == "table":
        _rows(outcome, order)
        return
    own_pictures.show(outcome, order)


def _rows(outcome: Outcome, order: NDArray[np.int64]) -> None:
    """The oddest rows with their own columns; the one that is clicked, explained."""
    samples = outcome.chosen.samples
    top = order[:LISTED]
    x = samples.x[outcome.position[top]]
    if outcome.plan.quick:  # reasons come with the detector itself
        shown = _table(outcome, top, {})
        st.dataframe(shown, column_config=NARROW, hide_index=True, height=470, key="own-quick-rows")
        return
    try:
        found = _explained(outcome.key, outcome.model, outcome.position[top], x)
    except WorkerError as error:
        refuse(error)
        return
    if found is None:
        st.info(own_pictures.NOTHING)
        return
    left, right = st.columns([7, 5], gap="medium")
    with left:
        picked = st.dataframe(
            _table(outcome, top, found),
            column_config=NARROW,
            hide_index=True,
            height=470,
            on_select="rerun",
            selection_mode="single-row-required",
            selection_default={"selection": {"rows": [0]}},
            key=f"own-rows-of-{outcome.plan.source.key}",
        )
    at = next(iter(picked["selection"]["rows"]), 0)
    with right:
        one = {name: values[at] for name, values in found.items()}
        _row(outcome, int(top[at]), x[at], one)


@st.cache_data(scope="session", show_spinner="Asking the detector why …", max_entries=8)
def _explained(
    key: Hashable, _model: Path, at: NDArray[np.int64], _x: Values
) -> Mapping[str, Values] | None:
    return runtime.image_worker().own_explain(_model, _x)


def _table(outcome: Outcome, top: NDArray[np.int64], found: Mapping[str, Values]) -> pd.DataFrame:
    """Name, when and of what it was, score, flag and label, why, and the columns as they are in
    the file."""
    samples = outcome.chosen.samples
    some = samples.take(outcome.position[top])
    table = some.table()
    most = found["blame"].argmax(axis=1) if "blame" in found else None
    front: dict[str, Any] = {
        "": np.where(outcome.score[top] > outcome.current, "⚑", ""),
        "row": outcome.names[top],
        some.time_name or "time": some.time,
        "of": some.group,
        "score": outcome.score[top],
    }
    front = {name: values for name, values in front.items() if values is not None}
    if outcome.label is not None:
        front["label"] = [own_pictures.LABELS[value] for value in outcome.label[top].tolist()]
        if some.class_ is not None:
            front["label"] = some.class_
    if most is not None:
        front["why"] = [samples.features[at] for at in most.tolist()]
    head = pd.DataFrame(front)
    head.columns = [unused(str(name), table.columns) for name in head.columns]
    return pd.concat([head, table.reset_index(drop=True)], axis=1)


def _row(outcome: Outcome, at: int, x: Values, found: Mapping[str, Values]) -> None:
    from wganad_core.figures import own_explained

    samples = outcome.chosen.samples
    blame = found.get("blame", found.get("residual"))
    assert blame is not None
    blame = blame.clip(min=0)
    said = _blame(outcome, at, samples.features, blame)
    if "never_seen" in found:
        said += _never_seen(samples, x, found["never_seen"] > 0)
    st.markdown(said)
    cells, expected = (
        [samples.cell(i, value) for i, value in enumerate(row)]
        for row in (x, found["reconstruction"])
    )
    figure = own_explained.features_figure(samples.features, cells, expected, blame)
    chart.live_chart(figure, key="own-features", alt="How much of the score each column has")


def _never_seen(samples: OwnSamples, x: Values, odd: NDArray[np.bool_]) -> str:
    """Cells that are as none was when the detector learned, which adds to the score."""
    listed = []
    for i in np.flatnonzero(odd)[:3]:
        name, missing = outside.shown(samples.features[i]), np.isnan(x[i])
        what = "is missing, which it never was" if missing else "was never seen"
        value = "" if missing else f" “{outside.shown(samples.cell(i, x[i]))}”"
        listed.append(f"**{name}**{value} {what}")
    return f" **Besides**, {'; '.join(listed)}: that alone adds to the score." if listed else ""


def _blame(outcome: Outcome, at: int, names: tuple[str, ...], residual: Values) -> str:
    """The columns that most of the score hangs on, in a sentence."""
    order = np.argsort(-residual)
    share = residual[order] / max(residual.sum(), 1e-300)
    n = int(np.searchsorted(np.cumsum(share), 0.6)) + 1
    listed = " and ".join(
        f"**{outside.shown(names[i])}** ({residual[i] / max(residual.sum(), 1e-300):.0%})"
        for i in order[: min(n, 3)]
    )
    flagged = outcome.score[at] > outcome.current
    state = "is flagged" if flagged else "passes as normal"
    return (
        f"“{outside.shown(outcome.names[at])}” {state} with a score of {outcome.score[at]:.3g} "
        f"(threshold {outcome.current:.3g}), which would fall most if {listed} were as expected."
    )
