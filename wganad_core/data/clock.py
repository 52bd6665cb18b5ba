"""The clock of a recording: which columns tell the time, and what their cells mean in seconds."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.missing import FOLDED

Seconds = NDArray[np.float64]

UNITS = {
    **{"": 1.0, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0},
    **{"ms": 1e-3, "msec": 1e-3, "millis": 1e-3, "milliseconds": 1e-3},
    **{"us": 1e-6, "µs": 1e-6, "micros": 1e-6, "microseconds": 1e-6},
    **{"ns": 1e-9, "nanos": 1e-9, "nanoseconds": 1e-9},
    **{"min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0},
}
# Of these names a column is a clock where its numbers rise; of the surer ones also in disorder.
SURE = (
    *("time", "timestamp", "timestamps", "datetime", "date", "epoch", "unixtime", "unix"),
    *("zeit", "zeitstempel", "datum", "temps"),
)
NAMES = (*SURE, "t", "ts", "seconds", "elapsed", "elapsedtime", "timeelapsed", "secondselapsed")
# Numbers of these sizes count from 1970: the years 1990 to 2100 in each unit.
SINCE_1970 = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
EARLIEST, LATEST = 6.3e8, 4.1e9
# Whole numbers of so many digits that are dates: 20240531, 202405311200, 20240531120000.
CALENDAR = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
# Columns so called may count days, from a day of their own, of the years 1954 to 2119.
COUNT_DAYS = ("date", "datetime", "datum", "datenum")
DAY = 86_400.0
DAYS_AT_1970 = {"Excel": 25_569, "MATLAB": 719_529}
FEWEST_DAYS, MOST_DAYS = -5_569, 54_431
WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
OFFSET = r"[T ]\d\d.*?(Z|z|[+-]\d\d:?(?:\d\d)?)$"  # of a datetime
DAYS_FIRST = ("%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M")
# Months in English words; a month alone begins on its first day.
DAYS = ("%d-%b-%Y", "%d %b %Y", "%d-%B-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
HOURS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
IN_WORDS = (
    *(day + hour for day in DAYS for hour in HOURS),
    *("%b %Y", "%B %Y", "%b-%Y", "%B-%Y"),
)
# Either may be meant: the one that rises more often is.
AMERICAN = ("%d/%m/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S.%f %p")  # hours up to 12
SLASHES = ("%d/%m/%Y %H:%M:%S.%f", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", *AMERICAN)


def name_and_unit(column: str) -> tuple[str, str]:
    """'Acc X (m/s²)' → ('accx', 'm/s²'): letters and digits only, the unit out of brackets."""
    match = re.fullmatch(r"(.*?)[(\[]([^()\[\]]*)[)\]]\s*", column.casefold().replace("μ", "µ"))
    name, unit = match.groups() if match else (column.casefold(), "")
    return re.sub(r"[^a-z0-9]", "", name), unit.strip()


def clock_name(column: str) -> tuple[str, str] | None:
    """What kind of clock a column is called, and its unit where the name has it, as in `time (ms)`
    or `timestamp_ns`; None for other names."""
    name, unit = name_and_unit(column)
    if name in NAMES:
        return name, unit
    word, _, end = column.casefold().strip().rpartition("_")
    plain = name_and_unit(word)[0]
    return (plain, end) if plain in NAMES and end in UNITS else None


def is_clock(column: str, values: Sequence[str]) -> bool:
    """Whether a column of numbers is a clock, by its name and its first values."""
    found = clock_name(column)
    if found is None:
        return False
    numbers = pd.to_numeric(pd.Series([v.replace(",", ".") for v in values if v]), errors="coerce")
    if numbers.isna().any():
        return False
    if numbers.is_monotonic_increasing:
        return True
    return found[0] in SURE and numbers.nunique() > 0.9 * len(numbers)


@dataclasses.dataclass(frozen=True, eq=False)
class Clock:
    """A column of times, read.

    `seconds` (n,): since the first row that has a time, NaN where there is none; `start`: that
    row's own time, since 1970 where `since_1970`. `zone`: of datetimes, "" where they have none,
    else their offset, or "several". `unit`: seconds in one of its numbers. `remark`: how the cells
    were read, where that could have been otherwise; `zone_remark`: what a zone made of times that
    clocks show twice, or not at all.
    """

    seconds: Seconds
    start: float
    since_1970: bool
    zone: str | None
    unit: float
    remark: str
    zone_remark: str = ""

    @property
    def times(self) -> Seconds:
        """(n,): since 1970, or since the clock's own zero."""
        return self.start + self.seconds


def seconds_of(texts: pd.Series[str], column: str) -> tuple[Seconds, str]:
    """`read_clock`'s seconds since the first row that has a time, and its remark."""
    found = read_clock(texts, column)
    return found.seconds, found.remark


