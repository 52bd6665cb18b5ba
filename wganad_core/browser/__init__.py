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
from wganad_core.figures import race, scripts
from wganad_core.jobs.outputs import PAGE
from wganad_core.records import COLLAPSE_SHARE, COVERED_SHARE
from wganad_core.use_cases import MNIST

FOLDER = Path(__file__).parent
# In the order in which they need each other.
TRAINING = ("random.js", "products.js", "nets.js", "gans.js", "ring.js", "lane.js", "worker.js")
# Nothing is imported in one file; and workers from a file on disk are no modules.
BETWEEN_MODULES = re.compile(r"^import .*;\n|^export ", re.MULTILINE)


def page_html(unseen: str = MNIST.usual_class) -> bytes:
    """The page; `unseen`: the digit that the networks of *Draw a digit* have never seen.

    Examples
    --------
    >>> from wganad_core.browser import page_html
    >>> b"<script src" in page_html()
    False
    """
    parts = {
        "looks": scripts.lanes_looks() + _text("page.css"),
        "version": __version__,
        "known": _in_script(json.dumps(_known(), ensure_ascii=False)),
        "training": one_script(FOLDER / name for name in TRAINING),
        "networks": pack_networks(unseen),
        "page": one_script(
            [
                *(scripts.FOLDER / name for name in scripts.LANES),
                *(
                    FOLDER / name
                    for name in ("images.js", "ink.js", "pad.js", "digit.js", "page.js")
                ),
            ]
        ),
    }
    made = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _text("page.html"))
    return PAGE + made.encode()


def one_script(files: Iterable[Path]) -> str:
    """Modules one after the other as one: what they import stands above them."""
    texts = (path.read_text(encoding="utf-8") for path in files)
    return _in_script("\n".join(BETWEEN_MODULES.sub("", text) for text in texts))


def _known() -> dict[str, Any]:
    """What the page is told: races with a point, names of methods, shares that words go by."""
    stories = [
        {"title": story.title, "watch": story.watch, "race": story.race.to_dict()}
        for story in use_cases.STORIES.values()
    ]
    rules = {
        "covered_share": COVERED_SHARE,
        "collapse_share": COLLAPSE_SHARE,
        "between": race.BETWEEN,
    }
    return {"stories": stories, "names": use_cases.METHOD_NAMES, "rules": rules}


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _in_script(text: str) -> str:
    """Nothing in it ends the element that holds it."""
    return text.replace("</", "<\\/")
