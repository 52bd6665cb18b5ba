"""What every autopsy says of a sample: its verdict, all detectors, its place among all."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages._ui.case.choice import Choice
from pages._ui.chart import live_chart
from wganad_core.data.gallery import floor, percent
from wganad_core.figures.scores import place_among

WIDTHS = {"Detector": 150, "Score": 66, "Rank": 56, "Odder than": 84, "Time": 74}


def verdict(chosen: Choice, detector: str, score: float) -> None:
    place, case = chosen.found.place(detector, score), chosen.case
    st.markdown(
        f"**{case.name_of(detector)}: odder than {percent(place.normals)} of normal test "
        f"{case.samples}** and than {percent(place.anomalies)} of "
        f"{case.say(case.phrases.these, chosen.abnormal)}; rank {place.rank:,} of {place.n:,}."
    )


def table(
    chosen: Choice, scores: Mapping[str, float], times: Mapping[str, float], narrow: bool = False
) -> None:
    """Every detector's score of this sample, its place, and the time it took."""
    known = [name for name in scores if name in chosen.found.scores]
    places = [chosen.found.place(name, scores[name]) for name in known]
    frame = pd.DataFrame(
        {
            "Detector": [_name(chosen, name) for name in known],
            "Score": [scores[name] for name in known],
            "Rank": [place.rank for place in places],
            "Odder than": [floor(100 * place.normals, 1) for place in places],
            "Time": [times.get(name) for name in known],
        }
    )
    sample = chosen.case.sample
    words: dict[str, tuple[str | None, str | None]] = {
        "Detector": (None, None),
        "Score": ("%.3g", None),
        "Rank": ("localized", f"1 is the most anomalous test {sample}."),
        "Odder than": (
            "%.1f %%",
            f"Share of normal test {chosen.case.samples} that score lower.",
        ),
        "Time": ("%.1f ms", f"For this one {sample}, on this machine."),
    }
    st.dataframe(
        frame,
        hide_index=True,
        placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(
                format=form, help=help, width=WIDTHS[name] if narrow else None
            )
            if name != "Detector"
            else st.column_config.TextColumn(width=WIDTHS[name] if narrow else None)
            for name, (form, help) in words.items()
        },
    )


def _name(chosen: Choice, detector: str) -> str:
    """With how many samples its ranks are among, where others are among more."""
    name, some = chosen.case.name_of(detector), chosen.found.part_of(detector)
    return f"{name} (on {some:,})" if some else name


def place(chosen: Choice, detector: str, score: float) -> None:
    """The histogram of all test scores of a detector, with this one's line."""
    name = chosen.case.name_of(detector)
    st.markdown(f"**Its place among all test {chosen.case.samples}** ({name})")
    if some := chosen.found.part_of(detector):
        st.caption(f"It is slow, and scored {some:,} of them.")
    live_chart(
        place_among(chosen.found.table(detector), score),
        key="place",
        alt=f"{score:.3g} among the test scores of {name}",
    )
