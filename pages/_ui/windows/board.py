"""Six activities × detectors × architectures, beside the baselines and what the paper says."""

from __future__ import annotations

import dataclasses

import pandas as pd
import streamlit as st

from pages._ui import linked
from pages._ui.chart import live_chart
from pages._ui.windows import choice as windows_choice
from pages._ui.windows import data as windows_data
from pages._ui.windows import tables as windows_tables
from wganad_core import board
from wganad_core.config import ACTIVITIES

MEASURES = {"auprc": "AUPRC", "auroc": "AUROC"}
# The bars: (detector, model) in score tables, in this order.
BARS = (
    ("ours-others", "wgan-gp-conv"),
    ("ours", "wgan-gp-conv"),
    ("ours-wgan", "wgan-gp-conv"),
    ("encoder", "wgan-gp-dense"),
    ("encoder", "wgan-gp-recurrence"),
    ("knn-spectra", "none"),
)
PAPER = "Paper (quoted)"
CHANCE, FLOOR, EVEN = "Chance (base rate π)", "Floor (worst ranking)", "Chance"


def show() -> None:
    from wganad_core.figures.windows.board import activity_bars

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        protocol = windows_choice.protocol()
        measure = linked.choice("Figure of merit", MEASURES, key="measure", default="auprc")
    rows = windows_tables.rows(protocol)
    st.subheader(
        _sentence(rows, "laying", "dense", "the paper prints an AUPRC of 70%"), anchor=False
    )
    st.markdown(
        _sentence(
            rows,
            "downstairs",
            "recurrence",
            "the paper finds its error “not high enough "
            "for the abnormal class to clearly separate” and prints no figure",
        )
    )
    series = {
        _name(*key): found
        for key in BARS
        if (found := [row for row in rows if (row.detector, row.model) == key])
    }
    quoted = [row for row in rows if row.detector == "paper"]
    classes = [name for name in (*ACTIVITIES, board.MEAN) if any(r.abnormal == name for r in rows)]
    live_chart(
        activity_bars(series | ({PAPER: quoted} if quoted else {}), classes),
        key="har-bars",
        alt="AUPRC by unseen activity and detector",
    )
    _show_table(rows, measure, classes)
    st.caption(
        f"{MEASURES[measure]} in %, UCI HAR; columns: the unseen activity. The paper's 70 is "
        "quoted, from a dense network on total acceleration, at a base rate that it does not "
        f"tell. All else is measured here ({_seeds(rows)}). Nine people are few: a difference "
        "of a few points may be theirs. Bold: the best of a column, found after the fact. From "
        "the shell: `python -m wganad_core evaluate har`."
    )


def _seeds(rows: list[board.Row]) -> str:
    n = len({row.seed for row in rows if row.seed is not None})
    return "one seed" if n == 1 else f"means of up to {n} seeds"


def _name(detector: str, model: str) -> str:
    """What people call a detector of a model."""
    if detector == "paper":
        return PAPER
    name = windows_data.name_of(detector)
    return name if model == "none" else f"{name} · {_architecture(model)}"


def _architecture(model: str) -> str:
    return windows_tables.short(model.removeprefix("wgan-gp-"))


def _sentence(rows: list[board.Row], activity: str, architecture: str, paper: str) -> str:
    """What the paper says of an activity, beside the same setting here and our fixed rule."""
    found = {
        (row.detector, row.model): row.auprc
        for row in rows
        if row.abnormal == activity and row.auprc is not None
    }
    parts = [f"{activity.capitalize()}: {paper}"]
    if (same := found.get(("encoder", windows_data.model_of(architecture)))) is not None:
        parts.append(f"the same setting reaches {same:.0%} here")
    if (ours := found.get(BARS[0])) is not None:
        parts.append(f"our rule {ours:.0%}")
    return f"{'; '.join(parts)}."


def _show_table(rows: list[board.Row], measure: str, classes: list[str]) -> None:
    table = _table(rows, measure, classes)
    number = st.column_config.NumberColumn(format="%.1f", width=78)
    reference = table["Detector"].isin([PAPER, CHANCE, FLOOR, EVEN])
    st.dataframe(
        table.style.highlight_max(
            subset=pd.IndexSlice[table.index[~reference], classes],
            props="font-weight: 700; background-color: #009E7340",
        ),
        hide_index=True,
        height="content",
        placeholder="–",
        column_config=dict.fromkeys(classes, number)
        | {"Detector": st.column_config.TextColumn(pinned=True, width=230)},
    )


def _table(rows: list[board.Row], measure: str, classes: list[str]) -> pd.DataFrame:
    """A row per detector and architecture, a column per activity, in %; the best mean first, then
    the baselines, the paper, and what chance and the worst ranking give."""
    frame = pd.DataFrame([dataclasses.asdict(row) for row in rows])
    frame["Detector"] = [
        _name(detector, model)
        for detector, model in zip(frame["detector"], frame["model"], strict=True)
    ]
    measured = frame.dropna(subset=measure)
    pivot = 100 * measured.pivot_table(
        index="Detector", columns="abnormal", values=measure, aggfunc="mean"
    ).reindex(columns=classes)
    baselines = set(frame.loc[frame["model"] == "none", "Detector"])
    rank = pd.DataFrame(
        {
            "group": [2 if name == PAPER else int(name in baselines) for name in pivot.index],
            "mean": -pivot[[name for name in classes if name != board.MEAN]].mean(axis=1),
        },
        index=pivot.index,
    )
    pivot = pivot.loc[rank.sort_values(["group", "mean"]).index]
    known = frame.dropna(subset="base_rate").groupby("abnormal")
    if measure == "auprc":
        pivot.loc[CHANCE] = 100 * known["base_rate"].first()
        pivot.loc[FLOOR] = 100 * known["floor"].first()
    else:
        pivot.loc[EVEN] = 50.0
    return pivot.reset_index()
