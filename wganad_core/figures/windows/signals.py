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
from wganad_core.records import FloatArray

Spec = dict[str, Any]
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
) -> Spec:
    """A window's signals (9, 128) in three panels over one axis of seconds.

    `rebuilt` maps names of signals to what a model made of them, `chosen` are the signals drawn
    strongly. `marks`: two times to mark; `stretch`: a stretch of time to light up; in seconds.
    """
    t = times(signals.shape[-1])
    data = []
    for number, name in enumerate(SIGNALS):
        strong = name in chosen
        data.append(_signal(number, name, t, signals[number], strong))
        if name in rebuilt:
            data.append(_rebuilt(number, name, t, rebuilt[name], strong))
    if marks is not None:
        data += _mark_dots(signals, t, chosen, marks)
    return {"data": data, "layout": _signals_layout(bool(rebuilt), marks, stretch)}


def _panel(number: int) -> str:
    return "y" if number < 3 else f"y{number // 3 + 1}"


def _signal(
    number: int, name: str, t: FloatArray, signal: FloatArray, strong: bool
) -> dict[str, Any]:
    sensor, _, axis = name.rpartition("_")
    return {
        "type": "scatter",
        "mode": "lines",
        "x": t,
        "y": signal,
        "name": name,
        "xaxis": "x",
        "yaxis": _panel(number),
        "opacity": 1 if strong else 0.55,
        "line": {"color": AXES[axis], "width": 2.6 if strong else 1.3},
        "hovertemplate": f"{axis}: %{{y:.3f}} {UNITS[sensor]}<extra></extra>",
    }


def _rebuilt(
    number: int, name: str, t: FloatArray, values: NDArray[np.floating], strong: bool
) -> dict[str, Any]:
    sensor, _, axis = name.rpartition("_")
    return {
        "type": "scatter",
        "mode": "lines",
        "x": t,
        "y": np.asarray(values, np.float32),
        "name": f"{name} rebuilt",
        "xaxis": "x",
        "yaxis": _panel(number),
        "opacity": 1 if strong else 0.5,
        "line": {"color": AXES[axis], "width": 2 if strong else 1.2, "dash": "3px,3px"},
        "hovertemplate": f"{axis} comes back as %{{y:.3f}} {UNITS[sensor]}<extra></extra>",
    }


def _mark_dots(
    signals: FloatArray, t: FloatArray, chosen: Sequence[str], marks: Pair
) -> list[dict[str, Any]]:
    """The chosen signals' values at both times."""
    at = [int(np.abs(t - mark).argmin()) for mark in marks]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": t[at],
            "y": signals[number][at],
            "xaxis": "x",
            "yaxis": _panel(number),
            "name": "times",
            "hoverinfo": "skip",
            "marker": {"size": 11, "color": list(TIMES), "line": {"width": 2, "color": "#FFFFFF"}},
        }
        for number, name in enumerate(SIGNALS)
        if name in chosen
    ]


def _signals_layout(dashed: bool, marks: Pair | None, stretch: Pair | None) -> dict[str, Any]:
    layout: dict[str, Any] = {
        "height": 480,
        "margin": {"l": 44, "r": 6, "t": 40, "b": 42},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "select",
        "selectdirection": "h",
        "newselection": {"line": {"width": 0}},
        "shapes": [],
        "annotations": [],
        "xaxis": {
            "anchor": "y3",
            "range": [0, 2.55],
            "nticks": 7,
            "fixedrange": True,
            "title": {"text": "seconds", "standoff": 4},
        },
    }
    for i, (sensor, title) in enumerate(SENSORS.items()):
        mark = "" if i == 0 else str(i + 1)
        top = 1 - i * 0.345
        layout[f"yaxis{mark}"] = {
            "domain": [max(0, top - 0.275), top],
            "anchor": "x",
            "nticks": 5,
            "fixedrange": True,
            "zeroline": True,
        }
        layout["annotations"].append(_words(f"<b>{title}</b>, {UNITS[sensor]}", 0, top))
    key = "  ".join(f'<span style="color:{c}">━</span> {name}' for name, c in AXES.items())
    key += "   ┅ comes back" if dashed else ""
    layout["annotations"].append(_words(key, 1, 1, right=True))
    if stretch is not None:
        layout["shapes"].append(_band(stretch))
    for at, colour, letter in zip(marks or (), TIMES, "ij", strict=False):
        layout["shapes"].append(_upright(at, colour))
        layout["annotations"].append(_letter(at, letter, colour))
    return layout


def _words(text: str, x: float, y: float, right: bool = False) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "xanchor": "right" if right else "left",
        "yanchor": "bottom",
        "font": {"size": 13},
    }


def _band(stretch: Pair) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": stretch[0],
        "x1": stretch[1],
        "y0": 0,
        "y1": 1,
        "fillcolor": LIT,
        "line": {"width": 0},
        "layer": "below",
    }


def _upright(at: float, colour: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 2},
    }


def _letter(at: float, letter: str, colour: str) -> dict[str, Any]:
    return {
        "text": f"<b><i>{letter}</i></b>",
        "x": at,
        "xref": "x",
        "y": 0,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "left",
        "xshift": 2,
        "showarrow": False,
        "font": {"color": colour, "size": 15},
    }


# The blame


def blame_bars(terms: Mapping[str, float]) -> Spec:
    """Each signal's share of a reconstruction's error, in the order of `SIGNALS`."""
    names = [name for name in SIGNALS if name in terms]
    whole = sum(terms.values()) or 1.0
    if not names:
        raise ValueError(f"Expected errors of signals; found {', '.join(terms) or 'none'}.")
    shares = [terms[name] / whole for name in names]
    words = [f"{SENSORS[n.rpartition('_')[0]]} {n[-1]}" for n in names]
    height = 26 * len(names) + 60
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": shares,
                "y": words,
                "name": "share",
                "marker": {"color": [AXES[name[-1]] for name in names]},
                "cliponaxis": False,
                "text": [f"{share:.0%}" for share in shares],
                "textposition": "outside",
                "customdata": [terms[name] for name in names],
                "hovertemplate": "%{y}: %{x:.1%} (%{customdata:.3g})<extra></extra>",
            }
        ],
        "layout": {
            "height": height,
            "margin": {"l": 140, "r": 44, "t": 6, "b": 36},
            "bargap": 0.28,
            "showlegend": False,
            "dragmode": False,
            "xaxis": {"tickformat": ".0%", "rangemode": "tozero", "nticks": 5, "fixedrange": True},
            "yaxis": {"autorange": "reversed", "type": "category", "fixedrange": True},
        },
    }
