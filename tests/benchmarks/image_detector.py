"""`WGANImageDetector` with and without contrastive features, on images of MNIST's training part.

    WGANAD_DATA=… python -m tests.benchmarks.image_detector [--digits 4,9] [--normals 5000]

For each digit: a fit on images of the nine others, then 2,000 other normals and 400 of the digit
are scored (base rate 1/6). AUPRC and AUROC in %, seconds of CPU of the fit. None of the images is
in the held-out test part that ships. About three minutes of CPU a fit.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from wganad_core import WGANImageDetector
from wganad_core.config import DIGITS
from wganad_core.data import mnist

N_NORMAL, N_ODD = 2_000, 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--digits", default=",".join(DIGITS))
    parser.add_argument("--normals", type=int, default=5_000)
    parser.add_argument("--steps", type=int, default=3_000)
    arguments = parser.parse_args()
    pool = mnist.load_pool()
    free = np.setdiff1d(np.arange(len(pool.digits.labels)), mnist.samples().position)
    images, labels = pool.rows(free, None), pool.digits.labels[free].astype(str)
    print("digit  contrast_steps  AUPRC  AUROC  CPU s")
    for digit in arguments.digits.split(","):
        rng = np.random.default_rng(0)
        normal = rng.permutation(np.flatnonzero(labels != digit))
        odd = rng.permutation(np.flatnonzero(labels == digit))[:N_ODD]
        fit, others = np.split(normal[: arguments.normals + N_NORMAL], [arguments.normals])
        truth = np.repeat([0, 1], [len(others), len(odd)])
        for steps in (0, None):
            began = time.process_time()
            detector = WGANImageDetector(
                steps=arguments.steps, contrast_steps=steps, random_state=0
            ).fit(images[fit])
            took = time.process_time() - began
            score = detector.anomaly_score(images[np.concatenate([others, odd])])
            auprc, auroc = average_precision_score(truth, score), roc_auc_score(truth, score)
            said = "none" if steps == 0 else f"{arguments.steps // 2:,}"
            print(f"{digit:5}  {said:14}  {100 * auprc:5.1f}  {100 * auroc:5.1f}  {took:5.0f}")


if __name__ == "__main__":
    main()
