"""Windows of a waist-worn phone: the nine signals of one, and which of them is to blame.

The axes x, y and z have one colour each, wherever they are drawn. What a model made of a signal is
dashed in the signal's colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.har import RATE, SIGNALS
from wganad_core.figures import style
from wganad_core.figures.style import Part
from wganad_core.records import FloatArray

Pair = tuple[float, float]

SENSORS = {
    "body_acc": "Body acceleration",
    "body_gyro": "Gyroscope",
    "total_acc": "Total acceleration",
}
UNITS = {"body_acc": "g", "body_gyro": "rad/s", "total_acc": "g"}
AXES = {"x": style.BLUE, "y": style.ORANGE, "z": style.GREEN}
TIMES = (style.VERMILLION, style.PURPLE)  # of the times i and j
LIT = "rgba(230,159,0,0.26)"  # a stretch of time that was brushed


def times(length: int) -> NDArray[np.float32]:
    """Seconds since a window's start."""
    return (np.arange(length) / RATE).astype(np.float32)


def nine_signals(
    signals: FloatArray,
    rebuilt: Mapping[str, NDArray[np.floating]],
    chosen: Sequence[str],
    marks: Pair | None = None,
    stretch: Pair | None = None,
) -> Part:
    """A window's signals (9, 128) in three panels over one axis of seconds.

    `rebuilt` maps names of signals to what a model made of them, `chosen` are the signals drawn
    strongly. `marks`: two times to mark; `stretch`: a stretch of time to light up; in seconds.
    """
    t = times(signals.shape[-1])
    data = []
    for number, name in enumerate(SIGNALS):
        strong = name in chosen
        data.append(_line(number, name, t, signals[number], strong, back=False))
        if name in rebuilt:
            data.append(_line(number, name, t, rebuilt[name], strong, back=True))
    if marks is not None:
        data += _mark_dots(signals, t, chosen, marks)
    return {"data": data, "layout": _signals_layout(bool(rebuilt), marks, stretch)}


def _line(number: int, name: str, t: FloatArray, values: Any, strong: bool, back: bool) -> Part:
    """A signal or, dashed, what came back of it."""
    sensor, _, axis = name.rpartition("_")
    comes = " comes back as" if back else ":"
    widths = (2, 1.2) if back else (2.6, 1.3)
    line = {"color": AXES[axis], "width": widths[0] if strong else widths[1]}
    return style.scatter(
        "lines",
        t,
        np.asarray(values, np.float32),
        name=f"{name} rebuilt" if back else name,
        **style.axes(1) | {"yaxis": _panel(number)},
        opacity=1 if strong else 0.5 if back else 0.55,
        line=line | ({"dash": "3px,3px"} if back else {}),
        hovertemplate=f"{axis}{comes} %{{y:.3f}} {UNITS[sensor]}<extra></extra>",
    )


def _panel(number: int) -> str:
    return "y" if number < 3 else f"y{number // 3 + 1}"


def _mark_dots(
    signals: FloatArray, t: FloatArray, chosen: Sequence[str], marks: Pair
) -> list[Part]:
    """The chosen signals' values at both times."""
    at = [int(np.abs(t - mark).argmin()) for mark in marks]
    marker = {"size": 11, "color": list(TIMES), "line": {"width": 2, "color": "#FFFFFF"}}
    same = {"xaxis": "x", "name": "times", "hoverinfo": "skip", "marker": marker}
    return [
        style.scatter("markers", t[at], signals[number][at], yaxis=_panel(number), **same)
        for number, name in enumerate(SIGNALS)
        if name in chosen
    ]


def _signals_layout(dashed: bool, marks: Pair | None, stretch: Pair | None) -> Part:
    time = {"anchor": "y3", "range": [0, 2.55], "nticks": 7, "fixedrange": True}
    layout: Part = {
        "height": 460,
        "margin": {"l": 48, "r": 6, "t": 26, "b": 46},
        "showlegend": False,
        "hovermode": "closest",
        **{"dragmode": "select", "selectdirection": "h", "newselection": {"line": {"width": 0}}},
        **{"shapes": [], "annotations": []},
        "xaxis": {**time, "title": {"text": "seconds", "standoff": 4}},
    }
    notes, shapes = layout["annotations"], layout["shapes"]
    for i, (sensor, title) in enumerate(SENSORS.items()):
        top = 1 - i * 0.345
        place = {"domain": [max(0, top - 0.275), top], "anchor": "x"}
        plain = {"nticks": 5, "fixedrange": True, "zeroline": True}
        layout[_panel(3 * i).replace("y", "yaxis")] = {**place, **plain}
        notes.append(style.note(f"<b>{title}</b>, {UNITS[sensor]}", 0, top))
    key = "  ".join(style.key(colour, name, "━") for name, colour in AXES.items())
    key += "   ┅ comes back" if dashed else ""
    notes.append(style.note(key, 1, 1, xanchor="right"))
    on = {"xref": "x", "yref": "paper"}
    if stretch is not None:
        shapes.append(style.rectangle(stretch, (0, 1), LIT, layer="below", **on))
    for at, colour, letter in zip(marks or (), TIMES, "ij", strict=False):
        shapes.append(style.straight((at, at), (0, 1), colour, 2, **on))
        words = style.note(f"<b><i>{letter}</i></b>", at, 0, 15, **on, xshift=2)
        words["font"]["color"] = colour
        notes.append(words)
    return layout


# The blame


def blame_bars(terms: Mapping[str, float]) -> Part:
    """Each signal's share of a reconstruction's error, in the order of `SIGNALS`."""
    names = [name for name in SIGNALS if name in terms]
    whole = sum(terms.values()) or 1.0
    if not names:
        raise ValueError(f"Expected errors of signals; found {', '.join(terms) or 'none'}.")
    shares = [terms[name] / whole for name in names]
    words = [f"{SENSORS[n.rpartition('_')[0]]} {n[-1]}" for n in names]
    fixed = {"fixedrange": True}
    bars = {
        "type": "bar",
        "orientation": "h",
        **{"x": shares, "y": words, "name": "share", "cliponaxis": False},
        "marker": {"color": [AXES[name[-1]] for name in names]},
        "text": [f"{share:.0%}" for share in shares],
        "textposition": "outside",
        "customdata": [terms[name] for name in names],
        "hovertemplate": "%{y}: %{x:.1%} (%{customdata:.3g})<extra></extra>",
    }
    layout = {
        "height": 26 * len(names) + 60,
        "margin": {"l": 140, "r": 44, "t": 6, "b": 36},
        **{"bargap": 0.28, "showlegend": False, "dragmode": False},
        "xaxis": {**fixed, "tickformat": ".0%", "rangemode": "tozero", "nticks": 5},
        "yaxis": {**fixed, "autorange": "reversed", "type": "category"},
    }
    return {"data": [bars], "layout": layout}
