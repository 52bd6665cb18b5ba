"""A detector as an ONNX file: it scores where neither this project nor PyTorch is installed.

    session = onnxruntime.InferenceSession("detector.onnx")
    score, flagged = session.run(["score", "flagged"], {"x": rows.astype(np.float32)})

Scores agree with `anomaly_score` to 1e-4, absolute below 1 and relative above; so a row whose
score lies that close to the threshold may be flagged here and not there.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

import wganad_core
from wganad_core import storage
from wganad_core.detector import saved
from wganad_core.detector.preparation import Preparation
from wganad_core.detector.scaler import LIMIT, Scaler
from wganad_core.methods import Score, score_methods
from wganad_core.storage import StorageError

OPSET = 18  # runtimes since early 2023 read it
SCHEMA = 1  # of the metadata
PACKAGES = ("onnx", "onnxscript")  # the exporter's own; scoring needs onnxruntime alone
ROUNDING = 1e-4  # standardised units that the input's precision may cost
InputType = Literal["float32", "float64"]


class ExportError(StorageError):
    """A detector cannot be exported. The message says why and what to do."""


class ScoringGraph(nn.Module):
    """Rows x (n, d) in their own units → `score` (n,) float32, higher = more anomalous, and
    `flagged` (n,), score > threshold.

    A row with an infinite value, or with nothing but NaN, has the score NaN and is flagged:
    whoever reads the flags alone must not take a dead sensor for a normal one. A missing value is
    NaN, a category its number; `prepared` makes features of them, and without it a row with NaN
    has no score either. `location`, `scale` (D,) standardise in float64; `score` takes what comes
    of it.
    """

    location: Tensor
    scale: Tensor
    tolerance: Tensor
    threshold: Tensor

    def __init__(
        self,
        location: ArrayLike,
        scale: ArrayLike,
        score: Score,
        threshold: float,
        tolerance: ArrayLike = (),
        prepared: Prepared | None = None,
    ) -> None:
        super().__init__()
        self.prepared = prepared
        self.register_buffer("location", torch.tensor(location, dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float64))
        self.register_buffer("tolerance", torch.tensor(tolerance, dtype=torch.float64))
        self.register_buffer("threshold", torch.tensor(threshold, dtype=torch.float64))
        self.score = copy.deepcopy(score).eval().requires_grad_(False)
        self.precision = next(score.parameters()).dtype

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        rows = x.double()
        surprise: Tensor | float = 0.0
        if self.prepared is None:
            finite = torch.isfinite(x).all(dim=1)
        else:
            finite = ~torch.isinf(x).any(dim=1) & ~torch.isnan(x).all(dim=1)
            rows, surprise = self.prepared(rows)
        off = rows - self.location
        if self.tolerance.numel():
            off = torch.where(off.abs() <= self.tolerance, 0.0, off)
        standard = (off / self.scale).clamp(-LIMIT, LIMIT)
        score = self.score(standard.float().to(self.precision)).score.float() + surprise
        score = torch.where(finite, score, torch.nan)
        return score, ~(score.double() <= self.threshold)


class Prepared(nn.Module):
    """`Preparation` in PyTorch: rows (n, d) → features (n, D) and what surprises add (n,)."""

    filled: Tensor
    missing: Tensor
    category: Tensor

    def __init__(self, preparation: Preparation) -> None:
        super().__init__()
        known = preparation.known
        self.numbers = [at for at, words in enumerate(preparation.words) if not words]
        self.indicated, self.of = preparation.indicated.tolist(), known[:, 0].tolist()
        self.surprise = preparation.surprise
        self.unheard = sorted(set(self.numbers) - set(self.indicated))
        self.each = [np.flatnonzero(known[:, 0] == at).tolist() for at in np.unique(known[:, 0])]
        self.register_buffer("filled", torch.tensor(preparation.filled, dtype=torch.float64))
        self.register_buffer("category", torch.tensor(known[:, 1], dtype=torch.float64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        missing = torch.isnan(x)
        values = torch.where(missing, self.filled, x)
        parts = [values[:, self.numbers], missing[:, self.indicated].double()]
        surprises = missing[:, self.unheard].sum(dim=1)
        if self.of:
            codes = torch.where(missing, -1.0, x)[:, self.of].trunc()
            same = codes == self.category
            parts.append(same.double())
            for mine in self.each:
                surprises = surprises + ~same[:, mine].any(dim=1)
        return torch.cat(parts, dim=1), (surprises * self.surprise).float()


def export_onnx(estimator: Any, path: str | Path, *, input_type: InputType | None = None) -> None:
    """Write a fitted estimator's scoring path as ONNX, atomically.

    Input `x` (n, d): rows in their own units, for any n; of `input_type`, by default float32
    unless that is too coarse for a feature (a time in seconds since 1970, say). A missing value is
    NaN, a category its place in the metadata's `categories`, anything else there was never seen.
    Outputs `score` (n,), higher = more anomalous, and `flagged` (n,). What is infinite scores NaN
    and is flagged. Metadata: `metadata`.

    Raises
    ------
    NotFittedError
        Before `fit`.
    ExportError
        With one sentence, for score methods that search, and where a package is missing.
    StorageError
        If the file cannot be written.

    Examples
    --------
    What the file will say of itself; the export takes some seconds.

    >>> from wganad_core import WGANAnomalyDetector
    >>> x = np.random.default_rng(0).normal(size=(60, 3))
    >>> about = metadata(WGANAnomalyDetector(steps=2, random_state=0).fit(x))
    >>> about["score_method"], about["n_features"]
    ('ours', 3)
    """
    check_is_fitted(estimator)
    graph = graph_of(estimator)
    chosen = input_type or coarsest(estimator.model_.scaler)
    meta = {**metadata(estimator), "input_type": chosen}
    storage.write_atomically(Path(path), encoded(graph, meta, chosen))


def graph_of(estimator: Any) -> ScoringGraph:
    """The fitted estimator's scoring path, in PyTorch; networks in single precision, which is what
    runtimes are fast at."""
    model = estimator.model_
    score = model.score(double=False)
    if why := score.why_not_exported():
        exported = [n for n, found in score_methods().items() if not found.searches]
        raise ExportError(
            f"score_method={model.score_method!r} {why}, which ONNX cannot hold; fit with "
            f"{', '.join(exported[:-1])} or {exported[-1]}."
        )
    scaler = model.scaler
    # Without a constant there is nothing to tolerate, and the graph stays as it was.
    tolerance = scaler.tolerance if scaler.tolerance.any() else np.zeros(0)
    prepared = None if model.preparation is None else Prepared(model.preparation)
    return ScoringGraph(
        scaler.location, scaler.scale, score, estimator.threshold_, tolerance, prepared
    )


def coarsest(scaler: Scaler) -> InputType:
    """The input type whose rounding costs no feature more than `ROUNDING` standardised units."""
    lost = np.abs(scaler.location) / scaler.scale * np.finfo(np.float32).eps / 2
    if len(scaler.tolerance):  # which takes the rounding of constants up
        lost = np.where(scaler.tolerance > 0, 0.0, lost)
    return "float32" if lost.max() <= ROUNDING else "float64"


def metadata(estimator: Any) -> dict[str, Any]:
    """What the file tells about itself: numbers and lists as JSON, but an infinite threshold as
    `Infinity`; `detector_sha256` is the hash inside the file that `save` writes."""
    advice = estimator.advice_
    return {
        "schema": SCHEMA,
        "wganad_core": wganad_core.__version__,
        "class": type(estimator).__name__,
        "score_method": estimator.model_.score_method,
        "threshold": estimator.threshold_,
        "rule": advice.rule,
        "rule_assumption": advice.assumption,
        "rule_warning": advice.warning or "",
        "n_features": _n_inputs(estimator.model_),
        **estimator._columns(),
        "detector_sha256": saved.hash_of(estimator),
    }


def _n_inputs(model: Any) -> int:
    preparation: Preparation | None = model.preparation
    return len(model.scaler.location) if preparation is None else preparation.n_columns


def encoded(
    graph: ScoringGraph, meta: Mapping[str, Any], input_type: InputType = "float32"
) -> bytes:
    """The graph as ONNX bytes, `meta` in its metadata: text as it is, everything else as JSON.

    The same graph gives the same bytes. Raises `ExportError` where a package is missing.
    """
    _require_packages()
    n = len(graph.location if graph.prepared is None else graph.prepared.filled)
    rows = torch.zeros(2, n, dtype=getattr(torch, input_type))
    with _quiet():
        program = torch.onnx.export(
            graph.eval(),
            (rows,),
            dynamo=True,
            opset_version=OPSET,
            verbose=False,
            input_names=["x"],
            output_names=["score", "flagged"],
            dynamic_shapes=({0: "n"},),
        )
    assert program is not None  # None only from the exporter before this one
    model = program.model_proto
    _forget_source(model)
    model.producer_name, model.producer_version = "wganad_core", wganad_core.__version__
    for name, value in sorted(meta.items()):
        entry = model.metadata_props.add()
        entry.key, entry.value = name, value if isinstance(value, str) else json.dumps(value)
    return bytes(model.SerializeToString(deterministic=True))


def _require_packages() -> None:
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        raise ExportError(
            f"Export to ONNX needs {' and '.join(missing)}; run: python -m pip install "
            f"{' '.join(missing)}"
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own code's age and of packages that this project never needs."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def _forget_source(model: Any) -> None:
    """Drop what the exporter notes of each step: stack traces, with the paths of this machine."""
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        del part.metadata_props[:]
    for tensor in graph.initializer:
        del tensor.metadata_props[:]
