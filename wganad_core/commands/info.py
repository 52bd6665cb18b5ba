"""`info run`, `info model`: what a file holds, a saved detector's among them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from wganad_core.commands.console import Command, json_option, print_facts, print_json


def run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    json_option(parser)


def info_run(arguments: argparse.Namespace) -> int:
    """Print the settings and figures of a run file."""
    from wganad_core import pretrained

    run = pretrained.load_run(arguments.file)
    facts: dict[str, Any] = {
        "method": run.lane.training.method,
        "data": run.mixture.name,
        "seed": run.lane.training.seed,
        "frames": len(run.recording.frames),
        "weights_at": sorted(run.weights),
        **run.metrics,
        "events": run.recording.events,
        "command": run.command,
    }
    if arguments.json:
        whole = {"mixture": run.mixture.to_dict(), "lane": run.lane.to_dict()}
        print_json({"path": str(arguments.file), **facts, **whole})
        return 0
    facts["weights_at"] = ", ".join(f"{step:,}" for step in facts["weights_at"])
    events = facts.pop("events")
    print_facts(facts)
    for event in events:
        print(f"event: {event}")
    return 0


def info_model(arguments: argparse.Namespace) -> int:
    """Print the settings and figures of a model file, or of a saved detector."""
    from wganad_core import pretrained

    if _holds_detector(arguments.file):
        return _info_detector(arguments)
    model = pretrained.load_model(arguments.file)
    facts: dict[str, Any] = {
        "method": model.training.method,
        "data": model.use_case,
        "abnormal": model.abnormal,
        "protocol": model.protocol,
        "seed": model.training.seed,
        "weights": sum(value.size for value in model.arrays.values()),
        **model.metrics,
        "command": model.command,
    }
    if arguments.json:
        settings = {"network": model.network.to_dict(), "training": model.training.to_dict()}
        whole = {**settings, "history": dict(model.history)}
        print_json({"path": str(arguments.file), **facts, **whole})
    else:
        print_facts(facts)
    return 0


def _holds_detector(path: Path) -> bool:
    """A glance; whoever reads the file then says what is wrong with it."""
    from wganad_core import storage
    from wganad_core.detector.saved import KIND

    try:
        return storage.read_header(storage.read_bytes(path), str(path)).get("wganad") == KIND
    except storage.StorageError:
        return False


def _info_detector(arguments: argparse.Namespace) -> int:
    from wganad_core import detector
    from wganad_core.storage import read_meta

    found = detector.load(arguments.file)
    meta = read_meta(arguments.file.read_bytes())
    names = [str(name) for name in getattr(found, "feature_names_in_", [])]
    given = found.advice_.rule == "given"
    facts: dict[str, Any] = {
        "detector": type(found).__name__,
        "score_method": found.model_.score_method,
        "n_features": int(found.n_features_in_),
        "features": names or None,
        "threshold": found.threshold_,
        "threshold_text": repr(float(found.threshold_)),  # JSON has no infinity
        "rule": found.advice_.rule,
        "false_alarm_rate": None if given else found.false_alarm_rate,
        "assumption": found.advice_.assumption,
        "warning": found.advice_.warning,
        "expected_false_alarm_rate": found.advice_.expected,
        "steps": int(found.n_steps_),
        "seed": meta.get("seed"),
        "versions": meta.get("versions"),
    }
    if arguments.json:
        quantiles = [float(value) for value in found.score_quantiles_]
        whole = {"parameters": meta.get("parameters"), "score_quantiles": quantiles}
        print_json({"path": str(arguments.file), **facts, **whole, "history": found.history_})
        return 0
    shown = {name: value for name, value in facts.items() if name != "threshold"}
    shown["threshold"] = shown.pop("threshold_text")
    shown["features"] = ", ".join(names[:20]) + (", …" if len(names) > 20 else "") or None
    if expected := shown.pop("expected_false_alarm_rate"):
        shown["expected false-alarm rate"] = "{:.3g} to {:.3g} (95% interval)".format(*expected)
    shown["versions"] = ", ".join(f"{k} {v}" for k, v in (facts["versions"] or {}).items()) or None
    print_facts({name.replace("_", " "): value for name, value in shown.items()})
    return 0


RUN = Command(
    "info run",
    "info run FILE [--json]",
    "say what a run file holds",
    """\
  settings, figures at the end, and the command that trains it again:
    python -m wganad_core info run wgan-gp.safetensors""",
    run_options,
    info_run,
)

MODEL = Command(
    "info model",
    "info model FILE [--json]",
    "say what a model file or a saved detector holds",
    """\
  settings, figures on validation normals, and the command that trains it again:
    python -m wganad_core info model pretrained/mnist/4/wgan-gp.safetensors
  of a detector of one's own: features, threshold and what it rests on, versions:
    python -m wganad_core info model model.safetensors --json""",
    run_options,
    info_model,
)
