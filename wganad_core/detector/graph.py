"""A detector's scoring path as one module of plain tensor operations, for export.

The detectors of `scoring` are NumPy with networks in between, which no exporter can follow. Here
is the same arithmetic without NumPy: rows in their own units in, scores and flags out. It must
agree with `scoring` to 1e-4 (tests/detector/test_detector_onnx.py); there is no third description.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TypeVar

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from wganad_core.detector.scaler import LIMIT
from wganad_core.networks.image import JointDiscriminator
from wganad_core.records import Normals, Rule
from wganad_core.scoring.evidence import LEAST, NEIGHBOURS, SIGNED, Sources, spaces_of
from wganad_core.scoring.neighbours import unit
from wganad_core.storage import StorageError

SPACES = ("latents", "encoder", "critic", "features", "axes")  # those made of layers and products
FAINT = 1e-12  # under a logarithm, and the least length of a direction: as in `scoring`

Module = TypeVar("Module", bound=nn.Module)


class ExportError(StorageError):
    """A detector cannot be exported. The message says why and what to do."""


class ScoringGraph(nn.Module):
    """Rows x (n, d) in their own units → `score` (n,) float32, higher = more anomalous, and
    `flagged` (n,), score > threshold.

    A row with a missing or infinite value has the score NaN and is flagged: whoever reads the
    flags alone must not take a dead sensor for a normal one. `location`, `scale` (d,) standardise
    in float64; `score` takes what comes of it.
    """

    location: Tensor
    scale: Tensor
    threshold: Tensor

    def __init__(
        self, location: ArrayLike, scale: ArrayLike, score: nn.Module, threshold: float
    ) -> None:
        super().__init__()
        self.register_buffer("location", _double(location))
        self.register_buffer("scale", _double(scale))
        self.register_buffer("threshold", _double(threshold))
        self.score = frozen(score)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        finite = torch.isfinite(x).all(dim=1)
        standard = ((x.double() - self.location) / self.scale).clamp(-LIMIT, LIMIT)
        score = self.score(standard.float()).float()
        score = torch.where(finite, score, torch.nan)
        return score, ~(score.double() <= self.threshold)


class CriticScore(nn.Module):
    """−f(x)."""

    def __init__(self, critic: nn.Module) -> None:
        super().__init__()
        self.critic = critic

    def forward(self, x: Tensor) -> Tensor:
        f: Tensor = self.critic(x)
        return -f[:, 0]


class IntervalScore(CriticScore):
    """How far f(x) lies outside [low, high] (§5.1)."""

    def __init__(self, critic: nn.Module, low: float, high: float) -> None:
        super().__init__(critic)
        self.low, self.high = low, high

    def forward(self, x: Tensor) -> Tensor:
        f: Tensor = self.critic(x)[:, 0]
        return torch.maximum(self.low - f, f - self.high).clamp(min=0)


class ResidualScore(nn.Module):
    """The mean squared error of G(E(x)) (§5.3), also of a VAE, whose encoder tells variances
    after the `n_latent` means."""

    def __init__(
        self, encoder: nn.Module, generator: nn.Module, n_latent: int | None = None
    ) -> None:
        super().__init__()
        self.encoder, self.generator, self.n_latent = encoder, generator, n_latent

    def forward(self, x: Tensor) -> Tensor:
        return _squared_error(x, self.generator(self.encoder(x)[:, : self.n_latent]))


class BiganScore(nn.Module):
    """eqs 18–20, as `scoring.bigan_detector` reads them."""

    def __init__(
        self,
        encoder: nn.Module,
        generator: nn.Module,
        critic: JointDiscriminator,
        weight: float = 0.9,
    ) -> None:
        super().__init__()
        self.encoder, self.generator, self.critic, self.weight = encoder, generator, critic, weight

    def forward(self, x: Tensor) -> Tensor:
        z = self.encoder(x)
        rebuilt = self.generator(z)
        residual = (x - rebuilt).abs().sum(dim=1)
        apart = self.critic.hidden(x, z) - self.critic.hidden(rebuilt, z)
        score: Tensor = self.weight * residual + (1 - self.weight) * apart.abs().sum(dim=1)
        return score


class EvidenceScore(nn.Module):
    """The mean of standardised evidence: `scoring.ours_detector`.

    `points_SPACE` (m, d) and `levels_PIECE` (m,) are the references of `Normals`; directions are
    stored with length one.
    """

    def __init__(self, sources: Sources, normals: Normals, rule: Rule) -> None:
        super().__init__()
        _check_exportable(sources, rule)
        self.rule, self.k, self.n_peers = rule, normals.k, normals.n_peers
        self.generator, self.features = sources.generator, sources.features
        self.encoder, self.encoder_last = sources.encoder[:-2], sources.encoder[-2:]
        self.critic, self.critic_last = sources.critic[:-1], sources.critic[-1]
        if sources.axes is not None:
            self.register_buffer("axes", torch.from_numpy(sources.axes.copy()))
        self.spaces = sorted(spaces_of(rule.names))
        for space in self.spaces:
            self.register_buffer(f"points_{space}", _double(normals.points[space]))
        for base in {base for base, _, space in map(_parts, rule.names) if base in NEIGHBOURS}:
            space, as_directions = NEIGHBOURS[base]
            if as_directions:
                directions = unit(normals.points[space])
                self.register_buffer(f"directions_{space}", _double(directions))
        for base in {base for base, _, space in map(_parts, rule.names) if space}:
            self.register_buffer(f"levels_{base}", _double(normals.levels[base]))

    def forward(self, x: Tensor) -> Tensor:
        seen = self._seen(x)
        terms = []
        for name in self.rule.names:
            base, _, space = _parts(name)
            value = self._plain(base, x, seen)
            if space:
                value = self._among(value, base, seen[space], space)
            terms.append((value.double() - self.rule.location[name]) / self.rule.scale[name])
        return torch.stack(terms).mean(dim=0)

    def _seen(self, x: Tensor) -> dict[str, Tensor]:
        """x (n, d) in every space that the rule may ask for, and `rebuilt` = G(E(x))."""
        inner = self.encoder(x)
        z = self.encoder_last(inner)
        seen = {"latents": z, "encoder": inner, "critic": self.critic(x)}
        seen["rebuilt"] = self.generator(z)
        if "features" in self.spaces and self.features is not None:
            seen["features"] = self.features(x)
        if "axes" in self.spaces:
            seen["axes"] = x @ self.get_buffer("axes").T
        return seen

    def _plain(self, base: str, x: Tensor, seen: Mapping[str, Tensor]) -> Tensor:
        """One piece of evidence (n,) that is not relative to peers."""
        if base in NEIGHBOURS:
            space, as_directions = NEIGHBOURS[base]
            queries = _unit(seen[space]) if as_directions else seen[space]
            kind = "directions" if as_directions else "points"
            squares = squared_distances(queries, self.get_buffer(f"{kind}_{space}"))
            return squares.topk(self.k, dim=1, largest=False).values.sqrt().mean(dim=1)
        if base == "critic":
            f: Tensor = self.critic_last(seen["critic"])
            return -f[:, 0]
        if base == "izi":
            return _squared_error(seen["critic"], self.critic(seen["rebuilt"]))
        residual = _squared_error(x, seen["rebuilt"])
        if base == "residual":
            return residual
        assert base == "relative", base  # _check_exportable knows no other
        return residual / (x.square().mean(dim=1) + 1e-3)

    def _among(self, values: Tensor, base: str, queries: Tensor, space: str) -> Tensor:
        """How far `values` (n,) lie above those of their peers: `scoring.evidence._among`."""
        levels = self.get_buffer(f"levels_{base}")
        if base not in SIGNED:
            values, levels = (v.double().clamp(min=FAINT).log() for v in (values, levels))
        squares = squared_distances(queries, self.get_buffer(f"points_{space}"))
        peers = squares.topk(self.n_peers, dim=1, largest=False).indices
        # Sorted by topk, which exports, unlike a median.
        theirs = levels[peers].topk(self.n_peers, dim=1).values
        middle = theirs[:, [(self.n_peers - 1) // 2, self.n_peers // 2]].mean(dim=1)
        around = (theirs - theirs.mean(dim=1, keepdim=True)).square().mean(dim=1).sqrt()
        whole = (levels - levels.mean()).square().mean().sqrt()
        return (values.double() - middle) / (around + LEAST * whole)


def squared_distances(queries: Tensor, references: Tensor) -> Tensor:
    """(n, d), (m, d) → (n, m) in float64, where ‖q‖² + ‖r‖² − 2q·r loses nothing that matters."""
    centre = references.mean(dim=0)
    q, r = queries.double() - centre, references - centre
    lengths = q.square().sum(dim=1, keepdim=True) + r.square().sum(dim=1)
    return (lengths - 2 * q @ r.T).clamp(min=0)


def frozen(module: Module) -> Module:
    """A copy in `eval()` mode whose weights want no gradients."""
    return copy.deepcopy(module).eval().requires_grad_(False)


def _check_exportable(sources: Sources, rule: Rule) -> None:
    plain = ("critic", "residual", "relative", "izi", *NEIGHBOURS)
    for name in rule.names:
        base, _, _ = _parts(name)
        missing = spaces_of([name]) - set(SPACES)
        if base not in plain or missing:
            raise ExportError(
                f"The evidence {name} cannot be exported to ONNX, only what comes from networks "
                "and their neighbours; choose another score_method."
            )
        for space, source in (("features", sources.features), ("axes", sources.axes)):
            if space in spaces_of([name]) and source is None:
                raise ExportError(f"The evidence {name} needs {space}, which this detector lacks.")


def _parts(name: str) -> tuple[str, str, str]:
    """`PIECE/SPACE` or `PIECE`, as `scoring.evidence` names them."""
    return name.partition("/")


def _double(values: ArrayLike) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _squared_error(x: Tensor, rebuilt: Tensor) -> Tensor:
    return (x - rebuilt).square().mean(dim=1)


def _unit(x: Tensor) -> Tensor:
    lengths = x.square().sum(dim=1, keepdim=True).sqrt()
    return x / lengths.clamp(min=FAINT)
