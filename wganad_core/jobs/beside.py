"""Detectors without networks beside one's own: the same rows, the same split, the same figures."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wganad_core.jobs import engines
from wganad_core.jobs.orders import KINDS
from wganad_core.jobs.recordings import in_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wganad_core.data.own.record import OwnSamples

LOCAL = "local"  # of images only
BASELINES = {
    "neighbours": "nearest neighbours",
    "pca": "main axes (PCA)",
    "isolation-forest": "isolation forest",
}
TIE = 0.01  # of AUPRC; nearer than that, the simpler one does as well
SHOWN = 20  # of the oddest rows, how many two detectors share


@dataclasses.dataclass(frozen=True)
class Beside:
    """What one detector makes of the `n` rows that none of them learned from or chose its threshold
    by, of which so many are
    `normals` and `anomalies` by the labels: `flagged` at its own threshold, `caught` and `alarms`
    where labels tell. `shared`: how many of the `SHOWN` oddest rows are those of the first."""

    score_method: str
    seconds: float
    n: int
    flagged: int
    shared: int
    normals: int = 0
    anomalies: int = 0
    caught: int = 0
    alarms: int = 0
    auprc: float | None = None
    auroc: float | None = None

    @property
    def title(self) -> str:
        if self.score_method == LOCAL:
            return "odd places (PCA and patches)"
        return BASELINES.get(self.score_method, f"WGAN ({self.score_method})")


def beside(
    estimator: Any, x: Any, every: OwnSamples, part: NDArray[np.int8], seconds: float
) -> tuple[Beside, ...]:
    """A fitted detector, which took so many `seconds`, and the others after it, fitted to the same
    rows `x`. `part` (n,): what each row of `every` served for."""
    import numpy as np

    from wganad_core.records import PARTS

    used = [PARTS.index(name) for name in ("fit", "calibration")]
    held = ~np.isin(part, used)
    if not held.any():
        return ()
    label = None if every.label is None else every.label[held]
    found: list[Beside] = []
    first: set[int] = set()
    for name, fitted, took in _fitted(estimator, x, seconds):
        scores = scores_of(fitted, every)[held]
        oddest = set(np.argsort(-scores, kind="stable")[:SHOWN].tolist())
        first = first or oddest
        flagged = scores > fitted.threshold_
        about = Beside(name, took, len(scores), int(flagged.sum()), len(first & oddest))
        found.append(about if label is None else _judged(about, label, scores, flagged))
    return tuple(found)


def _fitted(estimator: Any, x: Any, seconds: float) -> Iterator[tuple[str, Any, float]]:
    from sklearn.base import clone

    own = estimator.model_.score_method
    yield own, estimator, seconds
    images = type(estimator).__name__ == KINDS["images"]
    for name in (*([LOCAL] * images), *BASELINES):
        if name != own:
            began = time.perf_counter()
            other = clone(estimator).set_params(score_method=name, warm_start=False).fit(x)
            yield name, other, time.perf_counter() - began


def scores_of(estimator: Any, every: OwnSamples) -> NDArray[np.float64]:
    """The score of each row of a file (n,); of rows that a recording leaves out, −inf."""
    import numpy as np

    if not hasattr(estimator, "anomaly_score_along"):
        return engines.score(estimator, every.x)
    whole = every.whole()
    there = in_time(whole, estimator.rate, estimator.window_, learn=False)
    along = np.split(
        engines.score(estimator, [stretch.x for stretch in there.stretches]),
        np.cumsum([len(stretch.x) for stretch in there.stretches])[:-1],
    )
    found = np.full(len(every.x), -np.inf)
    found[np.searchsorted(every.row, whole.row)] = np.nan_to_num(there.of_rows(along), nan=-np.inf)
    return found


def _judged(about: Beside, label: Any, scores: Any, flagged: Any) -> Beside:
    from wganad_core import evaluation

    normal, odd = label == 0, label == 1
    counts: dict[str, Any] = {
        "normals": int(normal.sum()),
        "anomalies": int(odd.sum()),
        "caught": int((flagged & odd).sum()),
        "alarms": int((flagged & normal).sum()),
    }
    if normal.any() and odd.any():
        curve = evaluation.curve(label[normal | odd], scores[normal | odd])
        counts |= {"auprc": evaluation.auprc(curve), "auroc": evaluation.auroc(curve)}
    return dataclasses.replace(about, **counts)


def _first(title: str) -> str:
    return title[0].upper() + title[1:]


def verdict(found: tuple[Beside, ...]) -> tuple[str, str]:
    """A sentence on which does best, and the score method to take instead of the first, if any."""
    if len(found) < 2:
        return "", ""
    own, *others = found
    if own.auprc is None:
        closest = max(others, key=lambda one: one.shared)
        return (
            f"Without labels nobody can say which detector is right; of the {SHOWN} oddest rows "
            f"{closest.title} names {closest.shared} of the same."
        ), ""
    best = max(others, key=lambda one: one.auprc or 0.0)
    ahead = (best.auprc or 0.0) - own.auprc
    figures = f"AUPRC {(best.auprc or 0):.1%} against {own.auprc:.1%}"
    if ahead > TIE:
        return f"{_first(best.title)} does better here: {figures}.", best.score_method
    if ahead >= -TIE:
        return (
            f"{_first(best.title)} does as well here, and is simpler: {figures}.",
            best.score_method,
        )
    return f"{_first(best.title)} comes closest: {figures}.", ""
