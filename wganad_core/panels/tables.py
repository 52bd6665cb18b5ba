"""Score tables: what all detectors of a use case say of the parts of a split."""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wganad_core import pretrained
from wganad_core.config import ConfigError
from wganad_core.data.pool import Pool
from wganad_core.data.views import View
from wganad_core.methods.descent import Descent
from wganad_core.panels.baselines import Baselines
from wganad_core.panels.panel import SLOW, Panel, fitted_panels, further_seeds
from wganad_core.records import FloatArray, Judgement, ScoreTable, Split
from wganad_core.use_cases import UseCase

# How the tables were searched: one start and a hundred steps a query, as two cores allow.
TABLE_DESCENT = Descent(steps=100, rate=0.1, restarts=1)
N_SUBSET, SUBSET_SEED = 1_000, 1_000


class Judges(Protocol):
    """A panel, or baselines."""

    seed: int
    view: View | None

    def judge(self, x: FloatArray) -> dict[str, Judgement]: ...
    def model_of(self, detector: str) -> str: ...


def subset(split: Split) -> NDArray[np.int64]:
    """The fixed stratified 1,000 of the test part (positions within it; all of fewer) for the slow
    detectors: every class in its share."""
    classes = split.classes[split.parts["test"]]
    order = np.random.default_rng(SUBSET_SEED).permutation(len(classes))
    ranked = order[np.argsort(classes[order], kind="stable")]
    n = min(N_SUBSET, len(ranked))
    chosen = ranked[np.linspace(0, len(ranked) - 1, n).round().astype(int)]
    return np.sort(chosen)


def table(
    panel: Judges,
    pool: Pool,
    split: Split,
    part: str,
    scores: dict[str, FloatArray],
    rows: NDArray[np.int64] | None = None,
) -> ScoreTable:
    """Scores (n,) by detector of one part (or of some `rows` of it) as a table."""
    index = split.parts[part] if rows is None else split.parts[part][rows]
    classes = split.classes[index]
    about = {
        "use_case": split.use_case,
        "abnormal": split.abnormal,
        "protocol": split.protocol,
        "seed": panel.seed,
        "part": part,
        "sample_id": pool.ids(index),
        "subject": pool.subjects(index),
        "class_": classes,
        "label": (classes == split.abnormal).astype(np.int64),
    }
    return ScoreTable.stack(
        [
            ScoreTable.filled(
                model=panel.model_of(name), detector=name, score=shortened(values), **about
            )
            for name, values in scores.items()
        ]
    )


def shortened(scores: FloatArray, bits: int = 12) -> FloatArray:
    """Scores to 1 part in 2 to the `bits`: the rest is noise, and most of a file. What is above 0
    stays above it."""
    whole = np.asarray(scores, np.float32).view(np.int32) & -(1 << (23 - bits))
    return np.asarray(whole.view(np.float32))


def score_split(panel: Judges, pool: Pool, split: Split) -> ScoreTable:
    """Every quick detector on the calibration and test parts, and two rows of the fit part for
    each: its extremes."""
    tables = []
    for part in ("calibration", "test"):
        judged = panel.judge(pool.rows(split.parts[part], panel.view))
        scores = {name: found.score for name, found in judged.items()}
        tables.append(table(panel, pool, split, part, scores))
    for name, found in panel.judge(pool.rows(split.parts["fit"], panel.view)).items():
        ends = np.array([found.score.argmin(), found.score.argmax()])
        tables.append(table(panel, pool, split, "fit", {name: found.score[ends]}, ends))
    return ScoreTable.stack(tables)


def search_split(
    panel: Panel, pool: Pool, split: Split, descent: Descent | None = None
) -> ScoreTable:
    """The slow detectors on a subset of the test part."""
    rows = subset(split)
    x = pool.rows(split.parts["test"][rows], panel.view)
    scores = {name: panel.search(name, x, descent or TABLE_DESCENT)[0].score for name in SLOW}
    return table(panel, pool, split, "test", scores, rows)


def score_all(
    case: UseCase,
    folder: Path,
    pool: Pool,
    split: Split,
    seed: int = 0,
    slow: bool = True,
    only: Collection[str] = (),
) -> ScoreTable:
    """All that a use case's models in the folder, and its baselines, say of a split; of the
    models' quick detectors `only` some, if any are named."""
    tables = []
    for panel in fitted_panels(case, folder, pool, split, seed):
        if only:
            panel.detectors = {name: panel.detectors[name] for name in _known(only, panel)}
        tables.append(score_split(panel, pool, split))
        if case.searched and slow and not only:
            tables.append(search_split(panel, pool, split))
    if case.shape == "window" and seed == 0 and not only:
        tables.append(score_split(Baselines(pool, split), pool, split))
    return ScoreTable.stack(tables)


def _known(names: Collection[str], panel: Panel) -> Collection[str]:
    """The names. Raises `ConfigError` where the panel has no such detector."""
    for name in names:
        if name not in panel.detectors:
            known = ", ".join(panel.detectors)
            raise ConfigError(f"Expected detectors of {panel.folder} ({known}); found {name!r}.")
    return names


def recompute(
    case: UseCase, abnormal: str, protocol: str | None = None, folder: Path | None = None
) -> ScoreTable:
    """The scores of one class's shipped models, of all seeds, on the full data, from scratch."""
    pool, folder = case.pool(), folder or pretrained.SHIPPED / case.name
    split = pool.split(abnormal, protocol or case.protocols[0])
    apart = split.protocol if case.protocols_train_apart else case.protocols[0]
    file = functools.partial(
        pretrained.model_file,
        folder,
        abnormal,
        architecture=case.architectures[0],
        protocol=apart,
    )
    tables = [score_all(case, folder, pool, split, seed) for seed in (0, *further_seeds(file))]
    return ScoreTable.stack(tables)
