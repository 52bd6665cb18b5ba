"""How far a generator's distribution is from the data's: divergences, distances, modes."""

from __future__ import annotations

import numpy as np
import scipy  # which loads its parts when they are used: they take half a second
from numpy.typing import NDArray

from wganad_core.data.mixture import Mixture
from wganad_core.records import COLLAPSE_SHARE, COVERED_SHARE, Box, ModeLedger

Points = NDArray[np.floating]


def histogram(x: Points, box: Box, bins: int) -> NDArray[np.float64]:
    """Share of points in each cell of the box; what lies outside counts in no cell.

    Parameters
    ----------
    x : (n, 2)
    box : (left, right, bottom, top), in units of x
    bins : cells along each side

    Returns
    -------
    (bins, bins), first axis = y; of sum 1 if all points lie inside.

    Examples
    --------
    >>> from wganad_core.divergence import histogram
    >>> histogram(np.array([[0.1, 0.9], [0.2, 0.8]]), box=(0, 1, 0, 1), bins=2)
    array([[0., 0.],
           [1., 0.]])
    """
    left, right, bottom, top = box
    counts, _, _ = np.histogram2d(x[:, 1], x[:, 0], bins=bins, range=((bottom, top), (left, right)))
    return counts / len(x)


def jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Jensen–Shannon divergence in nats (eq. 5) of two `histogram`s on the same grid.

    Parameters
    ----------
    p, q : of one shape, non-negative, of sum 1 at most; what is missing to 1 lies outside the box
        and counts as one more cell

    Returns
    -------
    0 = equal, ln 2 = disjoint.

    Examples
    --------
    >>> from wganad_core.divergence import jensen_shannon
    >>> round(jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])), 4)
    0.6931
    """
    return jensen_shannon_of(_with_outside(p), _with_outside(q))


def jensen_shannon_of(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Jensen–Shannon divergence in nats (eq. 5) of two distributions.

    Parameters
    ----------
    p, q : (k,), non-negative, each of sum 1

    Returns
    -------
    0 = equal, ln 2 = disjoint.

    Examples
    --------
    >>> from wganad_core.divergence import jensen_shannon_of
    >>> round(jensen_shannon_of(np.array([0.5, 0.5]), np.array([1.0, 0.0])), 4)
    0.2158
    """
    middle = (p + q) / 2
    return float(
        (scipy.special.rel_entr(p, middle).sum() + scipy.special.rel_entr(q, middle).sum()) / 2
    )


