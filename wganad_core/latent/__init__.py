"""§7's open question: what dimension the latent space should have, and which law.

This module holds what was measured and reads without torch; `study` measures.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from wganad_core import pretrained, storage

KIND = "latent"
COMMAND = "python -m wganad_core study latent"
LAWS = {"normal": "normal", "uniform": "uniform in a box", "sphere": "on a sphere"}
RULES = {"residual": "‖x − G(E(x))‖²", "neighbours": "neighbours of E(x)"}


@dataclasses.dataclass(frozen=True)
class LatentFit:
    """One WGAN-GP with its encoder: `n_latent` numbers of a `law`, class `abnormal` unseen.

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

    @property
    def key(self) -> tuple[str, str, int, str]:
        return self.use_case, self.abnormal, self.n_latent, self.law


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

    def of(self, use_case: str, abnormal: str, law: str = "normal") -> list[LatentFit]:
        """By rising dimension."""
        wanted = (use_case, abnormal, law)
        return [fit for fit in self.fits if (fit.use_case, fit.abnormal, fit.law) == wanted]


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
