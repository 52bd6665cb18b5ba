"""A trained pair (G, f) as a detector on its mixture (§5.1, Figs 12 and 13)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wganad_core import pretrained, scoring
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
from wganad_core.live.panels import shortened
from wganad_core.live.race import Lane, box_points
from wganad_core.networks.build import make_networks
from wganad_core.records import Detection, ScoreTable

MAP = 96
N_GENERATED = 100_000
SHOWN = 1_000
SCORE_BITS = 14  # the clipped critic's scores differ in their third digit only
SCORED_RUNS = (*pretrained.RACE_RUNS, pretrained.PAPER_RUNS[-1])


class Detector:
    """The scorers of one generator and one critic on one mixture."""

    def __init__(self, generator: nn.Module, critic: nn.Module, n_latent: int, mixture: Mixture):
        self.mixture = mixture
        z = torch.randn(N_GENERATED, n_latent, generator=torch.Generator().manual_seed(5))
        self.samples = scoring.evaluate(generator, z.numpy())
        self.low, self.high = scoring.critic_range(critic, mixture.x)
        self.detectors = {
            "critic": scoring.critic_detector(critic),
            "critic-interval": scoring.interval_detector(critic, self.low, self.high),
            "generator": scoring.nearest_sample_detector(self.samples),
        }
        if len(mixture.modes):
            self.detectors["density"] = scoring.density_detector(mixture)

    @classmethod
    def from_run(cls, run: pretrained.Run, step: int) -> Detector:
        """From a stored run at one of the steps whose weights it keeps."""
        config = run.lane.network
        networks = make_networks(config, torch.Generator().manual_seed(0))
        networks.load_arrays(
            {name: np.asarray(value, np.float32) for name, value in run.weights[step].items()}
        )
        mixture = make_mixture(run.mixture)
        return cls(networks.generator, networks.critic, config.n_latent, mixture)

    @classmethod
    def from_lane(cls, lane: Lane) -> Detector:
        """From a lane as it is now; its networks are copied."""
        config: NetworkConfig = lane.config.network
        networks = make_networks(config, torch.Generator().manual_seed(0))
        networks.load_arrays(lane.trainer.networks.arrays())
        return cls(networks.generator, networks.critic, config.n_latent, lane.mixture)

    def score(self, x: NDArray[np.floating]) -> dict[str, NDArray[np.float32]]:
        """Every scorer's scores for points x (n, 2)."""
        return {name: judge(x).score for name, judge in self.detectors.items()}

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


# The score table that ships


def score_runs(names: Sequence[str] = SCORED_RUNS) -> ScoreTable:
    """What the shipped runs' last weights say of the points of `scored_points`: calibration, test
    and, per detector, the extremes of the training set. The true density, which no run changes,
    stands there once, as the detector of the model `none`."""
    tables = []
    for name in names:
        run = pretrained.load_run(pretrained.shipped_run(name))
        detector, seed = Detector.from_run(run, max(run.weights)), run.lane.training.seed
        for scorer, judge in detector.detectors.items():
            if scorer != "density":
                tables.append(_table(detector.mixture, judge, name, scorer, seed))
            elif name == names[-1]:
                tables.append(_table(detector.mixture, judge, "none", scorer, seed))
    return ScoreTable.stack(tables)


def _table(
    mixture: Mixture, judge: scoring.Detector, model: str, scorer: str, seed: int
) -> ScoreTable:
    """One detector's rows."""
    found = scored_points(mixture)
    fit = judge(mixture.x).score
    ends = mixture.x[[fit.argmin(), fit.argmax()]]
    x = np.concatenate([found.calibration, found.points, ends])
    n, n_calibration, n_test = len(x), len(found.calibration), len(found.points)
    label = np.zeros(n, np.int64)
    label[n_calibration : n_calibration + n_test] = found.label
    mode = np.char.add("mode ", (nearest_mode(mixture, x) + 1).astype(np.str_))
    same = {"use_case": "mixture", "model": model, "detector": scorer, "abnormal": OUTSIDE}
    same |= {"protocol": "test", "subject": ""}
    return ScoreTable(
        **{column: np.full(n, value) for column, value in same.items()},
        seed=np.full(n, seed),
        part=np.repeat(["calibration", "test", "fit"], [n_calibration, n_test, 2]),
        sample_id=sample_ids(x),
        class_=np.where(label == 1, OUTSIDE, mode),
        label=label,
        score=shortened(judge(x).score, SCORE_BITS),
    )
