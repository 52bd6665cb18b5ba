"""§7's open questions: what dimension the latent space should have, which law, and how E ends.

This module holds what was measured and reads without torch; `study` measures.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

from wganad_core import pretrained, storage

KIND = "latent"
COMMAND = "python -m wganad_core study latent"
LAWS = {
    "normal": "normal",
    "uniform": "uniform in a box",
    "sphere": "on a sphere",
    "mixture": "mixture of ten Gaussians",
}
# What E ends with, so that its latents are some that G has seen.
ENDINGS = {
    "norm": "batch normalisation",
    "tanh": "3·tanh",
    "clip": "clipped to ±3",
    "shell": "projected onto the shell",
}
RULES = {"residual": "‖x − G(E(x))‖²", "neighbours": "neighbours of E(x)"}


@dataclasses.dataclass(frozen=True)
class LatentFit:
    """One WGAN-GP with its encoder: `n_latent` numbers of a `law`, class `abnormal` unseen;
    E ends with `ending`.

    `rebuilt`: mean of ‖x − G(E(x))‖² over normals of the test part, and `rebuilt_unseen` over the
    anomalies. AUPRC and AUROC by rule; `n` test samples at base rate π.
    """

    use_case: str
    abnormal: str
    n_latent: int
    law: str
    rebuilt: float
    rebuilt_unseen: float
    auprc: dict[str, float]
    auroc: dict[str, float]
    base_rate: float
    n: int
    seconds: float
    ending: str = "norm"
    seed: int = 0

    @property
    def key(self) -> tuple[str, str, int, str, str, int]:
        return self.use_case, self.abnormal, self.n_latent, self.law, self.ending, self.seed


@dataclasses.dataclass(frozen=True)
class Latents:
    """All that was measured, and how: `recipe` in words."""

    fits: list[LatentFit]
    recipe: str
    command: str = COMMAND

    def updated(self, newer: LatentFit) -> Latents:
        """With this fit in place of what was measured of the same."""
        kept = [fit for fit in self.fits if fit.key != newer.key]
        return dataclasses.replace(self, fits=sorted([*kept, newer], key=lambda fit: fit.key))

    def of(self, use_case: str, abnormal: str) -> list[LatentFit]:
        """Of normal latents and batch normalisation, by rising dimension and seed."""
        return [
            fit
            for fit in self.fits
            if fit.key == (use_case, abnormal, fit.n_latent, *self.usual, fit.seed)
        ]

    def beside(self, use_case: str, abnormal: str) -> list[LatentFit]:
        """What differs in law or ending alone, at the dimension with the most of those."""
        ours = [fit for fit in self.fits if (fit.use_case, fit.abnormal) == (use_case, abnormal)]
        counts = Counter(fit.n_latent for fit in ours)
        most = max(counts, key=lambda n: counts[n], default=0)
        order = [(law, ending) for law in LAWS for ending in ENDINGS]
        found = [fit for fit in ours if fit.n_latent == most]
        return sorted(found, key=lambda fit: (order.index((fit.law, fit.ending)), fit.seed))

    @property
    def usual(self) -> tuple[str, str]:
        """The law and the ending of the paper."""
        return next(iter(LAWS)), next(iter(ENDINGS))


# What the lab measured of digits 1, 4, 7 and 9 with the full recipe on an H100 (5,000 steps, one
# seed; `shared/detection.md`): AUROC in %, and ‖x − G(E(x))‖² of validation normals, by dimension.
QUOTED_FROM = "our lab, digits 1 4 7 9, full recipe, one seed"
QUOTED_NEIGHBOURS = {2: 55, 4: 61, 8: 68, 32: 91}
QUOTED_RESIDUAL = {2: 59, 4: 68, 8: 65, 32: 66}
QUOTED_REBUILT = {4: 36.0, 8: 22.0, 16: 15.0, 32: 10.3, 64: 7.8}


def shipped_path() -> Path:
    return pretrained.SHIPPED / "latent.safetensors"


def save(found: Latents, path: Path) -> None:
    """Write atomically."""
    storage.save_record(path, KIND, found)


def load(path: Path) -> Latents:
    """Undo `save`. Raises `StorageError` with one sentence for anything else."""
    return storage.load_record(path, KIND, Latents)
