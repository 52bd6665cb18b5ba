"""Windows split at random instead of by subject: the same detectors, as many windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from wganad_core import evaluation
from wganad_core.data.pool import Pool
from wganad_core.leaks import Pair
from wganad_core.panels.baselines import RAW, Rows, nearest_detector, spectra, whole
from wganad_core.records import FloatArray, Split, Summary
from wganad_core.use_cases import UseCase

SEED = 0  # of the random split


PLACES: Mapping[str, Callable[[Rows], FloatArray]] = {"knn": whole, "knn-spectra": spectra}


def measure(case: UseCase, pool: Pool, classes: tuple[str, ...] = ()) -> Iterator[Pair]:
    """Per class (all, or those named) and detector: subjects kept apart, and not."""
    for abnormal in classes or case.classes:
        split = pool.split(abnormal, case.protocols[0])
        fit, test = split.parts["fit"], split.parts["test"]
        label = split.labels("test")
        mixed_fit, mixed_test = at_random(split)
        for name, place in PLACES.items():
            honest = _found(pool, place, fit, test, label)
            mixed = np.asarray(split.classes[mixed_test] == abnormal, np.int64)
            leaky = _found(pool, place, mixed_fit, mixed_test, mixed)
            yield Pair(
                use_case=case.name,
                abnormal=abnormal,
                what=name,
                honest=honest.auprc,
                leaky=leaky.auprc,
                honest_base_rate=honest.base_rate,
                leaky_base_rate=leaky.base_rate,
                n=honest.n,
            )


def at_random(split: Split) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As many fit windows, test normals and test anomalies as a split has, whoever's they are."""
    rng = np.random.default_rng(SEED)
    odd = split.classes == split.abnormal
    normals, anomalies = (rng.permutation(np.flatnonzero(which)) for which in (~odd, odd))
    n_fit, n_odd = len(split.parts["fit"]), int(split.labels("test").sum())
    n_normal = len(split.parts["test"]) - n_odd
    test = np.concatenate([normals[n_fit : n_fit + n_normal], anomalies[:n_odd]])
    return np.sort(normals[:n_fit]), np.sort(test)


def _found(
    pool: Pool,
    place: Callable[[Rows], FloatArray],
    fit: NDArray[np.int64],
    test: NDArray[np.int64],
    label: NDArray[np.int64],
) -> Summary:
    judge = nearest_detector(pool.rows(fit, RAW), place)
    return evaluation.summary(label, judge(pool.rows(test, RAW)).score)
