"""Which rows of a score table are those of one detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.rows import OwnRows, listed_names

# What tells detectors apart in this project's score tables, and what can be chosen by an option.
KEYS = ("use_case", "model", "detector", "abnormal", "protocol", "seed")
CHOICES = ("abnormal", "protocol", "seed", "model", "detector")
NO_MODEL = "none"  # of detectors that need no network: they stand beside every model
SHOWN = 30  # values in a sentence


def one_detector(
    table: OwnRows, choose: Mapping[str, str] | None, remarks: list[str]
) -> tuple[NDArray[np.int64] | slice, dict[str, str]]:
    """The rows (n,) of one detector of a score table, and its value of each of `KEYS`; of any other
    table all rows, and nothing.

    `choose` gives values of some of `CHOICES`. A model's name also stands for the detectors that
    need none, and of several seeds the lowest is taken, with a remark. Without `choose`, a table of
    more than one detector is refused. Raises `DataError`.
    """
    keys = _keys(table)
    if keys is None:
        if choose:
            options = " and ".join(f"--{key}" for key in CHOICES if key in choose)
            raise DataError(
                f"Expected a score table of this project, of which {options} can choose a detector;"
                f" found {listed_names(table.names)}. Leave {options} out, or choose another file."
            )
        return slice(None), {}
    left = _chosen(keys, choose, remarks) if choose is not None else _the_only_one(keys)
    return left.index.to_numpy(), {str(key): value for key, value in left.iloc[0].items()}


def detectors_of(table: OwnRows) -> tuple[dict[str, str], ...]:
    """What to `choose` for each detector of a score table, in the file's order; none of others."""
    keys = _keys(table)
    if keys is None:
        return ()
    each = keys[[*CHOICES]].drop_duplicates()
    return tuple(dict(zip(CHOICES, row, strict=True)) for row in each.to_numpy().tolist())


def _keys(table: OwnRows) -> pd.DataFrame | None:
    """A column of text for each of `KEYS`; None of other tables."""
    if not set(KEYS) <= set(table.names):
        return None
    found = {key: table.texts(table.names.index(key)) for key in KEYS}
    return pd.DataFrame({key: np.array(v, object)[code] for key, (v, code) in found.items()})


def _the_only_one(keys: pd.DataFrame) -> pd.DataFrame:
    for key in KEYS:
        values = keys[key].unique()
        if len(values) > 1:
            raise DataError(
                f"This score table holds {len(values)} values of {key!r} ({_listed(values)}); keep "
                "the rows of one detector, model, protocol and seed."
            )
    return keys


def _chosen(keys: pd.DataFrame, choose: Mapping[str, str], remarks: list[str]) -> pd.DataFrame:
    left = keys
    for key in (key for key in CHOICES if key in choose):
        here, value = left[key].unique(), choose[key]
        if value not in here:
            raise DataError(
                f"--{key} can be {_listed(here)} here; found {value[:40]!r}. Choose again."
            )
        left = left[left[key].isin([value, NO_MODEL] if key == "model" else [value])]
    model = choose.get("model")
    if left["detector"].nunique() == 1 and model in left["model"].unique():
        left = left[left["model"] == model]  # rather than its namesake that needs no model
    _need_one(left)
    seeds = sorted(left["seed"].unique(), key=_number)
    if len(seeds) > 1:
        remarks.append(f"Of the seeds {_listed(seeds)} the lowest is read.")
    found: pd.DataFrame = left[left["seed"] == seeds[0]]
    return found


def _need_one(left: pd.DataFrame) -> None:
    """Refuse rows of several detectors, with all that there is to choose from."""
    values = {key: left[key].unique() for key in CHOICES if key != "seed"}
    models = left[["detector", "model"]].drop_duplicates()  # of detectors that have several
    values["model"] = models[models.duplicated("detector", keep=False)]["model"].unique()
    options = [f"--{key} ({_listed(v)})" for key, v in values.items() if len(v) > 1]
    if options:
        raise DataError(
            "This score table holds the scores of several detectors; choose one by "
            f"{', '.join(options)}."
        )
    if len(cases := left["use_case"].unique()) > 1:
        raise DataError(
            f"This score table holds several use cases ({_listed(cases)}); keep the rows of one."
        )


def _number(seed: str) -> float:
    """What seeds are sorted by; one that is missing comes last."""
    try:
        return float(seed)
    except ValueError:
        return np.inf


def _listed(values: Sequence[str] | NDArray[np.object_]) -> str:
    some = ", ".join(value[:40] for value in values[:SHOWN])
    return some + (", …" if len(values) > SHOWN else "")
