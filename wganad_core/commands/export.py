"""`export onnx MODEL`, `export detector MODEL`: a saved detector for elsewhere, or to flag anew."""

from __future__ import annotations

import argparse
import dataclasses
import functools
from typing import Any, Literal

from wganad_core.commands.console import (
    Command,
    json_option,
    print_facts,
    print_json,
)
from wganad_core.commands.own_options import overwrite_option, path_option, threshold_option
from wganad_core.jobs.export import export
from wganad_core.jobs.orders import ExportOrder

Form = Literal["onnx", "detector"]
OUT = {
    "onnx": ("FILE.onnx", "gets the way from a row to its score and its flag"),
    "detector": ("NEW", "gets the detector, a safetensors file"),
}


def options(form: Form, parser: argparse.ArgumentParser) -> None:
    path_option(parser, "model", "MODEL", "the detector, as `fit` or its method save wrote it")
    path_option(parser, "--out", *OUT[form])
    threshold_option(parser, required=form == "detector")
    overwrite_option(parser)
    json_option(parser)


def export_model(form: Form, arguments: argparse.Namespace) -> int:
    """Write a detector, and say what was written."""
    order = ExportOrder(
        arguments.model, arguments.out, arguments.threshold, form, arguments.overwrite
    )
    found = export(order)
    known = {k: value for k, value in dataclasses.asdict(found).items() if value is not None}
    facts: dict[str, Any] = known | {"threshold_text": repr(found.threshold)}
    if arguments.json:
        print_json({"path": str(order.out), **facts})
        return 0
    facts["threshold"] = facts.pop("threshold_text")  # JSON has no infinity
    print_facts({name.replace("_", " "): value for name, value in facts.items()})
    print(f"written to {order.out}")
    return 0


def _command(form: Form, usage: str, summary: str, examples: str) -> Command:
    name = f"export {form}"
    run = functools.partial(export_model, form)
    return Command(
        name, f"{name} {usage}", summary, examples, functools.partial(options, form), run
    )


ONNX = _command(
    "onnx",
    "MODEL --out FILE.onnx [--threshold T] [--overwrite] [--json]",
    "write a saved detector as ONNX, with its threshold",
    """\
  scores and flags in any runtime; the input is an array of rows, float32 unless a feature's values
  are too large for that (input type says which):
    python -m wganad_core export onnx model.safetensors --out model.onnx
  with a threshold that was chosen in the cockpit:
    python -m wganad_core export onnx model.safetensors --out model.onnx --threshold 2.5""",
)
DETECTOR = _command(
    "detector",
    "MODEL --threshold T --out NEW [--overwrite] [--json]",
    "write a saved detector with another threshold",
    """\
  one that was chosen in the cockpit, or by `threshold`; scores stay as they are:
    python -m wganad_core export detector old.safetensors --threshold 2.5 --out new.safetensors""",
)