def read_clock(
    texts: pd.Series[str],
    column: str,
    zone: str | None = None,
    unit: float | None = None,
    in_order: bool = False,
) -> Clock:
    """What the cells of a column of times (n,) mean.

    ISO datetimes with or without zones, day.month.year, day/month/year or month/day/year, hours of
    a day, and numbers: in the unit of the column's name; else, by their size, in whatever counts
    from 1970; else in `unit` seconds, or seconds. `zone`: of datetimes that have none, "" or None
    for UTC; with None, nobody looks which zones there are. `in_order`: whether the rows follow each
    other, so that times going back within the hour that comes twice, as clocks do, are of the
    second. Raises `DataError` with the row of what is no time, and for a zone that is none.
    """
    texts = texts.str.strip()
    known = ~texts.str.casefold().isin(FOLDED)
    if not known.any():
        raise DataError(f"Column {column!r} holds no time; expected one for each row.")
    numbers = pd.to_numeric(texts.where(known).str.replace(",", "."), errors="coerce")
    if numbers[known].notna().all():
        return _counted(numbers, known, column, unit)
    stamps, remark, since_1970 = _stamps(texts, known, column)
    named = set() if zone is None else _offsets(texts[known])
    shifted = ""
    if zone and not named and since_1970:
        stamps, shifted = _localised(stamps, zone, column, in_order)
    first = stamps[known].iloc[0]
    since = np.asarray((stamps - first).dt.total_seconds(), np.float64)
    told = "" if not named else named.pop() if len(named) == 1 else "several"
    return Clock(since, first.timestamp(), since_1970, told, 1.0, remark, shifted)


def _offsets(texts: pd.Series[str]) -> set[str]:
    found = texts.str.extract(OFFSET, expand=False).dropna().unique()
    return {"+00:00" if offset in "Zz" else offset for offset in found}


def _localised(stamps: pd.Series, zone: str, column: str, in_order: bool) -> tuple[pd.Series, str]:
    """Datetimes that were read as UTC, of that zone, and a remark on clocks that were changed."""
    offset = re.fullmatch(r"(?:UTC)?([+-])(\d\d?):?(\d\d)?", zone)
    wanted: Any = zone
    if offset:
        away = datetime.timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        wanted = datetime.timezone(-away if offset[1] == "-" else away)
    plain = stamps.dt.tz_localize(None)
    try:
        there = plain.dt.tz_localize(wanted, ambiguous="NaT", nonexistent="shift_forward")
    except (ValueError, KeyError, TypeError):
        raise DataError(
            f"There is no time zone {zone!r}; expected UTC, +02:00 or a name such as Europe/Berlin."
        ) from None
    twice = there.isna() & plain.notna()
    never = ~twice & plain.notna() & (there.dt.tz_localize(None) != plain)
    said = []
    if twice.any():
        there, how = _of_two_hours(plain, twice, wanted, in_order)
        said.append(
            f"Column {column!r} has {twice.sum():,} times of an hour that comes twice in {zone}, "
            f"as clocks go back, the first {plain[twice].iloc[0]}; {how}. Write them with their "
            "offset, as in 02:30+01:00, to be sure."
        )
    if never.any():
        said.append(
            f"Column {column!r} has {never.sum():,} times of an hour that clocks pass over in "
            f"{zone}, the first {plain[never].iloc[0]}; taken as the end of that hour."
        )
    return there.dt.tz_convert("UTC"), " ".join(said)


def _of_two_hours(
    plain: pd.Series, twice: pd.Series, zone: Any, in_order: bool
) -> tuple[pd.Series, str]:
    """Datetimes of a zone, of which clocks show some `twice`, and which of the two was taken."""

    def placed(second: Any) -> pd.Series:
        first = np.ones(len(plain), bool)
        first[np.flatnonzero(twice)[second]] = False
        found: pd.Series = plain.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
        return found

    if in_order:
        gone = plain[twice].diff().dt.total_seconds()
        # An hourly clock shows the same again; where all times come more than once it says nothing.
        once = plain[~twice].dropna().is_unique
        back = (gone <= 0) if once else (gone < 0)
        found = placed(back.groupby(plain[twice].dt.date).cummax().to_numpy(bool))
        if back.any() and found.dropna().is_monotonic_increasing:
            return found, "those from where they go back on are taken for the second hour"
    return placed(slice(0)), "they are taken for the first, in summer time"


