"""A lane without an audience, trained to its end into a run file.

The same settings and seed give the same run file (but for the seconds it took), also when the
process was killed in between and resumed from its checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wganad_core import divergence, storage
from wganad_core.config import LaneConfig, MixtureConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.methods import evaluate, trained_modules
from wganad_core.methods.critic import critic_range
from wganad_core.pretrained import RecordedRun
from wganad_core.records import (
    MAX_FRAMES,
    FloatArray,
    LookBack,
    Replay,
    Snapshot,
    half,
)
from wganad_core.run.loop import State
from wganad_core.run.race import HISTOGRAM_BINS, Lane, box_points

N_OBSERVED, N_MEASURED = MAX_FRAMES, 24
N_FRESH, N_EXACT = 20_000, 1_000
# What a run says of its end; one that has no meaning there (modes of moons) is absent.
METRICS = (
    "n_covered",
    "share_inside",
    "wasserstein",
    "jensen_shannon",
    "collapsed_share",
    "first_collapse_step",
    "steps",
    "seconds",
)


class MixtureRun:
    """One lane on its way to the end of its steps.

    It is observed at up to 96 evenly spaced steps, the first and the last among them, and its
    slow figures are taken at 24 of those. Weights are kept at the end and at `keep_weights`
    observed steps between.
    """

    def __init__(
        self,
        mixture: MixtureConfig,
        lane: LaneConfig,
        own: NDArray[np.floating] | None = None,
        keep_weights: int = 0,
    ) -> None:
        self.mixture_config = mixture
        self.mixture = make_mixture(mixture, own)
        self.lane = Lane(lane, self.mixture)
        self.plan = {
            "mixture": mixture.to_dict(),
            "lane": lane.to_dict(),
            "weights": {"keep_weights": keep_weights},
        }
        self.data = {} if own is None else {"points": self.mixture.x}
        observed = spread(range(lane.training.steps + 1), N_OBSERVED)
        self._observed, self._measured = set(observed), set(spread(observed, N_MEASURED))
        self._kept = set(spread(observed, keep_weights + 2)[1:-1])
        self._weights: dict[int, dict[str, NDArray[Any]]] = {}
        self._seconds = 0.0

    @property
    def step(self) -> int:
        return self.lane.trainer.n_steps

    @property
    def n_steps(self) -> int:
        return self.lane.config.training.steps

    @property
    def finished(self) -> bool:
        return self.lane.finished

    @property
    def stopped(self) -> str | None:
        """Why the run ended before its last step, if it did."""
        return self.lane.stopped

    def __iter__(self) -> Iterator[Snapshot]:
        return self

    def __next__(self) -> Snapshot:
        """One step; a diverged run ends early."""
        if self.finished:
            raise StopIteration
        began = time.perf_counter()
        if not self.lane.recording.frames:
            self._record()
        self.lane.advance("step")
        if self.stopped or self.step in self._observed:
            self._record()
        self._seconds += time.perf_counter() - began
        return self.lane.trainer.snapshot()

    def _record(self) -> None:
        if self.stopped or self.step in self._measured:
            self.lane.measure()
        self.lane.observe()
        if self.step in self._kept:
            self._weights[self.step] = self._weights_now()

    def _weights_now(self) -> dict[str, NDArray[Any]]:
        """All weights in half precision; the averaged generator where samples come from it."""
        arrays = self.lane.trainer.finished_arrays()
        return {name: half(value) for name, value in arrays.items()}

    def state(self) -> State:
        """Everything that a resumed run needs except settings and data."""
        arrays, meta = self.lane.state()
        for step, weights in self._weights.items():
            arrays |= storage.prefixed(f"weights.{step}", weights)
        more = {"weight_steps": sorted(self._weights), "seconds": self._seconds}
        return arrays, {**meta, **more}

    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        """Continue from `state`."""
        self.lane.load_state(arrays, meta)
        self._weights = {
            int(step): storage.below(f"weights.{step}", arrays) for step in meta["weight_steps"]
        }
        self._seconds = float(meta["seconds"])

    def result(self, command: str) -> RecordedRun:
        """What there is to keep, now."""
        past = self.lane.recording
        past = Replay.from_arrays(past.arrays(), past.events)  # as it will be read back
        return RecordedRun(
            mixture=self.mixture_config,
            lane=self.lane.config,
            recording=past,
            weights={**self._weights, self.step: self._weights_now()},
            metrics=self._metrics(past),
            command=command,
        )

    def _metrics(self, past: Replay) -> dict[str, float]:
        samples, mixture = fresh_samples(self.lane, N_FRESH), self.mixture
        collapses = [
            frame.step
            for frame in past.frames
            if divergence.collapse_sentence(frame.step, frame.samples, mixture)
        ]
        metrics: dict[str, float] = {
            "collapsed_share": len(collapses) / len(past.frames),
            "steps": self.step,
            "seconds": round(self._seconds, 2),
        }
        if collapses:
            metrics["first_collapse_step"] = collapses[0]
        if not len(mixture.modes):
            del metrics["collapsed_share"]
        if not np.isfinite(samples).all():
            return metrics
        if len(mixture.modes):
            ledger = divergence.mode_ledger(samples, mixture)
            metrics |= {"n_covered": ledger.n_covered, "share_inside": ledger.share_inside}
        rng = np.random.default_rng(N_EXACT)
        real = mixture.x[rng.integers(len(mixture.x), size=N_EXACT)]
        metrics["wasserstein"] = divergence.wasserstein(real, samples[:N_EXACT])
        shares = [
            divergence.histogram(x, mixture.box, HISTOGRAM_BINS) for x in (mixture.x, samples)
        ]
        metrics["jensen_shannon"] = divergence.jensen_shannon(*shares)
        return metrics


def spread(values: Any, n: int) -> list[int]:
    """Up to n of the sorted values, evenly by position, the first and the last among them."""
    at = np.unique(np.linspace(0, len(values) - 1, min(n, len(values))).round().astype(int))
    return [values[i] for i in at]


def fresh_samples(lane: Lane, n: int) -> FloatArray:
    """n samples from latents that training never saw and the recording does not show."""
    rng = torch.Generator().manual_seed(lane.config.training.seed + 2_000_003)
    return lane.trainer.sample(torch.randn(n, lane.config.network.n_latent, generator=rng))


def modules_of(run: RecordedRun, step: int | None = None) -> dict[str, nn.Module]:
    """The networks of a run at a step at which its weights were kept, by default the last. Raises
    `StorageError` where weights are not those of the networks beside them."""
    try:
        weights = run.weights[max(run.weights) if step is None else step]
        return trained_modules(run.lane.training.method, run.lane.network, weights)
    except (ValueError, TypeError, KeyError) as error:
        raise storage.StorageError(
            f"This run cannot be used ({error}); restore its file from where it came from."
        ) from error


def look_back(
    run: RecordedRun, mixture: Mixture, grid: int = 200, n_samples: int = 100_000
) -> LookBack:
    """A finished run through its last weights, for the paper's Figs 9, 12 and 13."""
    networks = modules_of(run)
    f = evaluate(networks["critic"], box_points(mixture.box, grid).numpy())
    low, high = critic_range(networks["critic"], mixture.x)
    rng = torch.Generator().manual_seed(run.lane.training.seed + 2_000_003)
    z = torch.randn(n_samples, run.lane.network.n_latent, generator=rng)
    samples = evaluate(networks["generator"], z.numpy())
    return LookBack(field=f.reshape(grid, grid), low=low, high=high, samples=samples)
