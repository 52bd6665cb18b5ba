"""`export page`: one HTML file, without an install or a network: a live race, drawn digits."""

from __future__ import annotations

import argparse

from wganad_core.commands.console import Command, json_option, print_facts, print_json
from wganad_core.commands.own_options import overwrite_option, path_option
from wganad_core.config import DIGITS


def options(parser: argparse.ArgumentParser) -> None:
    path_option(parser, "--out", "FILE.html", "gets the page")
    parser.add_argument(
        "--digit",
        choices=DIGITS,
        default="4",
        help="which the networks of “Draw a digit” have never seen (default: %(default)s)",
    )
    parser.add_argument(
        "--race",
        metavar="TEXT",
        help="what it begins with, as the app's address has it: ring,n_modes=5~gan~sharp,penalty=1",
    )
    overwrite_option(parser)
    json_option(parser)


def export_page(arguments: argparse.Namespace) -> int:
    """Write the page, and say how large it is."""
    from wganad_core import use_cases
    from wganad_core.browser import page_html
    from wganad_core.jobs.outputs import Output, check_outputs
    from wganad_core.storage import write_atomically

    check_outputs([Output(arguments.out, "figure")], overwrite=arguments.overwrite)
    race = None if arguments.race is None else use_cases.race_from_text(arguments.race)
    made = page_html(arguments.digit, race)
    write_atomically(arguments.out, made)
    if arguments.json:
        print_json({"path": str(arguments.out), "bytes": len(made)})
        return 0
    print_facts({"size": f"{len(made) / 1e6:.2f} MB"})
    print(f"written to {arguments.out}")
    return 0


PAGE = Command(
    "export page",
    "export page --out FILE.html [--digit D] [--race TEXT] [--overwrite] [--json]",
    "write one HTML file: three GANs train in it, and a digit is drawn",
    """\
  opens anywhere, also from a disk, a mail or a phone; needs no server and no network:
    python -m wganad_core export page --out demo.html""",
    options,
    export_page,
)
