"""How detectors bear anomalies among the rows that they learn from, beside those of scikit-learn.

    python -m tests.benchmarks.contamination [--json runs.json] [--methods ours] [--seeds 0]

Two tables of 2,000 normals of which a share is replaced: `mix`, eight correlated features with
anomalies scattered in the box of the normals; `clump`, the same normals with anomalies that lie
close together, four standard deviations from the middle. The test has 1,000 new normals and 100
new anomalies of the same sort. `+` after a name: `suspect_share` is what it is. Figures are mean
AUPRC and AUROC in %, over three seeds; PyOD's detectors, by their defaults on standardised rows,
are there where it is installed, and the one whose AUPRC has the highest mean is named the best of
them. docs/contamination.txt has a run.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from wganad_core import WGANAnomalyDetector

Rows = NDArray[np.float64]
SHARES = (0.0, 0.01, 0.02, 0.05, 0.1)
SEEDS = (0, 1, 2)
N, D = 2_000, 8
PYOD = ("ECOD", "COPOD", "HBOS", "LOF", "KNN", "PCA", "OCSVM", "MCD", "GMM", "INNE")


def table(sort: str, share: float, seed: int) -> tuple[Rows, Rows, NDArray[np.int64]]:
    """Rows to fit, rows to test and their labels."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(D, D // 2))

    def normal(n: int) -> Rows:
        return np.asarray(rng.normal(size=(n, D // 2)) @ mixing.T + 0.3 * rng.normal(size=(n, D)))

    some = normal(5_000)
    spread, centre = some.std(axis=0), rng.choice([-1, 1], D) * 4 * some.std(axis=0)

    def odd(n: int) -> Rows:
        if sort == "clump":
            return np.asarray(centre + 0.1 * spread * rng.normal(size=(n, D)))
        return np.asarray(rng.uniform(-2.5, 2.5, (n, D)) * spread)

    n_odd = round(share * N)
    fit = rng.permutation(np.concatenate([normal(N - n_odd), odd(n_odd)]))
    label = np.repeat([0, 1], [1_000, 100])
    return fit, np.concatenate([normal(1_000), odd(100)]), label


def forest(fit: Rows, test: Rows, share: float, seed: int) -> Rows:
    return np.asarray(-IsolationForest(random_state=seed).fit(fit).score_samples(test))


def knn(fit: Rows, test: Rows, share: float, seed: int) -> Rows:
    scaler = StandardScaler().fit(fit)
    index = NearestNeighbors(n_neighbors=5).fit(scaler.transform(fit))
    return np.asarray(index.kneighbors(scaler.transform(test))[0].mean(axis=1))


def pyod(name: str, fit: Rows, test: Rows, share: float, seed: int) -> Rows:
    np.random.seed(seed)  # noqa: NPY002 — PyOD draws from it
    scaler = StandardScaler().fit(fit)
    made = getattr(importlib.import_module(f"pyod.models.{name.lower()}"), name)()
    return np.asarray(made.fit(scaler.transform(fit)).decision_function(scaler.transform(test)))


def ours(method: str, robust: bool) -> Callable[[Rows, Rows, float, int], Rows]:
    def score(fit: Rows, test: Rows, share: float, seed: int) -> Rows:
        suspect_share = share if robust else 0.0
        detector = WGANAnomalyDetector(
            score_method=method, suspect_share=suspect_share, random_state=seed
        )
        return detector.fit(fit).anomaly_score(test)

    return score


def peers(methods: list[str]) -> Iterator[tuple[str, Callable[[Rows, Rows, float, int], Rows]]]:
    yield "isolation forest (scikit-learn)", forest
    yield "5 nearest neighbours (scikit-learn)", knn
    if importlib.util.find_spec("pyod"):
        for name in PYOD:
            yield f"{name} (PyOD)", functools.partial(pyod, name)
    for method in methods:
        yield method, ours(method, robust=False)
        yield f"{method}+", ours(method, robust=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="keeps every run, and continues from it")
    parser.add_argument("--shares", default=",".join(map(str, SHARES)))
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--methods", default="neighbours,pca,isolation-forest,ours")
    arguments = parser.parse_args()
    path: Path | None = arguments.json
    runs = json.loads(path.read_text()) if path and path.exists() else {}
    shares = [float(share) for share in arguments.shares.split(",")]
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    for sort in ("mix", "clump"):
        print(f"\n{sort:36} " + " ".join(f"{100 * share:>11g} %" for share in shares))
        of_pyod: dict[str, float] = {}
        for name, score in peers(arguments.methods.split(",")):
            cells, auprcs = [], []
            for share in shares:
                found = []
                for seed in seeds:
                    # Without suspects `+` is the same detector: it is not fitted twice.
                    key = f"{sort}/{name if share else name.removesuffix('+')}/{share:g}/{seed}"
                    if key not in runs:
                        fit, test, label = table(sort, share, seed)
                        scores = score(fit, test, share, seed)
                        figures = average_precision_score, roc_auc_score
                        runs[key] = [float(figure(label, scores)) for figure in figures]
                        if path:
                            path.write_text(json.dumps(runs, indent=1))
                    found.append(runs[key])
                auprc, auroc = 100 * np.mean(found, axis=0)
                cells.append(f"{auprc:5.1f} /{auroc:5.1f} ")
                auprcs.append(auprc)
            print(f"{name:36} " + " ".join(cells), flush=True)
            if name.endswith("(PyOD)"):
                of_pyod[name] = float(np.mean(auprcs))
        if of_pyod:
            print(f"best of PyOD: {max(of_pyod, key=of_pyod.__getitem__)}")


if __name__ == "__main__":
    main()
