"""Score rows of one's own by a saved detector, chunk by chunk."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.jobs import Refused, engines
from wganad_core.jobs.blame import why
from wganad_core.jobs.changes import Stream
from wganad_core.jobs.orders import ScoreOrder
from wganad_core.jobs.outputs import Output, check_outputs
from wganad_core.jobs.pieces import pieces, put_together
from wganad_core.jobs.prepare import Say
from wganad_core.jobs.recordings import in_rows, rearranged, together
from wganad_core.jobs.writer import SUFFIXES, ScoredRows, writing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wganad_core.data.own.record import OwnSamples

NO_PIXELS = "There are no figures of pixels."
SEARCHING = ("inversion", "anogan")  # hundreds of times slower: a block is enough at a time
LEARNED_FROM = (
    "The detector was fitted to these very rows, and those that it learned from score lower than "
    "new ones would; evaluate it and choose thresholds on others."
)


@dataclasses.dataclass(frozen=True)
class FileScored:
    """What came of scoring `n` rows, some of them `without_score`. `row` and `score` (m,): the
    others, where they were kept. `pixels`: a `PixelReport` as a dictionary, where one was
    asked for and could be made; a remark says why not."""

    n: int
    without_score: int
    flagged: int
    threshold: float
    seconds: float
    remarks: tuple[str, ...]
    row: Any = None
    score: Any = None
    pixels: dict[str, Any] | None = None


def score(
    order: ScoreOrder,
    watch: Callable[[ScoredRows, int], object] = lambda rows, about: None,
    say: Say = lambda sentence: None,
) -> FileScored:
    """Score every row of a file in bounded memory. `watch` gets the rows of each chunk and about
    how many the file has; `say` is told on which machines. Raises what `fit` does."""
    from wganad_core import detector

    _check(order)
    found = detector.load(order.model)
    threshold = found.threshold_ if order.threshold is None else order.threshold
    n = without = flagged = 0
    remarks: dict[str, None] = {}
    # Of the values of all samples, and of those that are not labelled anomalies.
    every, normal, stream = hashlib.sha256(), hashlib.sha256(), Stream(found)
    began = time.perf_counter()
    scored = _scored(order, found, float(threshold), say)
    with contextlib.closing(scored), writing(order.out) as write:
        for samples, scores, blamed in scored:
            rows = scored_rows(samples, scores, threshold, blamed)
            write(rows)
            n += len(rows.row)
            without += len(samples.missing)
            flagged += int(rows.flagged.sum())
            remarks |= dict.fromkeys((*samples.remarks, *_clock(samples, found)))
            every.update(samples.x.data)
            if samples.label is not None:
                normal.update(samples.x[samples.learned].data)
            stream.add(rows)
            watch(rows, samples.about)
    if found.rows_sha256_ in (every.hexdigest(), normal.hexdigest()):
        remarks[LEARNED_FROM] = None
    elif changed := stream.remark():
        remarks[changed] = None
    pixels = _pixels(order, found, remarks) if order.pixels else None
    seconds = time.perf_counter() - began
    said = tuple(remarks)
    return FileScored(n, without, flagged, float(threshold), seconds, said, pixels=pixels)


def _clock(samples: OwnSamples, detector: Any) -> list[str]:
    """Which column tells a recording's time, unless that is said already."""
    told = hasattr(detector, "anomaly_score_along") and samples.time is not None
    name = samples.time_name
    said = any("together are the clock" in line for line in samples.remarks)
    return [f"The clock is column {name!r} (--time-column)."] * (told and not said)


def _pixels(order: ScoreOrder, detector: Any, remarks: dict[str, None]) -> dict[str, Any] | None:
    """None, and a remark, where that cannot be: the scores are there all the same."""
    from wganad_core.data import DataError
    from wganad_core.jobs.pixels import pixel_report

    try:
        found, said = pixel_report(detector, order.file, _opened(order, detector))
    except (DataError, Refused) as error:
        remarks[f"{NO_PIXELS} {error}"] = None
        return None
    remarks |= dict.fromkeys(said)
    return dataclasses.asdict(found)


def _check(order: ScoreOrder) -> None:
    if order.out.suffix.lower() not in SUFFIXES:
        raise Refused(
            f"{order.out} is neither .csv nor .parquet; choose a name that says what to write."
        )
    read = [order.file, order.model, *([order.ranges.file] if order.ranges else [])]
    check_outputs([Output(order.out, "scores")], read, order.overwrite)
    if order.engine != "dask" and order.scheduler:
        raise Refused("--scheduler is the address of a Dask cluster; add --engine dask.")
    if order.engine == "dask" and order.threads:
        raise Refused("--threads is of this process; a Dask worker has its own. Leave it out.")


