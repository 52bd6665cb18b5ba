"""Runs in files: written, read, and the ones that ship."""

from __future__ import annotations

import math
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

from wganad_core import pretrained, storage
from wganad_core.__main__ import make_parser
from wganad_core.commands.train import settings_of
from wganad_core.config import LaneConfig, MixtureConfig, NetworkConfig, TrainingConfig
from wganad_core.data.mixture import make_mixture
from wganad_core.methods import networks_of
from wganad_core.pretrained import SHIPPED, RecordedRun, load_run, save_run, shipped_run
from wganad_core.records import (
    HISTORY,
    FittedRules,
    Frame,
    Normals,
    Plane,
    Replay,
    Rule,
    from_nibbles,
    half,
    in_nibbles,
    on_grid,
)

SHIPPED_RUNS = sorted((SHIPPED / "mixture").glob("*.safetensors"))
LANE = LaneConfig(
    network=NetworkConfig(width=4, depth=1), training=TrainingConfig(method="wgan-clip", steps=20)
)


def small_run() -> RecordedRun:
    recording = Replay()
    for step in (0, 10, 20):
        values = np.float32(step)
        frame = Frame(
            step=step,
            samples=np.full((6, 2), values / 16, np.float32),
            field=np.full((3, 3), -values, np.float32),
            slope=np.full((3, 3), values, np.float32),
            optimal=np.full((2, 2), 0.5, np.float32),
            arrows=np.zeros((2, 4), np.float32),
            manifold=np.ones((2, 2, 2), np.float32),
            counts=np.array([1, 2, 3], np.float32),
        )
        recording.add(frame, {"step": step, "w_estimate": step / 8})
    recording.note("step 10: 93% of samples on mode 2")
    weights = {
        step: networks_of("wgan-gp", LANE.network, torch.Generator().manual_seed(step)).arrays()
        for step in (2, 20)  # the name of one begins with that of the other
    }
    return RecordedRun(
        mixture=MixtureConfig(n_modes=3, seed=5),
        lane=LANE,
        recording=recording,
        weights=weights,
        metrics={"wasserstein": 0.25, "n_covered": 3},
        command="python -m wganad_core train mixture --method wgan-clip",
    )


def test_a_run_survives(tmp_path: Path) -> None:
    run, path = small_run(), tmp_path / "mixture" / "run.safetensors"
    save_run(run, path)
    found = load_run(path)
    assert (found.mixture, found.lane) == (run.mixture, run.lane)
    assert (found.metrics, found.command) == (run.metrics, run.command)
    assert found.recording.events == run.recording.events
    assert [frame.step for frame in found.recording.frames] == [0, 10, 20]
    for one, other in zip(found.recording.frames, run.recording.frames, strict=True):
        for name, value in other.arrays().items():
            np.testing.assert_array_equal(one.arrays()[name], value)
    assert found.recording.column("w_estimate").tolist() == [0, 1.25, 2.5]
    assert list(found.weights) == [2, 20]
    for step, weights in run.weights.items():
        assert found.weights[step].keys() == weights.keys()
        for name, array in weights.items():
            assert np.array_equal(found.weights[step][name], array)
            assert found.weights[step][name].dtype == np.float32


