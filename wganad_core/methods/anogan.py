"""AnoGAN (Schlegl et al. 2017; paper §4.2, eqs 13–15)."""

from __future__ import annotations

from torch import Tensor

from wganad_core.methods.bundle import Bundle
from wganad_core.methods.descent import Descent, SearchScore
from wganad_core.methods.registry import scores


@scores("anogan", needs=["wgan-gp"])
class AnoGANScore(SearchScore):
    """eqs 13–15 with λ = `weight`: the score is the loss that the descent ends with. f_D is the
    critic's last hidden layer."""

    def __init__(self, bundle: Bundle, weight: float = 0.1, descent: Descent | None = None) -> None:
        super().__init__(bundle, weight, descent)
        self.hidden = bundle.chain("critic")[:-1]

    def loss(self, x: Tensor, rebuilt: Tensor, z: Tensor) -> dict[str, Tensor]:
        residual = (x - rebuilt).abs().sum(dim=1)
        features = (self.hidden(x) - self.hidden(rebuilt)).abs().sum(dim=1)
        return {"residual": (1 - self.weight) * residual, "features": self.weight * features}
