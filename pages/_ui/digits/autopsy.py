"""One image taken apart: reconstructions, residuals, the parts of each score, time per query."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages._ui.chart import live_chart
from pages._ui.digits import data as digits_data
from pages._ui.digits import search as digits_search
from wganad_core.data.gallery import Gallery
from wganad_core.records import FloatArray


def show(digit: str, found: Gallery, detector: str, image: int) -> None:
    """Of a bundled image, by its number."""
    digits = digits_data.sample()
    what = str(digits.labels[image])
    seen = "never seen in training" if what == digit else "a normal digit"
    st.subheader(f"Autopsy of {digits_data.an(what)} ({seen})", anchor=False)
    x = digits_data.vectors(digits.images[image : image + 1])
    take_apart(digit, found, detector, x, found.scores_of(image))


def take_apart(
    digit: str, found: Gallery, detector: str, x: FloatArray, stored: Mapping[str, float]
) -> None:
    """One image x (1, 784) under every detector of a digit's models; `stored` are those of its
    scores that ship, if it is a test image."""
    from wganad_core.figures import digits as figures

    judged, times = digits_data.judge(digit, x)
    judged = {name: judged[name] for name in digits_data.DETECTORS if name in judged}
    scores = {name: float(one.score[0]) for name, one in judged.items()} | dict(stored)
    scores = {name: scores[name] for name in digits_data.DETECTORS if name in scores}
    rebuilt = {
        digits_data.name_of(name): made[0] for name, made in digits_data.rebuilt(judged).items()
    }
    shown = detector if detector in scores else "encoder"
    left, right = st.columns([11, 9], gap="large")
    with left:
        live_chart(
            figures.autopsy(x[0], rebuilt),
            key="autopsy",
            alt=f"The image, and what {', '.join(rebuilt)} made of it",
        )
    with right:
        _verdict(found, shown, scores[shown])
        _table(found, scores, times)
    left, right = st.columns([11, 9], gap="large")
    with left:
        st.markdown("**What each score is made of**")
        named = {digits_data.name_of(name): one for name, one in judged.items()}
        live_chart(figures.terms_bars(named), key="terms", alt="The additive parts of every score")
    with right:
        st.markdown(f"**Its place among all test images** ({digits_data.name_of(shown)})")
        live_chart(
            figures.place_among(found.table(shown), scores[shown]),
            key="place",
            alt=f"{scores[shown]:.3g} among the test scores of {digits_data.name_of(shown)}",
        )
    digits_search.show(digit, x)


def _verdict(found: Gallery, detector: str, score: float) -> None:
    place = found.place(detector, score)
    st.markdown(
        f"**{digits_data.name_of(detector)}: odder than {place.normals:.1%} of normal test "
        f"images** and than {place.anomalies:.0%} of the {found.abnormal}s; rank {place.rank:,} "
        f"of {place.n:,}."
    )


def _table(found: Gallery, scores: Mapping[str, float], times: Mapping[str, float]) -> None:
    """Every detector's score of this image, its place, and the time it took."""
    known = [name for name in scores if name in found.scores]
    places = [found.place(name, scores[name]) for name in known]
    st.dataframe(
        pd.DataFrame(
            {
                "Detector": [digits_data.name_of(name) for name in known],
                "Score": [scores[name] for name in known],
                "Rank": [place.rank for place in places],
                "Odder than": [100 * place.normals for place in places],
                "Time": [times.get(name) for name in known],
            }
        ),
        hide_index=True,
        placeholder="–",
        column_config={
            "Score": st.column_config.NumberColumn(format="%.3g"),
            "Rank": st.column_config.NumberColumn(help="1 is the most anomalous test image."),
            "Odder than": st.column_config.NumberColumn(
                format="%.1f %%", help="Share of normal test images that score lower."
            ),
            "Time": st.column_config.NumberColumn(
                format="%.1f ms", help="For this one query, on this machine."
            ),
        },
    )
