"""What the networks of one WGAN-GP say about a sample, and the rule that joins some of it: ours.

None of these is in the paper except `critic` and `residual`. `izi` is f-AnoGAN's feature
residual; the neighbours' distances ask how far a sample lies from the normals that training saw,
in the spaces which the networks have learned and, for windows, in three that need no network.

A piece of evidence may also be taken relative to peers: `PIECE/SPACE` asks whether it is unusual
among the normals next to the sample in SPACE. Sitting still is odd only among those who do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import nn

from wganad_core.records import FloatArray, Judgement, Normals, Rule
from wganad_core.scoring import descriptors
from wganad_core.scoring.base import Detector, evaluate, squared_error
from wganad_core.scoring.neighbours import Groups, Near, mean_distance, nearest, unit

Samples = NDArray[np.floating]
Spaces = Mapping[str, Callable[[Samples], FloatArray]]


@dataclasses.dataclass(frozen=True)
class Sources:
    """The networks that evidence comes from; `features` is the contrastive one, not WGAN-GP's.
    `windows`: whether samples are rows of the view `signals`, which descriptors need; `axes`
    (k, d): the main axes of normal rows."""

    generator: nn.Module
    critic: nn.Sequential
    encoder: nn.Sequential
    features: nn.Module | None = None
    windows: bool = False
    axes: FloatArray | None = None

    def spaces(self) -> dict[str, Callable[[Samples], FloatArray]]:
        """Where neighbours are sought: the latents, the last hidden layers of the encoder and of
        the critic, the contrastive features, along the main axes; of windows their descriptors."""
        found: dict[str, Callable[[Samples], FloatArray]] = {
            "latents": partial(evaluate, self.encoder),
            # before the last Linear and its batch normalisation
            "encoder": partial(evaluate, self.encoder[:-2]),
            "critic": partial(evaluate, self.critic[:-1]),
        }
        if self.features is not None:
            found["features"] = partial(evaluate, self.features)
        if self.axes is not None:
            axes = self.axes
            found["axes"] = lambda x: np.asarray(x @ axes.T, np.float32)
        if self.windows:
            found |= {
                "posture": descriptors.posture,
                "strength": descriptors.strength,
                "rhythm": descriptors.rhythm,
            }
        return found


# Evidence from neighbours: in which space, and whether as directions (unit vectors).
NEIGHBOURS = {
    "near-latent": ("latents", False),
    "near-encoder": ("encoder", True),
    "near-critic": ("critic", True),
    "near-features": ("features", True),
    "near-features-length": ("features", False),
    "near-axes": ("axes", False),
    "near-posture": ("posture", False),
    "near-strength": ("strength", False),
    "near-rhythm": ("rhythm", False),
}
SIGNED = ("critic",)  # evidence that may be negative; all other is compared by its logarithm
LEAST = 0.05  # of the spread among all normals: peers that agree better do not count more


def evidence(
    sources: Sources, normals: Normals, x: Samples, pieces: Iterable[str] = ()
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Evidence (n,) by name, and G(E(x)). Higher = more anomalous.

    All that the points of `normals` allow, and those of `pieces` that are relative to peers.
    """
    points = {name: sources.spaces()[name](x) for name in normals.points}
    split = {piece: piece.partition("/") for piece in pieces}
    n_near = max(normals.k, normals.n_peers)
    near = {
        space: nearest(points[space], normals.points[space], n_near)
        for space in {space for _, _, space in split.values() if space}
    }
    found, rebuilt = _plain(sources, normals, x, points, near)
    for piece, (base, relative, space) in split.items():
        if relative:
            peers = near[space][1][:, : normals.n_peers]
            found[piece] = _among(found[base], normals.levels[base], peers, base in SIGNED)
    return found, rebuilt


def _plain(
    sources: Sources,
    normals: Normals,
    x: Samples,
    points: Mapping[str, FloatArray],
    near: Mapping[str, Near],
    groups: Groups | None = None,
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Evidence that is not relative to peers. `near`: the nearest normals by space, where they
    are known already; `groups`: see `mean_distance`."""
    rebuilt = evaluate(sources.generator, evaluate(sources.encoder, x))
    residual = squared_error(x, rebuilt)
    size = np.square(x).mean(axis=1) + 1e-3
    hidden = sources.critic[:-1]
    found = {
        "critic": -evaluate(sources.critic, x)[:, 0],
        "residual": residual,
        "relative": np.asarray(residual / size, np.float32),
        "izi": squared_error(evaluate(hidden, x), evaluate(hidden, rebuilt)),
    }
    for name, (space, as_directions) in NEIGHBOURS.items():
        if space in near and not as_directions:
            distances = near[space][0][:, : normals.k]
            found[name] = np.asarray(distances.mean(axis=1), np.float32)
        elif space in points:
            pair = points[space], normals.points[space]
            queries, references = map(unit, pair) if as_directions else pair
            found[name] = mean_distance(queries, references, normals.k, groups)
    return found, rebuilt


def _among(
    values: FloatArray, levels: FloatArray, peers: NDArray[np.int64], signed: bool
) -> FloatArray:
    """How far each of `values` (n,) lies above those of its peers (n, n_peers) among `levels`
    (m,), in their standard deviations."""
    if not signed:
        values, levels = (np.log(np.maximum(v, 1e-12)) for v in (values, levels))
    theirs = levels[peers]
    spread = theirs.std(axis=1) + LEAST * levels.std()
    return np.asarray((values - np.median(theirs, axis=1)) / spread, np.float32)


def with_levels(
    sources: Sources,
    normals: Normals,
    x: Samples,
    subjects: NDArray[np.str_],
    pieces: Iterable[str],
) -> Normals:
    """Normals whose points are those of x (m, d), with the evidence that `pieces` need of each.

    A person's windows resemble each other, and those to be judged come from other people: so
    neighbours of a reference are sought among other `subjects` (m,) only.
    """
    bases = {piece.partition("/")[0] for piece in pieces if "/" in piece}
    found, _ = _plain(sources, normals, x, normals.points, {}, (subjects, subjects))
    return dataclasses.replace(normals, levels={name: found[name] for name in sorted(bases)})


def spaces_of(names: Iterable[str]) -> set[str]:
    """The spaces in which this evidence needs references."""
    found = set()
    for name in names:
        base, _, space = name.partition("/")
        found |= {NEIGHBOURS[base][0]} if base in NEIGHBOURS else set()
        found |= {space} if space else set()
    return found


def ours_detector(sources: Sources, normals: Normals, rule: Rule) -> Detector:
    """The rule as a detector; terms are the pieces' shares."""
    spaces = spaces_of(rule.names)
    needed = dataclasses.replace(normals, points={name: normals.points[name] for name in spaces})

    def judge(x: Samples) -> Judgement:
        found, rebuilt = evidence(sources, needed, x, rule.names)
        terms = rule.terms(found)
        score = np.sum(list(terms.values()), axis=0, dtype=np.float32)
        return Judgement(np.asarray(score, np.float32), terms, rebuilt)

    return judge
