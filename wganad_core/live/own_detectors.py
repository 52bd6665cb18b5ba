"""Saved detectors of people's own data, in the worker: what they say of single samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.jobs.blame import columns, named
from wganad_core.methods import score_methods

# scikit-learn comes with the first detector, not with the worker's start.
KEPT = 4
Rows = NDArray[np.float64]


class OwnDetectors:
    """The last few that were asked for, by file."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Any] = {}

    def get(self, path: str) -> Any:
        """Raises `StorageError` for what is no saved detector."""
        from wganad_core import detector

        file = Path(path)
        key = (path, file.stat().st_mtime_ns if file.exists() else 0)
        found = self._kept.pop(key, None) or detector.load(file)
        self._kept[key] = found
        for oldest in list(self._kept)[:-KEPT]:
            del self._kept[oldest]
        return found


def about(found: Any) -> dict[str, Any]:
    """A detector's kind, features and threshold, as JSON."""
    names = getattr(found, "feature_names_in_", None)
    return {
        "class": type(found).__name__,
        "score_method": found.score_method,
        "n_features": int(found.n_features_in_),
        "features": None if names is None else [str(name) for name in names],
        "categories": {name: list(words) for name, words in found.categories_.items()},
        "threshold": found.threshold_,
        "false_alarm_rate": found.false_alarm_rate,
        "rule": found.advice_.rule,
        "assumption": found.advice_.assumption,
        "n_steps": int(found.n_steps_),
        "window": getattr(found, "window", None),
    }


def explained(found: Any, x: Rows) -> dict[str, Rows]:
    """Rows x (n, d), or steps of a recording: `reconstruction` (n, d) in their units, `residual`
    (n, d), squared in standardised units, and of a table `never_seen` (n, d), 1 where a cell is as
    none was in the fit, and `blame` (n, d): by how much the score falls where that cell is as
    expected. Nothing where the score method of anything else rebuilds nothing."""
    rows = named(found, x)
    made: dict[str, Rows] = {}
    if score_methods()[found.model_.score_method].rebuilds:
        made = {"reconstruction": found.reconstruct(rows), "residual": found.explain(rows)}
    if (preparation := found.model_.preparation) is not None:
        usual = preparation.back(found.model_.scaler.location[None])
        expected = made.setdefault("reconstruction", np.repeat(usual, len(x), axis=0))
        made["never_seen"] = found.never_seen(rows).astype(float)
        if (blame := columns(found, x, expected)) is not None:
            made["blame"] = blame
        elif "residual" not in made:
            return {}
    if not made:
        return {}
    if hasattr(found, "window_starts"):  # of a recording
        starts = found.window_starts(len(x))
        return {name: _along(values, starts, x.shape) for name, values in made.items()}
    return made


def _along(windows: Rows, starts: NDArray[np.int64], shape: tuple[int, ...]) -> Rows:
    """Rows of windows, time first, as the mean over the windows that cover each step."""
    total, times = np.zeros(shape), np.zeros(shape[0])
    for start, values in zip(starts.tolist(), windows, strict=True):
        part = values.reshape(-1, shape[1])
        total[start : start + len(part)] += part
        times[start : start + len(part)] += 1
    return np.asarray(total / times[:, None])
