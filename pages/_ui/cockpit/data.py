"""What the threshold cockpit reads: one way to the scores of every use case, without a model."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui.case import data as case_data
from wganad_core import pretrained
from wganad_core.data import gallery, mixture
from wganad_core.data.gallery import Index, Parts
from wganad_core.figures import pictures as drawn
from wganad_core.records import FloatArray, Scored
from wganad_core.storage import StorageError
from wganad_core.use_cases import SCORED_CASES, ScoredCase

OWN = "own"  # stands for the reader's scores
YOURS = "Your scores"
NO_MODEL = "none"  # in tables, of detectors that need no network: they stand beside every model


@dataclasses.dataclass(frozen=True)
class Source:
    """Whose scores: the use case, the abnormal class, the model as tables name it ("" where every
    detector has its own), and the protocol."""

    case: str
    abnormal: str
    model: str = ""
    protocol: str = ""

    @property
    def use_case(self) -> ScoredCase:
        return SCORED_CASES[self.case]


def cases() -> dict[str, str]:
    """Whose scores there are to choose from, by name: what buttons say."""
    return {name: case.label for name, case in SCORED_CASES.items()} | {OWN: YOURS}


@dataclasses.dataclass(frozen=True)
class Loaded:
    """One detector's scores, in the table's order.

    `calibration`: of held-out normals; None for the slow detectors, which have none. `fit_range`:
    the lowest and the highest score of the fit part. `rows` (n,): where the test samples stand in
    the order that all detectors of the source share; `bundled` (n,): their numbers among the
    samples that ship, −1 for one that does not. `title` is the source's; `noun` says what
    samples are, `anomalies` what people call those that are anomalous. `subject_wise`: samples of
    one subject are alike, so subjects are what is drawn from; `dependent`: neighbours are alike,
    as moments of a recording are, so that no interval holds. `file_row` (n,): the test samples'
    numbers in their file, from 1, in that order. `reading`: the shell's options for a file of the
    reader's, as its columns are not told by their names. `base_rate`: the share of anomalies that
    is proposed for the reader's world; None for that of the test. `negated`: whether the scores in
    the file are minus these; `remarks` are on how it was read. `why` (n,):
    the column that a flagged sample hangs on; `seconds` (n,): when it was.
    """

    test: Scored
    calibration: Scored | None = None
    fit_range: tuple[float, float] | None = None
    rows: Index | None = None
    bundled: Index | None = None
    title: str = YOURS
    noun: str = "samples"
    anomalies: str = "anomalies"
    subject_wise: bool = False
    dependent: bool = False
    file_row: Index | None = None
    reading: tuple[str, ...] = ()
    base_rate: float | None = None
    negated: bool = False
    remarks: tuple[str, ...] = ()
    why: NDArray[np.object_] | None = None
    seconds: NDArray[np.float64] | None = None

    @property
    def row(self) -> Index:
        """(n,): each test sample's number in its file, from 1."""
        return np.arange(1, len(self.test) + 1) if self.file_row is None else self.file_row

    def row_of(self, sample: int) -> int:
        """One test sample's number in its file, from 1."""
        return sample + 1 if self.file_row is None else int(self.file_row[sample])


def detectors(source: Source) -> dict[str, str]:
    """Those that the source has, by name: what people call them.

    Raises `StorageError` with one sentence where there are no scores.
    """
    found = _found(source)
    known = {name: label for name, label in source.use_case.labels.items() if name in found}
    return known | {name: name for name in found if name not in known}


def load(source: Source, detector: str) -> Loaded:
    """Raises `StorageError` with one sentence where there are no such scores."""
    found = _found(source)
    if detector not in found:
        raise StorageError(
            f"{_path(source)} holds no scores of the detector “{detector}”; choose another one "
            f"(here: {', '.join(found)})."
        )
    return found[detector]


def changed(source: Source) -> int:
    """When the source's file was last changed, for caches to be keyed by."""
    return _path(source).stat().st_mtime_ns


def common(a: Loaded, b: Loaded) -> tuple[Index, Index]:
    """The test samples that two detectors of a source both scored, as numbers in either's test
    part, pair by pair: all of them, unless one of the two is slow."""
    if a.rows is None or b.rows is None:
        raise ValueError("Expected two detectors of one score table; found scores without one.")
    _, mine, theirs = np.intersect1d(a.rows, b.rows, True, return_indices=True)
    return mine, theirs


def _found(source: Source) -> Mapping[str, Loaded]:
    found = _loaded(source.case, source.abnormal, _path(source), changed(source))
    if source not in found:
        raise StorageError(
            f"{_path(source)} holds no test scores of the model “{source.model or 'any'}” with "
            f"the protocol {source.protocol}; choose another one."
        )
    return found[source]


