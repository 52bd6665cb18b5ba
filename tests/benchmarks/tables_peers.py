"""The detectors that `tests.benchmarks.tables` compares: ours, scikit-learn's and PyOD's.

All with their own defaults, on rows that are standardised already. What is not default:

- AnoGAN is fitted on 1,000 rows at most, as it makes 20 searching steps for each after its 500
  epochs. PyOD's searches no latent for a query: it compares every row with one generated row.
- ALAD's default of 200 epochs is kept, although PyOD means 200 batches of 32 rows by it.
- ECOD's scores of queries depend on each other: it ranks them together with the rows fitted on.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from wganad_core import WGANAnomalyDetector

Rows = NDArray[np.float64]
Score = Callable[[Rows], Rows]  # rows (n, d) in, scores (n,) out, higher = more anomalous
Fit = Callable[[Rows, int], Score]  # normal rows and a seed

MOST_ANOGAN = 1_000


def ours(x: Rows, seed: int, score_method: str = "ours") -> Score:
    return WGANAnomalyDetector(score_method=score_method, random_state=seed).fit(x).anomaly_score


def isolation_forest(x: Rows, seed: int) -> Score:
    model = IsolationForest(random_state=seed).fit(x)
    return lambda queries: -model.score_samples(queries)


def pyod(
    x: Rows, seed: int, module: str, name: str, most: int | None = None, **options: Any
) -> Score:
    np.random.seed(seed)  # noqa: NPY002 — PyOD draws from it
    torch.manual_seed(seed)
    if name == "VAE":
        options["random_state"] = seed
    made = getattr(importlib.import_module(f"pyod.models.{module}"), name)(**options).fit(x[:most])
    return lambda queries: np.ravel(made.decision_function(queries)).astype(np.float64)


DETECTORS: dict[str, Fit] = {
    "ours": ours,
    "ours-wgan": partial(ours, score_method="ours-wgan"),
    "residual": partial(ours, score_method="residual"),
    "kNN": partial(pyod, module="knn", name="KNN"),
    "iforest": isolation_forest,
    "ECOD": partial(pyod, module="ecod", name="ECOD"),
    "VAE": partial(pyod, module="vae", name="VAE", verbose=0),
    "ALAD": partial(pyod, module="alad", name="ALAD"),
    "AnoGAN": partial(pyod, module="anogan", name="AnoGAN", most=MOST_ANOGAN),
}
