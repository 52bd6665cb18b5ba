"""How our rules for windows were chosen, without a single test window or label (design.md §4).

    python -m tests.benchmarks.choose_ours_windows [--others] [--models FOLDER] [--json OUT]

The first criterion, for each abnormal activity's trained models: the windows of the two validation
subjects, against anomalies made from those same windows in six ways that a body or a phone could
bring about:

* posture: all sensors turned by 25° to 90° about any axis;
* pace: 1.4 to 2 times slower, or quicker (with the window's mirror image to fill the rest);
* strength: body movements at 0.3 to 0.5, or at 2 to 3 times their size, gravity as it was;
* exchange: the movements of one window in the posture of another;
* join: the first half of one window, the second of another;
* direction: movements along other axes (x to y to z), gravity as it was.

The second (`--others`): the other activities as anomalies. What a rule for one activity is chosen
by is how it finds each of the other five, with that one's models, among the windows of train
subjects: the validation subjects' normal ones, and those of the fit and validation subjects that
show the activity, which training has not seen. So no anomaly of the activity in question is used.

A rule is the mean of up to four pieces of evidence, plain or relative to peers; the highest AUPRC,
averaged over kinds and activities, wins. Pairs are tried all; of each size the best `KEPT` are
extended by every piece.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from wganad_core.config import ACTIVITIES
from wganad_core.data.cache import data_directory
from wganad_core.data.har import WindowPool, part_subjects
from wganad_core.methods.evidence import NEIGHBOURS, PLAIN
from wganad_core.methods.ours import evidence_of, main_axes, references
from wganad_core.panels.panel import Panel
from wganad_core.records import FloatArray, Rule
from wganad_core.use_cases import HAR

KEPT = 150
LARGEST = 4
Found = dict[str, FloatArray]  # evidence by name
SUBJECTS = part_subjects()
BODY, TOTAL = slice(0, 6), slice(6, 9)


def synthetic(windows: FloatArray, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Windows (n, 9, 128) made odd in each of the six ways, n of each kind."""
    n = len(windows)
    other = windows[rng.permutation(n)]
    gravity = windows[:, TOTAL] - windows[:, :3]

    turns = Rotation.from_rotvec(
        _directions(n, rng) * np.radians(rng.uniform(25, 90, (n, 1)))
    ).as_matrix()
    posture = np.einsum("nij,nsjt->nsit", turns, windows.reshape(n, 3, 3, -1))

    factor = np.where(rng.random(n) < 0.5, rng.uniform(0.3, 0.5, n), rng.uniform(2, 3, n))
    strength = windows.copy()
    strength[:, BODY] *= factor[:, None, None]
    strength[:, TOTAL] = gravity + strength[:, :3]

    exchange = windows.copy()
    exchange[:, TOTAL] = other[:, TOTAL] - other[:, :3] + windows[:, :3]

    join = windows.copy()
    join[:, :, 64:] = other[:, :, 64:]

    direction = np.roll(windows.reshape(n, 3, 3, -1), 1, axis=2).reshape(windows.shape)
    direction[:, TOTAL] = gravity + direction[:, :3]

    made = {
        "posture": posture.reshape(windows.shape),
        "pace": _paced(windows, rng),
        "strength": strength,
        "exchange": exchange,
        "join": join,
        "direction": direction,
    }
    return {kind: np.asarray(x, np.float32) for kind, x in made.items()}


