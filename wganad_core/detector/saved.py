"""A fitted estimator as one file: safetensors with its JSON inside, hashed, never a pickle."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

import wganad_core
from wganad_core import storage
from wganad_core.config import network_from_dict, network_to_dict
from wganad_core.detector.model import Model
from wganad_core.detector.scaler import Scaler
from wganad_core.detector.settings import plain
from wganad_core.records import Normals, Rule
from wganad_core.storage import StorageError
from wganad_core.thresholds import Advice

if TYPE_CHECKING:
    from wganad_core.detector.base import BaseWGANDetector

KIND = "detector"
CLASSES: dict[str, type[BaseWGANDetector]] = {}  # by name; a class enters when it is made
LIBRARIES = ("torch", "numpy", "scikit-learn")


def save(estimator: BaseWGANDetector, path: str | Path) -> None:
    """Write a fitted estimator atomically. Raises `StorageError` if that fails."""
    check_is_fitted(estimator)
    arrays, meta = to_arrays(estimator)
    storage.save(Path(path), KIND, arrays, meta)


def load(path: str | Path) -> Any:
    """The estimator that `save` wrote. Raises `StorageError`, with one sentence, for anything
    else."""
    arrays, meta = storage.load(Path(path), KIND)
    return from_arrays(arrays, meta, str(path))


def to_arrays(estimator: BaseWGANDetector) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Everything of a fitted estimator as arrays and JSON."""
    model = estimator.model_
    arrays = {
        **storage.prefixed("weights", model.weights),
        "scaler.location": model.scaler.location,
        "scaler.scale": model.scaler.scale,
        "calibration_score": estimator.calibration_score_,
        "score_quantiles": estimator.score_quantiles_,
    }
    if model.axes is not None:
        arrays["axes"] = model.axes
    if model.normals is not None:
        arrays |= storage.prefixed("normals", model.normals.points)
        arrays |= storage.prefixed("levels", model.normals.levels)
    return arrays, {
        "class": type(estimator).__name__,
        "parameters": _parameters(estimator),
        "score_method": model.score_method,
        "network": network_to_dict(model.network),
        "rule": model.rule and dataclasses.asdict(model.rule),
        "n_neighbours": model.normals and model.normals.k,
        "n_peers": model.normals and model.normals.n_peers,
        "critic_range": model.critic_range,
        "advice": dataclasses.asdict(estimator.advice_),
        "threshold": estimator.threshold_,
        "n_steps": estimator.n_steps_,
        "seed": estimator.seed_,
        "history": estimator.history_,
        "n_features": int(estimator.n_features_in_),
        "features": [str(name) for name in getattr(estimator, "feature_names_in_", [])] or None,
        "rows_sha256": estimator.rows_sha256_,
        "versions": versions(),
    }


def _parameters(estimator: BaseWGANDetector) -> dict[str, Any]:
    """Every parameter of the fit as JSON; a random state that is an object is known by the seed
    it gave."""
    found = {name: plain(value) for name, value in estimator.parameters_.items()}
    if not isinstance(found["random_state"], int | None):
        found["random_state"] = estimator.seed_
    return found


def versions() -> dict[str, str]:
    """Of all that has a say in scores."""
    libraries = {name: importlib.metadata.version(name) for name in LIBRARIES}
    ours = {"wganad_core": wganad_core.__version__, "python": platform.python_version()}
    return {**ours, **libraries}


def from_arrays(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], source: str) -> Any:
    """Undo `to_arrays`; `source` names the file in errors."""
    try:
        return _restored(arrays, meta)
    except KeyError as error:
        raise StorageError(
            f"{source} lacks {error.args[0]}; restore it from where it came from."
        ) from error
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise StorageError(
            f"{source} is no usable detector ({error}); restore it from where it came from."
        ) from error


def _restored(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> BaseWGANDetector:
    name = meta["class"]
    if name not in CLASSES:
        raise ValueError(f"it holds a {name}, which this version does not know")
    _check_shapes(arrays, meta)
    estimator = _with_parameters(CLASSES[name], meta["parameters"])
    estimator.parameters_ = estimator.get_params(deep=False)
    estimator.n_features_in_ = meta["n_features"]
    estimator.rows_sha256_ = meta.get("rows_sha256", "")  # which older files lack
    estimator._restore()
    if meta["features"]:
        estimator.feature_names_in_ = np.asarray(meta["features"], object)
    expected = meta["advice"]["expected"]
    advice = {**meta["advice"], "expected": expected and tuple(expected)}
    estimator.advice_ = Advice(**advice)
    estimator.offset_ = -meta["threshold"]
    estimator.calibration_score_ = arrays["calibration_score"]
    estimator.score_quantiles_ = arrays["score_quantiles"]
    estimator.n_steps_, estimator.seed_ = meta["n_steps"], meta["seed"]
    estimator.history_ = meta["history"]
    estimator.model_ = _model(arrays, meta)
    estimator._judge = estimator.model_.detector()
    return estimator


def _with_parameters(kind: type[BaseWGANDetector], found: Mapping[str, Any]) -> BaseWGANDetector:
    known = set(kind().get_params(deep=False))
    if missing := sorted(known - set(found)):
        raise KeyError(f"the parameter {', '.join(missing)}")
    if unknown := sorted(set(found) - known):
        raise ValueError(f"it has the parameter {', '.join(unknown)}, which this version lacks")
    return kind(**found)


def _check_shapes(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
    """The networks check their own weights; the rest must fit them and each other."""
    d = network_from_dict(meta["network"]).n_features
    expected: dict[str, tuple[int, ...]] = {
        "scaler.location": (d,),
        "scaler.scale": (d,),
        "score_quantiles": (101,),
        "calibration_score": (arrays["calibration_score"].size,),
    }
    if "axes" in arrays:
        expected["axes"] = (len(arrays["axes"]), d)
    rows = {arrays[name].shape[0] for name in arrays if name.startswith(("normals.", "levels."))}
    n = min(rows, default=0)
    for name in arrays:
        if name.startswith("levels."):
            expected[name] = (n,)
        elif name == "normals.axes":
            expected[name] = (n, len(arrays["axes"]))
        elif name.startswith("normals."):
            expected[name] = (n, arrays[name].size // max(n, 1))
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise ValueError(f"expected {name} of shape {shape}; found {arrays[name].shape}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name} holds NaN or infinite values")


def _model(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Model:
    rule, normals = meta["rule"], None
    if rule is not None:
        rule = Rule(tuple(rule["names"]), rule["location"], rule["scale"])
        points, levels = storage.below("normals", arrays), storage.below("levels", arrays)
        normals = Normals(points, meta["n_neighbours"], levels, meta["n_peers"])
    interval = meta["critic_range"]
    return Model(
        meta["score_method"],
        network_from_dict(meta["network"]),
        Scaler(arrays["scaler.location"], arrays["scaler.scale"]),
        storage.below("weights", arrays),
        arrays.get("axes"),
        rule,
        normals,
        interval and tuple(interval),
    )
