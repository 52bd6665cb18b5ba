"""Fit the paper's detector to normal rows of one's own."""

from __future__ import annotations

import dataclasses
import inspect
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wganad_core.jobs import Refused
from wganad_core.jobs.orders import KINDS, SEED, FitOrder, Kind, option, shell_line
from wganad_core.jobs.outputs import Output, check_outputs
from wganad_core.jobs.pieces import unbroken

if TYPE_CHECKING:
    from wganad_core.data.own.samples import OwnSamples
    from wganad_core.detector import Progress

SHOWN = 20  # names of features in a sentence
Watch = Callable[[Iterator["Progress"]], object]
Say = Callable[[str], object]


@dataclasses.dataclass(frozen=True)
class Fitted:
    """What came of a fit: to `n` rows, of which those `without_all_features` and the
    `anomalies_left_out` are not. `command` does it again in a shell.

    `row` (m,): every row of the file that can be scored, from 1, and its `part` (m,), a number in
    `records.PARTS`: "test" are those that had no part in the fit.
    """

    detector: str
    score_method: str
    n: int
    n_features: int
    without_all_features: int
    anomalies_left_out: int
    steps: int
    seconds: float
    threshold: float
    false_alarm_rate: float
    rule: str
    assumption: str
    warning: str | None
    expected_false_alarm_rate: tuple[float, float] | None
    command: str
    remarks: tuple[str, ...]
    features: tuple[str, ...] = ()
    unlabelled_left_out: int = 0
    row: Any = None
    part: Any = None


def fit(
    order: FitOrder, watch: Watch = lambda steps: deque(steps, 0), say: Say = lambda sentence: None
) -> Fitted:
    """Fit a detector while `watch` reads its progress, and write it when it is whole; `say` is
    told what to know before that.

    A fit that was cut off goes on from its checkpoint, and `KeyboardInterrupt` leaves that where it
    is. Raises `ConfigError`, `DataError`, `StorageError` and `Refused`.
    """
    from wganad_core.data.own.samples import read_samples

    outputs = Output(order.out, "detector"), Output(order.checkpoint, "checkpoint", beside=True)
    check_outputs(outputs, [order.file], order.overwrite)
    every = read_samples(order.file, **dataclasses.asdict(order.roles))
    samples = _between(every, order.rows)
    kind = order.kind or ("images" if samples.image_shape else "table")
    parameters = {SEED: 0, **dict(order.parameters)}
    estimator = _estimator(kind, parameters)
    for remark in samples.remarks:
        say(f"remark: {remark}")
    x = normal_rows(samples, kind)
    say(_learned_from(samples, len(x)))
    if order.checkpoint.exists():
        say(f"{order.checkpoint} is there: a fit of the same rows and settings goes on from it.")
    began = time.perf_counter()
    _learn(estimator, samples.name, x, order, watch)
    estimator.save(order.out)
    advice = estimator.advice_
    whole = dataclasses.replace(order, parameters=tuple(parameters.items()))
    return Fitted(
        detector=type(estimator).__name__,
        score_method=estimator.model_.score_method,
        n=len(x),
        n_features=int(estimator.n_features_in_),
        without_all_features=len(samples.missing),
        anomalies_left_out=n_labelled(samples, 1) if len(x) < len(samples.x) else 0,
        unlabelled_left_out=n_labelled(samples, -1) if len(x) < len(samples.x) else 0,
        features=() if samples.image_shape else samples.features,
        steps=int(estimator.n_steps_),
        seconds=time.perf_counter() - began,
        threshold=float(estimator.threshold_),
        false_alarm_rate=estimator.false_alarm_rate,
        rule=advice.rule,
        assumption=advice.assumption,
        warning=advice.warning,
        expected_false_alarm_rate=advice.expected,
        command=shell_line(whole),
        remarks=samples.remarks,
        row=every.row,
        part=_parts(estimator, every.row, samples, len(x)),
    )


def n_labelled(samples: OwnSamples, label: int) -> int:
    return 0 if samples.label is None else int((samples.label == label).sum())