def _opened(order: ScoreOrder, detector: Any) -> Iterator[OwnSamples]:
    """The file in chunks that suit the detector."""
    from wganad_core.data.own import samples
    from wganad_core.data.own.labels_beside import chunks_with_ranges, roles_beside

    by_order = order.roles.features is None and _names_of(detector) is None
    roles = roles_beside(order.roles, order.ranges)
    if roles.features is None:
        roles = dataclasses.replace(roles, features=_names_of(detector))
    fewest = samples.FEWEST_PICTURES if _is_of_images(detector) else samples.FEWEST
    rows = samples.chunk_rows(int(detector.n_features_in_), fewest=fewest)
    if detector.model_.score_method in SEARCHING:
        rows = min(rows, samples.FEWEST)
    words = dict(detector.categories_)
    found = chunks_with_ranges(lambda: samples.chunks(order.file, roles, rows, words), order.ranges)
    if detector.model_.preparation is None:  # it takes whole rows only
        found = (chunk.whole() for chunk in found)
    return _fitting(found, detector, order.file, by_order)


def _names_of(detector: Any) -> tuple[str, ...] | None:
    """Of the columns that a detector takes, where it knows them."""
    from wganad_core.data.own.picture_size import EVERY

    if (found := getattr(detector, "feature_names_in_", None)) is not None:
        return tuple(found)
    return EVERY[int(detector.n_features_in_)].names if _is_of_images(detector) else None


def _is_of_images(detector: Any) -> bool:
    from wganad_core.detector import WGANImageDetector

    return isinstance(detector, WGANImageDetector)


def _fitting(
    chunks: Iterator[OwnSamples], detector: Any, path: Path, by_order: bool
) -> Iterator[OwnSamples]:
    """The chunks, when they have as many features as the detector."""
    for samples in chunks:
        found, expected = len(samples.features), int(detector.n_features_in_)
        listed = ", ".join(samples.features[:20]) + (", …" if found > 20 else "")
        if found != expected:
            raise Refused(
                f"{path}: the detector takes {expected:,} features; found {found:,} ({listed}). "
                "Name those it was fitted with by --features."
            )
        if by_order and samples.named:
            remark = f"The detector knows no names; columns are taken in their order: {listed}."
            samples = dataclasses.replace(samples, remarks=(*samples.remarks, remark))
        yield samples


def _scored(
    order: ScoreOrder, detector: Any, threshold: float, say: Say
) -> Generator[tuple[OwnSamples, NDArray[np.float64], NDArray[np.int64] | None]]:
    """Chunks, or steps of a recording, with their scores and, where it is asked for, why."""

    def told(scored: Any) -> Any:
        for samples, scores in scored:
            yield samples, scores, why(detector, samples, scores, threshold) if order.why else None

    def made(chunks: Any) -> Any:
        if order.engine == "dask":
            from wganad_core.jobs.dask_cluster import on_cluster

            return on_cluster(detector, chunks, order.scheduler, say)
        return engines.in_threads(detector, chunks, order.threads)

    def opened() -> Iterator[OwnSamples]:
        return _opened(order, detector)

    try:
        if not hasattr(detector, "anomaly_score_along"):
            with contextlib.closing(made(opened())) as scored:
                yield from told(scored)
        elif whole := rearranged(opened, detector):
            with contextlib.closing(made(together(whole[1].stretches))) as scored:
                yield in_rows(*whole, scored, (detector, threshold) if order.why else None)
        else:
            cut = pieces(opened(), detector.window_, detector.stride_)
            with contextlib.closing(made(cut)) as scored:
                yield from told(put_together(scored, detector.stride_))
    except engines.RowsRefused as error:
        raise Refused(f"{order.file}: {error}") from error


def scored_rows(
    samples: OwnSamples,
    scores: NDArray[np.float64],
    threshold: float,
    blamed: NDArray[np.int64] | None = None,
) -> ScoredRows:
    """A chunk as it is written: with the rows that could not be scored, in the file's order."""
    import numpy as np

    n = len(samples.missing)
    known = np.append(np.ones(len(scores), np.bool_), np.zeros(n, np.bool_))
    order = np.argsort(np.append(samples.row, samples.missing))

    def joined(one: Any, other: Any) -> Any:
        return None if one is None else (np.append(one, other)[order] if n else one)

    names = np.array([*samples.features, ""], object)  # of −1, nothing
    return ScoredRows(
        joined(samples.row, samples.missing),
        joined(scores, np.full(n, np.nan)),
        joined(scores > threshold, np.zeros(n, np.bool_)),
        known[order],
        joined(samples.sample_id, samples.missing_id),
        joined(samples.label, samples.missing_label),
        joined(samples.class_, samples.missing_class),
        None if blamed is None else joined(names[blamed], np.full(n, "", object)),
    )
