"""Tables that are drawn with lines, as Markdown, psql and mysql write them, as rows that a bar
parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.streams import changed, whole_lines

RULE = re.compile(rb"(?m)^[ \t]*(?:[|+][ \t]*)?:?-{2,}[-+|: \t]*(?=\r?$)")
FOOT = re.compile(rb"(?m)^\(\d+ rows?\)(?=\r?$)")  # of psql
BARS = re.compile(rb"(?m)^[ \t]*\||\|[ \t]*(?=\r?$)")
AROUND = re.compile(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)|[ \t]*(\|)[ \t]*")
LOOKED_AT = 1 << 12  # bytes


def undrawn(file: OwnFile, remarks: list[str]) -> OwnFile:
    """Without lines between rows and bars at their ends; other files as they are."""
    lines = [line.strip() for line in file.first(LOOKED_AT).split(b"\n") if line.strip()][:3]
    ruled = any(RULE.fullmatch(line) and set(line) & set(b"|+") for line in lines)
    names = next((line for line in lines if not RULE.fullmatch(line)), b"")
    if not ruled or b"|" not in names:
        return file
    remarks.append("The table is drawn with lines, which are left out.")
    framed = names.startswith(b"|")

    def change(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for some in whole_lines(pieces):
            bare = FOOT.sub(b"", RULE.sub(b"", some))
            yield AROUND.sub(rb"\1", BARS.sub(b"", bare) if framed else bare)

    return changed(file, change)
