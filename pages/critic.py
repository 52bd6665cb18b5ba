"""The critic as an anomaly detector (§5.1), beside what the generator and the truth say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui import linked, runtime
from pages._ui.chart import live_chart
from pages._ui.race import state as race_state
from pages._ui.widgets import refuse
from wganad_core import evaluation, pretrained, thresholds, use_cases
from wganad_core.data.mixture import Mixture
from wganad_core.figures import detection as figures
from wganad_core.live.client import WorkerError
from wganad_core.records import Detection

DETECTORS = {
    "critic-interval": "Critic, interval rule (§5.1)",
    "critic": "Critic, quantile",
    "generator": "Distance to the generator",
    "density": "True density",
}


Judged = tuple[str, float]  # a score and its threshold


def main() -> None:
    st.header("The critic as detector", anchor=False)
    st.markdown(
        "Train on normal points only; then ask of any point of the plane: *is it an anomaly?* "
        "The truth is known here: normal means within 3σ of a mode. **Click anywhere** to score a "
        "point."
    )
    source, title, mixture = choose_model()
    try:
        found = detection(source) if "run" in source else runtime.worker().detect(source)
    except WorkerError as error:
        refuse(error)
        return
    detector, threshold = judged = choose_detector(found, mixture)
    show_maps(found, mixture, judged, source, title)
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_false_alarms(found, mixture, detector, threshold)
    with right:
        show_ranking(found, mixture)
        if "run" in source:
            linked.to_cockpit(case="mixture", model=source["run"], detector=detector)


def choose_model() -> tuple[dict[str, Any], str, Mixture]:
    """A shipped run (the vanilla GAN at any of its kept steps) or a lane of this session's race."""
    choices = {name: use_cases.METHOD_NAMES[name] for name in pretrained.RACE_RUNS}
    choices |= {pretrained.PAPER_RUNS[-1]: "WGAN-GP, λ = 10"}
    race = race_state.current()
    live = race_state.view(race)
    if live is not None and live.step:
        for i, lane in enumerate(race.race.lanes):
            choices[f"lane-{i}"] = f"My race, lane {i + 1}: {use_cases.lane_title(lane)}"
    name = linked.choice("Model", choices, key="model", default="wgan-gp")
    if name.startswith("lane-"):
        lane_source = {"race": runtime.session_race().key, "lane": int(name[5:])}
        return lane_source, choices[name], race_state.data(race)
    run = race_state.shipped(name)
    *earlier, step = steps = sorted(run.weights)
    if earlier:
        step = st.select_slider(
            "Training step of this model: watch modes get lost and come back",
            steps,
            value=figures.most_collapsed(run, steps),
            format_func="{:,}".format,
            key=f"step-{name}",
            bind="query-params",
        )
    source = {"run": name, "step": step}
    return source, f"{choices[name]}, step {step:,}", race_state.mixture(run.mixture)


@st.cache_resource(show_spinner="Scoring the plane …", max_entries=24)
def detection(source: dict[str, Any]) -> Detection:
    """A shipped model never changes, so its detection is made once per server."""
    return runtime.worker().detect(source)


def choose_detector(found: Detection, mixture: Mixture) -> Judged:
    """A score and its threshold, with what the threshold rests on."""
    detectors = {name: label for name, label in DETECTORS.items() if name in found.scores}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        detector = linked.choice("Score and rule", detectors, key="rule", default="critic-interval")
        if detector == "generator":
            tolerance = _slider(
                "Tolerated distance",
                (0.1, 6.0, 1.0, 0.1),
                "%.1f σ",
                key="tolerance",
                help="A point is flagged when no generated sample is this near.",
            )
        elif detector != "critic-interval":
            rate = _slider(
                "Wanted false-alarm rate",
                (0.0, 20.0, 1.0, 0.1),
                "%.1f %%",
                key="rate",
                help="The threshold is this quantile of the scores of "
                f"{len(found.calibration[detector]):,} held-out normals.",
            )
    if detector == "generator":
        honest = thresholds.quantile_threshold(found.calibration[detector], 0.01) / mixture.sigma
        st.caption(
            f"To keep false alarms at 1 % on held-out normals, this generator would need "
            f"{honest:.1f} σ: a collapsed one only trades false alarms for misses."
        )
        return detector, tolerance * mixture.sigma
    if detector == "critic-interval":
        st.caption(
            f"Anomaly = f(x) outside [{found.low:.4g}, {found.high:.4g}], the range of the critic "
            "over the training set. The rule has no rate to choose."
        )
        return detector, 0.0
    return detector, thresholds.quantile_threshold(found.calibration[detector], rate / 100)


