"""PyOD's detectors on MNIST, 80/20: `python -m tests.benchmarks.pyod_scores --out DIR`.

In an environment of its own (`pip install pyod torch pyarrow platformdirs safetensors`), with the
full data set in the data directory. Networks as PyOD makes them by default, fitted on pixels in
[0, 1] of the first 10,000 rows of the fit part, seed 0, in minutes rather than in hours: the
figures say what PyOD does out of the box, not what these methods can do. PyOD's AnoGAN searches no
latent per query: `decision_function` compares every image with one and the same generated one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.benchmarks.baselines import fit_and_queries, shipped_rows
from wganad_core import board, storage
from wganad_core.data import mnist
from wganad_core.data.cache import data_directory
from wganad_core.records import ScoreTable

N_FIT = 10_000
N_FIT_ANOGAN = 2_000  # it makes 20 gradient steps for every row that it is fitted on
SEED = 0


def vae() -> Any:
    from pyod.models.vae import VAE

    return VAE(preprocessing=False, epoch_num=30, batch_size=128, random_state=SEED, verbose=0)


def deepsvdd() -> Any:
    from pyod.models.deep_svdd import DeepSVDD

    return DeepSVDD(
        mnist.SIDE**2, preprocessing=False, epochs=50, batch_size=128, random_state=SEED, verbose=0
    )


def alad() -> Any:
    from pyod.models.alad import ALAD

    return ALAD(epochs=1_000, batch_size=128)  # one batch is an epoch there


def anogan() -> Any:
    from pyod.models.anogan import AnoGAN

    return AnoGAN(preprocessing=False, epochs=100, batch_size=128)


# The model and the detector's name as the exchange format spells them, and how it is made.
DETECTORS: dict[str, tuple[str, Callable[[], Any]]] = {
    "pyod-vae": ("vae", vae),
    "pyod-deepsvdd": ("none", deepsvdd),
    "pyod-alad": ("bigan", alad),
    "pyod-anogan": ("gan", anogan),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--abnormal", choices=mnist.DIGITS, nargs="+", default=mnist.DIGITS)
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
    model, make = DETECTORS[detector]
    split = mnist.split_mnist(digits, abnormal)
    fit, queries = fit_and_queries(digits, split)
    np.random.seed(SEED)  # noqa: NPY002 — PyOD draws from it
    torch.manual_seed(SEED)
    fit = fit[: N_FIT_ANOGAN if detector == "pyod-anogan" else N_FIT]
    made = make().fit(fit)
    fitted, scores = (np.ravel(made.decision_function(x)).astype(np.float32)
                      for x in (fit, queries))  # fmt: skip
    table = shipped_rows(digits, split, detector, model, fitted, scores)
    (row,) = board.rows([table])
    print(f"{abnormal} {detector:13} AUPRC {row.auprc:.4f} AUROC {row.auroc:.4f} "
          f"π {row.base_rate:.4f} n {row.n} {time.perf_counter() - start:.0f} s",
          flush=True)  # fmt: skip
    return table


if __name__ == "__main__":
    main()
