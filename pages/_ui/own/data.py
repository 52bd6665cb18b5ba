"""What is in the data: a first look, which column is what, which samples are normal."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import chart, label_ranges, reading
from pages._ui.own import normals as own_normals
from pages._ui.own import picture_size as own_picture_size
from pages._ui.own import roles as own_roles
from pages._ui.own.source import OwnFile
from pages._ui.widgets import refuse
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.data.own import LabelRanges, Roles
from wganad_core.data.own.column import Role
from wganad_core.data.own.csv_closing import CLOSED
from wganad_core.data.own.labels import UNLABELLED
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.samples import read_samples
from wganad_core.jobs.orders import Kind
from wganad_core.jobs.prepare import missing_cells

SHOWN_IMAGES, CHANNELS = 9, 6
TABLE, TRACK = 409, 84  # pixels high


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The data as they are to be used: `labelled` keeps labelled anomalies out of the training,
    `stretch` tells from which sample up to which to learn, where not from all; `ranges`: a second
    file that has the labels."""

    source: OwnFile
    kind: Kind
    roles: Roles
    samples: OwnSamples
    labelled: bool
    stretch: tuple[int, int] | None
    ranges: LabelRanges | None = None

    @property
    def n_anomalies(self) -> int:
        label = self.samples.label
        return 0 if label is None else int((label == 1).sum())

    @property
    def n_unlabelled(self) -> int:
        label = self.samples.label
        return 0 if label is None else int((label == UNLABELLED).sum())

    @property
    def rows(self) -> tuple[int, int] | None:
        """The first and the last row of the file in the stretch."""
        if self.stretch is None:
            return None
        low, high = self.stretch
        return int(self.samples.row[low]), int(self.samples.row[high - 1])

    @property
    def noun(self) -> str:
        return own_normals.NOUNS[self.kind]

    def summary(self) -> str:
        samples, found = self.samples, [f"{len(self.samples.x):,} {self.noun}"]
        if self.kind != "images":
            found[0] += f" of {len(samples.features):,} feature{'s' * (len(samples.features) > 1)}"
        if samples.label is not None:
            found.append(f"{len(samples.x) - self.n_anomalies - self.n_unlabelled:,} normal")
            found.append(f"{self.n_anomalies:,} anomal{'ies' if self.n_anomalies != 1 else 'y'}")
            found += [f"{self.n_unlabelled:,} without a label"] * bool(self.n_unlabelled)
        return f"{self.source.name}: {', '.join(found)}"


def show(source: OwnFile, *, folded: bool, learning: bool) -> Chosen | None:
    """Preview and choices, `folded` away or as the page's picture; None, after one sentence, where
    the choices cannot be used."""
    words = f"**{outside.shown(source.name)}** · {source.size}"
    place = st.expander(words, icon=":material/dataset:") if folded else st.container()
    with place:
        try:
            return _choices(source, learning)
        except DataError as error:
            refuse(error)
            return None


def _choices(source: OwnFile, learning: bool) -> Chosen:
    if source.look.image_shape is not None:
        return _of_pictures(source, learning)
    left, right = st.columns(2, gap="medium")
    with left:  # on a phone above the rest
        picture = _room(source, own_normals.now(source) if learning else (source.kind or "table"))
    with right:
        kind = own_normals.kind(source) if learning else (source.kind or "table")
        chosen_ones = own_roles.edited(source)
        normal = own_roles.normal_value(source, chosen_ones)
        ranges = label_ranges.chosen(source.key, source.name) if source.kind is None else None
        closing = own_roles.keep_closing(source)
    with left:
        roles, samples = _readable(source, chosen_ones, normal, ranges, closing)
        if kind == "series":
            samples = samples.whole()
        with picture:
            _preview(source, kind, samples)
    labelled, stretch = False, None
    if learning:
        with right:
            normals = own_normals.normals(kind, samples, source)
            stretch = own_normals.stretch(kind, samples, source, normals)
        labelled = normals == "labelled"
        own_normals.enough(samples, labelled, stretch)
    chosen = Chosen(source, kind, roles, samples, labelled, stretch, ranges)
    with left:
        _told(chosen, source.look.remarks, source.look.doubts)
    return chosen


def _of_pictures(source: OwnFile, learning: bool) -> Chosen:
    """How pictures are seen, some of them, and which are normal."""
    assert source.look.image_shape is not None
    roles, seen = Roles(), st.container()
    if learning and source.kind is None:
        roles = own_picture_size.chosen(source.key, source.look.image_shape, source.look.n_rows)
    samples = read(source, roles)
    with seen:
        _pictures(samples)
    labelled = learning and own_normals.normals("images", samples, source) == "labelled"
    chosen = Chosen(source, "images", roles, samples, labelled, None)
    _told(chosen, () if roles != Roles() else source.look.remarks)
    return chosen


def read(
    source: OwnFile,
    roles: Roles,
    words: Mapping[str, Sequence[str]] | None = None,
    ranges: LabelRanges | None = None,
) -> OwnSamples:
    """All samples; `words` are the categories that a saved detector knows. Raises `DataError`."""
    known = None if words is None else tuple((name, tuple(w)) for name, w in words.items())
    return _read(source.key, roles, known, ranges, source)


