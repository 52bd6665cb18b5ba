"""One window taken apart: its signals and images, what came back, the blame, its place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.chart import live_chart
from pages._ui.windows import data as windows_data
from pages._ui.windows import linked as windows_linked
from pages._ui.windows.data import Judged
from wganad_core.data.gallery import Gallery
from wganad_core.records import FloatArray, Judgement


def show(
    activity: str, architecture: str, protocol: str, found: Gallery, detector: str, window: int
) -> None:
    """Of a bundled window, by its number. What needs no model is drawn before the models have
    been loaded, which takes seconds the first time."""
    windows = windows_data.sample()
    what = str(windows.activities[window])
    seen = "never seen in training" if what == activity else "a normal activity"
    st.subheader(
        f"Window {windows.position[window]:,}: person {windows.subjects[window]}, "
        f"{windows_data.doing(what)} ({seen})",
        anchor=False,
    )
    stored = found.scores_of(window)
    _verdict(found, detector, stored[detector])
    signals = windows.signals[window]
    loaded: set[tuple[str, str]] = st.session_state.setdefault("loaded_windows", set())
    model = (activity, architecture)
    if model not in loaded:
        windows_linked.show(signals, windows_linked.Rebuilt())
        # Another window than the one shown, whose times would be those of loading.
        windows_data.judge(activity, architecture, np.zeros_like(signals[None]))
        loaded.add(model)
        st.rerun()
    judged = windows_data.judge(activity, architecture, signals[None])
    windows_linked.show(signals, _rebuilt(signals, judged))
    _details(found, protocol, detector, judged, stored)


def _rebuilt(signals: FloatArray, judged: Judged) -> windows_linked.Rebuilt:
    judgements, _, view = judged
    row = judgements["encoder"].reconstruction if "encoder" in judgements else None
    if row is None:
        return windows_linked.Rebuilt()
    return windows_linked.Rebuilt.of(signals, row[0], view)


def _details(
    found: Gallery, protocol: str, detector: str, judged: Judged, stored: Mapping[str, float]
) -> None:
    """Blame, table and histogram; `stored` scores are those of the shipped table."""
    from wganad_core.figures.digits import place_among

    judgements, times, _ = judged
    scores = {name: float(one.score[0]) for name, one in judgements.items()} | dict(stored)
    known = [name for name in (*windows_data.DETECTORS, *windows_data.BASELINES) if name in scores]
    scores = {name: scores[name] for name in known if name in found.scores}
    left, middle, right = st.columns([8, 11, 8], gap="medium")
    with left:
        if "encoder" in judgements:
            _blame(judgements["encoder"])
    with middle:
        st.markdown("**What each detector says**")
        _table(found, scores, times)
    with right:
        st.markdown(f"**Its place among all test windows** ({windows_data.name_of(detector)})")
        live_chart(
            place_among(found.table(detector, "har", protocol), scores[detector]),
            key="place",
            alt=f"{scores[detector]:.3g} among the scores of {windows_data.name_of(detector)}",
        )


def _verdict(found: Gallery, detector: str, score: float) -> None:
    place = found.place(detector, score)
    st.markdown(
        f"**{windows_data.name_of(detector)}: odder than {place.normals:.1%} of normal test "
        f"windows** and than {place.anomalies:.0%} of those of {found.abnormal}; rank "
        f"{place.rank:,} of {place.n:,}."
    )


def _blame(encoder: Judgement) -> None:
    """Which signals do not come back."""
    from wganad_core.figures.windows.signals import blame_bars

    st.markdown(
        "**Who is to blame**",
        help="Each signal's share of the encoder's error, mean (x − G(E(x)))², in the units in "
        "which the network sees it.",
    )
    terms = {name: float(values[0]) for name, values in encoder.terms.items()}
    live_chart(blame_bars(terms), key="blame", alt="Each signal's share of the error")


def _table(found: Gallery, scores: Mapping[str, float], times: Mapping[str, float]) -> None:
    """Every detector's score of this window, its place, and the time it took."""
    places = {name: found.place(name, score) for name, score in scores.items()}
    st.dataframe(
        pd.DataFrame(
            {
                "Detector": [windows_data.name_of(name) for name in scores],
                "Score": list(scores.values()),
                "Rank": [place.rank for place in places.values()],
                "Odder than": [100 * place.normals for place in places.values()],
                "Time": [times.get(name) for name in scores],
            }
        ),
        hide_index=True,
        placeholder="–",
        column_config={
            "Detector": st.column_config.TextColumn(width=150),
            "Score": st.column_config.NumberColumn(format="%.3g", width=66),
            "Rank": st.column_config.NumberColumn(
                width=56, help="1 is the most anomalous test window."
            ),
            "Odder than": st.column_config.NumberColumn(
                format="%.0f %%", width=84, help="Share of normal test windows that score lower."
            ),
            "Time": st.column_config.NumberColumn(
                format="%.1f ms", width=74, help="For this one window, on this machine."
            ),
        },
    )
