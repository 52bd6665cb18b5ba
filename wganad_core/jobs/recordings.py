"""People's recordings for a detector: in time, in stretches, and their scores back in rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from wganad_core.jobs import Refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wganad_core.data.own.record import OwnSamples
    from wganad_core.data.own.recordings import Recordings, Stretch

AT_ONCE = 1 << 16  # steps that are scored together, at least


@dataclasses.dataclass(frozen=True)
class Stretches:
    """Some stretches that are scored together: `x` is theirs."""

    some: tuple[Stretch, ...]

    @property
    def x(self) -> list[Any]:
        return [stretch.x for stretch in self.some]


def in_time(samples: OwnSamples, rate: float | None, window: int, learn: bool) -> Recordings:
    """Samples as recordings; to `learn` from, without what is labelled an anomaly."""
    from wganad_core.data import DataError
    from wganad_core.data.own.recordings import recordings

    use = samples.label == 0 if learn and samples.label is not None else None
    if use is not None and not use.any():
        raise Refused(f"{samples.name} has anomalies only; a detector learns from normal rows.")
    try:
        return recordings(samples, rate, window, use)
    except DataError as error:
        raise Refused(f"{samples.name}: {error}") from error


def parts_of(found: Recordings, estimator: Any) -> NDArray[Any]:
    """What each row served for (n,), a number in `records.PARTS`. Steps are in several windows:
    what was learned from counts first."""
    import numpy as np

    from wganad_core.records import PARTS

    test = PARTS.index("test")
    lengths = [len(stretch.x) for stretch in found.stretches]
    offsets = np.cumsum(lengths) - lengths
    starts = np.concatenate(
        [at + estimator.window_starts(n) for at, n in zip(offsets, lengths, strict=True)]
    )
    used = np.full(sum(lengths), test, np.int8)
    for number, windows in reversed(list(enumerate(estimator.parts_))):
        used[np.unique(starts[windows][:, None] + np.arange(estimator.window_))] = number
    kept = found.of_rows([test - part for part in np.split(used, np.cumsum(lengths)[:-1])])
    return np.where(np.isnan(kept), test, test - kept).astype(np.int8)


def together(stretches: Sequence[Stretch]) -> Iterator[Stretches]:
    """All of them, as many at a time as make a good load."""
    some: list[Stretch] = []
    for stretch in stretches:
        some.append(stretch)
        if sum(len(one.x) for one in some) >= AT_ONCE:
            yield Stretches(tuple(some))
            some = []
    if some:
        yield Stretches(tuple(some))


def rearranged(
    chunks: Callable[[], Iterator[OwnSamples]], detector: Any
) -> tuple[OwnSamples, Recordings] | None:
    """A file whose rows are not the steps of one recording as they come, read as a whole; None for
    one that can be scored piece by piece."""
    from wganad_core.data.own.record import joined
    from wganad_core.data.own.recordings import as_they_come
    from wganad_core.data.own.samples import MAX_VALUES

    rate = detector.parameters_["rate"]
    if as_they_come(chunks(), rate):
        return None
    parts, n = [], 0
    for chunk in chunks():
        parts.append(chunk)
        n += chunk.x.size
        if n > MAX_VALUES:
            raise Refused(
                f"{chunk.name}: its rows are not equally spaced in the order of their times, and "
                f"more than {MAX_VALUES:,} values cannot be sorted here; sort or split the file."
            )
    whole = joined(parts)
    if not len(whole.x):
        raise Refused(f"{whole.name}: no row has all features; fill what is missing.")
    return whole, in_time(whole, rate, detector.window_, learn=False)


def in_rows(
    samples: OwnSamples,
    found: Recordings,
    scored: Iterable[tuple[Stretches, NDArray[Any]]],
    why: tuple[Any, float] | None = None,
) -> tuple[OwnSamples, NDArray[Any], NDArray[Any] | None]:
    """Samples with their scores, from those of the steps; rows without a score count as missing.
    With a detector and a threshold as `why`, also the channel of each flagged row."""
    import numpy as np

    from wganad_core.jobs.blame import of_recordings

    along: list[Any] = []
    for group, scores in scored:
        cuts = np.cumsum([len(stretch.x) for stretch in group.some])[:-1]
        along += np.split(scores, cuts)
    scores = found.of_rows(along)
    known = np.isfinite(scores)
    rest = dataclasses.replace(samples.without(~known), remarks=(*samples.remarks, *found.remarks))
    blamed = None if why is None else of_recordings(why[0], found, along, why[1])[known]
    return rest, scores[known], blamed