def _counted(numbers: pd.Series, known: pd.Series, column: str, usual: float | None) -> Clock:
    name, unit = clock_name(column) or name_and_unit(column)
    remark = ""
    if not unit and (dates := _as_dates(numbers, known, name, column)):
        return dates
    if unit and unit not in UNITS:
        raise DataError(f"The time is in s, ms, us, ns, min or h; found {column!r}.")
    epoch = _epoch(numbers[known])
    if not unit and epoch:
        unit, remark = epoch, f"Column {column!r} counts {WORDS[epoch]} since 1970."
    since_1970 = bool(epoch and unit and SINCE_1970[epoch] == UNITS[unit])
    whole = numbers.to_numpy()
    whole = whole.astype(np.float64) if whole.dtype == np.uint64 else whole
    factor = UNITS[unit] if unit or usual is None else usual
    first = whole[int(np.argmax(known))]
    with np.errstate(all="ignore"):  # whoever needs finite times says so
        since = np.asarray((whole - first) * factor, np.float64)  # nanoseconds are whole: exact
    return Clock(since, float(first) * factor, since_1970, None, factor, remark)


def _as_dates(numbers: pd.Series, known: pd.Series, name: str, column: str) -> Clock | None:
    """Numbers that are dates as they are written, or count days as Excel and MATLAB do."""
    there = numbers[known]
    whole = there.dtype.kind in "iu" or bool((there == there.round()).all())
    digits = there.astype(np.int64).astype(str) if whole and there.between(0, 1e15).all() else None
    form = None if digits is None else CALENDAR.get(len(digits.iloc[0]))
    if digits is not None and form:
        stamps = pd.to_datetime(digits, format=form, utc=True, errors="coerce")
        if stamps.notna().all() and stamps.dt.year.between(1970, 2100).all():
            since = (stamps - stamps.iloc[0]).dt.total_seconds().reindex(numbers.index)
            remark = f"Column {column!r} holds dates such as {digits.iloc[0]}."
            seconds = np.asarray(since, np.float64)
            return Clock(seconds, stamps.iloc[0].timestamp(), True, "", 1.0, remark)
    for whose, at_1970 in DAYS_AT_1970.items():
        days = there - at_1970
        if name in COUNT_DAYS and days.between(FEWEST_DAYS, MOST_DAYS).all():
            since_first = np.asarray((numbers - there.iloc[0]) * DAY, np.float64)
            remark = f"Column {column!r} counts days as {whose} does."
            return Clock(since_first, float(days.iloc[0]) * DAY, True, "", DAY, remark)
    return None


def _epoch(numbers: pd.Series) -> str | None:
    """The unit in which all numbers lie between 1990 and 2100; the units are far apart."""
    low, high = float(numbers.min()), float(numbers.max())
    for unit, factor in SINCE_1970.items():
        if low * factor >= EARLIEST and high * factor <= LATEST:
            return unit
    return None


def _stamps(texts: pd.Series[str], known: pd.Series, column: str) -> tuple[pd.Series, str, bool]:
    """Times, how they were read, and whether they have dates."""
    given = texts.where(known)
    stamps = pd.to_datetime(given, format="ISO8601", utc=True, errors="coerce")
    if stamps[known].notna().all():
        return stamps, "", True
    if texts[known].str.match(r"\d\d?:\d\d(:\d\d([.,]\d+)?)?$").all():
        hours = given.str.replace(",", ".")
        hours = hours.where(hours.str.count(":") != 1, hours + ":00")
        return pd.Timestamp(0, tz="UTC") + pd.to_timedelta(hours, errors="coerce"), "", False
    if texts[known].str.match(r"\d\d?:\d\d(:\d\d(\.\d+)?)? ?[AaPp][Mm]$").all():
        today = pd.to_datetime(given, format="mixed", utc=True, errors="coerce")
        return pd.Timestamp(0, tz="UTC") + (today - today.dt.normalize()), "", False
    for form in IN_WORDS:
        if (read := _in_form(given, known, form)) is not None:
            return read, "", True
    found = {}
    for form in (*DAYS_FIRST, *SLASHES, *(f.replace("%d/%m", "%m/%d") for f in SLASHES)):
        if (read := _in_form(given, known, form)) is not None:
            found[form] = read
    if found:
        best = max(
            found, key=lambda form: int((found[form][known].diff().dt.total_seconds() > 0).sum())
        )
        day, month = ("day", "month") if best.startswith("%d") else ("month", "day")
        sign = best[2]
        return found[best], f"Column {column!r} is read as {day}{sign}{month}{sign}year.", True
    row = int(np.argmax((stamps.isna() & known).to_numpy()))
    raise DataError(
        f"Row {row + 1} has the time {texts.iloc[row][:40]!r}; expected seconds or an ISO "
        "datetime such as 2024-05-31T12:00:00.02."
    )


def _in_form(given: pd.Series, known: pd.Series, form: str) -> pd.Series | None:
    """Times of this form; None where some are not. The first is read alone before all, as most
    forms fail there."""

    def read(cells: pd.Series) -> pd.Series:
        return pd.to_datetime(cells, format=form, utc=True, errors="coerce")

    if read(given[known].iloc[:1]).isna().any():
        return None
    found = read(given)
    return found if found[known].notna().all() else None
