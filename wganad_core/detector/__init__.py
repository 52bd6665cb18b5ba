"""The paper's detector as a scikit-learn estimator: fit normals, score anything, take it away."""

from wganad_core.detector.estimator import WGANAnomalyDetector
from wganad_core.detector.images import WGANImageDetector
from wganad_core.detector.judging import BLOCK_ROWS
from wganad_core.detector.learning import Progress
from wganad_core.detector.saved import load
from wganad_core.detector.series import WGANSeriesDetector
from wganad_core.methods import score_methods

SCORE_METHODS = tuple(score_methods())  # those that come with the project

__all__ = [
    "BLOCK_ROWS",
    "SCORE_METHODS",
    "Progress",
    "WGANAnomalyDetector",
    "WGANImageDetector",
    "WGANSeriesDetector",
    "load",
]
