"""`info run`, `info model`: what a file holds."""

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
    """Print the settings and figures of a model file."""
    from wganad_core import pretrained

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
    "say what a model file holds",
    """\
  settings, figures on validation normals, and the command that trains it again:
    python -m wganad_core info model pretrained/mnist/4/wgan-gp.safetensors""",
    run_options,
    info_model,
)
