"""What ships with the project, and the files that runs are kept in. Reads without torch."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.bootstrap import HOUSE
from wganad_core.config import AnyNetworkConfig, LaneConfig, MixtureConfig, TrainingConfig
from wganad_core.data.views import View
from wganad_core.packing import pack, unpack
from wganad_core.records import (
    MATRIX,
    Choice,
    FittedRules,
    FloatArray,
    Normals,
    Plane,
    Replay,
    from_bytes,
    from_nibbles,
    grid_steps,
    half,
    in_bytes,
    in_nibbles,
)

SHIPPED = HOUSE / "pretrained"
RUN = "run"
# Names of the shipped mixture runs: the paper's three, and the race that the app opens with, in
# which WGAN-GP has the sharp recipe. The paper names no optimiser of its vanilla GAN: in both,
# that is ours, with which a collapse is seen.
PAPER_RUNS = ("gan", "wgan-clip", "wgan-gp-paper")
RACE_RUNS = ("gan", "wgan-clip", "wgan-gp")

Weights = Mapping[str, NDArray[Any]]


@dataclasses.dataclass(frozen=True)
class RecordedRun:
    """A finished training on a mixture: how, what was recorded, and weights to score with.

    `weights` maps a step to all weights at that step (named as `Networks.arrays` names them); the
    last one is the end of the run. `metrics` are figures at the end; `command` reproduces it.
    """

    mixture: MixtureConfig
    lane: LaneConfig
    recording: Replay
    weights: Mapping[int, Weights]
    metrics: Mapping[str, float]
    command: str


def save_run(run: RecordedRun, path: Path) -> None:
    """Write a run atomically; recordings in half, weights in the precision they come in."""
    storage.save_record(path, RUN, run)


def load_run(path: Path) -> RecordedRun:
    """Undo `save_run`. Raises `StorageError` with one sentence for anything else."""
    return storage.load_record(path, RUN, RecordedRun)


MODEL = "model"


@dataclasses.dataclass(frozen=True)
class Model:
    """Networks trained on one split of a data set, and how they came about.

    `arrays` are the weights of the parts that the method trains, named as `Networks.arrays` names
    them; files keep a byte of each number of a matrix or kernel. `history` maps the names of
    figures to their values along the run (`step` among them), `metrics` are those at the end, on
    validation normals. `view`: how windows become the rows that the networks take; None for data
    that are rows already. `device`: where it was trained.
    """

    use_case: str
    abnormal: str
    protocol: str
    network: AnyNetworkConfig
    training: TrainingConfig
    arrays: Weights
    history: Mapping[str, list[float]]
    metrics: Mapping[str, float]
    command: str
    view: View | None = None
    device: str = "cpu"


@dataclasses.dataclass(frozen=True)
class _StoredModel:
    """A model with a byte a number: `steps` are what the bytes count, by array and row of it."""

    model: Model
    steps: Weights


def save_model(model: Model, path: Path) -> None:
    """Write a model atomically."""
    arrays: dict[str, NDArray[Any]] = {}
    steps = {}
    for name, value in model.arrays.items():
        if value.ndim > 1 and value.size >= MATRIX:
            arrays[name], steps[name] = in_bytes(value)
        else:
            arrays[name] = half(value) if value.dtype.kind == "f" else value
    stored = _StoredModel(dataclasses.replace(model, arrays=arrays), steps)
    storage.save_record(path, MODEL, stored)


def load_model(path: Path) -> Model:
    """Undo `save_model`. Raises `StorageError` with one sentence for anything else."""
    stored = storage.load_record(path, MODEL, _StoredModel)
    arrays = {**stored.model.arrays}
    for name, steps in stored.steps.items():
        if name not in arrays or steps.shape != arrays[name].shape[:1]:
            raise storage.StorageError(
                f"{path} lacks weights {name}; restore it from where it came from."
            )
        arrays[name] = from_bytes(arrays[name], steps)
    return dataclasses.replace(stored.model, arrays=arrays)


def model_file(
    folder: Path,
    abnormal: str,
    method: str,
    seed: int = 0,
    protocol: str = "80/20",
    architecture: str = "image",
) -> Path:
    """Where a model lies below its use case's folder; the first seed of the first protocol ships.
    HAR's protocols differ in their tests only, its models in their architecture."""
    marks = [architecture] if architecture != "image" else []
    marks += ["official"] if protocol == "official" else []
    marks += [str(seed)] if seed else []
    return folder / abnormal / ("-".join([method, *marks]) + ".safetensors")


def shipped_run(name: str) -> Path:
    """Where the mixture run called `name` ships."""
    return SHIPPED / "mixture" / f"{name}.safetensors"


