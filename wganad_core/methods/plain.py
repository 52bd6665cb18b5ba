"""Detectors without networks, to compare with on anybody's data: nearest neighbours, main axes and
an isolation forest (not in the paper). They are fitted in seconds by scikit-learn; what scores is
its result as a module, for files and ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wganad_core.methods.bundle import Bundle
from wganad_core.methods.neighbours import nearest
from wganad_core.methods.registry import scores
from wganad_core.methods.score import Score, Verdict
from wganad_core.records import FloatArray

SHARE = 0.95  # of the variance that the main axes keep
N_TREES = 200
MOST_VALUES, FEWEST = 1 << 23, 64  # of all references; references
Parts = dict[str, NDArray[Any]]


def fitted_parts(*names: str) -> Callable[[Bundle], bool]:
    return lambda bundle: bundle.fitted is not None and set(names) <= set(bundle.fitted.plain)


class PlainScore(Score):
    """What was fitted is `bundle.fitted.plain`, arrays by name, in double precision."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        assert bundle.fitted is not None
        self.plain: Mapping[str, NDArray[Any]] = bundle.fitted.plain

    def _kept(self, name: str) -> nn.Parameter:
        values = torch.tensor(np.asarray(self.plain[name], np.float64))
        return nn.Parameter(values, requires_grad=False)


@scores("neighbours", needs=[], wants=fitted_parts("references", "k"))
class NeighboursScore(PlainScore):
    """The mean distance to the nearest normals."""

    rebuilds: ClassVar[bool] = False

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.references, self.k = self._kept("references"), int(self.plain["k"].item())
        self.n_references = len(self.references)
        if not 1 <= self.k <= self.n_references:
            raise ValueError(f"{self.k} neighbours of {self.n_references} references")

    def forward(self, x: Tensor) -> Verdict:
        return Verdict(nearest(x, self.references, self.k)[0].mean(dim=1))


