"""D*, JS and W1 of two densities on a line, against integrals that know nothing of ours."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, wasserstein_distance

from wganad_core.theory.line import LN2, Humps, apart
from wganad_core.theory.shipped import AT, LINES

REAL = Humps((3, 1), (-1.0, 1.5), (0.4, 0.7))
FAKE = Humps((1, 1), (-0.5, 1.0), (0.5, 0.3))


def density(humps: Humps, x: float) -> float:
    total = sum(humps.weights)
    parts = zip(humps.weights, humps.means, humps.widths, strict=True)
    return sum(w / total * norm.pdf(x, m, s) for w, m, s in parts)


def js_by_quadrature(real: Humps, fake: Humps) -> float:
    def term(x: float) -> float:
        p, q = density(real, x), density(fake, x)
        middle = (p + q) / 2
        return sum(r * math.log(r / middle) for r in (p, q) if r > 0) / 2

    return quad(term, -8, 8, limit=400, points=[-1, 0, 1, 2])[0]


@pytest.mark.parametrize("theta", [0.0, 0.7, -1.3])
def test_js_is_that_of_adaptive_quadrature(theta: float):
    fake = FAKE.moved(theta)
    assert apart(REAL, fake).jensen_shannon == pytest.approx(js_by_quadrature(REAL, fake), abs=1e-7)


def test_the_optimal_discriminator_is_the_ratio_and_nothing_beats_it():
    found = apart(REAL, FAKE)
    for x in (-1.7, -0.2, 0.9, 2.4):
        p, q = density(REAL, x), density(FAKE, x)
        assert np.interp(x, found.x, found.optimal) == pytest.approx(p / (p + q), abs=1e-5)

    def objective(d: np.ndarray) -> float:
        values = found.real * np.log(d) + found.fake * np.log1p(-d)
        return float(np.trapezoid(values, found.x))

    inside = np.clip(found.optimal, 1e-12, 1 - 1e-12)
    assert objective(inside) == pytest.approx(found.objective, abs=1e-6)
    for change in (0.03, -0.03):
        other = np.clip(inside + change * np.sin(found.x), 1e-9, 1 - 1e-9)
        assert objective(other) < found.objective - 1e-5


def test_w1_is_scipys_and_that_of_a_shift_is_the_shift():
    rng = np.random.default_rng(0)

    def draw(humps: Humps) -> np.ndarray:
        which = rng.choice(2, size=400_000, p=humps.shares)
        return rng.normal(np.array(humps.means)[which], np.array(humps.widths)[which])

    expected = wasserstein_distance(draw(REAL), draw(FAKE))
    assert apart(REAL, FAKE).wasserstein == pytest.approx(expected, abs=0.01)
    assert apart(REAL, REAL.moved(2.25)).wasserstein == pytest.approx(2.25, abs=1e-5)


@pytest.mark.parametrize("theta", [-1.5, 0.4, 2.5])
def test_derivatives_are_those_of_differences(theta: float):
    x = np.linspace(-12, 12, 24_001)
    here = apart(REAL, FAKE.moved(theta), x)
    above, below = (apart(REAL, FAKE.moved(theta + d), x) for d in (1e-4, -1e-4))
    js = (above.jensen_shannon - below.jensen_shannon) / 2e-4
    w1 = (above.wasserstein - below.wasserstein) / 2e-4
    assert here.jensen_shannon_slope == pytest.approx(js, abs=1e-6)
    assert here.wasserstein_slope == pytest.approx(w1, abs=2e-3)


def test_once_supports_part_js_has_no_gradient_and_w1_has():
    far = apart(REAL, FAKE.moved(60))
    assert far.jensen_shannon == pytest.approx(LN2, abs=1e-9)
    assert abs(far.jensen_shannon_slope) < 1e-12
    assert far.wasserstein_slope == pytest.approx(1.0, abs=1e-6)
    assert np.isfinite(far.optimal).all()


@pytest.mark.parametrize("name", LINES)
def test_what_pages_offer_is_drawn_whole(name: str):
    case = LINES[name]
    for theta in (-4, 4):
        for humps in (case.real, case.fake.moved(theta)):
            assert np.diff(humps.distribution(AT[[0, -1]]))[0] > 0.99


@pytest.mark.parametrize("name", LINES)
def test_an_address_holds_a_mixture(name: str):
    humps = LINES[name].real
    assert Humps.from_text(humps.text) == Humps(*map(tuple, zip(*humps.rows, strict=True)))


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "1,nan,1", "1,0,-1", "a,b,c", "0,0,1"])
def test_an_address_that_is_no_mixture_is_refused(text: str):
    with pytest.raises(ValueError, match=r"Expected weight|mixture needs|could not convert"):
        Humps.from_text(text)


@pytest.mark.parametrize("wrong", [((1,), (0, 1), (1,)), ((), (), ()), ((1,), (0,), (0,))])
def test_a_mixture_that_is_none_is_refused(wrong: tuple):
    with pytest.raises(ValueError, match="A mixture needs as many weights as means and widths"):
        Humps(*wrong)
