"""Table 1 again, with ours and the baselines that the paper did not show; Fig. 23's bars."""

from __future__ import annotations

import dataclasses

import pandas as pd
import streamlit as st

from pages._ui import linked
from pages._ui.chart import live_chart
from pages._ui.digits import data as digits_data
from wganad_core import board
from wganad_core.config import DIGITS
from wganad_core.storage import StorageError

BARS = ("ours", "ours-wgan", "encoder", "knn", "paper")
MEASURES = {"auprc": "AUPRC", "auroc": "AUROC"}


def show() -> None:
    from wganad_core.figures.digits import auprc_bars

    rows = [row for row in _rows() if row.protocol == "80/20"]
    st.subheader(_headline(rows), anchor=False)
    live_chart(auprc_bars(rows, BARS), key="bars", alt="AUPRC by digit and detector")
    measure = linked.choice("Figure of merit", MEASURES, key="measure", default="auprc")
    table = _table(rows, measure)
    number = st.column_config.NumberColumn(format="%.1f", width=58)
    columns = {name: number for name in table.columns if name not in ("Detector", "Seeds")}
    st.dataframe(
        table.style.highlight_max(
            subset=list(columns), props="font-weight: 700; background-color: #009E7340"
        ),
        hide_index=True,
        height="content",
        placeholder="–",
        column_config=columns | {"Detector": st.column_config.TextColumn(pinned=True, width=140)},
    )
    st.caption(
        f"{MEASURES[measure]} in %, MNIST 80/20; columns: the unseen digit. Rows “paper” are "
        "quoted from its Table 1, whose base rates are not told; all others are scored on the "
        "same test part, the slow ones (Inversion, AnoGAN) on 1,000 of it. From the shell: "
        "`python -m wganad_core evaluate mnist`."
    )


def _rows() -> list[board.Row]:
    """Quoted and measured, digits and means."""
    measured = [row for digit in digits_data.shipped() for row in digits_data.scores(digit)[1]]
    if not measured:
        raise StorageError("No score tables of digits are here; restore them from the repository.")
    rows = [*board.QUOTED_DIGITS, *measured]
    return [*rows, *board.means(rows, DIGITS)]


def _headline(rows: list[board.Row]) -> str:
    means = {(row.detector, row.model): row.auprc for row in rows if row.abnormal == board.MEAN}
    paper = means["paper", "wgan-gp"]
    ours = [value for (name, _), value in means.items() if name == "ours"]
    if not ours:
        n = len({row.abnormal for row in rows if row.detector == "ours"})
        return f"The paper reaches a mean AUPRC of {paper:.0%}; {n} of our ten digits are here."
    return f"Mean AUPRC over ten digits: the paper {paper:.0%}, ours {ours[0]:.0%}."


def _table(rows: list[board.Row], measure: str) -> pd.DataFrame:
    """A row per detector, a column per digit, the best mean first; seeds are averaged."""
    frame = pd.DataFrame([dataclasses.asdict(row) for row in rows]).dropna(subset=measure)
    frame["Detector"] = [
        f"{model} (paper)" if detector == "paper" else digits_data.name_of(detector)
        for model, detector in zip(frame["model"], frame["detector"], strict=True)
    ]
    frame[measure] *= 100
    pivot = frame.pivot_table(index="Detector", columns="abnormal", values=measure, aggfunc="mean")
    seeds = frame.groupby("Detector")["seed"].nunique()
    best = board.MEAN if board.MEAN in pivot else pivot.columns[-1]
    pivot = pivot.sort_values(best, ascending=False)
    pivot["Seeds"] = seeds.map(lambda n: str(n) if n else "–")
    return pivot.reset_index()