def _with_outside(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.append(cells.ravel(), max(0.0, 1.0 - cells.sum()))


def optimal_discriminator(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """P_r / (P_r + P_θ) (eq. 4) from `histogram`s of data and samples.

    Parameters
    ----------
    p, q : of one shape; of the data and of the generator's samples

    Returns
    -------
    Of that shape, in [0, 1]; NaN where both are empty.

    Examples
    --------
    >>> from wganad_core.divergence import optimal_discriminator
    >>> optimal_discriminator(np.array([0.2, 0.0]), np.array([0.6, 0.0]))
    array([0.25,  nan])
    """
    with np.errstate(invalid="ignore"):
        return p / (p + q)


def wasserstein(real: Points, fake: Points) -> float:
    """Exact W1 (eq. 8) between two equally large samples, Euclidean cost, by assignment.

    O(n³): meant for up to about a thousand points.

    Parameters
    ----------
    real, fake : (n, d)

    Returns
    -------
    The distance, in units of the points.

    Raises
    ------
    ValueError
        For samples of unequal size.

    Examples
    --------
    >>> from wganad_core.divergence import wasserstein
    >>> wasserstein(np.zeros((2, 2)), np.array([[0.0, 3.0], [4.0, 0.0]]))
    3.5
    """
    if len(real) != len(fake):
        raise ValueError(f"Expected samples of equal size; found {len(real)} and {len(fake)}.")
    cost = scipy.spatial.distance.cdist(real, fake)
    rows, columns = scipy.optimize.linear_sum_assignment(cost)
    return float(cost[rows, columns].mean())


def sliced_wasserstein(real: Points, fake: Points, n_directions: int = 64) -> float:
    """Mean W1 of projections on evenly spaced directions of the plane, equally large samples.

    A lower bound of W1 (eq. 8), in units of the points.

    Parameters
    ----------
    real, fake : (n, 2)
    n_directions : over half a turn

    Raises
    ------
    ValueError
        For samples of unequal size.

    Examples
    --------
    >>> from wganad_core.divergence import sliced_wasserstein
    >>> round(sliced_wasserstein(np.zeros((5, 2)), np.ones((5, 2))), 3)
    0.9
    """
    if len(real) != len(fake):
        raise ValueError(f"Expected samples of equal size; found {len(real)} and {len(fake)}.")
    angles = np.pi * np.arange(n_directions) / n_directions
    directions = np.stack([np.cos(angles), np.sin(angles)])
    return _projected(real.astype(np.float64), fake.astype(np.float64), directions)


def _projected(
    real: NDArray[np.floating], fake: NDArray[np.floating], directions: NDArray[np.floating]
) -> float:
    """Mean W1 of equally large samples (n, d) along each of the directions (d, k)."""
    a, b = (np.sort(x @ directions, axis=0) for x in (real, fake))
    return float(np.abs(a - b).mean())


def mode_ledger(samples: Points, mixture: Mixture) -> ModeLedger:
    """Which modes the samples sit on.

    A sample belongs to its nearest mode if it lies within 3σ of it. A mode is covered when it
    holds at least 20% of its fair share 1/k of all samples.

    Parameters
    ----------
    samples : (n, 2)
    mixture : whose k modes they are; without modes the ledger is empty

    Examples
    --------
    >>> from wganad_core.config import MixtureConfig
    >>> from wganad_core.data.mixture import make_mixture
    >>> from wganad_core.divergence import mode_ledger
    >>> ring = make_mixture(MixtureConfig(n_modes=7))
    >>> mode_ledger(ring.x, ring).n_covered
    7
    """
    modes = mixture.modes
    if not len(modes):
        return ModeLedger(counts=(), n_covered=0, share_inside=float("nan"), n_samples=len(samples))
    distance = scipy.spatial.distance.cdist(samples, modes)
    nearest = distance.argmin(axis=1)
    inside = distance.min(axis=1) <= 3 * mixture.sigma
    counts = np.bincount(nearest[inside], minlength=len(modes))
    covered = counts >= COVERED_SHARE * len(samples) / len(modes)
    return ModeLedger(
        counts=tuple(counts.tolist()),
        n_covered=int(covered.sum()),
        share_inside=float(inside.mean()),
        n_samples=len(samples),
    )


def collapse_sentence(step: int, samples: Points, mixture: Mixture) -> str | None:
    """ "step 1,240: 93% of samples on mode 2" when a run has collapsed, else None.

    Collapsed means that at least 80% of the samples lie within half the spacing of the modes
    around one of them. Modes count from 1, the first at the top of the ring and on
    counter-clockwise. A generator at step 0 has not collapsed, wherever it starts.

    Parameters
    ----------
    step : when the samples were drawn
    samples : (n, 2)
    mixture : whose modes they are; of fewer than two, None is the answer

    Examples
    --------
    >>> from wganad_core.config import MixtureConfig
    >>> from wganad_core.data.mixture import make_mixture
    >>> from wganad_core.divergence import collapse_sentence
    >>> ring = make_mixture(MixtureConfig(n_modes=7))
    >>> collapse_sentence(100, np.tile(ring.modes[1], (50, 1)), ring)
    'step 100: 100% of samples on mode 2'
    """
    crowded = None if step == 0 else crowded_mode(samples, mixture)
    if crowded is None:
        return None
    mode, share = crowded
    return f"step {step:,}: {share:.0%} of samples on mode {mode}"


def crowded_mode(samples: Points, mixture: Mixture) -> tuple[int, float] | None:
    """The mode (from 1) that at least 80% of the samples crowd around, and their share.

    Around a mode means within half the spacing of the modes.

    Parameters
    ----------
    samples : (n, 2)
    mixture : whose modes they are; of fewer than two, None is the answer

    Examples
    --------
    >>> from wganad_core.config import MixtureConfig
    >>> from wganad_core.data.mixture import make_mixture
    >>> from wganad_core.divergence import crowded_mode
    >>> ring = make_mixture(MixtureConfig(n_modes=7))
    >>> crowded_mode(np.tile(ring.modes[1], (50, 1)), ring)
    (2, 1.0)
    """
    modes = mixture.modes
    if len(modes) < 2 or not np.isfinite(samples).all():
        return None
    reach = scipy.spatial.distance.pdist(modes).min() / 2
    shares = (scipy.spatial.distance.cdist(samples, modes) < reach).mean(axis=0)
    top = int(shares.argmax())
    return (top + 1, float(shares[top])) if shares[top] >= COLLAPSE_SHARE else None


def random_sliced_wasserstein(
    real: NDArray[np.floating], fake: NDArray[np.floating], n_directions: int = 256, seed: int = 0
) -> float:
    """Mean W1 of projections on random directions, in units of the samples.

    Parameters
    ----------
    real, fake : (n, d)
    n_directions, seed : how many, and which

    Raises
    ------
    ValueError
        For samples of unequal shape.

    Examples
    --------
    >>> from wganad_core.divergence import random_sliced_wasserstein
    >>> round(random_sliced_wasserstein(np.zeros((5, 3)), np.ones((5, 3))), 2)
    0.88
    """
    if real.shape != fake.shape:
        raise ValueError(f"Expected samples of equal size; found {real.shape} and {fake.shape}.")
    directions = np.random.default_rng(seed).normal(size=(real.shape[1], n_directions))
    directions = (directions / np.linalg.norm(directions, axis=0)).astype(np.float32)
    return _projected(real, fake, directions)
