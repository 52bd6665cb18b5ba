"""Hostile uploads, read as the server reads them: each is used or refused in a sentence.

    python -m tests.soak.uploads 170

Expected: no problem; what asks for too much ends within the two minutes of work that a file may
take, and this process, which stands for the server, grows by less than 300 MB: of 170, 32 are used,
the slowest takes 22 s at load 12, 86 MB more than before.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.soak import hostile
from wganad_core.data import DataError
from wganad_core.data.own.look import Look
from wganad_core.data.own.offers import Offered
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.scores import OwnScores
from wganad_core.data.picture import Picture
from wganad_core.data.recording import Recording
from wganad_core.live.readers import Readers

KINDS: dict[str, type] = {
    "look": Look,
    "samples": OwnSamples,
    "offered": Offered,
    "scores": OwnScores,
    "points": np.ndarray,
    "recording": Recording,
    "picture": Picture,
}
LONGEST, GROWN = 130.0, 300_000_000  # seconds of work and a little; bytes
STATUS = Path("/proc/self/status")


def memory() -> int:
    """Bytes that this process has now."""
    return 1024 * int(STATUS.read_text().partition("VmRSS:")[2].split()[0])


def uploads(n: int) -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes and what reads them: burdens first, each in two ways, then damaged files."""
    rng, honest = random.Random(n), hostile.honest()
    given = 0
    for name, data in hostile.burdens():
        for what in ("look", rng.choice(sorted(KINDS))):
            if given < n:
                yield name, data, what
                given += 1
    for _ in range(n - given):
        name, data, _ = hostile.damaged(rng, honest)
        yield name, data, rng.choice(sorted(KINDS))


def read(readers: Readers, name: str, data: bytes, what: str) -> tuple[str, str]:
    """How it ended, and what is wrong with that, if anything is."""
    source = io.BytesIO(data)
    source.name = name
    began = time.monotonic()
    try:
        found: object = readers.read(KINDS[what], what, source)
        how, wrong = "used", "" if isinstance(found, KINDS[what]) else f"found {found!r}"
    except DataError as error:
        how, wrong = "refused", ""
        if "\n" in str(error) or "nobody foresaw" in str(error):
            wrong = str(error)
    except Exception as error:
        how, wrong = "traceback", repr(error)
    if (took := time.monotonic() - began) > LONGEST:
        wrong = f"{wrong} took {took:.0f} s"
    return how, wrong


def tries(n: int, readers: Readers) -> tuple[Counter[str], list[str], float]:
    ended: Counter[str] = Counter()
    problems: list[str] = []
    slowest = 0.0
    for name, data, what in uploads(n):
        began = time.monotonic()
        how, wrong = read(readers, name, data, what)
        slowest = max(slowest, time.monotonic() - began)
        ended[how] += 1
        if wrong:
            problems.append(f"{what} of {name}, {len(data):,} bytes: {wrong[:1_500]}")
    return ended, problems, slowest


def main() -> None:
    readers = Readers()
    before = memory()
    ended, problems, slowest = tries(int(sys.argv[1]), readers)
    grown = memory() - before
    readers.stop()
    counted = ", ".join(f"{n} {how}" for how, n in sorted(ended.items()))
    print(f"{counted}; the slowest took {slowest:.0f} s; {grown // 10**6} MB more than before")
    print(*problems, sep="\n  ")
    if grown > GROWN:
        raise SystemExit(f"Expected at most {GROWN // 10**6} MB more.")


if __name__ == "__main__":
    main()
