"""A trained pair (G, f) as a detector on its mixture (§5.1, Figs 12 and 13)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import nn

from wganad_core import pretrained, scoring
from wganad_core.config import NetworkConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.live.race import Lane, box_points
from wganad_core.networks.build import make_networks
from wganad_core.records import Detection

MAP = 96
N_GENERATED = 100_000
N_NORMALS = 10_000
N_UNIFORM = 2_000
N_CALIBRATION = 5_000
SHOWN = 1_000


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
        """Maps, scores of an evaluation set and scores of held-out normals.

        The evaluation set holds fresh normals (or, for shapes without modes, the data itself) and
        points uniform in the data's box, each labelled by the 3σ rule.
        """
        mixture, rng = self.mixture, np.random.default_rng(23)
        fresh = self._fresh(rng, N_NORMALS + N_CALIBRATION)
        left, right, bottom, top = mixture.box
        uniform = rng.uniform((left, bottom), (right, top), size=(N_UNIFORM, 2))
        points = np.concatenate([fresh[:N_NORMALS], uniform]).astype(np.float32)
        known = len(mixture.modes) > 0
        if known:
            label = mixture.is_anomaly(points).astype(np.int64)
            mode = cdist(points, mixture.modes).argmin(axis=1)
        else:
            label = np.zeros(len(points), np.int64)
            mode = np.zeros(len(points), np.int64)
        maps = self.score(box_points(mixture.box, MAP).numpy())
        return Detection(
            low=self.low,
            high=self.high,
            maps={name: values.reshape(MAP, MAP) for name, values in maps.items()},
            points=points,
            label=label,
            mode=mode.astype(np.int64),
            scores=self.score(points),
            calibration=self.score(fresh[N_NORMALS:]),
            samples=self.samples[:SHOWN],
        )

    def _fresh(self, rng: np.random.Generator, n: int) -> NDArray[np.float32]:
        """Normals that training has not seen; for shapes without a density, resampled data."""
        mixture = self.mixture
        if not len(mixture.modes):
            return mixture.x[rng.integers(len(mixture.x), size=n)]
        which = rng.integers(len(mixture.modes), size=n)
        noise = rng.normal(scale=mixture.sigma, size=(n, 2))
        return (mixture.modes[which] + noise).astype(np.float32)
