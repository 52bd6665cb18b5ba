"""Which column a flagged row hangs on most, and which channel an event of a recording.

Both by the score itself: by how much it falls where that column alone is as it usually is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wganad_core.data.own.record import OwnSamples
    from wganad_core.data.own.recordings import Recordings

    Values = NDArray[np.float64]
    Index = NDArray[np.int64]

MOST = 100  # rows or events of a chunk, those with the highest scores
MOST_CHANGED, AT_ONCE = 100_000_000, 2_000_000  # numbers in the rows of which one cell is changed
MOST_SEARCHED = 2_000  # such rows, where each is searched for
USUAL = 5  # quiet windows of the recording that stand for what is usual


def why(detector: Any, samples: OwnSamples, score: Values, threshold: float) -> Index:
    """The number of the column that each flagged row of a chunk hangs on (n,), −1 where nobody
    has looked: of rows that are not flagged, and beyond the `MOST` highest."""
    import numpy as np

    if hasattr(detector, "anomaly_score_along"):
        return channels(detector, samples.x, score, threshold)
    found = np.full(len(score), -1)
    order = np.argsort(-score, kind="stable")[:MOST]
    top = order[score[order] > threshold]
    if len(top) and detector.model_.preparation is not None:
        blame = columns(detector, samples.x[top])
        found[top] = -1 if blame is None else blame.argmax(axis=1)
    return found


def columns(detector: Any, x: Values, expected: Values | None = None) -> Values | None:
    """How much of the score of each row of a table (n, d) every cell has (n, d); None where that
    takes too long.

    `expected` (n, d): what is usual there, by default the median of what was learned from."""
    import numpy as np

    from wganad_core.methods import score_methods

    n, d = x.shape
    searches = score_methods()[detector.model_.score_method].searches
    if n * d > (MOST_SEARCHED if searches else MOST_CHANGED / d):
        return None
    if expected is None:
        usual = detector.model_.preparation.back(detector.model_.scaler.location[None])
        expected = np.repeat(usual, n, axis=0)
    without = np.empty((n, d))
    rows, cells = np.repeat(np.arange(n), d), np.tile(np.arange(d), n)
    for part in np.array_split(np.arange(n * d), -(-n * d * d // AT_ONCE)):
        row, cell = rows[part], cells[part]
        changed = x[row]
        changed[np.arange(len(part)), cell] = expected[row, cell]
        lacking = np.isnan(changed).all(axis=1)  # nothing can be said of a row of nothing
        changed[lacking] = x[row[lacking]]
        without[row, cell] = detector.anomaly_score(named(detector, changed))
    return np.asarray(detector.anomaly_score(named(detector, x))[:, None] - without)


def named(detector: Any, x: Values) -> Any:
    """Rows under the names that the detector was fitted with."""
    if (names := getattr(detector, "feature_names_in_", None)) is None:
        return x
    from wganad_core.data.own.record import table_of

    return table_of(x, names, detector.categories_)


def channels(detector: Any, x: Values, score: Values, threshold: float) -> Index:
    """The channel of each flagged step of a stretch x (n, c), the same for all of an event: the one
    whose score falls furthest, in the window of its peak, where that channel comes from a quiet
    window, or from the generator."""
    import numpy as np

    from wganad_core.data.runs import runs_of

    found = np.full(len(score), -1)
    window = detector.window_
    runs = runs_of(score > threshold)
    if len(x) < window or not len(runs):
        return found
    starts = detector.window_starts(len(x))
    highest = np.array([score[at : at + window].max() for at in starts])
    quiet = starts[np.argsort(highest, kind="stable")[:USUAL]]
    usual = np.stack([x[at : at + window] for at in quiet])
    peaks = np.array([low + score[low:high].argmax() for low, high in runs])
    for at in np.argsort(-score[peaks], kind="stable")[:MOST]:
        low, high = runs[at]
        there = starts[(starts <= peaks[at]) & (starts > peaks[at] - window)]
        around = np.stack([x[first : first + window] for first in there])
        found[low:high] = _channel(detector, around, usual)
    return found


def _channel(detector: Any, around: Values, usual: Values) -> int:
    """Of the windows (m, w, c) the one with the highest score is looked at."""
    import numpy as np

    shown = around[int(np.argmax(_scores(detector, around)))]
    donors = usual
    if _rebuilds(detector):
        rebuilt = np.reshape(detector.reconstruct(named(detector, shown)), (1, *shown.shape))
        donors = np.concatenate([usual, rebuilt])
    c = shown.shape[1]
    changed = np.repeat(np.repeat(shown[None, None], len(donors), axis=1), c, axis=0)
    for at in range(c):
        changed[at, :, :, at] = donors[:, :, at]
    fallen = _scores(detector, changed.reshape(-1, *shown.shape)).reshape(c, len(donors))
    return int(fallen.min(axis=1).argmin())


def _scores(detector: Any, windows: Values) -> Values:
    """One score each of windows (m, w, c)."""
    import numpy as np

    found = detector.anomaly_score([named(detector, one) for one in windows])
    return np.asarray(found, np.float64)


def _rebuilds(detector: Any) -> bool:
    from wganad_core.methods import score_methods

    return bool(score_methods()[detector.model_.score_method].rebuilds)


def of_recordings(detector: Any, found: Recordings, along: list[Values], threshold: float) -> Index:
    """The channel of each flagged row (n,) of a file whose stretches were scored `along`."""
    import numpy as np

    rows = np.full(found.n, -1)
    for stretch, scores in zip(found.stretches, along, strict=True):
        here = channels(detector, stretch.x, scores, threshold)
        rows[stretch.rows] = here[stretch.step]
        known = here >= 0
        rows[stretch.nearest[known]] = here[known]
    rows[found.same[0]] = rows[found.same[1]]
    return rows
