"""`export onnx MODEL`, `export detector MODEL`: a saved detector for elsewhere, or to flag anew."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from wganad_core.commands.console import (
    Command,
    json_option,
    print_facts,
    print_json,
)
from wganad_core.commands.score_writer import check_place
from wganad_core.commands.threshold import number


def options(parser: argparse.ArgumentParser) -> None:
    _model_option(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.onnx",
        help="gets the way from a row to its score and its flag",
    )
    parser.add_argument(
        "--threshold",
        type=number,
        metavar="T",
        help="a row is flagged when its score exceeds it; --threshold=-1.5 if "
        "negative (default: the detector's)",
    )
    json_option(parser)


def detector_options(parser: argparse.ArgumentParser) -> None:
    _model_option(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="NEW",
        help="gets the detector, a safetensors file",
    )
    parser.add_argument(
        "--threshold",
        type=number,
        metavar="T",
        required=True,
        help="a row is flagged when its score exceeds it; --threshold=-1.5 if negative",
    )
    json_option(parser)


def _model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="the detector, as `fit` or its method save wrote it",
    )


def export_onnx(arguments: argparse.Namespace) -> int:
    """Write a detector's scoring path as ONNX."""
    from wganad_core.detector.onnx import coarsest

    found = _detector(arguments)
    found.export_onnx(arguments.out)
    return _told(arguments, found, {"input_type": coarsest(found.model_.scaler)})


def export_detector(arguments: argparse.Namespace) -> int:
    """Write a detector with another threshold."""
    found = _detector(arguments)
    found.save(arguments.out)
    return _told(arguments, found, {"rule": found.advice_.rule})


def _detector(arguments: argparse.Namespace) -> Any:
    """The one that is asked for, with the threshold that is."""
    from wganad_core import detector

    check_place(arguments.out, arguments.model)
    found = detector.load(arguments.model)
    return found if arguments.threshold is None else found.set_threshold(arguments.threshold)


def _told(arguments: argparse.Namespace, found: Any, more: dict[str, Any]) -> int:
    """Say what was written."""
    facts = {
        "detector": type(found).__name__,
        "score_method": found.model_.score_method,
        "n_features": int(found.n_features_in_),
        "threshold": found.threshold_,
        "threshold_text": repr(found.threshold_),  # JSON has no infinity
        **more,
        "bytes": arguments.out.stat().st_size,
    }
    if arguments.json:
        print_json({"path": str(arguments.out), **facts})
        return 0
    facts["threshold"] = facts.pop("threshold_text")
    print_facts({name.replace("_", " "): value for name, value in facts.items()})
    print(f"written to {arguments.out}")
    return 0


ONNX = Command(
    "export onnx",
    "export onnx MODEL --out FILE.onnx [--threshold T] [--json]",
    "write a saved detector as ONNX, with its threshold",
    """\
  scores and flags in any runtime; the input is an array of rows, float32 unless a feature's values
  are too large for that (input type says which):
    python -m wganad_core export onnx model.safetensors --out model.onnx
  with a threshold that was chosen in the cockpit:
    python -m wganad_core export onnx model.safetensors --out model.onnx --threshold 2.5""",
    options,
    export_onnx,
)

DETECTOR = Command(
    "export detector",
    "export detector MODEL --threshold T --out NEW [--json]",
    "write a saved detector with another threshold",
    """\
  one that was chosen in the cockpit, or by `threshold`; scores stay as they are:
    python -m wganad_core export detector old.safetensors --threshold 2.5 --out new.safetensors""",
    detector_options,
    export_detector,
)