def _learned_from(samples: OwnSamples, n: int) -> str:
    """Which rows, which features and which not."""
    features = ""
    if not samples.image_shape:
        names = ", ".join(samples.features[:SHOWN]) + ", …" * (len(samples.features) > SHOWN)
        features = f" by {len(samples.features):,} features ({names})"
    odd, unknown = n_labelled(samples, 1), n_labelled(samples, -1)
    without = [f"{odd:,} that are labelled anomalies"] * bool(odd)
    without += [f"{unknown:,} that have no label"] * bool(unknown)
    left = f"; it leaves out {' and '.join(without)}" if without and n < len(samples.x) else ""
    return f"The detector learns from {n:,} rows{features}{left}."


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
    some = samples.take((samples.row >= low) & (samples.row <= high))
    missing = samples.missing[(samples.missing >= low) & (samples.missing <= high)]
    if not len(some.x):
        raise Refused(
            f"{samples.name} has no row from {low:,} to {high:,} that can be used; it has "
            f"{len(samples.x) + len(samples.missing):,}, counted from 1 without a header."
        )
    return dataclasses.replace(some, missing=missing)


def normal_rows(samples: OwnSamples, kind: Kind = "table") -> Any:
    """What a detector is fitted to: the rows that are not labelled anomalies, under the names of
    their columns if these came from the file. Raises `Refused` where there are none."""
    x = samples.x
    if kind == "series":
        x = unbroken(samples).x
        if n_labelled(samples, 1):
            raise Refused(
                f"{samples.name}: a recording to learn from must be normal throughout, and row "
                f"{samples.row[samples.label == 1][0]:,} is labelled an anomaly; fit to a normal "
                "stretch by --rows, or take all of it with --label-column ''."
            )
    elif samples.label is not None:
        x = x[samples.label == 0]
        if not len(x):
            raise Refused(
                f"{samples.name} has anomalies only; a detector learns from normal rows. If its "
                "label means something else, say which value is normal (--normal), or that there "
                "is no label (--label-column '')."
            )
    if kind != "series" and len(x) < 2:
        raise Refused(
            f"{samples.name} has one row to learn from; a detector needs two, and is of use with "
            "some hundred. Add normal rows."
        )
    if not samples.named and (samples.image_shape or counted(samples.features)):
        return x
    import pandas as pd

    return pd.DataFrame(x, columns=list(samples.features))


def counted(features: Sequence[str]) -> bool:
    """Whether names only count columns, and so say nothing."""
    return all(name == f"x{at}" for at, name in enumerate(features))


def _learn(estimator: Any, name: str, x: Any, order: FitOrder, watch: Watch) -> None:
    from wganad_core.config import ConfigError
    from wganad_core.methods import DivergedError

    try:
        watch(estimator.fit_steps(x, order.checkpoint))
    except DivergedError as error:
        raise Refused(str(error)) from error
    except ConfigError:
        raise
    except ValueError as error:  # rows that the estimator refuses
        raise Refused(f"{name}: {' '.join(str(error).split())}") from error


def _parts(estimator: Any, rows: Any, samples: OwnSamples, n: int) -> Any:
    """What each of the `rows` of the file served for, a number in `records.PARTS`."""
    import numpy as np

    from wganad_core.records import PARTS

    test = PARTS.index("test")
    used = np.full(n, test, np.int8)
    # Steps of a recording are in several windows: what was learned from counts first.
    for number, members in reversed(list(enumerate(estimator.parts_))):
        if hasattr(estimator, "window_starts"):  # members are windows
            starts = estimator.window_starts(n)[members]
            members = np.unique(starts[:, None] + np.arange(estimator.window_))
        used[members] = number
    learned = samples.row if n == len(samples.x) or samples.label is None else None
    if learned is None:
        learned = samples.row[samples.label == 0]
    part = np.full(len(rows), test, np.int8)
    part[np.searchsorted(rows, learned)] = used
    return part
