"""Anomaly scores that only points of the plane can have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from wganad_core.data.mixture import Mixture
from wganad_core.records import Judgement
from wganad_core.scoring.base import Detector

Points = NDArray[np.floating]


def nearest_sample_detector(samples: Points) -> Detector:
    """Distance to the nearest generated sample: in two dimensions, the best that any inversion of
    G could reach (§5.2) up to the density of the samples."""
    tree = KDTree(samples)
    return lambda x: Judgement(np.asarray(tree.query(x)[0], np.float32))


def density_detector(mixture: Mixture) -> Detector:
    """−log p(x) under the true mixture: what no detector can beat."""
    return lambda x: Judgement(np.asarray(-mixture.log_density(x), np.float32))
