"""How rules are chosen without the class that they are to find: nested leave-one-class-out.

The models that never saw class c are given c's samples of the train part as anomalies, against
their own validation normals. The rule for class d is the sum of evidence that finds the classes
c ≠ d best, so that no sample of d ever serves as an anomaly in choosing it; nor does any sample of
the test part.

A rule that is named in `RuleConfig.everywhere` is one for all classes, each of which has its say:
no sample of the test part is among those that chose it, but a protocol that also tests what other
models were trained on (`test+all`) tests some of them again, and tables say so.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from wganad_core.data.pool import Pool
from wganad_core.methods.fitting import evidence_of
from wganad_core.panels.panel import Panel
from wganad_core.records import Choice, FittedRules, FloatArray, Pieces, Rule
from wganad_core.use_cases import UseCase


@dataclasses.dataclass(frozen=True)
class Trial:
    """Of one abnormal class: evidence, standardised as rules join it, by piece, of validation
    normals and of the class's train samples."""

    normals: Mapping[str, FloatArray]
    anomalies: Mapping[str, FloatArray]

    def figure(self, pieces: Iterable[str], measure: str) -> float:
        """AUROC or AUPRC of the sum of some pieces."""
        pieces = tuple(pieces)
        low, high = (
            np.sum([found[piece] for piece in pieces], axis=0)
            for found in (self.normals, self.anomalies)
        )
        score = np.concatenate([low, high])
        if measure == "auprc":
            from sklearn.metrics import average_precision_score

            return float(average_precision_score(np.arange(len(score)) >= len(low), score))
        wins = rankdata(score)[len(low) :].sum() - len(high) * (len(high) + 1) / 2
        return float(wins / len(low) / len(high))


def trial(case: UseCase, panel: Panel, fitted: FittedRules, pool: Pool) -> Trial:
    """Evidence of the panel's own abnormal class, by rules that join all that they may."""
    assert fitted.normals is not None
    rule = every_piece(fitted)
    split = pool.split(panel.abnormal, case.protocols[0])
    parts = (split.parts["validation"], train_samples(case, pool, panel.abnormal))
    found = [
        evidence_of(
            panel.bundle,
            fitted.normals,
            pool.rows(part, panel.view),
            rule.names,
            fitted.axes,
            rule.join,
        )
        for part in parts
    ]
    return Trial(*(_standardised(rule, evidence) for evidence in found))


def every_piece(fitted: FittedRules) -> Rule:
    """All pieces of all rules as one."""
    rules = list(fitted.rules.values())
    location = {name: value for rule in rules for name, value in rule.location.items()}
    scale = {name: value for rule in rules for name, value in rule.scale.items()}
    return Rule(tuple(location), location, scale, rules[0].join)


def _standardised(rule: Rule, found: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    return {name: rule.share(name, found[name]) for name in rule.names}


def train_samples(case: UseCase, pool: Pool, abnormal: str) -> NDArray[np.int64]:
    """A class's samples in the fit and validation parts of the models that do see it."""
    other = next(name for name in case.classes if name != abnormal)
    split = pool.split(other, case.protocols[0])
    seen = np.concatenate([split.parts["fit"], split.parts["validation"]])
    return np.sort(seen[split.classes[seen] == abnormal])


def choose(
    case: UseCase, architecture: str, trials: Mapping[str, Trial], seed: int, command: str
) -> Choice:
    """For every rule and class the best sum of its candidates."""
    config = case.ours[architecture]
    rules: dict[str, dict[str, Pieces]] = {}
    everywhere, figures = {}, dict[str, dict[str, float]]()
    for rule, allowed in config.rules.items():
        table = {
            pieces: {name: one.figure(pieces, config.criterion) for name, one in trials.items()}
            for pieces in sums(allowed, config.largest)
        }
        everywhere[rule] = best(table)
        alike = rule in config.everywhere
        rules[rule] = {
            name: everywhere[rule] if alike else best(table, without=name) for name in trials
        }
        shown: list[Pieces] = [(piece,) for piece in allowed]
        shown += [*rules[rule].values(), everywhere[rule]]
        figures |= {" + ".join(pieces): table[pieces] for pieces in shown}
    n = {name: len(next(iter(one.anomalies.values()))) for name, one in trials.items()}
    n_normals = {name: len(next(iter(one.normals.values()))) for name, one in trials.items()}
    measure = config.criterion
    return Choice(
        case.name,
        architecture,
        seed,
        rules,
        everywhere,
        measure,
        figures,
        n,
        n_normals,
        command,
    )


def sums(allowed: Pieces, largest: int) -> Iterator[Pieces]:
    """All sets of up to `largest` pieces, the small ones first."""
    for size in range(1, min(largest, len(allowed)) + 1):
        yield from itertools.combinations(allowed, size)


def best(table: Mapping[Pieces, Mapping[str, float]], without: str = "") -> Pieces:
    """The pieces with the highest mean over the classes but one; of equals the fewest."""

    def merit(pieces: Pieces) -> float:
        return statistics.fmean(v for name, v in table[pieces].items() if name != without)

    return max(table, key=merit)