def _slider(label: str, numbers: Sequence[float], form: str, key: str, help: str) -> float:
    """`numbers`: lowest, highest, first, step. Kept in the URL."""
    look: dict[str, Any] = {"format": form, "width": 300, "bind": "query-params"}
    low, high, first, step = numbers
    chosen: float = st.slider(label, low, high, first, step, key=key, help=help, **look)
    return chosen


def show_maps(found: Detection, mixture: Mixture, judged: Judged, source: Any, title: str) -> None:
    """Score map and verdict map; a click or typed coordinates score one point."""
    detector, threshold = judged
    point = st.session_state.get("point", (0.0, 0.0))
    figure = figures.detection_figure(found, mixture, detector, threshold, point)
    alt = f"{title}: map of the score {DETECTORS[detector]} and the region it calls anomalous"
    events = live_chart(figure, key="detector", alt=alt)
    if events.click is not None:
        st.session_state.point = (float(events.click["x"]), float(events.click["y"]))
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        shown = tuple(round(value, 3) for value in point)
        typed = tuple(
            st.number_input(axis, value=value, step=0.05, format="%.3f", width=150)
            for axis, value in zip("xy", shown, strict=True)
        )
        if typed != shown:
            st.session_state.point = typed
            st.rerun()
        try:
            scores = runtime.worker().score(source, np.array([point]))
        except WorkerError as error:
            refuse(error)
            return
        score = float(scores[detector][0])
        facts = {"Score": f"{score:.4g}", "Threshold": f"{threshold:.4g}"}
        facts["Verdict"] = "anomaly" if score > threshold else "normal"
        if len(mixture.modes):
            facts["Truth"] = "anomaly" if mixture.is_anomaly(np.array([point]))[0] else "normal"
        for label, value in facts.items():
            st.metric(label, value, width=150)


def show_false_alarms(found: Detection, mixture: Mixture, detector: str, threshold: float) -> None:
    """Which modes pay: the paper's central argument (§3.3)."""
    if not len(mixture.modes):
        st.info("This data set has no modes with a known 3σ region, so there is no truth to count.")
        return
    flagged = found.scores[detector] > threshold
    alarms = evaluation.false_alarms_by_group(flagged, found.label, found.mode, len(mixture.modes))
    st.subheader("False alarms, mode by mode", anchor=False)
    st.markdown(
        "A generator that lost a mode calls its points anomalies: compare the **vanilla GAN** with "
        "**WGAN-GP** under *Distance to the generator* (§3.3 of the paper)."
    )
    alt = "; ".join(f"mode {i + 1}: {share:.0%}" for i, share in enumerate(alarms))
    live_chart(figures.false_alarm_figure(alarms), key="false-alarms", alt=alt)
    caught = float(flagged[found.label == 1].mean())
    total = float(flagged[found.label == 0].mean())
    st.caption(f"All in all {total:.1%} of normals are flagged, and {caught:.1%} of anomalies.")


def show_ranking(found: Detection, mixture: Mixture) -> None:
    """AUPRC of the scores on normals plus uniform points, with its chance level and floor."""
    if not found.label.any():
        return
    st.subheader("How good are the scores?", anchor=False)
    summaries = {name: evaluation.summary(found.label, found.scores[name]) for name in found.scores}
    table = pd.DataFrame(
        {
            "score": [DETECTORS[name] for name in summaries],
            "AUPRC": [100 * summary.auprc for summary in summaries.values()],
            "AUROC": [100 * summary.auroc for summary in summaries.values()],
        }
    ).sort_values("AUPRC", ascending=False)
    number = st.column_config.NumberColumn(format="%.1f %%")
    st.dataframe(table, hide_index=True, column_config={"AUPRC": number, "AUROC": number})
    any_summary = summaries["critic"]
    left, right, bottom, top = mixture.box
    st.caption(
        f"On {any_summary.n:,} points: normals, and points uniform in [{left:.2f}, {right:.2f}] × "
        f"[{bottom:.2f}, {top:.2f}] labelled by the 3σ rule. Base rate π = "
        f"{any_summary.base_rate:.1%} (the chance level of AUPRC); no ranking falls below "
        f"{any_summary.floor:.1%}. The distance uses the nearest of 100,000 generated samples."
    )


runtime.run_page(main)
