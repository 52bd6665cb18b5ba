"""How a fitted detector gets its threshold, and what is said against it."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wganad_core.detector.judging import Rows
from wganad_core.detector.keeping import Kept
from wganad_core.detector.robust import LOOKED_AT
from wganad_core.detector.settings import Settings
from wganad_core.records import Scored
from wganad_core.thresholds import Advice, advice_of

FEW = 40  # rows; with fewer, none are held out
LEARNED_FROM = (
    "The threshold rests on the rows that were learned from ({why}), so more new normals will "
    "exceed it."
)
ASIDE = (
    "{n:,} rows, {share:g}% as asked for, were set aside as likely anomalies; if fewer "
    "were, more normals will be flagged than asked for."
)
APART = (
    "{n:,} of {looked_at:,} rows ({share:.2g}%) lie together, apart from all others, and are "
    "learned as normal; if they are anomalies, fit again with suspect_share={part:.2g}."
)


class Calibrated(Kept):
    """Chooses `threshold_` on rows that nothing else saw."""

    parts_: tuple[NDArray[np.int64], ...]
    set_aside_: NDArray[np.int64]
    apart_: NDArray[np.int64]
    # Why calibration rows are not exchangeable with new ones, if they are not.
    _dependence: ClassVar[str] = ""

    def _calibrate(self, rows: Rows, settings: Settings) -> None:
        """Choose the threshold on rows of normals."""
        scores = self._weighed(self._scores(rows), rows)
        advice = advice_of(settings.threshold_rule, Scored(scores), settings.false_alarm_rate)
        remarks = [advice.warning] if advice.warning else []
        if self._dependence:  # what a rule says of independent rows does not hold
            remarks = [self._dependence]
        held_out = len(self.parts_[2])
        if not held_out:
            n = len(self.parts_[0])
            few = f"fewer than {FEW} rows" if n < FEW else f"{n} rows, too few to hold some out"
            why = few if settings.calibration_share else "calibration_share=0"
            remarks.insert(0, LEARNED_FROM.format(why=why))
        if aside := len(self.set_aside_):
            remarks.append(ASIDE.format(n=aside, share=100 * settings.suspect_share))
        if n := len(self.apart_):
            part, looked_at = self.apart_share_, self._looked_at
            remarks.append(APART.format(n=n, looked_at=looked_at, share=100 * part, part=part))
        if remarks:
            advice = dataclasses.replace(advice, warning=" ".join(remarks))
        if self._dependence or not held_out or aside:  # no interval holds then
            advice = dataclasses.replace(advice, expected=None)
        self.advice_: Advice = advice
        self.calibration_score_ = scores
        self.score_quantiles_ = np.quantile(scores, np.linspace(0, 1, 101))
        self.offset_ = -advice.threshold

    @property
    def _looked_at(self) -> int:
        """Rows among which some that lie apart were looked for."""
        return min(sum(map(len, self.parts_)), LOOKED_AT)

    @property
    def apart_share_(self) -> float:
        """How many of the rows that were looked at lie apart."""
        return len(self.apart_) / self._looked_at

    def _weighed(self, scores: Rows, rows: Rows) -> Rows:
        """Scores of rows with what their surprises add: each as much as lies between usual rows
        and the oddest."""
        model = self.model_
        if (preparation := model.preparation) is None:
            return scores
        span = float(scores.max() - np.median(scores)) or float(np.spacing(np.float32(scores[0])))
        weighed = dataclasses.replace(preparation, surprise=span)
        self.model_ = dataclasses.replace(model, preparation=weighed)
        return weighed.surprised(scores.astype(np.float32), rows).astype(np.float64)
