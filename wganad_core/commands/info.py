"""`info run`: what a run file holds."""

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
