"""What the race page offers to take away, and what it says where there is nothing."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.race import session as race_session
from tests import app_pages

pytestmark = pytest.mark.usefixtures("page_workers")
SMALL = "ring~sharp,width=8,batch_size=8,steps=5"


def exports(**query: str) -> AppTest:
    """The page with its drawer open."""
    test = app_pages.opened("race.py", **query)
    test.session_state["drawer-download"] = True
    return test.run()


def offered(test: AppTest) -> list[str]:
    assert not test.exception
    assert not test.error
    return [button.proto.label for button in test.get("download_button")]


def test_a_recording_and_a_race_can_be_taken_away() -> None:
    for query in ({}, {"race": SMALL}):
        assert offered(exports(**query)) == [
            "Interactive page (HTML)",
            "Live page (HTML)",
            "Animation (GIF)",
        ]


def test_a_run_that_has_ended_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after its worker died: what was recorded is gone, and files of another race would lie."""
    test = exports(race=SMALL)
    monkeypatch.setattr(race_session, "view", lambda state: None)
    test.run()
    assert offered(test) == []
    assert "This run has ended, and nothing of it is here to export." in " ".join(
        element.value for element in test.markdown
    )