def models(case: str, abnormal: str) -> list[str]:
    """The models of a class that have scores, in the file's order; [""] where detectors have
    their own."""
    path = _path(Source(case, abnormal))
    known = _loaded(case, abnormal, path, path.stat().st_mtime_ns)
    return list(dict.fromkeys(source.model for source in known))


def _path(source: Source) -> Path:
    path = pretrained.scores_path(source.case, source.abnormal)
    if not path.exists():
        raise StorageError(
            f"The scores of {source.use_case.label} with {source.abnormal} as the anomaly are not "
            f"here ({path} is missing); restore the file, or choose another class (here: "
            f"{', '.join(case_data.shipped(source.use_case)) or 'none'})."
        )
    return path


# From a file to what is kept of it


@st.cache_resource(show_spinner=False, max_entries=8)
def _loaded(case: str, abnormal: str, path: Path, changed: int) -> dict[Source, dict[str, Loaded]]:
    """Every source that a file holds, keyed by the file's time of change."""
    parts = {
        (model if SCORED_CASES[case].models else "", protocol, detector): found
        for (model, protocol, detector), found in case_data.read(path, changed).items()
    }
    made: dict[Source, dict[str, Loaded]] = {}
    for protocol in dict.fromkeys(key[1] for key in parts):
        mine = {key[::2]: found for key, found in parts.items() if key[1] == protocol}
        everyone = max((found.test for found in mine.values()), key=len)
        places = gallery.positions(everyone.sample_id, case_data.samples(SCORED_CASES[case]).ids)
        names = dict.fromkeys(model for model, _ in mine if model != NO_MODEL)
        for model in names or (NO_MODEL,):
            source = Source(case, abnormal, model, protocol)
            made[source] = {
                detector: _one(source, found, everyone, places)
                for (owner, detector), found in mine.items()
                if owner in (model, NO_MODEL)
            }
    return made


def _one(source: Source, found: Parts, everyone: Scored, places: Index) -> Loaded:
    """`places`: of everyone's samples among the bundled ones."""
    test, fit, rows = found.test, found.fit, np.arange(len(everyone))
    if test.sample_id is not everyone.sample_id:
        rows = gallery.positions(test.sample_id, everyone.sample_id)
        if (rows < 0).any():
            raise StorageError(
                f"{_path(source)} holds detectors that were tested on different samples; restore "
                "the file."
            )
    case, phrases = source.use_case, source.use_case.phrases
    return Loaded(
        test=test,
        calibration=found.calibration,
        fit_range=None if fit is None else (float(fit.score.min()), float(fit.score.max())),
        rows=rows,
        bundled=places[rows],
        title=case.say(phrases.source, source.abnormal, source.model),
        noun=case.samples,
        anomalies=case.say(phrases.anomalies, source.abnormal),
        subject_wise=test.subject is not None,
        file_row=found.row,
    )


# Pictures of samples


def shown(loaded: Loaded) -> NDArray[np.bool_]:
    """Which test samples (n,) there is a picture of; none of the reader's own."""
    if loaded.bundled is None:
        return np.zeros(len(loaded.test), bool)
    return loaded.bundled >= 0


def pictures(source: Source, loaded: Loaded, indices: Sequence[int] | Index) -> list[str]:
    """HTML of those test samples, images or windows, each of which must be `shown`."""
    if source.use_case.shape == "plane":
        raise ValueError(f"Expected samples with pictures; found {source.case}. Take its points.")
    return [_picture(source.case, i) for i in _chosen(loaded, indices).tolist()]


@functools.lru_cache(4_000)
def _picture(name: str, bundled: int) -> str:
    case = SCORED_CASES[name]
    samples = case_data.samples(case)
    uri = drawn.sample(case.shape, samples.take(np.array([bundled]))[0])
    return f'<img src="{uri}" alt="{case.describe(str(samples.classes[bundled]))}">'


def points(source: Source, loaded: Loaded, indices: Sequence[int] | Index) -> FloatArray:
    """The coordinates (k, 2) of those test samples of a mixture."""
    if source.use_case.shape != "plane":
        raise ValueError(f"Expected a mixture, whose samples are points; found {source.case}.")
    return case_data.samples(source.use_case).take(_chosen(loaded, indices))


@st.cache_resource(show_spinner=False)
def plane() -> mixture.Mixture:
    """The mixture that the points belong to."""
    return mixture.make_mixture(mixture.SCORED)


def _chosen(loaded: Loaded, indices: Sequence[int] | Index) -> Index:
    assert loaded.bundled is not None
    at = loaded.bundled[np.asarray(indices, np.int64)]
    if (at < 0).any():
        raise ValueError("Expected samples that can be shown; found others. Ask `shown` first.")
    return at
