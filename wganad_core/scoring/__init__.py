"""Detectors: every one takes samples (n, d) and returns a `Judgement`, higher = more anomalous.

Networks are used in `eval()` mode, without gradients of their weights, in batches whose size does
not change the result; weights and modes are as before afterwards.
"""

from wganad_core.scoring.base import Detector, evaluate
from wganad_core.scoring.critic import critic_detector, critic_range, interval_detector
from wganad_core.scoring.evidence import ours_detector
from wganad_core.scoring.inversion import anogan_detector, inversion_detector
from wganad_core.scoring.plane import density_detector, nearest_sample_detector
from wganad_core.scoring.reconstruction import (
    bigan_detector,
    critic_features_detector,
    encoder_detector,
    vae_detector,
)

__all__ = [
    "Detector",
    "anogan_detector",
    "bigan_detector",
    "critic_detector",
    "critic_features_detector",
    "critic_range",
    "density_detector",
    "encoder_detector",
    "evaluate",
    "interval_detector",
    "inversion_detector",
    "nearest_sample_detector",
    "ours_detector",
    "vae_detector",
]
