"""A fitted estimator as one file: safetensors with its JSON inside, hashed, never a pickle."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

import wganad_core
from wganad_core import storage
from wganad_core.detector.model import FittedModel
from wganad_core.detector.settings import plain
from wganad_core.packing import pack
from wganad_core.storage import StorageError
from wganad_core.thresholds import Advice

KIND = "detector"
CLASSES: dict[str, type[Any]] = {}  # of estimators by name; a class enters when it is made
LIBRARIES = ("torch", "numpy", "scikit-learn")


@dataclasses.dataclass(frozen=True)
class SavedDetector:
    """Everything of a fitted estimator. `estimator` names its class; `n_features` and `features`
    are those of what was fitted, which for a recording are its channels."""

    estimator: str
    parameters: Mapping[str, Any]
    model: FittedModel
    advice: Advice
    threshold: float
    calibration_score: NDArray[np.float64]
    score_quantiles: NDArray[np.float64]
    n_steps: int
    seed: int
    history: Mapping[str, list[Any]]
    n_features: int
    features: tuple[str, ...] | None
    versions: Mapping[str, str] = dataclasses.field(default_factory=dict)  # for people
    rows_sha256: str = ""


def save(estimator: Any, path: str | Path) -> None:
    """Write a fitted estimator atomically. Raises `StorageError` if that fails."""
    storage.save_record(Path(path), KIND, record_of(estimator))


def load(path: str | Path) -> Any:
    """The fitted estimator that its `save` wrote, of whatever class.

    Raises
    ------
    StorageError
        With one sentence, for anything else.

    Examples
    --------
    >>> import tempfile
    >>> from wganad_core import WGANAnomalyDetector
    >>> from wganad_core.detector import load
    >>> x = np.random.default_rng(0).normal(size=(60, 3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     WGANAnomalyDetector(steps=2).fit(x).save(f"{folder}/detector.safetensors")
    ...     type(load(f"{folder}/detector.safetensors")).__name__
    'WGANAnomalyDetector'
    """
    return restored(storage.load_record(Path(path), KIND, SavedDetector), str(path))


def record_of(estimator: Any) -> SavedDetector:
    """What is saved of a fitted estimator."""
    check_is_fitted(estimator)
    names = getattr(estimator, "feature_names_in_", None)
    return SavedDetector(
        estimator=type(estimator).__name__,
        parameters=_parameters(estimator),
        model=estimator.model_,
        advice=estimator.advice_,
        threshold=estimator.threshold_,
        calibration_score=estimator.calibration_score_,
        score_quantiles=estimator.score_quantiles_,
        n_steps=estimator.n_steps_,
        seed=estimator.seed_,
        history=estimator.history_,
        n_features=int(estimator.n_features_in_),
        features=None if names is None else tuple(str(name) for name in names),
        versions=versions(),
        rows_sha256=estimator.rows_sha256_,
    )


def hash_of(estimator: Any) -> str:
    """The hash inside the file that `save` writes."""
    return storage.read_header(storage.encode(KIND, *pack(record_of(estimator))))["sha256"]


def _parameters(estimator: Any) -> dict[str, Any]:
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


def restored(saved: SavedDetector, source: str) -> Any:
    """A fitted estimator again. Raises `StorageError` for what does not fit together; `source`
    names the file."""
    try:
        return _restored(saved)
    except KeyError as error:
        raise StorageError(
            f"{source} lacks {error.args[0]}; restore it from where it came from."
        ) from error
    except (ValueError, TypeError, AttributeError, IndexError, AssertionError) as error:
        raise StorageError(
            f"{source} is no usable detector ({error}); restore it from where it came from."
        ) from error


def _restored(saved: SavedDetector) -> Any:
    if saved.estimator not in CLASSES:
        raise ValueError(f"it holds a {saved.estimator}, which this version does not know")
    _check_shapes(saved)
    estimator = _with_parameters(CLASSES[saved.estimator], saved.parameters)
    estimator.parameters_ = estimator.get_params(deep=False)
    estimator.n_features_in_ = saved.n_features
    estimator.rows_sha256_ = saved.rows_sha256
    estimator._restore()
    if saved.features:
        estimator.feature_names_in_ = np.asarray(saved.features, object)
    estimator.advice_, estimator.offset_ = saved.advice, -saved.threshold
    estimator.calibration_score_ = saved.calibration_score
    estimator.score_quantiles_ = saved.score_quantiles
    estimator.n_steps_, estimator.seed_ = saved.n_steps, saved.seed
    estimator.history_ = saved.history
    estimator.model_ = saved.model
    estimator._score = saved.model.score()
    return estimator


def _with_parameters(kind: type[Any], found: Mapping[str, Any]) -> Any:
    known = set(kind().get_params(deep=False))
    if missing := sorted(known - set(found)):
        raise KeyError(f"the parameter {', '.join(missing)}")
    if unknown := sorted(set(found) - known):
        raise ValueError(f"it has the parameter {', '.join(unknown)}, which this version lacks")
    return kind(**found)


def _check_shapes(saved: SavedDetector) -> None:
    """The networks check their own weights; the rest must fit them and each other."""
    model, d = saved.model, saved.model.network.n_features
    arrays: dict[str, tuple[NDArray[Any], tuple[int, ...]]] = {
        "scaler.location": (model.scaler.location, (d,)),
        "scaler.scale": (model.scaler.scale, (d,)),
        "scaler.tolerance": (
            model.scaler.tolerance,
            (d,) if model.scaler.tolerance.size else (0,),  # of older files
        ),
        "score_quantiles": (saved.score_quantiles, (101,)),
        "calibration_score": (saved.calibration_score, (saved.calibration_score.size,)),
    }
    if (preparation := model.preparation) is not None:
        columns, known = saved.n_features, preparation.known
        arrays["preparation.filled"] = preparation.filled, (columns,)
        arrays["preparation.known"] = known, (len(known), 2)
        arrays["preparation.column"] = preparation.column, (d,)
        of = preparation.column
        if len(preparation.words) != columns or (
            len(of) and not 0 <= of.min() <= of.max() < columns
        ):
            raise ValueError("its columns and their categories do not fit together")
    fitted = model.fitted
    axes = None if fitted is None else fitted.axes
    if axes is not None:
        arrays["axes"] = axes, (len(axes), d)
    for name, values in (fitted.plain if fitted else {}).items():
        widths = {"references": (len(values), d), "components": (len(values), d), "centre": (d,)}
        arrays[f"plain.{name}"] = values, widths.get(name, values.shape)
    if fitted and (normals := fitted.normals):
        parts = [*normals.points.values(), *normals.levels.values()]
        n = min(map(len, parts), default=0)
        for name, level in normals.levels.items():
            arrays[f"levels.{name}"] = level, (n,)
        for name, points in normals.points.items():
            width = len(axes) if name == "axes" and axes is not None else points.size // max(n, 1)
            arrays[f"normals.{name}"] = points, (n, width)
    for name, (values, shape) in arrays.items():
        if values.shape != shape:
            raise ValueError(f"expected {name} of shape {shape}; found {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds NaN or infinite values")
