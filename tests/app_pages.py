"""Driving a page of the app without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
MENU = ROOT / "pages" / "menu.py"  # what the server runs for every page


def opened(page: str, **query: str) -> AppTest:
    """The page (`mnist.py`, …) at this address, after its first run."""
    test = AppTest.from_file(str(MENU), default_timeout=120)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    test.switch_page(page).run()
    assert not test.exception
    return test


def choose(test: AppTest, **values: str) -> AppTest:
    """Choose one option after the other, by the key of its row or list (or how it begins)."""
    for key, value in values.items():
        groups = [*test.button_group, *test.radio]
        at = next(one for one in groups if one.key == key or (one.key or "").startswith(f"{key}-"))
        at.set_value(value).run()
        assert not test.exception
        assert not test.error
    return test
