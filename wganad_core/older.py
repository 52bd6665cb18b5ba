"""Files of earlier versions in today's shape: what they called things, and where it is now.

Each function takes and returns the arrays and the JSON of one kind of file, and leaves alone what
has today's shape already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
Content = tuple[Arrays, Mapping[str, Any]]


def _moved(arrays: Arrays, places: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Arrays whose names begin with a key of `places` (as `key.`, or wholly) under its value."""
    found = {}
    for name, value in arrays.items():
        for old, new in places.items():
            if name == old or name.startswith(f"{old}."):
                found[new + name[len(old) :]] = value
                break
        else:
            found[name] = value
    return found


def model(arrays: Arrays, meta: Mapping[str, Any]) -> Content:
    """0.1.0 stored weights without a prefix, and all of them in half precision."""
    if "model" in meta:
        return arrays, meta
    prefix = "model." if "arrays" in meta else "model.arrays."
    moved = {f"{prefix}{name}": value for name, value in arrays.items()}
    return moved, {"model": meta, "steps": []}


def run(arrays: Arrays, meta: Mapping[str, Any]) -> Content:
    """0.1.0 called a recording `past`, kept its events apart and listed the steps of weights."""
    if "recording" in meta:
        return arrays, meta
    rest = {name: value for name, value in meta.items() if name not in ("events", "steps")}
    weights = {str(step): None for step in meta["steps"]}
    more = {"recording": {"events": meta["events"]}, "weights": weights}
    return _moved(arrays, {"past": "recording"}), {**rest, **more}


def rules(arrays: Arrays, meta: Mapping[str, Any]) -> Content:
    """One step for all coordinates of a space; 0.1.0 had one level: points by their space, the
    settings of normals beside the rules."""
    if isinstance(meta["steps"], Mapping):
        steps = {
            f"steps.{name}": np.array([step], np.float32) for name, step in meta["steps"].items()
        }
        arrays = {**arrays, **steps}
    if "fitted" in meta:
        return arrays, {**meta, "steps": list(meta["steps"])}
    places = {space: f"fitted.normals.points.{space}" for space in meta["steps"]}
    places |= {"levels": "fitted.normals.levels", "rows.axes": "fitted.axes"}
    sizes = {"k": meta["k"], "n_peers": meta.get("n_peers", 0)}
    normals = {"points": list(meta["steps"]), **sizes}
    fitted = {"critic_range": meta["critic_range"], "rules": meta["rules"], "normals": normals}
    return _moved(arrays, places), {"fitted": fitted, "steps": list(meta["steps"])}


# Parameters that came later, with the values by which a detector is as it was.
ALL = {"suspect_share": 0.0, "device": "cpu"}
LATER: Mapping[str, Mapping[str, Any]] = {
    "WGANAnomalyDetector": ALL,
    "WGANImageDetector": {"contrast_steps": 0, **ALL},
    "WGANSeriesDetector": {"rate": None, **ALL},
}


def detector(arrays: Arrays, meta: Mapping[str, Any]) -> Content:
    """Fewer parameters, and before that one level."""
    arrays, meta = _detector_of_one_level(arrays, meta)
    later = LATER.get(meta["estimator"], {})
    return arrays, {**meta, "parameters": {**later, **meta["parameters"]}} if later else meta


def _detector_of_one_level(arrays: Arrays, meta: Mapping[str, Any]) -> Content:
    """0.1.0 had no rules but that of the score method."""
    if "model" in meta:
        return arrays, meta
    places = {name: f"model.{name}" for name in ("weights", "scaler")}
    places |= {"normals": "model.fitted.normals.points", "levels": "model.fitted.normals.levels"}
    places["axes"] = "model.fitted.axes"
    fitted: dict[str, Any] = {"critic_range": meta["critic_range"], "normals": None}
    if meta["rule"] is not None:
        spaces = sorted(n.removeprefix("normals.") for n in arrays if n.startswith("normals."))
        sizes = {"k": meta["n_neighbours"], "n_peers": meta["n_peers"]}
        fitted["normals"] = {"points": spaces, **sizes}
        fitted["rules"] = {meta["score_method"]: meta["rule"]}
    inner = ("class", "score_method", "network", "rule", "n_neighbours", "n_peers", "critic_range")
    rest = {name: value for name, value in meta.items() if name not in inner}
    kept = {name: meta[name] for name in ("score_method", "network")}
    model = {**kept, "scaler": {}, "fitted": fitted}
    return _moved(arrays, places), {**rest, "estimator": meta["class"], "model": model}


UPGRADES: dict[str, Callable[[Arrays, Mapping[str, Any]], Content]] = {
    "model": model,
    "run": run,
    "rules": rules,
    "detector": detector,
}
