"""How our detectors' rules were chosen, without a single test label (design.md §4).

    python -m tests.benchmarks.choose_ours [--models FOLDER] [--digits 012468] [--json OUT]

The criterion, for each abnormal digit's trained models: synthetic anomalies made from one half of
the validation normals, against the other half. A fifth each is mirrored, flipped, turned by 90°,
or stitched to another normal along a row or a column; then centred again. They are strokes like
the data's in arrangements that training has not seen. A rule is the mean of up to four pieces of
evidence; the highest AUPRC, averaged over kinds and digits, wins.

(An earlier criterion, real digits of 8 × 8 with a class left out and quickly trained models,
preferred neighbours among latents; see docs/choice-of-ours.txt for both and what became of it.)
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import center_of_mass, shift
from sklearn.metrics import average_precision_score

from wganad_core import pretrained
from wganad_core.data import mnist
from wganad_core.data.fetch import dataset_folder
from wganad_core.methods.evidence import NEIGHBOURS, PLAIN, spaces_there
from wganad_core.methods.ours import evidence_of, references
from wganad_core.panels.panel import Panel
from wganad_core.records import FloatArray, Rule
from wganad_core.use_cases import MNIST

Found = dict[str, FloatArray]
KINDS = ("mirror", "flip", "turn", "stitch-rows", "stitch-columns")


def synthetic(normals: FloatArray, rng: np.random.Generator) -> dict[str, FloatArray]:
    """A fifth of the normals (n, 784) each way: rows (n / 5, 784) by kind."""
    images = normals.reshape(-1, 28, 28)
    n = len(images) // 5
    mirror, flip, turn, rows, columns = (images[i * n : (i + 1) * n].copy() for i in range(5))
    rows[:, 14:] = images[rng.permutation(len(images))[:n], 14:]
    columns[:, :, 14:] = images[rng.permutation(len(images))[:n], :, 14:]
    made = (mirror[:, :, ::-1], flip[:, ::-1], np.rot90(turn, 1, (1, 2)), rows, columns)
    return {
        kind: np.stack([centred(image).ravel() for image in some])
        for kind, some in zip(KINDS, made, strict=True)
    }


def centred(image: NDArray[np.floating]) -> FloatArray:
    """By centre of mass, as MNIST's own images are."""
    y, x = center_of_mass(image + 1e-9)
    return np.asarray(shift(image, (13.5 - y, 13.5 - x), order=1).clip(0, 1), np.float32)


def evidence_on(
    models: Path, digits: mnist.Digits, abnormal: str
) -> tuple[Found, dict[str, Found]]:
    """Evidence of one half of the validation normals, and of each kind made from the other."""
    panel = Panel(models, abnormal)
    split = mnist.split_mnist(digits, abnormal)
    rng = np.random.default_rng(int(abnormal))
    fit = mnist.vectors(digits.images[rng.permutation(split.parts["fit"])])
    validation = mnist.vectors(digits.images[rng.permutation(split.parts["validation"])])
    normals, others = np.array_split(validation, 2)
    ours, bundle = dataclasses.replace(MNIST.ours, compact=False), panel.bundle
    there = spaces_there(bundle, None)
    pieces = [*PLAIN, *(n for n, (space, _) in NEIGHBOURS.items() if space in there)]
    compared = references(bundle, ours, fit, None, pieces, None)
    found = {
        kind: evidence_of(bundle, compared, x, pieces)
        for kind, x in {"normal": normals, **synthetic(others, rng)}.items()
    }
    return found.pop("normal"), found


def auprc(names: tuple[str, ...], normals: Found, kinds: dict[str, Found]) -> list[float]:
    """Of a rule against each kind."""
    rule = Rule.fitted(names, normals)

    def score(found: Found) -> FloatArray:
        return np.asarray(np.sum(list(rule.terms(found).values()), axis=0))

    low = score(normals)
    scores = []
    for found in kinds.values():
        high = score(found)
        labels = np.repeat([0, 1], [len(low), len(high)])
        scores.append(float(average_precision_score(labels, np.concatenate([low, high]))))
    return scores


def ranked(
    found: dict[str, tuple[Found, dict[str, Found]]],
) -> Iterator[tuple[tuple[str, ...], NDArray[np.float64]]]:
    """Every rule of one to four pieces of evidence with its AUPRC (digits, kinds)."""
    pieces = list(next(iter(found.values()))[0])
    for size in range(1, 5):
        for names in itertools.combinations(pieces, size):
            yield names, np.array([auprc(names, *parts) for parts in found.values()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=pretrained.SHIPPED / "mnist")
    parser.add_argument("--digits", default="012468")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    digits = mnist.load_mnist(dataset_folder(mnist.PUBLISHED))
    found = {d: evidence_on(arguments.models, digits, d) for d in arguments.digits}
    rules = sorted(ranked(found), key=lambda rule: -float(rule[1].mean()))
    wgan = [rule for rule in rules if not any("features" in name for name in rule[0])]
    print(f"mean | abnormal digit {' '.join(found)} | {' '.join(KINDS)} | evidence")
    for title, some in (("all", rules), ("networks of the WGAN-GP alone", wgan)):
        print(f"\n{title}: {' + '.join(some[0][0])}")
        singles = [rule for rule in some if len(rule[0]) == 1]
        for names, scores in [*some[:8], *singles]:
            cells = [" ".join(f"{100 * v:4.1f}" for v in scores.mean(axis=a)) for a in (1, 0)]
            print(f"{100 * scores.mean():5.1f} | {' | '.join(cells)} | {' + '.join(names)}")
    if arguments.json:
        arguments.json.write_text(json.dumps([[names, s.tolist()] for names, s in rules]))


if __name__ == "__main__":
    main()
