"""Files that were changed and hashed anew: each is used or refused in a sentence, soon.

    python -m tests.soak.forged 40

Expected: no line but one for each of eight kinds of files, none of which takes more than seconds or
3 GB; eight minutes at load 15, one of them work.
Before resumed trainings were checked, 100 of a race gave a dozen kinds of tracebacks, and 100 of a
training a segmentation fault: an optimiser's state of another length.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.config import ConfigError
from wganad_core.data import DataError
from wganad_core.jobs import Refused
from wganad_core.live import limits

REFUSALS = (storage.StorageError, ConfigError, DataError, Refused)
ODD: list[Any] = [None, True, -1, 0, 3, 10**6, 2**63, 1e308, -1e-300, math.nan, math.inf, "", "x"]
ODD += ["../x", [], [1], [None], {}, {"a": 1}, [[1, 2], [3]], "9" * 50]
MEMORY, LONGEST = 3_000_000_000, 20.0  # bytes and seconds of work for one file

Arrays = Mapping[str, NDArray[Any]]
Change = Callable[[random.Random], tuple[bytes, str]]


@dataclass(frozen=True)
class Kind:
    """How one is changed, and what, and how it is used."""

    change: Change
    use: Callable[[Path], Any]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a JSON value but itself."""
    if path:
        yield path
    inside = dict(enumerate(value[:6])) if isinstance(value, list) else value
    for key, inner in inside.items() if isinstance(inside, dict) else ():
        yield from places(inner, (*path, key))


def forged_json(rng: random.Random, about: Mapping[str, Any]) -> tuple[Any, str]:
    """One thing changed, and what."""
    meta = json.loads(json.dumps(about))
    *way, last = rng.choice(list(places(meta)))
    holder = meta
    for key in way:
        holder = holder[key]
    if rng.random() < 0.25:
        del holder[last]
        return meta, f"without {[*way, last]}"
    holder[last] = rng.choice(ODD)
    return meta, f"{[*way, last]} = {holder[last]!r}"


def forged(rng: random.Random, of: Arrays, about: Mapping[str, Any]) -> tuple[Any, Any, str]:
    """One thing of a container changed, and what."""
    if rng.random() < 0.7 or not of:
        meta, changed = forged_json(rng, about)
        return of, meta, changed
    arrays = dict(of)
    name = rng.choice(sorted(arrays))
    value = arrays.pop(name)
    made: list[Callable[[], NDArray[Any] | None]] = [
        lambda: None,
        lambda: value[:0] if value.ndim else value[None],
        lambda: value.reshape(-1),
        lambda: value.astype(np.float64),
        lambda: np.nan_to_num(value).astype(np.int64),
        lambda: np.full_like(value, math.nan if value.dtype.kind == "f" else 99),
        lambda: value[None],
        lambda: value[:1] if value.ndim else value,
    ]
    which = rng.randrange(len(made))
    if (found := made[which]()) is not None:
        arrays[name] = found
    return arrays, about, f"array {name}, way {which}"


def container(kind: str, path: Path) -> Change:
    """Containers like an honest one, each with a valid hash."""
    arrays, meta = storage.load(path, kind)

    def change(rng: random.Random) -> tuple[bytes, str]:
        some, other, changed = forged(rng, arrays, meta)
        return storage.encode(kind, some, other), changed

    return change


def tracebacks(folder: Path, kind: Kind, n: int, seed: str) -> list[str]:
    """What `n` forgeries came to that is neither use nor a sentence, or came too late."""
    rng, place, found = random.Random(seed), folder / "forged", []
    for _ in range(n):
        data, changed = kind.change(rng)
        place.write_bytes(data)
        began = time.process_time()  # not by the clock: others may be at work
        try:
            kind.use(place)
        except REFUSALS as error:
            if "\n" in str(error):
                found.append(f"{changed}: more than a sentence: {error}")
        except Exception as error:
            found.append(f"{changed}: {type(error).__name__}: {error}")
        if (took := time.process_time() - began) > LONGEST:
            found.append(f"{changed}: {took:.0f} s")
    return found


def main() -> None:
    from tests.soak.forgeries import kinds

    limits.bound(MEMORY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed, kind in kinds(folder).items():
            found = tracebacks(folder, kind, int(sys.argv[1]), seed)
            print(f"{seed}: {len(found)} problems", *found, sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
