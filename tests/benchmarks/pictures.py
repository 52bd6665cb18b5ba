"""Judges of pictures on made-up families with known defects (`picture_families`).

    python -m tests.benchmarks.pictures [--side 64] [--normals 48] [--methods pca,local]

For each family a fit on normals, then 16 other normals against 6 of each kind of defect: AUROC in
% of each method, of `local` also of its two pieces. About two minutes of CPU.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.metrics import roc_auc_score

from tests.benchmarks.picture_families import FAMILIES, Rgb
from wganad_core import WGANImageDetector
from wganad_core.data.own.image import scaled
from wganad_core.data.own.picture_size import PictureSize
from wganad_core.methods.local import NAME
from wganad_core.records import FloatArray

N_NORMAL, N_ODD = 16, 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--normals", type=int, default=48)
    parser.add_argument("--methods", default=f"pca,neighbours,{NAME}")
    arguments = parser.parse_args()
    size = PictureSize(arguments.side, "rgb")

    def seen(pictures: list[Rgb]) -> FloatArray:
        as_bytes = [np.rint(255 * picture).astype(np.uint8) for picture in pictures]
        return np.stack([scaled(picture, size) for picture in as_bytes])

    for name, family in FAMILIES.items():
        rng = np.random.default_rng(1)
        fit, good = (
            seen([family.good(rng) for _ in range(n)]) for n in (arguments.normals, N_NORMAL)
        )
        odd = {k: seen([family.odd(k, rng)[0] for _ in range(N_ODD)]) for k in family.defects}
        for method in arguments.methods.split(","):
            detector = WGANImageDetector(score_method=method, random_state=0).fit(fit)
            scores = {kind: _scores(detector, x) for kind, x in {"good": good, **odd}.items()}
            for piece, normal in scores["good"].items():
                found = {kind: 100 * _auroc(normal, scores[kind][piece]) for kind in odd}
                listed = "  ".join(f"{kind} {value:3.0f}" for kind, value in found.items())
                print(f"{name:6} {piece:22} {listed}", flush=True)


def _scores(detector: WGANImageDetector, x: FloatArray) -> dict[str, FloatArray]:
    """Of the method and of its pieces, if it has some."""
    (found,) = detector._judgements(detector._rows(x, fitting=False))
    method = detector.model_.score_method
    return {method: found.score, **{f"{method}: {name}": v for name, v in found.terms.items()}}


def _auroc(normal: FloatArray, odd: FloatArray) -> float:
    truth = np.repeat([0, 1], [len(normal), len(odd)])
    return float(roc_auc_score(truth, np.concatenate([normal, odd])))


if __name__ == "__main__":
    main()
