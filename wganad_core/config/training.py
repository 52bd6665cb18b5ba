"""How a model is trained, as settings."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from wganad_core.config.settings import MAX_SEED, Config, ConfigError, choice, number, whole

Method = str  # the name of something trainable
Optimizer = Literal["adam", "adamw", "rmsprop"]
GeneratorLoss = Literal["saturating", "non-saturating"]
Decay = Literal["none", "linear", "cosine", "one-cycle"]
Precision = Literal["single", "bfloat16"]
LESS_PRECISE = ("contrast", "encoder")  # the methods that bear it: no penalty on a gradient
NORMALISED = ("bigan", "encoder")  # over the rows of a batch, of which one has no spread
METHODS = ("gan", "wgan-clip", "wgan-gp")  # a generator against a critic
# `methods.registry.trains` adds to it.
TRAINABLE = {*METHODS, "bigan", "vae", "encoder", "contrast"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig(Config):
    """How a model is trained.

    A step is one generator update preceded by `n_critic` critic updates (k in Algorithm 1).
    `penalty` is λ of Algorithm 2 and only used by `wgan-gp`; `clip` is c of the clipped WGAN and
    only used by `wgan-clip`; `generator_loss` only by `gan`; `weight_decay` only by `adamw`.
    `precision` is that of the products of large layers; weights, losses and updates are single.
    `decay` takes the learning rate to (nearly) zero at the last of `steps`; `one-cycle` raises it
    during the first three tenths, from a twenty-fifth of `learning_rate`. `critic_learning_rate` is
    the critic's own; 0: `learning_rate`. `average` is the rate of the exponential moving average of
    the generator's weights from which snapshots sample; 0 means the weights themselves.
    """

    method: str = "wgan-gp"
    generator_loss: GeneratorLoss = "non-saturating"
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-4
    beta1: float = 0.5
    beta2: float = 0.9
    weight_decay: float = 1e-4
    batch_size: int = 64
    n_critic: int = 5
    penalty: float = 10.0
    clip: float = 0.01
    decay: Decay = "none"
    average: float = 0.0
    steps: int = 10_000
    seed: int = 0
    precision: Precision = "single"
    critic_learning_rate: float = 0.0

    def __post_init__(self) -> None:
        choice(self, "method", tuple(sorted(TRAINABLE)))
        choice(self, "generator_loss", get_args(GeneratorLoss))
        choice(self, "optimizer", get_args(Optimizer))
        number(self, "learning_rate", 0, 10, open_low=True)
        number(self, "beta1", 0, 0.9999)
        number(self, "beta2", 0, 0.99999)
        number(self, "weight_decay", 0, 10)
        whole(self, "batch_size", 2 if self.method in NORMALISED else 1, 65_536)
        whole(self, "n_critic", 1, 1000)
        number(self, "penalty", 0, 1e6)
        number(self, "clip", 0, 1e3, open_low=True)
        choice(self, "decay", get_args(Decay))
        number(self, "average", 0, 0.99999)
        whole(self, "steps", 1, 100_000_000)
        whole(self, "seed", 0, MAX_SEED)
        number(self, "critic_learning_rate", 0, 10)
        choice(self, "precision", get_args(Precision))
        if self.precision != "single" and self.method not in LESS_PRECISE:
            raise ConfigError(
                f"precision {self.precision} is for {' and '.join(LESS_PRECISE)}; {self.method} "
                "trains in single precision."
            )
