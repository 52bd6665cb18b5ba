"""What the networks of one WGAN-GP say about a sample, and the rule that joins some of it: ours.

None of these is in the paper except `critic` and `residual`. `izi` is f-AnoGAN's feature
residual; the neighbours' distances ask how far a sample lies from the normals that training saw,
in the spaces which the networks have learned.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import nn

from wganad_core.records import FloatArray, Judgement, Rule
from wganad_core.scoring.base import Detector, evaluate, squared_error
from wganad_core.scoring.neighbours import mean_distance, unit

Samples = NDArray[np.floating]


@dataclasses.dataclass(frozen=True)
class Sources:
    """The networks that evidence comes from; `features` is the contrastive one, not WGAN-GP's."""

    generator: nn.Module
    critic: nn.Sequential
    encoder: nn.Sequential
    features: nn.Module | None = None

    def spaces(self) -> dict[str, Callable[[Samples], FloatArray]]:
        """Where neighbours are sought: the latents, the last hidden layers of the encoder and of
        the critic, the contrastive features."""
        found: dict[str, Callable[[Samples], FloatArray]] = {
            "latents": partial(evaluate, self.encoder),
            # before the last Linear and its batch normalisation
            "encoder": partial(evaluate, self.encoder[:-2]),
            "critic": partial(evaluate, self.critic[:-1]),
        }
        if self.features is not None:
            found["features"] = partial(evaluate, self.features)
        return found


# Evidence from neighbours: in which space, and whether as directions (unit vectors).
NEIGHBOURS = {
    "near-latent": ("latents", False),
    "near-encoder": ("encoder", True),
    "near-critic": ("critic", True),
    "near-features": ("features", True),
    "near-features-length": ("features", False),
}


def evidence(
    sources: Sources, references: Mapping[str, FloatArray], k: int, x: Samples
) -> tuple[dict[str, FloatArray], FloatArray]:
    """Every piece of evidence (n,) by name, and G(E(x)). Higher = more anomalous.

    `references` are normals' points in some of `Sources.spaces`; k neighbours are averaged.
    """
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
    points = {name: sources.spaces()[name](x) for name in references}
    for name, (space, as_directions) in NEIGHBOURS.items():
        if space in references:
            pair = points[space], references[space]
            queries, normals = map(unit, pair) if as_directions else pair
            found[name] = mean_distance(queries, normals, k)
    return found, rebuilt


def spaces_of(names: Iterable[str]) -> set[str]:
    """The spaces in which this evidence needs references."""
    return {NEIGHBOURS[name][0] for name in names if name in NEIGHBOURS}


def ours_detector(
    sources: Sources, references: Mapping[str, FloatArray], k: int, rule: Rule
) -> Detector:
    """The rule as a detector; terms are the pieces' shares."""
    needed = {name: references[name] for name in spaces_of(rule.names)}

    def judge(x: Samples) -> Judgement:
        found, rebuilt = evidence(sources, needed, k, x)
        terms = rule.terms(found)
        score = np.sum(list(terms.values()), axis=0, dtype=np.float32)
        return Judgement(np.asarray(score, np.float32), terms, rebuilt)

    return judge
