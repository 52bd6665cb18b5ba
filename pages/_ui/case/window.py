"""Windows of sensors: a strip of them, one taken apart, a recording of one's own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui.case import autopsy as shared
from pages._ui.case import data, recording, recurrence
from pages._ui.case.choice import Choice
from pages._ui.case.gallery import asked_for, remember
from pages._ui.chart import live_chart, room
from wganad_core.data.gallery import Order, percent
from wganad_core.data.substitution import blame, substituted
from wganad_core.figures.windows import strip
from wganad_core.figures.windows.signals import blame_bars
from wganad_core.figures.windows.tiles import Rebuilt
from wganad_core.live.messages import Judged, ModelKey
from wganad_core.records import FloatArray

STYLE = """
.st-key-KEY button {padding: 4px 6px 2px; min-width: 0; height: auto; min-height: 0;}
.st-key-KEY button p {display: flex; flex-direction: column; align-items: center;
  line-height: 1.25; overflow: visible; max-height: none;}
.st-key-KEY button div {overflow: visible; max-height: none;}
.st-key-KEY button img {height: 2.1rem; width: 5.75rem; max-height: none; max-width: none;
  display: block; margin: 0;}
.st-key-KEY button[aria-checked="true"] {box-shadow: 0 0 0 3px #D55E00; z-index: 1;}
@media (max-width: 640px) {
  .st-key-KEY [role="radiogroup"] {flex-wrap: wrap;}
  .st-key-KEY button {padding: 3px 2px 1px; flex: 1 0 32%;}
}
"""
HELP: str | None = "Total acceleration in a window of 2.56 s, along x, y and z."
NAMED = True
CLASS = "Activity"
PERSON: str | None = "One of the nine test subjects; no model has met them."
ORDERS: Mapping[Order, str] = {
    "mixed": "A mixture",
    "highest": "Most anomalous",
    "misses": "Worst misses",
    "alarms": "Worst false alarms",
}

upload = recording.show


def thumbnail(x: FloatArray) -> str:
    return strip.thumbnail(x[6:])


def first_look(chosen: Choice, n: int) -> DeltaGenerator:
    """The gallery comes first."""
    place = room("gallery", *strip.heights(n))
    place.empty()  # Streamlit leaves out a container that nothing is in
    return place


def legend(chosen: Choice) -> str:
    return (
        "Total acceleration over 2.56 s; click on a window to take it apart. In %: how many normal "
        f"test windows are less odd to “{chosen.name}”."
    )


def gallery(chosen: Choice, order: list[int], key: str) -> int:
    """Tiles of total acceleration; returns the window whose tile is chosen."""
    samples = data.samples(chosen.case)
    shown = asked_for(chosen, order)
    scores = chosen.found.score(chosen.detector)[order]
    events = live_chart(
        strip.strip(
            samples.take(np.array(order)),
            samples.classes[order].tolist(),
            [chosen.found.place(chosen.detector, score).normals for score in scores],
            chosen.abnormal,
            order.index(shown) if shown in order else None,
        ),
        key="strip",
        alt=f"{len(order)} windows of total acceleration to choose from",
    )
    if events.click is not None:
        tile = strip.tile_at(events.click["subplot"], events.click["x"], len(order))
        if tile is not None and order[tile] != shown:
            remember(chosen, order[tile])
            st.rerun()
    return shown


# One window taken apart: its signals and images, what came back, the blame, its place


def autopsy(chosen: Choice, sample: int) -> None:
    """What needs no model is drawn before the models have been loaded, which takes seconds the
    first time."""
    case, samples = chosen.case, data.samples(chosen.case)
    what = str(samples.classes[sample])
    seen = f"a normal {case.noun}" if what != chosen.abnormal else "never seen in training"
    stored = chosen.found.scores_of(sample)
    place = chosen.found.place(chosen.detector, stored[chosen.detector])
    st.subheader(
        f"Window {samples.position[sample]:,}: person {samples.subjects[sample]}, "
        f"{case.describe(what)} ({seen}). {chosen.name}: odder than {percent(place.normals)} of "
        "normal windows",
        anchor=False,
    )
    signals = samples.take(np.array([sample]))
    loaded: set[ModelKey] = st.session_state.setdefault("loaded_windows", set())
    if chosen.model not in loaded:
        recurrence.show(signals[0], Rebuilt())
        # Another window than the one shown, whose times would be those of loading.
        data.judge(chosen.model, np.zeros_like(signals))
        loaded.add(chosen.model)
        st.rerun()
    judged = data.judge(chosen.model, signals)
    rebuilt = _rebuilt(signals[0], judged)
    recurrence.show(signals[0], rebuilt)
    _details(chosen, signals[0], rebuilt, judged, stored)


def _rebuilt(signals: FloatArray, judged: Judged) -> Rebuilt:
    judgements, view = judged.judgements, judged.view
    row = judgements["encoder"].reconstruction if "encoder" in judgements else None
    if row is None or view is None:
        return Rebuilt()
    return Rebuilt.of(signals, row[0], view)


def _details(
    chosen: Choice,
    signals: FloatArray,
    rebuilt: Rebuilt,
    judged: Judged,
    stored: Mapping[str, float],
) -> None:
    """Blame, table and histogram; `stored` scores are those of the shipped table."""
    judgements, times = judged.judgements, judged.milliseconds
    scores = {name: float(one.score[0]) for name, one in judgements.items()} | dict(stored)
    scores = {name: scores[name] for name in chosen.case.labels if name in scores}
    left, middle, right = st.columns([8, 11, 8], gap="medium")
    with left:
        _blame(chosen, signals, rebuilt, judged)
    with middle:
        st.markdown("**What each detector says**")
        shared.table(chosen, scores, times, narrow=True)
    with right:
        shared.place(chosen, chosen.detector, scores[chosen.detector])


def _blame(chosen: Choice, signals: FloatArray, rebuilt: Rebuilt, judged: Judged) -> None:
    """Which signals make the window odd to the detector that is looked at; where that cannot be
    asked, to the encoder, which is then said."""
    judgements, whose = judged.judgements, chosen.name
    if chosen.detector in judgements and chosen.detector != "encoder" and rebuilt.signals:
        score = float(judgements[chosen.detector].score[0])
        names, others = (chosen.detector,), substituted(signals, rebuilt.signals)
        scores = data.judge(chosen.model, others, names).judgements[chosen.detector].score
        terms = blame(score, dict(zip(rebuilt.signals, scores.tolist(), strict=True)))
        meaning = (
            f"How much lower “{whose}” scores when one signal is replaced by what comes back of "
            "it, as a share of all that helps."
        )
    elif "encoder" in judgements:
        whose = chosen.case.name_of("encoder")
        terms = {name: float(v[0]) for name, v in judgements["encoder"].terms.items()}
        meaning = (
            "Each signal's share of the encoder's error, mean (x − G(E(x)))², in the units in "
            "which the network sees it."
        )
    else:
        return
    st.markdown(f"**Who is to blame, to “{whose}”**", help=meaning)
    if any(terms.values()):
        live_chart(blame_bars(terms), key="blame", alt="Each signal's share of the blame")
    else:
        st.caption(f"No single signal: with any one replaced, “{whose}” finds it as odd as before.")
