"""Whether the scores of a file, in the order of its rows, leave what held-out normals had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wganad_core.jobs.writer import ScoredRows

LEAST = 80  # calibration scores; a fit to few rows holds none out and has fewer
HIGHER = (
    "normal has moved, or anomalies come in a row. If normal has moved, fit anew with such rows"
)
LOWER = (
    "normal has moved, and at this threshold anomalies may pass. Choose it on such rows, or fit "
    "anew with them"
)


class Stream:
    """Scores of a file as they come, evenly thinned so that memory is bounded. Nothing is kept, nor
    said, of recordings, whose neighbouring steps resemble each other, and where `detector` has few
    calibration scores."""

    def __init__(self, detector: Any) -> None:
        self._calibration = detector.calibration_score_
        few = len(self._calibration) < LEAST
        self._silent = few or hasattr(detector, "anomaly_score_along")
        self._row: list[int] = []
        self._score: list[float] = []
        self._every, self._seen = 1, 0

    def add(self, rows: ScoredRows) -> None:
        """More rows; those that are labelled otherwise than normal and those without a score are
        passed over."""
        from wganad_core.thresholds.stream import MOST

        if self._silent:
            return
        usual = rows.scored if rows.label is None else rows.scored & (rows.label == 0)
        row, score = rows.row[usual], rows.score[usual]
        first = -self._seen % self._every
        self._row += row[first :: self._every].tolist()
        self._score += score[first :: self._every].tolist()
        self._seen += len(row)
        while len(self._row) > 2 * MOST:
            self._row, self._score, self._every = self._row[::2], self._score[::2], 2 * self._every

    def remark(self) -> str:
        """A sentence where scores changed; empty where that may be chance."""
        import numpy as np

        from wganad_core.thresholds import change_in

        if self._silent:
            return ""
        change = change_in(self._calibration, np.array(self._score))
        if change is None:
            return ""
        than, means = ("higher", HIGHER) if change.higher else ("lower", LOWER)
        return (
            f"From about row {self._row[change.start]:,} on scores are {than} than those of "
            f"held-out normals (beyond chance at row {self._row[change.known]:,}, in the order of "
            f"the file): {means}."
        )
