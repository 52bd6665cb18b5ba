"""The whole figure.

Left, on one axis of scores: histogram, expected cost, boxes by class. Right: precision-recall and
ROC curves. The curves are drawn once per data set; what depends on the threshold are shapes with
names, whose new places `marks` gives.
"""

from __future__ import annotations

import math

from wganad_core import evaluation, outside
from wganad_core.evaluation import Curve
from wganad_core.figures import style
from wganad_core.figures.cockpit import curves, panels
from wganad_core.figures.cockpit.drawn import Drawn
from wganad_core.figures.cockpit.marks import COST, PR, ROC, follow, marks
from wganad_core.figures.style import Part

MARK = style.ORANGE
RADIUS, SMALL = 7, 5  # pixels

# Where the panels of the score axis are, as shares of their common height; the same proportions
# wide and narrow, so that one shape crosses all three in both.
STACK = {"yaxis": (0.65, 1.0), "yaxis2": (0.455, 0.56), "yaxis3": (0.0, 0.37)}
SHORT_STACK = {"yaxis": (0.46, 1.0), "yaxis3": (0.0, 0.37)}  # without curves
NARROW_STACK = 0.49  # where the stack begins when everything stands below each other
LETTERS, NARROW_LETTERS = 14, 12  # pixels, of all words in the figure


def cockpit_figure(drawn: Drawn, threshold: float) -> Part:
    """All panels, with every mark where this threshold puts it; `live_chart` draws it."""
    both = drawn.two_classes
    lines = both + drawn.second_drawn  # of captions, beyond the first
    boxes, classes = panels.boxes(drawn)
    histogram = panels.histogram(drawn)
    data = [*histogram, *boxes]
    if both:
        data += [*panels.cost(drawn), *curves.precision_recall(drawn), *curves.roc(drawn)]
    layout = {
        "height": (524 if both else 430) + 40 * max(0, len(classes) - 10),
        "font": {"size": LETTERS},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "uirevision": "cockpit",
        "boxmode": "overlay",
        "margin": {"l": 84, "r": 60 if both else 12, "t": 26 + 19 * lines, "b": 44},
        **_axes(drawn, histogram, classes),
        "annotations": _captions(drawn),
        "shapes": _shapes(drawn, threshold),
        "meta": {"narrow": _narrow(drawn), "follow": follow(drawn)},
    }
    return {"data": data, "layout": layout}


def _axes(drawn: Drawn, histogram: list[Part], classes: list[str]) -> Part:
    both, fixed = drawn.two_classes, {"fixedrange": True, "zeroline": False}
    words = "anomaly score" + " (logarithmic)" * drawn.axis.log
    counts: Part = {"rangemode": "tozero", "nticks": 5}
    peak = max((float(trace["y"].max()) for trace in histogram), default=1.0)
    if drawn.log_counts:
        counts = {"type": "log", "range": [math.log10(0.7), math.log10(1.3 * peak)], "dtick": 1}
    elif peak < 5:
        counts["dtick"] = 1
    rows = {"tickvals": list(range(len(classes)))[::-1], "ticktext": classes, "showgrid": False}
    axes: Part = {
        "xaxis": {
            **fixed,
            "anchor": "y3",
            "range": drawn.axis.range,
            "nticks": 9,
            "type": "log" if drawn.axis.log else "linear",
            "domain": [0, 0.545 if both else 1],
            "title": _title(words),
        },
        "yaxis": {**fixed, "anchor": "x", **counts, "title": _small("samples")},
        "yaxis3": {
            **fixed,
            **rows,
            "anchor": "x",
            "range": [-0.6, max(len(classes), 1) - 0.4],
        },
    }
    if both:
        rate = {**fixed, "range": [-0.015, 1.015], "tickformat": ".0%", "dtick": 0.2}
        rate["domain"] = [0.61, 1]
        share = {**fixed, "range": [-0.03, 1.05], "tickformat": ".0%", "dtick": 0.25}
        costs = {"range": [0, drawn.cost_end], "nticks": 4, "title": _small("per 1,000")}
        axes |= {
            "yaxis2": {**fixed, "anchor": "x", **costs},
            "xaxis2": {**rate, "anchor": "y4", "title": _title("recall")},
            "yaxis4": {
                **share,
                "anchor": "x2",
                "domain": [0.61 if drawn.second_drawn else 0.59, 1],
            },
            "xaxis3": {**rate, "anchor": "y5", "title": _title("false-alarm rate")},
            "yaxis5": {
                **share,
                "anchor": "x3",
                "domain": [0, 0.36 if drawn.second_drawn else 0.39],
            },
        }
    for name, domain in (STACK if both else SHORT_STACK).items():
        axes[name]["domain"] = list(domain)
    return axes


def _title(words: str) -> Part:
    return {"text": words, "standoff": 4, "font": {"size": LETTERS}}


def _narrow(drawn: Drawn) -> Part:
    """Everything below each other, with smaller letters."""
    small: Part = {"title": {"font": {"size": NARROW_LETTERS}, "standoff": 3}}
    axes: Part = {"xaxis": {**small, "domain": [0, 1], "nticks": 5}, "yaxis": {**small}}
    axes["margin"] = {"l": 66, "r": 48 if drawn.two_classes else 8, "t": 26, "b": 40}
    axes["font"] = {"size": NARROW_LETTERS}
    axes["annotations"] = _captions(drawn, NARROW_LETTERS)
    if not drawn.two_classes:
        return {"height": 440, **axes}
    for name, domain in STACK.items():
        low, high = (NARROW_STACK + (1 - NARROW_STACK) * end for end in domain)
        axes[name] = {"domain": [low, high]}
    axes |= {
        "xaxis2": {**small, "domain": [0, 1]},
        "xaxis3": {**small, "domain": [0, 1]},
        "yaxis4": {**small, "domain": [0.245, 0.41]},
        "yaxis5": {**small, "domain": [0, 0.165]},
    }
    return {"height": 1200, **axes}


