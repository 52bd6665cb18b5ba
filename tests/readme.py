"""The tables of figures in README.md and docs/measured.md, made from the score tables that ship:
`make tables`."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import fmean

from wganad_core import board, catalogue, leaks
from wganad_core.use_cases import USE_CASES, UseCase

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "measured.md")
PLACE = re.compile(
    r"(<!-- (?P<short>short )?table of (?P<case>\S+) -->\n).*?(<!-- end of table -->)", re.DOTALL
)
SUBSET, ALIKE = " ¹", " ²"
# Detector and model.
SHORT = {
    "mnist": [
        ("ours", "wgan-gp"),
        ("ours-wgan", "wgan-gp"),
        ("paper", "wgan-gp"),
        ("knn", "none"),
        ("encoder", "wgan-gp"),
    ],
    "har": [
        ("ours-together", "wgan-gp-conv"),
        ("ours", "wgan-gp-conv"),
        ("ours-wgan", "wgan-gp-conv"),
        ("knn-spectra", "none"),
        ("encoder", "wgan-gp-dense"),
    ],
}


def table(case: UseCase, short: bool = False) -> str:
    """AUPRC in % of every detector on every class, the best mean first; where protocols differ in
    their tests only, one figure for each, else the mean AUROC behind it. A short table has some of
    the detectors and no floor."""
    rows = [row for row in board.QUOTED if row.use_case == case.name]
    rows += board.rows(board.shipped_scores(case.name))
    protocols = case.protocols[:1] if case.protocols_train_apart else case.protocols
    by_protocol = [
        {(line.detector, line.model): line for line in board.lines(found, case.classes)}
        for found in ([r for r in rows if r.protocol == protocol] for protocol in protocols)
    ]
    alone = len(protocols) == 1
    head = f"AUPRC in %{'' if alone else ', ' + ' / '.join(protocols)}"
    columns = [*case.classes, board.MEAN]
    cells = [[head, *columns, *(["AUROC"] if alone else [])]]
    cells.append(["---"] * len(cells[0]))
    lines = list(by_protocol[0].values())
    for i, line in enumerate(board.ranked(lines, board.MEAN, "auprc")):
        key = (line.detector, line.model)
        if short and key not in SHORT[case.name]:
            continue
        name = _name(case, line) + (SUBSET if board.subset_size(lines, line) else "")
        name += ALIKE if not alone and _chosen_by_all(case, line) else ""
        figures = [_figures([found.get(key) for found in by_protocol], c) for c in columns]
        auroc = [_percent(line.figure(board.MEAN, "auroc"), 1)] if alone else []
        cells.append([f"**{name}**" if i == 0 else name, *figures, *auroc])
    references = {"base rate π": "base_rate"} | ({} if short else {"floor": "floor"})
    for name, measure in references.items():
        shown = []
        for c in case.classes:
            largest = [board.references(found.values(), c) for found in by_protocol]
            values = [getattr(row, measure) for row in largest if row is not None]
            shown.append(" / ".join(f"{100 * value:.0f}" for value in values))
        cells.append([name, *shown, *[""] * (len(cells[0]) - len(shown) - 1)])
    return _drawn(cells)


def table_of_leaks() -> str:
    """What was done wrong, on what: AUPRC in % as it should be and as it is then, means over the
    classes that were measured."""
    found = leaks.load(leaks.shipped_path())
    cells = [["what was done wrong", "measured on", "honest", "leaky", "points"], ["---"] * 5]
    for way, pairs in found.pairs.items():
        for use_case, what in dict.fromkeys((pair.use_case, pair.what) for pair in pairs):
            same = [pair for pair in pairs if (pair.use_case, pair.what) == (use_case, what)]
            honest, leaky = (fmean(getattr(p, n) for p in same) for n in ("honest", "leaky"))
            case, named = USE_CASES[use_case], {pair.abnormal for pair in same}
            some = "" if len(named) == len(case.classes) else f" {' and '.join(sorted(named))}"
            on = f"{case.title}{some}, {what}"
            figures = [f"{100 * value:.1f}" for value in (honest, leaky)]
            cells.append([leaks.WAYS[way].title, on, *figures, f"{100 * (leaky - honest):+.1f}"])
    return _drawn(cells)


def _drawn(cells: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _chosen_by_all(case: UseCase, line: board.Line) -> bool:
    """Whether a class's own train samples, which a wider test tests again, chose its rule."""
    rule = line.detector.replace(catalogue.TOGETHER, "ours")
    return any(rule in config.everywhere for config in case.ours.values())


def _name(case: UseCase, line: board.Line) -> str:
    if line.quoted:
        return f"*paper, {line.model}*"
    words = (case.name_of(line.detector), catalogue.model_words(case, line.model))
    return ", ".join(filter(None, words))


def _figures(lines: list[board.Line | None], abnormal: str) -> str:
    digits = 1 if abnormal == board.MEAN else 0
    known = [_percent(line.figure(abnormal, "auprc"), digits) if line else "–" for line in lines]
    return " / ".join(known) if any(one != "–" for one in known) else "–"


def _percent(figure: tuple[float, float | None] | None, digits: int) -> str:
    if figure is None:
        return "–"
    mean, deviation = figure
    spread = f" ± {100 * deviation:.{digits}f}" if deviation is not None else ""
    return f"{100 * mean:.{digits}f}{spread}"


def filled(text: str) -> str:
    """A page with all its tables made anew."""

    def one(place: re.Match[str]) -> str:
        name, short = place["case"], bool(place["short"])
        made = table_of_leaks() if name == "leaks" else table(USE_CASES[name], short)
        return f"{place[1]}{made}{place[4]}"

    return PLACE.sub(one, text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
