"""What a training or a saved detector found in the data: read from the files that it wrote."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages._ui.cockpit.data import Loaded
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.own.data import Chosen
from pages._ui.own.plan import Plan
from wganad_core import outside
from wganad_core.data.clock import seconds_of
from wganad_core.data.own.labels import UNLABELLED
from wganad_core.data.own.stretches import counted, in_time
from wganad_core.jobs.fit import Fitted
from wganad_core.live.fitting import Fitting
from wganad_core.records import PARTS, Scored

KINDS = ("normal", "anomaly")
FIT, CALIBRATION = PARTS.index("fit"), PARTS.index("calibration")


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """`row`, `score`, `part` (n,): of every row of the file that has a score; `part` is a number in
    `records.PARTS`. `folder` holds the files, `threshold` is the detector's own, `given` notes the
    one that was `set` in the cockpit and the one that files were `made` with. `fitted`: what `fit`
    said; None of a detector that came from a file. `remarks` are what `score` had to say.
    `pixels`: a `PixelReport` as a dictionary, where there are masks."""

    plan: Plan
    chosen: Chosen
    folder: Path
    row: NDArray[np.int64]
    score: NDArray[np.float64]
    part: NDArray[np.int8]
    threshold: float
    fitted: Fitted | None
    reports: tuple[dict[str, Any], ...]
    key: Hashable
    remarks: tuple[str, ...] = ()
    pixels: dict[str, Any] | None = None
    given: dict[Literal["set", "made"], float] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """What tells it from others, also from the quick one before it: no choice among its rows
        goes over to them."""
        return f"{self.folder.name}-{'quick' * self.plan.quick}"

    @property
    def current(self) -> float:
        """The threshold as it is now."""
        return self.given.get("set", self.threshold)

    @property
    def model(self) -> Path:
        return self.folder / self.plan.model_name

    @property
    def scores(self) -> Path:
        return self.folder / self.plan.scores_name

    @functools.cached_property
    def position(self) -> NDArray[np.int64]:
        """Where each scored row stands in `chosen.samples` (n,)."""
        return np.searchsorted(self.chosen.samples.row, self.row)

    @functools.cached_property
    def label(self) -> NDArray[np.int64] | None:
        label = self.chosen.samples.label
        return None if label is None else label[self.position]

    @functools.cached_property
    def reasons(self) -> NDArray[np.object_] | None:
        """The channel that each flagged row hangs on (n,); of recordings only."""
        if self.plan.kind != "series" or self.plan.quick:
            return None
        found = pd.read_csv(self.scores, usecols=["row", "why"], dtype={"why": object})
        reasons = found.set_index("row")["why"].reindex(self.row).fillna("")
        return np.asarray(reasons, object)

    @functools.cached_property
    def seconds(self) -> NDArray[np.float64] | None:
        """When each row was (n,), where there is a clock."""
        samples = self.chosen.samples
        if self.plan.kind != "series" or samples.time is None:
            return None
        time = pd.Series(samples.time[self.position], dtype=str)
        return seconds_of(time, samples.time_name)[0]

    @functools.cached_property
    def names(self) -> NDArray[np.str_]:
        """What each row is called: its id, its time or its number."""
        samples = self.chosen.samples
        given = samples.sample_id
        if given is None and self.plan.kind == "series":
            given = samples.time
        return np.array(
            [f"row {row:,}" for row in self.row.tolist()] if given is None else given[self.position]
        )

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which rows the networks have not learned from."""
        return self.part != FIT

    @functools.cached_property
    def unseen(self) -> NDArray[np.bool_]:
        """Which rows the detector is judged on: it has not learned from them and, where enough are
        left, they have not chosen its threshold either."""
        strict = self.held_out & (self.part != CALIBRATION)
        label = self.label
        left = strict if label is None else strict & (label == 0)
        return strict if left.any() else self.held_out

    @property
    def learned_odd(self) -> int:
        """How many labelled anomalies it is not judged on."""
        return 0 if self.label is None else int(((self.label == 1) & ~self.unseen).sum())

    @property
    def judged(self) -> bool:
        """Whether there are labelled anomalies that it has not seen."""
        return self.label is not None and bool(((self.label == 1) & self.unseen).any())

    @functools.cached_property
    def in_time(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows (n,) of a recording in the order of time, and the unbroken stretch of each."""
        group = self.chosen.samples.group
        return in_time(self.row, self.seconds, None if group is None else group[self.position])

    @functools.cached_property
    def stretches(self) -> tuple[int, int, int]:
        """Of a recording: labelled stretches caught at its own threshold, all of them, and others
        that are flagged."""
        assert self.label is not None
        order, stretch = self.in_time
        flagged = self.score > self.threshold
        return counted(self.label[order], flagged[order], stretch, self.unseen[order])

    @property
    def base_rate(self) -> float | None:
        """The share of anomalies in the whole file, of the rows that have a label."""
        label = self.label
        if label is None or not 0 < (label == 1).sum() < (label != UNLABELLED).sum():
            return None
        return float((label == 1).sum() / (label != UNLABELLED).sum())

    def for_cockpit(self, which: NDArray[np.bool_]) -> DetectorScores:
        """Those rows for the cockpit, whose threshold begins as the detector's own; where some rows
        have no label, only those that have one."""
        label, samples = self.label, self.chosen.samples
        if label is not None and (label == UNLABELLED).any():
            which = which & (label != UNLABELLED)
        class_ = None if label is None else np.take(KINDS, label)
        if samples.class_ is not None:
            class_ = samples.class_[self.position]
        group: Any = None if samples.group is None else samples.group[self.position]
        scored = Scored(self.score, label, self.names, class_, group).take(which)
        kept = Scored(self.score).take(self.part == CALIBRATION) if self.fitted else None
        loaded = Loaded(
            scored,
            kept if kept is not None and len(kept) else None,
            title="scores.csv",
            noun=self.chosen.noun,
            file_row=self.row[which],
            dependent=self.plan.kind == "series",
            base_rate=self.base_rate,
            why=None if self.reasons is None else self.reasons[which],
            seconds=None if self.seconds is None else self.seconds[which],
        )
        return OutcomeScores(
            (self.key, int(which.sum())),
            "Your detector",
            "",
            None,
            loaded,
            np.ones(len(scored), bool),
            self,
            np.flatnonzero(which),
        )

    @property
    def why(self) -> str:
        if self.fitted is None:
            return "the detector's own"
        of = "of normal windows" if self.plan.kind == "series" else "false alarms"
        return f"meant for {100 * self.fitted.false_alarm_rate:g}% {of}"


@dataclasses.dataclass(frozen=True)
class OutcomeScores(DetectorScores):
    """Some `rows` of an outcome; begins at the detector's own threshold."""

    outcome: Outcome
    rows: NDArray[np.int64]

    @property
    def start(self) -> tuple[float, str, Hashable]:
        current = self.outcome.current
        return current, self.outcome.why if current == self.outcome.threshold else "", None

    def note(self, threshold: float) -> None:
        self.outcome.given["set"] = threshold

    @property
    def place(self) -> Hashable:
        return self.outcome.key

    def pictures(self, samples: NDArray[np.int64]) -> list[str] | None:
        if self.outcome.chosen.kind != "images":
            return None
        from wganad_core.figures import pictures

        every = self.outcome.chosen.samples
        shown = every.x[self.outcome.position[self.rows[samples]]]
        names = self.outcome.names[self.rows[samples]].tolist()
        return [
            f'<img src="{pictures.seen(image, every.image_shape or (), every.scaled)}" '
            f'alt="{outside.shown(name)}" title="{outside.shown(name)}">'
            for image, name in zip(shown, names, strict=True)
        ]


def collect(plan: Plan, chosen: Chosen, fitting: Fitting, n: int | None = None) -> Outcome:
    """What a fitting found with its last orders, or with the last of its first `n`."""
    results = fitting.results[:n]
    fitted: Fitted | None = None if plan.model else results[-2]
    scored = results[-1]
    known = np.isfinite(scored.score)
    row, score = scored.row[known], scored.score[known]
    part = np.full(len(row), PARTS.index("test"), np.int8)
    if fitted is not None:
        _, mine, theirs = np.intersect1d(row, fitted.row, True, return_indices=True)
        part[mine] = fitted.part[theirs]
    return Outcome(
        plan,
        chosen,
        fitting.folder,
        row,
        score,
        part,
        (fitted or scored).threshold,
        fitted,
        tuple(() if plan.quick else fitting.reports),
        (plan.key, fitting.folder.name, plan.quick),
        tuple(scored.remarks),
        scored.pixels,
    )


@st.cache_resource(scope="session", show_spinner=False, max_entries=6)
def for_cockpit(key: Hashable, everything: bool, _outcome: Outcome) -> DetectorScores:
    """Sorted once; of the rows that the detector is judged on, or of all."""
    which = np.ones(len(_outcome.row), bool) if everything else _outcome.unseen
    return _outcome.for_cockpit(which)
