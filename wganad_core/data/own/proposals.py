"""What each column of a table of one's own is likely to be, why, and what speaks against it."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, cast

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
from wganad_core.data.own.presets import Preset, preset_of, role_in
from wganad_core.data.own.rows import OwnRows

Role = Literal[
    "feature", "category", "label", "second label", "id", "group", "time", "date", "leave out"
]
SEEN = ("feature", "category")  # roles that a detector sees
ONCE = ("label", "id", "group", "time", "date")  # roles that one column has at most

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
HOUR = r"\d\d?:\d\d(:\d\d([.,]\d+)?)?( ?[AaPp][Mm])?$"
DAY = r"\d{1,4}([./-])\d\d?\1\d{1,4}\.?$"
WHOLE = {"0", "1", "-1", "2"}  # classes in tables without a header
FOLLOWS = 3  # rows, at least, by which a column gives the label away


@dataclasses.dataclass(frozen=True)
class Proposal:
    """A role, the reason for it in a few words, and a sentence where it may well be wrong."""

    role: Role
    reason: str
    doubt: str = ""


@dataclasses.dataclass(frozen=True)
class _Seen:
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


def recognised(rows: OwnRows) -> list[str]:
    """A sentence on whose file this is, where its header tells."""
    preset = _preset(rows)
    if preset is None:
        return []
    said = f": {preset.said}" if preset.said else ""
    if preset.unnamed:
        return [f"Its columns are taken for those of {preset.name}{said}."]
    return [f"Its header is that of {preset.name}{said}."]


def _preset(rows: OwnRows) -> Preset | None:
    """Without names, only where a first column numbers units and the second counts within them."""
    preset = preset_of(rows.names, rows.named)
    if preset is None or not preset.unnamed:
        return preset
    first, second = (_as_numbers([row[at] for row in rows.head]) for at in (0, 1))
    same, steps = np.diff(first) == 0, np.diff(second)
    counts = bool(same.any()) and (steps[same] == 1).all() and (second[1:][~same] == 1).all()
    return preset if counts and (np.diff(first) >= 0).all() else None


def propose(rows: OwnRows) -> tuple[Proposal, ...]:
    """What each column is, by its name, its kind and its first 1,000 values."""
    columns = list(zip(*rows.head, strict=True))
    seen = [
        _Seen(at, name, kind, values)
        for at, (name, kind, values) in enumerate(zip(rows.names, rows.kinds, columns, strict=True))
    ]
    found = [_own(column) or _of_kind(column) for column in seen]
    if not rows.named:
        _unnamed_label(seen, found)
    _one_label(seen, found)
    _known(rows, seen, found)
    _day_and_hour(seen, found)
    _once(found)
    _answers(seen, found)
    return tuple(found)


def _own(column: _Seen) -> Proposal | None:
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


def _label(column: _Seen, name: str, words: frozenset[str]) -> Proposal | None:
    strong, weak = bool(words & STRONG), bool(words & WEAK) and words <= WEAK | GROUPS | FILLERS
    if not (strong or weak) or column.kind in ("empty", "other", "time"):
        return None
    counts, meaning = column.counts, meaning_of(column.name, column.values)
    if words & MARKS or {"change", "point"} <= words:
        return Proposal("second label", "its name tells where something changes")
    listed = name in NAMES["label"] or name in NAMES["class"] or strong
    normal_only = len(counts) == 1 and set(counts) <= NORMAL
    if meaning and column.telling and (listed or column.rarer <= RARE or normal_only):
        return Proposal("label", f"its name, and it holds {_listed(counts)} only")
    if strong or name in ("target", "class"):
        if meaning is None and column.kind == "number" and len(counts) > 2 and name not in EXACT:
            return None  # such as a "fault current"
        if meaning is None:
            doubt = (
                f"Column {column.name!r} may be a label, but none of its values is known to mean "
                "normal; choose it as the label and say which (--label-column, --normal)."
            )
            return Proposal("leave out", "its name tells of a label", doubt)
        return Proposal("label", f"its name, and it holds {_listed(counts)}")
    if meaning and len(counts) > 1 and (set(counts) & NORMAL) and not _numbers(counts):
        return Proposal("label", f"its name, and it holds {_listed(counts)}")
    return None


EXACT = ("label", "labels", "target", "class", "anomaly", "is_anomaly")


def _of_kind(column: _Seen) -> Proposal:
    """What a column is whose name tells nothing."""
    if column.kind == "number":
        return _number(column)
    if column.kind == "text":
        return _text(column)
    reason = {"empty": "the first rows are empty", "time": "a time is no feature"}
    return Proposal("leave out", reason.get(column.kind, "neither numbers nor text"))


def _text(column: _Seen) -> Proposal:
    n = len(column.counts)
    if n > MAX_KINDS or 2 * n > sum(column.counts.values()):
        return Proposal("leave out", "text that hardly repeats is no category")
    reason = f"a few texts: {_listed(column.counts)}"
    if set(tokens(column.name)) & WEAK:
        return Proposal("category", reason, _may_be_label(column))
    if column.rarer <= RARE and len(column.values) >= FEWEST:
        return Proposal("category", reason, _flag(column))
    return Proposal("category", reason)


def _may_be_label(column: _Seen) -> str:
    return (
        f"Column {column.name!r} holds {_listed(column.counts)} and is taken for a category that "
        "the detector sees; if it tells what is an anomaly, choose it as the label and say which "
        "value means normal (--label-column, --normal)."
    )


def _number(column: _Seen) -> Proposal:
    values = _as_numbers(column.values)
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


def _flag(column: _Seen) -> str:
    (_, n), (rare, m) = column.counts.most_common(2)
    share = f"{100 * m / (n + m):.2g} %"
    return (
        f"Column {column.name!r} holds two values, and {rare!r} in {share} of the first rows only: "
        "it is taken for a feature; if it tells what is an anomaly, choose it as the label "
        "(--label-column)."
    )


def _unnamed_label(seen: Sequence[_Seen], found: list[Proposal]) -> None:
    """Without a header, a last or first column of two whole numbers among others is the label."""
    for at in (len(seen) - 1, 0):
        column = seen[at]
        if len(seen) == 1 or meaning_of(column.name, column.values) is None:
            continue
        alone = sum(set(one.counts) <= WHOLE for one in seen) == 1
        numbers = alone and column.kind == "number" and set(column.counts) <= WHOLE
        words = column.kind == "text" and len(column.counts) <= MAX_KINDS
        if len(column.values) >= FEWEST and len(column.counts) > 1 and (numbers or words):
            what = f"the {'last' if at else 'first'} column, and it holds {_listed(column.counts)}"
            found[at] = Proposal("label", what)
            return


def _known(rows: OwnRows, seen: Sequence[_Seen], found: list[Proposal]) -> None:
    """Files that are known by their header are what their makers say."""
    preset = _preset(rows)
    if preset is None:
        return
    for column in seen:
        if (role := role_in(preset, column.name)) is not None and column.kind != "empty":
            before = found[column.at]
            reason = f"as {preset.name} writes it"
            doubt = before.doubt if role == "label" == before.role else ""
            found[column.at] = Proposal(cast(Role, role), reason, doubt)


def _one_label(seen: Sequence[_Seen], found: list[Proposal]) -> None:
    """Of several labels the one that is called so plainly; the others are second labels."""
    labels = [at for at, proposal in enumerate(found) if proposal.role == "label"]
    if not labels:
        marks = [at for at, proposal in enumerate(found) if proposal.role == "second label"]
        if len(marks) == 1:
            doubt = (
                f"Column {seen[marks[0]].name!r} marks changes and is no feature; choose it as "
                "the label if there is no better one (--label-column)."
            )
            found[marks[0]] = dataclasses.replace(found[marks[0]], doubt=doubt)
        return

    def rank(at: int) -> tuple[int, bool, int]:
        name = seen[at].name.casefold()
        exact = NAMES["label"].index(name) if name in NAMES["label"] else len(NAMES["label"])
        return exact, not set(tokens(name)) & STRONG, at

    first, *others = sorted(labels, key=rank)
    for at in others:
        doubt = (
            f"Columns {seen[first].name!r} and {seen[at].name!r} may both be labels; the first "
            "is taken, the second is no feature (--label-column chooses)."
        )
        found[at] = Proposal("second label", "there is another label", doubt)


def _day_and_hour(seen: Sequence[_Seen], found: list[Proposal]) -> None:
    """A column of days and one of hours are one clock."""
    times = [seen[at] for at, proposal in enumerate(found) if proposal.role == "time"]
    hours, days = (
        [one.at for one in times if all(re.match(form, v) for v in filter(None, one.values))]
        for form in (HOUR, DAY)
    )
    if hours and days:
        found[days[0]] = Proposal("date", f"the day of {seen[hours[0]].name!r}")
        found[hours[0]] = Proposal("time", f"the hour, of the day in {seen[days[0]].name!r}")


def _once(found: list[Proposal]) -> None:
    for role in ONCE:
        many = [at for at, proposal in enumerate(found) if proposal.role == role]
        for at in many[1:]:
            found[at] = Proposal("leave out", f"another column is the {role}")


def _answers(seen: Sequence[_Seen], found: list[Proposal]) -> None:
    """Columns of two values of which one occurs at anomalies only give the answer away."""
    label = next((seen[at] for at, p in enumerate(found) if p.role == "label"), None)
    if label is None or (meaning := meaning_of(label.name, label.values)) is None:
        return
    odd = np.array([bool(v) and plain(v) not in meaning.normal for v in label.values])
    if not 0 < odd.sum() < len(odd):
        return
    for column, proposal in zip(seen, found, strict=True):
        if proposal.role not in SEEN or len(column.counts) != 2:
            continue
        rare = column.counts.most_common(2)[1][0]
        here = np.array([plain(value) == rare for value in column.values])
        if here.sum() >= FOLLOWS and odd[here].all() and odd.mean() < 1 / 2:
            doubt = (
                f"Wherever {column.name!r} is {rare!r}, {label.name!r} tells of an anomaly, so it "
                "would give the answer away; it is no feature unless you choose it (--features)."
            )
            found[column.at] = Proposal("second label", f"it goes with {label.name!r}", doubt)


def _repeats(column: _Seen) -> bool:
    values = [value for value in column.values if value]
    whole = column.kind == "text" or all(re.fullmatch(r"[-+]?\d+(\.0*)?", v) for v in values)
    return bool(values) and whole and 2 * len(set(values)) <= len(values)


def _rises(values: Sequence[str]) -> bool:
    """Whether numbers increase, as the time of a recording does."""
    numbers = _as_numbers([value for value in values if value])
    return bool(np.isfinite(numbers).all() and (np.diff(numbers) >= 0).all())


def _as_numbers(values: Sequence[str]) -> NDArray[np.float64]:
    def number(value: str) -> float:
        try:
            return float(value.replace(",", "."))
        except ValueError:
            return np.nan

    return np.array([number(value) for value in values])


def _numbers(counts: Counter[str]) -> bool:
    return all(value.lstrip("-").replace(".", "", 1).isdigit() for value in counts)


def _listed(counts: Counter[str]) -> str:
    some = [value[:20] for value, _ in counts.most_common(4)]
    return ", ".join(some[:3]) + (", …" if len(some) > 3 else "")
