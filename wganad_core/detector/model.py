"""What a fit leaves behind, and the detectors that are made of it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core import scoring
from wganad_core.config import AnyNetworkConfig, NetworkConfig
from wganad_core.detector.networks import rebuilt
from wganad_core.detector.scaler import Scaler
from wganad_core.detector.settings import METHODS, Settings
from wganad_core.networks.image import JointDiscriminator
from wganad_core.records import FloatArray, Normals, Rule
from wganad_core.scoring.evidence import SIGNED, Sources, evidence, spaces_of, with_levels

# The pieces of evidence that are joined, by kind of networks. How those for rows were chosen is
# told in `estimator`; those for images are the purely-WGAN rule that ships for MNIST.
OURS: dict[str, dict[str, tuple[str, ...]]] = {
    "dense": {
        "ours": ("near-axes/axes", "residual/axes"),
        "ours-wgan": ("residual", "izi"),
    },
    "image": {
        "ours": ("critic", "relative", "near-encoder", "near-critic"),
        "ours-wgan": ("critic", "relative", "izi"),
    },
}
MAX_AXES = 256  # more features than these are compared along as many main axes only
FAINTEST = 0.05  # of the median level of normals
N_PEERS = 50  # nearest normals among which evidence is to be unusual


class Exactly(nn.Module):
    """Hands its input on in double precision, in which a row's score hardly depends on the rows
    that are scored with it."""

    def forward(self, x: Tensor) -> Tensor:
        return x.double()


def exact(network: nn.Module) -> nn.Module:
    """A copy of a network that calculates in double precision."""
    found = copy.deepcopy(network).double()
    return nn.Sequential(Exactly(), *found) if isinstance(found, nn.Sequential) else found


@dataclasses.dataclass(frozen=True)
class Model:
    """Everything that turns rows (n, d) into scores.

    `weights` are named as `Networks.arrays` names them. `axes` (k, d): what standardised rows are
    multiplied with before their nearest of `normals` are sought; `rule`: what is joined how (both
    for `ours` and `ours-wgan` only). `critic_range`: smallest and largest f over the fit rows (for
    `critic-interval` only).
    """

    score_method: str
    network: AnyNetworkConfig
    scaler: Scaler
    weights: Mapping[str, NDArray[Any]]
    axes: FloatArray | None = None
    rule: Rule | None = None
    normals: Normals | None = None
    critic_range: tuple[float, float] | None = None

    def modules(self) -> dict[str, nn.Module]:
        """Fresh networks with these weights, float32, in `eval()` mode: `generator`, and, as the
        score method has them, `critic` and `encoder`."""
        return rebuilt(METHODS[self.score_method], self.network, self.weights)

    def scoring_modules(self) -> dict[str, nn.Module]:
        """`modules`; dense ones calculate in double precision."""
        found = self.modules()
        if isinstance(self.network, NetworkConfig):
            found = {name: exact(module) for name, module in found.items()}
        return found

    def detector(self) -> scoring.Detector:
        """Judges standardised rows."""
        found = self.scoring_modules()
        generator, critic, encoder = (found.get(n) for n in ("generator", "critic", "encoder"))
        n_latent: int = self.network.n_latent
        match self.score_method, generator, critic, encoder:
            case "critic", _, nn.Module(), _:
                return scoring.critic_detector(critic)
            case "critic-interval", _, nn.Module(), _ if self.critic_range is not None:
                return scoring.interval_detector(critic, *self.critic_range)
            case "residual", nn.Module(), _, nn.Module():
                return scoring.encoder_detector(encoder, generator)
            case "inversion", nn.Module(), _, _:
                return scoring.inversion_detector(generator, n_latent)
            case "anogan", nn.Module(), nn.Sequential(), _:
                return scoring.anogan_detector(generator, critic, n_latent)
            case "vae", nn.Module(), _, nn.Module():
                return scoring.vae_detector(encoder, generator)
            case "bigan", nn.Module(), JointDiscriminator(), nn.Module():
                return scoring.bigan_detector(encoder, generator, critic)
        if self.rule is None or self.normals is None:
            raise ValueError(f"score_method={self.score_method!r} lacks what it is made of")
        relative = {base for base, _, space in (n.partition("/") for n in self.rule.names) if space}
        lacking = spaces_of(self.rule.names) - self.normals.points.keys()
        lacking |= relative - self.normals.levels.keys()
        if lacking:
            raise ValueError(f"its normals lack {', '.join(sorted(lacking))}")
        return scoring.ours_detector(self.sources(self.axes), self.normals, self.rule)

    def sources(self, axes: FloatArray | None) -> Sources:
        """What evidence comes from; for rows in double precision."""
        found = None if axes is None else axes.astype(np.float64)
        return sources(self.scoring_modules(), found)


def sources(modules: Mapping[str, nn.Module], axes: NDArray[np.floating] | None) -> Sources:
    critic, encoder = modules["critic"], modules["encoder"]
    assert isinstance(critic, nn.Sequential)
    assert isinstance(encoder, nn.Sequential)
    return Sources(modules["generator"], critic, encoder, axes=axes)


def judged(
    settings: Settings,
    scaler: Scaler,
    weights: Mapping[str, NDArray[Any]],
    fit: FloatArray,
    validation: FloatArray,
) -> Model:
    """The model of trained weights: what else its score method needs is measured on standardised
    rows, neighbours on those of the fit part, the scale of each evidence on validation rows."""
    model = Model(settings.score_method, settings.network, scaler, weights)
    if settings.score_method == "critic-interval":
        low, high = scoring.critic_range(model.scoring_modules()["critic"], fit)
        # The two rows at the ends lie inside, however they are rounded.
        margin = 1e-6 * max(abs(low), abs(high))
        return dataclasses.replace(model, critic_range=(low - margin, high + margin))
    if settings.score_method not in ("ours", "ours-wgan"):
        return model
    kind = "dense" if isinstance(settings.network, NetworkConfig) else "image"
    names = OURS[kind][settings.score_method]
    spaces = spaces_of(names)
    rng = np.random.default_rng(settings.training.seed)
    kept = fit[np.sort(rng.permutation(len(fit))[: settings.n_references])]
    axes = whitening_axes(fit, settings.training.seed) if "axes" in spaces else None
    found = model.sources(axes)
    points = {s: np.asarray(found.spaces()[s](kept), np.float32) for s in sorted(spaces)}
    n_neighbours = max(1, min(settings.n_neighbours, len(kept) - 1))
    normals = Normals(points, n_neighbours, n_peers=max(1, min(N_PEERS, len(kept) // 3)))
    each = np.arange(len(kept)).astype(np.str_)  # a reference is not its own neighbour
    normals = with_levels(found, normals, kept, each, names)
    names, normals = _comparable(names, normals)
    rule = Rule.fitted(names, evidence(found, normals, validation, names)[0])
    return dataclasses.replace(model, axes=axes, rule=rule, normals=normals)


def _comparable(names: tuple[str, ...], normals: Normals) -> tuple[tuple[str, ...], Normals]:
    """Levels that are equal, as those of repeated rows, say nothing about peers: then evidence
    counts by itself. Levels next to nothing, as between repeated rows, would make all else odd."""
    levels = {}
    for base, level in normals.levels.items():
        positive = level[level > 0]
        least = FAINTEST * float(np.median(positive)) if len(positive) else 0.0
        levels[base] = np.maximum(level, least)
        if base not in SIGNED and np.log(np.maximum(levels[base], 1e-12)).std() < FAINTEST**2:
            names = tuple(base if name.startswith(f"{base}/") else name for name in names)
    return tuple(dict.fromkeys(names)), dataclasses.replace(normals, levels=levels)


def whitening_axes(x: FloatArray, seed: int) -> FloatArray:
    """What standardised rows (n, d) are multiplied with before neighbours are sought: their main
    axes (k, d), each divided by the root of its standard deviation, which is halfway to equal
    spread along all. The covariance is Ledoit and Wolf's (2004), as rows may be few."""
    d = x.shape[1]
    if d > MAX_AXES:
        from sklearn.decomposition import PCA

        pca = PCA(min(MAX_AXES, len(x)), svd_solver="randomized", random_state=seed).fit(x)
        variances, axes = pca.explained_variance_, pca.components_
        variances = (variances + variances.mean()) / 2
    else:
        from sklearn.covariance import ledoit_wolf

        variances, vectors = np.linalg.eigh(ledoit_wolf(x.astype(np.float64))[0])
        axes = vectors.T
    variances = np.maximum(variances, 1e-4)  # in units of a feature's variance
    return np.asarray(axes / variances[:, None] ** 0.25, np.float32)
