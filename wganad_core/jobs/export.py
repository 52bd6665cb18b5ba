"""A saved detector for elsewhere, or to flag anew."""

from __future__ import annotations

import dataclasses
from typing import Any

from wganad_core.jobs.orders import ExportOrder
from wganad_core.jobs.outputs import Output, check_outputs

WHAT = {"onnx": "ONNX model", "detector": "detector"}


@dataclasses.dataclass(frozen=True)
class Exported:
    """What was written: `input_type` of ONNX, `rule` of a detector's threshold."""

    detector: str
    score_method: str
    n_features: int
    threshold: float
    bytes: int
    input_type: str | None = None
    rule: str | None = None


def export(order: ExportOrder) -> Exported:
    """Write a detector with its threshold or the order's. Raises `StorageError` and `Refused`."""
    from wganad_core import detector

    check_outputs([Output(order.out, WHAT[order.form])], [order.model], order.overwrite)
    found: Any = detector.load(order.model)
    if order.threshold is not None:
        found = found.set_threshold(order.threshold)
    if order.form == "onnx":
        from wganad_core.detector.onnx import coarsest

        found.export_onnx(order.out)
        more = {"input_type": coarsest(found.model_.scaler)}
    else:
        found.save(order.out)
        more = {"rule": found.advice_.rule}
    return Exported(
        type(found).__name__,
        found.model_.score_method,
        int(found.n_features_in_),
        float(found.threshold_),
        order.out.stat().st_size,
        **more,
    )
