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
from pages._ui.own.source import OwnFile
from pages._ui.own.train import duration
from wganad_core import outside
from wganad_core.jobs.fit import Fitted

VIEWS = {
    "explain": ":material/troubleshoot: What stands out",
    "scores": ":material/tune: Threshold",
    "take": ":material/download: Files and code",
    "another": ":material/playlist_add: Score another file",
    "learned": ":material/monitoring: Training",
}


INVITATION = "Your data: from a file to a detector that says what is odd, and why"


def title(source: OwnFile | None, outcome: Outcome | None) -> str:
    """The page's title: what was found, or in what something could be."""
    if outcome is not None:
        return verdict(outcome)
    if source is None:
        return INVITATION
    return f"{outside.shown(source.name)}: {source.size}. Which of them are odd, and why?"


def choices(outcome: Outcome) -> tuple[str, bool]:
    """The view, and whether all rows are shown in it: in the page's one line."""
    view = linked.tabs("What it found", VIEWS, key="show", default="explain")
    everything = _which(outcome) if view == "scores" else False
    own_beside.offer(outcome)
    return view, everything


def show(outcome: Outcome, chosen: tuple[str, bool]) -> None:
    view, everything = chosen
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
    st.html(f'<p class="own-small">{basis(outcome)}</p>')
    own_beside.below(outcome)


def verdict(outcome: Outcome) -> str:
    """The page's title: at the detector's own threshold, on what neither taught it nor chose that
    threshold."""
    noun = outcome.chosen.noun
    flagged = outcome.score > outcome.threshold
    label = outcome.label
    if label is None or not outcome.judged:
        return f"{int(flagged.sum()):,} of {len(flagged):,} {noun} stand out"
    if outcome.chosen.kind == "series":
        caught, n, alarms = outcome.stretches
        return (
            f"{caught:,} of {n:,} labelled stretches caught, {alarms:,} other "
            f"stretch{'es' * (alarms != 1)} flagged"
        )
    odd, normal = ((label == value) & outcome.unseen for value in (1, 0))
    caught, alarms = int((flagged & odd).sum()), int((flagged & normal).sum())
    unseen = "unseen " * (outcome.fitted is not None)
    return (
        f"{caught:,} of {odd.sum():,} anomalies caught, {alarms:,} false "
        f"alarm{'s' * (alarms != 1)} among {normal.sum():,} {unseen}normal {noun}"
    )


def _counted(outcome: Outcome) -> str:
    """What the title's numbers are of."""
    label, noun = outcome.label, outcome.chosen.noun
    own = "At its own threshold"
    if label is None or not (label == 1).any():
        return f"{own}. "
    if not outcome.judged:
        return f"{own}; it learned from every labelled anomaly, so that labels cannot judge it. "
    left = outcome.learned_odd
    which = "anomaly that taught it or chose its threshold is"
    if left > 1:
        which = "anomalies that taught it or chose its threshold are"
    out = f"{left:,} labelled {which} left out. "
    if outcome.chosen.kind == "series":
        flagged = outcome.score > outcome.threshold
        steps = int((flagged & (label == 0) & outcome.unseen).sum())
        words = f"{own}; counted in steps, {steps:,} outside the labelled stretches are flagged. "
        return words + out * bool(left)
    never = _never(outcome)
    words = f"{own}, judged on the normal {noun}{never}. " if never else f"{own}. "
    return words + out * bool(left)


def _never(outcome: Outcome) -> str:
    """What the normals that are judged had no part in."""
    if outcome.fitted is None:  # from a file: nobody here knows
        return ""
    if (outcome.part[outcome.unseen] == CALIBRATION).any():
        return " that it never learned from (but which chose its threshold: there are no others)"
    return " that neither taught it nor chose its threshold"


def basis(outcome: Outcome) -> str:
    """What was learned from, what chose the threshold, how long it took."""
    fitted, noun = outcome.fitted, outcome.chosen.noun
    if fitted is None:
        return " ".join(
            [
                _counted(outcome).strip(),
                f"Scored by {outside.shown(outcome.plan.model)}, "
                f"whose threshold is {outcome.threshold:.4g}.",
                *map(outside.shown, outcome.remarks),
            ]
        )
    learned = int((~outcome.held_out).sum())
    chose = int((outcome.part == CALIBRATION).sum())
    seconds = duration(fitted.seconds)
    words = f"{_counted(outcome)}Learned from {learned:,} normal {noun} in {seconds}. "
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
        f": meant to flag {100 * fitted.false_alarm_rate:g}% of new normals, it may flag "
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
    with st.popover(f"{noun.capitalize()} shown"):
        start = "held" if known else "all"
        shown = linked.choice(f"{noun.capitalize()} shown", options, key="rows", default=start)
    return shown == "all"


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
