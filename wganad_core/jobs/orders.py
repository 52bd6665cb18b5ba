"""The jobs that can be ordered, how they travel as JSON, and the same in the words of a shell."""

from __future__ import annotations

import csv
import dataclasses
import io
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from wganad_core.data.own import GUESSED, LabelRanges, Roles

Kind = Literal["table", "images", "series"]
KINDS: Mapping[Kind, str] = {
    "table": "WGANAnomalyDetector",
    "images": "WGANImageDetector",
    "series": "WGANSeriesDetector",
}
SEED = "random_state"
PROGRAM = ("python", "-m", "wganad_core")


@dataclasses.dataclass(frozen=True)
class FitOrder:
    """Fit a detector to the rows of `file` that are not labelled anomalies, and write it to `out`.

    `kind`: what a sample is, None: told by the file. `rows`: the first and the last row to learn
    from, counted from 1. `parameters`: the estimator's that are not as usual. `overwrite`: whether
    `out` may replace a file that is no detector. `beside`: whether detectors without networks are
    fitted, too, to compare with. `ranges`: a second file, which has the labels.
    """

    file: Path
    out: Path
    roles: Roles = GUESSED
    kind: Kind | None = None
    rows: tuple[int, int] | None = None
    parameters: tuple[tuple[str, Any], ...] = ()
    overwrite: bool = False
    beside: bool = False
    ranges: LabelRanges | None = None

    @property
    def checkpoint(self) -> Path:
        """Where an unfinished fit is kept."""
        return checkpoint_of(self.out)

    @property
    def old_checkpoint(self) -> Path:
        """Where earlier versions kept it: of files that differ only after the last point, in one
        place."""
        return self.out.with_suffix(".checkpoint") if self.out.name else self.checkpoint

    def words(self) -> list[str]:
        words = ["fit", path_word(self.file), "--out", path_word(self.out)]
        words += ["--kind", self.kind] if self.kind else []
        words += [f"--rows={self.rows[0]}:{self.rows[1]}"] if self.rows else []
        words += _columns(self.roles) + _ranges(self.ranges)
        for name, value in self.parameters:
            words += _option(name, value)
        words += ["--beside"] * self.beside
        return words + ["--overwrite"] * self.overwrite


@dataclasses.dataclass(frozen=True)
class ScoreOrder:
    """Score every row of `file` by the detector `model`, and write CSV or parquet to `out`.

    `threshold`: None for the detector's own. `engine`: this process with so many `threads`, or the
    Dask cluster of the address `scheduler`; the scores are the same. `ranges`: as in `FitOrder`.
    `why`: whether the column that each flagged row hangs on is written, too. `pixels`: whether the
    maps of pictures are compared with their masks.
    """

    file: Path
    model: Path
    out: Path
    roles: Roles = GUESSED
    threshold: float | None = None
    engine: Literal["threads", "dask"] = "threads"
    threads: int | None = None
    scheduler: str | None = None
    overwrite: bool = False
    ranges: LabelRanges | None = None
    why: bool = False
    pixels: bool = False

    def words(self) -> list[str]:
        words = ["score", path_word(self.file)]
        words += ["--model", path_word(self.model), "--out", path_word(self.out)]
        words += [] if self.threshold is None else [f"--threshold={self.threshold!r}"]
        words += _columns(self.roles) + _ranges(self.ranges)
        words += ["--engine", self.engine] if self.engine != "threads" else []
        for name in ("threads", "scheduler"):
            value = getattr(self, name)
            words += [] if value is None else [f"--{name}", str(value)]
        words += ["--why"] * self.why + ["--pixels"] * self.pixels
        return words + ["--overwrite"] * self.overwrite


@dataclasses.dataclass(frozen=True)
class ExportOrder:
    """Write the detector `model` to `out` as ONNX, or as a detector that flags by `threshold`."""

    model: Path
    out: Path
    threshold: float | None = None
    form: Literal["onnx", "detector"] = "onnx"
    overwrite: bool = False

    def words(self) -> list[str]:
        words = ["export", self.form, path_word(self.model)]
        words += [] if self.threshold is None else [f"--threshold={self.threshold!r}"]
        return [*words, "--out", path_word(self.out)] + ["--overwrite"] * self.overwrite


Order = FitOrder | ScoreOrder | ExportOrder
ORDERS: Mapping[str, type[Order]] = {
    kind.__name__: kind for kind in (FitOrder, ScoreOrder, ExportOrder)
}


def shell_line(order: Order) -> str:
    """The command that does the same in a shell."""
    return shlex.join([*PROGRAM, *order.words()])


def checkpoint_of(out: Path) -> Path:
    """Beside what is to be written; also of what is no name of a file, which is refused later."""
    return out.with_name(f"{out.name}.checkpoint") if out.name else out / ".checkpoint"


def path_word(path: str | Path) -> str:
    """A file as a word of a command that is no option and no noun, whatever it is called."""
    word = str(path)
    return word if word[:1] != "-" and ("." in word or "/" in word) else f"./{word}"


def option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def joined_names(names: Sequence[str]) -> str:
    """Names as --features takes them."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def _columns(roles: Roles) -> list[str]:
    words = [f"--features={joined_names(roles.features)}"] if roles.features else []
    words += [f"--leave-out={joined_names(roles.leave_out)}"] if roles.leave_out else []
    words += [f"--categories={joined_names(roles.categories)}"] if roles.categories else []
    columns = {
        "label": roles.label,
        "id": roles.sample_id,
        "time": roles.time,
        "date": roles.date,
        "group": roles.group,
    }
    words += [f"--{role}-column={name}" for role, name in columns.items() if name is not None]
    words += [] if roles.normal is None else [f"--normal={roles.normal}"]
    words += ["--keep-closing"] * bool(roles.keep_closing)
    words += [] if roles.picture_size is None else ["--picture-size", str(roles.picture_size)]
    colours = roles.picture_colours
    return words + ([] if colours is None else ["--picture-colours", colours])


def _ranges(ranges: LabelRanges | None) -> list[str]:
    if ranges is None:
        return []
    words = ["--label-ranges", path_word(ranges.file)]
    words += [f"--ranges-count={ranges.counted}"] if ranges.counted else []
    return words + ([f"--ranges-zone={ranges.zone}"] if ranges.zone else [])


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [option(name if value else f"no_{name}")]
    text = "none" if value is None else str(value)
    name = "--seed" if name == SEED else option(name)
    return [f"{name}={text}"] if text.startswith("-") else [name, text]


def located(order: Order, folder: Path) -> Order:
    """The same with its files in a folder."""
    paths = {f.name: getattr(order, f.name) for f in dataclasses.fields(order)}
    inside: Any = {name: folder / p for name, p in paths.items() if isinstance(p, Path)}
    if isinstance(ranges := paths.get("ranges"), LabelRanges):
        inside["ranges"] = dataclasses.replace(ranges, file=folder / ranges.file)
    return dataclasses.replace(order, **inside)


def packed(order: Order) -> dict[str, Any]:
    """As JSON takes it."""
    from wganad_core import packing

    return {"order": type(order).__name__, "meta": packing.pack(order)[1]}


def unpacked(found: Mapping[str, Any]) -> Order:
    """Undo `packed`."""
    from wganad_core import packing

    return packing.unpack(ORDERS[found["order"]], {}, found["meta"])
