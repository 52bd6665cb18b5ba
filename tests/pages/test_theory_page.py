"""The page `theory` without a browser: what it says, what its address keeps, what it measures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pages._ui.theory import beside, law
from tests.app_pages import choose, opened
from wganad_core.theory import shipped

pytestmark = pytest.mark.usefixtures("page_workers")


def title(test) -> str:
    return test.title[0].value


def test_moving_apart_leaves_js_at_ln_2_and_w1_growing():
    test = opened("theory.py")
    assert "JS is stuck at ln 2" in title(test)
    assert "W₁ = 3.00 still pulls with 1.00" in title(test)
    near = opened("theory.py", theta="1")
    assert "W₁ = 1.00" in title(near)
    assert "stuck" not in title(near)


def test_the_address_holds_both_densities():
    """Two even humps against one in their middle, whose halves have their means 0.16 from it."""
    two = {"real": "1,-2,0.2;1,2,0.2", "fake": "1,0,0.2", "theta": "0"}
    assert "W₁ = 1.84" in title(opened("theory.py", **two))
    # What nobody can drag to is as the preset has it, whichever of the three it is.
    for wrong in ({"real": "1,0,99"}, {"fake": "1,9,0.5"}, {"theta": "nan"}, {"real": "x"}):
        assert "W₁ = 3.00" in title(opened("theory.py", **wrong))


def test_another_preset_takes_the_place_of_what_was_dragged():
    test = opened("theory.py", real="1,-2,0.2;1,2,0.2", fake="1,0,0.2", theta="0")
    choose(test, densities="narrow")
    assert "W₁ = 0.00" in title(test)
    assert "real" not in test.query_params


def test_every_critic_has_its_number_beside_the_exact_one():
    test = opened("theory.py", part="transport", clouds="apart")
    assert "primal 3.167 = dual 3.167" in title(test)
    choose(test, critic="wide")
    [found] = re.findall(r"finds ([\d.]+);", title(test))
    assert float(found) > 30
    assert "Lipschitz" in " ".join(element.value for element in test.markdown)


def test_two_clouds_on_a_plane_are_in_the_address():
    at = "0,0;1,0~0,2;1,2"
    assert "primal 2.000 = dual 2.000" in title(opened("theory.py", part="plane", at=at))
    usual = title(opened("theory.py", part="plane"))
    for wrong in ("0,0~0,9", "0,0;1,1~0,0", "x", "0,nan;1,1~0,0;1,1", "0,0,0;1,1,1~0,0,0;1,1,1"):
        test = opened("theory.py", part="plane", at=wrong)
        assert title(test) == usual
    choose(test, beside="wide")
    assert "weights within ±0.3" in title(test)


def test_three_sliders_three_errors():
    test = opened("theory.py", part="errors", size="7", side="8", n="100000")
    numbers = [float(found) for found in re.findall(r"0\.\d+", title(test))]
    assert max(numbers) < 0.002
    next(s for s in test.select_slider if s.key == "size").set_value(1).run()
    assert title(test).startswith("JS 0.161 from the generator's size")


def test_the_law_is_measured_in_the_worker(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(law, "SIZES", (1_000, 10_000))
    monkeypatch.setattr(law, "REPEATS", 3)
    test = opened("theory.py", part="law")
    shipped_title = title(test)
    assert "the law says −½" in shipped_title
    test.button[0].click().run()
    assert not test.exception
    assert title(test) != shipped_title
    found = test.session_state[law.HERE]
    assert found.n == (1_000, 10_000)
    assert -0.8 < found.rates[shipped.PARAMETERS].slope < -0.25
    assert "measured here" in test.caption[-1].value


def test_without_what_ships_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(shipped, "shipped_path", lambda: tmp_path / "theory.safetensors")
    beside._read.clear()
    test = opened("theory.py", part="law")
    [error] = test.error
    assert "theory.safetensors" in error.value
