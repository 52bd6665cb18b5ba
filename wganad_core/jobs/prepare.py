"""What a detector of one's own learns from: rows of a file, and the settings that they ask for."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from wganad_core.jobs import Refused
from wganad_core.jobs.orders import KINDS, SEED, FitOrder, Kind, option
from wganad_core.jobs.recordings import in_time

if TYPE_CHECKING:
    from wganad_core.data.own.record import OwnSamples
    from wganad_core.data.own.recordings import Recordings

OF_SCALED = "local"
BY_PLACE = (
    "Pictures other than of 28 × 28 in grey are judged where they are oddest: by what their main "
    "axes (PCA) do not rebuild there, and by patches that no normal picture has. That finds "
    "scratches and stains that the networks overlook; choose score_method ours for the networks "
    "(--score-method ours)."
)
SHOWN = 20  # names of features in a sentence
Say = Callable[[str], object]


@dataclasses.dataclass(frozen=True)
class FitInput:
    """A detector and what it learns from.

    `samples`: the rows of the file that were asked for; `x`: the normal ones among them, as the
    `estimator` takes them, or a list of recordings. `recorded`: how rows became recordings, where
    they did. `parameters`: the estimator's, as they were asked for or proposed. `remarks`: what was
    taken otherwise than one might expect.
    """

    estimator: Any
    parameters: dict[str, Any]
    samples: OwnSamples
    recorded: Recordings | None
    x: Any
    remarks: tuple[str, ...]

    @property
    def n(self) -> int:
        return sum(map(len, self.x)) if isinstance(self.x, list) else len(self.x)

    @property
    def sentence(self) -> str:
        """Which rows, which features and which not."""
        samples, features = self.samples, ""
        if not samples.image_shape:
            names = ", ".join(samples.features[:SHOWN]) + ", …" * (len(samples.features) > SHOWN)
            features = f" by {len(samples.features):,} features ({names})"
        odd, unknown = n_labelled(samples, 1), n_labelled(samples, -1)
        without = [f"{odd:,} that are labelled anomalies"] * bool(odd)
        without += [f"{unknown:,} that have no label"] * bool(unknown)
        left = f"; it leaves out {' and '.join(without)}" if without else ""
        return f"The detector learns from {self.n:,} rows{features}{left}."


def read_for(order: FitOrder) -> OwnSamples:
    """All rows of the order's file, with the ranges that label them. Raises `DataError`."""
    from wganad_core.data.own.labels_beside import roles_beside, with_ranges
    from wganad_core.data.own.samples import read_samples

    roles = roles_beside(order.roles, order.ranges)
    return with_ranges(read_samples(order.file, **dataclasses.asdict(roles)), order.ranges)


def prepare(order: FitOrder, every: OwnSamples, say: Say) -> FitInput:
    """Choose the rows, the kind of detector and its settings; `say` is told each remark as it
    comes. Raises `ConfigError`, `DataError` and `Refused`."""
    remarks: list[str] = []

    def remark(*sentences: str) -> None:
        for sentence in filter(None, sentences):
            say(f"remark: {sentence}")
            remarks.append(sentence)

    samples = _between(every, order.rows)
    kind = order.kind or ("images" if samples.image_shape else "table")
    parameters = {SEED: 0, **dict(order.parameters)}
    by_place = kind == "images" and samples.scaled and "score_method" not in parameters
    if by_place:
        parameters["score_method"] = OF_SCALED
    estimator = _estimator(kind, parameters)
    remark(*samples.remarks, BY_PLACE if by_place else "")
    recorded = None
    if kind != "table":
        samples = samples.whole()
        _only_numbers(samples)
    if kind == "series":
        if samples.image_shape:
            raise Refused(
                f"{samples.name} is read as pictures; expected a row per moment. Windows (n, "
                "length, channels) are taken in Python: WGANSeriesDetector().fit(np.load(…))."
            )
        window, _ = estimator._window_and_stride()
        recorded = in_time(samples, estimator.rate, window, learn=True)
        estimator.rate = parameters["rate"] = recorded.rate
        remark(*recorded.remarks)
    x = normal_rows(samples, recorded)
    remark(missing_cells(samples))
    return FitInput(estimator, parameters, samples, recorded, x, tuple(remarks))


def n_labelled(samples: OwnSamples, label: int) -> int:
    return 0 if samples.label is None else int((samples.label == label).sum())


def missing_cells(samples: OwnSamples) -> str:
    """How a table's detector takes cells that are missing."""
    import numpy as np

    empty = np.flatnonzero(np.isnan(samples.x).any(axis=0))
    if not len(empty):
        return ""
    names = ", ".join(samples.features[at] for at in empty[:SHOWN]) + ", …" * (len(empty) > SHOWN)
    return (
        f"Missing cells of {names} count as the median of the column (as a kind of its own where "
        "it holds categories), and which were missing is learned, too."
    )


def estimator_class(kind: Kind) -> Any:
    from wganad_core import detector

    return getattr(detector, KINDS[kind])


def _estimator(kind: Kind, parameters: dict[str, Any]) -> Any:
    own = estimator_class(kind)
    if wrong := sorted(parameters.keys() - inspect.signature(own).parameters.keys()):
        raise Refused(
            f"{option(wrong[0])} is no parameter of {KINDS[kind]}, which is fitted to this file; "
            "leave it out, or choose another --kind."
        )
    return own(**parameters)


def _between(samples: OwnSamples, rows: tuple[int, int] | None) -> OwnSamples:
    """Only the rows of the file from the first to the last of `rows`, counted from 1."""
    if rows is None:
        return samples
    low, high = rows
    some = samples.between(low, high)
    if not len(some.x):
        raise Refused(
            f"{samples.name} has no row from {low:,} to {high:,} that can be used; it has "
            f"{len(samples.x) + len(samples.missing):,}, counted from 1 without a header."
        )
    return some


def normal_rows(samples: OwnSamples, recorded: Recordings | None = None) -> Any:
    """What a detector learns from: rows that are not labelled anomalies, as they are `recorded` in
    stretches. Names of columns go along where the file gives some. Raises `Refused`."""
    if recorded is not None:
        every = [stretch.x for stretch in recorded.stretches]
        named = [_with_names(samples, x) for x in every]
        return named if len(named) > 1 else named[0]
    x = samples.x[samples.learned]
    if samples.label is not None and not len(x):
        raise Refused(
            f"{samples.name} has anomalies only; a detector learns from normal rows. If its label "
            "means something else, say which value is normal (--normal), or that there is no "
            "label (--label-column '')."
        )
    if len(x) < 2:
        raise Refused(
            f"{samples.name} has one row to learn from; a detector needs two, and is of use with "
            "some hundred. Add normal rows."
        )
    return _with_names(samples, x)


def _only_numbers(samples: OwnSamples) -> None:
    """Recordings and pictures have no categories."""
    if names := [name for name, w in zip(samples.features, samples.words, strict=False) if w]:
        raise Refused(
            f"{samples.name}: a recording has channels of numbers, and {', '.join(names[:5])} "
            "holds categories; leave it out (--leave-out), or fit a table (--kind table)."
        )


def _with_names(samples: OwnSamples, x: Any) -> Any:
    plain = not any(samples.words)
    if plain and not samples.named and (samples.image_shape or counted(samples.features)):
        return x
    return dataclasses.replace(samples, x=x).table()


def counted(features: Sequence[str]) -> bool:
    """Whether names only count columns, and so say nothing."""
    return all(name == f"x{at}" for at, name in enumerate(features))