def scores_path(use_case: str, abnormal: str) -> Path:
    """Where the score table of all detectors ships, with this class as the anomaly."""
    return SHIPPED / use_case / "scores" / f"{abnormal}.parquet"


CHOICE = "choice of evidence"


def choice_path(use_case: str) -> Path:
    """Where it ships which evidence the rules of a use case join."""
    return SHIPPED / use_case / "choice.json"


def save_choice(choice: Choice, path: Path) -> None:
    """Write a choice atomically, as JSON that people can read."""
    text = json.dumps({"wganad": CHOICE, **pack(choice)[1]}, indent=1, ensure_ascii=False)
    storage.write_atomically(path, f"{text}\n".encode())


def load_choice(use_case: str) -> Choice | None:
    """What ships for a use case, None where nothing was chosen. Raises `StorageError`."""
    path = choice_path(use_case)
    return read_choice(path) if path.exists() else None


def read_choice(path: Path) -> Choice:
    """Undo `save_choice`. Raises `StorageError` with one sentence for anything else."""
    try:
        found = json.loads(storage.read_bytes(path))
        if not isinstance(found, dict) or found.pop("wganad", None) != CHOICE:
            raise ValueError("it says that it is something else")
        return unpack(Choice, {}, found)
    except storage.StorageError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise storage.StorageError(
            f"{path} does not hold a choice of evidence ({error}); restore it from the repository."
        ) from error


RULES = "rules"


@dataclasses.dataclass(frozen=True)
class _Stored:
    """Fitted rules with whole numbers for the coordinates (n, d) of points: `steps` (d,), by space,
    are what these count. Of four bits each there are two to a byte."""

    fitted: FittedRules
    steps: Weights


def save_rules(fitted: FittedRules, path: Path) -> None:
    """Write rules atomically; points must be `on_grid`."""
    normals, axes = fitted.normals, fitted.axes
    if normals is None or normals.bits > 8:
        raise ValueError("Expected normals on a grid to compare with; found none.")
    steps = {name: grid_steps(value, normals.bits) for name, value in normals.points.items()}
    points: Any = {
        name: np.rint(value / steps[name]).astype(np.int8) for name, value in normals.points.items()
    }
    if normals.bits == 4:
        points = {name: in_nibbles(value) for name, value in points.items()}
    planes = {
        name: Plane(half(plane.centre), half(plane.directions))  # type: ignore[arg-type]
        for name, plane in normals.planes.items()
    }
    fitted = dataclasses.replace(
        fitted,
        normals=dataclasses.replace(normals, points=points, planes=planes),
        axes=None if axes is None else half(axes),  # type: ignore[arg-type]
    )
    storage.save_record(path, RULES, _Stored(fitted, steps))


def load_rules(path: Path) -> FittedRules:
    """Undo `save_rules`. Raises `StorageError` with one sentence for anything else."""
    stored = storage.load_record(path, RULES, _Stored)
    fitted, normals = stored.fitted, stored.fitted.normals
    if normals is None or normals.points.keys() != stored.steps.keys():
        raise storage.StorageError(f"{path} lacks normals; restore it from where it came from.")
    if wrong := _misfit(normals, stored.steps):
        raise storage.StorageError(
            f"{path} has {wrong} of another shape; restore it from where it came from."
        )
    points: dict[str, FloatArray] = {}
    for name, steps in stored.steps.items():
        numbers: NDArray[Any] = normals.points[name]
        numbers = from_nibbles(numbers, len(steps)) if normals.bits == 4 else numbers
        points[name] = numbers.astype(np.float32) * steps
    planes = {
        name: Plane(plane.centre.astype(np.float32), plane.directions.astype(np.float32))
        for name, plane in normals.planes.items()
    }
    return dataclasses.replace(
        fitted,
        normals=dataclasses.replace(normals, points=points, planes=planes),
        axes=None if fitted.axes is None else fitted.axes.astype(np.float32),
    )


def _misfit(normals: Normals, steps: Weights) -> str:
    """What of the stored normals does not fit together, which the hash of a file does not tell
    of; empty where all does."""
    if normals.bits not in (4, 8):
        return f"coordinates of {normals.bits} bits"
    for name, step in steps.items():
        points, plane = normals.points[name], normals.planes.get(name)
        if points.dtype.itemsize != 1 or points.ndim != 2 or step.ndim != 1:
            return f"points of {name}"
        # Files of earlier versions have one step for all coordinates.
        n = points.shape[1] if normals.bits == 8 and len(step) == 1 else len(step)
        if points.shape[1] != -(-n // (8 // normals.bits)):
            return f"points of {name}"
        if len(points) < max(normals.k, normals.n_peers, 1):
            return f"points of {name}, fewer than count,"
        if plane is not None and plane.directions.shape != (n, *plane.centre.shape):
            return f"the plane of {name}"
    return ""
