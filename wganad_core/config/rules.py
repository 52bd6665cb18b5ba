"""How detectors join evidence, as settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from wganad_core.config.settings import Config


@dataclasses.dataclass(frozen=True, kw_only=True)
class RuleConfig(Config):
    """How detectors join evidence (`methods.evidence`).

    `rules`: per detector the pieces of evidence that are joined; `k` nearest normals count;
    `n_references`: how many normals are compared with, by space or in all; `n_peers` nearest
    normals are what evidence is relative to.
    `join`: how, as `records.Rule` tells. Which of their evidence rules join is chosen by the mean
    `criterion` (`panels.criterion`), of up to `largest` pieces, for each class by the others; for
    all alike by all in the rules named `everywhere`. `centres`: references
    are centres of clusters of normals instead of normals drawn at random. `whiten`: main axes are
    divided by the root of their standard deviation. `n_axes`, by space: references are kept by
    coordinates along so many main axes; `bits`: how many a coordinate has in files.
    """

    rules: Mapping[str, tuple[str, ...]]
    k: int
    n_references: Mapping[str, int] | int
    n_peers: int = 0
    join: Literal["mean", "logs", "squares"] = "mean"
    centres: bool = False
    whiten: bool = False
    n_axes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    bits: Literal[4, 8, 32] = 8
    criterion: Literal["auroc", "auprc"] = "auroc"
    largest: int = 6
    everywhere: tuple[str, ...] = ()
