"""Which recipe of a lane shows what it is to show: `python -m tests.benchmarks.recipes gan
seed=0,1 n_critic=1,2 learning_rate=1e-4,2e-4` trains every combination on the ring and prints a
line for each (12,500 steps unless `steps` is given; a further `network:width=64` is for the
networks).

Of the 96 frames that a recording would have: the share in which the lane is collapsed, is on
several modes and is between modes, in the words of `figures.race.state_words`; the second of the
replay in which it first collapses; on how many modes it has sat, one after the other, for at least
three frames; how much of the samples lies within 3σ while it sits, in the median. Of the end: modes
covered, their least and largest share of samples, and false alarms (normals with no generated point
within σ). `docs/pages.md` says what was chosen by it.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from wganad_core.config import LaneConfig, MixtureConfig, NetworkConfig
from wganad_core.data.mixture import evaluation_set, make_mixture
from wganad_core.divergence import mode_ledger
from wganad_core.figures.race import state_words
from wganad_core.panels.plane import PlaneDetectors
from wganad_core.records import MAX_FRAMES, Frame
from wganad_core.run.mixture import spread
from wganad_core.run.race import Lane
from wganad_core.use_cases import RECIPES
from wganad_core.use_cases.mixture import PAPER

SECONDS = 16  # that a replay takes, as player.js has it
SITS = 3  # frames on one mode
RING = make_mixture(MixtureConfig())
NOTHING = np.zeros(1, np.float32)  # of a frame that is not looked at


def lanes(recipe: str, options: list[str]) -> Iterator[tuple[str, LaneConfig]]:
    """Every combination of the settings' values, with what sets it apart."""
    names = [option.partition("=")[0] for option in options]
    values = [option.partition("=")[2].split(",") for option in options]
    for chosen in itertools.product(*values):
        settings = {name: _read(text) for name, text in zip(names, chosen, strict=True)}
        inside = {k.removeprefix("network:"): v for k, v in settings.items() if ":" in k}
        training = {k: v for k, v in settings.items() if ":" not in k}
        base = RECIPES[recipe].replace(steps=PAPER["gan"].steps)
        said = " ".join(f"{name}={text}" for name, text in zip(names, chosen, strict=True))
        yield said, LaneConfig(training=base.replace(**training), network=NetworkConfig(**inside))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def watched(lane: Lane) -> list[tuple[str, float]]:
    """At each frame of a recording: the state in words, and the share within 3σ."""
    wanted = set(spread(range(lane.config.training.steps + 1), MAX_FRAMES))
    seen = []
    while True:
        trainer = lane.trainer
        if trainer.n_steps in wanted:
            samples = trainer.sample(trainer.fixed_z)
            ledger = mode_ledger(samples, RING)
            counts = np.array(ledger.counts, np.float32)
            blank = dict.fromkeys(("field", "slope", "optimal", "arrows", "manifold"), NOTHING)
            frame = Frame(trainer.n_steps, samples, counts=counts, **blank)
            seen.append((state_words(frame, RING)[0], ledger.share_inside))
        if lane.finished:
            return seen
        lane.advance("step")


def facts(lane: Lane, seen: list[tuple[str, float]]) -> str:
    words = [said for said, _ in seen]
    fallen = [i for i, said in enumerate(words) if said.startswith("collapsed")]
    several = [said for said in words if said.startswith("on ")]
    between = [said for said in words if said == "between modes"]
    visits = [
        said
        for said, run in itertools.groupby(words)
        if said.startswith("collapsed") and len(list(run)) >= SITS
    ]
    inside = float(np.median([seen[i][1] for i in fallen])) if fallen else 0.0
    first = f"{fallen[0] / len(words) * SECONDS:.1f} s" if fallen else "never"
    n = len(words)
    found, points = PlaneDetectors.from_lane(lane), evaluation_set(RING)
    far = found.detectors["generator"](points.points[points.label == 0]) > RING.sigma
    ledger = mode_ledger(found.samples, RING)
    shares = np.array(ledger.counts) / ledger.n_samples
    return (
        f"collapsed {len(fallen) / n:.0%} | several {len(several) / n:.0%} | between "
        f"{len(between) / n:.0%} | first {first} | sits {len(visits)} | inside {inside:.0%} | end: "
        f"{ledger.n_covered} of 7, {shares.min():.1%} to {shares.max():.1%}, within 3σ "
        f"{ledger.share_inside:.1%}, false alarms {far.mean():.1%}"
    )


def main() -> None:
    torch.set_num_threads(1)
    recipe, *options = sys.argv[1:]
    for said, config in lanes(recipe, options):
        began, lane = time.perf_counter(), Lane(config, RING)
        told = facts(lane, watched(lane))
        print(f"{recipe} {said} | {told} | {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
