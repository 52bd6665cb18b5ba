"""A choice that is kept in the address under its short name, so that a state can be shared.

Streamlit's own `bind="query-params"` writes the labels that people read ("Slope ‖∇f‖") into the
address; links made by hand, and labels that change, want names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

Name = TypeVar("Name", bound=str)
PAGE, ADDRESSES, ASKED = "_page", "_addresses", "_asked-"


def visit(page: str) -> None:
    """Come back to a page as it was left: through the menu its address is empty. A link's is not,
    and what that does not name is as usual."""
    comes, kept = st.session_state.get(PAGE) != page, st.session_state.setdefault(ADDRESSES, {})
    st.session_state[PAGE] = page
    if comes and not st.query_params:
        st.query_params.update(kept.get(page, {}))
    else:  # on the page itself an empty one is meant, as after the browser's Back
        kept[page] = st.query_params.to_dict()


def put(name: str, value: str | None) -> None:
    """Write something into the address, or remove it, and remember it for the next visit."""
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
    if (page := st.session_state.get(PAGE)) is not None:
        st.session_state.setdefault(ADDRESSES, {})[page] = st.query_params.to_dict()


def forget(name: str) -> None:
    """Remove something from the address, also from those that pages would come back to."""
    for address in (st.query_params, *st.session_state.get(ADDRESSES, {}).values()):
        address.pop(name, None)


def choice(
    label: str,
    options: Mapping[Name, str],
    *,
    key: str,
    default: Name,
    address: str | None = None,
    help: str | None = None,
) -> Name:
    """A row of buttons, one per option (name → label); an unknown name in the address is
    ignored. `address`: the name in the address, where it is not the key."""
    names, first = _asked_for(options, address or key, default)
    words = options.__getitem__
    chosen = st.segmented_control(
        label, names, format_func=words, default=first, required=True, key=key, help=help
    )
    _keep(address or key, chosen, is_default=chosen == default)
    return chosen


def tabs(label: str, options: Mapping[Name, str], *, key: str, default: Name) -> Name:
    """A row of buttons that wraps where it is narrow; its label is only spoken."""
    names, first = _asked_for(options, key, default)
    words = options.__getitem__
    look: dict[str, Any] = {"label_visibility": "collapsed", "wrap": True, "required": True}
    # Every run says what is chosen: a browser that missed the first run would show nothing chosen.
    # Not beside a value that the page has just set; Streamlit does not want to be told twice.
    start = st.session_state.get(key, first)
    if (asked := st.session_state.pop(ASKED + key, None)) in options:
        st.session_state[key], start = asked, None
    with st.container(key=f"tabs-{key}", width="content"):
        found = st.segmented_control(
            label, names, format_func=words, default=start, key=key, **look
        )
    chosen: Name = first if found is None else found
    _keep(key, chosen, is_default=chosen == default)
    return chosen


def ask(key: str, name: str) -> None:
    """Have these `tabs` choose an option when they are next drawn."""
    st.session_state[ASKED + key] = name


def now(
    options: Mapping[Name, Any], *, key: str, default: Name, address: str | None = None
) -> Name:
    """What a choice says, before it is drawn."""
    first = _asked_for(options, address or key, default)[1]
    said = st.session_state.get(ASKED + key, st.session_state.get(key))
    return next((name for name in options if name == said), first)


def in_words(
    label: str,
    options: Mapping[Name, str],
    *,
    key: str,
    default: Name,
    address: str | None = None,
    help: str | None = None,
    captions: Mapping[Name, str] | None = None,
    keep_wish: bool = False,
) -> Name:
    """Like `choice`, but as words on a button ("Sorted by **mean**") that opens the options.
    `captions`: what stands under the options; `keep_wish` as in `listed`."""
    said = options[now(options, key=key, default=default, address=address)]
    with st.popover(f"{label} **{said}**", help=help):
        return listed(
            label,
            options,
            key=key,
            default=default,
            address=address,
            captions=captions,
            keep_wish=keep_wish,
        )


def listed(
    label: str,
    options: Mapping[Name, str],
    *,
    key: str,
    default: Name,
    address: str | None = None,
    captions: Mapping[Name, str] | None = None,
    horizontal: bool = False,
    help: str | None = None,
    keep_wish: bool = False,
) -> Name:
    """Like `choice`, but one option below the other, as they fit into a popover. `captions` as
    in `in_words`. `keep_wish`: where what is asked for cannot be had among these options, the
    first is shown, and the wish stays in the address for others that may have it."""
    place = address or key
    names, first = _asked_for(options, place, default)
    below = [captions.get(name, "") for name in names] if captions else None
    at = names.index(first)
    look: dict[str, Any] = {"horizontal": horizontal, "help": help}
    chosen: Name = st.radio(label, names, at, options.__getitem__, key=key, captions=below, **look)
    known = st.query_params.get(place, default) in options
    if known or chosen != first or not keep_wish:
        _keep(place, chosen, is_default=chosen == default)
    return chosen


def _asked_for(options: Mapping[Name, Any], address: str, default: Name) -> tuple[list[Name], Name]:
    """The options' names, and which of them the address names."""
    names, asked = list(options), st.query_params.get(address)
    usual = default if default in options else names[0]
    return names, next((name for name in names if name == asked), usual)


