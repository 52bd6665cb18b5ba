"""The cards of the home page."""

from __future__ import annotations

import streamlit as st

from pages._ui import race_state
from pages._ui.chart import live_chart
from wganad_core import pretrained
from wganad_core.figures import cards

RACE, CRITIC, DIGITS = "pages/race.py", "pages/critic.py", "pages/mnist.py"

STARTS: tuple[tuple[str, str, tuple[str, str, dict[str, str]]], ...] = (
    (
        "I give a lecture",
        "Open the race on the projector and press Play: three GANs, one clock, collapse in a "
        "minute. Then replay it backwards with the slider.",
        ("Start the race", RACE, {}),
    ),
    (
        "I study the paper",
        "Take one step at a time, with the equation of every stage beside the picture, and look "
        "through the Lipschitz lens.",
        ("Gradient penalty, slowly", RACE, {"story": "penalise", "lens": "slope"}),
    ),
    (
        "I watch sensors",
        "See what a detector does when it has forgotten one of your machine's operating modes: "
        "false alarms, all of them there.",
        ("Detect anomalies", CRITIC, {"model": "gan", "rule": "generator"}),
    ),
    (
        "I want real data",
        "Pick a handwritten digit that a model has never seen, and look at how it comes back. Or "
        "upload one of your own.",
        ("See the unseen digit", DIGITS, {}),
    ),
)


def starts() -> None:
    """Where to begin, for four kinds of visitor."""
    for column, (who, what, (label, page, query)) in zip(
        st.columns(len(STARTS), gap="medium"), STARTS, strict=True
    ):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{who}.** {what}")
            st.page_link(page, label=f"**{label}**", icon=":material/arrow_forward:",
                         query_params=query)  # fmt: skip


def pictures() -> None:
    """Six small live pictures, each a link to its page."""
    runs = {name: race_state.shipped(name) for name in pretrained.RACE_RUNS}
    mixture = race_state.mixture(runs["gan"].mixture)
    made = cards.paper_cards(runs, mixture)
    for row in (made[:3], made[3:]):
        for column, card in zip(st.columns(3, gap="medium"), row, strict=True):
            with column.container(border=True, height="stretch"):
                live_chart(card.figure, key=f"card-{card.name}", alt=card.caption)
                st.markdown(f"**{card.title}.** {card.caption}")
                page = CRITIC if card.page == "critic" else RACE
                st.page_link(page, label="Open", icon=":material/open_in_new:",
                             query_params=dict(card.query))  # fmt: skip
