"""Saved detectors of people's own data, in the worker: what they say of single samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.methods import score_methods

# scikit-learn comes with the first detector, not with the worker's start.
KEPT = 4
MOST_CHANGED, AT_ONCE = 100_000_000, 2_000_000  # numbers in the rows of which one cell is changed
MOST_SEARCHED = 2_000  # such rows, where each is searched for
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
    rows = _named(found, x)
    made: dict[str, Rows] = {}
    if score_methods()[found.model_.score_method].rebuilds:
        made = {"reconstruction": found.reconstruct(rows), "residual": found.explain(rows)}
    if (preparation := found.model_.preparation) is not None:
        usual = preparation.back(found.model_.scaler.location[None])
        expected = made.setdefault("reconstruction", np.repeat(usual, len(x), axis=0))
        made["never_seen"] = found.never_seen(rows).astype(float)
        if (blame := _blame(found, x, expected)) is not None:
            made["blame"] = blame
        elif "residual" not in made:
            return {}
    if not made:
        return {}
    if hasattr(found, "window_starts"):  # of a recording
        starts = found.window_starts(len(x))
        return {name: _along(values, starts, x.shape) for name, values in made.items()}
    return made


def _named(found: Any, x: Rows) -> Any:
    """Rows under the names that the detector was fitted with."""
    if (names := getattr(found, "feature_names_in_", None)) is None:
        return x
    from wganad_core.data.own.samples import table_of

    return table_of(x, names, found.categories_)


def _blame(found: Any, x: Rows, expected: Rows) -> Rows | None:
    """How much of each row's score every cell has (n, d); None where that takes too long."""
    n, d = x.shape
    searches = score_methods()[found.model_.score_method].searches
    if n * d > (MOST_SEARCHED if searches else MOST_CHANGED / d):
        return None
    without = np.empty((n, d))
    rows = np.repeat(np.arange(n), d)
    columns = np.tile(np.arange(d), n)
    for part in np.array_split(np.arange(n * d), -(-n * d * d // AT_ONCE)):
        row, column = rows[part], columns[part]
        changed = x[row]
        changed[np.arange(len(part)), column] = expected[row, column]
        lacking = np.isnan(changed).all(axis=1)  # nothing can be said of a row of nothing
        changed[lacking] = x[row[lacking]]
        without[row, column] = found.anomaly_score(_named(found, changed))
    return np.asarray(found.anomaly_score(_named(found, x))[:, None] - without)


def _along(windows: Rows, starts: NDArray[np.int64], shape: tuple[int, ...]) -> Rows:
    """Rows of windows, time first, as the mean over the windows that cover each step."""
    total, times = np.zeros(shape), np.zeros(shape[0])
    for start, values in zip(starts.tolist(), windows, strict=True):
        part = values.reshape(-1, shape[1])
        total[start : start + len(part)] += part
        times[start : start + len(part)] += 1
    return np.asarray(total / times[:, None])
