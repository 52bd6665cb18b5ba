"""The mixture's evaluation points and score table: what they should hold by another definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.spatial.distance import cdist
from scipy.stats import binom, chi2, multivariate_normal

from wganad_core import pretrained
from wganad_core.__main__ import main
from wganad_core.config import MixtureConfig
from wganad_core.data import mixture
from wganad_core.data.mixture import Mixture

RUNS = ["gan", "wgan-clip", "wgan-gp", "wgan-gp-paper"]
EVERY_RUN = ["critic", "critic-interval", "generator"]


@pytest.fixture(scope="module")
def ring() -> Mixture:
    return mixture.make_mixture(mixture.SCORED)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_parquet(pretrained.scores_path("mixture", "outside"))


def one(table: pd.DataFrame, model: str, detector: str, part: str = "test") -> pd.DataFrame:
    rows = (table.model == model) & (table.detector == detector) & (table.part == part)
    return table[rows].reset_index(drop=True)


# The points


def test_points_are_the_same_whenever_they_are_drawn(ring: Mixture):
    first, second = mixture.evaluation_set(ring), mixture.evaluation_set(ring)
    for name in ("points", "label", "mode", "calibration"):
        assert_array_equal(getattr(first, name), getattr(second, name))
    assert len(first.points) == 12_000
    other = mixture.evaluation_set(ring, seed=24)
    assert not np.isin(other.points, first.points).all(axis=1).any()


def test_anomalies_are_what_is_farther_than_three_sigma_from_every_mode(ring: Mixture):
    found = mixture.evaluation_set(ring)
    distance = cdist(found.points, ring.modes)
    assert_array_equal(found.label, (distance > 3 * ring.sigma).all(axis=1))
    assert_array_equal(found.mode, distance.argmin(axis=1))
    assert (cdist(found.calibration, ring.modes).min(axis=1) <= 3 * ring.sigma).all()


def test_as_many_fall_outside_as_geometry_says(ring: Mixture):
    """Of a round Gaussian e^(−4.5) is beyond 3σ; of the box, all but seven discs."""
    found = mixture.evaluation_set(ring)
    beyond = chi2.sf(9, df=2)
    assert beyond == pytest.approx(np.exp(-4.5))
    left, right, bottom, top = ring.box
    discs = 7 * np.pi * (3 * ring.sigma) ** 2 / ((right - left) * (top - bottom))
    counts = {
        (10_000, beyond): found.label[:10_000].sum(),
        (2_000, 1 - discs): found.label[10_000:].sum(),
        (5_000, 1 - beyond): len(found.calibration),
    }
    for (n, share), count in counts.items():
        low, high = binom.interval(0.9999, n, share)
        assert low <= count <= high


def test_without_modes_nothing_is_called_an_anomaly():
    moons = mixture.make_mixture(MixtureConfig(name="moons", n_samples=500))
    found = mixture.evaluation_set(moons, n_normals=100, n_uniform=50, n_calibration=30)
    assert (len(found.points), len(found.calibration)) == (100, 30)
    assert not found.label.any()
    assert not found.mode.any()


def test_ids_tell_points_apart():
    points = np.array([[0, 0], [0, 1], [1, 0], [0, 0], [-0.0, 0]], np.float32)
    ids = mixture.sample_ids(points)
    assert [len(name) for name in ids] == [16] * 5
    assert len(set(ids.tolist())) == 4  # −0 is other bytes than 0
    assert ids[0] == ids[3]
    assert_array_equal(ids, mixture.sample_ids(points.astype(np.float64)))


# The table


@pytest.mark.no_cover
def test_the_command_writes_the_table_that_ships(table: pd.DataFrame, tmp_path: Path, capsys):
    assert main(["score", "mixture", "--out", str(tmp_path)]) == 0
    assert "90,688 scores of 13 detectors" in capsys.readouterr().err
    made = pd.read_parquet(tmp_path / "outside.parquet")
    texts = [name for name in table if name != "score"]
    # Categories would be unpacked one by one, for twenty seconds.
    pd.testing.assert_frame_equal(made[texts].astype(object), table[texts].astype(object))
    # Another machine may round differently: by a step of the table, or a float's of f about 2.
    np.testing.assert_allclose(made.score, table.score, rtol=2**-13, atol=2e-6)


def test_every_run_has_its_detectors_and_the_density_stands_once(table: pd.DataFrame):
    found = table.groupby(["model", "detector", "part"], observed=True).size().unstack("part")
    expected = {(run, name) for run in RUNS for name in EVERY_RUN} | {("none", "density")}
    assert set(found.index) == expected
    assert (found.test == 5_000).all()
    assert (found.fit == 2).all()
    assert found.calibration.nunique() == 1
    assert set(table.use_case) == {"mixture"}
    assert set(table.protocol) == {"test"}
    assert set(table.abnormal) == {"outside"}
    assert set(table.subject) == {""}
    seeds = table.groupby("model", observed=True).seed.unique()
    for run in RUNS:
        trained = pretrained.load_run(pretrained.shipped_run(run)).lane.training
        assert set(seeds[run]) == {trained.seed}


def test_samples_are_the_drawn_points(table: pd.DataFrame, ring: Mixture):
    drawn = mixture.scored_points(ring)
    for model, detector in [
        *((run, name) for run in RUNS for name in EVERY_RUN),
        ("none", "density"),
    ]:
        test, calibration = (one(table, model, detector, p) for p in ("test", "calibration"))
        assert_array_equal(test.sample_id, mixture.sample_ids(drawn.points))
        assert_array_equal(calibration.sample_id, mixture.sample_ids(drawn.calibration))
        assert_array_equal(test.label, drawn.label)
        assert not calibration.label.any()
    distance = cdist(drawn.points, ring.modes)
    inside = distance.min(axis=1) <= 3 * ring.sigma
    names = [
        f"mode {i + 1}" if ok else "outside"
        for i, ok in zip(distance.argmin(axis=1), inside, strict=True)
    ]
    assert test["class"].tolist() == names
    assert set(names) == {"outside", *(f"mode {i}" for i in range(1, 8))}


def test_no_point_was_trained_on(table: pd.DataFrame, ring: Mixture):
    trained = set(mixture.sample_ids(ring.x).tolist())
    fit = set(table.sample_id[table.part == "fit"])
    others = set(table.sample_id[table.part != "fit"])
    assert fit <= trained
    assert not others & trained


def test_the_density_is_scipys(table: pd.DataFrame, ring: Mixture):
    x = mixture.scored_points(ring).points.astype(np.float64)
    parts = [multivariate_normal(mode, ring.sigma**2).logpdf(x) for mode in ring.modes]
    exact = -np.logaddexp.reduce(parts, axis=0) + np.log(len(ring.modes))
    stored = one(table, "none", "density").score
    np.testing.assert_allclose(stored, exact, rtol=2**-13, atol=1e-5)


@pytest.mark.parametrize("run", RUNS)
def test_the_interval_rule_is_the_critic_outside_its_range(table: pd.DataFrame, run: str):
    """Both in one table: f = −critic, and its range over the training set in the fit rows."""
    critic, interval = (one(table, run, name).score.to_numpy(float) for name in EVERY_RUN[:2])
    low, high = np.sort(one(table, run, "critic", "fit").score.to_numpy(float))
    outside = np.maximum(np.maximum(low - critic, critic - high), 0)
    step = 2.0**-13 * np.abs([low, high, *critic]).max()  # of the stored critic
    np.testing.assert_allclose(interval, outside, rtol=2**-13, atol=2 * step)
    far = outside > 2 * step
    assert far.sum() > 100
    assert (interval[far] > 0).all()
    assert (one(table, run, "critic-interval", "fit").score == 0).all()
