"""Under the picture: a point to type, which modes pay, how good the scores are."""

from __future__ import annotations

import dataclasses

import streamlit as st

from pages._ui.chart import live_chart
from pages._ui.critic import choice
from pages._ui.critic.choice import DETECTORS, PlaneVerdicts, Point
from wganad_core import evaluation, thresholds
from wganad_core.figures import detection as figures


def show(judged: list[PlaneVerdicts], point: Point) -> None:
    typed(point)
    left, right = st.columns([3, 2], gap="large")
    with left:
        false_alarms(judged)
    with right:
        ranking(judged)


def typed(point: Point) -> None:
    """The point as numbers, for who cannot click."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        shown = tuple(
            st.number_input(axis, value=value, step=0.05, format="%.3f", width=150)
            for axis, value in zip("xy", point, strict=True)
        )
    if shown != point:
        choice.remember(*shown)
        st.rerun()


def false_alarms(judged: list[PlaneVerdicts]) -> None:
    """Which modes pay: the paper's central argument (§3.3)."""
    n_modes = len(judged[0].model.mixture.modes)
    if not n_modes:
        st.info("Nobody has said which points of this data set are anomalies: nothing to count.")
        return
    st.subheader("False alarms, mode by mode", anchor=False)
    st.markdown("A generator that lost a mode calls its points anomalies (§3.3 of the paper).")
    alarms = {
        one.model.title: evaluation.false_alarms_by_group(
            one.flagged, one.found.label, one.found.mode, n_modes
        )
        for one in judged
    }
    alt = "; ".join(
        f"{title}: " + ", ".join(f"mode {i + 1} {share:.0%}" for i, share in enumerate(shares))
        for title, shares in alarms.items()
    )
    live_chart(figures.false_alarm_figure(alarms), key="false-alarms", alt=alt)
    for one in judged:
        st.caption(
            f"{one.model.title}: all in all {one.false_alarms:.1%} of normals are flagged, and "
            f"{one.caught:.1%} of anomalies.{_honest(one)}"
        )


def _honest(judged: PlaneVerdicts) -> str:
    """What tolerance this generator would need for few false alarms, and what it would miss."""
    if judged.rule != "generator":
        return ""
    level = thresholds.quantile_threshold(judged.found.calibration["generator"], 0.01)
    caught = dataclasses.replace(judged, threshold=level).caught
    return (
        f" To keep false alarms at 1% it would need {level / judged.model.mixture.sigma:.1f} σ, "
        f"and catch {caught:.1%} of anomalies then."
    )


def ranking(judged: list[PlaneVerdicts]) -> None:
    """AUPRC of the scores on normals plus uniform points, with its chance level and floor."""
    if not judged[0].found.label.any():
        return
    st.subheader("How good are the scores?", anchor=False)
    rows, last = [], None
    for one in judged:
        for name in one.found.scores:
            if name == "density" and one is not judged[0]:
                continue  # no model changes it
            last = evaluation.summary(one.found.label, one.found.scores[name])
            whose = "" if name == "density" else f"{one.model.title.partition(',')[0]}: "
            rows.append((whose + DETECTORS[name], 100 * last.auprc, 100 * last.auroc))
    import pandas as pd  # here: the picture above has not waited for it

    table = pd.DataFrame(rows, columns=["Score", "AUPRC", "AUROC"])
    table = table.sort_values("AUPRC", ascending=False)
    number = st.column_config.NumberColumn(format="%.1f%%")
    st.dataframe(table, hide_index=True, column_config={"AUPRC": number, "AUROC": number})
    if last is None:
        return
    left, right, bottom, top = judged[0].model.mixture.box
    st.caption(
        f"On {last.n:,} points: normals, and points uniform in "
        f"{f'[{left:.2f}, {right:.2f}] × [{bottom:.2f}, {top:.2f}]'.replace('-', '−')} labelled "
        f"by the 3σ rule. Base rate π = {last.base_rate:.1%} "
        f"(the chance level of AUPRC); no ranking falls below {last.floor:.1%}. The distance uses "
        "the nearest of 100,000 generated samples."
    )
