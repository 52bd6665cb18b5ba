"""Columns of text: how those of scores, labels and ids are called, and what their cells mean."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.missing import FOLDED
from wganad_core.data.own.rows import Texts, listed, number_of

MAX_TEXT = 200  # characters of an id, a class or a subject
MAX_KINDS = 50  # of anomalies that a column of labels may tell apart
UNLABELLED, WRONG_LABEL = -1, -2

# How columns are recognised, in lower case; of several that are there, the first.
NAMES: Mapping[str, tuple[str, ...]] = {
    "score": ("score", "anomaly_score", "scores"),
    "label": ("label", "labels", "y", "is_anomaly", "target", "anomaly"),
    "id": ("id", "sample_id", "index", "name", ""),  # pandas writes its index without a name
    "class": ("class", "category"),
    "subject": ("subject", "person", "group"),
    "part": ("part",),
}


def words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


RIGHT = words_in("1 true yes y wahr ja oui vrai sí vero verdadero да 是")
WRONG = words_in("0 false no n falsch nein non faux falso нет 否")
NORMAL = WRONG | words_in(
    "normal benign ok good healthy nominal negative inlier regular correct pass passed gut io "
    "i.o. fehlerfrei sain bon correcto sano none bueno buono норма 正常 良品"
)
ANOMALY = RIGHT | words_in(
    "anomaly anomalous anomalie abnormal attack fraud outlier fault faulty failure failed fail "
    "defect defective defekt bad broken nok nio n.i.o. positive malicious error intrusion fehler "
    "fehlerhaft anormal défaut fallo averiado malo guasto авария 异常 異常 故障 不良"
)
# Columns that say what is right and not what is wrong: 1 means normal there.
TURNED = words_in("normal healthy ok good pass passed valid inlier intact fehlerfrei")
UNKNOWN = FOLDED - NORMAL  # "none" may be the kind of a fault that there is not
WHOLE = re.compile(r"[-+]?\d{1,300}")


@dataclasses.dataclass(frozen=True)
class Meaning:
    """Which texts of a column of labels mean normal; "" among them: an empty cell, too. Others are
    anomalies, but only those in `words`, where it is not None. `kinds`: whether the texts tell more
    than that, and `remark` what was taken for granted."""

    normal: frozenset[str]
    words: frozenset[str] | None = None
    kinds: bool = False
    remark: str = ""


def plain(value: str) -> str:
    """A label as it is compared: in lower case, numbers without trailing zeros, and "" for what
    says that nothing is there."""
    text = value.strip().casefold()
    if text in UNKNOWN:
        return ""
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return ""
    if number.is_integer():
        return str(int(text) if WHOLE.fullmatch(text) else int(number))  # ids may have 19 digits
    return repr(number)


def tokens(name: str) -> tuple[str, ...]:
    """'isFraud', 'Machine failure' and 'is_fraud' in lower-case words."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W\d_]+", parts.casefold()))


def meaning_of(name: str, values: Iterable[str], normal: str | None = None) -> Meaning | None:
    """What these first cells of a column of labels mean; None where that cannot be told.

    `normal` is the value that a person says is normal.
    """
    counts = Counter(map(plain, values))
    blank = counts.pop("", 0)
    if normal is not None:
        return Meaning(frozenset({plain(normal)}), kinds=len(counts) > 2)
    if not counts:
        return None
    found = set(counts)
    if TURNED & set(tokens(name)) and found <= RIGHT | WRONG and "attack" not in tokens(name):
        return Meaning(RIGHT, RIGHT | WRONG, remark=_turned(name))
    if found <= NORMAL | ANOMALY:
        if not found & NORMAL and blank:
            return Meaning(frozenset({""}), remark=_blank(name, blank, counts))
        usual = found <= {"0", "1", "true", "false", "normal", "anomaly"}
        return Meaning(NORMAL, NORMAL | ANOMALY if usual else None)
    return _guessed(name, counts)


