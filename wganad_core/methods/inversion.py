"""Inversion of the generator (paper §5.2, eqs 21–22).

The equations carry the wrong sign for a minimisation and define no image likelihood; what is meant
is the squared error plus λ times minus the log density of the normal prior.
"""

from __future__ import annotations

from torch import Tensor

from wganad_core.methods.bundle import Bundle
from wganad_core.methods.descent import Descent, SearchScore
from wganad_core.methods.registry import scores
from wganad_core.methods.score import mean_square

PRIOR = "prior"


@scores("inversion", needs=["wgan-gp"])
class InversionScore(SearchScore):
    """The descent minimises MSE + λ·mean z²/2 (λ = `weight`); the score is the MSE that it ends
    with, as in Fig. 15."""

    steering = (PRIOR,)

    def __init__(
        self, bundle: Bundle, weight: float = 0.01, descent: Descent | None = None
    ) -> None:
        super().__init__(bundle, weight, descent)

    def loss(self, x: Tensor, rebuilt: Tensor, z: Tensor) -> dict[str, Tensor]:
        return {"residual": mean_square(x - rebuilt), PRIOR: self.weight * mean_square(z) / 2}
