"""Commands that are killed at any moment, and run again: nothing is lost, nothing half-written.

    python -m tests.soak.kills 60

Expected: a line for each command, with no problem. The file that is read stays as it is; OUT is
absent or whole; run again, the command gives what one that was not killed gives, and leaves nothing
else behind. 26 minutes at load 8, 6 of them work.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from tests.soak import hostile
from wganad_core import storage
from wganad_core.__main__ import main as command
from wganad_core.detector import learning

LONGEST = 600.0  # seconds for one command


def commands() -> dict[str, tuple[list[str], str]]:
    """What is run in the folder, and what it makes."""
    fit = [*("fit", "pump.csv", "--out", "fit.safetensors"), *("--batch-size", "16")]
    train = [*("train", "mixture", "--method", "wgan-gp", "--out", "run.safetensors")]
    return {
        "fit": ([*fit, "--steps", "30", "--width", "16"], "fit.safetensors"),
        "train": (
            [*train, "--steps", "20", "--n-samples", "500", "--checkpoint-every", "1"],
            "run.safetensors",
        ),
        "score": (
            ["score", "many.csv", "--model", "detector.safetensors", "--out", "scores.csv"],
            "scores.csv",
        ),
    }


def started(arguments: list[str], folder: Path) -> int:
    """A copy of this process that runs a command; its number."""
    if copy := os.fork():
        return copy
    os.chdir(folder)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        os._exit(command(arguments))
    except BaseException:
        os._exit(9)


def ended(copy: int, seconds: float = LONGEST) -> int | None:
    """Its exit status, if it ends within so many seconds; it is killed then."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, status = os.waitpid(copy, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(copy, signal.SIGKILL)
    os.waitpid(copy, 0)
    return None


def prepare(folder: Path) -> None:
    """The files that are read, and a detector."""
    hostile.table(400).to_csv(folder / "pump.csv", index=False)
    hostile.table(60_000).to_csv(folder / "many.csv", index=False)
    made = ["fit", "pump.csv", "--out", "detector.safetensors", "--score-method", "neighbours"]
    assert ended(started(made, folder)) == 0


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def plain(name: str, data: bytes) -> object:
    """What is in a file, but for the seconds that a training took; the names in a header have no
    order. Raises `StorageError` for half a file."""
    if not name.endswith("safetensors"):
        return data
    arrays, meta = storage.decode(data, storage.read_header(data)["wganad"])
    return {name: value.tobytes() for name, value in arrays.items()}, without_seconds(meta)


def without_seconds(meta: Any) -> Any:
    if not isinstance(meta, dict):
        return meta
    return {name: without_seconds(value) for name, value in meta.items() if name != "seconds"}


def killed(
    arguments: list[str], out: str, folder: Path, seconds: float, whole: dict[str, bytes]
) -> str:
    """What is wrong after the command was killed after so many seconds, and run again."""
    before = contents(folder)
    ended(started(arguments, folder), seconds)
    now = contents(folder)
    if any(now.get(name) != data for name, data in before.items()):
        return "a file that was there is not what it was"
    if out in now and plain(out, now[out]) != plain(out, whole[out]):
        return f"{out} is half-written"
    for name in now:
        if name.endswith(".checkpoint"):
            storage.load(folder / name, "checkpoint")
    if (status := ended(started(arguments, folder))) != 0:
        return f"run again, it ended with {status}"
    after = contents(folder)
    (folder / out).unlink()
    if extra := sorted(after.keys() - whole.keys()):
        return f"{', '.join(extra)} stayed"
    differs = any(plain(name, data) != plain(name, whole[name]) for name, data in after.items())
    return f"{out} is not that of a run that was not killed" if differs else ""


def tries(n: int, name: str, folder: Path, seed: int) -> tuple[float, list[str]]:
    """The seconds of a run that is not killed, and what went wrong with `n` that are."""
    arguments, out = commands()[name]
    began = time.monotonic()
    assert ended(started(arguments, folder)) == 0
    took, whole = time.monotonic() - began, contents(folder)
    (folder / out).unlink()
    rng, problems = random.Random(seed), []
    for _ in range(n):
        after = rng.uniform(0, 1.1 * took)
        if wrong := killed(arguments, out, folder, after, whole):
            problems.append(f"killed after {after:.2f} s: {wrong}")
            for left in {*folder.iterdir()} - {folder / name for name in whole if name != out}:
                left.unlink()
    return took, problems


def main() -> None:
    torch.set_num_threads(1)
    learning.SAVE_EVERY = 0.0  # a checkpoint as often as there can be one
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for verb in commands():
            took, problems = tries(int(sys.argv[1]) // 3, verb, folder, int(sys.argv[1]))
            print(f"{verb}, {took:.1f} s: {len(problems)} problems", *problems, sep="\n  ")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
