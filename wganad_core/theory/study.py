"""`study theory`: the grid of fits that ships."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from threadpoolctl import threadpool_limits

from wganad_core.records import half
from wganad_core.theory.cells import Blobs, Bumps, Cells, Unbounded, truth
from wganad_core.theory.errors import GeneratorFit, best_fit, drawn_to_scale, fit, moved, sampled
from wganad_core.theory.fits import BOUNDS, fit_critic
from wganad_core.theory.shipped import AT, CLOUDS, CriticFit, ErrorFit, Table, Theory

SIZES = (1, 2, 3, 5, 7)
SIDES = (2, 3, 4, 6, 8)
N = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
REPEATS, LAW_REPEATS = 6, 40
LAW = (7, 8)  # the size and the side at which the law is measured with more repetitions
SEED = 2018
FRESH = 1_000  # where seeds of repetitions begin that do not ship
Tell = Callable[[str], None]


def measure(tell: Tell = print) -> Theory:
    """Everything, on one core in a few minutes; two would wait for each other over such small
    matrices."""
    with threadpool_limits(1):
        return _measure(tell)


def _measure(tell: Tell) -> Theory:
    began = time.perf_counter()
    tell("critics of clouds")
    critics = {name: dict(_critics(name)) for name in CLOUDS}
    errors = []
    for size in SIZES:
        tell(f"generators of {size} Gaussians against discriminators of {SIDES}")
        errors += list(_errors(size, SIDES))
    tell(f"the law, {LAW_REPEATS} repetitions")
    law = next(_errors(LAW[0], LAW[1:], LAW_REPEATS))
    return Theory(critics, N, errors, law, round(time.perf_counter() - began, 1))


def _critics(name: str) -> Iterator[tuple[str, CriticFit]]:
    case = CLOUDS[name]
    real, fake = (np.array(cloud)[:, None] for cloud in (case.real, case.fake))
    for bound, how in BOUNDS.items():
        yield bound, fit_critic(real, fake, AT, how)


def _errors(size: int, sides: tuple[int, ...], repeats: int = REPEATS) -> Iterator[ErrorFit]:
    p = truth().cells
    best = best_fit(size, Unbounded(), p)
    for side in sides:
        limited = best_fit(size, Bumps(side), p)
        found = [[with_samples(limited, side, n, seed) for seed in range(repeats)] for n in N]
        yield ErrorFit(
            size=size,
            side=side,
            best=best.jensen_shannon,
            limited=limited.jensen_shannon,
            epsilon=limited.epsilon,
            blobs=_drawn(limited.generator),
            sampled_blobs=np.stack([_drawn(row[0].generator) for row in found]),
            sampled=np.array([[f.jensen_shannon for f in row] for row in found], np.float32),
            moved=np.array(
                [[moved(f.generator, limited.generator) for f in row] for row in found], np.float32
            ),
            places=np.stack([_places(p, best, limited, row[0]) for row in found]),
        )


def with_samples(limited: GeneratorFit, side: int, n: int, seed: int) -> GeneratorFit:
    """P_θ̂ of n samples; the search begins at P_θ̄, so that their distance is that of one minimum."""
    return fit(limited.generator, Bumps(side), sampled(n, (SEED, n, seed)))


@cache
def _law_limited() -> GeneratorFit:
    return best_fit(LAW[0], Bumps(LAW[1]), truth().cells)


def law_fit(n: int, seed: int) -> tuple[float, float]:
    """One more repetition of the law's experiment: JS from P_r, and ‖θ̂ − θ̄‖."""
    limited = _law_limited()
    found = with_samples(limited, LAW[1], n, FRESH + seed)
    return found.jensen_shannon, moved(found.generator, limited.generator)


def _drawn(blobs: Blobs) -> Table:
    rows = np.column_stack([blobs.means, blobs.widths, blobs.weights])
    return half(rows)


def _places(p: Cells, best: GeneratorFit, limited: GeneratorFit, hat: GeneratorFit) -> Table:
    stations = [p, *(one.generator.cells for one in (best, limited, hat))]
    return half(drawn_to_scale(stations))
