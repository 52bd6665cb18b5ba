"""Damaged and forged detectors for every command that reads one: each is used or refused.

    python -m tests.soak.models 100

Expected: a line for each command, with no problem: no traceback, no result beside a refusal, no
detector changed, nothing left behind; of 100, 25 are used and 75 refused. Seven minutes at load 12,
1.5 of them work.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.soak import hostile, inputs
from tests.soak.forged import forged
from wganad_core import storage

METHODS = ("ours", "neighbours", "critic", "pca", "isolation-forest")  # one file each


def commands(model: Path, folder: Path) -> dict[str, list[str]]:
    file, out = str(folder / "honest.csv"), folder / "out"
    return {
        "score": ["score", file, "--model", str(model), "--out", str(out / "made.csv")],
        "info": ["info", "model", str(model)],
        "export onnx": ["export", "onnx", str(model), "--out", str(out / "made.onnx")],
        "export detector": [
            *("export", "detector", str(model), "--threshold", "1"),
            *("--out", str(out / "made.safetensors")),
        ],
    }


def prepare(folder: Path, methods: Sequence[str] = METHODS) -> list[bytes]:
    """Honest detectors of several kinds, and a table that they score."""
    file, model = folder / "honest.csv", folder / "model.safetensors"
    hostile.table().to_csv(file, index=False)
    (folder / "out").mkdir()
    found = []
    for method in methods:
        made = ["fit", str(file), "--out", str(model), "--steps", "2", "--batch-size", "8"]
        status, said = inputs.tried([*made, "--width", "4", "--score-method", method])
        assert status == inputs.DONE, said
        found.append(model.read_bytes())
        model.unlink()
    return found


def changed(rng: random.Random, of: list[bytes]) -> tuple[bytes, str]:
    """A detector that is none any more, or another one, and what was done."""
    data = rng.choice(of)
    if rng.random() < 0.4:
        _, made, way = hostile.damaged(rng, {"model.safetensors": data})
        return made, way
    arrays, meta, way = forged(rng, *storage.decode(data, "detector"))
    return storage.encode("detector", arrays, meta), way


def tries(
    n: int, folder: Path, seed: int, methods: Sequence[str] = METHODS
) -> tuple[dict[str, Counter[str]], list[str]]:
    """What `n` detectors came to, by command, and the problems."""
    rng, honest = random.Random(seed), prepare(folder, methods)
    model, out = folder / "model.safetensors", folder / "out"
    ended: dict[str, Counter[str]] = {}
    problems = []
    for _ in range(n):
        data, way = changed(rng, honest)
        model.write_bytes(data)
        for name, words in commands(model, folder).items():
            how, wrong = inputs.problem(words, model, data, out)
            ended.setdefault(name, Counter())[how] += 1
            if wrong:
                problems.append(f"{name}, {way}: {wrong.strip()[-1_500:]}")
    return ended, problems


def main() -> None:
    n = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        ended, problems = tries(n, Path(name), n)
        for command, how in ended.items():
            print(f"{command}: {', '.join(f'{how[one]} {one}' for one in sorted(how))}")
        print(*problems, sep="\n  ")


if __name__ == "__main__":
    main()
