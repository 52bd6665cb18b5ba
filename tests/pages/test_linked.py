"""Choices that the address keeps, as a browser is told of them."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from pages._ui import linked

    if st.query_params.get("ask"):
        linked.ask("view", st.query_params.pop("ask"))
    linked.tabs("Look at", {"a": "First", "b": "Second"}, key="view", default="a")


def chosen(test: AppTest) -> list[str]:
    """The tabs that a browser is told are chosen."""
    proto = test.get("button_group")[0].proto
    if proto.set_value:
        return list(proto.raw_values)
    return [proto.options[i].content for i in proto.default]


def test_every_run_says_which_tab_is_chosen() -> None:
    """A browser may see the second run only."""
    test = AppTest.from_function(page).run()
    assert chosen(test) == ["First"]
    assert chosen(test.run()) == ["First"]


def test_a_page_can_ask_for_a_tab() -> None:
    test = AppTest.from_function(page).run()
    test.query_params["ask"] = "b"
    assert chosen(test.run()) == ["Second"]
    assert test.query_params["view"] == "b"
    assert chosen(test.run()) == ["Second"]
