"""Which rows of a score table are those of one detector."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.rows import OwnRows, listed_names

# What tells detectors apart in this project's score tables, and what can be chosen by an option.
KEYS = ("use_case", "model", "detector", "abnormal", "protocol", "seed")
CHOICES = ("abnormal", "protocol", "seed", "model", "detector")
NO_MODEL = "none"  # of detectors that need no network: they stand beside every model
SHOWN = 30  # values in a sentence

Rows = NDArray[np.bool_] | slice


@dataclasses.dataclass(frozen=True)
class _Column:
    """The distinct `values`, and which of them each row has: `code` (n,)."""

    values: list[str]
    code: NDArray[np.int64]

    def among(self, rows: Rows) -> list[str]:
        return [self.values[i] for i in np.unique(self.code[rows])]

    def equals(self, *wanted: str) -> NDArray[np.bool_]:
        return np.isin(self.code, [i for i, v in enumerate(self.values) if v in wanted])


def one_detector(
    table: OwnRows, choose: Mapping[str, str] | None, remarks: list[str]
) -> tuple[Rows, dict[str, str]]:
    """The rows (n,) of one detector of a score table, and its value of each of `KEYS`; of any other
    table all rows, and nothing.

    `choose` gives values of some of `CHOICES`. A model's name also stands for the detectors that
    need none, and of several seeds the lowest is taken, with a remark. Without `choose`, a table of
    more than one detector is refused. Raises `DataError`.
    """
    if not set(KEYS) <= set(table.names):
        if choose:
            options = " and ".join(f"--{key}" for key in CHOICES if key in choose)
            raise DataError(
                f"Expected a score table of this project, of which {options} can choose a detector;"
                f" found {listed_names(table.names)}. Leave {options} out, or choose another file."
            )
        return slice(None), {}
    columns = {key: _Column(*table.texts(table.names.index(key))) for key in KEYS}
    if choose is None:
        rows: Rows = slice(None)
        _refuse_several(columns)
    else:
        rows = _chosen(columns, choose, remarks)
    return rows, {key: column.among(rows)[0] for key, column in columns.items()}


def detectors_of(table: OwnRows) -> tuple[dict[str, str], ...]:
    """What to `choose` for each detector of a score table, in the file's order; none of others."""
    if not set(KEYS) <= set(table.names):
        return ()
    columns = [_Column(*table.texts(table.names.index(key))) for key in CHOICES]
    number = np.zeros(len(columns[0].code), np.int64)
    for column in columns:  # numbered anew each time: their product could overflow
        number = np.unique(number * len(column.values) + column.code, return_inverse=True)[1]
    rows = np.sort(np.unique(number, return_index=True)[1])
    return tuple(
        {key: c.values[c.code[row]] for key, c in zip(CHOICES, columns, strict=True)}
        for row in rows
    )


def _refuse_several(columns: Mapping[str, _Column]) -> None:
    for key, column in columns.items():
        values = column.among(slice(None))
        if len(values) > 1:
            raise DataError(
                f"This score table holds {len(values)} values of {key!r} ({_listed(values)}); keep "
                "the rows of one detector, model, protocol and seed."
            )


def _chosen(
    columns: Mapping[str, _Column], choose: Mapping[str, str], remarks: list[str]
) -> NDArray[np.bool_]:
    rows = np.ones(len(columns["detector"].code), bool)
    for key in CHOICES:
        if key in choose:
            rows &= _having(columns[key], key, choose[key], rows)
    model = choose.get("model")
    one = len(columns["detector"].among(rows)) == 1
    if one and model in columns["model"].among(rows):
        rows &= columns["model"].equals(model)  # rather than its namesake that needs no model
    _need_one(columns, rows)
    seeds = sorted(columns["seed"].among(rows), key=_number)
    if len(seeds) > 1:
        remarks.append(f"Of the seeds {_listed(seeds)} the lowest is read.")
        rows &= columns["seed"].equals(seeds[0])
    return rows


def _having(column: _Column, key: str, value: str, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those with this value; with a model's name also those that need none."""
    here = column.among(rows)
    if value not in here:
        raise DataError(f"--{key} can be {_listed(here)} here; found {value[:40]!r}. Choose again.")
    return column.equals(value, NO_MODEL) if key == "model" else column.equals(value)


def _need_one(columns: Mapping[str, _Column], rows: NDArray[np.bool_]) -> None:
    """Refuse rows of several detectors, with all that there is to choose from."""
    values = {key: columns[key].among(rows) for key in CHOICES if key != "seed"}
    values["model"] = _contested(columns, rows)
    options = [f"--{key} ({_listed(v)})" for key, v in values.items() if len(v) > 1]
    if options:
        raise DataError(
            "This score table holds the scores of several detectors; choose one by "
            f"{', '.join(options)}."
        )
    if len(cases := columns["use_case"].among(rows)) > 1:
        raise DataError(
            f"This score table holds several use cases ({_listed(cases)}); keep the rows of one."
        )


def _contested(columns: Mapping[str, _Column], rows: NDArray[np.bool_]) -> list[str]:
    """The models of which some detector has more than one."""
    found: dict[str, None] = {}
    for name in columns["detector"].among(rows):
        models = columns["model"].among(rows & columns["detector"].equals(name))
        if len(models) > 1:
            found |= dict.fromkeys(models)
    return list(found)


def _number(seed: str) -> float:
    """What seeds are sorted by; one that is missing comes last."""
    try:
        return float(seed)
    except ValueError:
        return np.inf


def _listed(values: Sequence[str]) -> str:
    some = ", ".join(value[:40] for value in values[:SHOWN])
    return some + (", …" if len(values) > SHOWN else "")
