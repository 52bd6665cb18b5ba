"""What the methods' boxes are written with.

A trainer owns everything that changes: weights, optimisers, random state. The same networks, data
and config give the same weights, also when a checkpoint comes in between (bit for bit on one
platform with one torch thread).
"""

from __future__ import annotations

import copy
import dataclasses
import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core import storage
from wganad_core.config import AnyNetworkConfig, NetworkConfig, TrainingConfig
from wganad_core.networks.parts import FlatParameters, Networks, numbers
from wganad_core.packing import unpack
from wganad_core.records import FloatArray, Snapshot

N_FIXED = 1000
N_FIXED_IMAGES = 100
RISE, FIRST = 0.3, 1 / 25  # of one cycle: when its rate is highest, and where it begins


# What optimisers keep of each part.
KEPT_BY = {
    "adam": {"step", "exp_avg", "exp_avg_sq"},
    "rmsprop": {"step", "square_avg"},
}
KEPT = "the weights before it are kept"


class DivergedError(RuntimeError):
    """A loss or the squared length of a gradient, of which optimisers keep averages, was not
    finite. The update was not applied: weights are the last good."""


@dataclasses.dataclass(frozen=True)
class TrainerProgress:
    """What a resumed trainer needs besides arrays."""

    n_steps: int
    updates: Mapping[str, int]
    losses: Mapping[str, float]
    w_estimate: float