def _readable(
    source: OwnFile,
    chosen: Sequence[Role],
    normal: str | None,
    ranges: LabelRanges | None,
    closing: bool | None,
) -> tuple[Roles, OwnSamples]:
    """The samples by these roles; what the reader guesses is left to it, unless it fails where a
    first look has seen that a column of numbers holds something else."""
    columns = source.look.columns
    if ranges is not None:  # which take the place of a column
        chosen = ["leave out" if role == "label" else role for role in chosen]
        normal = None
    roles = own_roles.chosen_roles(columns, chosen, normal)
    if ranges is not None and roles == Roles():
        roles = Roles(label="")
    roles = dataclasses.replace(roles, keep_closing=closing)
    try:
        return roles, read(source, roles, ranges=ranges)
    except DataError as error:
        about = " ".join([str(error), *source.look.remarks])
        try:
            named = own_roles.named_roles(columns, chosen, normal)
        except DataError as wrong:
            raise DataError(" ".join([str(wrong), *source.look.remarks])) from error
        if roles != Roles(keep_closing=closing):
            raise DataError(about) from error
        named = dataclasses.replace(named, keep_closing=closing)
        return named, read(source, named, ranges=ranges)


@st.cache_resource(scope="session", show_spinner="Reading the samples …", max_entries=3)
def _read(
    key: str,
    roles: Roles,
    words: tuple[tuple[str, tuple[str, ...]], ...] | None,
    ranges: LabelRanges | None,
    _source: OwnFile,
) -> OwnSamples:
    known = None if words is None else dict(words)
    chosen = {**dataclasses.asdict(roles), "words": known}
    if _source.kind is not None:  # an example of ours
        return read_samples(_source.path, _source.name, **chosen)
    if ranges is not None:
        chosen["ranges"] = label_ranges.packed(ranges)
    return reading.read(OwnSamples, "samples", _source.path, name=_source.name, **chosen)


# What is seen


def _room(source: OwnFile, kind: Kind) -> DeltaGenerator:
    """Where the data will be seen, as high as they will be."""
    from wganad_core.figures import own_explained

    high = TABLE
    if kind == "series":
        n = sum(column.guess == "feature" for column in source.look.columns)
        high = own_explained.recording_height(max(1, min(n, CHANNELS)), TRACK)
    return st.container(height=high, border=False, key=f"own-data-{source.key}")


def _preview(source: OwnFile, kind: Kind, samples: OwnSamples) -> None:
    if kind == "series":
        from wganad_core.figures import own_explained

        names = samples.features[:CHANNELS]
        x = samples.x[:, : len(names)]
        figure = own_explained.recording_figure(names, x, label=samples.label, height=TRACK)
        alt = f"The signals of {source.name}"
        chart.live_chart(figure, key=f"own-preview-{source.key}", alt=alt)
        return
    found = source.look
    table = pd.DataFrame(found.head, columns=[column.name for column in found.columns])
    st.dataframe(table, hide_index=True, height=TABLE, key=f"own-head-{source.key}")


def _pictures(samples: OwnSamples) -> None:
    """Some of the normal ones, some of the others."""
    from wganad_core.figures import pictures

    label = np.zeros(len(samples.x), int) if samples.label is None else samples.label
    made = []
    for kind, word in ((0, "normal"), (1, "anomaly")):
        at = np.flatnonzero(label == kind)
        for i in at[:: max(1, len(at) // SHOWN_IMAGES)][:SHOWN_IMAGES]:
            uri = pictures.seen(samples.x[i], samples.image_shape or (), samples.scaled)
            odd = " class=odd" if kind else ""
            made.append(f'<figure{odd}><img src="{uri}" alt="{word}"></figure>')
    st.html(f'<div class="own-strip">{"".join(made)}</div>')


def _told(chosen: Chosen, remarks: Sequence[str], doubts: Sequence[str] = ()) -> None:
    """What may be meant otherwise; then missing values, constants and the like, a line each."""
    kept = chosen.roles.keep_closing
    how = missing_cells(chosen.samples) if chosen.kind == "table" else ""
    about = [*filter(None, [how]), *remarks, *chosen.samples.remarks]
    about = [line for line in about if not (how and line.startswith("Missing or infinite"))]
    about = [line for line in dict.fromkeys(about) if "serves as the label" not in line]
    about = [line for line in about if line not in doubts]
    if kept:
        about = [line for line in about if not line.startswith(CLOSED)]
    about = list(map(own_roles.for_pages, about))  # what to choose instead stands above
    if chosen.roles == Roles(
        keep_closing=chosen.roles.keep_closing
    ):  # what was chosen is not in doubt
        for line in doubts[:4]:
            st.caption(f":orange[:material/help:] {outside.shown(own_roles.for_pages(line))}")
    if about:
        st.caption("  \n".join(f":material/info: {outside.shown(line)}" for line in about[:6]))
