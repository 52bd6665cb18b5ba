"""The critic as an anomaly detector (§5.1), beside what the generator and the truth say."""

from __future__ import annotations

import streamlit as st

from pages._ui import anatomy, linked, runtime
from pages._ui.chart import live_chart, waiting
from pages._ui.critic import below, choice
from pages._ui.critic.choice import DETECTORS, PlaneVerdicts, Point
from pages._ui.widgets import refuse
from wganad_core.figures import beside
from wganad_core.figures import detection as figures
from wganad_core.live.client import WorkerError


def main() -> None:
    above, line = st.container(), st.container()
    with line, anatomy.choices():
        models = choice.models()
        choice.more(models)
        known = len(models[0].mixture.modes) > 0
        rule = choice.rule(known)
        threshold = choice.threshold(rule, known)
    try:
        judged = [choice.judge(model, rule, threshold) for model in models]
        point = choice.point(waiting("detector").click)
        verdicts = [choice.verdict(one, point) for one in judged]
    except WorkerError as error:
        refuse(error)
        return
    with above:
        anatomy.headline(choice.sentence(judged))
    picture(judged, point, verdicts)
    below.show(judged, point)
    if len(models) == 1 and "run" in models[0].source:
        linked.to_cockpit(case="mixture", model=models[0].source["run"], detector=rule)


def picture(judged: list[PlaneVerdicts], point: Point, verdicts: list[str]) -> None:
    """Two models side by side, or the score of one beside its verdict."""
    first = judged[0]
    mixture, rule = first.model.mixture, first.rule
    if len(judged) == 1:
        figure = figures.detection_figure(
            first.found, mixture, rule, first.threshold, point, verdicts[0]
        )
    else:
        panes = [
            beside.Pane(choice.pane_title(one), one.found, one.threshold, said)
            for one, said in zip(judged, verdicts, strict=True)
        ]
        figure = beside.beside_figure(panes, mixture, rule, point)
    titles = " and ".join(one.model.title for one in judged)
    said = "; ".join(verdicts).replace("<b>", "").replace("</b>", "").replace("<br>", ", ")
    alt = f"{titles}: what {DETECTORS[rule]} calls an anomaly. At your point: {said}"
    live_chart(figure, key="detector", alt=alt)
    truth = (
        "Red: false alarms, purple: misses. Circles: 3σ, which is normal."
        if first.known
        else "Blue: data that pass, grey crosses: data that are flagged; which of them are "
        "anomalies nobody has said."
    )
    st.caption(
        f"Shaded: an anomaly for this model. Orange: its samples. {truth} **Click anywhere** to "
        "ask about a point."
    )


runtime.run_page(main)
