"""What says in a file that a cell is missing: the one list that all readers share."""

from __future__ import annotations

# Anywhere, also where text belongs.
NOTHING = (
    *("", "na", "n/a", "nan", "null", "NA", "N/A", "NaN", "NAN", "NULL", "<NA>", "#N/A", "#NV"),
    "?",
)
BLANK = frozenset(NOTHING)
# Where numbers or times belong; "none" and a dash may well be words of a column of text.
MISSING = (*NOTHING, "none", "None", "NaT", "-", "--", ".")
FOLDED = frozenset(word.casefold() for word in MISSING)  # for comparing in lower case
