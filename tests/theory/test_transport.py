"""Plan, potential and critic of small clouds: by hand, by another algorithm, by each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from wganad_core import divergence
from wganad_core.theory.fits import BOUNDS, fit_critic
from wganad_core.theory.shipped import AT, CLOUDS
from wganad_core.theory.transport import optimal_plan, steepest


def column(values) -> np.ndarray:
    return np.array(values, np.float64)[:, None]


@pytest.mark.parametrize("name", CLOUDS)
def test_primal_and_dual_agree_and_are_scipys(name: str):
    case = CLOUDS[name]
    plan = optimal_plan(column(case.real), column(case.fake))
    expected = wasserstein_distance(case.real, case.fake)
    assert plan.primal == pytest.approx(expected, abs=1e-9)
    assert plan.dual == pytest.approx(expected, abs=1e-9)


def test_a_plan_by_hand():
    """Half of the point at 0 must go to 6, for 3: the other half stays at 1, for ½."""
    plan = optimal_plan(column([0.0]), column([1.0, 6.0]))
    assert plan.primal == pytest.approx(3.5)
    assert plan.threads.tolist() == [[0, 0], [0, 1]]
    assert plan.mass == pytest.approx([0.5, 0.5])


def test_on_the_plane_it_is_the_assignment_and_f_falls_by_the_length_of_every_thread():
    rng = np.random.default_rng(3)
    real, fake = rng.normal(size=(12, 2)), rng.normal((2, 0), size=(12, 2))
    plan = optimal_plan(real, fake)
    assert plan.primal == pytest.approx(divergence.wasserstein(real, fake), abs=1e-9)
    assert plan.dual == pytest.approx(plan.primal, abs=1e-9)
    start, end = real[plan.threads[:, 0]], fake[plan.threads[:, 1]]
    falls = plan.potential(start) - plan.potential(end)
    assert falls == pytest.approx(np.linalg.norm(start - end, axis=1), abs=1e-9)


def test_the_potential_is_one_lipschitz():
    rng = np.random.default_rng(4)
    plan = optimal_plan(rng.normal(size=(9, 2)), rng.normal(size=(7, 2)))
    a, b = rng.uniform(-4, 4, (2, 500, 2))
    rise = np.abs(plan.potential(a) - plan.potential(b))
    assert (rise <= np.linalg.norm(a - b, axis=1) + 1e-9).all()


@pytest.mark.parametrize("cloud", [np.zeros((0, 1)), np.zeros((41, 1)), np.array([[np.nan]])])
def test_a_cloud_that_is_none_is_refused(cloud: np.ndarray):
    with pytest.raises(ValueError, match="one to 40 points of finite coordinates"):
        optimal_plan(cloud, column([0.0]))


def test_clouds_of_unequal_dimension_are_refused():
    with pytest.raises(ValueError, match="equally many coordinates; found 1 and 2"):
        optimal_plan(column([0.0]), np.zeros((3, 2)))


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def test_a_penalised_critic_is_steeper_by_what_the_penalty_allows():
    """s·W − λ(s − 1)² is highest at s = 1 + W/2λ: that is the slope, and s·W the estimate."""
    case = CLOUDS["apart"]
    w = optimal_plan(column(case.real), column(case.fake)).primal
    found = fit_critic(column(case.real), column(case.fake), AT, BOUNDS["penalty"], steps=400)
    s = 1 + w / 20
    assert found.estimate == pytest.approx(s * w, rel=0.03)
    assert found.slope == pytest.approx(s, rel=0.05)


def test_a_clipped_critic_has_the_slope_of_its_box_and_not_one():
    case = CLOUDS["apart"]
    real, fake = column(case.real), column(case.fake)
    w = optimal_plan(real, fake).primal
    tight, wide = (fit_critic(real, fake, AT, BOUNDS[name], steps=250) for name in ("clip", "wide"))
    assert tight.estimate < 0.01 * w
    assert wide.estimate > 10 * w
    for one in (tight, wide):  # up to its constant K it is right: E f(x) − E f(y) ≤ K·W
        assert one.estimate <= one.slope * w * 1.001


def test_steepness_by_hand():
    assert steepest(np.array([0.0, 1.0, 3.0]), np.array([0.0, -2.0, 1.0])) == 2.0
