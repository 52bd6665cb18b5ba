"""Alarms of a recording as events, below the threshold."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import numpy as np

    from pages._ui.cockpit import moments as cockpit_moments
    from pages._ui.cockpit.data import Loaded
    from pages._ui.cockpit.scores import DetectorScores
    from pages._ui.cockpit.state import Position
    from wganad_core.records import Scored

    score, label = np.full(1000, 0.1), np.zeros(1000, int)
    label[100:140] = label[700:740] = 1
    score[[110, 111, 114]] = 0.9
    score[112:114] = 0.4
    score[300] = 5
    why = np.full(1000, "", object)
    why[[110, 111, 114, 300]] = ["heat", "heat", "flow", "load"]
    scored, clock = Scored(score, label), np.arange(1000, dtype=np.float64) * 90
    loaded = Loaded(scored, noun="steps", dependent=True, why=why, seconds=clock)
    scores = DetectorScores("here", "It", "", None, loaded, np.ones(1000, bool))
    cockpit_moments.show(scores, Position(0.5, 0.5))


def words(test: AppTest) -> str:
    assert not test.exception
    return "\n".join(each.value for each in (*test.markdown, *test.caption))


def test_events_of_a_recording_and_what_they_are_worth() -> None:
    test = AppTest.from_function(page, default_timeout=60).run()
    assert "**3 events** of 4 steps in all" in words(test)
    assert "**1 of 2 labelled stretches** are touched by one, 10 steps late" in words(test)
    assert "**1 event** touches none" in words(test)
    table = test.dataframe[0].value
    assert table["peak at"].tolist() == ["row 301", "row 111", "row 115"]
    assert table["steps"].tolist() == [1, 2, 1]
    assert table["labelled"].tolist() == [0, 2, 1]
    assert table["hangs on"].tolist() == ["load", "heat", "flow"]
    assert table["lasts"].tolist() == ["0 s", "90 s", "0 s"]
    test.number_input(key="event-release").set_value(0.3).run()
    test.number_input(key="event-least").set_value(2).run()
    assert "**1 event** of 5 steps in all" in words(test)
    assert "**0 events** touch none" in words(test)
    assert test.dataframe[0].value["lasts"].tolist() == ["6 min"]
    test.number_input(key="event-release").set_value(0.7).run()
    assert "the threshold is taken" in words(test)


def test_point_adjustment_is_shown_only_to_who_asks() -> None:
    test = AppTest.from_function(page, default_timeout=60).run()
    assert "at random** get" not in words(test)
    test.toggle(key="cheat").set_value(True).run()
    assert "at random** get" in words(test)


def test_how_moments_become_events_is_in_the_address() -> None:
    test = AppTest.from_function(page, default_timeout=60)
    for name, value in {"gap": "3", "least": "2", "release": "0.3", "cheat": "1"}.items():
        test.query_params[name] = value
    test.run()
    assert "**1 event** of 5 steps in all" in words(test)
    assert "at random** get" in words(test)
    test.number_input(key="event-gap").set_value(0).run()
    test.number_input(key="event-release").set_value(None).run()
    assert dict(test.query_params) == {"least": "2", "cheat": "1"}
    test = AppTest.from_function(page, default_timeout=60)
    test.query_params["gap"], test.query_params["release"] = "-1", "nan"
    assert "**3 events** of 4 steps in all" in words(test.run())
