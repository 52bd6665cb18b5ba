"""JSON of people's own as a table: records in a list or one a line, or columns by name."""

from __future__ import annotations

import json
import re
from typing import Any

from wganad_core.data import DataError

MAX_JSON_BYTES = 200_000_000  # which are some gigabytes once they are objects
BEGINS = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\d\]-])")  # no text such as {5} or [mm]


def begins_as_json(start: bytes) -> bool:
    return BEGINS.match(start.removeprefix(b"\xef\xbb\xbf")) is not None


def table_of_json(data: bytes) -> bytes:
    """The table as parquet: of records inside of records, names joined by a point. Raises
    `DataError` for JSON that is no table, `ValueError` for what is no JSON.

    Examples
    --------
    >>> from wganad_core.data.own.json_table import table_of_json
    >>> table_of_json(b'{"a": 1, "b": 2.5}\\n{"a": 3, "b": 4}')[:4]
    b'PAR1'
    """
    if len(data) > MAX_JSON_BYTES:
        raise DataError(
            f"Expected at most {MAX_JSON_BYTES // 10**6} MB of JSON; found "
            f"{len(data) / 1e6:,.0f} MB. Save the table as CSV or parquet."
        )
    text = data.decode("utf-8-sig")
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    frame = _frame(found)
    frame.columns = [f"x{at}" if isinstance(at, int) else str(at) for at in frame.columns]
    for name, kind in frame.dtypes.items():
        if kind.kind not in "fiub":
            frame[name] = _plain(frame[name])
    return bytes(frame.to_parquet(index=False))


def _frame(found: Any) -> Any:
    import pandas as pd  # not before: pages that read no such file shall not wait for it

    if isinstance(found, dict) and {"columns", "data"} <= set(found):  # pandas, orient="split"
        return pd.DataFrame(found["data"], columns=found["columns"])
    if isinstance(found, dict) and found:
        kinds = {type(value) for value in found.values()}
        if kinds in ({list}, {dict}):
            return pd.DataFrame(found)
        if not kinds & {list, dict}:
            return pd.DataFrame([found])
    if isinstance(found, list) and found:
        kinds = {type(value) for value in found}
        if kinds == {dict}:
            return pd.json_normalize(found)
        if kinds == {list}:
            return pd.DataFrame(found)
    what = (
        f"an object of {', '.join(map(repr, list(found)[:5]))}"
        if isinstance(found, dict)
        else "none"
    )
    raise DataError(
        f"Expected records of JSON in a list or one a line, or columns by name; found {what}. Save "
        "the table as CSV or parquet."
    )


def _plain(column: Any) -> Any:
    """Numbers where all that is there are such, also in quotes; else texts."""
    import pandas as pd

    there = column.notna()
    if there.any() and not column[there].map(type).eq(bool).any():
        numbers = pd.to_numeric(column, errors="coerce")
        if numbers[there].notna().all():
            return numbers
    return column.map(lambda cell: cell if isinstance(cell, str) else json.dumps(cell), "ignore")
