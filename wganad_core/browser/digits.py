"""The networks of a digit that they have never seen, as text that a page holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import pretrained, storage
from wganad_core.browser.packed import packed
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
    return _text(arrays, told)


def _text(arrays: dict[str, NDArray[Any]], told: dict[str, Any]) -> str:
    """The arrays behind a header that places them."""
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
    return packed({**told, "arrays": places}, payload)
