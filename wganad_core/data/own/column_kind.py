"""What a column is likely to be whose name tells nothing: by its kind and its first values."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.own.column import (
    FEWEST,
    NUMBERED,
    RARE,
    WEAK,
    Proposal,
    Seen,
    are_whole,
    as_numbers,
    sample_of,
)
from wganad_core.data.own.labels import MAX_KINDS, tokens

LONG_NUMBER = 1e9  # from here on, whole numbers that differ in every row may be keys of a database
# Written where nothing was measured: -99, -999.0, 9999, the ends of 16 bits, huge powers of ten.
STANDS_FOR_NOTHING = re.compile(r"-?(9{2,}(\.[09]*)?|32767|32768|65535|1(\.0*)?e\+?3\d)", re.I)
FAR = 3  # times the largest of the others


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
        one_way, how = (steps > 0).all() or (steps < 0).all(), "rises" if steps[0] > 0 else "falls"
        whole = (known == np.round(known)).all()
        if one_way and whole and np.allclose(steps, steps[0], rtol=1e-6):
            return Proposal("leave out", "it counts the rows", _counter(column.name, how))
        if _called_so(column.name) and _all_differ(column):
            return Proposal("leave out", "its name and its values number rows", _key(column.name))
        if one_way:
            return Proposal("feature", "numbers", _one_way(column.name, how))
        if np.abs(known).min() >= LONG_NUMBER and _all_differ(column):
            return Proposal("feature", "numbers", _long(column.name))
    if column.rarer <= RARE and len(column.values) >= FEWEST:
        return Proposal("feature", "numbers", _flag(column))
    return Proposal("feature", "numbers", _for_nothing(column, known))


def _counter(name: str, how: str) -> str:
    return (
        f"Column {name!r} {how} by the same step from row to row, as a counter does, so it is left "
        "out; name the features if it is one (--features)."
    )


def _one_way(name: str, how: str) -> str:
    return (
        f"Column {name!r} {how} from row to row throughout; if it is a time or a counter, leave it "
        "out, or every later row will look odd (--leave-out)."
    )


def _called_so(name: str) -> bool:
    return bool(NUMBERED & set(tokens(name))) or name.casefold().endswith(("nummer", "number"))


def _all_differ(column: Seen) -> bool:
    """Whether every row has a whole number of its own."""
    values = [value for value in column.values if value]
    return are_whole(values) and len(values) >= FEWEST and len(set(values)) == len(values)


def _key(name: str) -> str:
    return (
        f"Column {name!r} has another whole number in each row and is called as what tells rows "
        "apart, so it is left out; name the features if it is one (--features)."
    )


def _long(name: str) -> str:
    return (
        f"Column {name!r} has another whole number in each row, of ten digits or more; if it tells "
        "rows apart, leave it out or choose it as the id (--leave-out, --id-column)."
    )


def _for_nothing(column: Seen, known: NDArray[np.float64]) -> str:
    """A doubt about a number such as -9999 that stands beside much smaller ones; "" without."""
    if len(known) < FEWEST:
        return ""
    most = float(known[np.abs(known).argmax()])
    others = known[known != most]
    n = len(known) - len(others)
    written = next(
        v for v, x in zip(column.values, as_numbers(column.values), strict=True) if x == most
    )
    far = len(others) and abs(most) >= FAR * np.abs(others).max()
    if n < 2 or not far or not STANDS_FOR_NOTHING.fullmatch(written.replace(",", ".")):
        return ""
    return (
        f"Column {column.name!r} holds {written} in {n:,} of the first rows, far from all else "
        "there; if it says that nothing was measured, write an empty cell instead, or it is taken "
        "for a number like the others."
    )


def _flag(column: Seen) -> str:
    (_, n), (rare, m) = column.counts.most_common(2)
    share = f"{100 * m / (n + m):.2g}%"
    return (
        f"Column {column.name!r} holds two values, and {rare!r} in {share} of the first rows only: "
        "it is taken for a feature; if it tells what is an anomaly, choose it as the label "
        "(--label-column)."
    )
