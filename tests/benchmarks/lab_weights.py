"""The models of ../shared/lab/mnist as the project's own files: seed 0 of the deep networks.

    python -m tests.benchmarks.lab_weights LAB OUT

LAB holds weights{0,2,4,6,8}.npz: two digits each, half precision, trained on one H100 by
`ten.py` with the recipe that `use_cases/mnist.py` holds. Nothing is trained here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from wganad_core import pretrained
from wganad_core.data.mnist import load_pool
from wganad_core.methods import make_trainer
from wganad_core.records import FloatArray, half
from wganad_core.run.observers import Judge
from wganad_core.use_cases import MNIST

ARCHITECTURE = "image"
# Names of the lab's parts, and their names here, by method.
PARTS = {
    "wgan-gp": {"G": "generator", "D": "critic"},
    "encoder": {"E": "encoder"},
    "contrast": {"csi.body": "features", "csi.proj": "projection", "csi.shift": "shifts"},
}
COMMAND = "python ten.py (lab/mnist of the design brief, seed 0, on one H100 of 2026-11)"


def renamed(arrays: dict[str, np.ndarray], digit: str, method: str) -> dict[str, np.ndarray]:
    """One model's arrays, named as `Networks.arrays` names them."""
    found: dict[str, np.ndarray] = {}
    for theirs, ours in PARTS[method].items():
        start = f"{digit}|{theirs}."
        found |= {
            f"{ours}.{k.removeprefix(start)}": half(v)
            for k, v in arrays.items()
            if k.startswith(start)
        }
    if method == "encoder":  # batch normalisation counts batches, which no score looks at
        found["encoder.11.num_batches_tracked"] = np.array(0)
    return found


def judged(method: str, arrays: dict[str, np.ndarray], validation: FloatArray) -> dict[str, float]:
    """Figures on validation normals, as a run of our own has them; `arrays` may hold more parts."""
    trainer = make_trainer(
        validation, MNIST.recipe(method, ARCHITECTURE), MNIST.network(method, ARCHITECTURE)
    )
    trainer.start_from(arrays)
    z = np.random.default_rng(0).standard_normal((2_000, 64)).astype(np.float32)
    return Judge(validation, z)(trainer)


def main(lab: Path, out: Path) -> None:
    pool = load_pool()
    for digit in MNIST.classes:
        with np.load(lab / f"weights{int(digit) // 2 * 2}.npz") as file:
            arrays = dict(file)
        split = pool.split(digit, MNIST.protocols[0])
        validation = pool.rows(split.parts["validation"], None)
        parts = {method: renamed(arrays, digit, method) for method in PARTS}
        for method, weights in parts.items():
            needed = {**parts["wgan-gp"], **weights}
            figures = judged(method, needed, validation)
            training = MNIST.recipe(method, ARCHITECTURE)
            model = pretrained.Model(
                use_case=MNIST.name,
                abnormal=digit,
                protocol=MNIST.protocols[0],
                network=MNIST.network(method, ARCHITECTURE),
                training=training,
                arrays=weights,
                history={},
                metrics={**figures, "steps": training.steps},
                command=COMMAND,
            )
            file_ = pretrained.model_file(out, digit, method, architecture=ARCHITECTURE)
            pretrained.save_model(model, file_)
            print(file_, {k: round(v, 2) for k, v in figures.items()}, flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
