"""Your data: from a file to a detector, its threshold, and what to take away."""

from __future__ import annotations

import dataclasses

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, runtime
from pages._ui.own import data as own_data
from pages._ui.own import results as own_results
from pages._ui.own import saved as own_saved
from pages._ui.own import session as own_session
from pages._ui.own import source as own_source
from pages._ui.own import tab as own_tab
from pages._ui.own import train as own_train
from pages._ui.own.source import ABOUT, OwnFile


def main() -> None:
    """What was found, or what there is to learn from, under one line of choices."""
    jobs = own_session.jobs()
    if not jobs.busy:
        own_tab.fittings().warm()  # its imports run while the page is being read
    for gone in own_source.removed():
        jobs.forget(gone)
    # Title and choices come first, as what arrives above a picture would push it down.
    expected = own_source.expected()
    key = _key(expected, own_source.asked()[1])
    found = jobs.found(key)
    anatomy.headline(own_results.title(expected, found))
    with anatomy.choices():
        kind, saved = own_source.choices()
        more = st.container(
            key="own-more", horizontal=True, vertical_alignment="center", width="content"
        )
    if found is not None:
        with more:
            view = own_results.choices(found)
    with st.container():
        own_train.watch(key)
    if found is not None:
        own_results.show(found, view)
    source = own_source.chosen(kind)
    if _key(source, saved) != key:
        st.rerun()  # a file has come
    own_tab.write_address(jobs.any)
    if source is not None:
        _score(source) if saved else _train(source, more)


def _key(source: OwnFile | None, saved: bool) -> str:
    key = "" if source is None else source.key
    return f"saved-{key}" if saved else key


def _train(source: OwnFile, line: DeltaGenerator) -> None:
    """The data and how they are learned from: in the page's one line, as long as nothing is found
    in them, and else in one of its own."""
    jobs = own_session.jobs()
    known = jobs.found(source.key) is not None
    chosen = own_data.show(source, folded=known, learning=True)
    if source.kind is not None:
        st.caption(ABOUT[source.kind])
    if chosen is None:
        return
    with anatomy.choices("train") if known else line:
        found = own_train.settings(chosen)
    plan = dataclasses.replace(own_train.plan_of(chosen, found), ranges=chosen.ranges)
    own_train.start_if_asked(chosen, plan)
    done = jobs.outcomes.get(source.key)
    if done is not None and not jobs.busy and done.plan != plan:
        st.caption("You have changed what was asked for; train again to see what that does.")


def _score(source: OwnFile) -> None:
    opened = own_saved.opened()
    if opened is None:
        return
    path, about = opened
    chosen = own_data.show(
        source, folded=own_session.jobs().found(f"saved-{source.key}") is not None, learning=False
    )
    if chosen is None:
        return
    chosen = own_saved.as_it_takes(chosen, about)  # a `DataError` is shown by `run_page`
    busy = own_session.jobs().latest is not None
    st.button(
        "Score",
        type="primary",
        icon=":material/play_arrow:",
        key="own-score",
        width=170,
        on_click=own_train.ask,
        disabled=busy,
        help="A training runs; it is first." if busy else None,
    )
    own_train.start_if_asked(chosen, own_saved.plan_of(chosen, path.name), path)


runtime.run_page(main)
