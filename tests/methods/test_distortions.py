"""What may happen to a sample without changing what it is: its bounds, and what it keeps."""

from __future__ import annotations

import functools
import math

import pytest
import torch
from torch import Tensor

from wganad_core.config import ARCHITECTURES, ConfigError, ImageConfig, NetworkConfig, WindowConfig
from wganad_core.data.mnist import load_sample, vectors
from wganad_core.methods import distortions
from wganad_core.methods.distortions import (
    Bounds,
    distort_images,
    distort_windows,
    distortion,
)

X = vectors(load_sample().images[:60])
STILL = Bounds(0.0, 0.0, 0.0, 0.0)


@pytest.fixture
def _no_distortion(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TILT", "STRONGER", "NOISE"):
        monkeypatch.setattr(distortions, name, 0.0)
    monkeypatch.setattr(distortions, "SHORTEST", 1.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def all_draws(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    """Whatever is drawn, uniform or normal, is this value."""
    for name in ("rand", "randn"):
        drawn = lambda *size, generator: torch.zeros(*size) + value  # noqa: E731
        monkeypatch.setattr(torch, name, drawn)


def test_each_kind_of_sample_has_its_own() -> None:
    chosen = distortion(ImageConfig())
    assert isinstance(chosen, functools.partial)
    assert (chosen.func, chosen.keywords) == (distort_images, {"shape": (28, 28, 1)})
    found = {a: WindowConfig(architecture=a) for a in ARCHITECTURES}
    assert distortion(found["conv"]) is distort_windows
    assert distortion(found["recurrent"]) is distort_windows
    for config in (found["dense"], found["recurrence"], NetworkConfig()):
        with pytest.raises(ConfigError, match="need images or the nine signals of windows"):
            distortion(config)


# Images


def test_no_distortion_of_images_is_the_identity() -> None:
    x = torch.from_numpy(X[:20])
    torch.testing.assert_close(distort_images(x, seeded(), STILL), x, rtol=0, atol=1e-5)


def test_a_shift_by_a_whole_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    all_draws(monkeypatch, 1.0)
    x = torch.from_numpy(X[:5])
    found = distort_images(x, seeded(), STILL._replace(shift=1.0)).view(5, 28, 28)
    expected = torch.zeros(5, 28, 28)
    expected[:, :-1, :-1] = x.view(5, 28, 28)[:, 1:, 1:]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_a_quarter_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    all_draws(monkeypatch, 1.0)
    x = torch.from_numpy(X[:5])
    found = distort_images(x, seeded(), STILL._replace(turn=math.pi / 2)).view(5, 28, 28)
    expected = torch.rot90(x.view(5, 28, 28), 1, dims=(1, 2))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_distorted_images_keep_shape_and_range() -> None:
    x = torch.from_numpy(X[:60])
    found = distort_images(x, seeded())
    assert found.shape == x.shape
    assert found.dtype == torch.float32
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-5
    assert torch.equal(x, torch.from_numpy(X[:60]))
    change = (found - x).square().sum(dim=1)
    assert (change > 0.1).all()  # every image is moved
    # but a digit stays what it is: most of its ink is still there
    assert (found.sum(dim=1) / x.sum(dim=1) > 0.5).all()


# Windows


def waves(n: int, seed: int = 0) -> Tensor:
    """Windows (n, 9·128) of smooth waves of up to 1.5 Hz about levels of their own."""
    rng = seeded(seed)
    time = torch.arange(128) / 50
    hertz, phase, level = (torch.rand(n, 9, 1, generator=rng) for _ in range(3))
    signals = 2 * level - 1 + torch.sin(2 * math.pi * (1.5 * hertz * time + phase))
    return signals.reshape(n, -1)


def as_vectors(x: Tensor) -> Tensor:
    """(n, 9·128) → (n, 3 sensors, 128 steps, 3 axes)."""
    return x.view(len(x), 3, 3, 128).transpose(2, 3)


@pytest.mark.usefixtures("_no_distortion")
def test_no_distortion_of_windows_is_the_identity() -> None:
    x = waves(20)
    torch.testing.assert_close(distort_windows(x, seeded()), x, rtol=0, atol=1e-5)


@pytest.mark.usefixtures("_no_distortion")
def test_a_tilt_turns_all_three_sensors_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distortions, "TILT", math.radians(4))
    x = waves(200)
    before, after = as_vectors(x), as_vectors(distort_windows(x, seeded()))
    torch.testing.assert_close(after.norm(dim=3), before.norm(dim=3), rtol=0, atol=2e-5)
    # One rotation for the window: angles between vectors of any sensors and times stay too.
    flat = [v[:20].reshape(20, -1, 3).double() for v in (before, after)]
    one, other = (v @ v.transpose(1, 2) for v in flat)
    torch.testing.assert_close(one, other, rtol=0, atol=1e-4)
    # It takes vectors by up to the length of three normal draws: √8/π · 2 standard deviations.
    cosine = torch.cosine_similarity(before, after, dim=3)
    angle = torch.rad2deg(torch.arccos(cosine.clamp(-1, 1))).amax(dim=(1, 2))
    assert angle.mean() == pytest.approx(4 * math.sqrt(8 / math.pi), rel=0.1)
    assert len({round(a, 3) for a in angle.tolist()}) > 150  # each its own


def test_rotation_vectors_by_hand() -> None:
    vectors = torch.tensor([[0, 0, math.pi / 2], [math.pi, 0, 0], [0, 0, 0]])
    expected = torch.tensor(
        [
            [[0.0, -1, 0], [1, 0, 0], [0, 0, 1]],  # a quarter turn about z takes x to y
            [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
            [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        ]
    )
    torch.testing.assert_close(distortions._rotations(vectors), expected, rtol=0, atol=1e-6)


@pytest.mark.usefixtures("_no_distortion")
@pytest.mark.parametrize(("draw", "first", "last"), [(1.0, 25.6, 128), (0.5, 6.4, 121.6)])
def test_a_part_is_stretched(
    draw: float, first: float, last: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all draws are 1 the part is the shortest, at the very end; at one half it is nine
    tenths, in the middle. Steps are counted from their left edges."""
    monkeypatch.setattr(distortions, "SHORTEST", 0.8)
    all_draws(monkeypatch, draw)
    ramp = torch.arange(128.0).expand(2, 9, 128).reshape(2, -1)
    found = distort_windows(ramp, seeded()).view(2, 9, 128)
    edges = torch.linspace(first, last, 129)
    expected = ((edges[1:] + edges[:-1]) / 2 - 0.5).clamp(0, 127).expand(2, 9, 128)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)


@pytest.mark.usefixtures("_no_distortion")
def test_only_movement_becomes_stronger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distortions, "STRONGER", 0.1)
    x = waves(5)
    all_draws(monkeypatch, 1.0)
    found = distort_windows(x, seeded()).view(5, 9, 128) / x.view(5, 9, 128)
    known = x.view(5, 9, 128).abs() > 0.1
    expected = torch.tensor([math.exp(0.1)] * 6 + [1.0] * 3)[None, :, None].expand(5, 9, 128)
    torch.testing.assert_close(found[known], expected[known], rtol=0, atol=2e-4)


@pytest.mark.usefixtures("_no_distortion")
def test_noise_has_its_standard_deviation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distortions, "NOISE", 0.02)
    x = waves(20)
    noise = distort_windows(x, seeded()) - x
    assert noise.std().item() == pytest.approx(0.02, rel=0.02)  # 23,040 draws: four sigma
    assert abs(noise.mean().item()) < 6e-4


def test_distorted_windows_keep_shape_and_likeness() -> None:
    x = waves(60)
    before = x.clone()
    found = distort_windows(x, seeded())
    assert found.shape == x.shape
    assert found.dtype == torch.float32
    assert torch.equal(x, before)
    change = (found - x).square().mean(dim=1)
    assert (change > 0.05**2 * 1.2).all()  # every window is moved, not only made noisy
    # and a window is still more like itself than like another
    others = (found - x.roll(1, 0)).square().mean(dim=1)
    assert (change < others).float().mean() > 0.95


@pytest.mark.parametrize("distort", [distort_images, distort_windows])
def test_distortions_are_a_function_of_the_random_state(distort: distortions.Distort) -> None:
    x = torch.from_numpy(X[:10]) if distort is distort_images else waves(10)
    torch.manual_seed(5)
    one = distort(x, seeded(3))
    torch.manual_seed(6)
    assert torch.equal(distort(x, seeded(3)), one)
    assert not torch.equal(distort(x, seeded(4)), one)
    rng = seeded(3)
    distort(x, rng)
    assert not torch.equal(distort(x, rng), one)


@pytest.mark.parametrize("distort", [distort_images, distort_windows])
def test_copies_of_one_sample_are_distorted_differently(distort: distortions.Distort) -> None:
    sample = torch.from_numpy(X[:1]) if distort is distort_images else waves(1)
    one, other, third = distort(sample.repeat(3, 1), seeded())
    assert not torch.equal(one, other)
    assert not torch.equal(other, third)
