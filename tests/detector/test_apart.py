"""A clump among the rows to learn from is told of, where nobody said that some are anomalies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.preprocessing import RobustScaler

from tests.benchmarks.contamination import table
from wganad_core import WGANAnomalyDetector
from wganad_core.detector.robust import apart
from wganad_core.records import FloatArray

Rows = NDArray[np.float64]
RNG = np.random.default_rng(0)
WITHOUT: dict[str, Callable[[], Rows]] = {
    "no anomalies": lambda: table("clump", 0, 1)[0],
    "anomalies far from each other": lambda: table("mix", 0.05, 1)[0],
    "three clusters": lambda: datasets.make_blobs(900, 5, centers=3, random_state=0)[0],
    "moons": lambda: datasets.make_moons(900, noise=0.1, random_state=0)[0],
    "long tails": lambda: RNG.standard_t(1, size=(1500, 4)),
    "lopsided": lambda: RNG.lognormal(0, 1.5, size=(1500, 4)),
    "whole numbers": lambda: RNG.integers(0, 4, (900, 4)).astype(float),
    "mostly the same": lambda: np.where(RNG.random((900, 4)) < 0.05, RNG.random((900, 4)), 0.0),
    "breast cancer": lambda: datasets.load_breast_cancer().data,
    "digits": lambda: datasets.load_digits().data[:600],
    "a few rows": lambda: RNG.normal(size=(12, 3)),
}


def in_units(x: Rows) -> FloatArray:
    return np.asarray(RobustScaler().fit_transform(x), np.float32)


@pytest.mark.parametrize("share", [0.005, 0.02, 0.1])
def test_a_clump_is_found_whole_and_alone(share: float) -> None:
    rng, n = np.random.default_rng(0), round(2000 * share)
    x = rng.normal(size=(2000, 6)) @ rng.normal(size=(6, 6))
    x[:n] = 4 * x.std(axis=0) + 0.1 * rng.normal(size=(n, 6))
    assert apart(in_units(x)).tolist() == list(range(n))


@pytest.mark.parametrize("name", WITHOUT)
def test_other_tables_have_none(name: str) -> None:
    assert not len(apart(in_units(WITHOUT[name]())))


def test_a_fit_says_so_and_what_to_do() -> None:
    x = table("clump", 0.02, 0)[0]
    settings = {"steps": 2, "width": 8, "random_state": 0}
    one = WGANAnomalyDetector(**settings).fit(x)
    assert len(one.apart_) == 40
    warning = one.advice_.warning or ""
    assert "40 of 2,000 rows (2%) lie together, apart from all others" in warning
    assert "suspect_share=0.02" in warning
    told = WGANAnomalyDetector(**settings, suspect_share=0.02).fit(x)
    assert set(one.apart_) == set(told.set_aside_)
    assert "lie together" not in (told.advice_.warning or "")


def test_of_many_rows_the_share_is_that_of_those_looked_at() -> None:
    x = np.concatenate([table("clump", 0.05, seed)[0] for seed in (0, 0, 0)])
    one = WGANAnomalyDetector(steps=2, width=8, random_state=0).fit(x)
    assert abs(one.apart_share_ - 0.05) < 0.015
    assert f"of 2,000 rows ({100 * one.apart_share_:.2g}%) lie together" in str(one.advice_.warning)
