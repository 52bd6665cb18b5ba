"""How far a fit is."""

from __future__ import annotations

import dataclasses
from typing import Literal

StageName = Literal["generator", "encoder", "scores"]


@dataclasses.dataclass(frozen=True)
class Progress:
    """One report of `fit_steps`. The last, of the stage `scores`, comes when training is done and
    references and threshold are still to be found.

    `step` of `n_steps` over all stages; `seconds` since the start and `seconds_left` (None until
    something is known). `w_estimate`: the critic's latest mean f(x) − mean f(G(z)), NaN where
    there is none. `losses`: the latest of each, by name. `validation` (lower = better, None where
    no rows are held out): sliced W1 between generated rows and validation normals, for an encoder
    the mean squared error of their reconstruction, both in standardised units.
    """

    stage: StageName
    step: int
    n_steps: int
    seconds: float
    seconds_left: float | None
    w_estimate: float
    losses: dict[str, float]
    validation: float | None