def _directions(n: int, rng: np.random.Generator) -> np.ndarray:
    v = rng.standard_normal((n, 3))
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def _paced(windows: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Each window read at another speed, from its middle outwards, mirrored at its ends."""
    n, _, length = windows.shape
    slower, quicker = 1 / rng.uniform(1.4, 2, n), rng.uniform(1.4, 2, n)
    speed = np.where(rng.random(n) < 0.5, slower, quicker)
    times = (np.arange(length) - length / 2) * speed[:, None] + length / 2
    paced = np.empty_like(windows)
    for window, at, out in zip(windows, times, paced, strict=True):
        for signal, values in zip(window, out, strict=True):
            map_coordinates(signal, at[None], values, order=1, mode="reflect")
    return paced


def pieces() -> list[str]:
    """All evidence: plain, relative to the neighbours in a piece's own space, and relative to
    those that move as much."""
    plain = [*PLAIN, *NEIGHBOURS]
    own = [f"{name}/{space}" for name, (space, _) in NEIGHBOURS.items()]
    peers = [f"{name}/strength" for name in plain]
    return list(dict.fromkeys([*plain, *own, *peers]))


def evidence_on(
    folder: Path, pool: WindowPool, abnormal: str, others: bool
) -> tuple[Found, dict[str, Found]]:
    """Evidence of the validation normals, and of each kind made from them, or (`others`) of the
    abnormal activity itself."""
    panel = Panel(folder, abnormal, protocol=HAR.protocols[0], architecture="conv")
    split = pool.split(abnormal, HAR.protocols[0])
    assert panel.view is not None
    fit = pool.rows(split.parts["fit"], panel.view)
    axes, subjects = main_axes(fit), pool.subjects(split.parts["fit"])
    normals = references(panel.bundle, HAR.ours, fit, subjects, pieces(), axes)
    windows = pool.windows.signals[split.parts["validation"]]
    if others:
        seen = np.isin(pool.windows.subjects, [*SUBJECTS["fit"], *SUBJECTS["validation"]])
        odd = {abnormal: pool.windows.signals[seen & (pool.windows.activities == abnormal)]}
    else:
        odd = synthetic(windows, np.random.default_rng(ACTIVITIES.index(abnormal)))
    found = {
        kind: evidence_of(panel.bundle, normals, panel.view.rows(x), pieces(), axes)
        for kind, x in {"normal": windows, **odd}.items()
    }
    return found.pop("normal"), found


Names = tuple[str, ...]
Everything = dict[str, tuple[Found, dict[str, Found]]]


class Trial:
    """Rules on one activity's evidence, standardised once: a rule's score is a mean of columns."""

    def __init__(self, allowed: list[str], normals: Found, kinds: dict[str, Found]) -> None:
        rule = Rule.fitted(tuple(allowed), normals)
        self.column = {name: i for i, name in enumerate(allowed)}
        self.tables = [
            np.stack(list(rule.terms(found).values()), axis=1)
            for found in (normals, *kinds.values())
        ]

    def auprc(self, names: Names) -> list[float]:
        """Of a rule against each kind."""
        columns = [self.column[name] for name in names]
        low, *high = (table[:, columns].sum(axis=1) for table in self.tables)
        return [average_precision(low, some) for some in high]


def average_precision(low: FloatArray, high: FloatArray) -> float:
    """scikit-learn's for scores without ties, thirty times as fast: thousands of rules are
    tried."""
    order = np.argsort(-np.concatenate([high, low]), kind="stable")
    hits = np.flatnonzero(order < len(high))
    return float((np.arange(1, len(hits) + 1) / (hits + 1)).mean())


Tried = tuple[Names, np.ndarray]  # a rule and its AUPRC (activities, kinds)


def tried(found: Everything, allowed: list[str], but: int | None = None) -> list[Tried]:
    """Rules, the best first; the activity with the number `but` does not count."""
    trials = [Trial(allowed, *parts) for parts in found.values()]

    def merit(rule: Tried) -> float:
        return -float((rule[1] if but is None else np.delete(rule[1], but, axis=0)).mean())

    rules: list[Names] = [(name,) for name in allowed]
    every: list[Tried] = []
    for size in range(1, LARGEST + 1):
        scored = [(names, np.array([trial.auprc(names) for trial in trials])) for names in rules]
        every += scored
        scored.sort(key=merit)
        seeds = scored if size == 1 else scored[:KEPT]
        longer = {tuple(sorted({*n, more})) for n, _ in seeds for more in allowed if more not in n}
        rules = sorted(longer)
    return sorted(every, key=merit)


def show(title: str, rules: list[Tried], n: int) -> None:
    """The best rules, then the single pieces."""
    print(f"\n{title}: {' + '.join(rules[0][0])}")
    for names, scores in [*rules[:n], *(rule for rule in rules if len(rule[0]) == 1 and n > 1)]:
        cells = [" ".join(f"{100 * v:4.1f}" for v in scores.mean(axis=a)) for a in (1, 0)]
        kinds = f" | {cells[1]}" if scores.shape[1] > 1 else ""
        print(f"{100 * scores.mean():5.1f} | {cells[0]}{kinds} | {' + '.join(names)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", action="store_true")
    parser.add_argument(
        "--models",
        type=Path,
        default=data_directory() / "models" / "har",
        help="with all methods' conv models, contrastive features too, which do not ship",
    )
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    pool = HAR.pool()
    assert isinstance(pool, WindowPool)
    folder, others = arguments.models, arguments.others
    found = {name: evidence_on(folder, pool, name, others) for name in ACTIVITIES}
    kinds = next(iter(found.values()))[1]
    columns = "" if others else f" | {' '.join(kinds)}"
    print(f"mean | abnormal {' '.join(found)}{columns} | evidence")
    own = [
        p
        for p in pieces()
        if p.partition("/")[0] in (*PLAIN, "near-latent", "near-encoder", "near-critic")
        and p.partition("/")[2] in ("", "latents", "encoder", "critic")
    ]
    table = {"all": tried(found, pieces()), "networks of the WGAN-GP alone": tried(found, own)}
    for title, rules in table.items():
        show(title, rules, 8)
    for i, name in enumerate(ACTIVITIES if others else ()):
        show(f"for {name}, by the other five", tried(found, pieces(), but=i), 1)
    if arguments.json:
        plain = {title: [[n, v.tolist()] for n, v in rules] for title, rules in table.items()}
        arguments.json.write_text(json.dumps(plain))


if __name__ == "__main__":
    main()
