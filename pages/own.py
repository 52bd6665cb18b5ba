"""Your data: from a file to a detector, its threshold, and what to take away."""

from __future__ import annotations

import dataclasses

import streamlit as st

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
    """Title and choices, what was found, then the data and how they are learned from."""
    st.html(own_results.STYLE)
    jobs = own_session.jobs()
    if not jobs.busy:
        own_tab.fittings().warm()  # its imports run while the page is being read
    above, line, first, picture, last = (st.container() for _ in range(5))
    # What is found already is seen first; without that, the data are.
    early = jobs.found(_key(own_source.expected(), own_source.asked()[1]))
    with line, anatomy.choices():
        kind, saved = own_source.choices(folded=early is not None)
        more = st.container(
            key="own-more", horizontal=True, vertical_alignment="center", width="content"
        )
    with last if early is not None else first:
        source = own_source.chosen(kind)
        for gone in own_source.removed():
            jobs.forget(gone)
        if source is not None:
            _score(source) if saved else _train(source)
    if source is None:
        with above:
            anatomy.headline(own_results.INVITATION)
        return
    key = _key(source.key, saved)
    with picture:
        own_train.watch(key)
    own_tab.write_address(jobs.any)
    found = jobs.found(key)
    if found is None and early is not None:
        st.rerun()  # there is nothing to be seen first any more
    with above:
        anatomy.headline(own_results.INVITATION if found is None else own_results.verdict(found))
    if found is not None:
        with more:
            view = own_results.choices(found)
        with picture:
            own_results.show(found, view)


def _key(source: str | None, saved: bool) -> str:
    return f"saved-{source}" if saved else source or ""


def _train(source: OwnFile) -> None:
    if source.kind is not None:
        st.markdown(ABOUT[source.kind])
    jobs = own_session.jobs()
    known = source.key in jobs.outcomes
    chosen = own_data.show(source, open_=not known and not jobs.busy, learning=True)
    if chosen is None:
        return
    found = own_train.settings(chosen)
    plan = dataclasses.replace(own_train.plan_of(chosen, found), ranges=chosen.ranges)
    own_train.start_if_asked(chosen, plan)
    if known and not jobs.busy and jobs.outcomes[source.key].plan != plan:
        st.caption("You have changed what was asked for; train again to see what that does.")


def _score(source: OwnFile) -> None:
    opened = own_saved.opened()
    if opened is None:
        return
    path, about = opened
    chosen = own_data.show(source, open_=False, learning=False)
    if chosen is None:
        return
    chosen = own_saved.as_it_takes(chosen, about)  # a `DataError` is shown by `run_page`
    busy = own_session.jobs().busy
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
