"""A pool of 300 digits in the form of MNIST, and tiny models trained on it for a step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.small import IMAGE
from wganad_core import pretrained
from wganad_core.config import DIGITS, TrainingConfig
from wganad_core.data import mnist
from wganad_core.records import FloatArray, Split
from wganad_core.run.model import ModelRun, Task

ABNORMAL, PER_CLASS = "4", 30
METHODS = ("wgan-gp", "encoder", "contrast", "vae", "bigan")
PARTS = ("fit", "validation", "calibration", "test")


def make_digits() -> mnist.Digits:
    sample = mnist.load_sample()
    chosen = np.concatenate([np.flatnonzero(sample.labels == d)[:PER_CLASS] for d in range(10)])
    chosen.sort()
    return mnist.Digits(sample.images[chosen], sample.labels[chosen], np.arange(len(chosen)))


def make_split(digits: mnist.Digits, abnormal: str = ABNORMAL, protocol: str = "80/20") -> Split:
    """Of each normal digit 14 to fit, 5 to validate, 3 to calibrate, 8 to test."""
    classes = np.array(DIGITS)[digits.labels]
    parts = {name: [np.flatnonzero((classes == abnormal) & (name == "test"))] for name in PARTS}
    for digit in set(DIGITS) - {abnormal}:
        members = np.split(np.flatnonzero(classes == digit), [14, 19, 22])
        for name, index in zip(PARTS, members, strict=True):
            parts[name].append(index)
    sorted_parts = {name: np.sort(np.concatenate(index)) for name, index in parts.items()}
    return Split("mnist", abnormal, protocol, classes, sorted_parts)


THERE = make_digits()
POOL = mnist.DigitPool(THERE)
SPLIT = make_split(THERE)


def rows(part: str) -> FloatArray:
    return POOL.rows(SPLIT.parts[part], None)


def in_place_of_mnist(patch: pytest.MonkeyPatch) -> None:
    """The small pool for everything that loads the data set."""
    patch.setattr(mnist, "dataset_folder", lambda *_: Path("nowhere"))
    patch.setattr(mnist, "load_mnist", lambda folder: THERE)
    patch.setattr(mnist, "split_mnist", make_split)


def train_models(folder: Path, *methods: str) -> None:
    """Every one of these models without the abnormal digit, trained for a step."""
    for method in methods:
        generator = None
        if method == "encoder":
            path = pretrained.model_file(folder, ABNORMAL, "wgan-gp")
            generator = pretrained.load_model(path).arrays
        training = TrainingConfig(method=method, batch_size=4, n_critic=1, steps=1)
        task = Task("mnist", ABNORMAL, "80/20", IMAGE, training)
        run = ModelRun(task, rows("fit"), rows("validation"), generator)
        list(run)
        path = pretrained.model_file(folder, ABNORMAL, method)
        pretrained.save_model(run.result("command"), path)
