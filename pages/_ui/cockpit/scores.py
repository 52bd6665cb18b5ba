"""One detector's scores with everything about them that does not move with the threshold."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Hashable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit.data import Loaded, Source
from wganad_core import evaluation, thresholds
from wganad_core.evaluation import Bands, Curve, Ranking
from wganad_core.figures import cockpit
from wganad_core.records import Scored

Index = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class DetectorScores:
    """Sorted once, looked up ever after. `key` names these scores in caches and in the session;
    `source` is None for the reader's own; `pictured` (n,) marks the test samples that the gallery
    can show."""

    key: Hashable
    name: str
    detector: str
    source: Source | None
    loaded: Loaded
    pictured: NDArray[np.bool_]

    @property
    def test(self) -> Scored:
        return self.loaded.test

    @property
    def place(self) -> Hashable:
        """Scores that have this in common share a threshold."""
        return self.key

    def note(self, threshold: float) -> None:
        """Told where the threshold is, with every move."""

    def pictures(self, samples: Index) -> list[str] | None:
        """Test samples as HTML images; None where they have none."""
        if self.source is None:
            return None
        return cockpit_data.pictures(self.source, self.loaded, samples)

    @functools.cached_property
    def curve(self) -> Curve | None:
        """None without labels."""
        if self.test.label is None:
            return None
        return evaluation.curve(self.test.label, self.test.score)

    @property
    def two_classes(self) -> bool:
        """Whether there are anomalies and normals to tell apart."""
        curve = self.curve
        return curve is not None and bool(curve.n_anomalies and curve.n_normals)

    @functools.cached_property
    def ranking(self) -> Ranking:
        """All samples, by class."""
        test = self.test
        return Ranking(test.score, test.label, test.class_, among=self.pictured)

    @functools.cached_property
    def axis(self) -> cockpit.Axis:
        return cockpit.Drawn(self.test, self.curve).axis

    @functools.cached_property
    def options(self) -> list[float]:
        """Thresholds for a slider, evenly spaced as the scores are drawn."""
        found: list[float] = self.axis.options().tolist()
        # A browser tells options apart by what is written on them.
        assert len(set(map(self.axis.text, found))) == len(found)
        return found

    @functools.cached_property
    def start(self) -> tuple[float, str, Hashable]:
        """Where the threshold begins, why there, and for which assumptions that holds."""
        curve = self.curve
        if curve is not None and self.two_classes:
            return evaluation.best_f(curve), "best F1", (None,)
        return thresholds.quantile_threshold(self.test.score, 0.01), "1% flagged", None


def of(source: Source, detector: str) -> DetectorScores:
    """A shipped detector's."""
    key = (source, detector, cockpit_data.changed(source))
    return _of(key, source, detector)


@st.cache_resource(show_spinner=False, max_entries=32)
def _of(key: Hashable, source: Source, detector: str) -> DetectorScores:
    """Keyed by the file's time of change, too."""
    loaded = cockpit_data.load(source, detector)
    name = cockpit_data.detectors(source)[detector]
    return DetectorScores(key, name, detector, source, loaded, cockpit_data.shown(loaded))


def bands(scores: DetectorScores, base_rate: float | None) -> Bands | None:
    """Bootstrap intervals, or None where there are no two classes; with progress, once."""
    if not scores.two_classes:
        return None
    return _bands(scores.key, base_rate, scores)


@st.cache_resource(scope="session", show_spinner=False, max_entries=16)
def _bands(key: Hashable, base_rate: float | None, _scores: DetectorScores) -> Bands:
    test = _scores.test
    assert test.label is not None
    bar = st.progress(0.0, "Drawing the samples again and again …")

    def progress(share: float) -> None:
        bar.progress(share, "Drawing the samples again and again …")

    subject = test.subject if _scores.loaded.subject_wise else None
    made = evaluation.bands(test.label, test.score, subject, base_rate, progress=progress)
    bar.empty()
    return made
