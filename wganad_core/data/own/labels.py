"""Columns of text: how those of scores, labels and ids are called, and what their cells mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.rows import Texts

MAX_TEXT = 200  # characters of an id, a class or a subject: text is stored as wide as the widest

# How columns are recognised, in lower case; of several that are there, the first.
NAMES: Mapping[str, tuple[str, ...]] = {
    "score": ("score", "anomaly_score", "scores"),
    "label": ("label", "labels", "y", "is_anomaly", "target", "anomaly"),
    "id": ("id", "sample_id", "index", "name", ""),  # pandas writes its index without a name
    "class": ("class", "category"),
    "subject": ("subject", "person", "group"),
    "part": ("part",),
}
NORMAL = ("0", "0.0", "false", "normal")
ANOMALY = ("1", "1.0", "true", "anomaly")


def is_label(value: str) -> bool:
    """Whether it says normal or anomaly in a way that is read."""
    return value.strip().casefold() in (*NORMAL, *ANOMALY)


def labels_of(
    texts: Texts, name: str, place: Callable[[int], str], others: str
) -> NDArray[np.int64]:
    """0 (normal) or 1 (anomaly) for each row of the column `name`. Raises `DataError` for any other
    text, with the `place` of its row and what `others` to choose."""
    values, code = texts
    meaning = np.array(
        [0 if (v := value.casefold()) in NORMAL else 1 if v in ANOMALY else -1 for value in values]
    )
    label = meaning[code]
    if (label < 0).any():
        row = int(np.argmax(label < 0))
        raise DataError(
            f"Column {name!r} holds {values[code[row]][:40]!r} in {place(row)}; "
            "expected the labels 0 and 1 (1 = anomaly), true and false, or normal and anomaly. "
            f"Recode it, or choose {others}."
        )
    return np.asarray(label, np.int64)


def words_of(texts: Texts, name: str, place: Callable[[int], str]) -> NDArray[np.str_]:
    """The text of each row of the column `name`; empty where it is missing."""
    values, code = texts
    length = np.array([len(value) for value in values])
    if (length > MAX_TEXT).any():
        row = int(np.argmax((length > MAX_TEXT)[code]))
        raise DataError(
            f"Column {name!r} holds {length[code[row]]:,} characters in {place(row)}; expected at "
            f"most {MAX_TEXT}. Shorten them."
        )
    return np.asarray(values, np.str_)[code]
