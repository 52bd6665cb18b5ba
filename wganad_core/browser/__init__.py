"""One HTML file in which three GANs train in the reader's own browser: no server, no network.

Its scripts lie in this folder, one subject each; `lane.js` and what it imports are the core's
trainers and the race's lanes in plain JavaScript, `images.js` its networks for digits, both checked
against the core number by number. The networks of one digit take 1.8 MB of the page's 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wganad_core import __version__, use_cases
from wganad_core.browser.digits import pack_networks
from wganad_core.config import ConfigError, RaceConfig
from wganad_core.figures import race as race_words
from wganad_core.figures import scripts
from wganad_core.jobs.outputs import PAGE
from wganad_core.records import COLLAPSE_SHARE, COVERED_SHARE
from wganad_core.use_cases import MNIST

FOLDER = Path(__file__).parent
# In the order in which they need each other.
TRAINING = ("random.js", "products.js", "nets.js", "gans.js", "ring.js", "lane.js", "worker.js")
DRAWING = ("packed.js", "images.js", "ink.js", "pad.js", "digit.js", "page.js")


def page_html(unseen: str = MNIST.usual_class, race: RaceConfig | None = None) -> bytes:
    """The page.

    Parameters
    ----------
    unseen : the digit that the networks of *Draw a digit* have never seen
    race : what it begins with, before the races with a point

    Raises
    ------
    ConfigError
        For a race that browsers cannot train; `what_browsers_lack` says why.

    Examples
    --------
    >>> from wganad_core.browser import page_html
    >>> b"<script src" in page_html()
    False
    """
    if race is not None and (why := what_browsers_lack(race)):
        raise ConfigError(why)
    parts = {
        "looks": scripts.lanes_looks() + _text("page.css"),
        "version": __version__,
        "known": _in_script(json.dumps(_known(race), ensure_ascii=False)),
        "training": one_script(FOLDER / name for name in TRAINING),
        "networks": pack_networks(unseen),
        "page": one_script(
            [
                *(scripts.FOLDER / name for name in scripts.IN_ONE_PAGE),
                *(FOLDER / name for name in DRAWING),
            ]
        ),
    }
    made = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _text("page.html"))
    return PAGE + made.encode()


def one_script(files: Iterable[Path]) -> str:
    """Modules one after the other as one, as an element of a page holds it."""
    return _in_script(scripts.one_script(files))


def what_browsers_lack(race: RaceConfig) -> str | None:
    """Why this race cannot be trained in the page, in a sentence; None if it can."""
    if not race.mixture.name.startswith("ring"):
        return f"The page trains on rings of Gaussians; found data named {race.mixture.name!r}."
    for lane in race.lanes:
        training, network = lane.training, lane.network
        for name, value, known in (
            ("activation", network.activation, ("relu", "leaky-relu")),
            ("optimizer", training.optimizer, ("adam", "rmsprop")),
            ("decay", training.decay, ("none", "linear", "cosine")),
            ("n_latent", network.n_latent, (2,)),
        ):
            if value not in known:
                allowed = ", ".join(map(str, known))
                return f"The page trains with {name} {allowed}; found {value!r}."
        if training.batch_size * network.n_latent < 16:
            return f"The page trains on batches of 8 or more; found {training.batch_size}."
    return None


def _known(own: RaceConfig | None) -> dict[str, Any]:
    """What the page is told: races with a point, names of methods, shares that words go by."""
    stories = list(use_cases.STORIES.values())
    if own is not None:
        stories.insert(0, use_cases.Story("This race", "", own))
    told = [
        {
            "title": story.title,
            "watch": story.watch,
            "race": _in_the_page(story.race),
            "commands": [
                use_cases.command_line(story.race.mixture, lane) for lane in story.race.lanes
            ],
        }
        for story in stories
    ]
    rules = {
        "covered_share": COVERED_SHARE,
        "collapse_share": COLLAPSE_SHARE,
        "between": race_words.BETWEEN,
    }
    return {"stories": told, "names": use_cases.METHOD_NAMES, "rules": rules}


def _in_the_page(race: RaceConfig) -> dict[str, Any]:
    """Its settings; a ring of 8 is a ring with 8 modes."""
    modes = 8 if race.mixture.name == "ring-8" else race.mixture.n_modes
    return race.replace(mixture=race.mixture.replace(name="ring", n_modes=modes)).to_dict()


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _in_script(text: str) -> str:
    """Nothing in it ends the element that holds it."""
    return text.replace("</", "<\\/")
