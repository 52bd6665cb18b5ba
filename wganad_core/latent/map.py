"""Where images lie among E's latents: the map, who is near, and the way between two of them."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

K = 10  # neighbours that say where a sample has landed


@dataclasses.dataclass(frozen=True)
class LatentMap:
    """Two main axes of latents z (n, d) of the normals: `places` (n, 2) of all samples there,
    `share` of the normals' variance that they show, and `lands`: by class of normals, its share
    of those that lie nearest to the unseen class's samples."""

    places: NDArray[np.float64]
    share: float
    lands: dict[str, float]

    def nearest(self, x: float, y: float) -> int:
        """The number of the sample that lies nearest to a point of the map."""
        return int(np.square(self.places - [x, y]).sum(axis=1).argmin())

    @property
    def where(self) -> str:
        """The class that the unseen one is taken for most often."""
        return max(self.lands, key=lambda name: self.lands[name])


def firsts(classes: NDArray[np.str_], n: int) -> NDArray[np.int64]:
    """The numbers of the first n samples of each class, class by class.

    Examples
    --------
    >>> from wganad_core.latent.map import firsts
    >>> firsts(np.array(["b", "a", "b", "b"]), 2).tolist()
    [1, 0, 2]
    """
    return np.concatenate([np.flatnonzero(classes == name)[:n] for name in np.unique(classes)])


def latent_map(z: NDArray[np.floating], classes: NDArray[np.str_], unseen: str) -> LatentMap:
    """The map of latents (n, d) of samples of these classes (n,), of which one was not seen.

    The axes are those of the normals alone (principal components), so that the unseen class has no
    say in where it lands.

    Examples
    --------
    >>> from wganad_core.latent.map import latent_map
    >>> z = np.array([[0.0, 0], [0, 1], [9, 0], [9, 1], [8.9, 0.5]])
    >>> latent_map(z, np.array(["a", "a", "b", "b", "c"]), "c").where
    'b'
    """
    normal = classes != unseen
    centre = z[normal].mean(axis=0)
    _, strengths, axes = np.linalg.svd(z[normal] - centre, full_matrices=False)
    places = (z - centre) @ axes[:2].T
    share = float((strengths[:2] ** 2).sum() / (strengths**2).sum())
    k = min(K, max(1, int(normal.sum()) // 2))
    near = cdist(z[~normal], z[normal]).argsort(axis=1)[:, :k]
    counts = Counter(classes[normal][near].ravel().tolist())
    total = sum(counts.values())
    return LatentMap(places, share, {name: n / total for name, n in counts.most_common()})
