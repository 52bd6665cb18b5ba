"""What was found: a sentence, the threshold cockpit, single samples, files to take away."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import chart, linked
from pages._ui.cockpit import flips as cockpit_flips
from pages._ui.cockpit import numbers as cockpit_numbers
from pages._ui.cockpit import view as cockpit_view
from pages._ui.own import another as own_another
from pages._ui.own import beside as own_beside
from pages._ui.own import explain as own_explain
from pages._ui.own import outcome as own_outcome
from pages._ui.own import take as own_take
from pages._ui.own.outcome import CALIBRATION, Outcome
from pages._ui.own.train import duration
from wganad_core import outside
from wganad_core.data.own.stretches import counted
from wganad_core.jobs.fit import Fitted

VIEWS = {
    "explain": ":material/troubleshoot: What stands out, and why",
    "scores": ":material/tune: Threshold",
    "take": ":material/download: Files and code",
    "another": ":material/playlist_add: Score another file",
    "learned": ":material/monitoring: How it learned",
}
STYLE = """<style>
.own-strip {display: grid; gap: 6px; grid-template-columns: repeat(auto-fill, minmax(3.3rem, 1fr));}
.own-strip figure, .own-trio figure {margin: 0; border-bottom: 3px solid #0072B2;
  border-radius: 3px;}
