"""Rows a second against plain PyTorch, and the memory that `score` needs for ten million rows.

    python -m tests.benchmarks.throughput [--rows 10000000] [--score-method residual] [--json]

Rates: `anomaly_score` of a detector with default networks on 10 features, against plain loops over
the same weights in blocks of the same size, one thread each, alternating in one process. "networks"
are the forward passes that the score rests on (encoder and generator), in double precision as the
detector calculates, "float32" the same as most people would write them, "by hand" everything the
score consists of, its search for neighbours with `torch.cdist` included; it must agree.

Memory: a file of `--rows` by 10 is written to a temporary folder, and `python -m wganad_core score`
streams it. The peak is the kernel's resource usage of that process (`os.wait4`: RUSAGE_CHILDREN of
one child), once for a hundredth of the rows and once for all. It counts mapped pages of the file.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

if TYPE_CHECKING:
    from wganad_core import WGANAnomalyDetector

N_FEATURES, N_FIT, STEPS = 10, 4_000, 200  # few steps: networks are as quick untrained
PART = 1 << 16
METHODS = ("residual", "ours")
Rows = NDArray[np.float64]


def sample(n: int, seed: int) -> Rows:
    """Rows whose features depend on each other."""
    mixing = np.random.default_rng(0).normal(size=(4, N_FEATURES))
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 4)) @ mixing + 0.3 * rng.normal(size=(n, N_FEATURES))


# Memory. This process has not imported PyTorch yet: a child's peak begins with its parent's.


def write(path: Path, n: int) -> None:
    """A table of n rows, part by part."""
    names = [f"sensor {i}" for i in range(N_FEATURES)]
    schema = pa.schema([(name, pa.float64()) for name in names])
    make = parquet.ParquetWriter if path.suffix == ".parquet" else csv.CSVWriter
    with make(str(path), schema) as writer:
        for start in range(0, n, PART):
            x = sample(min(PART, n - start), seed=1 + start)
            writer.write_table(pa.table(list(x.T), schema=schema))


def command(*words: str | Path) -> tuple[float, float]:
    """Seconds and peak MiB of `python -m wganad_core …`."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "wganad_core", *map(str, words)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"wganad_core {words[0]} failed with {child.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def memory(n: int, method: str, suffix: str, options: list[str]) -> list[dict[str, Any]]:
    found = []
    with tempfile.TemporaryDirectory(prefix="wganad-throughput-") as folder:
        normal, model = Path(folder, "normal.parquet"), Path(folder, "model.safetensors")
        write(normal, N_FIT)
        command("fit", normal, "--out", model, "--steps", str(STEPS), "--score-method", method)
        for rows in (n // 100, n):
            file, out = Path(folder, f"rows{suffix}"), Path(folder, f"scores{suffix}")
            write(file, rows)
            seconds, peak = command("score", file, "--model", model, "--out", out, *options)
            found.append(
                {
                    "method": method,
                    "rows": rows,
                    "seconds": seconds,
                    "peak_mib": peak,
                    "file_mib": file.stat().st_size / 2**20,
                }
            )
    return found


# Rates


def plain_loops(detector: WGANAnomalyDetector) -> dict[str, Callable[[Rows], Rows]]:
    """What a detector does, as loops in plain PyTorch."""
    import torch

    from wganad_core.detector import BLOCK_ROWS

    model = detector.model_
    location, scale = (torch.from_numpy(v) for v in (model.scaler.location, model.scaler.scale))

    def looped(judge: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Rows], Rows]:
        def run(x: Rows) -> Rows:
            parts = torch.from_numpy(x).split(BLOCK_ROWS)
            with torch.no_grad():
                scores = [judge(((part - location) / scale).float()) for part in parts]
            return torch.cat(scores).double().numpy()

        return run

    def error(networks: dict[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
        encoder, generator = networks["encoder"].eval(), networks["generator"].eval()
        return lambda z: (z - generator(encoder(z))).square().mean(dim=1)

    residual = error(model.scoring_modules())
    found = {"networks": looped(residual), "float32": looped(error(model.modules()))}
    if model.rule is None or model.normals is None or model.axes is None:
        return found
    rule, normals, axes = model.rule, model.normals, torch.from_numpy(model.axes).double()
    points = torch.from_numpy(normals.points["axes"]).double()
    logs = {name: torch.from_numpy(level).log() for name, level in normals.levels.items()}

    def joined(z: torch.Tensor) -> torch.Tensor:
        apart = torch.cdist(z.double() @ axes.T, points)
        near, peers = apart.topk(max(normals.k, normals.n_peers), largest=False)
        values = {"near-axes": near[:, : normals.k].mean(dim=1), "residual": residual(z)}
        total = torch.zeros(len(z), dtype=torch.float64)
        for name in rule.names:
            base = name.partition("/")[0]
            level = logs[base][peers[:, : normals.n_peers]].double()
            spread = level.std(dim=1, correction=0) + 0.05 * logs[base].std(correction=0)
            unusual = (values[base].log() - level.quantile(0.5, dim=1)) / spread
            total += (unusual - rule.location[name]) / rule.scale[name] / len(rule.names)
        return total

    return {**found, "by hand": looped(joined)}


def rates(method: str, n: int, rounds: int) -> dict[str, Any]:
    import torch

    from wganad_core import WGANAnomalyDetector

    torch.set_num_threads(1)
    detector = WGANAnomalyDetector(score_method=method, steps=STEPS, random_state=0)
    detector.fit(sample(N_FIT, seed=0))
    x = sample(n, seed=1)
    contestants = {"anomaly_score": detector.anomaly_score, **plain_loops(detector)}
    same = "by hand" if "by hand" in contestants else "networks"
    difference = float(np.abs(contestants[same](x) - detector.anomaly_score(x)).max())
    assert difference < 1e-3, difference  # the same thing is timed
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            began = time.perf_counter()
            run(x)
            seconds[name].append(time.perf_counter() - began)
    mine = seconds["anomaly_score"]
    ratios = {
        name: statistics.median(a / b for a, b in zip(theirs, mine, strict=True))
        for name, theirs in seconds.items()
    }
    return {
        "method": method,
        "rows": n,
        "difference": difference,
        "ratio": ratios,
        "rows_per_second": {name: n / min(s) for name, s in seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the file; 0: no file")
    parser.add_argument("--score-method", choices=METHODS, default="residual", help="of the file")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--threads", type=int, help="as of `score`")
    parser.add_argument("--block", type=int, default=100_000, help="rows of a timed call; 0: none")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    options = ["--threads", str(arguments.threads)] if arguments.threads else []
    n, suffix = arguments.rows, f".{arguments.format}"
    peaks = memory(n, arguments.score_method, suffix, options) if n else []
    timed = [rates(m, arguments.block, arguments.rounds) for m in METHODS if arguments.block]
    if arguments.json:
        print(json.dumps({"memory": peaks, "rates": timed}))
        return
    for run in peaks:
        print(
            f"{run['method']}: {run['rows']:,} rows ({run['file_mib']:,.0f} MiB) in "
            f"{run['seconds']:,.0f} s, peak {run['peak_mib']:,.0f} MiB"
        )
    for found in timed:
        for name, rate in found["rows_per_second"].items():
            print(
                f"{found['method']:9} {name:14} {rate:12,.0f} rows/s, "
                f"anomaly_score is {found['ratio'][name]:.2f} times as fast"
            )


if __name__ == "__main__":
    main()
