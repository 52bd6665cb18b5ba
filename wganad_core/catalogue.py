"""What stands behind a row of the board: the shipped files, what they cost, the commands.

Reads without torch: which methods a detector needs is told by the model that tables name, by the
pieces of its rule and by `ALSO`; a test compares that with what the detectors themselves say.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from wganad_core import pretrained
from wganad_core.board import Row
from wganad_core.use_cases import UseCase

RULES = "ours"  # the file of what was fitted besides the networks
ALSO: Mapping[str, tuple[str, ...]] = {
    "encoder": ("encoder",),
    "critic-features": ("encoder",),
    "critic-interval": (RULES,),
}  # methods besides the one that tables name the model after, as far as their files are there
OF_RULES = ("encoder", RULES)  # of every rule


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


def behind(case: UseCase, row: Row) -> Behind:
    """What a measured row rests on."""
    if row.seed is None or row.model == "none" or row.detector in case.baselines:
        return Behind()
    architecture = architecture_of(case, row.model)
    protocol = row.protocol if case.protocols_train_apart else case.protocols[0]

    def file(method: str) -> Path:
        folder = pretrained.SHIPPED / case.name
        return pretrained.model_file(
            folder, row.abnormal, method, row.seed or 0, protocol, architecture
        )

    method = row.model.removesuffix(f"-{architecture}")
    if not file(method).exists():
        return Behind()
    names = [method, *ALSO.get(row.detector, ())]
    pieces = _pieces(file(RULES), row.detector)
    if pieces:
        names += [*OF_RULES, *_mentioned(pieces, case.methods)]
    files = [file(name) for name in dict.fromkeys(names) if file(name).exists()]
    return _summed([path for path in files if path != file(RULES)], files)


def _pieces(rules: Path, detector: str) -> tuple[str, ...]:
    """The evidence that a rule joins; empty for a detector that is no rule."""
    if not rules.exists():
        return ()
    found = pretrained.load_rules(rules).rules.get(detector)
    return found.names if found is not None else ()


def _mentioned(pieces: Sequence[str], methods: Sequence[str]) -> list[str]:
    """The methods whose names are words of the evidence (`near-features` → features)."""
    words = {word for piece in pieces for word in re.split(r"[-/.]", piece)}
    return [method for method in methods if method in words]


def _summed(models: Sequence[Path], files: Sequence[Path]) -> Behind:
    loaded = [pretrained.load_model(path) for path in models]
    seconds = [model.metrics.get("seconds") for model in loaded]
    known = [value for value in seconds if value is not None]
    return Behind(
        files=tuple(files),
        commands=tuple(model.command for model in loaded),
        seconds=sum(known) if len(known) == len(seconds) else None,
        bytes=sum(path.stat().st_size for path in files),
    )


def evaluation_command(case: UseCase, row: Row) -> str:
    """The shell command that prints a measured row; from the models themselves where it can."""
    words = ["python", "-m", "wganad_core", "evaluate", case.name, "--abnormal", row.abnormal]
    words += ["--detector", row.detector]
    words += ["--protocol", row.protocol] if row.protocol != case.protocols[0] else []
    fitted_anew = case.shape == "window" and row.detector in case.baselines
    words += ["--recompute"] if behind(case, row).files or fitted_anew else []
    return shlex.join(words)
