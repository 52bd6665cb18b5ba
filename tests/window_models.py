"""A small pool in the form of UCI HAR, and tiny models trained on it for a step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wganad_core import pretrained
from wganad_core.config import ACTIVITIES, Architecture, TrainingConfig, WindowConfig
from wganad_core.data import har
from wganad_core.records import Split
from wganad_core.run.model import ModelRun, Task

ABNORMAL, PER_PERSON = "sitting", 4  # windows of each activity of a subject
PARTS = {"fit": (1, 2, 3), "validation": (4,), "calibration": (5,), "test": (6, 7)}
HERTZ = (2.0, 1.6, 2.4, 0.0, 0.0, 0.0)  # how fast each activity swings


def make_windows() -> har.Windows:
    """Seven subjects, who swing at an activity's pace in a posture of it, each with a tilt of
    their own; at rest only noise moves."""
    rng = np.random.default_rng(0)
    subjects = np.repeat(np.arange(1, 8), len(ACTIVITIES) * PER_PERSON)
    labels = np.tile(np.repeat(np.arange(len(ACTIVITIES)), PER_PERSON), 7)
    n = len(labels)
    swing = np.array(HERTZ)[labels, None, None] * np.arange(har.LENGTH) / har.RATE
    phase = rng.uniform(0, 1, (n, 6, 1))
    size = np.where(labels < 3, 0.3, 0.0)[:, None, None]
    body = size * np.sin(2 * np.pi * (swing + phase)) + rng.normal(0, 0.01, (n, 6, har.LENGTH))
    gravity = np.zeros((n, 3))
    gravity[np.arange(n), np.where(labels == 5, 1, 0)] = 1  # who lies has turned
    gravity[:, 2] = 0.1 * labels + 0.02 * subjects
    signals = np.concatenate([body, body[:, :3] + gravity[:, :, None]], axis=1)
    return har.Windows(
        signals.astype(np.float32), np.array(ACTIVITIES)[labels], subjects, np.arange(n)
    )


WINDOWS = make_windows()
POOL = har.WindowPool(WINDOWS)


def make_split(windows: har.Windows, abnormal: str, protocol: str = "test") -> Split:
    """As `har.split_har`, with three, one, one and two of the seven subjects."""
    odd = windows.activities == abnormal
    parts = {
        name: np.flatnonzero(np.isin(windows.subjects, who) & ~odd) for name, who in PARTS.items()
    }
    test = np.isin(windows.subjects, PARTS["test"])
    parts["test"] = np.flatnonzero(test | odd if protocol == "test+all" else test)
    return Split("har", abnormal, protocol, windows.activities, parts)


SPLIT = make_split(WINDOWS, ABNORMAL)


def raw(part: str) -> NDArray[np.float32]:
    """The windows (n, 9, 128) of a part in g and rad/s."""
    return WINDOWS.signals[SPLIT.parts[part]]


def in_place_of_har(patch: pytest.MonkeyPatch) -> None:
    """The small pool for everything that loads the data set."""
    patch.setattr(har, "dataset_folder", lambda *_: Path("nowhere"))
    patch.setattr(har, "load_har", lambda folder: WINDOWS)
    patch.setattr(har, "split_har", make_split)


def tiny(architecture: Architecture) -> WindowConfig:
    return WindowConfig(architecture=architecture, n_latent=3, width=2, hidden=6)


def train_models(folder: Path, architecture: Architecture, *methods: str) -> None:
    """Every one of these models without the abnormal activity, trained for two steps."""
    network = tiny(architecture)
    view = POOL.view(network.view, SPLIT.parts["fit"])
    fit, validation = (POOL.rows(SPLIT.parts[part], view) for part in ("fit", "validation"))
    for method in methods:

        def file(name: str) -> Path:
            return pretrained.model_file(
                folder, ABNORMAL, name, protocol="test", architecture=architecture
            )

        generator = None
        if method == "encoder":
            generator = pretrained.load_model(file("wgan-gp")).arrays
        training = TrainingConfig(method=method, batch_size=4, n_critic=1, steps=2)
        task = Task("har", ABNORMAL, "test", network, training, view)
        run = ModelRun(task, fit, validation, generator)
        list(run)
        pretrained.save_model(run.result("command"), file(method))
