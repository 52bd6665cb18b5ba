"""Images judged where they are oddest (not in the paper), which small defects need: the mean over
all pixels hides a scratch.

Two pieces of evidence, each in the units of normal images that had no part in it, and the larger
one counts:

- `residual`: what the main axes (PCA) do not rebuild, squared, over how large it usually is there,
  as the largest mean over 5 × 5 pixels. It sees where a part is missing or misplaced.
- `patches`: the largest distance of a patch of 8 × 8 pixels, along whitened axes, to the nearest
  patches of normals, wherever they are. It sees what no normal has anywhere, also where the
  texture is new every time.

How it was chosen: on four made-up families of pictures with fifteen kinds of defects between them
(`python -m tests.benchmarks.pictures`); the published cases 16 and 17 had no say, as all judges
find them. Mean AUROC in % at 64 pixels in colour, 48 normals: PCA's mean residual 76, the piece
`residual` 95 (it passes over a scratch on brushed metal, 42), `patches` 86 (a part that is missing,
47), the larger of both 98; their mean did worse than the larger in a first try. Pixels of the
published cases with masks made from the pictures: AUROC 99.9 and PRO 99.6, PCA's residual 99.99
and 99.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from wganad_core.config import AnyNetworkConfig, ConfigError, ImageConfig
from wganad_core.methods.bundle import Bundle
from wganad_core.methods.neighbours import nearest
from wganad_core.methods.plain import Parts, PlainScore, fitted_parts, principal_axes
from wganad_core.methods.registry import scores
from wganad_core.methods.score import Verdict, batched, joined
from wganad_core.records import FittedRules, FloatArray

NAME = "local"
WINDOW = 5  # pixels a side over which residuals are averaged
EDGE, STEP = 8, 4  # pixels of a patch, and from one patch to the next
N_AXES, N_NEAREST = 24, 3  # along which patches are compared, and to how many
N_PATCHES, N_SEEN = 4_000, 20_000  # of normals that are kept, and that axes are found on
FLOOR, MIXED = 0.5, 0.1  # of the median spread, of the mean variance: what divides is no less
FAINT = 1e-12
N_MAIN = 64  # main axes at most
LEAST = 0.01  # of a logarithm's spread
N_MEASURED = 400  # images that spread and units are of
PARTS = (
    "centre",
    "components",
    "spread",
    "patches",
    "patch_centre",
    "patch_axes",
    "patch_units",
    "units",
)
Shape = tuple[int, int, int]


@scores(NAME, needs=[], wants=fitted_parts(*PARTS))
class LocalScore(PlainScore):
    """The larger of two logarithms, in units of how normal images spread."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.shape = shape_of_images(bundle.config)
        side, _, channels = self.shape
        self.centre, self.components = self._kept("centre"), self._kept("components")
        self.spread = self._kept("spread")  # (side, side): of squared residuals
        self.patches = self._kept("patches")  # (m, axes + 1): along axes, and what is off them
        self.patch_centre, self.patch_axes = self._kept("patch_centre"), self._kept("patch_axes")
        self.patch_units = self._kept("patch_units")  # (axes + 1,)
        self.units = self._kept("units")  # (2, 2): centre and spread of each logarithm
        n_values, n_axes = EDGE**2 * channels, len(self.patch_axes)
        wanted = {
            "centre": (side**2 * channels,),
            "components": (len(self.components), side**2 * channels),
            "spread": (side, side),
            "patches": (len(self.patches), n_axes + 1),
            "patch_units": (n_axes + 1,),
            "patch_centre": (n_values,),
            "patch_axes": (n_axes, n_values),
            "units": (2, 2),
        }
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape or not len(self.patches):
                raise ValueError(f"its {name} does not fit images of {side} × {side}")
        self.n_references = ((side - EDGE) // STEP + 1) ** 2 * len(self.patches)
        self.register_buffer("places", torch.from_numpy(places_of(self.shape)), persistent=False)
        self.averaging = nn.Parameter(averaging(side), requires_grad=False)
        self.spreading = nn.Parameter(spreading(side), requires_grad=False)

    def forward(self, x: Tensor) -> Verdict:
        rebuilt = self._rebuilt(x)
        maps = self.averaged(self.residuals(x)), self.far(x)
        terms = {
            name: self._in_units(found.flatten(1).amax(dim=1), at)
            for at, (name, found) in enumerate(zip(("residual", "patches"), maps, strict=True))
        }
        return Verdict(torch.maximum(terms["residual"], terms["patches"]), terms, rebuilt)

    def where(self, x: Tensor) -> Tensor:
        """How odd it is around each pixel (n, 1, side, side), in the units of the score."""
        far = self.spreading @ self.far(x) @ self.spreading.T
        maps = self.averaged(self.residuals(x)), far
        return torch.maximum(*(self._in_units(found, at) for at, found in enumerate(maps)))

    def pixels(self, x: Tensor) -> Tensor:
        """How odd each pixel is (n, 1, side, side), from 0 up: how odd it is around it, by as much
        as it is odd itself, so that defects keep their edges."""
        return functional.softplus(self.where(x)) * self.residuals(x).log1p()

    def _in_units(self, found: Tensor, at: int) -> Tensor:
        return (found.clamp(min=FAINT).log() - self.units[at, 0]) / self.units[at, 1]

    def _rebuilt(self, x: Tensor) -> Tensor:
        off = x - self.centre
        return off @ self.components.T @ self.components + self.centre

    def residuals(self, x: Tensor) -> Tensor:
        """(n, 1, side, side): squared, over colours their mean, over how large they usually are."""
        apart = (x - self._rebuilt(x)).square().view(-1, *self.shape).mean(dim=3)
        return (apart / self.spread)[:, None]

    def far(self, x: Tensor) -> Tensor:
        """(n, 1, g, g): the mean distance of each patch to the nearest of normals."""
        places = self.get_buffer("places")
        seen = x[:, places.flatten()].view(-1, len(self.patch_centre)) - self.patch_centre
        found = along_axes(seen, self.patch_axes) / self.patch_units
        k, g = min(N_NEAREST, len(self.patches)), math.isqrt(len(places))
        return nearest(found, self.patches, k)[0].mean(dim=1).view(len(x), 1, g, g)

    def averaged(self, maps: Tensor) -> Tensor:
        """(n, 1, side, side) → the same, each pixel the mean of those around it."""
        return self.averaging @ maps @ self.averaging.T


def along_axes(patches: Tensor, axes: Tensor) -> Tensor:
    """Centred patches (m, p) along axes (k, p), and how far they lie off them: (m, k + 1)."""
    along = patches @ axes.T
    off = patches.square().sum(dim=1) - along.square().sum(dim=1)
    return torch.cat([along, off.clamp(min=0).sqrt()[:, None]], dim=1)


def places_of(shape: Shape) -> NDArray[np.int64]:
    """Where the values of each patch are in a row: (g·g, 8·8·channels)."""
    at = np.arange(np.prod(shape)).reshape(shape)
    found = np.lib.stride_tricks.sliding_window_view(at, (EDGE, EDGE), axis=(0, 1))
    return found[::STEP, ::STEP].reshape(-1, EDGE**2 * shape[2])


def averaging(side: int) -> Tensor:
    """Of a line of pixels, the mean of `WINDOW` neighbours, fewer at the ends, as a matrix."""
    at = torch.arange(side)
    near = ((at[:, None] - at).abs() <= WINDOW // 2).double()
    return near / near.sum(dim=1, keepdim=True)


def spreading(side: int) -> Tensor:
    """From patches along a line to its pixels (side, g): between two patches' middles as near as
    to each, beyond the outer ones as there."""
    middles = torch.arange((side - EDGE) // STEP + 1) * STEP + (EDGE - 1) / 2
    at = ((torch.arange(side) - middles[0]) / STEP).clamp(0, len(middles) - 1).double()
    return (1 - (at[:, None] - torch.arange(len(middles))).abs()).clamp(min=0)


def shape_of_images(config: AnyNetworkConfig) -> Shape:
    """(side, side, channels). Raises `ConfigError` for what are no images."""
    if not isinstance(config, ImageConfig):
        raise ConfigError(f"score_method={NAME!r} is of images; choose another one.")
    return config.side, config.side, config.channels


def fit_local(x: FloatArray, config: AnyNetworkConfig, n_references: int, seed: int) -> Parts:
    """What `LocalScore` keeps of normal images (n, d). Spread and units are those of each half by
    what the other half taught. Raises `ConfigError` for rows that are no images."""
    shape = shape_of_images(config)
    halves = np.array_split(np.random.default_rng(seed).permutation(len(x))[:N_MEASURED], 2)
    apart, far = [], []
    for mine, others in (halves, halves[::-1]):
        taught = _taught(x[others], shape, n_references, seed)
        score = LocalScore(_bundle(config, taught))
        apart.append(local_maps(score, score.residuals, x[mine]))
        far.append(local_maps(score, score.far, x[mine]).max(axis=(1, 2)))
    every = np.concatenate(apart)
    line = averaging(shape[0]).numpy()
    usual = line @ every.mean(axis=0) @ line.T
    spread = np.maximum(usual, max(FLOOR * float(np.median(usual)), FAINT))
    near = (line @ (every / spread) @ line.T).max(axis=(1, 2))
    units = [_unit(values) for values in (near, np.concatenate(far))]
    taught = _taught(x, shape, n_references, seed)
    return {**taught, "spread": spread, "units": np.array(units)}


def _bundle(config: AnyNetworkConfig, parts: Parts) -> Bundle:
    return Bundle(config, {}, FittedRules(plain=parts))


def local_maps(score: LocalScore, made: Callable[[Tensor], Tensor], x: FloatArray) -> FloatArray:
    """What a part of the score makes of images (n, d), one map each (n, h, w), in batches."""
    return joined(batched(_Of(score, made), x, score.n_references))[:, 0]


class _Of(nn.Module):
    """A part of a score, as a module of its own."""

    def __init__(self, score: LocalScore, made: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.score, self.made = score, made

    def forward(self, x: Tensor) -> Tensor:
        return self.made(x)


def _unit(values: NDArray[Any]) -> tuple[float, float]:
    logs = np.log(np.maximum(values, FAINT))
    return float(np.median(logs)), max(float(logs.std()), LEAST)


def _taught(x: FloatArray, shape: Shape, n_references: int, seed: int) -> Parts:
    side = shape[0]
    whole = principal_axes(x, n_references, seed)
    return {
        "centre": whole["centre"].astype(np.float32),
        "components": whole["components"][:N_MAIN].astype(np.float32),
        "spread": np.ones((side, side), np.float32),
        "units": np.array([[0.0, 1.0], [0.0, 1.0]]),
        **_patches(x.reshape(len(x), *shape), seed),
    }


def _patches(images: FloatArray, seed: int) -> Parts:
    """Some patches from anywhere, along whitened axes."""
    from sklearn.decomposition import PCA

    places = places_of(images.shape[1:])
    n = len(images) * len(places)
    chosen = np.random.default_rng(seed).permutation(n)[:N_SEEN]
    of, which = np.divmod(chosen, len(places))
    some = images.reshape(len(images), -1)[of[:, None], places[which]]
    with np.errstate(invalid="ignore"):  # of patches that are all the same
        found = PCA(min(N_AXES, *some.shape), svd_solver="covariance_eigh").fit(some)
    variance, axes = found.explained_variance_, found.components_
    along = along_axes(*map(torch.from_numpy, (some - found.mean_, axes))).numpy()
    units = np.append(np.sqrt(variance + MIXED * variance.mean()), along[:, -1].std())
    units = np.maximum(units, FAINT)
    return {
        "patches": (along[:N_PATCHES] / units).astype(np.float32),
        "patch_centre": found.mean_.astype(np.float32),
        "patch_axes": axes.astype(np.float32),
        "patch_units": units.astype(np.float32),
    }
