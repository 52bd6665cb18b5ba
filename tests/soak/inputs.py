"""Damaged files for `fit`, `score`, `threshold` and `evaluate`: each is used or refused.

    python -m tests.soak.inputs 900

Expected: a line for each command, with no problem: no traceback, no result beside a refusal, no
input changed, nothing left behind; `fit` uses 181 of 900, `score` 95, `threshold` 135, `evaluate`
101, and the slowest takes 5 s at load 10. Ten minutes there, 1.5 of them work.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.soak import hostile
from wganad_core.__main__ import main as command

DONE, REFUSED = 0, 1


def words(verb: str, file: Path, folder: Path) -> list[str]:
    out = folder / "out" / {"fit": "made.safetensors", "score": "made.csv"}.get(verb, "made")
    if verb == "fit":
        quick = ["--score-method", "neighbours"] if len(file.name) % 2 else ["--batch-size", "8"]
        return ["fit", str(file), "--out", str(out), "--steps", "2", *quick]
    if verb == "score":
        model = folder / "detector.safetensors"
        return ["score", str(file), "--model", str(model), "--out", str(out)]
    if verb == "threshold":
        return ["threshold", str(file), "--false-alarm-rate", "0.1", "--flagged", str(out) + ".csv"]
    return ["evaluate", str(file), "--resamples", "20"]


def tried(arguments: list[str]) -> tuple[int | None, str]:
    """The exit status, and what was said; None after a traceback, which is what was said."""
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(told):
        try:
            status: int | None = command(arguments)
        except SystemExit as end:
            status = REFUSED if end.code else DONE
        except BaseException:
            return None, traceback.format_exc()
    return status, said.getvalue()


def problem(arguments: list[str], file: Path, data: bytes, out: Path) -> tuple[str, str]:
    """How it ended, and what is wrong with that, if anything is."""
    status, said = tried(arguments)
    left = sorted(path.name for path in out.iterdir())
    for path in out.iterdir():
        path.unlink()
    if status is None:
        return "traceback", said
    if not file.exists() or file.read_bytes() != data:
        return "changed", "the input is not what it was"
    if status != DONE and left:
        return "left", f"refused, and {left} were there"
    if any(name.startswith(".") for name in left):
        return "left", f"{left} were there"
    if status != DONE and (not said.strip() or "Traceback" in said):
        return "silent", f"status {status}, and said {said!r}"
    return ("used" if status == DONE else "refused"), ""


def tries(n: int, verb: str, folder: Path, seed: int) -> tuple[Counter[str], list[str], float]:
    """What `n` files came to, the problems, and the seconds of the slowest."""
    rng, honest = random.Random(seed), hostile.honest()
    out = folder / "out"
    out.mkdir(exist_ok=True)
    ended: Counter[str] = Counter()
    problems: list[str] = []
    slowest = 0.0
    for _ in range(n):
        name, data, way = hostile.damaged(rng, honest)
        file = folder / name
        file.write_bytes(data)
        began = time.monotonic()
        how, wrong = problem(words(verb, file, folder), file, data, out)
        slowest = max(slowest, time.monotonic() - began)
        ended[how] += 1
        if wrong:
            kept = Path(tempfile.gettempdir()) / f"soak-{verb}-{len(problems)}-{name}"
            kept.write_bytes(data)
            problems.append(f"{name}, {way} ({kept}): {wrong.strip()[-1_500:]}")
        file.unlink(missing_ok=True)
    return ended, problems, slowest


def prepare(folder: Path) -> None:
    """What `score` scores with."""
    file = folder / "honest.csv"
    hostile.table().to_csv(file, index=False)
    model = str(folder / "detector.safetensors")
    made = ["fit", str(file), "--out", model, "--steps", "2", "--score-method", "neighbours"]
    status, said = tried(made)
    assert status == DONE, said


def main() -> None:
    n = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for verb in ("fit", "score", "threshold", "evaluate"):
            ended, problems, slowest = tries(n, verb, folder, n)
            counted = ", ".join(f"{ended[how]} {how}" for how in sorted(ended))
            print(f"{verb}: {counted}; the slowest took {slowest:.1f} s", *problems, sep="\n  ")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
