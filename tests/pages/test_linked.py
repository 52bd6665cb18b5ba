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


def filtered() -> None:
    import streamlit as st

    from pages._ui import linked

    linked.visit("page")
    linked.one_or_all("Digit", ["0", "1"], key="shown")
    st.caption(str(linked.chosen_of(["0", "1"], key="shown")))


def test_a_filter_is_chosen_and_cleared() -> None:
    """Its address is empty then, which is how a page of the menu is come back to."""
    test = AppTest.from_function(filtered)
    test.query_params["shown"] = "1"
    assert test.run().selectbox(key="shown").value == "1"
    test.selectbox(key="shown").set_value(None).run()
    assert not test.exception
    assert test.selectbox(key="shown").value is None
    assert "shown" not in test.query_params
    test.selectbox(key="shown").set_value("0").run()
    assert dict(test.query_params) == {"shown": "0"}
    assert test.caption[0].value == "0"


def test_a_filter_that_an_address_makes_up_is_ignored() -> None:
    test = AppTest.from_function(filtered)
    test.query_params["shown"] = "**7**"
    assert test.run().selectbox(key="shown").value is None
    assert test.caption[0].value == "None"
