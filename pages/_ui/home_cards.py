"""The cards of the home page."""

from __future__ import annotations

import streamlit as st

from pages._ui.case import data
from pages._ui.chart import live_chart
from pages._ui.lanes import show_lanes
from pages._ui.race import recorded
from wganad_core import pretrained
from wganad_core.figures import cards
from wganad_core.figures.race import Layers
from wganad_core.use_cases import HAR

RACE, CRITIC = "race.py", "critic.py"
DIGITS, MOVEMENTS = "mnist.py", "har.py"
COCKPIT, OWN = "cockpit.py", "own.py"
REPRODUCTION = "reproduction.py"
# The link of a card reaches over all of it.
STRETCHED = """
<style>
[class*="st-key-picture-"] {position: relative;}
[class*="st-key-picture-"]:hover {border-color: light-dark(#0072b2, #7cc0ee);}
[class*="st-key-picture-"] [data-testid="stPageLink"] a::after {
  content: "";
  position: absolute;
  inset: 0;
  z-index: 2;
}
[class*="st-key-picture-"] [data-testid="stElementContainer"]:has([data-testid="stPageLink"]),
[class*="st-key-picture-"] [data-testid="stPageLink"],
[class*="st-key-picture-"] [data-testid="stPageLink"] * {position: static;}
</style>
"""
PAGES = {"race": RACE, "critic": CRITIC, "movements": MOVEMENTS}

Link = tuple[str, str, dict[str, str]]  # its words, the page, the page's address

STARTS: tuple[tuple[str, str, Link, Link], ...] = (
    (
        "I give a lecture",
        "The race on the projector: it plays by itself, **P** makes everything larger. Then train "
        "one that collapses before everybody's eyes.",
        ("Open the race", RACE, {"show": "recorded"}),
        ("Make it collapse, live", RACE, {"story": "collapse"}),
    ),
    (
        "I study the paper",
        "Every step in slow motion with its equations, the Lipschitz lens, and the paper's table "
        "beside what was measured here.",
        ("Gradient penalty beside clipping", RACE, {"show": "recorded", "lens": "slope"}),
        ("The paper, reproduced", REPRODUCTION, {}),
    ),
    (
        "I have data, or sensors",
        "A table, images or a recording of normal behaviour: train the detector here, tune its "
        "threshold to your false-alarm budget, take it away as a file.",
        ("Bring your data", OWN, {}),
        ("Tune a threshold", COCKPIT, {}),
    ),
)


def hero() -> None:
    """The recorded race, playing."""
    found = recorded.published()
    options = {"curvesShown": False, "above": 260}
    message = {"key": "recorded", "url": found.url, "options": options}
    show_lanes(message, key="hero", layers=Layers())


def starts() -> None:
    """Where to begin, by kind of visitor."""
    for column, (who, what, *links) in zip(st.columns(3, gap="medium"), STARTS, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{who}.** {what}")
            with st.container(horizontal=True, gap="small"):
                for i, (label, page, query) in enumerate(links):
                    words = label if i else f"**{label}**"
                    icon = ":material/arrow_forward:"
                    st.page_link(page, label=words, icon=icon, query_params=query)


def pictures() -> None:
    """Eight small pictures, each as a whole a link to its page."""
    runs = {name: recorded.shipped(name) for name in pretrained.RACE_RUNS}
    mixture = recorded.mixture(runs["gan"].mixture)
    st.html(STRETCHED)
    made = [*cards.paper_cards(runs, mixture), *cards.movement_cards(data.samples(HAR))]
    for row in (made[:4], made[4:]):
        for column, card in zip(st.columns(4, gap="medium"), row, strict=True):
            key = f"picture-{card.name}"
            with column.container(border=True, height="stretch", key=key):
                live_chart(card.figure, key=f"card-{card.name}", alt=card.caption)
                st.markdown(f"**{card.title}.** {card.caption}")
                st.page_link(
                    PAGES[card.page],
                    label="Open",
                    icon=":material/open_in_new:",
                    query_params=dict(card.query),
                )
