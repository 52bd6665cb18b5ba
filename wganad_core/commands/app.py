"""`app`: the app in the browser, from wherever the package is installed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wganad_core import bootstrap
from wganad_core.commands.console import Command, positive


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=positive, default=8501, help="where it is served (default: %(default)s)"
    )
    parser.add_argument(
        "--address",
        default="localhost",
        help="who may reach it: 0.0.0.0 for everybody on the network (default: %(default)s)",
    )
    parser.add_argument(
        "--hosts",
        metavar="NAME",
        help='a name that may stand in the address bar, or "*" for any (default: this machine)',
    )
    parser.add_argument("--headless", action="store_true", help="open no browser")


def open_app(arguments: argparse.Namespace) -> int:
    """Serve the app until it is stopped."""
    words = ["--server.port", str(arguments.port), "--server.address", arguments.address]
    if arguments.hosts:
        words += ["--server.allowedHosts", arguments.hosts]
    if arguments.headless:
        words += ["--server.headless", "true"]
    return bootstrap.serve(Path(sys.executable), words)


APP = Command(
    "app",
    "app [--port N] [--address A] [--hosts NAME] [--headless]",
    "open the app in the browser",
    """\
  until Ctrl-C ends it:
    python -m wganad_core app""",
    options,
    open_app,
)
