"""Pixel AUROC and PRO: a case by hand, scikit-learn, and the definition spelled out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.metrics import roc_auc_score

from wganad_core.evaluation.pixels import LIMIT, PixelCounts, PixelReport

Maps = NDArray[np.float64]


def report(maps: Maps, masks: NDArray[np.bool_], levels: Maps | None = None) -> PixelReport:
    counts = PixelCounts(maps if levels is None else levels)
    for values, mask in zip(maps, masks, strict=True):
        counts.add(values, mask)
    return counts.report()


def spelled_out(maps: Maps, masks: NDArray[np.bool_]) -> float:
    """PRO by its definition, one threshold after the other."""
    regions = []
    for at, mask in enumerate(masks):
        found, n = ndimage.label(mask, np.ones((3, 3)))
        regions += [(at, found == number) for number in range(1, n + 1)]
    points = [(0.0, 0.0)]
    for threshold in sorted(set(maps.ravel().tolist()), reverse=True):
        flagged = maps >= threshold
        overlap = np.mean([flagged[at][region].mean() for at, region in regions])
        points.append((float(flagged[~masks].mean()), float(overlap)))
    false, overlap = np.array(points).T
    fine = np.linspace(0, LIMIT, 300_001)
    return float(np.trapezoid(np.interp(fine, false, overlap), fine) / LIMIT)


def test_by_hand() -> None:
    """Ten normal pixels, and two regions of one and four pixels. Flagged from the top: the one
    (overlap ½), two normals (20 %), the four (overlap 1), the rest."""
    values = np.array([[9, 0, 0, 5, 5], [0, 7, 0, 5, 5], [0, 7, 0, 0, 0]], float)
    mask = np.array([[1, 0, 0, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0]], bool)
    found = report(values[None], mask[None])
    assert (found.n_pictures, found.n_regions, found.share) == (1, 2, 1 / 3)
    assert found.auroc == pytest.approx((1 * 10 + 4 * 8) / 50)
    # At ½ until 20 % of false positives, then at 1 until 30 %.
    assert found.pro == pytest.approx((0.2 * 0.5 + 0.1 * 1) / 0.3)


def test_regions_that_touch_at_a_corner_are_one() -> None:
    mask = np.eye(4, dtype=bool)
    assert report(np.eye(4)[None], mask[None]).n_regions == 1
    mask = mask & (np.arange(4) % 2 == 0)
    assert report(np.eye(4)[None], mask[None]).n_regions == 2


@pytest.mark.parametrize("seed", range(5))
def test_any_maps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    masks = ndimage.uniform_filter(rng.random((6, 17, 23)), (0, 3, 3)) > 0.6
    maps = (rng.random(masks.shape) + 0.4 * masks).round(2).astype(np.float64)  # with many ties
    found = report(maps, masks)
    assert found.auroc == pytest.approx(roc_auc_score(masks.ravel(), maps.ravel()))
    assert found.pro == pytest.approx(spelled_out(maps, masks), abs=1e-4)


def test_a_map_that_knows_nothing_has_fifteen_percent() -> None:
    rng = np.random.default_rng(0)
    masks = np.zeros((3, 200, 200), bool)
    masks[:, 50:80, 90:120] = True
    found = report(rng.random(masks.shape), masks)
    assert found.auroc == pytest.approx(0.5, abs=0.02)
    assert found.pro == pytest.approx(0.15, abs=0.02)


def test_many_levels_are_quantiles() -> None:
    rng = np.random.default_rng(0)
    masks = np.zeros((4, 100, 100), bool)
    masks[:, 10:30, 10:30] = True
    maps = rng.normal(size=masks.shape) + masks
    exact = roc_auc_score(masks.ravel(), maps.ravel())
    assert report(maps, masks).auroc == pytest.approx(exact, abs=1e-4)


def test_what_cannot_be_judged() -> None:
    counts = PixelCounts([0.0, 1.0])
    with pytest.raises(ValueError, match=r"mask of \(2, 2\); found \(2, 3\)"):
        counts.add(np.zeros((2, 2)), np.zeros((2, 3), bool))
    counts.add(np.zeros((2, 2)), np.zeros((2, 2), bool))
    with pytest.raises(ValueError, match="some defective pixels"):
        counts.report()
