"""Which activity is the unseen one, which model looks, with which detector, tested on what."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import linked
from pages._ui.windows import data as windows_data
from pages._ui.windows.data import Scores
from wganad_core import evaluation
from wganad_core.config import ACTIVITIES
from wganad_core.data.gallery import Gallery

STYLE = """<style>
.st-key-activity button {padding: 4px 6px 2px; min-width: 0; height: auto; min-height: 0;}
.st-key-activity button p {display: flex; flex-direction: column; align-items: center;
  line-height: 1.25; overflow: visible; max-height: none;}
.st-key-activity button div {overflow: visible; max-height: none;}
.st-key-activity button img {height: 2.1rem; width: 5.75rem; max-height: none; max-width: none;
  display: block; margin: 0;}
.st-key-activity button[aria-checked="true"] {box-shadow: 0 0 0 3px #D55E00; z-index: 1;}
@media (max-width: 640px) {
  .st-key-activity [role="radiogroup"] {flex-wrap: wrap;}
  .st-key-activity button {padding: 3px 2px 1px; flex: 1 0 32%;}
}
</style>"""


def activity() -> str:
    """Six buttons with a window of each."""
    st.html(STYLE)
    thumbnails = _thumbnails()
    options = {name: f"![{name}]({thumbnails[name]}) {name}" for name in ACTIVITIES}
    return linked.choice(
        "The activity that the model has never seen",
        options,
        key="activity",
        default="laying",
        help="Total acceleration in a window of 2.56 s, along x, y and z.",
    )


@st.cache_resource(show_spinner=False)
def _thumbnails() -> dict[str, str]:
    """The first bundled window of every activity."""
    from wganad_core.figures.windows.strip import thumbnail

    windows = windows_data.sample()
    firsts = [np.argmax(windows.activities == name) for name in ACTIVITIES]
    return {
        name: thumbnail(windows.signals[first, 6:])
        for name, first in zip(ACTIVITIES, firsts, strict=True)
    }


def architecture(scores: Scores) -> str:
    """One of the models that scored this activity."""
    known = {name: windows_data.ARCHITECTURES[name] for name in scores.architectures}
    meanings = "\n".join(
        f"- **{label}**: {windows_data.ARCHITECTURE_MEANINGS[name]}."
        for name, label in known.items()
    )
    return linked.choice("Model", known, key="model", default=next(iter(known)), help=meanings)


def detector(found: Gallery) -> str:
    """One of the detectors that this model has."""
    names = windows_data.DETECTORS
    known = {name: label for name, label in names.items() if name in found.scores}
    meanings = "\n".join(
        f"- **{label}**: {windows_data.MEANINGS[name]}." for name, label in known.items()
    )
    return linked.choice(
        "Detector", known, key="detector", default=next(iter(known)), help=meanings
    )


def protocol() -> str:
    """Which windows of the unseen activity are tested."""
    return linked.choice(
        "Tested on",
        windows_data.PROTOCOLS,
        key="protocol",
        default="test",
        help=windows_data.PROTOCOL_HELP,
    )


def headline(found: Gallery, detector: str) -> None:
    """What the chosen detector reaches on the unseen activity, in one sentence."""
    figures = evaluation.summary(found.label.astype(np.int64), found.scores[detector])
    name = windows_data.name_of(detector)
    who = name if name.startswith("Ours") else f"The detector “{name}”"
    st.subheader(
        f"This model has never seen anybody {windows_data.doing(found.abnormal)}. {who} finds "
        f"such windows with AUPRC {figures.auprc:.2f}; chance is {figures.base_rate:.2f}.",
        anchor=False,
    )
