"""What each piece of evidence gives on the test part, for the record: never used to choose.

    python -m tests.benchmarks.levers [--digits 0123456789] [--json OUT]

AUPRC in % of every piece alone on a fixed third of the test part, with the shipped models.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from wganad_core import pretrained
from wganad_core.data import mnist
from wganad_core.data.fetch import dataset_folder
from wganad_core.evaluation import summary
from wganad_core.methods.evidence import NEIGHBOURS, PLAIN
from wganad_core.methods.ours import evidence_of
from wganad_core.panels.panel import Panel

SHARE = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digits", default="0123456789")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    digits = mnist.load_mnist(dataset_folder(mnist.PUBLISHED))
    folder = pretrained.SHIPPED / "mnist"
    table: dict[str, dict[str, float]] = {}
    for abnormal in arguments.digits:
        split = mnist.split_mnist(digits, abnormal)
        rows = np.arange(0, len(split.parts["test"]), SHARE)
        x = mnist.vectors(digits.images[split.parts["test"][rows]])
        bundle = Panel(folder, abnormal).bundle
        assert bundle.fitted is not None
        assert bundle.fitted.normals is not None
        normals = bundle.fitted.normals
        there = [*PLAIN, *(n for n, (space, _) in NEIGHBOURS.items() if space in normals.points)]
        found = evidence_of(bundle, normals, x, there)
        labels = split.labels("test")[rows]
        for name, score in found.items():
            table.setdefault(name, {})[abnormal] = summary(labels, score).auprc
    for name, cells in table.items():
        shown = " ".join(f"{100 * value:5.1f}" for value in cells.values())
        print(f"{name:22} {shown}  mean {100 * np.mean(list(cells.values())):5.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(table))


if __name__ == "__main__":
    main()
