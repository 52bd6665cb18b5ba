"""How detectors join evidence, as settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal, get_args

from wganad_core.config.settings import Config, ConfigError, choice, whole

Join = Literal["mean", "logs", "squares"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RuleConfig(Config):
    """How detectors join evidence (`methods.evidence`).

    `rules`: per detector the pieces of evidence that are joined; `k` nearest normals count;
    `n_references`: how many normals are compared with, by space or in all; `n_peers` nearest
    normals are what evidence is relative to.
    `join`: how, as `records.Rule` tells. Which of their evidence rules join is chosen by the mean
    `criterion` (`panels.criterion`), of up to `largest` pieces, for each class by the others; for
    all alike by all in the rules named `everywhere`. `centres`: references
    are centres of clusters of normals instead of normals drawn at random. `n_axes`, by space:
    references are kept by coordinates along so many main axes; `bits`: how many a coordinate has
    in files.
    """

    rules: Mapping[str, tuple[str, ...]]
    k: int
    n_references: Mapping[str, int] | int
    n_peers: int = 0
    join: Join = "mean"
    centres: bool = False
    n_axes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    bits: Literal[4, 8, 32] = 8
    criterion: Literal["auroc", "auprc"] = "auroc"
    largest: int = 6
    everywhere: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rules = {name: tuple(pieces) for name, pieces in self.rules.items()}
        object.__setattr__(self, "rules", rules)  # JSON has lists only
        object.__setattr__(self, "everywhere", tuple(self.everywhere))
        if not rules or not all(rules.values()) or not set(self.everywhere) <= rules.keys():
            raise ConfigError(
                "rules must name pieces of evidence, and everywhere some of the rules; found "
                f"{self.rules!r:.80} and {self.everywhere!r:.80}."
            )
        whole(self, "k", 1)
        whole(self, "n_peers", 0)
        whole(self, "largest", 1)
        choice(self, "join", get_args(Join))
        choice(self, "bits", (4, 8, 32))
        choice(self, "criterion", ("auroc", "auprc"))
        of = self.n_references
        sizes = [*(of.values() if isinstance(of, Mapping) else [of]), *self.n_axes.values()]
        if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 1 for n in sizes):
            raise ConfigError(
                f"n_references and n_axes must be whole numbers above 0; found {of!r} and "
                f"{self.n_axes!r}."
            )
