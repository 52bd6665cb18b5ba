"""What our rules need besides the networks: references among the normals of the fit part, and units
of validation normals."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from wganad_core.config import Join, RuleConfig
from wganad_core.methods.bundle import Bundle
from wganad_core.methods.critic import critic_range
from wganad_core.methods.evidence import (
    FAINT,
    FAINT_SHIFT,
    NEIGHBOURS,
    SIGNED,
    Contrast,
    Evidence,
    Spaces,
    base_of,
    joinable,
    lacks,
    shift_logs,
    spaces_of,
    unknown,
)
from wganad_core.methods.neighbours import unit
from wganad_core.methods.score import batched, evaluating, joined, rows
from wganad_core.records import FittedRules, FloatArray, Normals, Plane, Rule, half, on_grid

MAX_AXES = 256  # more features than these are compared along as many main axes only
FAINTEST = 0.05  # of the median level of normals


def fit_rules(
    bundle: Bundle,
    config: RuleConfig,
    fit: FloatArray,
    validation: FloatArray,
    subjects: NDArray[np.str_] | None = None,
    seed: int = 0,
) -> FittedRules:
    """What detectors need besides the networks: references from the fit part, whose rows (n, d)
    belong to `subjects` (n,); units from validation normals (m, d).

    A person's windows resemble each other, and those to be judged come from other people: so the
    levels of references are taken among other subjects only; without subjects, of every other row.
    Rules whose evidence this bundle does not have are left out; one of evidence that there is not
    at all raises `ValueError`.
    """
    every = [piece for names in config.rules.values() for piece in names]
    if odd := unknown(every):
        raise ValueError(f"there is no evidence {', '.join(odd)}")
    sought = spaces_of(every)
    axes = main_axes(fit, seed) if "axes" in sought else None
    rules = {n: pieces for n, pieces in config.rules.items() if not lacks(pieces, bundle, axes)}
    pieces = sorted({piece for names in rules.values() for piece in names})
    normals = references(bundle, config, fit, subjects, pieces, axes, seed)
    normals = with_shift_units(bundle, normals, validation, pieces)
    if config.bits == 32:  # not where files round points: those rules were chosen as they are
        rules, normals = _comparable(rules, normals)
        pieces = sorted({piece for names in rules.values() for piece in names})
    found = evidence_of(bundle, normals, validation, pieces, axes, config.join)
    return FittedRules(
        critic_range=critic_range(bundle.part("critic"), fit),
        normals=normals,
        rules={name: Rule.fitted(names, found, config.join) for name, names in rules.items()},
        axes=axes,
    )


def needed(fitted: FittedRules) -> FittedRules:
    """Without references in spaces that no rule looks at."""
    assert fitted.normals is not None
    pieces = [piece for rule in fitted.rules.values() for piece in rule.names]
    points = {s: v for s, v in fitted.normals.points.items() if s in spaces_of(pieces)}
    levels = {
        base: level
        for base, level in fitted.normals.levels.items()
        if any(base_of(piece) == base and piece != base for piece in pieces)
    }
    axes = fitted.axes if "axes" in points else None
    normals = dataclasses.replace(fitted.normals, points=points, levels=levels)
    return dataclasses.replace(fitted, normals=normals, axes=axes)


def evidence_of(
    bundle: Bundle,
    normals: Normals,
    x: FloatArray,
    pieces: Iterable[str],
    axes: NDArray[np.floating] | None = None,
    join: Join = "mean",
) -> dict[str, FloatArray]:
    """Evidence (n,) by name of samples x (n, d), as a rule joins it."""
    evidence = Evidence(bundle, normals, pieces, axes)
    found = [terms for terms, _ in batched(evidence, x, evidence.n_references)]
    return {name: joined(joinable(join, name, terms[name]) for terms in found) for name in found[0]}


def references(
    bundle: Bundle,
    config: RuleConfig,
    fit: FloatArray,
    subjects: NDArray[np.str_] | None,
    pieces: Iterable[str],
    axes: FloatArray | None,
    seed: int = 0,
) -> Normals:
    """Normals of the fit part for these pieces of evidence, and their own evidence where a piece
    is relative to peers; all spaces have the same normals then."""
    pieces, order = list(pieces), np.random.default_rng(seed).permutation(len(fit))
    sought = sorted(spaces_of(pieces))
    wanted = config.n_references
    sizes = {space: wanted if isinstance(wanted, int) else wanted[space] for space in sought}
    most = len(fit) if config.centres else max(sizes.values(), default=0)
    drawn = np.sort(order[:most])
    there = batched(Spaces(bundle, sought, axes, rebuild=False), fit[drawn])
    points, planes = {}, {}
    for space, n in sizes.items():
        seen = joined(part[space] for part in there)
        flat = config.n_axes.get(space, seen.shape[1]) < min(n, *seen.shape)
        if (config.centres or flat) and (space, True) in NEIGHBOURS.values():
            seen = unit(torch.from_numpy(seen)).numpy()  # directions, of whatever length
        seen = centres(seen, n, seed) if config.centres else seen[np.isin(drawn, order[:n])]
        if flat:
            planes[space], seen = along_plane(seen, config.n_axes[space])
        kept = np.asarray(seen, np.float32)
        points[space] = kept if config.bits == 32 else on_grid(kept, config.bits)
    n = min(map(len, points.values()), default=len(fit))
    k, n_peers = max(1, min(config.k, n - 1)), max(1, min(config.n_peers, n // 3))
    normals = Normals(points, k, n_peers=n_peers, planes=planes, bits=config.bits)
    if any("/" in piece for piece in pieces):
        if planes:
            raise ValueError(f"Peers are sought in whole spaces only, not along {[*planes]}.")
        kept = np.sort(order[:n])
        groups = np.arange(n).astype(np.str_) if subjects is None else subjects[kept]
        normals = with_levels(bundle, normals, fit[kept], groups, pieces, axes)
    return normals


def with_shift_units(
    bundle: Bundle, normals: Normals, validation: FloatArray, pieces: Iterable[str]
) -> Normals:
    """Normals with what `shift-squares` is measured by, if that is among the pieces."""
    if "shift-squares" not in {base_of(piece) for piece in pieces}:
        return normals
    seen = batched(Contrast(bundle), validation)
    found = joined(shift_logs(part["log-p"]) for part in seen)
    units = np.stack([found.mean(axis=0), np.maximum(found.std(axis=0), FAINT_SHIFT)])
    return dataclasses.replace(normals, shift_units=units)


def centres(points: FloatArray, n: int, seed: int = 0) -> FloatArray:
    """Centres (n, d) of clusters of points (m, d) by mini-batch k-means (Sculley 2010); the points
    themselves if there are no more than n."""
    if len(points) <= n:
        return points
    from sklearn.cluster import MiniBatchKMeans

    means = MiniBatchKMeans(
        n, init="random", batch_size=4_096, n_init=1, max_iter=20, random_state=seed
    )
    return np.asarray(means.fit(points).cluster_centers_, np.float32)


def along_plane(points: FloatArray, m: int) -> tuple[Plane, FloatArray]:
    """The main `m` axes of points (n, d), in half precision, and their coordinates (n, m)."""
    from sklearn.decomposition import PCA

    found = PCA(m, svd_solver="covariance_eigh").fit(points)
    plane = Plane(*(half(v).astype(np.float32) for v in (found.mean_, found.components_)))
    return plane, np.asarray((points - plane.centre) @ plane.directions.T, np.float32)


def with_levels(
    bundle: Bundle,
    normals: Normals,
    x: FloatArray,
    groups: NDArray[np.str_],
    pieces: Iterable[str],
    axes: FloatArray | None = None,
) -> Normals:
    """Normals whose points are those of x (m, d), with the evidence that `pieces` need of each,
    for which members of one of the `groups` (m,) are not compared."""
    bases = sorted({base_of(piece) for piece in pieces if "/" in piece})
    evidence = Evidence(bundle, normals, {*pieces, *bases}, axes)
    kind = next(evidence.parameters()).dtype
    same = torch.from_numpy(groups[:, None] == groups[None])
    with evaluating(evidence), torch.no_grad():
        queries = rows(x).to(kind)
        seen = evidence.spaces(queries)
        for space in spaces_of(evidence.pieces):  # as they are stored
            seen[space] = torch.from_numpy(normals.points[space])
        found = {base: evidence.plain(base, queries, seen, same) for base in bases}
    levels = {base: value.numpy().astype(np.float32) for base, value in found.items()}
    return dataclasses.replace(normals, levels=levels)


def _comparable(
    rules: dict[str, tuple[str, ...]], normals: Normals
) -> tuple[dict[str, tuple[str, ...]], Normals]:
    """Levels that are equal, as those of repeated rows, say nothing about peers: then evidence
    counts by itself. Levels next to nothing, as between repeated rows, would make all else odd."""
    levels, alone = {}, set()
    for base, level in normals.levels.items():
        positive = level[level > 0]
        least = FAINTEST * float(np.median(positive)) if len(positive) else 0.0
        levels[base] = np.maximum(level, least) if base not in SIGNED else level
        if base not in SIGNED and np.log(np.maximum(levels[base], FAINT)).std() < FAINTEST**2:
            alone.add(base)
    rules = {
        name: tuple(dict.fromkeys(base_of(p) if base_of(p) in alone else p for p in pieces))
        for name, pieces in rules.items()
    }
    return rules, dataclasses.replace(normals, levels=levels)


def main_axes(x: FloatArray, seed: int = 0) -> FloatArray:
    """What standardised rows (n, d) are multiplied with before neighbours are sought: their main
    axes (k, d), each divided by the root of its standard deviation, which is halfway to equal
    spread along all. The covariance is Ledoit and Wolf's (2004), as rows may be few; of more than
    `MAX_AXES` features the longest axes count, each variance halfway to their mean."""
    d = x.shape[1]
    if d > MAX_AXES:
        from sklearn.decomposition import PCA

        pca = PCA(min(MAX_AXES, len(x)), svd_solver="randomized", random_state=seed).fit(x)
        variances, axes = pca.explained_variance_, pca.components_
        variances = (variances + variances.mean()) / 2
    else:
        from sklearn.covariance import ledoit_wolf

        variances, vectors = np.linalg.eigh(ledoit_wolf(x.astype(np.float64))[0])
        axes = vectors.T
    variances = np.maximum(variances, 1e-4)  # in units of a feature's variance
    return np.ascontiguousarray(axes / variances[:, None] ** 0.25, np.float32)