def test_stored_weights_are_the_networks(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    save_run(small_run(), path)
    weights = load_run(path).weights
    networks = networks_of("wgan-gp", LANE.network, torch.Generator())
    sums = []
    for step in (2, 20):
        networks.load_arrays(weights[step])
        sums.append(networks.checksum())
        fresh = networks_of("wgan-gp", LANE.network, torch.Generator().manual_seed(step))
        assert sums[-1] == fresh.checksum()
    assert sums[0] != sums[1]


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    with pytest.raises(storage.StorageError, match="cannot be read"):
        load_run(path)
    storage.save(path, "checkpoint", {}, {})
    with pytest.raises(storage.StorageError, match="holds a checkpoint; expected a run"):
        load_run(path)
    save_run(small_run(), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(storage.StorageError, match="damaged"):
        load_run(path)


@pytest.mark.parametrize("with_peers", [False, True])
def test_rules_survive(with_peers: bool, tmp_path: Path) -> None:
    """To float32's rounding, as points lie on the grid that is stored."""
    rng, path = np.random.default_rng(0), tmp_path / "4" / "ours.safetensors"
    points = {name: on_grid(rng.normal(size=(7, 3))) for name in ("critic", "axes")}
    normals, axes = Normals(points, k=3), None
    if with_peers:
        levels = rng.normal(size=7).astype(np.float32)
        normals = Normals(points, 3, {"near-axes": levels}, n_peers=5)
        axes = rng.normal(size=(2, 3)).astype(np.float16).astype(np.float32)
    rule = Rule(("critic",), {"critic": 0.5}, {"critic": 2.0})
    pretrained.save_rules(FittedRules((-1.5, 2.25), normals, {"ours": rule}, axes), path)
    found = pretrained.load_rules(path)
    assert found.normals is not None
    assert (found.critic_range, found.rules) == ((-1.5, 2.25), {"ours": rule})
    assert (found.normals.k, found.normals.n_peers) == (3, 5 if with_peers else 0)
    assert found.normals.points.keys() == points.keys()
    for name, value in points.items():
        np.testing.assert_allclose(found.normals.points[name], value, rtol=1e-6)
    assert found.normals.levels.keys() == normals.levels.keys()
    for name, level in normals.levels.items():
        assert np.array_equal(found.normals.levels[name], level)
    assert (found.axes is None) == (axes is None)
    assert axes is None or found.axes is None or np.array_equal(found.axes, axes)


def test_rules_of_four_bits_survive_and_take_half_the_room(tmp_path: Path) -> None:
    """Points along a plane, whose coordinates have an odd number and steps of their own."""
    rng, sizes = np.random.default_rng(1), {}
    raw = (rng.normal(size=(2_000, 9)) * ([1e3, 1, 1e-3] * 3)).astype(np.float32)
    plane = Plane(*(half(rng.normal(size=shape)).astype(np.float32) for shape in ((40,), (9, 40))))
    for bits in (4, 8):
        points, path = {"critic": on_grid(raw, bits)}, tmp_path / f"{bits}.safetensors"
        normals = Normals(points, k=3, planes={"critic": plane}, bits=bits)
        pretrained.save_rules(FittedRules(None, normals, {}), path)
        sizes[bits] = path.stat().st_size
        found = pretrained.load_rules(path).normals
        assert found is not None
        assert found.bits == bits
        np.testing.assert_allclose(found.points["critic"], points["critic"], rtol=1e-6)
        assert np.array_equal(found.planes["critic"].centre, plane.centre)
        assert np.array_equal(found.planes["critic"].directions, plane.directions)
        off = np.abs(points["critic"] - raw).max(axis=0)
        assert (off <= 0.501 * np.abs(raw).max(axis=0) / (2 ** (bits - 1) - 1)).all()
    assert sizes[8] - sizes[4] == 2_000 * (9 - 5)


def test_nibbles_by_hand() -> None:
    """−8 is 1000 in binary, −1 is 1111; the first of two is the low half of a byte."""
    numbers = np.array([[-8, 7, -1], [0, 1, 2]])
    packed = in_nibbles(numbers)
    assert packed.tolist() == [[0x78, 0x0F], [0x10, 0x02]]
    assert from_nibbles(packed, 3).tolist() == numbers.tolist()


def test_points_that_are_on_no_grid_are_not_stored(tmp_path: Path) -> None:
    normals = Normals({"critic": np.zeros((2, 2), np.float32)}, k=1, bits=32)
    with pytest.raises(ValueError, match="on a grid"):
        pretrained.save_rules(FittedRules(None, normals, {}), tmp_path / "ours.safetensors")


def test_runs_ship_beside_the_code() -> None:
    root = Path(pretrained.__file__).resolve().parents[1]
    assert shipped_run("wgan-gp") == root / "pretrained" / "mixture" / "wgan-gp.safetensors"


@pytest.fixture
def _shipped() -> None:
    if not SHIPPED.is_dir():
        pytest.skip("Nothing ships yet: there is no folder pretrained/.")


@pytest.mark.usefixtures("_shipped")
def test_the_three_methods_ship() -> None:
    assert {"gan", "wgan-clip", "wgan-gp"} <= {path.stem for path in SHIPPED_RUNS}
    for path in SHIPPED_RUNS:
        assert path.suffix == ".safetensors"


@pytest.mark.usefixtures("_shipped")
def test_what_ships_is_small() -> None:
    sizes = [path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()]
    assert 0 < sum(sizes) < 75e6


@pytest.mark.usefixtures("_shipped")
@pytest.mark.parametrize("path", SHIPPED_RUNS, ids=lambda path: path.name)
def test_a_shipped_run_is_whole(path: Path) -> None:
    run = load_run(path)
    networks = networks_of("wgan-gp", run.lane.network, torch.Generator())
    expected = {name: array.shape for name, array in networks.arrays().items()}
    assert run.weights
    for weights in run.weights.values():
        assert {name: array.shape for name, array in weights.items()} == expected
        networks.load_arrays(weights)
    steps = [frame.step for frame in run.recording.frames]
    assert len(steps) > 1
    assert steps == sorted(set(steps))
    assert steps[-1] == max(run.weights)
    assert run.recording.column("step")[-1] == steps[-1]
    assert len(run.recording.history[0]) == len(HISTORY)
    for frame in run.recording.frames:
        assert np.isfinite(frame.samples).all()
    n_modes = len(make_mixture(run.mixture.replace(n_samples=2)).modes)
    assert run.recording.frames[-1].counts.shape == (n_modes,)


@pytest.mark.usefixtures("_shipped")
@pytest.mark.parametrize("path", SHIPPED_RUNS, ids=lambda path: path.name)
def test_a_shipped_run_says_how_good_it_is_and_how_to_train_it_again(path: Path) -> None:
    run = load_run(path)
    assert all(math.isfinite(value) for value in run.metrics.values())
    assert {"wasserstein", "n_covered", "share_inside"} <= run.metrics.keys()
    words = shlex.split(run.command)
    assert words[:3] == ["python", "-m", "wganad_core"]
    mixture, lane, points = settings_of(make_parser().parse_args(words[3:]))
    assert (mixture, lane, points) == (run.mixture, run.lane, None)
