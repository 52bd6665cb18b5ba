"""What a query costs: the encoder in one pass against AnoGAN's search, in one run.

    python -m tests.benchmarks.scoring [--abnormal 0] [--threads 2] [--json]

Uses the shipped models and the bundled sample. Each quick detector judges all 14,001 images three
times, the best time counts; the searches judge 64 images with their usual settings.
"""

from __future__ import annotations

import argparse
import json
import time

import torch

from wganad_core import pretrained
from wganad_core.data import mnist
from wganad_core.methods.descent import Descent
from wganad_core.panels.panel import SLOW, Panel

N_SEARCHED, REPEATS = 64, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--abnormal", default="0")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    panel = Panel(pretrained.SHIPPED / "mnist", arguments.abnormal)
    x = mnist.vectors(mnist.load_sample().images)
    per_second: dict[str, float] = {}
    for _ in range(REPEATS):
        for name, score in panel.detectors.items():
            began = time.perf_counter()
            score.judge(x)
            rate = len(x) / (time.perf_counter() - began)
            per_second[name] = max(rate, per_second.get(name, 0.0))
    for name in SLOW:
        began = time.perf_counter()
        panel.search(name, x[:N_SEARCHED], Descent())
        per_second[name] = N_SEARCHED / (time.perf_counter() - began)
    ratio = per_second["encoder"] / per_second["anogan"]
    if arguments.json:
        print(json.dumps({"per_second": per_second, "encoder_over_anogan": ratio}))
        return
    for name, rate in sorted(per_second.items(), key=lambda item: -item[1]):
        print(f"{name:16} {rate:10,.1f} images/s  {1e3 / rate:10.3f} ms a query")
    print(f"the encoder is {ratio:,.0f} times as fast as AnoGAN's search")


if __name__ == "__main__":
    main()