def one_or_all(
    label: str, options: Sequence[str], *, key: str, width: int = 200, help: str | None = None
) -> str | None:
    """A list of which one is taken, or none: "all". Anything else in the address is ignored."""
    # With an index, none could not be chosen.
    st.session_state.setdefault(key, chosen_of(options, key=key))
    chosen: str | None = st.selectbox(
        label, options, None, key=key, placeholder="all", width=width, help=help
    )
    put(key, chosen)
    return chosen


def chosen_of(options: Sequence[str], *, key: str) -> str | None:
    """What `one_or_all` says, before it is drawn."""
    said = st.session_state.get(key, st.query_params.get(key))
    return said if said in options else None


def slide(
    label: str,
    options: Sequence[float],
    *,
    key: str,
    default: float,
    shown: Callable[[float], str],
    address: str | None = None,
    help: str | None = None,
    disabled: bool = False,
    width: int | Literal["stretch"] = "stretch",
    on_change: Callable[[], None] | None = None,
) -> float:
    """A slider over a few numbers, in the address as numbers; others there are ignored."""
    asked = _number(st.query_params.get(address or key))
    value = asked if asked in options else default
    look: dict[str, Any] = {"help": help, "disabled": disabled, "width": width}
    chosen: float = st.select_slider(
        label, options, value, shown, key=key, on_change=on_change, **look
    )
    _keep(address or key, f"{chosen:g}", is_default=chosen == default)
    return chosen


def slid(
    options: Sequence[float], *, key: str, default: float, address: str | None = None
) -> float:
    """What `slide` says, before its widget is made in this run."""
    asked = _number(st.query_params.get(address or key))
    said: float = st.session_state.get(key, asked if asked in options else default)
    return said if said in options else default


def whole(
    label: str,
    low: int,
    high: int,
    *,
    key: str,
    default: int,
    step: int = 1,
    address: str | None = None,
    width: int | Literal["stretch"] = "stretch",
    help: str | None = None,
) -> int:
    """A whole number to type, from `low` to `high`; anything else in the address is ignored."""
    place = address or key
    value = asked_whole(place, low, high, default=default)
    look: dict[str, Any] = {"width": width, "help": help}
    chosen: int = st.number_input(label, low, high, value, step=step, key=key, **look)
    _keep(place, str(chosen), is_default=chosen == default)
    return chosen


def asked_whole(address: str, low: int, high: int, *, default: int) -> int:
    """The whole number that the address names, within these ends; else the usual one."""
    asked = _number(st.query_params.get(address))
    return int(asked) if asked is not None and low <= asked <= high else default


def asked_number(address: str) -> float | None:
    """The finite number that the address names, if any."""
    asked = _number(st.query_params.get(address))
    return asked if asked is not None and math.isfinite(asked) else None


def level(
    label: str, *, key: str, address: str, empty: str, width: int, help: str | None = None
) -> float | None:
    """Any number to type, or none; then the field says what is `empty`."""
    look: dict[str, Any] = {"placeholder": empty, "width": width, "help": help}
    # With a value to begin with, none could not be chosen.
    st.session_state.setdefault(key, asked_number(address))
    chosen: float | None = st.number_input(label, value=None, key=key, format="%g", **look)
    put(address, None if chosen is None else f"{chosen:g}")
    return chosen


def switch(label: str, *, key: str, default: bool, help: str | None = None) -> bool:
    """On or off, 1 or 0 in the address."""
    asked = {"0": False, "1": True}.get(st.query_params.get(key, ""), default)
    chosen = st.toggle(label, value=asked, key=key, help=help)
    _keep(key, str(int(chosen)), is_default=chosen == default)
    return chosen


def to_cockpit(**query: str) -> None:
    """A link to these scores in the threshold cockpit, by the names that its address has."""
    st.page_link(
        "cockpit.py",
        label="Tune this detector's threshold",
        icon=":material/tune:",
        query_params=query,
    )


def _keep(key: str, value: str, *, is_default: bool) -> None:
    """Write a choice into the address, or remove it where it is the usual one."""
    put(key, None if is_default else value)


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