def _guessed(name: str, counts: Counter[str]) -> Meaning | None:
    """By a known word among the values, else by frequency."""
    if len(counts) > MAX_KINDS:
        return None
    known = [value for value in counts if value in NORMAL]
    n_numbers = sum(not math.isnan(number_of(value)) for value in counts)
    numbers = n_numbers == len(counts)
    if n_numbers > 1 and not numbers:
        return None  # a slip among 0 and 1, more likely than kinds
    [(most, n), *_], total = counts.most_common(1), sum(counts.values())
    if len(known) == 1 and not (numbers and len(counts) > 2):
        return Meaning(frozenset(known), kinds=len(counts) > 2, remark=_known(name, known[0]))
    if len(counts) == 1 or 2 * n <= total or (numbers and len(counts) > 2 and most != "0"):
        return None if len(counts) != 2 or 2 * n == total else _frequent(name, most, n, counts)
    return _frequent(name, most, n, counts)


def _frequent(name: str, most: str, n: int, counts: Counter[str]) -> Meaning:
    others = [f"{value!r} ({m:,})" for value, m in counts.most_common(5) if value != most]
    remark = (
        f"In {name!r}, {most!r} ({n:,} of the first rows) is taken for normal, as the most "
        f"frequent; anomalies are {', '.join(others)}{' and more' if len(counts) > 5 else ''}. "
        f"If another value means normal, say which (--normal)."
    )
    return Meaning(frozenset({most}), kinds=len(counts) > 2, remark=remark)


def _known(name: str, normal: str) -> str:
    return (
        f"In {name!r}, {normal!r} is taken for normal and everything else for an anomaly; if "
        "another value means normal, say which (--normal)."
    )


def _turned(name: str) -> str:
    return (
        f"By its name, 1 in {name!r} is taken for normal and 0 for an anomaly; if it is the other "
        "way round, say so (--normal 0)."
    )


def _blank(name: str, n: int, counts: Counter[str]) -> str:
    return (
        f"{name!r} holds {listed(sorted(counts), 5)} only, or nothing ({n:,} of the first rows), "
        "which is taken for normal; if an empty cell means that nobody knows, leave such rows out."
    )


def labels_of(
    texts: Texts, name: str, place: Callable[[int], str], others: str, meaning: Meaning
) -> NDArray[np.int64]:
    """0 (normal), 1 (anomaly) or −1 (empty, and so unknown) for each row of the column `name`.

    Raises `DataError` for a text that is no label, with the `place` of its row and what `others` to
    choose."""
    values, code = texts
    label = np.array([told_by(meaning, value) for value in values], np.int64)[code]
    wrong = label == WRONG_LABEL
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"Column {name!r} holds {values[code[row]][:40]!r} in {place(row)}; expected the "
            "labels 0 and 1 (1 = anomaly), true and false, or normal and anomaly. Say which value "
            f"means normal (--normal), recode it, or choose {others}."
        )
    return np.asarray(label, np.int64)


def told_by(meaning: Meaning, text: str) -> int:
    """0, 1 or −1, as `labels_of` has them; `WRONG_LABEL` for what is none."""
    value = plain(text)
    if value in meaning.normal:
        return 0
    if not value:
        return UNLABELLED
    if meaning.words is None or value in meaning.words or not math.isnan(number_of(value)):
        return 1
    return WRONG_LABEL


def words_of(texts: Texts, name: str, place: Callable[[int], str]) -> NDArray[np.object_]:
    """The text of each row of the column `name`; empty where it is missing. Rows of one text share
    it, so that many rows of long texts stay small."""
    values, code = texts
    length = np.array([len(value) for value in values])
    if (length > MAX_TEXT).any():
        row = int(np.argmax((length > MAX_TEXT)[code]))
        raise DataError(
            f"Column {name!r} holds {length[code[row]]:,} characters in {place(row)}; expected at "
            f"most {MAX_TEXT}. Shorten them."
        )
    return np.array(values, object)[code]
