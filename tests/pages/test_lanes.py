"""The component around the race's canvas."""

from __future__ import annotations

import pytest
import streamlit as st

from pages._ui import lanes


def test_a_press_that_is_handed_over_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    session: dict = {"lanes-live": {"space": 1_000}}
    monkeypatch.setattr(st, "session_state", session)
    done: list[str] = []

    def press() -> None:
        lanes._once("lanes-live", lambda: done.append("toggled"))

    press()
    press()  # Streamlit again, of the same press
    assert len(done) == 1
    session["lanes-live"] = {"space": 1_400}
    press()
    assert len(done) == 2
    session["lanes-live"] = {"space": None}
    press()
    assert len(done) == 2
