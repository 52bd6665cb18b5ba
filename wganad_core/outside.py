"""Words from outside (names of files, columns, classes, samples and detectors, addresses, sentences
that quote them) where Markdown, HTML, a label of Plotly's or a CSV file is made of them."""

from __future__ import annotations

import re
from typing import Any

# Signs that mean something to one of the three. Written as numbers, they mean nothing to any.
SIGNS = re.compile(r"[\\`*{}\[\]<>&#|~$\"]|(?<![^\W_])_|_(?![^\W_])|^[-+=]|:(?=[a-z])")
# Links and pictograms that Streamlit makes of text when its Markdown has been read already; what
# joins words breaks them and is not seen.
LATE = re.compile(r"(?<=:)(?=//|(?!\d+:)[\w+/-]+:)|(?<=\bwww)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)
JOINER = "\N{WORD JOINER}"
LIST = re.compile(r"^(\d{1,9})([.)])(?= |$)")
# Changes of direction would turn round what follows.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def shown(text: object) -> str:
    """Text to be read as what it is, on one line.

    Parameters
    ----------
    text
        Anything; its `str` counts.

    Returns
    -------
    str
        The same for Markdown, HTML (also between double quotes) and Plotly. Not for what shows
        text as it is already: code, tables and lists to choose from.

    Examples
    --------
    >>> shown("pump_2 [a](b) <i>")
    'pump_2 &#91;a&#93;(b) &#60;i&#62;'
    """
    line = " ".join(TURNS.sub("", str(text)).split())
    line = LATE.sub(JOINER, line)
    line = SIGNS.sub(lambda sign: f"&#{ord(sign[0])};", line)
    return LIST.sub(lambda item: f"{item[1]}&#{ord(item[2])};", line)


# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), unless it is
# a number.
FORMULA = r"^[=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
NUMBER = r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"


def cells(texts: Any) -> Any:
    """Texts for a CSV file, none of which a spreadsheet will run: an apostrophe before those that
    begin as a formula does. Numbers, also in words, stay as they are.

    Parameters
    ----------
    texts
        Texts (n,), as a sequence, a NumPy or an Arrow array; None stays missing.

    Returns
    -------
    pyarrow.Array
        As many.

    Examples
    --------
    >>> cells(["=1+1", "-5", "a=b"]).to_pylist()
    ["'=1+1", '-5', 'a=b']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    begins = pc.match_substring_regex(found, FORMULA)
    number = pc.match_substring_regex(found, NUMBER)
    runs = pc.and_(begins, pc.invert(number))
    return pc.if_else(runs, pc.binary_join_element_wise("'", found, ""), found)
