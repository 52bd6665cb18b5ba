"""Detectors that are fitted within a second."""

from __future__ import annotations

from sklearn.datasets import make_blobs

from wganad_core import WGANAnomalyDetector

ROWS = make_blobs(300, 4, centers=3, random_state=0)[0]


def short(**parameters) -> WGANAnomalyDetector:
    settings = {"steps": 10, "width": 16, "batch_size": 32, "random_state": 0, **parameters}
    return WGANAnomalyDetector(**settings)
