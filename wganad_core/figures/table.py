"""What a board comes to: a sentence, and a table with a row per detector."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence

from wganad_core import catalogue
from wganad_core.board import MEAN, PAPER, Line, Measure, references
from wganad_core.use_cases import UseCase

MEASURES: dict[Measure, str] = {"auprc": "AUPRC", "auroc": "AUROC"}
CHANCE, FLOOR, EVEN = "Chance (base rate π)", "Floor (worst ranking)", "Chance"
SEEDS = "Seeds"


def headline(case: UseCase, found: Sequence[Line], by: str, measure: Measure) -> str:
    """The detector that the use case offers first, beside what the paper prints and chance: on a
    class, or on the mean over all.

    `found` are lines in the order in which they compete: of one detector the first counts.
    """
    of = f"{MEASURES[measure]} on {by}"
    if by == MEAN:
        of = f"mean {MEASURES[measure]} over {len(case.classes)} unseen classes"
    said = []
    first = first_offered(case, found, by, measure)
    if first is not None and (figure := first.figure(by, measure)):
        said.append(f"“{catalogue.line_name(case, found, first)}” {figure[0]:.1%}")
    papers = [line for line in found if line.detector == PAPER and line.figure(by, measure)]
    if papers:
        best = max(figure[0] for line in papers if (figure := line.figure(by, measure)))
        said.append(f"the paper {best:.0%}")
    row = references(found, by)
    if measure == "auroc":
        said.append("chance 50%")
    elif row is not None and row.base_rate is not None:
        said.append(f"chance {row.base_rate:.0%}")
    return f"{case.title}, {of}: {', '.join(said)}"


def first_offered(case: UseCase, found: Sequence[Line], by: str, measure: Measure) -> Line | None:
    """The first line, in their order, of the detector that pages offer first and that has a figure
    on what is asked for."""
    for detector in case.detectors:
        for line in found:
            if line.detector == detector and line.figure(by, measure):
                return line
    return None


def quotes(case: UseCase, found: Sequence[Line]) -> list[str]:
    """A sentence for each class of which the paper says something: the same setting here, our rule,
    and chance."""
    sentences = []
    for abnormal, architecture, words in case.board.quotes:
        same = [
            line
            for line in found
            if (line.detector, line.model) == ("encoder", case.model_of(architecture))
        ]
        parts = [f"{abnormal.capitalize()}: {words}"]
        for line, words_of in (
            *((line, "the same setting here reaches") for line in same),
            (first_offered(case, found, abnormal, "auprc"), "our rule"),
        ):
            if line is not None and (figure := line.figure(abnormal, "auprc")):
                parts.append(f"{words_of} {figure[0]:.0%}")
        row = references(found, abnormal)
        if row is not None and row.base_rate is not None:
            parts.append(f"chance is {row.base_rate:.0%}")
        sentences.append(f"{'; '.join(parts)}.")
    return sentences


def seeds_of(line: Line) -> str:
    """How many seeds stand behind a line, in words."""
    fewest, most = line.n_seeds
    return "quoted" if line.quoted else f"{fewest}" if fewest == most else f"{fewest}–{most}"


Cell = str | float | None


@dataclasses.dataclass(frozen=True)
class Table:
    """Figures in % by class, a row per detector from the top. `competing`: the rows of which the
    best of a class may be marked. `left_out`: detectors that were scored on fewer classes than
    others, whose rows would have gaps. `most_seeds`: behind any of the figures."""

    rows: Sequence[dict[str, Cell]]
    competing: Sequence[int]
    left_out: Sequence[str]
    most_seeds: int


def table(case: UseCase, found: Sequence[Line], classes: Sequence[str], measure: Measure) -> Table:
    """The paper's own detector comes first, beside what the paper prints of it; then the best
    mean; baselines follow, and what chance and the worst ranking give."""
    scored = {id(line): sum(line.figure(c, measure) is not None for c in classes) for line in found}
    most = max((scored[id(line)] for line in found if not line.quoted), default=0)
    whole = [line for line in found if scored[id(line)] >= most]
    whole.sort(key=lambda line: (_group(case, line), -_mean(line, classes, measure)))
    made = [_row(case, found, line, classes, measure) for line in whole]
    return Table(
        rows=[*made, *_reference_rows(found, classes, measure)],
        competing=[i for i, line in enumerate(whole) if line.detector != PAPER],
        left_out=[_name(case, found, line) for line in found if 0 < scored[id(line)] < most],
        most_seeds=max((line.n_seeds[1] for line in whole), default=0),
    )


def _row(
    case: UseCase, found: Sequence[Line], line: Line, classes: Sequence[str], measure: Measure
) -> dict[str, Cell]:
    figures = {name: line.figure(name, measure) for name in classes}
    cells: dict[str, Cell] = {c: None if f is None else 100 * f[0] for c, f in figures.items()}
    return {"Detector": _name(case, found, line), **cells, SEEDS: seeds_of(line)}


def _name(case: UseCase, found: Sequence[Line], line: Line) -> str:
    # The column of seeds says what is quoted.
    name = catalogue.line_name(case, found, line).removesuffix(catalogue.QUOTATION)
    return f"{name} (the paper's, here)" if catalogue.of_the_paper(case, line) else name


def _group(case: UseCase, line: Line) -> int:
    if catalogue.of_the_paper(case, line):
        return 0
    if line.detector == PAPER and line.model == next(iter(case.board.paper), None):
        return 1
    return 3 if line.detector in case.baselines else 2


def _mean(line: Line, classes: Sequence[str], measure: Measure) -> float:
    known = [figure[0] for name in classes if (figure := line.figure(name, measure))]
    return statistics.fmean(known) if known else 0.0


def _reference_rows(
    found: Sequence[Line], classes: Sequence[str], measure: Measure
) -> list[dict[str, Cell]]:
    """What chance and the worst ranking reach."""
    if measure == "auroc":
        return [{"Detector": EVEN, **dict.fromkeys(classes, 50.0), SEEDS: ""}]
    known = {name: references(found, name) for name in classes}
    rates = {name: row.base_rate if row else None for name, row in known.items()}
    floors = {name: row.floor if row else None for name, row in known.items()}
    return [_reference(CHANCE, rates), _reference(FLOOR, floors)]


def _reference(name: str, shares: Mapping[str, float | None]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {c: None if s is None else 100 * s for c, s in shares.items()}
    return {"Detector": name, **cells, SEEDS: ""}
