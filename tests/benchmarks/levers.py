"""What each piece of our rules gives on the test part, for the record: never used to choose.

    python -m tests.benchmarks.levers [--case mnist] [--classes 1,9] [--all-normals]

AUPRC in % with the shipped models of seed 0 on a fixed third of the test part: the rule, each of
its pieces alone, and the rule without each of them; with `--all-normals` also the rule with every
normal of the fit part as a reference. A piece that a class's rule does not join has no figure
there; means are over the classes that have one.
"""

from __future__ import annotations

import argparse
import dataclasses

import numpy as np
import torch

from wganad_core import pretrained
from wganad_core.data.pool import Pool
from wganad_core.evaluation import summary
from wganad_core.methods.fitting import fit_rules
from wganad_core.methods.ours import OursScore
from wganad_core.panels.panel import Panel
from wganad_core.records import Split
from wganad_core.use_cases import USE_CASES, UseCase

SHARE = 3
RULE = "ours"


def ablation(case: UseCase, abnormal: str, all_normals: bool) -> dict[str, float]:
    """AUPRC by what is left of the rule."""
    architecture, protocol = next(iter(case.ours)), case.protocols[0]
    folder = pretrained.SHIPPED / case.name
    panel = Panel(folder, abnormal, 0, protocol, architecture)
    pool = case.pool()
    split = pool.split(abnormal, protocol)
    index = split.parts["test"][::SHARE]
    judged = panel.judge(pool.rows(index, panel.view), [RULE])[RULE]
    labels = split.classes[index] == abnormal
    left = {RULE: judged.score}
    left |= judged.terms
    left |= {f"{RULE} − {name}": judged.score - term for name, term in judged.terms.items()}
    if all_normals:
        score = with_all_normals(case, panel, pool, split)
        left[f"{RULE}, all normals"] = score.judge(pool.rows(index, panel.view)).score
    return {name: summary(labels, score).auprc for name, score in left.items()}


def with_all_normals(case: UseCase, panel: Panel, pool: Pool, split: Split) -> OursScore:
    """The shipped rule, its units fitted anew, with no normal left out and nothing rounded."""
    assert panel.bundle.fitted is not None
    rules = {RULE: panel.bundle.fitted.rules[RULE].names}
    fit, validation = (pool.rows(split.parts[part], panel.view) for part in ("fit", "validation"))
    config = dataclasses.replace(
        case.ours[panel.architecture],
        rules=rules,
        n_references=len(fit),
        n_axes={},
        bits=32,
        centres=False,
    )
    subjects = pool.subjects(split.parts["fit"])
    fitted = fit_rules(panel.bundle, config, fit, validation, subjects)
    return OursScore(dataclasses.replace(panel.bundle, fitted=fitted), RULE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=USE_CASES, default="mnist")
    parser.add_argument("--classes", type=lambda text: text.split(","))
    parser.add_argument("--all-normals", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    case = USE_CASES[arguments.case]
    classes = arguments.classes or case.classes
    found = {name: ablation(case, name, arguments.all_normals) for name in classes}
    rows = dict.fromkeys(name for table in found.values() for name in table)
    print(f"{'':32}" + "".join(f"{name:>6.5}" for name in classes) + "   mean")
    for name in rows:
        cells = [found[c].get(name) for c in classes]
        shown = "".join(f"{'–' if v is None else f'{100 * v:.1f}':>6}" for v in cells)
        print(f"{name:32}{shown}  {100 * np.mean([v for v in cells if v is not None]):5.1f}")


if __name__ == "__main__":
    main()
