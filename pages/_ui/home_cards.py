"""The cards of the home page."""

from __future__ import annotations

import streamlit as st

from pages._ui.case import data
from pages._ui.chart import live_chart
from pages._ui.race import state as race_state
from wganad_core import pretrained
from wganad_core.figures import cards
from wganad_core.use_cases import HAR

RACE, CRITIC = "pages/race.py", "pages/critic.py"
DIGITS, MOVEMENTS = "pages/mnist.py", "pages/har.py"
COCKPIT, OWN = "pages/cockpit.py", "pages/own.py"
PAGES = {"race": RACE, "critic": CRITIC, "movements": MOVEMENTS}

STARTS: tuple[tuple[str, str, tuple[str, str, dict[str, str]]], ...] = (
    (
        "I give a lecture",
        "Open the race on the projector: three GANs, one clock. Drag the slider through the "
        "recorded collapse, or press Play and watch it happen.",
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
        "Look at a phone's accelerations as signals and as recurrence images, and at the activity "
        "that a model has never seen. Or upload a recording of your own.",
        ("Open the movements", MOVEMENTS, {}),
    ),
    (
        "I have a false-alarm budget",
        "Drag one threshold and watch precision, recall, cost and the very samples that flip. "
        "Then set how rare anomalies are in your world. Or upload your own scores.",
        ("Tune a threshold", COCKPIT, {}),
    ),
    (
        "I want real data",
        "Pick a handwritten digit that a model has never seen, and look at how it comes back. Or "
        "upload one of your own.",
        ("See the unseen digit", DIGITS, {}),
    ),
    (
        "I have data of my own",
        "A table, images or a recording of normal behaviour: train the detector here, tune its "
        "threshold, take it away as a file. An example of each is at hand.",
        ("Bring your data", OWN, {}),
    ),
)


def starts() -> None:
    """Where to begin, by kind of visitor."""
    for first in range(0, len(STARTS), 3):
        for column, start in zip(st.columns(3, gap="medium"), STARTS[first:], strict=False):
            who, what, (label, page, query) = start
            with column.container(border=True, height="stretch"):
                st.markdown(f"**{who}.** {what}")
                st.page_link(
                    page, label=f"**{label}**", icon=":material/arrow_forward:", query_params=query
                )


def pictures() -> None:
    """Eight small live pictures, each a link to its page."""
    runs = {name: race_state.shipped(name) for name in pretrained.RACE_RUNS}
    mixture = race_state.mixture(runs["gan"].mixture)
    made = [*cards.paper_cards(runs, mixture), *cards.movement_cards(data.samples(HAR))]
    for row in (made[:4], made[4:]):
        for column, card in zip(st.columns(4, gap="medium"), row, strict=True):
            with column.container(border=True, height="stretch"):
                live_chart(card.figure, key=f"card-{card.name}", alt=card.caption)
                st.markdown(f"**{card.title}.** {card.caption}")
                st.page_link(
                    PAGES[card.page],
                    label="Open",
                    icon=":material/open_in_new:",
                    query_params=dict(card.query),
                )
