"""What detectors without networks make of the same rows, which of them does better, and which rows
were set aside or should perhaps be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages._ui.own import train as own_train
from pages._ui.own.outcome import Outcome
from wganad_core.jobs.beside import Beside, verdict

SHOWN = 500  # rows


def offer(outcome: Outcome) -> None:
    """Popovers in the page's one line: rows that may be anomalies among those that were learned
    from, and who does better; with a button for each."""
    if outcome.plan.quick:
        return
    _apart(outcome)
    found = _found(outcome)
    said, instead = verdict(found)
    if not said:
        return
    with st.popover("Beside others", icon=":material/compare_arrows:"):
        st.markdown(said)
        if instead:
            name = own_train.METHODS[instead]
            st.button(
                f"Take {name[0].lower()}{name[1:]}",
                icon=":material/swap_horiz:",
                key="own-instead",
                on_click=_take,
                args=(own_train.method_key(outcome.chosen), instead),
            )
        st.dataframe(_table(found), hide_index=True, key="own-beside")
        st.caption(
            "On rows that none of them learned from, nor chose its threshold by; each at its own "
            "threshold."
        )


def below(outcome: Outcome) -> None:
    """What stands in for now, who does better, and which rows were set aside."""
    if outcome.plan.quick:
        st.caption(
            ":material/hourglass_top: For now by the distance to the nearest normals; the networks "
            "are being trained, take over when they are done, and tell why a row is flagged."
        )
        return
    if said := verdict(_found(outcome))[0]:
        st.caption(f":material/compare_arrows: Beside others: {said}")
    _set_aside(outcome)


def _found(outcome: Outcome) -> tuple[Beside, ...]:
    fitted = outcome.fitted
    return () if fitted is None else tuple(Beside(**one) for one in fitted.beside)


def _take(key: str, method: str) -> None:
    """Train with that score instead: seconds, as nothing is learned."""
    st.session_state[key] = method
    own_train.ask()


def _table(found: tuple[Beside, ...]) -> pd.DataFrame:
    rows = []
    for one in found:
        row = {"Detector": one.title}
        if one.auprc is not None and one.auroc is not None:
            row |= {"AUPRC": f"{one.auprc:.1%}", "AUROC": f"{one.auroc:.1%}"}
            row |= {
                "Caught": f"{one.caught:,} of {one.anomalies:,}",
                "False alarms": f"{one.alarms:,} of {one.normals:,}",
            }
        else:
            row |= {"Flagged": f"{one.flagged:,} of {one.n:,}"}
            row |= {"Of the 20 oddest, the same": f"{one.shared}"}
        rows.append({**row, "Time": f"{one.seconds:.1f} s"})
    return pd.DataFrame(rows)


def _set_aside(outcome: Outcome) -> None:
    rows = None if outcome.fitted is None else outcome.fitted.set_aside
    if rows is None or not len(rows):
        return
    with st.expander(f"{len(rows):,} rows were set aside as likely anomalies", expanded=False):
        st.dataframe(_oddest(outcome, rows), hide_index=True, key="own-aside")


def _apart(outcome: Outcome) -> None:
    """Rows that lie together, apart from all others: anomalies or another way of being normal."""
    fitted = outcome.fitted
    rows = None if fitted is None else fitted.apart
    if fitted is None or rows is None or not len(rows):
        return
    share = next(s for s in own_train.SHARES if s >= min(fitted.apart_share, 0.1))
    with st.popover(f"{len(rows):,} rows lie apart", icon=":material/warning:"):
        st.markdown(
            f"{len(rows):,} rows ({100 * fitted.apart_share:.2g}% of those looked at) lie "
            "together, far from all others, and are **learned as normal**. "
            "Another way of working that is normal? Then leave it. Faults that nobody has "
            "labelled? Then they hide each other, and should be set aside."
        )
        st.button(
            f"Set {100 * share:g}% aside and train again",
            icon=":material/filter_alt:",
            key="own-apart",
            on_click=_suspect,
            args=(share,),
        )
        st.dataframe(_oddest(outcome, rows), hide_index=True, key="own-apart-rows")


def _suspect(share: float) -> None:
    st.session_state["own-hidden"] = share
    own_train.ask()


def _oddest(outcome: Outcome, rows: NDArray[np.int64]) -> pd.DataFrame:
    """Rows of the file with their scores, some of them, the largest first."""
    samples = outcome.chosen.samples
    at = np.searchsorted(samples.row, rows)
    score = pd.Series(outcome.score, outcome.row).reindex(rows).to_numpy()
    order = np.argsort(-score, kind="stable")[:SHOWN]
    table = samples.take(at[order]).table()
    table.insert(0, "score", score[order])
    table.insert(0, "row", rows[order])
    return table