def _small(words: str) -> Part:
    return {"text": words, "font": {"size": LETTERS}, "standoff": 6}


def _captions(drawn: Drawn, size: int = LETTERS) -> list[Part]:
    """Bold words above each panel, with the numbers that belong to its curve, and of which world
    they are where that matters."""
    test, held = drawn.test, drawn.calibration
    if test.label is None:
        key = style.key(panels.UNKNOWN, "all samples")
    else:
        kinds = (panels.NORMAL, "normal"), (panels.ABNORMAL, outside.shown(drawn.abnormal))
        key = "  ".join(style.key(*kind) for i, kind in enumerate(kinds) if (test.label == i).any())
    if held is not None and len(held):
        key += f"  {style.key(style.GREY, 'held-out normals', '━')}"
    found = [("Scores", key, "x", "y")]
    rows = "Spread" if test.label is None else "By label"
    found.append(("By class" if test.class_ is not None else rows, "", "x", "y3"))
    if drawn.two_classes:
        miss = f"a miss = {drawn.cost_ratio:g} false alarm{'s' if drawn.cost_ratio != 1 else ''}"
        lowest = style.key(style.GREEN, "lowest", "◆")
        chance = style.key(style.GREY, f"chance {drawn.pi:.3g}", "┅")
        found += [
            ("Cost", miss if size < LETTERS else f"{miss}, {drawn.world}  {lowest}", "x", "y2"),
            ("Precision by recall", f"{chance}<br>{_areas(drawn, roc=False)}", "x2", "y4"),
            ("ROC", f"the same in every world<br>{_areas(drawn, roc=True)}", "x3", "y5"),
        ]
    return [*(_caption(*one, size) for one in found), *_beyond(drawn, size)]


def _beyond(drawn: Drawn, size: int) -> list[Part]:
    """How many scores lie beyond either end of the axis, where no bar counts them."""
    found = []
    for n, end, at in zip(
        drawn.beyond, (drawn.axis.least, drawn.axis.largest), (0, 1), strict=True
    ):
        if n:
            far = f"{n:,} {'down' if at == 0 else 'up'} to {drawn.axis.text(end)}"
            words = f"◂ {far}" if at == 0 else f"{far} ▸"
            side = {"xanchor": "left" if at == 0 else "right", "yanchor": "top", "borderpad": 3}
            place = {"xref": "x domain", "yref": "y domain", "bgcolor": "rgba(230,159,0,0.25)"}
            found.append(style.note(words, at, 0.86, size, **place, **side))
    return found


def _areas(drawn: Drawn, roc: bool) -> str:
    """The area under each curve, with its interval, beside what chance gives."""
    curve, second, bands = drawn.curve, drawn.second, drawn.bands
    assert curve is not None
    name = "AUROC" if roc else "AUPRC"

    def area(curve: Curve) -> float:
        return evaluation.auroc(curve) if roc else evaluation.auprc(curve, drawn.base_rate)

    words = f"{name} {area(curve):.3f}"
    words += "" if roc else f" {drawn.world}"
    if bands is not None:
        low, high = bands.auroc if roc else bands.auprc
        words += f" ({low:.3f}–{high:.3f})" if math.isfinite(low + high) else ""
    words = style.key(panels.NORMAL, words, "━")
    if second is not None and drawn.second_drawn:
        other = f"{outside.shown((drawn.names[1] or 'second')[:24])} {area(second):.3f}"
        words += f"<br>{style.key(curves.SECOND, other, '━')}"
    return words


def _caption(title: str, words: str, x: str, y: str, size: int) -> Part:
    place = {"xref": f"{x} domain", "yref": f"{y} domain", "borderpad": 3}
    return style.note(f"<b>{title}</b>  {words}", 0, 1, size, **place)


def _shapes(drawn: Drawn, threshold: float) -> list[Part]:
    top = (STACK if drawn.two_classes else SHORT_STACK)["yaxis"]
    upright = {"xref": "x", "yref": "y domain", "y0": -top[0] / (top[1] - top[0]), "y1": 1}
    words: Part = {"text": "flagged →", "textposition": "top left", "padding": 6}
    words["font"] = {"size": LETTERS}
    fill = {"fillcolor": style.faint(MARK, 0.13), "line": {"width": 0}, "layer": "below"}
    line = {"type": "line", "editable": True, "line": {"color": MARK, "width": 3}}
    looks: dict[str, Part] = {
        "flagged": {**upright, "type": "rect", "x1": drawn.axis.high, **fill, "label": words},
        "threshold": {**upright, **line},
        "pr": _circle(PR, RADIUS, MARK),
        "roc": _circle(ROC, RADIUS, MARK),
        "cost": _circle(COST, RADIUS, MARK),
        "pr-second": _circle(PR, SMALL, None),
        "roc-second": _circle(ROC, SMALL, None),
    }
    where = marks(drawn, threshold)
    return [{"name": name, **looks[name], **where[name]} for name in looks if name in where]


def _circle(subplot: str, radius: int, fill: str | None) -> Part:
    x, y = f"x{subplot[1:-2]}" if subplot != COST else "x", subplot[-2:]
    edge = {"color": "#FFFFFF", "width": 1.5} if fill else {"color": curves.SECOND, "width": 2.2}
    on = {"xref": x, "yref": y, "xsizemode": "pixel", "ysizemode": "pixel"}
    looks = {"fillcolor": fill or "rgba(0,0,0,0)", "line": edge}
    return style.shape("circle", (-radius, radius), (-radius, radius), **on, **looks)
