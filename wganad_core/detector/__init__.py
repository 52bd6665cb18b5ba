"""The paper's detector as a scikit-learn estimator: fit normals, score anything, take it away."""

from wganad_core.detector.estimator import WGANAnomalyDetector
from wganad_core.detector.images import WGANImageDetector
from wganad_core.detector.judging import BLOCK_ROWS
from wganad_core.detector.learning import Progress
from wganad_core.detector.saved import load
from wganad_core.detector.series import WGANSeriesDetector
from wganad_core.methods import score_methods
from wganad_core.methods.local import NAME as LOCAL

# Those that come with the project, of all kinds of samples.
SCORE_METHODS = tuple(name for name in score_methods() if name != LOCAL)

__all__ = [
    "BLOCK_ROWS",
    "SCORE_METHODS",
    "Progress",
    "WGANAnomalyDetector",
    "WGANImageDetector",
    "WGANSeriesDetector",
    "load",
]
