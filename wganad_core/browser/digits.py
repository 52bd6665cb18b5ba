"""The networks of a digit that they have never seen, as text that a page holds."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import pretrained, storage
from wganad_core.config import ImageConfig
from wganad_core.records import MATRIX, in_bytes
from wganad_core.use_cases import MNIST

DETECTORS = ("encoder", "critic")
N_UNSEEN = 1_000  # of the unseen digit's scores, for a picture of them


def pack_networks(unseen: str) -> str:
    """G, E and critic that were trained without this digit, and the scores of held-out normals and
    of some of the digit, in base64.

    Raises `StorageError` where files lack or have been changed.
    """
    folder = pretrained.SHIPPED / MNIST.name
    arrays: dict[str, NDArray[Any]] = {}
    for method in ("wgan-gp", "encoder"):
        model = pretrained.load_model(pretrained.model_file(folder, unseen, method))
        if not isinstance(model.network, ImageConfig) or model.network.depth != 3:
            raise ValueError(f"Expected networks of depth 3 for images; found {model.network}.")
        arrays |= {name: value for name, value in model.arrays.items() if value.ndim}
    table = storage.load_scores(pretrained.scores_path(MNIST.name, unseen))
    for name in DETECTORS:
        its = table.where(detector=name, seed=0)
        normals = np.sort(its.where(part="calibration").score)
        of_it = np.sort(its.where(part="test", label=1).score)
        some = np.linspace(0, len(of_it) - 1, min(len(of_it), N_UNSEEN)).round().astype(int)
        arrays |= {f"normals.{name}": normals, f"unseen.{name}": of_it[some]}
    told = {"unseen": unseen, "normals": len(normals)}
    return b64encode(_file(arrays, told)).decode()


def _file(arrays: dict[str, NDArray[Any]], told: dict[str, Any]) -> bytes:
    """Gzipped: the length of a JSON header, the header, then arrays, which it places."""
    payload = bytearray()

    def put(values: NDArray[Any]) -> int:
        at = len(payload)
        payload.extend(values.tobytes() + bytes(-values.nbytes % 4))
        return at

    places = {}
    for name, value in arrays.items():
        place = {"size": value.size}
        if value.ndim > 1 and value.size >= MATRIX:
            codes, steps = in_bytes(value)
            place |= {"at": put(codes), "rows": len(steps), "steps": put(steps.astype("<f4"))}
        else:
            place |= {"at": put(value.astype("<f4"))}
        places[name] = place
    header = json.dumps({**told, "arrays": places}).encode()
    return gzip.compress(len(header).to_bytes(4, "little") + header + payload, 9, mtime=0)
