"""How people write numbers: thousands parted, a currency or a unit beside them, brackets or a dash
at the end for a minus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# What Arrow takes for a number; Python also knows 1_000.
NUMBER = re.compile(
    r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII
)
BLANKS = " \u00a0\u2009\u202f"
MONEY = "USD|EUR|CHF|GBP|JPY|[$€£¥₹₩]"
UNITS = (
    "%|°C|°F|°|kg|mg|lb|oz|km|cm|mm|µm|ms|µs|us|ns|min|mV|kV|mA|kWh|MWh|kW|MW|kJ|kN|kPa|hPa|MPa|Pa"
    "|mbar|bar|psi|rpm|kHz|MHz|GHz|Hz|ml|m/s²|m/s|km/h|mph|m³/h|m³|dB|ppm|kB|KB|MB|GB|TB"
    "|l/min|l/s|l/h|L/min|L/s|L/h|W/m²|µg/m³|mg/l|g/l|kg/h|1/min|U/min|bar[(]?[ag][)]?|Nm|N/m"
)
LETTERS = "[AVWshgmlLKCFNJdtΩ]"  # beside a blank: 2 A is a current, 2A may be a seat
# By the decimal point: thousands, parted by something else, or not.
DIGITS = {
    point: rf"[0-9]{{1,3}}(?:[{mark}'’{BLANKS}][0-9]{{3}})+(?:[{point}][0-9]*)?"
    rf"|[0-9]+[{point}]?[0-9]*|[{point}][0-9]+"
    for point, mark in ((".", ","), (",", "."))
}
ANY = rf"[0-9.,'’{BLANKS}]*[0-9][.,]?"


def _form(digits: str) -> str:
    return (
        rf"^(?P<open>\(?)(?P<early>[-+−]?)[{BLANKS}]*(?P<before>(?:{MONEY})?)[{BLANKS}]*"
        rf"(?P<minus>[-+−]?)(?P<number>(?:{digits})(?:[eE][-+]?[0-9]+)?)"
        rf"(?P<after>(?:[{BLANKS}]*(?:{MONEY}|{UNITS})|[{BLANKS}]+{LETTERS})?)"
        r"(?P<late>-?)(?P<close>\)?)$"
    )


FORMS = {point: _form(digits) for point, digits in DIGITS.items()}  # Arrow's and Python's alike
PYTHON = {point: re.compile(form) for point, form in FORMS.items()}
LOOSE = re.compile(_form(ANY))


def digits_of(value: str) -> str:
    """A number without what stands around it and parts it as no decimal point does."""
    found = LOOSE.match(value)
    return re.sub(rf"['’{BLANKS}]", "", found["number"]) if found else value


def plain(value: str, point: str) -> bool:
    return NUMBER.fullmatch(value.replace(point, ".", 1)) is not None


def sign_of(found: re.Match[str]) -> str:
    return found["before"] or found["after"].strip(BLANKS)


def count_numbers(known: Sequence[str], point: str) -> int:
    """How many of a column's first values are numbers; none of several currencies or units, or
    where letters stand beside some of them only."""
    found = [PYTHON[point].match(value) for value in known]
    signs = {sign_of(match) for match in found if match} - {""}
    n = sum(bool(match) or plain(v, point) for match, v in zip(found, known, strict=True))
    lettered = any(sign.isalpha() for sign in signs)
    return 0 if len(signs) > 1 or (lettered and n < len(known)) else n


def remarks_on(known: Sequence[str], point: str) -> tuple[str, ...]:
    """How a column's numbers are read that are not plain: nothing where all are."""
    marks, sign, minus = set(), "", ""
    for value in known:
        if plain(value, point) or not (found := PYTHON[point].match(value)):
            continue
        marks |= set(re.sub(rf"[0-9eE+{point}-]", "", found["number"]))
        sign = sign or sign_of(found)
        minus = minus or ("(12)" if found["open"] else "12-" if found["late"] else "")
    said = [
        f"{'a blank' if mark in BLANKS else repr(mark)} is read as what parts thousands."
        for mark in sorted(marks)
    ]
    said += [f"12{'' if sign == '%' else ' '}{sign} is read as 12."] * bool(sign)
    return (*said, *([f"{minus} is read as -12."] if minus else ()))


def odd(known: Sequence[str], point: str) -> bool:
    """Whether Arrow does not know some of these numbers as such."""
    return any(PYTHON[point].match(value) and not plain(value, point) for value in known)


def as_numbers(cells: Any, point: str, sign: str) -> tuple[Any, Any]:
    """Cells (a chunked array of strings, null where missing) as numbers, and which of them are
    none, or have another sign than the column's (which some may lack)."""
    found = pc.extract_regex(cells, FORMS[point])

    def part(name: str) -> Any:
        return pc.struct_field(found, name)

    def has(name: str, marks: Sequence[str]) -> Any:
        return pc.is_in(part(name), pa.array(marks))

    own = pc.binary_join_element_wise(part("before"), part("after"), "")
    own = pc.utf8_trim(own, BLANKS)
    good = pc.and_(
        pc.is_in(own, pa.array(["", sign])), pc.equal(has("open", ["("]), has("close", [")"]))
    )
    wrong = pc.and_not(pc.is_valid(cells), pc.fill_null(good, False))
    bare = pc.replace_substring_regex(part("number"), f"[^0-9eE+{point}-]", "")
    values = pc.cast(pc.replace_substring(bare, ",", "."), pa.float64())
    negative = pc.or_(
        pc.or_(has("early", "-−"), has("minus", "-−")), pc.or_(has("open", "("), has("late", "-"))
    )
    return pc.if_else(negative, pc.negate(values), values), wrong


def sign_among(known: Sequence[str], point: str) -> str:
    """The currency or the unit of a column."""
    matches = filter(None, map(PYTHON[point].match, known))
    return next(filter(None, map(sign_of, matches)), "")
