"""Recurrence images of 1,000 windows × 9 channels × 128 × 128, against a double loop in Python.

    python -m tests.benchmarks.recurrence [--windows 1000] [--rounds 5] [--json]

NumPy's element-wise functions run in one thread. The naive loop goes over i and j on Python's own
numbers, quicker there than NumPy's; it gets four windows a round and its time is scaled by count.
The two alternate in one process; times are the best of the rounds, the ratio is the median of the
rounds' ratios. The numbers are random: no time depends on them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.recurrence import distance_matrix, images

CHANNELS, LENGTH, N_NAIVE, SIZE = 9, 128, 4, 32


def naive(windows: NDArray[np.float32]) -> list[list[list[list[float]]]]:
    found = []
    for window in windows.tolist():
        matrices = []
        for signal in window:
            matrix = [[0.0] * len(signal) for _ in signal]
            for i in range(len(signal)):
                for j in range(len(signal)):
                    matrix[i][j] = abs(signal[i] - signal[j])
            matrices.append(matrix)
        found.append(matrices)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--windows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    n = arguments.windows
    x = np.random.default_rng(0).normal(size=(n, CHANNELS, LENGTH)).astype(np.float32)
    few = x[:N_NAIVE]
    difference = np.abs(np.array(naive(few)) - distance_matrix(few)).max()
    assert difference < 1e-6, difference  # the same thing is timed, up to float32's rounding
    seconds: dict[str, list[float]] = {"naive": [], "full": [], "small": []}
    for _ in range(arguments.rounds):
        began = time.perf_counter()
        naive(few)
        seconds["naive"].append((time.perf_counter() - began) * n / len(few))
        began = time.perf_counter()
        distance_matrix(x)
        seconds["full"].append(time.perf_counter() - began)
        began = time.perf_counter()
        images(x, SIZE)
        seconds["small"].append(time.perf_counter() - began)
    best = {name: min(times) for name, times in seconds.items()}
    ratio = {
        name: statistics.median(a / b for a, b in zip(seconds["naive"], times, strict=True))
        for name, times in seconds.items()
    }
    if arguments.json:
        print(json.dumps({"windows": n, "seconds": best, "naive_over": ratio}))
        return
    labels = {
        "naive": f"double loop (measured on {len(few)}, scaled)",
        "full": f"distance_matrix, {LENGTH} × {LENGTH}",
        "small": f"images, averaged to {SIZE} × {SIZE}",
    }
    for name, label in labels.items():
        print(
            f"{label:38} {best[name]:8.3f} s for {n:,} windows  {n / best[name]:8,.0f} windows/s"
            f"  {ratio[name]:5.0f} times as fast as the loop"
        )


if __name__ == "__main__":
    main()
