"""Anomaly detection with Wasserstein GANs: training, scoring and evaluation.

Importing this package costs nothing: its modules are loaded when they are first used.
"""

__version__ = "0.1.0"