class Trainer(ABC):
    """One method at work on data x (n, d) float32. A subclass is a method: registered by
    `methods.registry.trains`, it says which networks it needs and what a step is."""

    parts: ClassVar[tuple[str, ...]]  # the networks that it trains, one optimiser each
    alternates: ClassVar[bool] = False  # `n_critic` updates of one network, then one of another

    @classmethod
    @abstractmethod
    def modules(cls, config: AnyNetworkConfig, rng: torch.Generator) -> dict[str, nn.Module]:
        """Fresh networks by name, of the shape that the config asks for."""

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        self.networks, self.x, self.config, self.device = networks, x, config, x.device
        self.rng = torch.Generator().manual_seed(config.seed)
        self.optimizers = {p: make_optimizer(networks.flat[p], config) for p in self.parts}
        self.averaged = self._copy_to_average()
        self._average = FlatParameters(self.averaged) if self.averaged is not None else None
        self.n_steps = 0
        self.updates: Counter[str] = Counter()
        self.losses: dict[str, float] = {}
        self.w_estimate = math.nan
        self._buffers = [b for part in self.parts for b in networks[part].buffers()]
        self._keep_statistics()

    @abstractmethod
    def step(self) -> None:
        """One step of the method. Raises `DivergedError` in place of an update that is not
        finite."""

    def slices(self) -> Iterator[None]:
        """The same step with rests in it, wherever somebody else may have a turn."""
        self.step()
        yield

    @abstractmethod
    def picture(self) -> FloatArray:
        """What a page shows of a run: G at fixed latents, or what fixed data become."""

    def _copy_to_average(self) -> nn.Module | None:
        averages = self.config.average and "generator" in self.parts
        return copy.deepcopy(self.networks.generator) if averages else None

    def start_from(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Begin with these weights, as far as there are any, and the average with G's."""
        self.networks.load_arrays({**self.networks.arrays(), **arrays})
        if self._average is not None:
            self._average.vector.data.copy_(self.networks.flat["generator"].vector.data)
        self._keep_statistics()

    # What the boxes are written with.

    def real_batch(self) -> Tensor:
        index = torch.randint(len(self.x), (self.config.batch_size,), generator=self.rng)
        return self.x.index_select(0, index.to(self.device))

    def latents(self) -> Tensor:
        shape = (self.config.batch_size, self.networks.config.n_latent)
        return torch.randn(shape, generator=self.rng).to(self.device)

    def learning_rate(self, part: str = "generator") -> float:
        """The configured rate of a part, decayed by the share of steps done."""
        left = 1 - min(self.n_steps / self.config.steps, 1.0)
        factor = {
            "none": 1.0,
            "linear": left,
            "cosine": _eased(left),
            "one-cycle": one_cycle(1 - left),
        }
        config = self.config
        own = config.critic_learning_rate if part == "critic" else 0.0
        return (own or config.learning_rate) * max(factor[config.decay], 1e-3)

    def apply(self, *parts: str, **losses: float) -> None:
        """Move the weights of these parts along their gradients; if that would poison those of
        one, of none."""
        for part in parts:
            gradient = self.networks.flat[part].gradient
            if not math.isfinite(sum(losses.values()) + float(gradient @ gradient)):
                self._diverged(part, losses)
        for part in parts:
            self.optimizers[part].param_groups[0]["lr"] = self.learning_rate(part)
            self.optimizers[part].step()
            self.updates[part] += 1
            if part == "generator" and self._average is not None:
                vector = self.networks.flat[part].vector
                self._average.vector.data.lerp_(vector.data, 1 - self.config.average)
        self.losses.update(losses)
        self._keep_statistics()

    def _diverged(self, part: str, losses: Mapping[str, float]) -> NoReturn:
        """The forward pass has told batch normalisation of rows that no update follows."""
        for buffer, kept in self._statistics:
            buffer.copy_(kept)
        values = ", ".join(f"{name} {value:g}" for name, value in losses.items())
        raise DivergedError(
            f"Training diverged at step {self.n_steps:,} ({part} update: {values}); {KEPT}. "
            "Lower the learning rate or the penalty."
        )

    def _keep_statistics(self) -> None:
        self._statistics = [(buffer, buffer.clone()) for buffer in self._buffers]

    def precision(self) -> AbstractContextManager[object]:
        """Within it, large layers multiply as precisely as the config says."""
        if self.config.precision == "single":
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def minimise(self, loss: Tensor, *parts: str, **losses: float) -> None:
        """Backpropagate `loss` to these parts only and apply it to each."""
        inputs = []
        for part in parts:
            self.networks.flat[part].gradient.zero_()
            inputs += list(self.networks[part].parameters())
        loss.backward(inputs=inputs)  # type: ignore[no-untyped-call]
        self.apply(*parts, **(losses or dict.fromkeys(parts, float(loss.detach()))))

    # What the world sees.

    @torch.no_grad()
    def sample(self, z: Tensor) -> FloatArray:
        """G(z), from the averaged weights if the config asks for an average."""
        generator = self.networks.generator if self.averaged is None else self.averaged
        return numbers(generator(z.to(self.device)))

    def snapshot(self) -> Snapshot:
        """Where the run is: numbers only, so that there is one after every step."""
        return Snapshot(self.n_steps, dict(self.losses), self.w_estimate)

    def finished_arrays(self) -> dict[str, NDArray[Any]]:
        """The weights to keep of a finished run: the average stands for the generator."""
        arrays = self.networks.arrays()
        if self.averaged is not None:
            for name, value in self.averaged.state_dict().items():
                arrays[f"generator.{name}"] = numbers(value)
        return arrays

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Everything that a resumed run needs except the data: arrays and JSON."""
        arrays: dict[str, NDArray[Any]] = dict(self.networks.arrays())
        arrays["rng"] = self.rng.get_state().numpy()
        if self._average is not None:
            arrays["average"] = numbers(self._average.vector)
        for part, optimizer in self.optimizers.items():
            for name, value in optimizer.state_dict()["state"].get(0, {}).items():
                arrays[f"optimizer.{part}.{name}"] = numbers(value)
        return arrays, {
            "n_steps": self.n_steps,
            "updates": dict(self.updates),
            "losses": dict(self.losses),
            "w_estimate": self.w_estimate,
        }

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        """Continue from `state`. Raises `ValueError`, `TypeError` and `KeyError` for another's."""
        progress = unpack(TrainerProgress, {}, meta)
        if not 0 <= progress.n_steps <= self.config.steps:
            raise ValueError(f"step {progress.n_steps} of {self.config.steps}")
        self.networks.load_arrays(arrays)
        self.rng.set_state(torch.from_numpy(arrays["rng"].copy()))
        if self._average is not None:
            _check_like("average", arrays["average"], self._average.vector)
            self._average.vector.data.copy_(torch.from_numpy(arrays["average"]))
        for part, optimizer in self.optimizers.items():
            found = storage.below(f"optimizer.{part}", arrays)
            self._check_optimizer(part, found)
            state = {name: torch.from_numpy(value.copy()) for name, value in found.items()}
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict(
                {"state": {0: state} if state else {}, "param_groups": groups}
            )
        self.updates = Counter(progress.updates)
        self.n_steps, self.losses = progress.n_steps, dict(progress.losses)
        self.w_estimate = progress.w_estimate
        self._keep_statistics()

    def _check_optimizer(self, part: str, found: Mapping[str, NDArray[Any]]) -> None:
        """PyTorch's optimisers trust their state, and write where it ends."""
        kept = KEPT_BY.get(self.config.optimizer, KEPT_BY["adam"])
        if found and set(found) != kept:
            names = ", ".join(sorted(kept))
            raise ValueError(f"expected {names} of an optimiser; found {', '.join(sorted(found))}")
        for name, value in found.items():
            like = torch.empty(()) if name == "step" else self.networks.flat[part].vector
            _check_like(f"optimizer.{part}.{name}", value, like)


def _check_like(name: str, found: NDArray[Any], like: Tensor) -> None:
    if found.shape != tuple(like.shape) or found.dtype != np.float32:
        raise ValueError(
            f"expected {name} of shape {tuple(like.shape)}, float32; found {found.shape}, "
            f"{found.dtype}"
        )


def fixed_latents(networks: Networks, seed: int) -> Tensor:
    """The latents whose images all snapshots of a run show."""
    n = N_FIXED if isinstance(networks.config, NetworkConfig) else N_FIXED_IMAGES
    fixed = torch.Generator().manual_seed(seed + 1_000_003)
    return torch.randn(n, networks.config.n_latent, generator=fixed)


def _eased(share: float) -> float:
    """From 0 to 1 along half a cosine."""
    return math.sin(math.pi / 2 * share) ** 2


def one_cycle(done: float) -> float:
    """Smith and Topin's (2019) factor of the learning rate when this share of steps is done: up
    from 1/25 to 1 during the first three tenths, then down to nothing."""
    if done < RISE:
        return FIRST + (1 - FIRST) * _eased(done / RISE)
    return _eased((1 - done) / (1 - RISE))


def make_optimizer(flat: FlatParameters, config: TrainingConfig) -> torch.optim.Optimizer:
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop([flat.vector], lr=config.learning_rate, alpha=0.99)
    betas = (config.beta1, config.beta2)
    if config.optimizer == "adamw":
        return torch.optim.AdamW(
            [flat.vector],
            lr=config.learning_rate,
            betas=betas,
            weight_decay=config.weight_decay,
            fused=True,
        )
    return torch.optim.Adam([flat.vector], lr=config.learning_rate, betas=betas, fused=True)
