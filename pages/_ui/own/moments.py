"""Why a stretch of a recording was scored as it was: where the generator cannot rebuild it."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import chart, runtime
from pages._ui.own import pictures as own_pictures
from pages._ui.own.outcome import Outcome
from wganad_core import outside
from wganad_core.data.runs import Index, runs_of

LONGEST = 50  # windows that are shown of a stretch, around its beginning
Values = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Run:
    """Moments from `low` until before `high` that are flagged, as numbers in the order of time,
    and the unbroken stretch around them, from `first` until before `last`."""

    low: int
    high: int
    first: int
    last: int

    def around(self, n: int) -> slice:
        """With up to n moments on either side; of a long run, the beginning."""
        low = max(self.first, self.low - n)
        return slice(low, min(self.last, self.high + n, low + LONGEST * n))


def show(outcome: Outcome) -> None:
    """The score along the recording, and one stretch of it, rebuilt."""
    from wganad_core.figures import own_explained

    samples = outcome.chosen.samples
    _along(outcome)
    order, stretch = outcome.in_time
    score = outcome.score[order]
    peaks = runs(score, outcome.current, stretch)
    at = st.selectbox(
        "Which stretch, highest score first",
        range(len(peaks)),
        width=480,
        format_func=lambda i: named(outcome, order, peaks[i]),
        key=f"own-which-{outcome.name}",
    )
    run = peaks[at]
    window = int(dict(outcome.plan.settings).get("window", 32))
    about = runtime.image_worker().own_about(outcome.model)
    part = run.around(2 * int(about["window"] or window))
    there = outcome.position[order[part]]
    found = runtime.image_worker().own_explain(outcome.model, samples.x[there])
    if found is None:
        st.info(own_pictures.NOTHING)
        return
    share = found["residual"][run.low - part.start : run.high - part.start].mean(axis=0)
    worst = outside.shown(samples.features[int(share.argmax())])
    st.markdown(
        f"Blue: what was measured. Orange: what the generator makes of it from normality. They "
        f"part most in **{worst}** ({share.max() / max(share.sum(), 1e-300):.0%} of the residual)."
    )
    names = samples.features[:8]
    figure = own_explained.recording_figure(
        names,
        samples.x[there, : len(names)],
        samples.row[there],
        rebuilt=found["reconstruction"],
        label=None if samples.label is None else samples.label[there],
        height=105,
    )
    chart.live_chart(figure, key="own-stretch", alt="The signals of the stretch, rebuilt")


def _along(outcome: Outcome) -> None:
    from wganad_core.figures import own_explained

    labelled = " Shaded: labelled anomalies." if outcome.label is not None else ""
    st.markdown(f"**The whole recording.**{labelled}")
    whole = own_explained.recording_figure(
        (),
        outcome.score[:, None][:, :0],
        outcome.row,
        score=outcome.score,
        threshold=outcome.current,
        label=outcome.label,
        height=170,
    )
    chart.live_chart(whole, key="own-along", alt="The score along the recording")


def runs(score: Values, threshold: float, stretch: Index) -> list[Run]:
    """Runs of moments above the threshold, highest peak first; without any, the highest score."""
    found = runs_of(score > threshold, stretch)
    if not len(found):
        top = int(score.argmax())
        found = np.array([[top, top + 1]])
    peaks = [float(score[low:high].max()) for low, high in found]
    found = found[np.argsort(peaks)[::-1][: own_pictures.OFFERED]]
    first = np.searchsorted(stretch, stretch[found[:, 0]], side="left")
    last = np.searchsorted(stretch, stretch[found[:, 0]], side="right")
    rows = np.column_stack([found, first, last]).tolist()
    return [Run(*row) for row in rows]


def named(outcome: Outcome, order: Index, run: Run) -> str:
    """A run by its rows in the file, its machine, and when it began."""
    samples, at = outcome.chosen.samples, order[run.low : run.high]
    there = outcome.position[at]
    row = outcome.row[at]
    words = f"rows {row.min():,} to {row.max():,}" if len(row) > 1 else f"row {row[0]:,}"
    if samples.group is not None:
        words += f" of {samples.group[there[0]]}"
    if samples.time is not None:
        words += f" (from {samples.time[there[0]]})"
    return f"{words} · score {outcome.score[at].max():.3g}"
