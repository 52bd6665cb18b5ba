"""Training: the paper's algorithms, one class each, and the one loop that drives them.

A trainer owns everything that changes: weights, optimisers, random state. `train` pulls it along
and yields snapshots; it never knows who is watching. The same networks, data and config give the
same snapshots, also when a checkpoint comes in between (bit for bit on one platform with one
torch thread).
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wganad_core import objectives, storage
from wganad_core.config import Method, NetworkConfig, TrainingConfig
from wganad_core.fast_critic import critic_gradient
from wganad_core.networks.dense import FlatParameters, Networks, make_networks
from wganad_core.records import FloatArray, Snapshot

N_FIXED = 1000
CHECKPOINT = "checkpoint"


class DivergedError(RuntimeError):
    """A loss or the squared length of a gradient, of which optimisers keep averages, was not
    finite. The update was not applied: weights are the last good."""


class Trainer(ABC):
    """A run of one method on data x (n, d) float32. Subclasses are the paper's boxes."""

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        self.networks, self.x, self.config = networks, x, config
        self.generator, self.critic = networks.generator, networks.critic
        self.rng = torch.Generator().manual_seed(config.seed)
        self.optimizers = {
            "generator": make_optimizer(networks.generator_parameters, config),
            "critic": make_optimizer(networks.critic_parameters, config),
        }
        self.averaged = copy.deepcopy(networks.generator) if config.average else None
        self._average = FlatParameters(self.averaged) if self.averaged is not None else None
        n_latent = networks.config.n_latent
        fixed = torch.Generator().manual_seed(config.seed + 1_000_003)
        self.fixed_z = torch.randn(N_FIXED, n_latent, generator=fixed)
        self.n_steps = self.n_critic_updates = self.n_generator_updates = 0
        self.losses: dict[str, float] = {}
        self.w_estimate = math.nan

    @abstractmethod
    def update_critic(self) -> None:
        """One update of the critic or discriminator on a fresh batch."""

    @abstractmethod
    def update_generator(self) -> None:
        """One update of the generator on fresh latents."""

    def step(self) -> None:
        """`n_critic` critic updates, then one generator update.

        Raises `DivergedError` in place of an update that is not finite.
        """
        for _ in range(self.config.n_critic):
            self.update_critic()
        self.update_generator()
        self.n_steps += 1

    # What the boxes are written with.

    def real_batch(self) -> Tensor:
        index = torch.randint(len(self.x), (self.config.batch_size,), generator=self.rng)
        return self.x.index_select(0, index)

    def latents(self) -> Tensor:
        shape = (self.config.batch_size, self.networks.config.n_latent)
        return torch.randn(shape, generator=self.rng)

    def fake_batch(self) -> Tensor:
        with torch.no_grad():
            fake: Tensor = self.generator(self.latents())
        return fake

    def learning_rate(self) -> float:
        """The configured rate, decayed by the share of steps done."""
        left = 1 - min(self.n_steps / self.config.steps, 1.0)
        factor = {"none": 1.0, "linear": left, "cosine": math.sin(math.pi / 2 * left) ** 2}
        return self.config.learning_rate * max(factor[self.config.decay], 1e-3)

    def apply(self, part: str, **losses: float) -> None:
        """Move one part's weights along its gradient, unless that would poison them."""
        flat = getattr(self.networks, f"{part}_parameters")
        if not math.isfinite(sum(losses.values()) + float(flat.gradient @ flat.gradient)):
            values = ", ".join(f"{name} {value:g}" for name, value in losses.items())
            raise DivergedError(
                f"Training diverged at step {self.n_steps:,} ({part} update: {values}); the "
                "weights before it are kept. Lower the learning rate or the penalty."
            )
        optimizer = self.optimizers[part]
        optimizer.param_groups[0]["lr"] = self.learning_rate()
        optimizer.step()
        self.losses.update(losses)
        if part == "critic":
            self.n_critic_updates += 1
        else:
            self.n_generator_updates += 1
            if self._average is not None:
                self._average.vector.data.lerp_(flat.vector.data, 1 - self.config.average)

    def minimise(self, part: str, loss: Tensor) -> None:
        """Backpropagate `loss` to one part only and apply it."""
        flat = getattr(self.networks, f"{part}_parameters")
        flat.gradient.zero_()
        loss.backward(inputs=list(getattr(self, part).parameters()))  # type: ignore[no-untyped-call]
        self.apply(part, **{part: float(loss.detach())})

    # What the world sees.

    @torch.no_grad()
    def sample(self, z: Tensor) -> FloatArray:
        """G(z), from the averaged weights if the config asks for an average."""
        generator = self.generator if self.averaged is None else self.averaged
        return np.asarray(generator(z).numpy(), np.float32)

    def snapshot(self) -> Snapshot:
        return Snapshot(
            step=self.n_steps,
            losses=dict(self.losses),
            w_estimate=self.w_estimate,
            samples=self.sample(self.fixed_z),
            checksum=self.networks.checksum(),
        )

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Everything that a resumed run needs except the data: arrays and JSON."""
        arrays: dict[str, NDArray[Any]] = dict(self.networks.arrays())
        arrays["rng"] = self.rng.get_state().numpy()
        if self._average is not None:
            arrays["average"] = self._average.vector.detach().numpy().copy()
        for part, optimizer in self.optimizers.items():
            for name, value in optimizer.state_dict()["state"].get(0, {}).items():
                arrays[f"optimizer.{part}.{name}"] = value.detach().clone().numpy()
        return arrays, {
            "network": self.networks.config.to_dict(),
            "training": self.config.to_dict(),
            "n_steps": self.n_steps,
            "n_critic_updates": self.n_critic_updates,
            "n_generator_updates": self.n_generator_updates,
            "losses": dict(self.losses),
            "w_estimate": self.w_estimate,
        }

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        """Continue from `state`."""
        self.networks.load_arrays(arrays)
        self.rng.set_state(torch.from_numpy(arrays["rng"].copy()))
        if self._average is not None:
            self._average.vector.data.copy_(torch.from_numpy(arrays["average"]))
        for part, optimizer in self.optimizers.items():
            prefix = f"optimizer.{part}."
            state = {
                name.removeprefix(prefix): torch.from_numpy(value.copy())
                for name, value in arrays.items()
                if name.startswith(prefix)
            }
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict(
                {"state": {0: state} if state else {}, "param_groups": groups}
            )
        for name in ("n_steps", "n_critic_updates", "n_generator_updates", "losses", "w_estimate"):
            setattr(self, name, meta[name])


class VanillaGAN(Trainer):
    """Algorithm 1 (Goodfellow et al.), k = `n_critic`."""

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        self.minimise("critic", objectives.discriminator_loss(self.critic(real), self.critic(fake)))

    def update_generator(self) -> None:
        logits = self.critic(self.generator(self.latents()))
        loss = objectives.gan_generator_loss(logits, self.config.generator_loss)
        self.minimise("generator", loss)


class ClippedWGAN(Trainer):
    """The first Wasserstein GAN (§3.3, eq. 10): weights of f kept in the box [−c, c]."""

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        loss = objectives.critic_loss(self.critic(real), self.critic(fake))
        self.minimise("critic", loss)
        self.w_estimate = -self.losses["critic"]
        self.networks.critic_parameters.vector.data.clamp_(-self.config.clip, self.config.clip)

    def update_generator(self) -> None:
        scores = self.critic(self.generator(self.latents()))
        self.minimise("generator", objectives.wgan_generator_loss(scores))


class WGANGP(ClippedWGAN):
    """Algorithm 2: the Lipschitz constraint as a penalty on ‖∇f(x̂)‖₂, λ = `penalty`."""

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.critic_gradient = critic_gradient(self.critic, config.batch_size)

    def update_critic(self) -> None:
        real, fake = self.real_batch(), self.fake_batch()
        epsilon = torch.rand(len(real), 1, generator=self.rng)
        w_estimate, roughness = self.critic_gradient(real, fake, epsilon, self.config.penalty)
        loss = self.config.penalty * roughness - w_estimate
        self.apply("critic", critic=loss, penalty=roughness)
        self.w_estimate = w_estimate


TRAINERS: dict[Method, type[Trainer]] = {
    "gan": VanillaGAN,
    "wgan-clip": ClippedWGAN,
    "wgan-gp": WGANGP,
}


def make_optimizer(flat: FlatParameters, config: TrainingConfig) -> torch.optim.Optimizer:
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop([flat.vector], lr=config.learning_rate, alpha=0.99)
    betas = (config.beta1, config.beta2)
    return torch.optim.Adam([flat.vector], lr=config.learning_rate, betas=betas, fused=True)


def make_trainer(
    x: NDArray[np.float32], config: TrainingConfig, network: NetworkConfig | None = None
) -> Trainer:
    """Fresh networks (seeded by `config.seed`) and their trainer on data x (n, d) float32."""
    network = network or NetworkConfig(n_features=x.shape[-1])
    if x.ndim != 2 or x.shape[1] != network.n_features or not len(x):
        raise ValueError(
            f"Expected data of shape (n, {network.n_features}) with n ≥ 1; found {x.shape}."
        )
    if not np.isfinite(x).all():
        raise ValueError("Expected finite data; found NaN or infinite values. Remove those rows.")
    networks = make_networks(network, torch.Generator().manual_seed(config.seed))
    return TRAINERS[config.method](networks, torch.tensor(x, dtype=torch.float32), config)


def train(trainer: Trainer, snapshot_every: int = 100) -> Iterator[Snapshot]:
    """Run to `config.steps`, yielding a snapshot now, at every multiple of `snapshot_every` and
    at the end. Raises `DivergedError` as `Trainer.step` does."""
    yield trainer.snapshot()
    while trainer.n_steps < trainer.config.steps:
        trainer.step()
        if trainer.n_steps % snapshot_every == 0 or trainer.n_steps == trainer.config.steps:
            yield trainer.snapshot()


def save_checkpoint(trainer: Trainer, path: Path, extra: dict[str, Any] | None = None) -> None:
    """Write `trainer.state()` atomically, with `extra` JSON under the key `extra`."""
    arrays, meta = trainer.state()
    storage.save(path, CHECKPOINT, arrays, {**meta, "extra": extra or {}})


def load_checkpoint(path: Path, x: NDArray[np.float32]) -> tuple[Trainer, dict[str, Any]]:
    """A trainer that continues a checkpoint on the same data, and the `extra` stored with it."""
    arrays, meta = storage.load(path, CHECKPOINT)
    config = TrainingConfig.from_dict(meta["training"])
    trainer = make_trainer(x, config, NetworkConfig.from_dict(meta["network"]))
    trainer.load_state(arrays, meta)
    return trainer, meta["extra"]
