"""What stands behind a row of the board: the shipped files, what they cost, the commands.

Reads without torch: which methods a detector needs is told by the model that tables name, by the
pieces of its rule and by `ALSO`; a test compares that with what the detectors themselves say.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import shlex
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from wganad_core import pretrained
from wganad_core.board import MEAN, PAPER, QUOTED, Line, Row, lines, subset_size
from wganad_core.use_cases import UseCase

RULES = "ours"  # the file of what was fitted besides the networks
ALSO: Mapping[str, tuple[str, ...]] = {
    "encoder": ("encoder",),
    "critic-features": ("encoder",),
    "critic-interval": (RULES,),
}  # methods besides the one that tables name the model after, as far as their files are there
QUOTATION = " (quoted)"  # ends the names of lines that are taken from print
OF_RULES = ("encoder", RULES)  # of every rule
TOGETHER, MOST_SEEDS = "ours-together", 10  # the rule `ours` by the networks of several seeds
# Words of evidence that are not the name of the method whose networks they are of.
OF_CONTRAST = {"shifted", "projected", "shift"}


@dataclasses.dataclass(frozen=True)
class Behind:
    """The files that a detector's scores of one class and seed come from, and their cost.

    `commands` train them, in order. `seconds` of training are as recorded on the machine that did
    it; None where a file does not tell. No files: nothing ships, or it is fitted when scored.
    """

    files: tuple[Path, ...] = ()
    commands: tuple[str, ...] = ()
    seconds: float | None = None
    bytes: int = 0


def architecture_of(case: UseCase, model: str) -> str:
    """The architecture of a model, by its name in tables; the usual one unless it names another."""
    named = [name for name in case.architectures if model.endswith(f"-{name}")]
    return max(named, key=len, default=case.architectures[0])


def model_words(case: UseCase, model: str) -> str:
    """What people call a model, by its name in tables; empty where detectors have one each."""
    return {case.model_of(name): words for name, words in case.models.items()}.get(model, "")


def name_in_full(case: UseCase, model: str, detector: str) -> str:
    """What people call a detector of a model."""
    words = model_words(case, model)
    return f"{case.name_of(detector)} · {words}" if words else case.name_of(detector)


def line_name(case: UseCase, found: Sequence[Line], line: Line) -> str:
    """What people call a line among those that are found, with how many samples it stands on where
    others were scored on more."""
    if line.detector == PAPER:
        return f"{case.board.paper.get(line.model, 'Paper')}{QUOTATION}"
    if line.quoted:
        return f"{case.name_of(line.detector)}{QUOTATION}"
    name, some = name_in_full(case, line.model, line.detector), subset_size(found, line)
    return f"{name} (on {some:,})" if some else name


def of_the_paper(case: UseCase, line: Line) -> bool:
    """Whether this is the paper's own detector, measured here."""
    return line.detector == "encoder" and line.model == next(iter(case.board.paper), None)


def lines_of(case: UseCase, rows: Sequence[Row], protocol: str) -> list[Line]:
    """A board of one protocol: what is measured, and what is quoted. Models that were trained for
    another protocol are not compared."""
    measured = [row for row in rows if row.protocol == protocol]
    quoted = [
        row
        for row in QUOTED
        if row.use_case == case.name
        and (row.protocol == protocol or not case.protocols_train_apart)
    ]
    return lines([*quoted, *measured], case.classes)


def behind(case: UseCase, row: Row) -> Behind:
    """What a measured row rests on."""
    if row.seed is None or row.model == "none" or row.detector in case.baselines:
        return Behind()
    architecture = architecture_of(case, row.model)
    protocol = row.protocol if case.protocols_train_apart else case.protocols[0]

    def of(method: str, seed: int) -> Path:
        folder = pretrained.SHIPPED / case.name
        return pretrained.model_file(folder, row.abnormal, method, seed, protocol, architecture)

    def file(method: str, seed: int) -> Path:
        """Of this seed; of the first one where a further seed with rules borrows its networks."""
        found = of(method, seed)
        return found if found.exists() or not of(RULES, seed).exists() else of(method, 0)

    method = row.model.removesuffix(f"-{architecture}")
    if not file(method, row.seed).exists():
        return Behind()
    together = row.detector == TOGETHER
    seeds = range(MOST_SEEDS) if together else (row.seed,)
    files = []
    for seed in seeds:
        rules = file(RULES, seed)
        names = [method, *ALSO.get(row.detector, ())]
        if pieces := _pieces(rules, RULES if together else row.detector):
            names += [*OF_RULES, *_mentioned(pieces, case.methods)]
        files += [file(name, seed) for name in names]
    there = [path for path in dict.fromkeys(files) if path.exists()]
    return _summed([path for path in there if path.stem.partition("-")[0] != RULES], there)


def _pieces(rules: Path, detector: str) -> tuple[str, ...]:
    """The evidence that a rule joins; empty for a detector that is no rule."""
    if not rules.exists():
        return ()
    return _rules(rules, rules.stat().st_mtime_ns).get(detector, ())


@functools.lru_cache(maxsize=256)
def _rules(path: Path, changed: int) -> dict[str, tuple[str, ...]]:
    return {name: rule.names for name, rule in pretrained.load_rules(path).rules.items()}


def _mentioned(pieces: Sequence[str], methods: Sequence[str]) -> list[str]:
    """The methods whose names are words of the evidence (`near-encoder` → encoder)."""
    words = {word for piece in pieces for word in re.split(r"[-/.]", piece)}
    words |= {"contrast"} if words & OF_CONTRAST else set()
    return [method for method in methods if method in words]


def _summed(models: Sequence[Path], files: Sequence[Path]) -> Behind:
    told = [_told(path, path.stat().st_mtime_ns) for path in models]
    seconds = [value for _, value in told if value is not None]
    return Behind(
        files=tuple(files),
        commands=tuple(command for command, _ in told),
        seconds=sum(seconds) if len(seconds) == len(told) else None,
        bytes=sum(path.stat().st_size for path in files),
    )


@functools.lru_cache(maxsize=1024)
def _told(path: Path, changed: int) -> tuple[str, float | None]:
    """What a model says of its training: the command, and how long it took."""
    model = pretrained.load_model(path)
    return model.command, model.metrics.get("seconds")


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of a detector without one class, on average over classes and seeds: what its models took to
    train and take on disk; None where nothing ships."""

    seconds: float | None
    megabytes: float | None


def cost(case: UseCase, line: Line) -> Cost:
    """What a line of the board costs."""
    rows = [row for name, cell in line.cells.items() if name != MEAN for row in cell]
    found = [one for row in rows if (one := behind(case, row)).files]
    seconds = [one.seconds for one in found if one.seconds is not None]
    return Cost(
        statistics.fmean(seconds) if seconds else None,
        statistics.fmean(one.bytes for one in found) / 1e6 if found else None,
    )


def evaluation_command(case: UseCase, row: Row) -> str:
    """The shell command that prints a measured row; from the models themselves where it can."""
    words = ["python", "-m", "wganad_core", "evaluate", case.name, "--abnormal", row.abnormal]
    words += ["--detector", row.detector]
    words += ["--protocol", row.protocol] if row.protocol != case.protocols[0] else []
    fitted_anew = case.shape == "window" and row.detector in case.baselines
    words += ["--recompute"] if behind(case, row).files or fitted_anew else []
    return shlex.join(words)