@scores("pca", needs=[], wants=fitted_parts("centre", "components"))
class ComponentsScore(PlainScore):
    """The mean squared error of what the main axes rebuild."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.centre, self.components = self._kept("centre"), self._kept("components")

    def forward(self, x: Tensor) -> Verdict:
        off = x - self.centre
        rebuilt = off @ self.components.T @ self.components
        return Verdict((off - rebuilt).square().mean(dim=1), {}, rebuilt + self.centre)


TREES = ("feature", "cut", "left", "right", "steps")


@scores("isolation-forest", needs=[], wants=fitted_parts(*TREES))
class ForestScore(PlainScore):
    """2^(−E[h(x)]/c): how few cuts at random set a row apart (Liu, Ting and Zhou, 2008)."""

    rebuilds: ClassVar[bool] = False

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self.cut, self.steps = self._kept("cut"), self._kept("steps")  # (trees, nodes)
        for name in ("feature", "left", "right"):
            self.register_buffer(name, torch.tensor(np.asarray(self.plain[name], np.int64)))
        self.usual, self.depth = (float(value) for value in self.plain["scale"])
        self._check(bundle.config.n_features)

    def _check(self, n_features: int) -> None:
        """Raises `ValueError` for trees that lead nowhere, as forged files may hold."""
        shape = self.cut.shape
        parts = {"steps": self.steps, **{n: getattr(self, n) for n in ("feature", "left", "right")}}
        if len(shape) != 2 or any(part.shape != shape for part in parts.values()):
            raise ValueError("its trees have parts of different sizes")
        ends = {"feature": n_features, "left": shape[1], "right": shape[1]}
        for name, end in ends.items():
            if bool(((parts[name] < 0) | (parts[name] >= end)).any()) or not parts[name].numel():
                raise ValueError(f"{name} of its trees lies outside 0 … {end - 1}")
        if not 0 <= self.depth <= shape[1] or not self.usual > 0:
            raise ValueError(f"its trees have a depth of {self.depth:g}, {self.usual:g} usually")

    def forward(self, x: Tensor) -> Verdict:
        n = self.cut.shape[1]
        first = torch.arange(len(self.cut), device=x.device) * n  # of each tree
        cut, steps = self.cut.flatten(), self.steps.flatten()
        feature, left, right = (
            getattr(self, name).flatten() for name in ("feature", "left", "right")
        )
        node = first.expand(len(x), -1)
        for _ in range(int(self.depth)):  # a leaf leads to itself
            below = torch.gather(x, 1, feature[node]) <= cut[node]
            node = first + torch.where(below, left[node], right[node])
        return Verdict(torch.exp2(-steps[node].mean(dim=1) / self.usual))


def fit_plain(method: str, x: FloatArray, n_references: int, n_neighbours: int, seed: int) -> Parts:
    """What a method without networks keeps of standardised normal rows (n, d); of long rows, fewer
    are references."""
    n_references = fewer(n_references, x.shape[1])
    return {"neighbours": _neighbours, "pca": _components, "isolation-forest": _forest}[method](
        x, n_references, n_neighbours, seed
    )


def fewer(n_references: int, n_features: int) -> int:
    """As many references as memory and patience allow."""
    return max(FEWEST, min(n_references, MOST_VALUES // n_features))


def _neighbours(x: FloatArray, n_references: int, n_neighbours: int, seed: int) -> Parts:
    kept = np.random.default_rng(seed).permutation(len(x))[:n_references]
    k = np.array([min(n_neighbours, len(kept))], np.int64)
    return {"references": x[np.sort(kept)], "k": k}


def _components(x: FloatArray, n_references: int, n_neighbours: int, seed: int) -> Parts:
    return principal_axes(x, n_references, seed)


def principal_axes(x: FloatArray, n_references: int, seed: int) -> Parts:
    """The mean of rows (n, d) and the axes that keep `SHARE` of their variance."""
    from sklearn.decomposition import PCA

    n_references = fewer(n_references, x.shape[1])
    some = x[np.random.default_rng(seed).permutation(len(x))[:n_references]]
    with np.errstate(invalid="ignore"):  # of rows that are all the same, and of one
        found = PCA(random_state=seed).fit(some.astype(np.float64))
    share = np.nan_to_num(np.cumsum(found.explained_variance_ratio_), nan=1.0)
    n = min(int(np.searchsorted(share, SHARE)) + 1, x.shape[1] - 1)  # with all, nothing is odd
    return {"centre": found.mean_, "components": found.components_[:n]}


def _forest(x: FloatArray, n_references: int, n_neighbours: int, seed: int) -> Parts:
    from sklearn.ensemble import IsolationForest

    found = IsolationForest(n_estimators=N_TREES, random_state=seed).fit(x)
    trees = [one.tree_ for one in found.estimators_]
    n = max(tree.node_count for tree in trees)
    made: Parts = {
        name: np.zeros((N_TREES, n), kind)
        for name, kind in (
            *((name, np.int32) for name in ("feature", "left", "right")),
            *((name, np.float64) for name in ("cut", "steps")),
        )
    }
    for row, tree in enumerate(trees):
        at = np.arange(tree.node_count)
        leaf = tree.children_left < 0
        made["feature"][row, at] = np.where(leaf, 0, tree.feature)
        made["cut"][row, at] = np.where(leaf, np.inf, tree.threshold)
        made["left"][row, at] = np.where(leaf, at, tree.children_left)
        made["right"][row, at] = np.where(leaf, at, tree.children_right)
        made["steps"][row, at] = _depths(tree) + _usual(tree.n_node_samples)
    made["cut"][made["cut"] == np.inf] = np.finfo(np.float64).max
    depth = max(tree.max_depth for tree in trees)
    made["scale"] = np.array([float(_usual(np.array([found.max_samples_]))[0]) or 1.0, depth])
    return made


def _depths(tree: Any) -> NDArray[np.float64]:
    """Cuts on the way to each node; parents come before their children."""
    depth = np.zeros(tree.node_count)
    for node in range(tree.node_count):
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depth[child] = depth[node] + 1
    return depth


def _usual(n: NDArray[np.int64]) -> NDArray[np.float64]:
    """c(n): the mean number of cuts that set one of n rows apart."""
    n = n.astype(np.float64)
    many = 2 * (np.log(np.maximum(n - 1, 1)) + np.euler_gamma) - 2 * (n - 1) / np.maximum(n, 1)
    return np.where(n <= 1, 0.0, np.where(n == 2, 1.0, many))
