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
    MAX_KINDS,
    NAMES,
    NORMAL,
    meaning_of,
    plain,
    tokens,
    words_in,
)

Role = Literal[
    "feature", "category", "label", "second label", "id", "group", "time", "date", "leave out"
]
# Words of names that tell of labels by themselves, and those that do so beside telling values.
STRONG = words_in(
    "label labels anomaly anomalies anomalous anomalie outlier outliers fraud attack attacks "
    "failure fault faults faulty defect defective abnormal intrusion malicious groundtruth fehler "
    "störung défaut fallo"
)
WEAK = words_in(
    "y target class klasse status state condition outcome result ergebnis diagnosis category "
    "verdict health quality qualität flag flagged changepoint gt truth normal healthy ok passed "
    "valid"
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
    named_so = name in IDS and (name or not column.at)
    if named_so and not (name == "name" and column.kind == "number"):
        return Proposal("id", "its name tells rows apart")
    if words and words <= GROUPS | NUMBERED and words & GROUPS and _repeats(column):
        return Proposal("group", "its name tells machines, people or recordings apart")
    if column.kind == "time":
        return Proposal("time", "dates or times of day")
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
    if meaning and len(counts) > 1 and (set(counts) & NORMAL) and not _numbers(counts):
        return Proposal("label", f"its name, and it holds {sample_of(counts)}")
    return None


EXACT = ("label", "labels", "target", "class", "anomaly", "is_anomaly")


def by_kind(column: Seen) -> Proposal:
    """What a column is whose name tells nothing."""
    if column.kind == "number":
        return _number(column)
    if column.kind == "text":
        return _text(column)
    reason = {"empty": "the first rows are empty", "time": "a time is no feature"}
    return Proposal("leave out", reason.get(column.kind, "neither numbers nor text"))


def _text(column: Seen) -> Proposal:
    n = len(column.counts)
    if n > MAX_KINDS or 2 * n > sum(column.counts.values()):
        return Proposal("leave out", "text that hardly repeats is no category")
    reason = f"a few texts: {sample_of(column.counts)}"
    if set(tokens(column.name)) & WEAK:
        return Proposal("category", reason, _may_be_label(column))
    if column.rarer <= RARE and len(column.values) >= FEWEST:
        return Proposal("category", reason, _flag(column))
    return Proposal("category", reason)


def _may_be_label(column: Seen) -> str:
    return (
        f"Column {column.name!r} holds {sample_of(column.counts)} and is taken for a category that "
        "the detector sees; if it tells what is an anomaly, choose it as the label and say which "
        "value means normal (--label-column, --normal)."
    )


def _number(column: Seen) -> Proposal:
    values = as_numbers(column.values)
    known = values[np.isfinite(values)]
    if len(known) >= FEWEST and len(known) == len(values):
        steps = np.diff(known)
        if (steps > 0).all():
            if np.allclose(steps, steps[0], rtol=1e-6) and (known == np.round(known)).all():
                return Proposal("leave out", "it counts the rows", _counter(column.name))
            return Proposal("feature", "numbers", _rising(column.name))
    if column.rarer <= RARE and len(column.values) >= FEWEST:
        return Proposal("feature", "numbers", _flag(column))
    return Proposal("feature", "numbers")


def _counter(name: str) -> str:
    return (
        f"Column {name!r} rises by the same step from row to row, as a counter does, so it is left "
        "out; name the features if it is one (--features)."
    )


def _rising(name: str) -> str:
    return (
        f"Column {name!r} rises from row to row throughout; if it is a time or a counter, leave it "
        "out, or every later row will look odd (--leave-out)."
    )


def _flag(column: Seen) -> str:
    (_, n), (rare, m) = column.counts.most_common(2)
    share = f"{100 * m / (n + m):.2g}%"
    return (
        f"Column {column.name!r} holds two values, and {rare!r} in {share} of the first rows only: "
        "it is taken for a feature; if it tells what is an anomaly, choose it as the label "
        "(--label-column)."
    )


def _repeats(column: Seen) -> bool:
    values = [value for value in column.values if value]
    whole = column.kind == "text" or all(re.fullmatch(r"[-+]?\d+(\.0*)?", v) for v in values)
    return bool(values) and whole and 2 * len(set(values)) <= len(values)


def as_numbers(values: Sequence[str]) -> NDArray[np.float64]:
    def number(value: str) -> float:
        try:
            return float(value.replace(",", "."))
        except ValueError:
            return np.nan

    return np.array([number(value) for value in values])


def _numbers(counts: Counter[str]) -> bool:
    return all(value.lstrip("-").replace(".", "", 1).isdigit() for value in counts)


def sample_of(counts: Counter[str]) -> str:
    some = [value[:20] for value, _ in counts.most_common(4)]
    return ", ".join(some[:3]) + (", …" if len(some) > 3 else "")
