"""Whether rows are samples or moments, and which of them are learned from as normal."""

from __future__ import annotations

from typing import Literal

import numpy as np
import streamlit as st

from pages._ui.own.source import OwnFile
from pages._ui.own.tab import at, choice, number
from wganad_core.data import DataError
from wganad_core.data.own.proposals import SEEN
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.several import MARK
from wganad_core.data.own.stretches import normal_stretch
from wganad_core.jobs.orders import Kind

Normals = Literal["labelled", "all", "range"]
NOUNS = {"table": "rows", "images": "images", "series": "moments"}


KINDS: dict[Kind, str] = {"table": "a sample of its own", "series": "a moment of a recording"}


def kind(source: OwnFile) -> Kind:
    """Whether rows stand for themselves or follow each other in time."""
    found = choice("Each row is", KINDS, f"own-rows-{source.key}", _proposed(source))
    if found == "table" and source.kind is None and _in_time(source) and not _whole(source):
        st.caption(
            "These rows have a time and missing cells. A recording leaves such rows out, so they "
            "are taken as samples, which are scored all the same."
        )
    return found


def now(source: OwnFile) -> Kind:
    """The same, before it is drawn in this run."""
    found: Kind = at(f"own-rows-{source.key}", _proposed(source))
    return found


def _proposed(source: OwnFile) -> Kind:
    numbers = not any(column.guess == "category" for column in source.look.columns)
    recorded = _whole(source) and numbers and _in_time(source)
    return source.kind or ("series" if recorded else "table")


def _whole(source: OwnFile) -> bool:
    return not any(one.n_missing for one in source.look.columns if one.guess in SEEN)


def _in_time(source: OwnFile) -> bool:
    return any(
        column.guess == "time" or (column.guess == "group" and column.name == MARK)
        for column in source.look.columns
    )


def normals(kind: Kind, samples: OwnSamples, source: OwnFile) -> Normals:
    """Where normality is learned from."""
    label, noun = samples.label, NOUNS[kind]
    if label is not None and (label == 1).all():
        raise DataError(
            f"Every one of the {noun} is labelled an anomaly; a detector learns from normals. If "
            "the label means something else, choose which of its values is normal, or no label."
        )
    options: dict[Normals, str] = {"all": f"all {noun}"}
    if label is not None and (label != 0).any():
        longest = "the longest normal stretch"
        whats = {"table": "rows labelled normal", "images": "the normal ones", "series": longest}
        what = whats[kind]
        options = {"labelled": what, **options}
    if kind != "images" and len(samples.x) > 2:
        options["range"] = "from row … to row …"
    if len(options) == 1:
        st.caption(f"All {len(samples.x):,} {noun} are taken as normal.")
        return "all"
    key = f"own-normals-{source.key}-{kind}"
    chosen = choice("Learn what is normal from", options, key, next(iter(options)))
    if chosen == "all" and "labelled" not in options:
        st.caption(f"All {len(samples.x):,} {noun} are taken as normal.")
    return chosen


def enough(samples: OwnSamples, labelled: bool, stretch: tuple[int, int] | None) -> None:
    label = samples.label
    n = len(samples.x) if label is None or not labelled else int((label == 0).sum())
    if stretch is not None:
        n = stretch[1] - stretch[0]
    if n < 2:
        raise DataError(
            f"There is {'one normal row' if n else 'no normal row'}; a detector needs two to learn "
            "from, and learns well from a hundred or more. Open a saved detector to score it."
        )


def stretch(
    kind: Kind, samples: OwnSamples, source: OwnFile, normals: Normals
) -> tuple[int, int] | None:
    if normals == "range":
        return _range(samples, source)
    if kind != "series" or normals == "all":
        return None
    part = normal_stretch(samples.label, len(samples.x))
    return part.start, part.stop


def _range(samples: OwnSamples, source: OwnFile) -> tuple[int, int]:
    """Two rows of the file, and everything between them."""
    first, last = int(samples.row[0]), int(samples.row[-1])
    with st.container(horizontal=True, gap="small"):
        ends = [
            number(label, first, last, start, f"own-{label}-{source.key}", 150)
            for label, start in (("From row", first), ("to row", last))
        ]
    if ends[0] >= ends[1]:
        raise DataError(f"Expected a last row behind the first; found {ends[0]:,} to {ends[1]:,}.")
    low = int(np.searchsorted(samples.row, ends[0]))
    high = int(np.searchsorted(samples.row, ends[1], side="right"))
    if samples.label is not None and (odd := int((samples.label[low:high] == 1).sum())):
        st.caption(f":orange[:material/warning: {odd:,} of these rows are labelled anomalies.]")
    return low, high
