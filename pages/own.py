"""Your data: from a file to a detector, its threshold, and what to take away."""

from __future__ import annotations

import dataclasses

import streamlit as st

from pages._ui import runtime
from pages._ui.own import data as own_data
from pages._ui.own import results as own_results
from pages._ui.own import saved as own_saved
from pages._ui.own import session as own_session
from pages._ui.own import source as own_source
from pages._ui.own import tab as own_tab
from pages._ui.own import train as own_train
from pages._ui.own.source import ABOUT, OwnFile


def main() -> None:
    st.html(own_results.STYLE)
    if not own_session.jobs().busy:
        own_tab.fittings().warm()  # its imports run while the page is being read
    source = own_source.chosen()
    jobs = own_session.jobs()
    for gone in own_source.removed():
        jobs.forget(gone)
    saved = st.query_params.get("with") == "saved"
    if source is None:
        return
    if saved:
        _score(source)
    else:
        _train(source)
    key = _key(source, saved)
    own_train.watch(key)
    own_tab.write_address(jobs.any)
    found = jobs.outcomes.get(key) or jobs.glimpse(key)
    if found is not None:
        own_results.show(found)


def _key(source: OwnFile, saved: bool) -> str:
    return f"saved-{source.key}" if saved else source.key


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
