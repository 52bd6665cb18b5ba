"""PyOD's detectors on MNIST, 80/20: `python -m tests.benchmarks.pyod_scores --out DIR`.

In an environment of its own, `pip install pyod torch tqdm pandas pyarrow platformdirs safetensors`,
with the full data set in the data directory. Networks as PyOD makes them by default, fitted on
pixels in [0, 1] of the first 10,000 rows of the fit part (AnoGAN: 2,000), seed 0, within a minute:
the figures say what PyOD does out of the box, not what these methods can do. PyOD's AnoGAN searches
no latent per query: `decision_function` compares every image with one and the same generated one.
"""

from __future__ import annotations

import argparse
import importlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.benchmarks.baselines import fit_and_queries, shipped_rows
from wganad_core import board, storage
from wganad_core.config import DIGITS
from wganad_core.data import mnist
from wganad_core.data.cache import data_directory
from wganad_core.records import ScoreTable

N_FIT = 10_000
N_FIT_ANOGAN = 2_000  # it makes 20 gradient steps for every row that it is fitted on
SEED = 0


# By the detector's name: the exchange format's model, where PyOD has it, and what is not default.
DETECTORS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "pyod-vae": (
        "vae",
        "vae",
        "VAE",
        {"preprocessing": False, "batch_size": 128, "random_state": SEED, "verbose": 0},
    ),
    "pyod-deepsvdd": (
        "none",
        "deep_svdd",
        "DeepSVDD",
        {
            "n_features": mnist.SIDE**2,
            "preprocessing": False,
            "batch_size": 128,
            "epochs": 50,
            "random_state": SEED,
            "verbose": 0,
        },
    ),
    "pyod-alad": ("bigan", "alad", "ALAD", {"batch_size": 128, "epochs": 1_000}),  # of one batch
    "pyod-anogan": ("gan", "anogan", "AnoGAN", {"batch_size": 128, "epochs": 100}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--abnormal", choices=DIGITS, nargs="+", default=DIGITS)
    parser.add_argument("--detector", choices=list(DETECTORS), nargs="+", default=list(DETECTORS))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    digits = mnist.load_mnist(data_directory() / "mnist")
    for detector in arguments.detector:
        for abnormal in arguments.abnormal:
            path = arguments.out / f"pyod-{abnormal}.parquet"
            tables = [storage.load_scores(path)] if path.exists() else []
            if any((table.detector == detector).any() for table in tables):
                continue
            tables.append(scored(digits, abnormal, detector))
            storage.save_scores(ScoreTable.stack(tables), path)


def scored(digits: mnist.Digits, abnormal: str, detector: str) -> ScoreTable:
    """Fit one detector with one digit as the anomaly, and score."""
    start = time.perf_counter()
    model, module, name, options = DETECTORS[detector]
    split = mnist.split_mnist(digits, abnormal)
    fit, queries = fit_and_queries(digits, split)
    np.random.seed(SEED)  # noqa: NPY002 — PyOD draws from it
    torch.manual_seed(SEED)
    fit = fit[: N_FIT_ANOGAN if detector == "pyod-anogan" else N_FIT]
    made = getattr(importlib.import_module(f"pyod.models.{module}"), name)(**options).fit(fit)
    fitted, scores = (
        np.ravel(made.decision_function(x)).astype(np.float32) for x in (fit, queries)
    )
    table = shipped_rows(digits, split, detector, model, fitted, scores)
    (row,) = board.rows([table])
    print(
        f"{abnormal} {detector:13} AUPRC {row.auprc:.4f} AUROC {row.auroc:.4f} "
        f"π {row.base_rate:.4f} n {row.n} {time.perf_counter() - start:.0f} s",
        flush=True,
    )
    return table


if __name__ == "__main__":
    main()
