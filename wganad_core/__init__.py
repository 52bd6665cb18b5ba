"""Anomaly detection with Wasserstein GANs: training, scoring and evaluation.

Importing this package costs nothing: its modules are loaded when they are first used.
"""

from typing import Any

__version__ = "0.1.0"

_DETECTORS = ("WGANAnomalyDetector", "WGANImageDetector", "WGANSeriesDetector")


def __getattr__(name: str) -> Any:
    """The estimators, which bring PyTorch and scikit-learn along."""
    if name in _DETECTORS:
        from wganad_core import detector

        return getattr(detector, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_DETECTORS])
