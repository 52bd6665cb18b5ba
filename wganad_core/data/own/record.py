"""Samples of one's own as they are held: what is known of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LARGEST = float(np.finfo(np.float32).max)  # networks compute in float32
OF_ROWS = ("x", "row", "label", "class_", "sample_id", "time", "group", "kept")
# What is known of rows that are left out, and which column has it of the others.
OF_MISSING = {
    "missing": "row",
    "missing_label": "label",
    "missing_class": "class_",
    "missing_id": "sample_id",
    "missing_group": "group",
}
UNKNOWN = "\0 another"  # a category that no file can hold

Text = NDArray[np.object_]
Words = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class OwnSamples:
    """Samples of a file, of each of which something is known.

    `x` (n, d): the features, named by `features`; NaN where a cell is missing, infinite or beyond
    float32. `words`: the categories of each feature, whose cells are their numbers, () of numbers;
    none at all where all features are numbers. `row` (n,): their numbers in the file, from 1,
    without a header. `label` (n,): 1 = anomaly, 0 = normal, −1 = nobody has said; `class_` (n,):
    its texts where they tell kinds of anomalies. `sample_id`, `time` and `group` (n,), which
    machine or recording a row is of: as they are written.
    `image_shape`: of images, and of tables with columns p0 to p783; grey values in [0, 1], of
    colours (height, width, 3). Of images larger than 28 × 28, `x` is in single precision.
    `kept` (n,): which ones folders keep for testing. `scaled`: whether pictures are seen
    otherwise than they are.
    `missing` (m,): the numbers of the rows that are left out because every feature is missing, with
    what else is known of them. `remarks`: what was read otherwise than one might expect.
    `named`: whether the file itself calls the features so. `about`: the rows of the file, of text
    by its lines, for showing progress. `time_name`: what the column of `time` is called.
    `n_masks`: of pictures, in a folder of masks.
    """

    name: str
    x: NDArray[np.float64]
    features: tuple[str, ...]
    row: NDArray[np.int64]
    label: NDArray[np.int64] | None = None
    class_: Text | None = None
    sample_id: Text | None = None
    time: Text | None = None
    group: Text | None = None
    image_shape: tuple[int, ...] | None = None
    remarks: tuple[str, ...] = ()
    missing: NDArray[np.int64] = dataclasses.field(default_factory=lambda: np.empty(0, np.int64))
    missing_label: NDArray[np.int64] | None = None
    missing_class: Text | None = None
    missing_id: Text | None = None
    missing_group: Text | None = None
    named: bool = False
    about: int = 0
    time_name: str = ""
    kept: NDArray[np.bool_] | None = None
    scaled: bool = False
    n_masks: int = 0
    words: tuple[Words, ...] = ()

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Which samples (n,) a detector may learn from: what is not labelled otherwise than normal,
        nor kept for testing."""
        may = np.ones(len(self.x), np.bool_) if self.label is None else self.label == 0
        return may if self.kept is None else may & ~self.kept

    def take(self, which: slice | NDArray[Any]) -> OwnSamples:
        """Some of the samples; what is said of missing ones stays."""
        columns = {name: getattr(self, name) for name in OF_ROWS}
        some: Any = {name: None if v is None else v[which] for name, v in columns.items()}
        return dataclasses.replace(self, **some)

    def whole(self) -> OwnSamples:
        """Those that lack no cell; the others count as missing."""
        return self.without(~complete(self.x))

    def without(self, gone: NDArray[np.bool_]) -> OwnSamples:
        """The others count as missing, in the order of the file."""
        if not gone.any():
            return self
        odd = self.take(gone)
        order = np.argsort(np.append(self.missing, odd.row))

        def more(before: Any, added: Any) -> Any:
            if added is None:
                return None
            return (added if before is None else np.append(before, added))[order]

        both = {name: (getattr(self, name), getattr(odd, of)) for name, of in OF_MISSING.items()}
        columns: Any = {name: more(*pair) for name, pair in both.items()}
        return dataclasses.replace(self.take(~gone), **columns)

    def between(self, low: int, high: int) -> OwnSamples:
        """Those of the rows of the file from `low` to `high`, of the missing ones, too."""
        kept = (self.missing >= low) & (self.missing <= high)
        columns = {name: getattr(self, name) for name in OF_MISSING}
        some: Any = {name: None if v is None else v[kept] for name, v in columns.items()}
        return dataclasses.replace(self.take((self.row >= low) & (self.row <= high)), **some)

    def cell(self, at: int, value: float) -> str:
        """A value of the feature `at` as people write it."""
        if np.isnan(value):
            return "missing"
        words = self.words[at] if self.words else ()
        if not words:
            return f"{value:.4g}"
        return words[int(value)] if int(value) < len(words) else "another"

    def table(self) -> Any:
        """The features as a table of pandas, which keeps their names and categories."""
        words = {name: w for name, w in zip(self.features, self.words, strict=False) if w}
        return table_of(self.x, self.features, words)


def numbered_within(
    row: NDArray[Any],
    group: NDArray[Any],
    missing: NDArray[Any] | None = None,
    missing_group: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """The numbers (n,) of rows among those of their own group, from 1 in the order of `row`; rows
    that are `missing` count, too.

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.data.own.record import numbered_within
    >>> numbered_within(np.array([1, 2, 4]), np.array(list("aba")), np.array([3]), np.array(["a"]))
    array([1., 1., 3.])
    """
    rows = pd.DataFrame({"row": row, "group": group})
    if missing is not None and missing_group is not None:
        rows = pd.concat([rows, pd.DataFrame({"row": missing, "group": missing_group})])
    rows = rows.reset_index(drop=True).sort_values("row", kind="stable")
    number = rows.groupby("group").cumcount().sort_index() + 1
    return np.asarray(number, np.float64)[: len(row)]


def table_of(
    x: NDArray[np.float64], names: Sequence[str], words: Mapping[str, Words]
) -> pd.DataFrame:
    """Numbers (n, d) as a table of pandas; those of categories as their `words`, and such as are
    beyond them as one that nobody knows."""
    found = pd.DataFrame(x, columns=list(names), copy=False)
    for name in words:
        cells = found[name].to_numpy()
        known = [*words[name], UNKNOWN]
        codes = np.where(np.isnan(cells), -1, np.minimum(cells, len(known) - 1)).astype(np.int64)
        there = known if (codes == len(known) - 1).any() else known[:-1]
        found[name] = pd.Categorical.from_codes(codes, pd.Index(there))
    return found


def joined(parts: Sequence[OwnSamples]) -> OwnSamples:
    """Samples of a file that follow each other."""
    first = parts[0]
    if len(parts) == 1:
        return first
    columns = {name: [getattr(part, name) for part in parts] for name in (*OF_ROWS, *OF_MISSING)}
    there = {name: [v for v in values if v is not None] for name, values in columns.items()}
    arrays: Any = {name: np.concatenate(v) if v else None for name, v in there.items()}
    remarks = tuple(dict.fromkeys(remark for part in parts for remark in part.remarks))
    return dataclasses.replace(first, **arrays, remarks=remarks, words=parts[-1].words)


def complete(x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows (n,) hold numbers only that float32 can hold."""
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(x) <= LARGEST).all(axis=1))
