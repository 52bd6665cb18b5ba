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
    overwrite_option(parser)
    json_option(parser)


def export_page(arguments: argparse.Namespace) -> int:
    """Write the page, and say how large it is."""
    from wganad_core.browser import page_html
    from wganad_core.jobs.outputs import Output, check_outputs
    from wganad_core.storage import write_atomically

    check_outputs([Output(arguments.out, "figure")], overwrite=arguments.overwrite)
    made = page_html(arguments.digit)
    write_atomically(arguments.out, made)
    if arguments.json:
        print_json({"path": str(arguments.out), "bytes": len(made)})
        return 0
    print_facts({"size": f"{len(made) / 1e6:.2f} MB"})
    print(f"written to {arguments.out}")
    return 0


PAGE = Command(
    "export page",
    "export page --out FILE.html [--digit D] [--overwrite] [--json]",
    "write one HTML file: three GANs train in it, and a digit is drawn",
    """\
  opens anywhere, also from a disk, a mail or a phone; needs no server and no network:
    python -m wganad_core export page --out demo.html""",
    options,
    export_page,
)
