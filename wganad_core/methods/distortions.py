"""What may happen to a sample without changing what it is: for contrastive features."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from wganad_core.config import AnyNetworkConfig, ConfigError, ImageConfig, WindowConfig

Distort = Callable[[Tensor, torch.Generator], Tensor]


class Bounds(NamedTuple):
    """Of an affine map of images: radians, pixels, logarithm of the scale, shear."""

    turn: float
    shift: float
    scale: float
    shear: float


AFFINE = Bounds(math.radians(15), 2.0, 0.15, 0.2)

# Of windows: a phone sits a little differently, steps come sooner, quicker, stronger, noisier.
TILT = math.radians(4)
STRONGER, NOISE = 0.1, 0.05
SHORTEST = 0.8  # of a window, stretched to its whole length


def distortion(config: AnyNetworkConfig) -> Distort:
    """The distortions that suit the networks' samples. Raises `ConfigError` if there are none."""
    if isinstance(config, ImageConfig):
        shape = (config.side, config.side, config.channels)
        return functools.partial(distort_images, shape=shape)
    if isinstance(config, WindowConfig) and config.view == "signals":
        return distort_windows
    raise ConfigError("Contrastive features need images or the nine signals of windows.")


def _uniform(n: int, bound: float, rng: torch.Generator) -> Tensor:
    return (2 * torch.rand(n, generator=rng) - 1) * bound


def distort_images(
    x: Tensor,
    rng: torch.Generator,
    bounds: Bounds = AFFINE,
    shape: tuple[int, int, int] = (28, 28, 1),
) -> Tensor:
    """Each image (n, d), of this shape (height, width, channels), through an affine map of its own:
    small shifts, turns, scalings and shears leave a digit what it is."""
    n = len(x)
    turn, shear = _uniform(n, bounds.turn, rng), _uniform(n, bounds.shear, rng)
    scale_x, scale_y = (torch.exp(_uniform(n, bounds.scale, rng)) for _ in range(2))
    shift = bounds.shift * 2 / 28  # in affine_grid's units, the same share of any side
    cos, sin = torch.cos(turn), torch.sin(turn)
    rows = [
        torch.stack([scale_x * cos, scale_y * (shear * cos - sin), _uniform(n, shift, rng)], dim=1),
        torch.stack([scale_x * sin, scale_y * (shear * sin + cos), _uniform(n, shift, rng)], dim=1),
    ]
    maps = torch.stack(rows, dim=1).to(x.device)
    images = x.view(n, *shape).permute(0, 3, 1, 2)  # (n, channels, height, width)
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    moved = functional.grid_sample(images, grid, align_corners=False)
    return moved.permute(0, 2, 3, 1).reshape(n, -1)


def distort_windows(x: Tensor, rng: torch.Generator) -> Tensor:
    """Each window (n, 9·128): its three sensors turned together, by about `TILT` around each axis;
    acceleration and rotation of the body a little stronger or weaker; some noise; and of all that
    a part of at least `SHORTEST`, stretched. Works on the view `signals`, in which a sensor's axes
    share their scale."""
    n = len(x)
    turn = _rotations(TILT * torch.randn(n, 3, generator=rng)).to(x.device)
    strength = torch.ones(n, 3, 1, 1)
    strength[:, :2] = torch.exp(STRONGER * torch.randn(n, 2, 1, 1, generator=rng))
    # (n, sensors, axes, steps)
    turned = (turn[:, None] @ x.view(n, 3, 3, -1)) * strength.to(x.device)
    noisy = turned + NOISE * torch.randn(turned.shape, generator=rng).to(x.device)
    part = 1 - (1 - SHORTEST) * torch.rand(n, generator=rng)
    start = (1 - part) * (2 * torch.rand(n, generator=rng) - 1)
    maps = torch.zeros(n, 2, 3)
    maps[:, 0, 0], maps[:, 0, 2], maps[:, 1, 1] = part, start, 1.0
    size = [n, 9, 1, noisy.shape[-1]]
    grid = functional.affine_grid(maps.to(x.device), size, align_corners=False)
    # Of one row, beyond which there is nothing: so the border counts there.
    moved = functional.grid_sample(
        noisy.reshape(size), grid, padding_mode="border", align_corners=False
    )
    return moved.reshape(n, -1)


def _rotations(vectors: Tensor) -> Tensor:
    """Rotation vectors (n, 3), axis times angle, as matrices (n, 3, 3)."""
    x, y, z = vectors.unbind(dim=1)
    nil = torch.zeros_like(x)
    rows = [torch.stack(row, dim=1) for row in ((nil, -z, y), (z, nil, -x), (-y, x, nil))]
    matrices: Tensor = torch.linalg.matrix_exp(torch.stack(rows, dim=1))
    return matrices