.own-strip figure.odd, .own-trio figure.odd {border-color: #D55E00;}
.own-strip img, .own-trio img {width: 100%; display: block; border-radius: 3px;
  image-rendering: pixelated; box-shadow: 0 0 0 1px rgba(128, 140, 155, 0.4);}
.own-strip figcaption {font-size: 0.72rem; text-align: center; font-variant-numeric: tabular-nums;}
.own-trio {display: grid; gap: 1rem; grid-template-columns: repeat(3, minmax(0, 13rem));}
.own-trio figcaption {font-size: 0.9rem; text-align: center; padding-top: 0.2rem;}
.own-verdict {font-size: 1.32rem; line-height: 1.4; margin: 0.3rem 0 0.2rem;}
.own-verdict b {font-weight: 650;}
.own-verdict .caught {color: #009E73;} .own-verdict .alarm {color: #D55E00;}
.own-small {font-size: 0.9rem; opacity: 0.85; margin: 0;}
</style>"""


def show(outcome: Outcome) -> None:
    st.html(_verdict(outcome))
    own_beside.show(outcome)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        view = linked.choice("What it found", VIEWS, key="show", default="explain")
        everything = _which(outcome) if view == "scores" else False
    if view == "scores":
        st.html(cockpit_numbers.STYLE + cockpit_flips.STYLE)
        cockpit_view.show(own_outcome.for_cockpit(outcome.key, everything, outcome), None)
    elif view == "explain":
        own_explain.show(outcome)
    elif view == "take":
        own_take.show(outcome)
    elif view == "another":
        own_another.show(outcome)
    else:
        _learned(outcome)


def _verdict(outcome: Outcome) -> str:
    """At the detector's own threshold, on what neither taught it nor chose that threshold."""
    noun = outcome.chosen.noun
    flagged = outcome.score > outcome.threshold
    own = ", at its own threshold"
    label = outcome.label
    if label is None or not (label == 1).any():
        n = int(flagged.sum())
        words = f"<b>{n:,} of {len(flagged):,} {noun}</b> stand out{own}."
    elif outcome.chosen.kind == "series":
        caught, n, alarms = counted(label, flagged)
        steps = int((flagged & (label == 0)).sum())
        words = (
            f"<b class=caught>{caught:,} of {n:,} labelled stretches caught</b>, and "
            f"<b class=alarm>{alarms:,} other stretch{'es' * (alarms != 1)} flagged</b>{own}. "
            f"Counted in steps, as below, {steps:,} outside the labelled stretches are flagged."
        )
    else:
        odd, normal = label == 1, (label == 0) & outcome.unseen
        caught, alarms = int((flagged & odd).sum()), int((flagged & normal).sum())
        words = (
            f"<b class=caught>{caught:,} of {odd.sum():,} anomalies caught</b>, "
            f"<b class=alarm>{alarms:,} false alarm{'s' * (alarms != 1)}</b> among "
            f"{normal.sum():,} normal {noun}{_never(outcome)}{own}."
        )
    return f'<p class="own-verdict">{words}</p><p class="own-small">{_basis(outcome)}</p>'


def _never(outcome: Outcome) -> str:
    """What the normals that are judged had no part in."""
    if outcome.fitted is None:  # from a file: nobody here knows
        return ""
    if (outcome.part[outcome.unseen] == CALIBRATION).any():
        return " that it never learned from (but which chose its threshold: there are no others)"
    return " that neither taught it nor chose its threshold"


def _basis(outcome: Outcome) -> str:
    """What was learned from, what chose the threshold, how long it took."""
    fitted, noun = outcome.fitted, outcome.chosen.noun
    if fitted is None:
        return " ".join(
            [
                f"Scored by {outside.shown(outcome.plan.model)}, "
                f"whose threshold is {outcome.threshold:.4g}.",
                *map(outside.shown, outcome.remarks),
            ]
        )
    learned = int((~outcome.held_out).sum())
    chose = int((outcome.part == CALIBRATION).sum())
    seconds = duration(fitted.seconds)
    words = f"Learned from {learned:,} normal {noun} in {seconds}. "
    if chose:
        words += (
            f"The threshold {outcome.threshold:.4g} was chosen on {chose:,} of the others, "
            f"without a label{_expected(fitted)}."
        )
    else:
        words += (
            f"With so few {noun}, the threshold {outcome.threshold:.4g} was chosen on the "
            "same ones; expect more false alarms."
        )
    return words


def _expected(fitted: Fitted) -> str:
    """How far the wanted rate and the true one may lie apart."""
    if fitted.expected_false_alarm_rate is None:
        return ""
    low, high = (cockpit_numbers.percent(rate) for rate in fitted.expected_false_alarm_rate)
    return (
        f": meant to flag {100 * fitted.false_alarm_rate:g} % of new normals, it may flag "
        f"{low} to {high}"
    )


def _which(outcome: Outcome) -> bool:
    """Whether all rows are shown, or only those that the detector is judged on."""
    held, noun = outcome.unseen, outcome.chosen.noun
    n = int(held.sum())
    if n == len(held):
        return True
    if n == 0:
        st.caption(f"All {len(held):,} {noun} are shown; the networks learned from all of them.")
        return True
    known = outcome.label is not None and bool((outcome.label == 1).any())
    options = {"held": f"{n:,} unseen", "all": f"all {len(held):,}"}
    return (
        linked.choice(
            f"{noun.capitalize()} shown", options, key="rows", default="held" if known else "all"
        )
        == "all"
    )


def _learned(outcome: Outcome) -> None:
    from wganad_core.figures import own_training

    if outcome.fitted is not None and not outcome.reports:
        st.info("Nothing was trained: this detector compares with the normal rows as they are.")
        return
    if outcome.fitted is None:
        st.info("This detector came from a file; it was trained elsewhere.")
        return
    reports = list(outcome.reports)
    chart.live_chart(
        own_training.training_spec(reports, reports[-1]["n_steps"]),
        key="own-learned",
        alt="The critic's estimate of W, what is held out, and the losses of the training",
    )
    fitted = outcome.fitted
    with st.container(horizontal=True, gap="large"):
        _number("Steps", f"{fitted.steps:,}")
        _number("Time", duration(fitted.seconds))
        _number("Learned from", f"{np.count_nonzero(~outcome.held_out):,}")
        _number("Threshold", f"{outcome.threshold:.4g}")
    st.markdown(f"{fitted.assumption} {fitted.warning or ''}")


def _number(label: str, value: str) -> None:
    st.metric(label, value, width="content")
