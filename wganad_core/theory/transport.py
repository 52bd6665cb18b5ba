"""Optimal transport between two small clouds of points: the plan (eq. 8), the potential (eq. 9)."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

MOST = 40  # points of a cloud
Cloud = NDArray[np.floating]


@dataclasses.dataclass(frozen=True)
class Plan:
    """The cheapest way to carry one cloud to the other, and the proof that none is cheaper.

    `threads` (k, 2): which real point goes to which fake one, with its `mass` (k,), of sum 1.
    `primal` is what that costs (eq. 8). `prices` (m,): the potential at the fake points, which
    `potential` continues to all of space with slope 1 at most; `dual` is E f(x) − E f(y) (eq. 9) of
    that.
    """

    real: Cloud
    fake: Cloud
    threads: NDArray[np.int64]
    mass: NDArray[np.float64]
    primal: float
    dual: float
    prices: NDArray[np.float64]

    def potential(self, points: Cloud) -> NDArray[np.float64]:
        """f at points (n, d), of shape (n,): the largest function of slope 1 with these prices."""
        return _continued(points, self.fake, self.prices)


def optimal_plan(real: Cloud, fake: Cloud) -> Plan:
    """The exact coupling of two clouds with equal masses in each, Euclidean cost, by linear
    programming; its multipliers are the dual potential.

    Parameters
    ----------
    real, fake : (n, d), (m, d); at most 40 points each

    Raises
    ------
    ValueError
        For clouds of unequal dimension, empty, too large or not finite.

    Examples
    --------
    >>> from wganad_core.theory.transport import optimal_plan
    >>> plan = optimal_plan(np.array([[0.0], [1.0]]), np.array([[3.0], [2.0]]))
    >>> round(plan.primal, 6), round(plan.dual, 6)
    (2.0, 2.0)
    """
    real, fake = _checked(real), _checked(fake)
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"Both clouds must have equally many coordinates; found {real.shape[1]} and "
            f"{fake.shape[1]}."
        )
    n, m = len(real), len(fake)
    cost = cdist(real, fake)
    leaves = np.kron(np.eye(n), np.ones(m))
    arrives = np.kron(np.ones(n), np.eye(m))
    found = linprog(
        cost.ravel(),
        A_eq=np.vstack([leaves, arrives]),
        b_eq=np.concatenate([np.full(n, 1 / n), np.full(m, 1 / m)]),
        method="highs",
    )
    assert found.x is not None  # such a problem has an answer
    mass = found.x.reshape(n, m)
    prices = -found.eqlin.marginals[n:]
    prices = prices - prices.mean()  # f is known up to a constant
    if real.shape[1] == 1:  # where keeping the order costs no more, and is easier to see
        mass = _in_order(real[:, 0], fake[:, 0])
    threads = np.argwhere(mass > 1e-9)
    at_real, at_fake = (_continued(points, fake, prices) for points in (real, fake))
    return Plan(
        real=real,
        fake=fake,
        threads=threads,
        mass=mass[tuple(threads.T)],
        primal=float((mass * cost).sum()),
        dual=float(at_real.mean() - at_fake.mean()),
        prices=prices,
    )


def cloud_text(cloud: Cloud | list[list[float]]) -> str:
    """ "x,y;…" of points, for an address."""
    return ";".join(",".join(f"{number:g}" for number in point) for point in cloud)


def cloud_from_text(text: str) -> list[list[float]]:
    """Undo `cloud_text`. Raises `ValueError` for what has no numbers in its places."""
    return [[float(number) for number in point.split(",")] for point in text.split(";")]


def _in_order(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
    """The coupling (n, m) on a line that keeps the order of points: how much the stretches overlap
    that both take of the total mass, from the left."""
    n, m = len(x), len(y)
    ends = [np.linspace(0, 1, k + 1) for k in (n, m)]
    until = np.minimum(ends[0][1:, None], ends[1][1:])
    since = np.maximum(ends[0][:-1, None], ends[1][:-1])
    mass = np.zeros((n, m))
    mass[np.ix_(np.argsort(x), np.argsort(y))] = np.maximum(until - since, 0)
    return mass


def _checked(cloud: Cloud) -> Cloud:
    cloud = np.asarray(cloud, np.float64)
    if cloud.ndim != 2 or not 1 <= len(cloud) <= MOST or not np.isfinite(cloud).all():
        raise ValueError(
            f"A cloud has one to {MOST} points of finite coordinates, one a row; found an array "
            f"of shape {cloud.shape}."
        )
    return cloud


def _continued(points: Cloud, at: Cloud, prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """min over j of price j + distance to point j."""
    return np.asarray((prices + cdist(points, at)).min(axis=1))


def steepest(x: NDArray[np.floating], f: NDArray[np.floating]) -> float:
    """The largest |slope| of a curve f (n,) over x (n,)."""
    return float(np.abs(np.diff(f) / np.diff(x)).max())
