"""Fit the paper's detector to normal rows of one's own."""

from __future__ import annotations

import dataclasses
import inspect
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wganad_core.jobs import Refused
from wganad_core.jobs.beside import beside
from wganad_core.jobs.orders import KINDS, SEED, FitOrder, Kind, option, shell_line
from wganad_core.jobs.outputs import Output, check_outputs, holds
from wganad_core.jobs.recordings import in_time, parts_of

if TYPE_CHECKING:
    from wganad_core.data.own.record import OwnSamples
    from wganad_core.data.own.recordings import Recordings
    from wganad_core.detector import Progress

OF_SCALED = "local"
BY_PLACE = (
    "Pictures other than of 28 × 28 in grey are judged where they are oddest: by what their main "
    "axes (PCA) do not rebuild there, and by patches that no normal picture has. That finds "
    "scratches and stains that the networks overlook; choose score_method ours for the networks "
    "(--score-method ours)."
)
SHOWN = 20  # names of features in a sentence
Watch = Callable[[Iterator["Progress"]], object]
Say = Callable[[str], object]


@dataclasses.dataclass(frozen=True)
class Fitted:
    """What came of a fit: to `n` rows, of which those `without_all_features` and the
    `anomalies_left_out` are not. `command` does it again in a shell.

    `row` (m,): every row of the file that can be scored, from 1, and its `part` (m,), a number in
    `records.PARTS`: "test" are those that had no part in the fit. `beside`: `beside.Beside` as
    dictionaries, this detector's first. `set_aside` (k,): rows that `suspect_share` took out;
    `apart` (k,): those that lie together, apart from all others, and may be anomalies, and their
    `apart_share` of the rows that were looked at.
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
    beside: tuple[dict[str, Any], ...] = ()
    set_aside: Any = None
    apart: Any = None
    apart_share: float = 0.0
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
    from wganad_core.data.own.ranged import roles_beside, with_ranges
    from wganad_core.data.own.samples import read_samples

    outputs = Output(order.out, "detector"), Output(order.checkpoint, "checkpoint", beside=True)
    read = [order.file, *([order.ranges.file] if order.ranges else [])]
    check_outputs(outputs, read, order.overwrite)
    roles = roles_beside(order.roles, order.ranges)
    every = with_ranges(read_samples(order.file, **dataclasses.asdict(roles)), order.ranges)
    samples = _between(every, order.rows)
    kind = order.kind or ("images" if samples.image_shape else "table")
    parameters = {SEED: 0, **dict(order.parameters)}
    scaled_down = kind == "images" and samples.scaled and "score_method" not in parameters
    if scaled_down:
        parameters["score_method"] = OF_SCALED
    estimator = _estimator(kind, parameters)
    for remark in samples.remarks:
        say(f"remark: {remark}")
    if scaled_down:
        say(f"remark: {BY_PLACE}")
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
        for remark in recorded.remarks:
            say(f"remark: {remark}")
    x = normal_rows(samples, recorded)
    n = sum(map(len, x)) if isinstance(x, list) else len(x)
    if missing := missing_cells(samples):
        say(f"remark: {missing}")
    say(_learned_from(samples, n))
    _take_over(order, say)
    if order.checkpoint.exists():
        say(f"{order.checkpoint} is there: a fit of the same rows and settings goes on from it.")
    began = time.perf_counter()
    _learn(estimator, samples.name, x, order, watch)
    estimator.save(order.out)
    advice, seconds = estimator.advice_, time.perf_counter() - began
    part = _parts(estimator, every.row, samples, recorded)
    others = beside(estimator, x, every, part, seconds) if order.beside else ()
    given = {name: value for name, value in parameters.items() if (name, value) != ("rate", None)}
    whole = dataclasses.replace(order, parameters=tuple(given.items()))
    return Fitted(
        detector=type(estimator).__name__,
        score_method=estimator.model_.score_method,
        n=n,
        n_features=int(estimator.n_features_in_),
        without_all_features=len(samples.missing),
        anomalies_left_out=n_labelled(samples, 1),
        unlabelled_left_out=n_labelled(samples, -1),
        features=() if samples.image_shape else samples.features,
        steps=int(estimator.n_steps_),
        seconds=seconds,
        threshold=float(estimator.threshold_),
        false_alarm_rate=estimator.false_alarm_rate,
        rule=advice.rule,
        assumption=advice.assumption,
        warning=advice.warning,
        expected_false_alarm_rate=advice.expected,
        command=shell_line(whole),
        remarks=(
            *samples.remarks,
            *filter(None, [missing, BY_PLACE if scaled_down else ""]),
            *(recorded.remarks if recorded else ()),
        ),
        beside=tuple(dataclasses.asdict(one) for one in others),
        set_aside=_in_file(estimator.set_aside_, samples, recorded),
        apart=_in_file(estimator.apart_, samples, recorded),
        apart_share=estimator.apart_share_,
        row=every.row,
        part=part,
    )


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
    left = f"; it leaves out {' and '.join(without)}" if without else ""
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


def _take_over(order: FitOrder, say: Say) -> None:
    """Go on from a checkpoint of the old name. It stays, as it may be another fit's."""
    from wganad_core import storage

    old = order.old_checkpoint
    if order.checkpoint.exists() or not old.is_file() or holds(old) != "checkpoint":
        return
    storage.write_atomically(order.checkpoint, old.read_bytes())
    say(f"{old} is copied, as checkpoints are called {order.checkpoint.name} now; delete it.")


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


def _in_file(numbers: Any, samples: OwnSamples, recorded: Recordings | None) -> Any:
    """Rows of the file from those that were learned from; windows are in several."""
    import numpy as np

    return np.empty(0, np.int64) if recorded else samples.row[samples.learned][numbers]


def _parts(estimator: Any, rows: Any, samples: OwnSamples, recorded: Recordings | None) -> Any:
    """What each of the `rows` of the file served for, a number in `records.PARTS`."""
    import numpy as np

    from wganad_core.records import PARTS

    learned = samples.row
    if recorded is not None:
        used = parts_of(recorded, estimator)
    else:
        learned = learned[samples.learned]
        used = np.full(len(learned), PARTS.index("test"), np.int8)
        for number, members in enumerate(estimator.parts_):
            used[members] = number
    part = np.full(len(rows), PARTS.index("test"), np.int8)
    part[np.searchsorted(rows, learned)] = used
    return part
