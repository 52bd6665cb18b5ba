"""Fit the paper's detector to normal rows of one's own."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from wganad_core.jobs import Refused
from wganad_core.jobs.beside import beside
from wganad_core.jobs.orders import FitOrder, shell_line
from wganad_core.jobs.outputs import Output, check_outputs, holds
from wganad_core.jobs.prepare import FitInput, Say, n_labelled, prepare, read_for
from wganad_core.jobs.recordings import parts_of

if TYPE_CHECKING:
    from wganad_core.data.own.record import OwnSamples
    from wganad_core.detector import Progress

Watch = Callable[[Iterator["Progress"]], object]


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
    outputs = Output(order.out, "detector"), Output(order.checkpoint, "checkpoint", beside=True)
    read = [order.file, *([order.ranges.file] if order.ranges else [])]
    check_outputs(outputs, read, order.overwrite)
    every = read_for(order)
    prepared = prepare(order, every, say)
    say(prepared.sentence)
    _take_over(order, say)
    if order.checkpoint.exists():
        say(f"{order.checkpoint} is there: a fit of the same rows and settings goes on from it.")
    began = time.perf_counter()
    _learn(prepared, order, watch)
    prepared.estimator.save(order.out)
    return _told(order, every, prepared, time.perf_counter() - began)


def _told(order: FitOrder, every: OwnSamples, prepared: FitInput, seconds: float) -> Fitted:
    """What to report of a fit that is done."""
    estimator, samples = prepared.estimator, prepared.samples
    advice, part = estimator.advice_, _parts(prepared, every.row)
    others = beside(estimator, prepared.x, every, part, seconds) if order.beside else ()
    given = prepared.parameters.items()
    used = tuple((name, value) for name, value in given if (name, value) != ("rate", None))
    return Fitted(
        detector=type(estimator).__name__,
        score_method=estimator.model_.score_method,
        n=prepared.n,
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
        command=shell_line(dataclasses.replace(order, parameters=used)),
        remarks=prepared.remarks,
        beside=tuple(dataclasses.asdict(one) for one in others),
        set_aside=_in_file(prepared, estimator.set_aside_),
        apart=_in_file(prepared, estimator.apart_),
        apart_share=estimator.apart_share_,
        row=every.row,
        part=part,
    )


def _take_over(order: FitOrder, say: Say) -> None:
    """Go on from a checkpoint of the old name. It stays, as it may be another fit's."""
    from wganad_core import storage

    old = order.old_checkpoint
    if order.checkpoint.exists() or not old.is_file() or holds(old) != "checkpoint":
        return
    storage.write_atomically(order.checkpoint, old.read_bytes())
    say(f"{old} is copied, as checkpoints are called {order.checkpoint.name} now; delete it.")


def _learn(prepared: FitInput, order: FitOrder, watch: Watch) -> None:
    from wganad_core.config import ConfigError
    from wganad_core.methods import DivergedError

    try:
        watch(prepared.estimator.fit_steps(prepared.x, order.checkpoint))
    except DivergedError as error:
        raise Refused(str(error)) from error
    except ConfigError:
        raise
    except ValueError as error:  # rows that the estimator refuses
        raise Refused(f"{prepared.samples.name}: {' '.join(str(error).split())}") from error


def _in_file(prepared: FitInput, numbers: Any) -> Any:
    """Rows of the file from those that were learned from; windows are in several."""
    import numpy as np

    samples = prepared.samples
    return np.empty(0, np.int64) if prepared.recorded else samples.row[samples.learned][numbers]


def _parts(prepared: FitInput, rows: Any) -> Any:
    """What each of the `rows` of the file served for, a number in `records.PARTS`."""
    import numpy as np

    from wganad_core.records import PARTS

    learned, estimator = prepared.samples.row, prepared.estimator
    if prepared.recorded is not None:
        used = parts_of(prepared.recorded, estimator)
    else:
        learned = learned[prepared.samples.learned]
        used = np.full(len(learned), PARTS.index("test"), np.int8)
        for number, members in enumerate(estimator.parts_):
            used[members] = number
    part = np.full(len(rows), PARTS.index("test"), np.int8)
    part[np.searchsorted(rows, learned)] = used
    return part
