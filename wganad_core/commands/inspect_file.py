"""`inspect FILE`: what a file of one's own holds, and what each column would be taken for."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from wganad_core.commands.console import Command, Refused, json_option, print_json
from wganad_core.commands.own_options import ROLES, name, path_option, range_options, ranges_of

if TYPE_CHECKING:
    from wganad_core.data.own.look import Column, Look


def options(parser: argparse.ArgumentParser) -> None:
    path_option(parser, "file", "FILE", "CSV, parquet or npy, or a folder or zip of images")
    range_options(parser)
    for role in ("time", "group"):
        parser.add_argument(
            f"--{role}-column",
            metavar="NAME",
            type=name,
            help=f"which column is the {ROLES.get(role, role)}, for --label-ranges (default: by "
            "its name)",
        )
    json_option(parser)


def inspect_file(arguments: argparse.Namespace) -> int:
    """Print columns, roles with their reasons, labels and doubts."""
    from wganad_core.data.own.labels_beside import look_beside
    from wganad_core.data.own.look import look

    ranges, columns = ranges_of(arguments), (arguments.time_column, arguments.group_column)
    if ranges is None and any(columns):
        raise Refused("--time-column and --group-column are about --label-ranges FILE; add it.")
    file = arguments.file
    found = look(file) if ranges is None else look_beside(file, ranges, *columns)
    if arguments.json:
        print_json({"path": str(arguments.file), **dataclasses.asdict(found)})
    else:
        _print(found)
    return 0


def _print(found: Look) -> None:
    if found.image_shape is not None:
        shape = "×".join(map(str, found.image_shape))
        print(f"{found.n_rows:,} images, each seen as {shape}")
    else:
        print(f"{found.n_rows:,} rows, {len(found.columns):,} columns")
        _print_columns(found.columns)
    for value, n, taken in found.labels:
        print(f"label {value!r}: {n:,} rows, taken for {taken}")
    for word, lines in (("remark", found.remarks), ("doubt", found.doubts)):
        for line in lines:
            print(f"{word}: {line}")


def _print_columns(columns: tuple[Column, ...]) -> None:
    rows = [("column", "role", "holds", "example", "why")]
    for column in columns:
        missing = f", {column.n_missing:,} missing" * bool(column.n_missing)
        holds = f"{column.kind}{missing}{', constant' * column.constant}"
        rows.append((column.name[:40], column.guess, holds, column.example[:24], column.reason))
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True))
        print("  ".join(cells).rstrip())


FILE = Command(
    "inspect",
    "inspect FILE [options]",
    "say what a file holds and what each column would be taken for",
    """\
  columns, the role of each with its reason, what the labels mean, and what is in doubt:
    python -m wganad_core inspect data.csv
  how many rows a second file of ranges labels, and how it was read:
    python -m wganad_core inspect data.csv --label-ranges faults.json
  for a program to read:
    python -m wganad_core inspect data.parquet --json

What is not as meant is said to `fit` and `score`: --features, --categories, --leave-out,
--label-column, --normal, --id-column, --time-column, --group-column.""",
    options,
    inspect_file,
)
