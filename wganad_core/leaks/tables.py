"""Leaks that score tables show by themselves: the detector chosen on the test, the base rate."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

from wganad_core import evaluation
from wganad_core.board import Key, Row, test_parts
from wganad_core.catalogue import name_in_full
from wganad_core.leaks import Pair
from wganad_core.records import ScoreTable
from wganad_core.use_cases import UseCase

RARE = (0.01, 0.05)  # shares of anomalies that a user may meet
Candidate = tuple[str, str]  # model and detector


def hindsight(case: UseCase, rows: Sequence[Row]) -> Iterator[Pair]:
    """Per class the detector with the best mean on all *other* classes, and the best on this one.

    Candidates have scored the whole test part of every class, in the usual protocol; seeds are
    averaged. The honest choice knows the test normals, but takes no sample of the class in
    question for an anomaly, except that "Ours" of UCI HAR was made with some of its train windows.
    """
    found = _candidates(case, rows)
    for abnormal in case.classes:
        others = [name for name in case.classes if name != abnormal]

        def elsewhere(candidate: Candidate, others: Sequence[str] = others) -> float:
            return statistics.fmean(found[candidate][name] for name in others)

        def here(candidate: Candidate, abnormal: str = abnormal) -> float:
            return found[candidate][abnormal]

        chosen, best = max(found, key=elsewhere), max(found, key=here)
        n, base_rate = _whole(case, rows, abnormal)
        yield Pair(
            use_case=case.name,
            abnormal=abnormal,
            what=f"{len(found)} detectors",
            honest=here(chosen),
            leaky=here(best),
            honest_base_rate=base_rate,
            leaky_base_rate=base_rate,
            n=n,
            honest_by=name_in_full(case, *chosen),
            leaky_by=name_in_full(case, *best),
        )


def _candidates(case: UseCase, rows: Sequence[Row]) -> dict[Candidate, dict[str, float]]:
    """AUPRC by class of the detectors that scored every class's whole test part."""
    found: dict[Candidate, dict[str, list[float]]] = {}
    for abnormal in case.classes:
        whole = _whole(case, rows, abnormal)
        for row in rows:
            of_it = row.abnormal == abnormal and row.protocol == case.protocols[0]
            if of_it and (row.n, row.base_rate) == whole and row.auprc is not None:
                by_class = found.setdefault((row.model, row.detector), {})
                by_class.setdefault(abnormal, []).append(row.auprc)
    return {
        candidate: {name: statistics.fmean(values) for name, values in by_class.items()}
        for candidate, by_class in found.items()
        if by_class.keys() == set(case.classes)
    }


def _whole(case: UseCase, rows: Sequence[Row], abnormal: str) -> tuple[int, float]:
    """Size and base rate of a class's test part: of the largest that anybody scored."""
    sizes = [
        (row.n, row.base_rate)
        for row in rows
        if (row.abnormal, row.protocol) == (abnormal, case.protocols[0])
        and row.n is not None
        and row.base_rate is not None
    ]
    return max(sizes)


def rates(case: UseCase, tables: Iterable[ScoreTable]) -> Iterator[Pair]:
    """Per class the use case's first detector: as tested, and with anomalies re-weighted to be as
    rare as `RARE`, which is exact and the mean over all ways to thin them out of a large sample."""
    for table in tables:
        parts = {key: (label, score) for key, label, score in test_parts(table)}
        key = _first(case, parts)
        if key is None:
            continue
        curve = evaluation.curve(*parts[key])
        _, model, detector, abnormal, _, _ = key
        for rare in RARE:
            yield Pair(
                use_case=case.name,
                abnormal=abnormal,
                what=f"{name_in_full(case, model, detector)} at π = {rare:.0%}",
                honest=evaluation.auprc(curve, rare),
                leaky=evaluation.auprc(curve),
                honest_base_rate=rare,
                leaky_base_rate=curve.base_rate,
                n=curve.n,
            )


def _first(case: UseCase, keys: Iterable[Key] | Mapping[Key, object]) -> Key | None:
    """The detector that pages offer first, of the usual model, protocol and seed."""
    order = [*case.detectors, *case.baselines]
    models = [case.model_of(name) for name in case.architectures]

    def rank(key: Key) -> tuple[int, int, int]:
        model = models.index(key[1]) if key[1] in models else len(models)
        return order.index(key[2]), model, key[5]

    known = [key for key in keys if key[2] in order and key[4] == case.protocols[0]]
    return min(known, key=rank, default=None)
