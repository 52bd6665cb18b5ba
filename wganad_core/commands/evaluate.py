"""`evaluate USE_CASE`: the board from the shipped scores, or from scoring anew."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from wganad_core.commands.console import Command, Refused, say
from wganad_core.use_cases import UseCase

if TYPE_CHECKING:
    from wganad_core.board import Measure, Row
    from wganad_core.records import ScoreTable

TOLERANCE = 1e-3  # by which a recomputed figure may differ from the shipped one


def options(case: UseCase, parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--abnormal",
        choices=case.classes,
        metavar=case.noun.upper(),
        help=f"only with this {case.noun} as the anomaly",
    )
    every = None if len(case.protocols) > 1 and not case.protocols_train_apart else ""
    parser.add_argument(
        "--protocol",
        choices=case.protocols,
        default=case.protocols[0] if every == "" else None,
        help="which samples are tested (default: "
        f"{'all variants' if every is None else '%(default)s'})",
    )
    parser.add_argument("--detector", metavar="NAME", help="only this detector")
    parser.add_argument(
        "--recompute", action="store_true", help="score with the shipped models, and compare"
    )
    parser.add_argument("--json", action="store_true", help="print the rows as one JSON list")


def evaluate_models(case: UseCase, arguments: argparse.Namespace) -> int:
    """Print the board of the shipped scores; with --recompute, of new ones, and compare."""
    from wganad_core import board

    wanted = {
        name: value
        for name in ("abnormal", "protocol", "detector")
        if (value := getattr(arguments, name)) is not None
    }
    shipped = _chosen(board.rows(board.shipped_scores(case.name, arguments.abnormal)), wanted)
    quoted = [row for row in board.QUOTED if row.use_case == case.name]
    quoted = [] if arguments.recompute else _chosen(quoted, wanted)
    if not shipped and not quoted:
        what = " and ".join(f"the {name} {value}" for name, value in wanted.items())
        raise Refused(f"No scores ship for {what}; leave an option out to see what does.")
    if not arguments.recompute:
        _print(case, [*shipped, *quoted], arguments.json)
        return 0
    pairs = sorted({(row.abnormal, row.protocol) for row in shipped})
    found = _chosen(board.rows(_recomputed(case, pairs)), wanted)
    _print(case, found, arguments.json)
    sentence, equal = _compared(found, shipped)
    (say if arguments.json else print)(sentence)
    return 0 if equal else 1


def _chosen(rows: Iterable[Row], wanted: dict[str, str]) -> list[Row]:
    return [row for row in rows if all(getattr(row, k) == v for k, v in wanted.items())]


def _recomputed(case: UseCase, pairs: Sequence[tuple[str, str]]) -> Iterator[ScoreTable]:
    from wganad_core.panels.tables import recompute

    for abnormal, protocol in pairs:
        say(f"scoring with {abnormal} as the anomaly, {protocol}")
        yield recompute(case, abnormal, protocol)


def _compared(found: Sequence[Row], shipped: Sequence[Row]) -> tuple[str, bool]:
    """How far figures of the same detector, digit and seed lie apart, and whether that will do."""
    again = {_identity(row): row for row in found}
    pairs = [(again[_identity(row)], row) for row in shipped if _identity(row) in again]
    if not pairs:
        return "Nothing was recomputed that has shipped figures.", False
    for new, old in pairs:
        if new.n != old.n:
            return (
                f"{old.detector} on {old.abnormal}: expected {old.n:,} test samples as shipped, "
                f"scored {new.n:,}; fetch the full data set.",
                False,
            )
    apart = max(_apart(new, old) for new, old in pairs)
    absent = sorted({row.detector for row in shipped if _identity(row) not in again})
    sentence = f"{len(pairs)} of {len(shipped)} shipped rows recomputed"
    sentence += f" (without {', '.join(absent)})" if absent else ""
    verdict = "equal" if apart <= TOLERANCE else "differ from"
    return f"{sentence}: the figures {verdict} the shipped ones, by {apart:.2g} at most.", (
        apart <= TOLERANCE
    )


def _identity(row: Row) -> tuple[object, ...]:
    return (row.model, row.detector, row.abnormal, row.protocol, row.seed)


def _apart(new: Row, old: Row) -> float:
    pairs = ((new.auprc, old.auprc), (new.auroc, old.auroc))
    return max(abs(a - b) for a, b in pairs if a is not None and b is not None)


# ---------------------------------------------------------------- printing


def _print(case: UseCase, rows: Sequence[Row], as_json: bool) -> None:
    if as_json:
        records = [dataclasses.asdict(row) for row in rows]
        print(json.dumps(records, allow_nan=False, ensure_ascii=False))
        return
    measures: tuple[Measure, Measure] = ("auprc", "auroc")
    for measure in measures:
        blocks = _blocks(rows, measure)
        tables = [_cells(case, block, measure, rows) for block in blocks]
        columns = zip(*itertools.chain(*tables), strict=True)
        widths = [max(map(len, column)) for column in columns]
        for block, lines in zip(blocks, tables, strict=True):
            print(_title(case, block, measure))
            for name, *numbers in lines:
                shown = (f"{n:>{w}}" for n, w in zip(numbers, widths[1:], strict=True))
                print(f"  {name:<{widths[0]}}  {'  '.join(shown)}".rstrip())
            print()


def _blocks(rows: Sequence[Row], measure: Measure) -> list[list[Row]]:
    """The rows that know the measure, those of detectors that saw the same samples together."""
    by_detector: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if getattr(row, measure) is not None:
            key = (row.detector, row.model, row.protocol)
            by_detector.setdefault(key, []).append(row)
    blocks: list[tuple[dict[str, object], list[Row]]] = []
    for members in by_detector.values():
        samples: dict[str, object] = {
            row.abnormal: (row.protocol, row.n, row.base_rate) for row in members
        }
        for seen, block in blocks:
            alike = (seen.get(name, which) == which for name, which in samples.items())
            if block[0].protocol == members[0].protocol and all(alike):
                seen.update(samples)
                block += members
                break
        else:
            blocks.append((samples, list(members)))
    return [block for _, block in blocks]


def _title(case: UseCase, block: Sequence[Row], measure: Measure) -> str:
    from wganad_core.board import QUOTED_AT

    chance = " (chance: 50)" if measure == "auroc" else ""
    title = f"{measure.upper()} in %{chance}, {case.title} {block[0].protocol}"
    sizes = sorted({row.n for row in block if row.n is not None})
    if not sizes:
        where = QUOTED_AT.get(case.name, "")
        return f"{title}, as the paper quotes it ({where}, base rates not told)"
    return f"{title}, {'–'.join(f'{n:,}' for n in sorted({sizes[0], sizes[-1]}))} test samples"


def _cells(
    case: UseCase, block: Sequence[Row], measure: Measure, rows: Sequence[Row]
) -> list[list[str]]:
    """A head, what chance reaches, and a line per detector, the best first."""
    from wganad_core.board import MEAN, means, over_seeds

    there = {row.abnormal for row in rows}
    columns = [name for name in case.classes if name in there]
    if columns == list(case.classes):
        columns.append(MEAN)
    table: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in [*block, *means(block, case.classes)]:
        table.setdefault((row.detector, row.model), {}).setdefault(row.abnormal, []).append(row)

    def line(name: str, cells: dict[str, list[Row]], what: Measure) -> list[str]:
        return [name, *(_figure(over_seeds(cells.get(c, []), what)) for c in columns)]

    def rank(cells: dict[str, list[Row]]) -> float:
        last = over_seeds(cells.get(columns[-1], []), measure)
        return -last[0] if last else 1.0

    lines = [["", *columns, "seeds"]]
    if measure == "auprc" and block[0].n is not None:
        one = {row.abnormal: [row] for row in [*block, *means(block, case.classes)]}
        lines += [[*line("base rate π", one, "base_rate"), ""], [*line("floor", one, "floor"), ""]]
    for (detector, model), cells in sorted(table.items(), key=lambda item: rank(item[1])):
        name = detector if model == "none" else f"{detector} ({model})"
        lines.append([*line(name, cells, measure), _seeds(cells)])
    return lines


def _figure(value: tuple[float, float | None] | None) -> str:
    if value is None:
        return "–"
    mean, deviation = value
    return f"{100 * mean:.1f}" + (f"±{100 * deviation:.1f}" if deviation is not None else "")


def _seeds(cells: dict[str, list[Row]]) -> str:
    """How many seeds a detector's figures stand on; a range where it depends on the class."""
    counts = {sum(row.seed is not None for row in cell) for cell in cells.values()}
    return "–".join(str(n) for n in sorted({min(counts), max(counts)})) if max(counts) else "–"


def of(case: UseCase) -> Command:
    """`evaluate CASE`."""
    last = case.classes[-1]
    return Command(
        f"evaluate {case.name}",
        f"evaluate {case.name} [options]",
        f"print how well every detector finds each {case.noun}",
        f"""\
  AUPRC and AUROC of all detectors on every {case.noun}, from the scores that ship:
    python -m wganad_core evaluate {case.name}
  one detector on one {case.noun}, for a program to read:
    python -m wganad_core evaluate {case.name} --abnormal {last} --detector ours --json
  score with the shipped models once more and compare:
    python -m wganad_core evaluate {case.name} --abnormal {last} --recompute""",
        functools.partial(options, case),
        functools.partial(evaluate_models, case),
    )
