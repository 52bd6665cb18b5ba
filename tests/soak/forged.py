"""Files that were changed and hashed anew: each is used or refused in a sentence.

    python -m tests.soak.forged 500

Expected: no line but one for each kind of file; 200 of each took 25 s at load 12. Before resumed
trainings were checked, 100 of a race gave a dozen kinds of tracebacks, and 100 of a training a
segmentation fault: an optimiser's state of another length.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import WGANAnomalyDetector, detector, pretrained, storage
from wganad_core.config import ConfigError, LaneConfig, MixtureConfig, NetworkConfig, RaceConfig
from wganad_core.data import DataError
from wganad_core.jobs import Refused
from wganad_core.live.own_detectors import about as about_detector
from wganad_core.run import Checkpoint
from wganad_core.run.mixture import MixtureRun, modules_of
from wganad_core.run.race import Race, load_race, save_race
from wganad_core.use_cases import SHARP

REFUSALS = (storage.StorageError, ConfigError, DataError, Refused)
ODD: list[Any] = [None, True, -1, 0, 3, 10**6, 2**63, 1e308, -1e-300, math.nan, math.inf, "", "x"]
ODD += ["../x", [], [1], [None], {}, {"a": 1}, [[1, 2], [3]], "9" * 50]
LANE = LaneConfig(network=NetworkConfig(width=4), training=SHARP.replace(batch_size=8, steps=6))
DATA = MixtureConfig(n_samples=500)
X = np.random.default_rng(0).normal(size=(80, 4))

Arrays = Mapping[str, NDArray[Any]]
Use = Callable[[Path], Any]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a JSON value but itself."""
    if path:
        yield path
    inside = dict(enumerate(value[:6])) if isinstance(value, list) else value
    for key, inner in inside.items() if isinstance(inside, dict) else ():
        yield from places(inner, (*path, key))


def forged(rng: random.Random, of: Arrays, about: Mapping[str, Any]) -> tuple[Any, Any, str]:
    """One thing changed, and what."""
    arrays, meta = dict(of), json.loads(json.dumps(about))
    if rng.random() < 0.7:
        *way, last = rng.choice(list(places(meta)))
        holder = meta
        for key in way:
            holder = holder[key]
        if rng.random() < 0.25:
            del holder[last]
            return arrays, meta, f"without {[*way, last]}"
        holder[last] = rng.choice(ODD)
        return arrays, meta, f"{[*way, last]} = {holder[last]!r}"
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
    return arrays, meta, f"array {name}, way {which}"


def kinds(folder: Path) -> dict[str, tuple[str, Path, Use]]:
    """Of each kind of file: what it says it is, an honest one, and how it is used."""
    race = Race(RaceConfig(mixture=DATA, lanes=(LANE,)))
    for _ in range(2):
        race.advance()
        race.observe()
    save_race(race, folder / "race")
    run = MixtureRun(DATA, LANE, None, 0)
    next(run)
    Checkpoint(folder / "training", run.plan, run.data).save(run)
    for _ in run:
        pass
    pretrained.save_run(run.result("made by a test"), folder / "run")
    WGANAnomalyDetector(steps=3).fit(X).save(folder / "detector")
    return {
        "race": ("checkpoint", folder / "race", _go_on_racing),
        "training": ("checkpoint", folder / "training", _go_on_training),
        "run": ("run", folder / "run", lambda path: modules_of(pretrained.load_run(path))),
        "detector": ("detector", folder / "detector", _score),
    }


def _go_on_racing(path: Path) -> None:
    race = load_race(path)
    race.observe()
    race.advance()
    race.observe()


def _go_on_training(path: Path) -> None:
    run = MixtureRun(DATA, LANE, None, 0)
    Checkpoint(path, run.plan, run.data).load(run)
    for _ in run:
        pass


def _score(path: Path) -> None:
    found = detector.load(path)
    found.score_samples(X)
    json.dumps(about_detector(found))


def tracebacks(folder: Path, what: tuple[str, Path, Use], n: int, seed: str) -> list[str]:
    """What `n` forgeries came to that is neither use nor a sentence."""
    kind, path, use = what
    arrays, meta = storage.load(path, kind)
    rng, place, found = random.Random(seed), folder / "forged", []
    for _ in range(n):
        some, other, changed = forged(rng, arrays, meta)
        place.write_bytes(storage.encode(kind, some, other))
        try:
            use(place)
        except REFUSALS:
            continue
        except Exception as error:
            found.append(f"{changed}: {type(error).__name__}: {error}")
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed, what in kinds(folder).items():
            found = tracebacks(folder, what, int(sys.argv[1]), seed)
            print(f"{seed}: {len(found)} tracebacks", *found, sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
