"""Simple baselines on MNIST, 80/20: `python -m tests.benchmarks.baselines --abnormal 4 --out DIR`.

Scores of one nearest neighbour on pixels (`knn`), the reconstruction error of 16 principal
components (`pca`) and an isolation forest (`iforest`), all fitted on the fit part alone, so that
the calibration rows are held out. Needs the full data set in the data directory.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest

from wganad_core import board, storage
from wganad_core.config import DIGITS
from wganad_core.data import mnist
from wganad_core.data.cache import data_directory
from wganad_core.records import FloatArray, ScoreTable, Split

Scores = tuple[FloatArray, FloatArray]  # of the fit part (or some of it), of the queries
CHUNK = 512
N_LEFT_OUT = 2_000  # rows of the fit part that tell the extremes of `knn`, each left out
N_COMPONENTS = 16


def knn(fit: FloatArray, queries: FloatArray) -> Scores:
    """Euclidean distance to the nearest row of the fit part, exact.

    The extremes come from the first `N_LEFT_OUT` rows of the fit part, each left out of it.
    """
    squares = np.einsum("ij,ij->i", fit, fit)

    def nearest(x: FloatArray, left_out: bool) -> FloatArray:
        found = np.empty(len(x), np.float32)
        for start in range(0, len(x), CHUNK):
            part = x[start : start + CHUNK]
            distances = squares - 2 * (part @ fit.T)
            if left_out:
                distances[np.arange(len(part)), start + np.arange(len(part))] = np.inf
            # Exact again at the nearest: the difference of two large numbers is not.
            apart = part - fit[distances.argmin(axis=1)]
            found[start : start + CHUNK] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
        return found

    return nearest(fit[:N_LEFT_OUT], left_out=True), nearest(queries, left_out=False)


def pca(fit: FloatArray, queries: FloatArray) -> Scores:
    """Root of the mean squared error of the reconstruction from the first principal components."""
    model = PCA(N_COMPONENTS, svd_solver="covariance_eigh").fit(fit)

    def error(x: FloatArray) -> FloatArray:
        left = x - model.inverse_transform(model.transform(x))
        return np.sqrt(np.square(left).mean(axis=1)).astype(np.float32)

    return error(fit), error(queries)


def iforest(fit: FloatArray, queries: FloatArray) -> Scores:
    """scikit-learn's isolation forest of 200 trees, its sign turned."""
    model = IsolationForest(n_estimators=200, random_state=0).fit(fit)
    return tuple(-model.score_samples(x).astype(np.float32) for x in (fit, queries))


BASELINES: dict[str, Callable[[FloatArray, FloatArray], Scores]] = {
    "knn": knn,
    "pca": pca,
    "iforest": iforest,
}


def score_table(
    digits: mnist.Digits,
    split: Split,
    detector: str,
    model: str,
    index: dict[str, np.ndarray],
    scores: dict[str, FloatArray],
) -> ScoreTable:
    """Rows of one detector; `index` and `scores` map a part to samples of the pool and scores."""
    parts = np.repeat(list(index), [len(i) for i in index.values()])
    at = np.concatenate(list(index.values()))
    names = split.classes[at]

    def same(text: str) -> np.ndarray:
        return np.full(len(at), text)

    return ScoreTable(
        use_case=same(split.use_case),
        model=same(model),
        detector=same(detector),
        abnormal=same(split.abnormal),
        protocol=same(split.protocol),
        seed=np.zeros(len(at), np.int64),
        part=parts,
        sample_id=mnist.sample_ids(digits.images[at]),
        subject=same(""),
        class_=names,
        label=(names == split.abnormal).astype(np.int64),
        score=np.concatenate([scores[part] for part in index]),
    )


def shipped_rows(
    digits: mnist.Digits,
    split: Split,
    detector: str,
    model: str,
    fitted: FloatArray,
    queries: FloatArray,
) -> ScoreTable:
    """Of the fit part the two extremes, then all calibration and test rows.

    `fitted` are scores of the first rows of the fit part, `queries` those of calibration and test.
    """
    extremes = np.array([fitted.argmin(), fitted.argmax()])
    index = {"fit": split.parts["fit"][extremes]}
    index |= {part: split.parts[part] for part in ("calibration", "test")}
    calibration, test = np.split(queries, [len(index["calibration"])])
    scores = {"fit": fitted[extremes], "calibration": calibration, "test": test}
    return score_table(digits, split, detector, model, index, scores)


def fit_and_queries(digits: mnist.Digits, split: Split) -> Scores:
    """The fit part, and calibration and test one after the other, as rows of pixels."""
    queries = np.concatenate([split.parts["calibration"], split.parts["test"]])
    return mnist.vectors(digits.images[split.parts["fit"]]), mnist.vectors(digits.images[queries])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--abnormal", choices=DIGITS, nargs="+", default=DIGITS)
    parser.add_argument("--detector", choices=tuple(BASELINES), nargs="+", default=list(BASELINES))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    arguments = parser.parse_args()
    digits = mnist.load_mnist(data_directory() / "mnist")
    for abnormal in arguments.abnormal:
        split = mnist.split_mnist(digits, abnormal)
        fit, queries = fit_and_queries(digits, split)
        tables = []
        for detector in arguments.detector:
            start = time.perf_counter()
            fitted, scores = BASELINES[detector](fit, queries)
            tables.append(shipped_rows(digits, split, detector, "none", fitted, scores))
            (row,) = board.rows(tables[-1:])
            print(
                f"{abnormal} {detector:8} AUPRC {row.auprc:.4f} AUROC {row.auroc:.4f} "
                f"π {row.base_rate:.4f} n {row.n} {time.perf_counter() - start:.0f} s",
                flush=True,
            )
        storage.save_scores(ScoreTable.stack(tables), arguments.out / f"{abnormal}.parquet")


if __name__ == "__main__":
    main()
