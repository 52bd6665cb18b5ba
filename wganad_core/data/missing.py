"""What says in a file that a cell is missing: the one list that all readers share."""

from __future__ import annotations

# Anywhere, also where text belongs.
NOTHING = (
    *("", "na", "n/a", "nan", "null", "NA", "N/A", "NaN", "NAN", "NULL", "<NA>", "#N/A", "#NV"),
    "?",
)
BLANK = frozenset(NOTHING)
# Where labels and times belong, too; "none" and a dash may well be words of a column of text.
NOWHERE = (*NOTHING, "none", "None", "NaT", "-", "--", ".")
FOLDED = frozenset(word.casefold() for word in NOWHERE)  # for comparing in lower case
# Where numbers belong: what programs write that could not measure or reckon.
MISSING = (
    *(*NOWHERE, "---", "-nan", "-NaN", "nan(ind)", "-nan(ind)", "1.#IND", "-1.#IND", "1.#QNAN"),
    *("-1.#QNAN", "#NA", "#N/A N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"),
    *("#WERT!", "#BEZUG!", "#ZAHL!", "#VALEUR!", "(null)", "NIL", "nil", "missing", "Missing"),
    *("unavailable", "unknown", "No Data", "no data"),
)
