"""What ships with the project, and the files that runs are kept in. Reads without torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.config import (
    AnyNetworkConfig,
    LaneConfig,
    MixtureConfig,
    TrainingConfig,
    network_from_dict,
    network_to_dict,
)
from wganad_core.data.views import View
from wganad_core.records import FloatArray, Normals, Recording, Rule, half

SHIPPED = Path(__file__).resolve().parents[1] / "pretrained"
RUN = "run"
# Names of the shipped mixture runs: the paper's three, and the race that the app opens with, in
# which WGAN-GP has the sharp recipe.
PAPER_RUNS = ("gan", "wgan-clip", "wgan-gp-paper")
RACE_RUNS = ("gan", "wgan-clip", "wgan-gp")

Weights = Mapping[str, NDArray[Any]]


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished training on a mixture: how, what was recorded, and weights to score with.

    `weights` maps a step to all weights at that step (named as `Networks.arrays` names them); the
    last one is the end of the run. `metrics` are figures at the end; `command` reproduces it.
    """

    mixture: MixtureConfig
    lane: LaneConfig
    recording: Recording
    weights: Mapping[int, Weights]
    metrics: Mapping[str, float]
    command: str


def save_run(run: Run, path: Path) -> None:
    """Write a run atomically; recordings in half, weights in the precision they come in."""
    arrays = storage.prefixed("past", run.recording.arrays())
    for step, weights in run.weights.items():
        arrays |= storage.prefixed(f"weights.{step}", weights)
    meta = {
        "mixture": run.mixture.to_dict(),
        "lane": run.lane.to_dict(),
        "events": run.recording.events,
        "steps": sorted(run.weights),
        "metrics": dict(run.metrics),
        "command": run.command,
    }
    storage.save(path, RUN, arrays, meta)


def load_run(path: Path) -> Run:
    """Undo `save_run`. Raises `StorageError` with one sentence for anything else."""
    arrays, meta = storage.load(path, RUN)
    return Run(
        mixture=MixtureConfig.from_dict(meta["mixture"]),
        lane=LaneConfig.from_dict(meta["lane"]),
        recording=Recording.from_arrays(storage.below("past", arrays), meta["events"]),
        weights={step: storage.below(f"weights.{step}", arrays) for step in meta["steps"]},
        metrics=meta["metrics"],
        command=meta["command"],
    )


MODEL = "model"


@dataclasses.dataclass(frozen=True)
class Model:
    """Networks trained on one split of a data set, and how they came about.

    `arrays` are the weights of the parts that the method trains, in half precision, named as
    `Networks.arrays` names them. `history` maps the names of figures to their values along the
    run (`step` among them), `metrics` are those at the end, on validation normals. `view`: how
    windows become the rows that the networks take; None for data that are rows already.
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


def save_model(model: Model, path: Path) -> None:
    """Write a model atomically."""
    meta = {
        "use_case": model.use_case,
        "abnormal": model.abnormal,
        "protocol": model.protocol,
        "network": network_to_dict(model.network),
        "training": model.training.to_dict(),
        "history": dict(model.history),
        "metrics": dict(model.metrics),
        "command": model.command,
        "view": model.view and model.view.to_dict(),
    }
    storage.save(path, MODEL, model.arrays, meta)


def load_model(path: Path) -> Model:
    """Undo `save_model`. Raises `StorageError` with one sentence for anything else."""
    arrays, meta = storage.load(path, MODEL)
    return Model(
        **{
            **meta,
            "network": network_from_dict(meta["network"]),
            "training": TrainingConfig.from_dict(meta["training"]),
            "view": View.from_dict(meta["view"]) if meta.get("view") else None,
            "arrays": arrays,
        }
    )


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


RULES = "rules"
AXES = "rows.axes"  # not the name of a space


@dataclasses.dataclass(frozen=True)
class Rules:
    """What detectors took from the fit part besides the networks: the critic's range (§5.1);
    normals to compare with, and per detector of ours the rule that joins evidence. `axes` (k, d):
    main axes of the rows, where a rule seeks neighbours along them."""

    critic_range: tuple[float, float]
    normals: Normals
    rules: Mapping[str, Rule]
    axes: FloatArray | None = None


LEVELS = 127


def on_grid(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Coordinates rounded to what a stored byte each can say: ±127 steps to the largest."""
    step = np.float32(max(np.abs(points).max(), 1e-9) / LEVELS)
    return np.asarray(np.rint(points / step) * step, np.float32)


def save_rules(rules: Rules, path: Path) -> None:
    """Write rules atomically; points must be `on_grid`."""
    normals = rules.normals
    steps = {name: float(np.abs(v).max() / LEVELS) for name, v in normals.points.items()}
    arrays: dict[str, NDArray[Any]] = {
        name: np.rint(value / steps[name]).astype(np.int8) for name, value in normals.points.items()
    }
    arrays |= storage.prefixed("levels", normals.levels)
    if rules.axes is not None:
        arrays[AXES] = half(rules.axes)
    meta = {
        "steps": steps,
        "critic_range": list(rules.critic_range),
        "k": normals.k,
        "n_peers": normals.n_peers,
        "rules": {name: dataclasses.asdict(rule) for name, rule in rules.rules.items()},
    }
    storage.save(path, RULES, arrays, meta)


def load_rules(path: Path) -> Rules:
    """Undo `save_rules`. Raises `StorageError` with one sentence for anything else."""
    arrays, meta = storage.load(path, RULES)
    points = {
        name: arrays[name].astype(np.float32) * np.float32(step)
        for name, step in meta["steps"].items()
    }
    levels = storage.below("levels", arrays)
    return Rules(
        critic_range=tuple(meta["critic_range"]),
        normals=Normals(points, meta["k"], levels, meta.get("n_peers", 0)),
        rules={
            name: Rule(**{**rule, "names": tuple(rule["names"])})
            for name, rule in meta["rules"].items()
        },
        axes=arrays[AXES].astype(np.float32) if AXES in arrays else None,
    )
