"""Points of one's own in a race: in the address, standardised, and on the critic's page."""

from __future__ import annotations

import numpy as np
import pytest

from pages._ui.race.points_pad import _checked
from pages._ui.race.state import OwnPoints
from tests import app_pages
from wganad_core.data import DataError, drawn

RACE = "own~gan,batch_size=16,width=16"
TEXT = drawn.to_text([(-1.0, -1.0), (1.0, 1.0), (1.0, -1.0)])

pytestmark = pytest.mark.usefixtures("page_workers")


def test_a_drawing_in_an_address_is_the_race_of_who_drew_it() -> None:
    test = app_pages.opened("race.py", race=RACE, points=TEXT)
    assert not test.error
    state = test.session_state.race_state
    assert np.array_equal(state.own.points, drawn.clouds(drawn.from_text(TEXT)))
    assert test.query_params["points"] == TEXT
    test.session_state["drawer-download"] = True
    test.run()
    assert f"race={RACE}&points={TEXT}" in test.code[0].value
    assert "run=" not in test.code[0].value


@pytest.mark.parametrize("points", ["", TEXT[:-4], "AAAA" * 151, "💥"])
def test_a_drawing_that_was_cut_is_refused_and_the_page_is_there(points: str) -> None:
    test = app_pages.opened("race.py", race=RACE, points=points)
    assert not test.exception
    assert "drawn points" in test.error[0].value
    assert "collapses onto one mode" in test.title[0].value


def test_points_at_any_scale_are_brought_to_the_networks() -> None:
    far = np.random.default_rng(0).uniform(10, 20, size=(50, 2)).astype(np.float32)
    found = OwnPoints.of(far)
    assert np.abs(found.points).max() == pytest.approx(1, abs=0.01)
    assert "were moved by" in found.told
    with pytest.raises(DataError):
        OwnPoints.drawn("?")


@pytest.mark.parametrize(
    "sent", [None, 3, "x", [[1, 2]], [[["a", 1]]], [[[float("nan"), 0]]], [[[0, 0]] * 301]]
)
def test_what_a_browser_sends_is_strokes_or_nothing(sent: object) -> None:
    assert _checked(sent) == []


def test_the_critic_speaks_of_no_false_alarms_where_nothing_is_known() -> None:
    test = app_pages.opened("race.py", race=RACE, points=TEXT)
    next(button for button in test.button if button.label == "Step").click().run()
    test.query_params.clear()
    test.query_params["model"] = "lane-0"
    test.switch_page("critic.py").run()
    assert not test.exception
    for rule in ("generator", "critic-interval", "critic"):
        app_pages.choose(test, rule=rule)
        words = [test.title[0].value, *(one.value for one in test.caption)]
        words += [one.proto.popover.label for one in test.get("popover")]
        assert not [text for text in words if "false alarm" in text.lower() or "σ" in text]
        assert "of the data's own points flagged" in test.title[0].value
