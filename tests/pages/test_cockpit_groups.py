"""A threshold for each group, below the cockpit's."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from pages._ui.cockpit import export as cockpit_export
    from pages._ui.cockpit import segments as cockpit_segments
    from pages._ui.cockpit.data import Loaded
    from pages._ui.cockpit.scores import DetectorScores
    from pages._ui.cockpit.state import Position
    from tests.thresholds.test_segments import plant

    scored = plant()
    loaded = Loaded(scored, title="scores.csv")
    shown = scored.score > -100
    scores = DetectorScores("groups", "It", "", None, loaded, shown)
    place = Position(11.0, 11.0)
    assert cockpit_segments.there(scores)
    cockpit_segments.show(scores, place)
    st.json(cockpit_export.report(scores, place, None, None, 10)["groups"])


def test_the_groups_and_what_they_do_together() -> None:
    test = AppTest.from_function(page, default_timeout=60).run()
    assert not test.exception
    assert "**3 groups, a threshold for each**" in test.markdown[0].value
    assert "the one threshold catches 20" in test.markdown[0].value
    table = test.dataframe[0].value
    assert table["group"].tolist() == ["a", "b", "c"]
    assert table["caught"].tolist() == [20, 20, 0]
    assert table["threshold"].str.endswith("*").tolist() == [False, False, True]
    said = " ".join(each.value for each in test.caption)
    assert "c: 12 normals are too few" in said
    assert "flatters" in said
    assert '"caught_by_one"' in test.json[0].value
