"""A generator against a critic: what the vanilla GAN and both Wasserstein GANs share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from wganad_core.config import AnyNetworkConfig, TrainingConfig
from wganad_core.methods.trainer import Trainer, fixed_latents
from wganad_core.networks.parts import Networks
from wganad_core.networks.shapes import shape_of
from wganad_core.records import FloatArray


class Adversarial(Trainer):
    """A step is `n_critic` critic updates, then one generator update."""

    parts = ("generator", "critic")
    alternates = True

    @classmethod
    def modules(cls, config: AnyNetworkConfig, rng: torch.Generator) -> dict[str, nn.Module]:
        shape = shape_of(config)
        return {"generator": shape.generator(config, rng), "critic": shape.critic(config, rng)}

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.generator, self.critic = networks.generator, networks.critic
        self.fixed_z = fixed_latents(networks, config.seed)

    @abstractmethod
    def update_critic(self) -> None:
        """One update of the critic or discriminator on a fresh batch."""

    @abstractmethod
    def update_generator(self) -> None:
        """One update of the generator on fresh latents."""

    def step(self) -> None:
        for _ in self.slices():
            pass

    def slices(self) -> Iterator[None]:
        for _ in range(self.config.n_critic):
            self.update_critic()
            yield
        self.update_generator()
        self.n_steps += 1
        yield

    def fake_batch(self) -> Tensor:
        with torch.no_grad():
            fake: Tensor = self.generator(self.latents())
        return fake

    def picture(self) -> FloatArray:
        return self.sample(self.fixed_z)

    @property
    def n_critic_updates(self) -> int:
        return self.updates["critic"]

    @property
    def n_generator_updates(self) -> int:
        return self.updates["generator"]
