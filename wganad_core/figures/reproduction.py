"""The board as a heatmap: every detector × class; and how results get too good, as paired dots."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from wganad_core.board import MEAN, Line, Measure, references
from wganad_core.catalogue import QUOTATION, Cost
from wganad_core.figures import style
from wganad_core.figures.style import Part
from wganad_core.figures.table import seeds_of
from wganad_core.leaks import Pair

# Never so strong that words on it are hard to read, in either theme.
WORST, CHANCE, BEST = "rgba(204,121,167,0.5)", "rgba(0,158,115,0.0)", "rgba(0,158,115,0.62)"
SHADES: dict[Measure, list[list[Any]]] = {
    "auprc": [[0.0, CHANCE], [1.0, BEST]],
    "auroc": [[0.0, WORST], [0.5, CHANCE], [1.0, BEST]],
}
ROW, ROW_NARROW = 31, 34  # pixels
SIDE = ("seeds", "train", "MB")  # columns beside the classes
SIDE_AT = (0.55, 1.45, 2.35)  # columns to the right of the last class
NAMES = {"auprc": "AUPRC", "auroc": "AUROC"}
HEIGHT_OF_HEAD = 34


@dataclasses.dataclass(frozen=True)
class Board:
    """What the heatmap draws: `lines` from the top, what people call them, what they cost; the
    `columns` are classes and, last, the mean over them, where there is one."""

    lines: Sequence[Line]
    names: Sequence[str]
    costs: Sequence[Cost]
    columns: Sequence[str]
    measure: Measure

    @property
    def heads(self) -> list[tuple[str, list[float | None]]]:
        """The reference rows above the detectors: what chance and the worst ranking reach."""
        known = [references(self.lines, name) for name in self.columns]
        if self.measure == "auroc":
            return [("Chance", [0.5] * len(known))]
        rates = [row.base_rate if row else None for row in known]
        floors = [row.floor if row else None for row in known]
        return [("Chance: base rate π", rates), ("Floor: worst ranking", floors)]

    def place(self, x: float, y: float) -> tuple[Line, str] | None:
        """The line and the class at a point of the drawing; None where no detector is."""
        row, column = round(y) - len(self.heads), round(x)
        if not 0 <= row < len(self.lines) or x < -0.5:
            return None
        return self.lines[row], self.columns[min(column, len(self.columns) - 1)]


def heatmap(board: Board, chosen: tuple[Line, str] | None = None) -> Part:
    """Figures of merit in % as shades, written into their cells; quoted rows in italics. The
    cell that is chosen is framed."""
    heads = board.heads
    n_rows, n_columns = len(heads) + len(board.lines), len(board.columns)
    z = np.full((n_rows, n_columns), np.nan)
    hover = [[""] * n_columns for _ in range(n_rows)]
    wide: list[Part] = []
    narrow: list[Part] = []
    for i, (name, values) in enumerate(heads):
        for j, value in enumerate(values):
            if value is not None:
                hover[i][j] = f"{name}, {board.columns[j]}: {value:.1%}"
                wide.append(_cell(j, i, f"{100 * value:.1f}", 14, style.GREY))
                narrow.append(_cell(j, i, f"{100 * value:.0f}", 12, style.GREY))
    for i, line in enumerate(board.lines, start=len(heads)):
        for j, column in enumerate(board.columns):
            figure = line.figure(column, board.measure)
            if figure is None:
                continue
            z[i, j] = figure[0]
            hover[i][j] = _words(board, i - len(heads), column)
            wide.append(_cell(j, i, _written(figure, line.quoted), 14))
            narrow.append(_cell(j, i, _slanted(f"{100 * figure[0]:.0f}", line.quoted), 12))
        wide += _side(board, i - len(heads), i)
    trace = {
        **{
            "type": "heatmap",
            "z": z,
            "zmin": 0.0,
            "zmax": 1.0,
            "colorscale": SHADES[board.measure],
        },
        **{"x": np.arange(n_columns), "y": np.arange(n_rows), "showscale": False},
        **{"xgap": 2, "ygap": 2, "text": hover, "hoverongaps": False},
        "hovertemplate": "%{text}<extra></extra>",
    }
    shapes = _frames(board, chosen)
    return {"data": [trace], "layout": _layout(board, wide, narrow, shapes)}


def _cell(x: float, y: float, text: str, size: int, colour: str = "") -> Part:
    font = {"size": size} | ({"color": colour} if colour else {})
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": font}


def _written(figure: tuple[float, float | None], quoted: bool) -> str:
    mean, deviation = figure
    spread = "" if deviation is None else f" ±{100 * deviation:.1f}"
    return _slanted(f"{100 * mean:.0f}" if quoted else f"{100 * mean:.1f}{spread}", quoted)


def _slanted(text: str, quoted: bool) -> str:
    return f"<i>{text}</i>" if quoted else text


def _words(board: Board, i: int, column: str) -> str:
    """What a cell says under the pointer."""
    line, row = board.lines[i], board.lines[i].cells[column][0]
    said = [f"<b>{board.names[i]}</b>, {column}"]
    for measure, name in NAMES.items():
        figure = line.figure(column, "auroc" if measure == "auroc" else "auprc")
        if figure is not None:
            said.append(f"{name} {figure[0]:.1%}")
    if row.base_rate is not None and row.floor is not None and row.n is not None:
        said.append(f"π {row.base_rate:.1%}, floor {row.floor:.1%}, {row.n:,} test samples")
    seeds = len([one for one in line.cells[column] if one.seed is not None])
    said.append("as printed, base rate not told" if line.quoted else f"{seeds} seed(s)")
    return "<br>".join(said)


def _side(board: Board, i: int, y: int) -> list[Part]:
    """Seeds, seconds and megabytes of a line, to the right of its figures."""
    line, cost = board.lines[i], board.costs[i]
    seconds = "–" if cost.seconds is None else duration(cost.seconds)
    size = "–" if cost.megabytes is None else f"{cost.megabytes:.1f}"
    last = len(board.columns) - 1
    said = zip(SIDE_AT, (seeds_of(line), seconds, size), strict=True)
    return [_cell(last + 0.5 + x, y, text, 14, style.GREY) for x, text in said]


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(40.2), duration(391), duration(7800)
    ('40 s', '6.5 min', '2.2 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def _frames(board: Board, chosen: tuple[Line, str] | None) -> list[Part]:
    """A line before the means, and a frame around the chosen cell."""
    heads, n = len(board.heads), len(board.lines)
    edge = style.straight((-0.5, len(board.columns) + 2.4), (heads - 0.5,) * 2, style.GREY, 1)
    shapes = [edge]
    if board.columns and board.columns[-1] == MEAN:
        at = len(board.columns) - 1.5
        shapes.append(style.straight((at, at), (-0.5, heads + n - 0.5), style.GREY, 2))
    if chosen is not None and chosen[0] in board.lines and chosen[1] in board.columns:
        j, i = board.columns.index(chosen[1]), heads + board.lines.index(chosen[0])
        frame = {"line": {"color": style.ORANGE, "width": 3}}
        clear = "rgba(0,0,0,0)"
        shapes.append(style.rectangle((j - 0.5, j + 0.5), (i - 0.5, i + 0.5), clear, **frame))
    return shapes


def _layout(board: Board, wide: list[Part], narrow: list[Part], shapes: list[Part]) -> Part:
    n_columns, n_rows = len(board.columns), len(board.heads) + len(board.lines)
    last, places = n_columns - 1, list(range(n_columns))
    side = [last + 0.5 + x for x in SIDE_AT]
    names = [name for name, _ in board.heads]
    labels = [
        _slanted(name, line.quoted) for name, line in zip(board.names, board.lines, strict=True)
    ]
    # Where there is little room, the italics say that they are quoted.
    short = [
        _slanted(_broken(name.removesuffix(QUOTATION)), line.quoted)
        for name, line in zip(board.names, board.lines, strict=True)
    ]
    bare = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": ""}
    across = {**bare, "side": "top", "range": [-0.5, last + 3.4], "tickfont": {"size": 14}}
    across |= {"tickvals": [*places, *side], "ticktext": [*board.columns, *SIDE]}
    up = {**bare, "range": [n_rows - 0.5, -0.5], "tickvals": list(range(n_rows))}
    up |= {"ticktext": [*names, *labels], "tickfont": {"size": 14}}
    long = max(map(len, board.columns)) > 4
    head = 64 if long else HEIGHT_OF_HEAD
    small = {
        "height": ROW_NARROW * n_rows + head,
        "margin": {"l": 112, "r": 9, "t": head, "b": 4},
        "annotations": narrow,
        "xaxis": across
        | {"range": [-0.5, last + 0.5], "tickvals": places, "ticktext": list(board.columns)}
        | {"tickangle": -60 if long else 0, "tickfont": {"size": 12}},
        "yaxis": up | {"ticktext": [*map(_broken, names), *short], "tickfont": {"size": 11}},
    }
    return {
        "height": ROW * n_rows + HEIGHT_OF_HEAD,
        "margin": {"l": 268, "r": 2, "t": HEIGHT_OF_HEAD, "b": 4},
        **{"annotations": wide, "shapes": shapes, "xaxis": across, "yaxis": up},
        **{"dragmode": False, "uirevision": "board", "meta": {"narrow": small}},
    }


def _broken(name: str) -> str:
    """A long name in two lines."""
    for mark in (" · ", ": ", ", ", " ("):
        first, found, rest = name.partition(mark)
        if found and len(name) > 15:
            return f"{first}{mark.rstrip(' (')}<br>{'(' * (mark == ' (')}{rest}"
    return name


# Paired dots


PANEL_ROW = 34
HONEST, LEAKY = style.BLUE, style.VERMILLION


@dataclasses.dataclass(frozen=True)
class PairGroup:
    """One group of pairs: what it is of, and a pair per class from the top."""

    title: str
    pairs: Sequence[Pair]


def paired_dots(panels: Sequence[PairGroup], honest: str, leaky: str) -> Part:
    """Honest → leaky AUPRC of every class, with the difference; panels in two columns, or one
    below the other where it is narrow."""
    data: list[Part] = []
    for number, panel in enumerate(panels, start=1):
        data += _panel(panel, number, honest, leaky)
    wide = _panel_layout(panels, honest, leaky, min(2, len(panels)))
    wide["meta"] = {"narrow": _panel_layout(panels, honest, leaky, 1)}
    return {"data": data, "layout": wide}


def _panel(panel: PairGroup, number: int, honest: str, leaky: str) -> list[Part]:
    y = np.arange(len(panel.pairs))
    first = np.array([pair.honest for pair in panel.pairs])
    second = np.array([pair.leaky for pair in panel.pairs])
    ends = np.stack([np.column_stack([first, y]), np.column_stack([second, y])], axis=1)
    data = [
        style.line(*style.polyline(ends), style.GREY, 3, showlegend=False, **style.axes(number))
    ]
    # The leaky dot is the smaller one: where nothing was gained, both are seen.
    sides = ((honest, HONEST, first, "honest_by", 16), (leaky, LEAKY, second, "leaky_by", 9))
    for name, colour, x, by, size in sides:
        words = [_pair_words(pair, name, by) for pair in panel.pairs]
        data.append(
            style.scatter(
                "markers",
                x,
                y,
                name=name,
                showlegend=False,
                marker={"size": size, "color": colour},
                customdata=words,
                hovertemplate="%{customdata}<extra></extra>",
                cliponaxis=False,
                **style.axes(number),
            )
        )
    return data


def _pair_words(pair: Pair, side: str, by: str) -> str:
    value, rate = (
        (pair.honest, pair.honest_base_rate)
        if by == "honest_by"
        else (pair.leaky, pair.leaky_base_rate)
    )
    said = [f"<b>{pair.abnormal}</b>, {side.lower()}", f"AUPRC {value:.1%} at π {rate:.1%}"]
    said += [getattr(pair, by)] if getattr(pair, by) else []
    return "<br>".join([*said, f"{pair.n:,} test samples"])


def _panel_layout(panels: Sequence[PairGroup], honest: str, leaky: str, n_columns: int) -> Part:
    narrow = n_columns == 1 and len(panels) > 1
    size = 12 if narrow else 14
    grid = [panels[i : i + n_columns] for i in range(0, len(panels), n_columns)]
    heights = [PANEL_ROW * max(len(p.pairs) for p in row) + 74 for row in grid]
    total = sum(heights)
    annotations: list[Part] = [_legend(honest, leaky, size)]
    layout: Part = {"height": total + 34, "margin": {"l": 0, "r": 0, "t": 34, "b": 0}}
    top, number = 0.0, 0
    for row, height in zip(grid, heights, strict=True):
        for column, panel in enumerate(row):
            number += 1
            mark = "" if number == 1 else str(number)
            left = column / n_columns + (0.26 if n_columns == 1 else 0.085)
            right = (column + 1) / n_columns - (0.29 if narrow else 0.125)
            up = [1 - (top + height - 34) / total, 1 - (top + 34) / total]
            n = max(
                len(one.pairs) for one in row
            )  # of the taller one: rows are as far apart in both
            layout |= _panel_axes(panel, mark, [left, right], up, size, n)
            annotations.append(
                style.note(f"<b>{panel.title}</b>", column / n_columns, up[1], size, yshift=8)
            )
            annotations += [
                _difference(pair, i, mark, right, size) for i, pair in enumerate(panel.pairs)
            ]
        top += height
    return layout | {"annotations": annotations, "dragmode": False, "uirevision": "leaks"}


def _legend(honest: str, leaky: str, size: int) -> Part:
    words = f"{style.key(HONEST, honest, '●')} → {style.key(LEAKY, leaky, '●')}"
    return style.note(f"AUPRC: {words}", 0, 1, size + 1, yshift=6)


def _panel_axes(
    panel: PairGroup, mark: str, across: list[float], up: list[float], size: int, n: int
) -> Part:
    names = [pair.abnormal for pair in panel.pairs]
    fixed = {"fixedrange": True, "zeroline": False, "tickfont": {"size": size}}
    return {
        f"xaxis{mark}": {
            **{"domain": across, "anchor": f"y{mark}", "range": [-0.03, 1.03], "tickformat": ".0%"},
            **{"tickvals": [0, 0.25, 0.5, 0.75, 1], **fixed},
        },
        f"yaxis{mark}": {
            **{"domain": up, "anchor": f"x{mark}", "range": [n - 0.5, -0.5]},
            **{"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False, **fixed},
        },
    }


def _difference(pair: Pair, i: int, mark: str, right: float, size: int) -> Part:
    """Both figures and their difference, at the end of a pair's row."""
    text = f"{100 * pair.honest:.0f} → {100 * pair.leaky:.0f}  <b>{100 * pair.gain:+.1f}</b>"
    text = text.replace("-", "−")
    there = {"xref": "paper", "yref": f"y{mark}", "x": right, "y": i, "xanchor": "left"}
    return {**there, "text": text, "showarrow": False, "xshift": 12, "font": {"size": size}}
