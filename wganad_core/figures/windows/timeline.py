"""A recording with its scores along time: what was flagged, beside the signals and the truth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.recording import Recording
from wganad_core.data.timeline import Bout, Timeline, flagged
from wganad_core.figures import style
from wganad_core.figures.style import Part
from wganad_core.figures.windows.signals import AXES

FLAGGED, PASSED = style.VERMILLION, style.BLUE
SENSORS = {"total_acc": "Total acceleration in g", "body_gyro": "Rotation in rad/s"}
N_DRAWN = 4_000  # points of a line; longer ones keep the extremes of equal pieces
HEIGHTS = {"truth": 26, "total_acc": 150, "body_gyro": 130, "score": 150}
TITLE, MARGIN = 30, {"l": 52, "r": 8, "t": 4, "b": 42}
THRESHOLD = "threshold"  # the name of the line that can be moved


def recording_strip(
    line: Timeline,
    score: NDArray[np.floating],
    threshold: float,
    start: float,
    log: bool = False,
    truth: Sequence[Bout] = (),
    abnormal: str = "",
) -> Part:
    """Signals over time, under them the score (n,) of every window and the threshold, a line to
    drag; what is flagged is shaded everywhere. `truth` adds a band of what was really done.

    The axis holds all scores and `start`, the threshold before it is moved, so that it rests
    while the line is dragged.
    """
    sensors = [name for name in SENSORS if line.has(name)]
    panels = (["truth"] if truth else []) + sensors + ["score"]
    found = flagged(line, score, threshold)
    start_to_end = [part.start for part in found], [part.end for part in found]
    data: list[Part] = []
    layout = _layout(panels, line)
    for number, panel in enumerate(panels, start=1):
        axis = style.axes(number)["yaxis"]
        if panel == "truth":
            data += _truth(truth, abnormal, axis)
            continue
        scale: Part = {}
        if panel == "score":
            low, high = limits(np.append(score, start), log)
            data += _scores(line, score, threshold, (low, high), axis)
            scale = {"type": "log", "dtick": 1} if log else {"type": "linear"}
            moved = {"name": THRESHOLD, "editable": True, "xref": "paper", "yref": axis}
            ends = (threshold, threshold)
            layout["shapes"] = [style.straight((0, 1), ends, style.ORANGE, 3, **moved)]
        else:
            low, high = _range(line.recording, panel)
            data += _signals(line.recording, panel, axis)
        ends = (math.log10(low), math.log10(high)) if "dtick" in scale else (low, high)
        layout[_long(axis)] |= {**scale, "range": list(ends)}
        shade = _areas(*start_to_end, low, high, axis, style.faint(FLAGGED, 0.16))
        data.append(shade | {"name": "flagged"})
    return {"data": data, "layout": layout}


def limits(values: NDArray[np.floating], log: bool) -> tuple[float, float]:
    """The ends of an axis that shows these values with a little room."""
    low, high = float(values.min()), float(values.max())
    if log:
        room = (high / low) ** 0.06 if high > low else 2.0
        return low / room, high * room
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def thinned(time: NDArray[np.float64], values: NDArray[np.float64], n: int = N_DRAWN) -> Any:
    """A line of about n points or fewer: of each of n/2 equal pieces the lowest and the highest,
    in their order."""
    if len(time) <= n:
        return time, values
    edges = np.linspace(0, len(time), n // 2 + 1).astype(int)
    kept = []
    for first, stop in itertools.pairwise(edges.tolist()):
        piece = values[first:stop]
        kept += sorted({first + int(piece.argmin()), first + int(piece.argmax())})
    return time[kept], values[kept]


def _signals(recording: Recording, sensor: str, axis: str) -> list[Part]:
    """The three lines of a sensor, broken where the recording has a gap."""
    breaks = np.flatnonzero(np.diff(recording.time) > recording.max_gap) + 1
    share = max(200, N_DRAWN // (len(breaks) + 1))
    traces = []
    for name, colour in AXES.items():
        values = recording.values[:, recording.channels.index(f"{sensor}_{name}")]
        x: list[Any] = []
        y: list[Any] = []
        for at, piece in zip(
            np.split(recording.time, breaks), np.split(values, breaks), strict=True
        ):
            some_x, some_y = thinned(at, piece, share)
            x += [some_x, [np.nan]]
            y += [some_y, [np.nan]]
        hover = f"{name} %{{y:.3g}} at %{{x:.2f}} s<extra></extra>"
        look = {"line": {"color": colour, "width": 1}, "showlegend": False}
        trace = style.scatter("lines", _drawn(np.concatenate(x)), _drawn(np.concatenate(y)), **look)
        traces.append(trace | {"yaxis": axis, "name": name, "hovertemplate": hover})
    return traces


def _range(recording: Recording, sensor: str) -> tuple[float, float]:
    index = [recording.channels.index(f"{sensor}_{name}") for name in AXES]
    return limits(recording.values[:, index], log=False)


def _scores(
    line: Timeline,
    score: NDArray[np.floating],
    threshold: float,
    ends: tuple[float, float],
    axis: str,
) -> list[Part]:
    """Filled steps, one colour above the threshold and one below."""
    above = score > threshold
    traces = [
        _areas(
            line.begin[mine], line.end[mine], ends[0], score[mine], axis, style.faint(colour, 0.75)
        )
        | {"line": {"width": 0.6, "color": colour}, "name": name}
        for name, colour, mine in (("passed", PASSED, ~above), ("above", FLAGGED, above))
    ]
    middles = style.scatter(
        "markers",
        _drawn((line.begin + line.end) / 2),
        _drawn(score),
        yaxis=axis,
        showlegend=False,
        marker={"size": 9, "opacity": 0},
        hovertemplate="score %{y:.3g} at %{x:.1f} s<extra></extra>",
    )
    return [*traces, middles]


def _truth(truth: Sequence[Bout], abnormal: str, axis: str) -> list[Part]:
    """A band of bouts, the abnormal activity in colour; neighbours of one kind share a word."""
    traces: list[Part] = []
    for colour, wanted in (
        (style.faint(style.GREY, 0.25), False),
        (style.faint(FLAGGED, 0.8), True),
    ):
        mine = [bout for bout in truth if (bout.activity == abnormal) == wanted]
        begin, end = [bout.start for bout in mine], [bout.end for bout in mine]
        traces.append(_areas(begin, end, 0, 1, axis, colour))
    words = _words(truth)
    text = [f"<b>{name}</b>" if name == abnormal else name for _, name in words]
    look = {"textfont": {"size": 14}, "hoverinfo": "skip", "cliponaxis": False}
    named = style.scatter("text", [at for at, _ in words], [0.5] * len(words), text=text, **look)
    return [*traces, named | {"yaxis": axis, "showlegend": False}]


def _areas(begin: Any, end: Any, low: Any, high: Any, axis: str, colour: str) -> Part:
    """Filled rectangles from `begin` to `end` (n,) and from `low` to `high`, as one trace."""
    begin, end, low, high = np.broadcast_arrays(*map(np.asarray, (begin, end, low, high)))
    gap = np.full(begin.shape, np.nan)
    x = _drawn(np.stack([begin, begin, end, end, begin, gap], axis=1))
    y = _drawn(np.stack([low, high, high, low, low, gap], axis=1))
    look = {"fill": "toself", "fillcolor": colour, "line": {"width": 0}}
    return style.scatter("lines", x, y, yaxis=axis, **look, hoverinfo="skip", showlegend=False)


def _drawn(values: NDArray[Any]) -> NDArray[np.float32]:
    """As the browser gets them: flat, in single precision."""
    return values.ravel().astype(np.float32)


def _words(truth: Sequence[Bout]) -> list[tuple[float, str]]:
    """Where to write what was done: once for all bouts of it in a row."""
    merged: list[Bout] = []
    for bout in truth:
        if merged and merged[-1].activity == bout.activity:
            merged[-1] = Bout(merged[-1].start, bout.end, bout.activity)
        else:
            merged.append(bout)
    return [((bout.start + bout.end) / 2, bout.activity) for bout in merged]


def _layout(panels: Sequence[str], line: Timeline) -> Part:
    """Panels one below the other with a title each and one axis of time."""
    inner = sum(HEIGHTS[panel] + TITLE for panel in panels)
    layout: Part = {
        "height": inner + MARGIN["t"] + MARGIN["b"],
        "margin": MARGIN,
        "annotations": [],
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {
            "title": {"text": "seconds", "standoff": 4},
            "zeroline": False,
            "range": [float(line.recording.time[0]), float(line.recording.time[-1])],
            "anchor": style.axes(len(panels))["yaxis"],
        },
    }
    top = 1.0
    for number, panel in enumerate(panels, start=1):
        top -= TITLE / inner
        bottom = top - HEIGHTS[panel] / inner
        layout[_long(style.axes(number)["yaxis"])] = {
            "domain": [max(0.0, bottom), top],
            "fixedrange": True,
            "zeroline": False,
            **({"range": [0, 1], "visible": False} if panel == "truth" else {"nticks": 5}),
        }
        layout["annotations"].append(style.note(_title(panel), 0, top))
        top = bottom
    narrow = {"margin": MARGIN | {"l": 38, "r": 2}}
    layout["meta"] = {"narrow": narrow}
    return layout


def _title(panel: str) -> str:
    if panel == "truth":
        return "What was really done"
    if panel == "score":
        return f"<b>Anomaly score</b>, {style.key(style.ORANGE, 'threshold (drag it)', '━')}"
    lines = " ".join(style.key(colour, name, "━") for name, colour in AXES.items())
    return f"{SENSORS[panel]}  {lines}"


def _long(axis: str) -> str:
    """`y2` → `yaxis2`."""
    return axis.replace("y", "yaxis")
