"""Public tables: our detector with untouched defaults beside six others, three seeds.

    python -m venv PYOD; PYOD/bin/pip install pyod -r requirements.txt
    PYOD/bin/python -m tests.benchmarks.tables --json runs.json [--table wine] [--detector ours kNN]

PyOD stays out of the project's environment. A seed sends 60 % of the normals to fit, 40 % to test,
where all anomalies join them; everything is standardised by the rows to fit. Where several classes
are held out in turn, a seed's figure is their mean; a table shows mean ± sd over seeds. Times are
processor seconds of one thread. `--json` keeps every run, and continues from what it has; further
files after it are read only, so that two processes can share the work.

`sensors` (descriptors of UCI HAR's windows) and `mnist` (principal components of 5,000 digits) are
there if the data directory has them. Windows of a person overlap, so `sensors` sends 60 % of the
*people* to fit. Those two were seen when other detectors of this project were made; no table was
used for `WGANAnomalyDetector`, whose defaults come from generated ones (see its module).
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

from tests.benchmarks.tables_peers import DETECTORS, Rows
from wganad_core.data import har, mnist
from wganad_core.data.cache import data_directory
from wganad_core.data.views import View
from wganad_core.methods.descriptors import DESCRIPTORS

SHARE_FIT = 0.6
DIGITS_HELD_OUT = (0, 5, 9)
ACTIVITIES_HELD_OUT = ("walking", "sitting", "laying")
N_MNIST = {"normal": 5_000, "abnormal": 1_000}
N_COMPONENTS = 32
UNEVEN = {"n_clusters": 4, "size": "different", "density": "different"}


@dataclasses.dataclass(frozen=True)
class Case:
    """One thing held out: rows (n, d) with their labels; `groups` (n,) that must not be divided;
    `n_components`, if rows are to be turned into principal components of the rows to fit."""

    held_out: str
    x: Rows
    label: NDArray[np.int64]
    groups: NDArray[np.int64] | None = None
    n_components: int | None = None

    def parts(self, seed: int) -> tuple[Rows, Rows, NDArray[np.int64]]:
        """Rows to fit, rows to test and their labels."""
        rng = np.random.default_rng(seed)
        normal = np.flatnonzero(self.label == 0)
        groups = normal if self.groups is None else self.groups[normal]
        order = rng.permutation(np.unique(groups))
        fit = rng.permutation(normal[np.isin(groups, order[: round(SHARE_FIT * len(order))])])
        test = np.setdiff1d(np.arange(len(self.x)), fit)
        x, queries = self.x[fit], self.x[test]
        if self.n_components:
            pca = PCA(self.n_components, random_state=seed).fit(x)
            x, queries = pca.transform(x), pca.transform(queries)
        scaler = StandardScaler().fit(x)
        return scaler.transform(x), scaler.transform(queries), self.label[test]


# Tables. What is held out was fixed before any of them was scored.


def bundled(load: Callable[..., Any], classes: Sequence[int]) -> Iterator[Case]:
    """A table of scikit-learn, each of the classes held out in turn."""
    found = load()
    for held_out in classes:
        label = (found.target == held_out).astype(np.int64)
        yield Case(str(found.target_names[held_out]), np.asarray(found.data, np.float64), label)


def pyod(generator: str, seed: int, n: int, d: int, **options: Any) -> Iterator[Case]:
    """What a generator of PyOD's makes: clusters, or one Gaussian, and outliers around."""
    make = getattr(importlib.import_module("pyod.utils.data"), generator)
    x, other, label, others = make(n, n // 2, n_features=d, random_state=seed, **options)
    yield Case("outliers", np.vstack([x, other]), np.append(label, others).astype(np.int64))


def sensors() -> Iterator[Case]:
    windows = har.load_har(data_directory() / "uci_har")
    rows = torch.from_numpy(View("signals", (1.0, 1.0, 1.0)).rows(windows.signals))
    x = np.hstack([describe(rows) for describe in DESCRIPTORS.values()]).astype(np.float64)
    for activity in ACTIVITIES_HELD_OUT:
        label = (windows.activities == activity).astype(np.int64)
        yield Case(activity, x, label, groups=windows.subjects)


def handwritten(seed: int) -> Iterator[Case]:
    digits = mnist.load_mnist(data_directory() / "mnist")
    pixels, rng = mnist.vectors(digits.images), np.random.default_rng(seed)
    for digit in DIGITS_HELD_OUT:
        is_digit = digits.labels == digit
        normal, abnormal = (
            rng.choice(np.flatnonzero(is_digit == sought), n, replace=False)
            for sought, n in ((False, N_MNIST["normal"]), (True, N_MNIST["abnormal"]))
        )
        label = np.repeat([0, 1], [len(normal), len(abnormal)])
        x = pixels[np.append(normal, abnormal)].astype(np.float64)
        yield Case(str(digit), x, label, n_components=N_COMPONENTS)


# By name: the cases for a seed. PyOD's are drawn anew with every seed.
TABLES: dict[str, Callable[[int], Iterator[Case]]] = {
    "breast cancer": lambda seed: bundled(datasets.load_breast_cancer, (0,)),  # malignant
    "wine": lambda seed: bundled(datasets.load_wine, (0, 1, 2)),
    "iris": lambda seed: bundled(datasets.load_iris, (1, 2)),
    "digits 8×8": lambda seed: bundled(datasets.load_digits, DIGITS_HELD_OUT),
    "PyOD blob, 2": lambda seed: pyod("generate_data", seed, 1_000, 2),
    "PyOD blob, 20": lambda seed: pyod("generate_data", seed, 300, 20),
    "PyOD clusters, 2": lambda seed: pyod("generate_data_clusters", seed, 1_000, 2),
    "PyOD clusters, 10": lambda seed: pyod("generate_data_clusters", seed, 1_000, 10, **UNEVEN),
    "sensors": lambda seed: sensors(),
    "mnist": handwritten,
}


def judged(case: Case, detector: str, seed: int) -> dict[str, Any]:
    x, queries, label = case.parts(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries, about versions of each other
        began = time.process_time()
        score = DETECTORS[detector](x, seed)
        fitted = time.process_time()
        scores = score(queries)
        ended = time.process_time()
    return {
        "held_out": case.held_out,
        "detector": detector,
        "seed": seed,
        "n_fit": len(x),
        "n_test": len(label),
        "n_features": x.shape[1],
        "base_rate": float(label.mean()),
        "auprc": float(average_precision_score(label, scores)),
        "auroc": float(roc_auc_score(label, scores)),
        "fit_seconds": fitted - began,
        "score_seconds": ended - fitted,
    }


# Reports


def by_seed(runs: Sequence[dict[str, Any]], table: str, detector: str, key: str) -> list[float]:
    """One figure a seed: the mean over what is held out. Seeds that lack some of it do not count,
    as what is held out differs in difficulty."""
    here = [run for run in runs if run["table"] == table]
    whole = {run["held_out"] for run in here}
    found = []
    for seed in sorted({run["seed"] for run in here}):
        mine = {
            run["held_out"]: run[key]
            for run in here
            if (run["seed"], run["detector"]) == (seed, detector)
        }
        if mine.keys() == whole:
            found.append(float(np.mean(list(mine.values()))))
    return found


def cell(values: Sequence[float], n_seeds: int) -> str:
    """Mean ± sd in %; fewer seeds than others have are told."""
    if not values:
        return "–"
    spread = f" ± {100 * np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    few = f" ({len(values)} of {n_seeds} seeds)" if len(values) < n_seeds else ""
    return f"{100 * np.mean(values):.1f}{spread}{few}"


def markdown(runs: Sequence[dict[str, Any]], key: str) -> str:
    """Rows tables, columns detectors: mean ± sd over seeds in %, the best mean in bold."""
    shown = [name for name in DETECTORS if any(run["detector"] == name for run in runs)]
    tables = [name for name in TABLES if any(run["table"] == name for run in runs)]
    lines = [f"| {key.upper()} | fit × features | π | {' | '.join(shown)} |"]
    lines.append("|---|---|---|" + "---|" * len(shown))
    means = []
    for table in tables:
        first = next(run for run in runs if run["table"] == table)
        values = [by_seed(runs, table, name, key) for name in shown]
        mean = [float(np.mean(v)) if v else np.nan for v in values]
        means.append(mean)
        best, most = np.nanmax(mean), max(map(len, values))
        cells = [
            f"**{cell(v, most)}**" if m == best else cell(v, most)
            for v, m in zip(values, mean, strict=True)
        ]
        rate = np.mean([run["base_rate"] for run in runs if run["table"] == table])
        size = f"{first['n_fit']:,} × {first['n_features']}"
        lines.append(f"| {table} | {size} | {100 * rate:.1f} | {' | '.join(cells)} |")
    overall = ["–" if np.isnan(m) else f"{100 * m:.1f}" for m in np.mean(means, axis=0)]
    lines.append(f"| mean | | | {' | '.join(overall)} |")
    return "\n".join(lines)


def seconds(runs: Sequence[dict[str, Any]]) -> str:
    """Processor seconds: median over tables, and the longest."""
    lines = [
        "| seconds | fit, median | fit, longest | 1,000 rows scored, median |",
        "|---|---|---|---|",
    ]
    for name in DETECTORS:
        mine = [run for run in runs if run["detector"] == name]
        if mine:
            fit = [run["fit_seconds"] for run in mine]
            score = [1e3 * run["score_seconds"] / run["n_test"] for run in mine]
            figures = (np.median(fit), max(fit), np.median(score))
            lines.append(f"| {name} | {' | '.join(f'{value:.3g}' for value in figures)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--table", choices=TABLES, nargs="+", default=list(TABLES))
    parser.add_argument("--detector", choices=DETECTORS, nargs="*", default=list(DETECTORS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path, nargs="+", required=True, metavar="FILE")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    own, *others = arguments.json
    runs = json.loads(own.read_text()) if own.exists() else []
    done = {(r["table"], r["held_out"], r["detector"], r["seed"]) for r in runs}
    wanted = arguments.table if arguments.detector else ()
    for table, seed in ((table, seed) for table in wanted for seed in range(arguments.seeds)):
        for case in TABLES[table](seed):
            for detector in arguments.detector:
                if (table, case.held_out, detector, seed) in done:
                    continue
                run = {"table": table, **judged(case, detector, seed)}
                runs.append(run)
                own.write_text(json.dumps(runs))
                print(
                    f"{table:18} {case.held_out:12} {seed} {detector:10} "
                    f"AUPRC {run['auprc']:.4f} AUROC {run['auroc']:.4f} "
                    f"fit {run['fit_seconds']:.1f} s",
                    flush=True,
                )
    runs += [run for other in others for run in json.loads(other.read_text())]
    for report in (markdown(runs, "auprc"), markdown(runs, "auroc"), seconds(runs)):
        print(f"\n{report}")


if __name__ == "__main__":
    main()
