"""A trained pair (G, f) as a detector on its mixture (§5.1, Figs 12 and 13)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import KDTree
from torch import nn

from wganad_core import pretrained
from wganad_core.config import NetworkConfig
from wganad_core.data.mixture import (
    OUTSIDE,
    Mixture,
    evaluation_set,
    make_mixture,
    nearest_mode,
    sample_ids,
    scored_points,
)
from wganad_core.methods import Bundle, Score, detectors, evaluate, trained_modules
from wganad_core.methods.critic import critic_range
from wganad_core.panels.tables import shortened
from wganad_core.records import Detection, FittedRules, FloatArray, ScoreTable
from wganad_core.run.mixture import modules_of
from wganad_core.run.race import Lane, box_points

MAP = 96
N_GENERATED = 100_000
SHOWN = 1_000
SCORE_BITS = 14  # the clipped critic's scores differ in their third digit only
SCORED_RUNS = (*pretrained.RACE_RUNS, pretrained.PAPER_RUNS[-1])


def _scores(score: Score, x: NDArray[np.floating]) -> FloatArray:
    return score.judge(x).score


class PlaneDetectors:
    """The scorers of one generator and one critic on one mixture.

    Two of them only points of the plane can have: `generator`, the distance to the nearest
    generated sample, the best that any inversion of G could reach (§5.2) up to the density of the
    samples; and `density`, −log p(x) under the true mixture, which no detector can beat.
    """

    def __init__(
        self, modules: Mapping[str, nn.Module], network: NetworkConfig, mixture: Mixture
    ) -> None:
        self.mixture = mixture
        z = torch.randn(N_GENERATED, network.n_latent, generator=torch.Generator().manual_seed(5))
        self.samples = evaluate(modules["generator"], z.numpy())
        self.low, self.high = critic_range(modules["critic"], mixture.x)
        fitted = FittedRules(critic_range=(self.low, self.high))
        found = detectors(Bundle(network, {"wgan-gp": modules}, fitted))
        tree = KDTree(self.samples)
        self.detectors: dict[str, Callable[[NDArray[np.floating]], FloatArray]] = {
            **{name: functools.partial(_scores, score) for name, score in found.items()},
            "generator": lambda x: np.asarray(tree.query(x)[0], np.float32),
        }
        if len(mixture.modes):
            self.detectors["density"] = lambda x: np.asarray(-mixture.log_density(x), np.float32)

    @classmethod
    def from_run(cls, run: pretrained.RecordedRun, step: int) -> PlaneDetectors:
        """From a stored run at one of the steps whose weights it keeps."""
        return cls(modules_of(run, step), run.lane.network, make_mixture(run.mixture))

    @classmethod
    def from_lane(cls, lane: Lane) -> PlaneDetectors:
        """From a lane as it is now; its networks are copied."""
        method, network = lane.config.training.method, lane.config.network
        modules = trained_modules(method, network, lane.trainer.networks.arrays())
        return cls(modules, network, lane.mixture)

    def score(self, x: NDArray[np.floating]) -> dict[str, NDArray[np.float32]]:
        """Every scorer's scores for points x (n, 2)."""
        return {name: judge(x) for name, judge in self.detectors.items()}

    def detection(self) -> Detection:
        """Maps, scores of an evaluation set and scores of held-out normals."""
        found = evaluation_set(self.mixture)
        maps = self.score(box_points(self.mixture.box, MAP).numpy())
        return Detection(
            low=self.low,
            high=self.high,
            maps={name: values.reshape(MAP, MAP) for name, values in maps.items()},
            points=found.points,
            label=found.label,
            mode=found.mode,
            scores=self.score(found.points),
            calibration=self.score(found.calibration),
            samples=self.samples[:SHOWN],
        )


def score_runs(names: Sequence[str] = SCORED_RUNS) -> ScoreTable:
    """What the shipped runs' last weights say of the points of `scored_points`: calibration, test
    and, per detector, the extremes of the training set. The true density, which no run changes,
    stands there once, as the detector of the model `none`."""
    tables = []
    for name in names:
        run = pretrained.load_run(pretrained.shipped_run(name))
        found, seed = PlaneDetectors.from_run(run, max(run.weights)), run.lane.training.seed
        for scorer, judge in found.detectors.items():
            if scorer != "density":
                tables.append(_table(found.mixture, judge, name, scorer, seed))
            elif name == names[-1]:
                tables.append(_table(found.mixture, judge, "none", scorer, seed))
    return ScoreTable.stack(tables)


def _table(
    mixture: Mixture,
    judge: Callable[[NDArray[np.floating]], FloatArray],
    model: str,
    scorer: str,
    seed: int,
) -> ScoreTable:
    """One detector's rows."""
    found = scored_points(mixture)
    fit = judge(mixture.x)
    ends = mixture.x[[fit.argmin(), fit.argmax()]]
    x = np.concatenate([found.calibration, found.points, ends])
    n_calibration, n_test = len(found.calibration), len(found.points)
    label = np.zeros(len(x), np.int64)
    label[n_calibration : n_calibration + n_test] = found.label
    mode = np.char.add("mode ", (nearest_mode(mixture, x) + 1).astype(np.str_))
    return ScoreTable.filled(
        use_case="mixture",
        model=model,
        detector=scorer,
        abnormal=OUTSIDE,
        protocol="test",
        seed=seed,
        part=np.repeat(["calibration", "test", "fit"], [n_calibration, n_test, 2]),
        sample_id=sample_ids(x),
        subject="",
        class_=np.where(label == 1, OUTSIDE, mode),
        label=label,
        score=shortened(judge(x), SCORE_BITS),
    )
