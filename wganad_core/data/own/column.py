"""What a column is likely to be by itself: by its name, its kind and its first values."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.clock import clock_name, is_clock
from wganad_core.data.own.labels import (
    ANOMALY,
    NAMES,
    NORMAL,
    RIGHT,
    WRONG,
    meaning_of,
    plain,
    tokens,
    words_in,
)
from wganad_core.data.own.rows import number_of

Role = Literal[
    "feature", "category", "label", "second label", "id", "group", "time", "date", "leave out"
]
# Words of names that tell of labels by themselves, and those that do so beside telling values.
STRONG = words_in(
    "label labels anomaly anomalies anomalous anomalie outlier outliers fraud attack attacks "
    "failure fault faults faulty defect defective abnormal intrusion malicious groundtruth fehler "
    "störung stoerung défaut fallo defekt ausschuss anomalía anomalia avería falla panne guasto "
    "авария аномалия отказ сбой 异常 異常 故障 标签"
)
WEAK = words_in(
    "y target class klasse status state condition outcome result ergebnis diagnosis category "
    "verdict health quality qualität flag flagged changepoint gt truth normal healthy ok passed "
    "valid estado état stato zustand статус 状态 状態"
)
FILLERS = words_in("is has the of code type nr id no binary true")
MARKS = frozenset({"changepoint", "changepoints"})  # beside a label, never the label itself
GROUPS = words_in(
    "machine unit asset device engine subject person group turbine vehicle run recording session "
    "trial batch patient user station line node host maschine gerät anlage"
)
NUMBERED = words_in("id nr no number num nummer name")
IDS = (*NAMES["id"], "__index_level_0__")  # the latter is pandas' index in parquet
RARE = 0.2  # share of rows of the rarer of two values, up to which it may mean anomalies
FEWEST = 20  # rows below which no order and no share tells anything


@dataclasses.dataclass(frozen=True)
class Proposal:
    """A role, the reason for it in a few words, and a sentence where it may well be wrong."""

    role: Role
    reason: str
    doubt: str = ""


@dataclasses.dataclass(frozen=True)
class Seen:
    """What is known of a column: its name, kind and first cells."""

    at: int
    name: str
    kind: str
    values: Sequence[str]

    @property
    def counts(self) -> Counter[str]:
        return Counter(filter(None, map(plain, self.values)))

    @property
    def rarer(self) -> float:
        """Share of the rarer of two values; 1 where there are not two."""
        counts = self.counts
        return min(counts.values()) / sum(counts.values()) if len(counts) == 2 else 1.0

    @property
    def telling(self) -> bool:
        """Whether all that is there are words for normal and anomaly."""
        found = set(self.counts)
        return bool(found) and found <= NORMAL | ANOMALY | {"-1"}


def by_name(column: Seen) -> Proposal | None:
    """What a name tells, with values that agree."""
    name, words = column.name.casefold(), frozenset(tokens(column.name))
    if label := _label(column, name, words):
        return label
    if column.kind == "time":  # also without a name: the index of a table of pandas
        return Proposal("time", "dates or times of day")
    named_so = name in IDS and (name or not column.at)
    if named_so and not (name == "name" and column.kind == "number"):
        return Proposal("id", "its name tells rows apart")
    if words and words <= GROUPS | NUMBERED and words & GROUPS and _repeats(column):
        return Proposal("group", "its name tells machines, people or recordings apart")
    known = clock_name(column.name) is not None
    rising = column.kind == "number" and is_clock(column.name, column.values)
    if known and (column.kind != "number" or rising):
        return None if column.kind == "empty" else Proposal("time", "its name and rising values")
    if name in (*NAMES["class"], *NAMES["subject"], *NAMES["part"]):
        return Proposal("leave out", "its name tells of a label or a group")
    return None


def _label(column: Seen, name: str, words: frozenset[str]) -> Proposal | None:
    strong, weak = bool(words & STRONG), bool(words & WEAK) and words <= WEAK | GROUPS | FILLERS
    if not (strong or weak) or column.kind in ("empty", "other", "time"):
        return None
    counts, meaning = column.counts, meaning_of(column.name, column.values)
    if words & MARKS or {"change", "point"} <= words:
        return Proposal("second label", "its name tells where something changes")
    listed = name in NAMES["label"] or name in NAMES["class"] or strong
    normal_only = len(counts) == 1 and set(counts) <= NORMAL
    if meaning and column.telling and (listed or column.rarer <= RARE or normal_only):
        return Proposal("label", f"its name, and it holds {sample_of(counts)} only")
    if strong or name in ("target", "class"):
        if meaning is None and column.kind == "number" and len(counts) > 2 and name not in EXACT:
            return None  # such as a "fault current"
        if meaning is None:
            doubt = (
                f"Column {column.name!r} may be a label, but none of its values is known to mean "
                "normal; choose it as the label and say which (--label-column, --normal)."
            )
            return Proposal("leave out", "its name tells of a label", doubt)
        return Proposal("label", f"its name, and it holds {sample_of(counts)}")
    of_two = set(counts) <= RIGHT | WRONG  # often a state that says nothing of anomalies
    if meaning and len(counts) > 1 and (set(counts) & NORMAL) and not of_two | _numbers(counts):
        return Proposal("label", f"its name, and it holds {sample_of(counts)}")
    return None


EXACT = ("label", "labels", "target", "class", "anomaly", "is_anomaly")


def _repeats(column: Seen) -> bool:
    values = [value for value in column.values if value]
    whole = column.kind == "text" or are_whole(values)
    return bool(values) and whole and 2 * len(set(values)) <= len(values)


def are_whole(values: Sequence[str]) -> bool:
    """Whether all are written as whole numbers."""
    return all(re.fullmatch(r"[-+]?\d+(\.0*)?", value) for value in values)


def as_numbers(values: Sequence[str]) -> NDArray[np.float64]:
    return np.array([number_of(value) for value in values])


def _numbers(counts: Counter[str]) -> bool:
    return all(value.lstrip("-").replace(".", "", 1).isdigit() for value in counts)


def sample_of(counts: Counter[str]) -> str:
    some = [value[:20] for value, _ in counts.most_common(4)]
    return ", ".join(some[:3]) + (", …" if len(some) > 3 else "")
