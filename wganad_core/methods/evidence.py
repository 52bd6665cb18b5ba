"""What the networks of one WGAN-GP say about a sample, piece by piece.

None of these is in the paper except `critic` and `residual`. `izi` is f-AnoGAN's feature
residual; the neighbours' distances ask how far a sample lies from the normals that training saw,
in the spaces which the networks have learned and, for windows, in three that need no network.
Contrastive features see a sample in all its shifts, side by side; `shift` is how badly they
recognise the shifts, Σ −log p, `shift-logs` the sum of the logarithms of those, and
`shift-squares` the root of the sum of their squares above what is usual of validation normals.

A piece of evidence may also be taken relative to peers: `PIECE/SPACE` asks whether it is unusual
among the normals next to the sample in SPACE. Sitting still is odd only among those who do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.config import Join
from wganad_core.methods import descriptors
from wganad_core.methods.bundle import Bundle
from wganad_core.methods.neighbours import nearest, unit
from wganad_core.methods.score import mean_square
from wganad_core.methods.shifts import ShiftHead
from wganad_core.records import Normals

# Evidence from neighbours: in which space, and whether as directions (unit vectors).
NEIGHBOURS = {
    "near-latent": ("latents", False),
    "near-encoder": ("encoder", True),
    "near-critic": ("critic", True),
    "near-shifted": ("shifted", False),
    "near-projected": ("projected", False),
    "near-axes": ("axes", False),
    "near-posture": ("posture", False),
    "near-strength": ("strength", False),
    "near-rhythm": ("rhythm", False),
}
SHIFT = ("shift", "shift-logs", "shift-squares")
REBUILT = ("residual", "relative", "izi")  # evidence for which a sample is redrawn
PLAIN = ("critic", *REBUILT, *SHIFT)  # evidence that needs no neighbours
# Evidence that may be negative, or was made of logarithms; all other is compared by its logarithm.
SIGNED = ("critic", "shift-logs", "shift-squares")
CONTRAST = {"near-shifted", "near-projected", *SHIFT}  # what needs the contrastive features
LEAST = 0.05  # of the spread among all normals: peers that agree better do not count more
FAINT = 1e-12  # under a logarithm
FAINT_SHIFT = 1e-3  # the same for −log p, which is next to nothing for most normals


def base_of(piece: str) -> str:
    """`PIECE` of `PIECE/SPACE`."""
    return piece.partition("/")[0]


def spaces_of(pieces: Iterable[str]) -> set[str]:
    """The spaces in which this evidence needs references."""
    found = set()
    for piece in pieces:
        base, _, space = piece.partition("/")
        found |= {NEIGHBOURS[base][0]} if base in NEIGHBOURS else set()
        found |= {space} if space else set()
    return found


def unknown(pieces: Iterable[str]) -> list[str]:
    """What of this is no evidence."""
    return sorted({base_of(piece) for piece in pieces} - {*PLAIN, *NEIGHBOURS})


def lacks(pieces: Iterable[str], bundle: Bundle, axes: NDArray[np.floating] | None) -> bool:
    """Whether a bundle has less than this evidence needs, or it is none that is known."""
    pieces = list(pieces)
    contrast = CONTRAST & {base_of(piece) for piece in pieces}
    if unknown(pieces) or (contrast and not bundle.has("contrast")):
        return True
    return not spaces_of(pieces) <= spaces_there(bundle, axes)


def logarithm(piece: str, value: Tensor) -> Tensor:
    """What a piece of evidence is joined by: its logarithm, unless it may be negative."""
    base = base_of(piece)
    if base in SIGNED or base != piece:
        return value
    return (value + (FAINT_SHIFT if base == "shift" else 0)).clamp(min=FAINT).log()


def joinable(join: Join, piece: str, value: Tensor) -> Tensor:
    """Evidence (n,) as a rule joins it."""
    return value.double() if join == "mean" else logarithm(piece, value.double())


def spaces_there(bundle: Bundle, axes: NDArray[np.floating] | None) -> set[str]:
    """The spaces that a bundle has: the latents, the last hidden layers of the encoder and of the
    critic, the contrastive features, along the main axes; of windows their descriptors."""
    found = {"latents", "encoder", "critic"}
    found |= {"shifted", "projected"} if bundle.has("contrast") else set()
    found |= {"axes"} if axes is not None else set()
    return found | (set(descriptors.DESCRIPTORS) if bundle.windows else set())


class Contrast(nn.Module):
    """Samples (n, d) → what contrastive features say of all their shifts.

    `shifted`, `projected`: h and its projection as directions, those of the shifts that are
    compared side by side, of length one together; `log-p` (n, shifts): the logarithm of the
    probability that the head gives to each shift, of the sample that went through it.
    """

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self.features = bundle.part("features", "contrast")
        self.projection = bundle.part("projection", "contrast")
        head = bundle.part("shifts", "contrast")
        assert isinstance(head, ShiftHead)
        self.head = head

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        scored, k, n = self.head.shift.scored, self.head.shift.n_compared, len(x)
        h = self.features(self.head.shift(x).flatten(0, 1))
        spaces = {"shifted": h[: k * n], "projected": self.projection(h[: k * n])}
        found = {
            name: unit(value).view(k, n, value.shape[1]).transpose(0, 1).flatten(1) / k**0.5
            for name, value in spaces.items()
        }
        log_p = self.head(h).log_softmax(dim=1).view(len(scored), n, self.head.shift.n_shifts)
        named = [log_p[i, :, shift] for i, shift in enumerate(scored)]
        return {**found, "log-p": torch.stack(named, dim=1)}


class Spaces(nn.Module):
    """Samples (n, d) → where they lie in every space that is asked for, and, if these are to be
    `rebuild`t, `rebuilt` = G(E(x)).

    `axes` (k, d) are the main axes of normal rows.
    """

    def __init__(
        self,
        bundle: Bundle,
        names: Iterable[str],
        axes: NDArray[np.floating] | None,
        rebuild: bool = True,
    ) -> None:
        super().__init__()
        names, self.rebuild = set(names), rebuild
        self.names = tuple(sorted(names))
        self.generator = bundle.part("generator")
        encoder, critic = bundle.chain("encoder", "encoder"), bundle.chain("critic")
        # The hidden layer of E is what comes before its last Linear and its batch normalisation.
        self.encoder, self.encoder_last = encoder[:-2], encoder[-2:]
        self.critic, self.critic_last = critic[:-1], critic[-1]
        self.contrast = Contrast(bundle) if {"shifted", "projected", "log-p"} & names else None
        if "axes" in self.names:
            assert axes is not None
            kind = next(self.generator.parameters()).dtype
            self.register_buffer("axes", torch.tensor(np.ascontiguousarray(axes), dtype=kind))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        inner = self.encoder(x)
        z = self.encoder_last(inner)
        seen = {"latents": z, "encoder": inner, "critic": self.critic(x)}
        if self.rebuild:
            seen["rebuilt"] = self.generator(z)
        if self.contrast is not None:
            seen |= self.contrast(x)
        if "axes" in self.names:
            seen["axes"] = x @ self.get_buffer("axes").T
        for name in descriptors.DESCRIPTORS.keys() & set(self.names):
            seen[name] = descriptors.DESCRIPTORS[name](x)
        return seen


class Evidence(nn.Module):
    """Samples (n, d) → evidence (n,) by name, higher = more anomalous, and G(E(x)) if any of it
    looks at that, or the bundle asks for it.

    `points` of the normals are compared in float64, directions with length one. Of points that are
    kept along a plane the way to it is not known, of a sample it is: it counts as one more
    coordinate, in which all points are 0.
    """

    def __init__(
        self,
        bundle: Bundle,
        normals: Normals,
        pieces: Iterable[str],
        axes: NDArray[np.floating] | None = None,
    ) -> None:
        super().__init__()
        self.pieces, self.k, self.n_peers = tuple(pieces), normals.k, normals.n_peers
        bases = {base_of(piece) for piece in self.pieces}
        spaces = spaces_of(self.pieces)
        names = spaces | ({"log-p"} if bases & {*SHIFT} else set())
        self.spaces = Spaces(bundle, names, axes, rebuild=bundle.redraw or bool(bases & {*REBUILT}))
        for space in sorted(spaces):
            points = normals.points[space]
            if plane := normals.planes.get(space):
                points = np.pad(points, ((0, 0), (0, 1)))
                self.register_buffer(f"centre_{space}", _double(plane.centre))
                self.register_buffer(f"plane_{space}", _double(plane.directions))
            self.register_buffer(f"points_{space}", _double(points))
        for base in sorted(bases & NEIGHBOURS.keys()):
            space, as_directions = NEIGHBOURS[base]
            if as_directions and space not in normals.planes:
                directions = unit(torch.tensor(normals.points[space])).double()
                self.register_buffer(f"directions_{space}", directions)
        for base in sorted({base_of(piece) for piece in self.pieces if "/" in piece}):
            if base in normals.levels:
                self.register_buffer(f"levels_{base}", _double(normals.levels[base]))
        if normals.shift_units is not None:
            self.register_buffer("shift_units", _double(normals.shift_units))
        self.n_references = max((len(p) for p in normals.points.values()), default=0)

    def forward(self, x: Tensor) -> tuple[dict[str, Tensor], Tensor | None]:
        seen = self.spaces(x)
        found = {}
        for piece in self.pieces:
            base, _, space = piece.partition("/")
            value = self.plain(base, x, seen)
            found[piece] = self._among(value, base, seen[space], space) if space else value
        return found, seen.get("rebuilt")

    def plain(
        self, base: str, x: Tensor, seen: Mapping[str, Tensor], same: Tensor | None = None
    ) -> Tensor:
        """One piece of evidence (n,) that is not relative to peers; `same` as in `nearest`."""
        if base in NEIGHBOURS:
            space, as_directions = NEIGHBOURS[base]
            queries = unit(seen[space]) if as_directions else seen[space]
            kind = "directions" if f"directions_{space}" in self._buffers else "points"
            references, queries = self.get_buffer(f"{kind}_{space}"), self._along(queries, space)
            return nearest(queries, references, self.k, same)[0].mean(dim=1)
        if base == "critic":
            f: Tensor = self.spaces.critic_last(seen["critic"])
            return -f[:, 0]
        if base == "shift":
            return -seen["log-p"].sum(dim=1)
        if base in SHIFT:
            each = shift_logs(seen["log-p"])
            if base == "shift-logs":
                return each.sum(dim=1)
            usual, spread = self.get_buffer("shift_units")
            above: Tensor = ((each - usual) / spread).clamp(min=0)
            return above.square().sum(dim=1).sqrt()
        if base == "izi":
            return mean_square(seen["critic"] - self.spaces.critic(seen["rebuilt"]))
        residual = mean_square(x - seen["rebuilt"])
        return residual if base == "residual" else residual / (mean_square(x) + 1e-3)

    def _along(self, queries: Tensor, space: str) -> Tensor:
        """Queries (n, d) along the space's plane and, last, how far from it (n, m + 1); as they are
        where it has none."""
        directions = self._buffers.get(f"plane_{space}")
        if directions is None:
            return queries
        off = queries.double() - self.get_buffer(f"centre_{space}")
        found = off @ directions.T
        rest = (off.square().sum(dim=1) - found.square().sum(dim=1)).clamp(min=0).sqrt()
        return torch.cat([found, rest[:, None]], dim=1)

    def _among(self, values: Tensor, base: str, queries: Tensor, space: str) -> Tensor:
        """How far `values` (n,) lie above those of their peers, in their standard deviations."""
        levels = self.get_buffer(f"levels_{base}")
        if base not in SIGNED:
            values, levels = (v.double().clamp(min=FAINT).log() for v in (values, levels))
        peers = nearest(queries, self.get_buffer(f"points_{space}"), self.n_peers)[1]
        # Sorted by topk, which exports, unlike a median.
        theirs = levels[peers].topk(self.n_peers, dim=1).values
        middle = theirs[:, [(self.n_peers - 1) // 2, self.n_peers // 2]].mean(dim=1)
        spread = _deviation(theirs, dim=1) + LEAST * _deviation(levels, dim=0)
        return (values.double() - middle) / spread


def shift_logs(log_p: Tensor) -> Tensor:
    """How badly each shift was recognised: (n, n_shifts) → the same in double precision."""
    return (FAINT_SHIFT - log_p.double()).log()


def _deviation(x: Tensor, dim: int) -> Tensor:
    """Standard deviation along an axis, of operations that all runtimes know."""
    return (x - x.mean(dim=dim, keepdim=True)).square().mean(dim=dim).sqrt()


def _double(values: NDArray[np.floating]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
