"""A race: one to three lanes that train on the same data on one clock."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wganad_core import divergence, objectives, storage
from wganad_core.config import LaneConfig, RaceConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.methods import Adversarial, DivergedError
from wganad_core.packing import unpack
from wganad_core.records import Frame, Replay, StepTrace
from wganad_core.run.checkpoint import Checkpoint, as_words
from wganad_core.run.loop import Run, Stage, State

GRID = 40
N_ARROWS = 64
N_MANIFOLD = 17
N_TRACE = 48
N_TRANSPORT = 320
N_HISTOGRAM = 10_000
HISTOGRAM_BINS = 32


def box_points(box: tuple[float, float, float, float], size: int) -> Tensor:
    """Centres of a size × size grid over the box, row by row from the bottom; (size², 2)."""
    left, right, bottom, top = box
    middle = (torch.arange(size) + 0.5) / size
    y, x = torch.meshgrid(
        bottom + (top - bottom) * middle, left + (right - left) * middle, indexing="ij"
    )
    return torch.stack([x, y], dim=-1).reshape(-1, 2)


@dataclasses.dataclass(frozen=True)
class LaneProgress:
    """What a resumed lane needs besides arrays."""

    run: Mapping[str, Any]
    events: list[str]
    stopped: str | None
    smooth_w: float
    collapsed: bool


class Lane:
    """One run of a race, its recording, and why it stopped if it did."""

    def __init__(self, config: LaneConfig, mixture: Mixture) -> None:
        self.config, self.mixture = config, mixture
        self.run = Run(mixture.x, [Stage(config.training, config.network)])
        self.recording = Replay()
        self.stopped: str | None = None
        self.measured: dict[str, float] = {}
        self.optimal = np.full((HISTOGRAM_BINS, HISTOGRAM_BINS), np.nan, np.float32)
        self._grid = box_points(mixture.box, GRID)
        self._smooth_w = math.nan
        self._collapsed = False
        line = torch.linspace(-2.5, 2.5, N_MANIFOLD)
        self._latent_grid = torch.cartesian_prod(line, line)
        self._wide_z = torch.randn(
            N_HISTOGRAM, config.network.n_latent, generator=torch.Generator().manual_seed(17)
        )
        self._data_shares = divergence.histogram(mixture.x, mixture.box, HISTOGRAM_BINS)
        rng = np.random.default_rng(17)
        self._subsample = mixture.x[rng.integers(len(mixture.x), size=N_TRANSPORT)]

    @property
    def trainer(self) -> Adversarial:
        trainer = self.run.trainer
        assert isinstance(trainer, Adversarial)  # RaceConfig allows no other method
        return trainer

    @property
    def finished(self) -> bool:
        return self.stopped is not None or self.trainer.n_steps >= self.config.training.steps

    def advance(self, what: str) -> None:
        """One "step", or a single "critic" or "generator" update. A diverged lane stays put."""
        for _ in self.slices(what):
            pass

    def slices(self, what: str = "step") -> Generator[None, None, None]:
        """The same, with a rest after each update."""
        if self.stopped is not None:
            return
        try:
            if what == "step":
                yield from self.run.slices()
            else:
                {"critic": self.trainer.update_critic, "generator": self.trainer.update_generator}[
                    what
                ]()
        except DivergedError as error:
            self._stop(error)
            return
        if what != "generator":
            self._smooth()

    def _smooth(self) -> None:
        """After an update of the critic, which tells the estimate anew."""
        w = self.trainer.w_estimate
        known = math.isfinite(self._smooth_w)
        self._smooth_w = 0.98 * self._smooth_w + 0.02 * w if known else w

    def _stop(self, error: DivergedError) -> None:
        self.stopped = str(error)
        self.recording.note(self.stopped)

    def measure(self) -> None:
        """The slow figures (tens of milliseconds and more): W1, sliced W1, Jensen–Shannon, D*."""
        samples, box = self.trainer.sample(self._wide_z), self.mixture.box
        if not np.isfinite(samples).all():
            return
        fake = samples[:N_TRANSPORT]
        shares = divergence.histogram(samples, box, HISTOGRAM_BINS)
        self.measured = {
            "wasserstein": divergence.wasserstein(self._subsample, fake),
            "sliced_wasserstein": divergence.sliced_wasserstein(self._subsample, fake),
            "jensen_shannon": divergence.jensen_shannon(self._data_shares, shares),
        }
        self.optimal = divergence.optimal_discriminator(self._data_shares, shares).astype(
            np.float32
        )

    def observe(self) -> None:
        """Record the lane as it is now."""
        trainer, frame = self.trainer, self._frame()
        step, samples = frame.step, frame.samples
        ledger = divergence.mode_ledger(samples, self.mixture)
        numbers = {
            "step": step,
            "critic_loss": trainer.losses.get("critic", math.nan),
            "generator_loss": trainer.losses.get("generator", math.nan),
            "w_estimate": self._smooth_w,
            "share_inside": ledger.share_inside,
            "n_covered": ledger.n_covered,
            **self.measured,
        }
        self.measured = {}
        self.recording.add(frame, numbers)
        collapse = divergence.collapse_sentence(step, samples, self.mixture)
        if collapse is not None and not self._collapsed:
            self.recording.note(collapse)
        self._collapsed = collapse is not None

    def _frame(self) -> Frame:
        trainer = self.trainer
        samples = trainer.sample(trainer.fixed_z)
        field, slope = self._fields()
        return Frame(
            step=trainer.n_steps,
            samples=samples,
            field=field,
            slope=slope,
            optimal=self.optimal,
            arrows=self._arrows(),
            manifold=self._manifold(),
            counts=np.array(divergence.mode_ledger(samples, self.mixture).counts, np.float32),
        )

    def state(self) -> State:
        """Everything that a resumed lane needs except the data: arrays and JSON."""
        if not self.recording.frames:
            self.observe()
        arrays, meta = self.run.state()
        arrays = {
            "optimal": self.optimal,
            **storage.prefixed("run", arrays),
            **storage.prefixed("past", self.recording.arrays()),
        }
        return arrays, {
            "run": meta,
            "events": self.recording.events,
            "stopped": self.stopped,
            "smooth_w": self._smooth_w,
            "collapsed": self._collapsed,
        }

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        """Continue from `state`. Raises `ValueError`, `TypeError` and `KeyError` for another's."""
        names = [field.name for field in dataclasses.fields(LaneProgress)]
        progress = unpack(LaneProgress, {}, {name: meta[name] for name in names})
        self.run.load_state(storage.below("run", arrays), dict(progress.run))
        self.recording = Replay.from_arrays(storage.below("past", arrays), progress.events)
        now = self._frame().arrays()
        self.optimal = arrays["optimal"]
        for kept in [{"optimal": self.optimal}, *(f.arrays() for f in self.recording.frames[:1])]:
            if wrong := [name for name, value in kept.items() if value.shape != now[name].shape]:
                raise ValueError(f"{wrong[0]} has another shape than {now[wrong[0]].shape}")
        self.stopped = progress.stopped
        self._smooth_w, self._collapsed = progress.smooth_w, progress.collapsed

    def _value(self, x: Tensor) -> Tensor:
        """f(x), or D(x) for the vanilla GAN; (n, 2) → (n,)."""
        out: Tensor = self.trainer.critic(x).squeeze(1)
        return out.sigmoid() if self.config.training.method == "gan" else out

    def _fields(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        x = self._grid.clone().requires_grad_(True)
        value = self._value(x)
        (gradient,) = torch.autograd.grad(value.sum(), x)
        field = value.detach().numpy().reshape(GRID, GRID)
        return field, gradient.norm(dim=1).numpy().reshape(GRID, GRID)

    def _push(self, fake: Tensor) -> Tensor:
        """−∂L_G/∂x per sample: where each generated point (n, 2) is pushed."""
        x = fake.detach().requires_grad_(True)
        scores, training = self.trainer.critic(x), self.config.training
        if training.method == "gan":
            loss = objectives.gan_generator_loss(scores, training.generator_loss)
        else:
            loss = objectives.wgan_generator_loss(scores)
        (gradient,) = torch.autograd.grad(loss, x)
        return -gradient * len(x)

    def _arrows(self) -> NDArray[np.float32]:
        fake = torch.from_numpy(self.trainer.sample(self.trainer.fixed_z[:N_ARROWS]))
        return torch.cat([fake, self._push(fake)], dim=1).numpy()

    def _manifold(self) -> NDArray[np.float32]:
        if self.config.network.n_latent != 2:
            return np.full((N_MANIFOLD, N_MANIFOLD, 2), np.nan, np.float32)
        return self.trainer.sample(self._latent_grid).reshape(N_MANIFOLD, N_MANIFOLD, 2)

    def trace(self) -> Generator[None, None, StepTrace]:
        """Make one step, in slices, and tell what happened inside. Raises `DivergedError` like
        `step`, and then the lane has stopped."""
        try:
            return (yield from self._traced_step())
        except DivergedError as error:
            self._stop(error)
            raise

    def _traced_step(self) -> Generator[None, None, StepTrace]:
        trainer = self.trainer
        updates = self.run.slices()  # n_critic of the critic, then the generator's
        for _ in range(trainer.config.n_critic - 1):
            yield next(updates)
        real, critic_z, epsilon = self._next_batch()
        with torch.no_grad():
            critic_fake = trainer.generator(critic_z)
        yield next(updates)
        z = self._peek(trainer.latents)[:N_TRACE]
        with torch.no_grad():
            fake = trainer.generator(z)
            real_scores, fake_scores = self._value(real), self._value(fake)
        between = objectives.interpolate(real, critic_fake, epsilon)
        slope = objectives.gradient_norm(trainer.critic, between).detach()
        push, (field, _) = self._push(fake), self._fields()
        yield from updates
        self._smooth()
        with torch.no_grad():
            moved = trainer.generator(z)
        return StepTrace(
            step=trainer.n_steps,
            z=z.numpy(),
            real=real.numpy(),
            fake=fake.numpy(),
            moved=moved.numpy(),
            real_scores=real_scores.numpy(),
            fake_scores=fake_scores.numpy(),
            between=between.numpy(),
            between_slope=slope.numpy(),
            push=push.numpy(),
            field=field,
            losses={**trainer.losses, "w_estimate": trainer.w_estimate},
        )

    def _peek(self, draw: Any) -> Any:
        """What `draw` will return next, without using up randomness."""
        state = self.trainer.rng.get_state()
        value = draw()
        self.trainer.rng.set_state(state)
        return value

    def _next_batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """The first samples of the batch that the next critic update will use."""

        def draw() -> tuple[Tensor, Tensor, Tensor]:
            trainer = self.trainer
            real, z = trainer.real_batch(), trainer.latents()
            epsilon = torch.rand(len(real), 1, generator=trainer.rng)
            return real[:N_TRACE], z[:N_TRACE], epsilon[:N_TRACE]

        batch: tuple[Tensor, Tensor, Tensor] = self._peek(draw)
        return batch


class Race:
    """Lanes on one clock. Lanes with equal seeds and networks start from equal weights."""

    def __init__(self, config: RaceConfig, own: NDArray[np.floating] | None = None) -> None:
        self.config = config
        self.mixture = make_mixture(config.mixture, own)
        self.lanes = [Lane(lane, self.mixture) for lane in config.lanes]

    @property
    def step_count(self) -> int:
        return max(lane.trainer.n_steps for lane in self.lanes)

    @property
    def finished(self) -> bool:
        return all(lane.finished for lane in self.lanes)

    def advance(self, what: str = "step") -> None:
        """Move every lane that has not finished by one step or one single update."""
        for _ in self.slices(what):
            pass

    def slices(self, what: str = "step") -> Generator[None, None, None]:
        """The same with a rest after each update of a lane, in which others may have a turn; the
        lanes are on one clock again at its end."""
        for lane in self.lanes:
            if not lane.finished:
                yield from lane.slices(what)

    def trace(self, which: int) -> Generator[None, None, StepTrace]:
        """One step of every lane, in slices; returns what happened inside lane `which`."""
        if self.lanes[which].finished:
            raise ValueError("This lane has finished; reset the race to look inside a step.")
        for i, lane in enumerate(self.lanes):
            if i != which and not lane.finished:
                yield from lane.slices()
        return (yield from self.lanes[which].trace())

    def measure(self) -> None:
        for lane in self.lanes:
            lane.measure()

    def observe(self) -> None:
        for lane in self.lanes:
            lane.observe()


def save_race(race: Race, path: Path) -> None:
    """Everything needed to continue: weights, optimisers, random states, recordings, points."""
    data = {"own": race.mixture.x} if race.config.mixture.name == "own" else {}
    Checkpoint(path, {"race": race.config.to_dict()}, data, keep_data=True).save(*race.lanes)


def load_race(path: Path) -> Race:
    """Undo `save_race`. Raises `StorageError` for a missing, damaged or foreign file."""
    checkpoint = Checkpoint.of(path)
    if "race" not in checkpoint.plan:
        raise storage.StorageError(f"{path} holds no race; choose another file.")
    with as_words(path, "checkpoint"):
        race = Race(RaceConfig.from_dict(checkpoint.plan["race"]), checkpoint.data.get("own"))
    checkpoint.load(*race.lanes)
    return race
