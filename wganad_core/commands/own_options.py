"""Options that the commands on people's files share, and the types of their arguments."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from wganad_core.commands.console import Refused
from wganad_core.config import PICTURE_SIDES
from wganad_core.data.own import Colours, Counted, LabelRanges, Roles

if TYPE_CHECKING:
    from wganad_core.data.own.scores import OwnScores
    from wganad_core.evaluation import Curve

ROLES = {
    "group": "machine, person or recording that rows belong to",
    "date": "day of a time that is the hour only",
}
FEW = 30  # samples of a class on which no rate is known well
CHOICES = {  # those of `data.own.detectors`, which help need not import
    "detector": "whose scores, where there are several",
    "model": "of which model; detectors that need none are found with any",
    "protocol": "tested on which samples",
    "seed": "of which training (default: the lowest)",
    "abnormal": "with which class as the anomaly",
}


def path_option(parser: argparse.ArgumentParser, name: str, metavar: str, words: str) -> None:
    """A file, which must be named."""
    needed: Any = {"required": True} if name.startswith("-") else {}
    parser.add_argument(name, type=Path, metavar=metavar, help=words, **needed)


def column_options(parser: argparse.ArgumentParser, which: str) -> None:
    """Which column is what, of `fit` and `score`."""
    group = parser.add_argument_group("columns")
    group.add_argument("--features", metavar="NAME,…", type=names, help=f"{which}")
    group.add_argument(
        "--leave-out",
        metavar="NAME,…",
        type=names,
        help="columns that are nothing, where the features are found by themselves",
    )
    group.add_argument(
        "--categories",
        metavar="NAME,…",
        type=names,
        help="features that are kinds of something although they hold numbers",
    )
    group.add_argument(
        "--keep-closing",
        action="store_true",
        default=None,
        help="totals and empty rows under a table of text are rows like the others",
    )
    for role in ("label", "id", "time", "date", "group"):
        group.add_argument(
            f"--{role}-column",
            metavar="NAME",
            type=name,
            help=f"which column is the {ROLES.get(role, role)}; '' for none (default: by its name)",
        )
    normal_option(group)
    pictures = parser.add_argument_group("pictures")
    pictures.add_argument(
        "--picture-size",
        type=int,
        choices=PICTURE_SIDES,
        help="pixels a side at which they are seen (default: as they are, up to 128, fewer where "
        "there are many; `score` takes the detector's)",
    )
    pictures.add_argument(
        "--picture-colours",
        choices=get_args(Colours),
        help="whether their colours are seen (default: where there are some)",
    )
    range_options(parser)


def range_options(parser: argparse.ArgumentParser) -> None:
    """Labels in a second file."""
    group = parser.add_argument_group("labels in a second file")
    group.add_argument(
        "--label-ranges",
        type=Path,
        metavar="FILE",
        help="CSV or JSON: from when to when, or from which row to which, is an anomaly; takes the "
        "place of a column of labels",
    )
    group.add_argument(
        "--ranges-count",
        choices=get_args(Counted),
        help="what its numbers are: rows of the file from 1 or 0, rows from 1 of each recording "
        "in it, times as in the time column, or seconds since the first row (default: told by the "
        "file, and said)",
    )
    group.add_argument(
        "--ranges-zone",
        metavar="ZONE",
        help="UTC, +02:00 or Europe/Berlin: of the times without one, in either file",
    )


def ranges_of(arguments: argparse.Namespace) -> LabelRanges | None:
    """What `range_options` found."""
    file, count, zone = (
        getattr(arguments, name) for name in ("label_ranges", "ranges_count", "ranges_zone")
    )
    if file is None and (count or zone):
        raise Refused("--ranges-count and --ranges-zone are about --label-ranges FILE; add it.")
    return None if file is None else LabelRanges(file, count, zone)


def normal_option(parser: Any) -> None:
    parser.add_argument(
        "--normal",
        metavar="VALUE",
        help="which value of the label means normal (default: 0, normal and the like, else the "
        "most frequent)",
    )


def roles_of(arguments: argparse.Namespace) -> Roles:
    """What `column_options` found."""
    features = arguments.features and tuple(arguments.features)
    return Roles(
        features,
        arguments.label_column,
        arguments.id_column,
        arguments.time_column,
        arguments.group_column,
        arguments.normal,
        tuple(arguments.leave_out or ()),
        tuple(arguments.categories or ()),
        arguments.date_column,
        arguments.picture_size,
        arguments.picture_colours,
        arguments.keep_closing,
    )


def score_options(parser: argparse.ArgumentParser) -> None:
    """A file of scores, its columns and its detector, of `threshold` and `evaluate`."""
    words = "CSV or parquet; higher scores are more anomalous, a label of 1 is an anomaly"
    path_option(parser, "file", "FILE", words)
    for role in ("score", "label", "id"):
        parser.add_argument(
            f"--{role}-column",
            metavar="NAME",
            help=f"which column is the {role} (default: by its name)",
        )
    normal_option(parser)
    parser.add_argument(
        "--group-column",
        metavar="NAME",
        help="which column is the machine, person or recording (default: by its name)",
    )
    parser.add_argument(
        "--time-column", metavar="NAME", help="which column is the time, for --label-ranges"
    )
    range_options(parser)
    parser.add_argument(
        "--lower-is-anomalous",
        action="store_true",
        help="lower scores mean more anomalous: they are negated",
    )
    table = parser.add_argument_group("one detector of a score table of this project (parquet)")
    for key, what in CHOICES.items():
        kind: Any = {"metavar": "N", "type": int} if key == "seed" else {"metavar": "NAME"}
        table.add_argument(f"--{key}", help=what, **kind)


def scores_of(arguments: argparse.Namespace) -> OwnScores:
    """What `score_options` found, read."""
    from wganad_core.data.own.scores import read_scores

    given = {key: getattr(arguments, key) for key in CHOICES}
    return read_scores(
        arguments.file,
        score=arguments.score_column,
        label=arguments.label_column,
        sample_id=arguments.id_column,
        choose={key: str(value) for key, value in given.items() if value is not None},
        normal=arguments.normal,
        lower_is_anomalous=arguments.lower_is_anomalous,
        ranges=ranges_of(arguments),
        time=arguments.time_column,
        group=arguments.group_column,
    )


def few(curve: Curve) -> str | None:
    """Which samples are so few that no figure is known well, for a sentence."""
    counts = {"anomalies": curve.n_anomalies, "normals": curve.n_normals}
    return " and ".join(f"{n} {name}" for name, n in counts.items() if n < FEW) or None


def threshold_option(parser: argparse.ArgumentParser, required: bool = False) -> None:
    parser.add_argument(
        "--threshold",
        type=number,
        metavar="T",
        required=required,
        help="a row is flagged when its score exceeds it; --threshold=-1.5 if negative"
        + ("" if required else " (default: the detector's)"),
    )


def overwrite_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace what is at OUT even if it is no such file of this project; "
        "what is read is never replaced",
    )


def names(text: str) -> list[str]:
    """An argument's type: names parted by commas; quotes hold a name with a comma together."""
    import csv

    try:
        found = [n.strip() for n in next(csv.reader([name(text)], skipinitialspace=True), [])]
    except csv.Error as error:
        raise argparse.ArgumentTypeError(f"must be names parted by commas; {error}") from None
    if not any(found):
        raise argparse.ArgumentTypeError(
            f"must name a column or several, parted by commas; found {text!r}"
        )
    return found


def name(text: str) -> str:
    """An argument's type: the name of a column."""
    if text and text.splitlines() != [text]:
        raise argparse.ArgumentTypeError(
            f"must be a name in one line; found {text[:40]!r}; rename that column"
        )
    return text


def row_range(text: str) -> tuple[int, int]:
    """An argument's type: the first and the last row, from 1."""
    first, _, last = text.partition(":")
    if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"must be two rows from 1 on, as in 1:400; found {text}")
    return int(first), int(last)


def number(text: str) -> float:
    """An argument's type: any number, infinite ones too."""
    value = float(text)
    if math.isnan(value):
        raise argparse.ArgumentTypeError(f"must be a number, inf or -inf; found {text}")
    return value
