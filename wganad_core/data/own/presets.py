"""Files that are known by their header: exports of phones and sensors, and public data sets.

What a column is, as their makers document it; a table of facts, which `proposals` prefers to what
it would guess.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

UNNAMED = 0


@dataclasses.dataclass(frozen=True)
class Preset:
    """`columns`: patterns of names (in lower case, without blanks around) that are all there;
    `unnamed`: instead, how many columns a file without names has. `roles`: what those of these
    patterns are, where that is not what one would guess. `said`: what to know of such files."""

    name: str
    columns: tuple[str, ...] = ()
    roles: Mapping[str, str] = dataclasses.field(default_factory=dict)
    said: str = ""
    unnamed: int = UNNAMED


PRESETS = (
    Preset("phyphox", (r"time \(s\)", r".+ \((m/s\^2|rad/s|µt|hpa|°|lx|a\. ?u\.)\)")),
    Preset(
        "Sensor Logger",
        ("time", "seconds_elapsed"),
        {"seconds_elapsed": "time", "time": "leave out"},
        "its clock is seconds_elapsed",
    ),
    Preset("Physics Toolbox", ("time", "gfx", "gfy", "gfz")),
    Preset("Physics Toolbox", ("time", "ax", "ay", "az", "at(otal)?")),
    Preset(
        "PicoQuake",
        ("count", "a_x", "a_y", "a_z", "g_x", "g_y", "g_z"),
        {"count": "leave out"},
        "count numbers the samples; its data_rate is in the lines before the header",
    ),
    Preset("LabVIEW", ("x_value", "(?!x_value).+"), {"x_value": "time"}, "its clock is X_Value"),
    Preset("SKAB", ("datetime", "accelerometer1rms", "volume flow raterms", "anomaly")),
    Preset(
        "SWaT",
        ("timestamp", "fit101", "lit101", "normal/attack"),
        {"timestamp": "time", "normal/attack": "label"},
    ),
    Preset(
        "WADI",
        ("row", "date", "time", r"[12]_\w+_(pv|status|co|sp)"),
        {"row": "leave out", "attack la.*": "label"},
        "its clock is two columns, Date and Time, which are joined",
    ),
    Preset(
        "C-MAPSS",
        unnamed=26,
        roles={"x0": "group", "x1": "leave out"},
        said="x0 is the unit, x1 its cycle, x2 to x4 are settings and x5 to x25 sensors",
    ),
    Preset(
        "NAB",
        ("timestamp", "value"),
        said="its labels are windows in a second file (--label-ranges)",
    ),
)


def preset_of(names: Sequence[str], named: bool) -> Preset | None:
    """The first whose columns are all there; NAB, whose names are anybody's, only without others.

    Examples
    --------
    >>> from wganad_core.data.own.presets import preset_of
    >>> preset_of(("time", "seconds_elapsed", "z", "y", "x"), True).name
    'Sensor Logger'
    """
    plain = [_plain(name) for name in names]
    if not named:
        return next((one for one in PRESETS if one.unnamed == len(names)), None)
    for preset in PRESETS:
        found = [any(re.fullmatch(each, name) for name in plain) for each in preset.columns]
        alone = preset.name != "NAB" or len(plain) == len(found)
        if found and all(found) and alone:
            return preset
    return None


def role_in(preset: Preset, name: str) -> str | None:
    """What the preset says of a column, if anything."""
    plain = _plain(name)
    return next((r for each, r in preset.roles.items() if re.fullmatch(each, plain)), None)


def _plain(name: str) -> str:
    return name.strip().casefold().replace("μ", "µ")
