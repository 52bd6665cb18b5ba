"""What the columns of a table of scores hold, and what they say of each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.labels import labels_of, meaning_of
from wganad_core.data.own.rows import OwnRows, listed
from wganad_core.records import Scored

MEANING_ROWS = 100_000  # by which labels are understood
USED, PASSED = ("calibration", "test"), ("fit", "validation")


def scored_rows(
    score: NDArray[np.float64], rows: NDArray[np.int64], table: OwnRows, remarks: list[str]
) -> NDArray[np.int64]:
    """Those of the rows that have a score: rows that lack a feature get none."""
    missing = np.isnan(score[rows])
    if missing.all():
        raise DataError("Every score is missing or NaN; expected numbers.")
    if n := int(missing.sum()):
        first = table.place(int(rows[np.argmax(missing)]))
        words = "scores are" if n > 1 else "score is"
        remarks.append(f"{n:,} {words} missing or NaN, first in {first}; left out.")
    return rows[~missing]


def labels_of_rows(
    table: OwnRows,
    at: int | None,
    rows: NDArray[np.int64],
    normal: str | None,
    remarks: list[str],
) -> NDArray[np.int64] | None:
    """The labels of these rows; None where there is no column of labels, or an empty one."""
    if at is None:
        return None
    name, (values, code) = table.names[at], table.texts(at)
    if not any(values):
        remarks.append(f"Column {name!r} is empty: there are no labels.")
        return None
    meaning = meaning_of(name, [values[i] for i in code[:MEANING_ROWS]], normal)
    if meaning is None:
        raise DataError(
            f"Column {name!r} holds {listed(sorted(filter(None, values)), 5)}, of which none is "
            "known to mean normal; expected the labels 0 and 1 (1 = anomaly), true and false, or "
            "normal and anomaly. Say which value means normal (--normal), or choose another label "
            "column."
        )
    remarks += [meaning.remark] * bool(meaning.remark)
    return labels_of((values, code), name, table.place, "another label column", meaning)[rows]


def about_order(scored: Scored, lower: bool) -> list[str]:
    """What the labels say of the scores' direction; AUROC by the ranks, which may be infinite."""
    remarks = []
    if lower:
        remarks.append(
            "Lower scores are taken for more anomalous: every score is negated, and thresholds are "
            "those of minus the score."
        )
    if scored.label is None:
        return remarks
    n, anomalies = len(scored.label), int(scored.label.sum())
    if not 0 < anomalies < n:
        which = "an anomaly" if anomalies else "normal"
        return [*remarks, f"Every sample is labelled {which}: there is nothing to tell apart."]
    ranks = pd.Series(scored.score).rank().to_numpy()[scored.label == 1].sum()
    auroc = (ranks - anomalies * (anomalies + 1) / 2) / (anomalies * (n - anomalies))
    if auroc < 1 / 2:
        turned = "leave out --lower-is-anomalous" if lower else "add --lower-is-anomalous"
        remarks.append(
            f"AUROC is {auroc:.1%}, below chance: normals have the higher scores. If they "
            f"mean the opposite, {turned} (AUROC {(1 - auroc):.1%}); if the labels do, "
            "say which value means normal (--normal)."
        )
    return remarks


def parts_of(table: OwnRows, at: int, remarks: list[str]) -> NDArray[np.str_] | None:
    """The part of each row; None where the column means something else."""
    values, code = table.texts(at)
    plain = np.array([value.casefold() for value in values])
    known = np.isin(plain, (*USED, *PASSED))
    if not np.isin(plain, USED).any():
        remarks.append(
            f"Column {table.names[at]!r} is ignored: it has neither calibration nor test rows."
        )
        return None
    if not known.all():
        row = int(np.argmax(~known[code]))
        raise DataError(
            f"Column {table.names[at]!r} holds {values[code[row]][:40]!r} in {table.place(row)}; "
            f"expected {', '.join(USED)}, or a part to leave out: {', '.join(PASSED)}."
        )
    return plain[code]


def parted(
    whole: Scored, parts: NDArray[np.str_], remarks: list[str]
) -> tuple[NDArray[np.bool_], Scored | None]:
    """Which rows to judge, and the calibration rows."""
    test, kept = parts == "test", parts == "calibration"
    if not test.any() and not kept.any():
        raise DataError("There are neither calibration nor test rows of what was chosen.")
    if left := int((~test & ~kept).sum()):
        remarks.append(f"{left:,} rows of other parts than calibration and test are left out.")
    calibration = whole.take(kept) if kept.any() else None
    if calibration is not None and calibration.label is not None and calibration.label.any():
        raise DataError(
            f"Expected normals in the part calibration; found "
            f"{int(calibration.label.sum()):,} anomalies. Move them to the part test."
        )
    if not test.any():
        remarks.append("There is no part test, so the calibration rows themselves are judged.")
        test = kept
    return test, calibration
