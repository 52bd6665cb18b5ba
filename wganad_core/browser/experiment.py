"""One detector's scores, its threshold and what it does, as one HTML file that needs no network."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import __version__
from wganad_core.browser import FOLDER, one_script
from wganad_core.browser.packed import packed
from wganad_core.config import ConfigError
from wganad_core.figures import scripts
from wganad_core.jobs.outputs import PAGE
from wganad_core.records import Scored

MOST = 500_000  # scores of a file that a browser still draws at once


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What such a file holds.

    `row` (n,): numbers of the samples in their file. `facts`: settings and results in words.
    `pictures`: HTML images that are ours, with their words. `anomalies`: what people call those
    with label 1.
    """

    title: str
    scored: Scored
    row: NDArray[np.integer]
    threshold: float
    facts: Mapping[str, object]
    command: str
    anomalies: str = "anomalies"
    pictures: Sequence[tuple[str, str]] = ()


def experiment_html(made: Experiment) -> bytes:
    """The page: a histogram with a threshold to drag, precision over recall, what is flagged first,
    settings and the command that makes it again.

    Raises
    ------
    ConfigError
        For more than 500,000 scores; the CSV has them all.

    Examples
    --------
    >>> from wganad_core.browser.experiment import Experiment, experiment_html
    >>> from wganad_core.records import Scored
    >>> scored = Scored(np.array([0.1, 0.7]))
    >>> b"needs no server" in experiment_html(Experiment("Two", scored, np.arange(2), 0.5, {}, ""))
    True
    """
    n = len(made.scored)
    if n > MOST:
        raise ConfigError(
            f"Such a file holds at most {MOST:,} scores; found {n:,}. Take them as CSV instead."
        )
    facts = "".join(
        f"<dt>{html.escape(str(name).replace('_', ' '))}</dt><dd>{html.escape(str(value))}</dd>"
        for name, value in made.facts.items()
        if value is not None
    )
    looks = "".join((FOLDER / name).read_text("utf-8") for name in ("page.css", "theory.css"))
    parts = {
        "title": html.escape(made.title),
        "looks": scripts.lanes_looks() + looks,
        "facts": facts,
        "command": html.escape(made.command),
        "version": __version__,
        "scores": _scores(made),
        "script": one_script(FOLDER / name for name in ("packed.js", "plot.js", "experiment.js")),
    }
    template = (FOLDER / "experiment.html").read_text(encoding="utf-8")
    return PAGE + re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template).encode()


def _scores(made: Experiment) -> str:
    """The scores and what is known of their samples, packed."""
    scored, payload = made.scored, bytearray()
    arrays: dict[str, NDArray[Any]] = {
        "score": scored.score.astype("<f8"),
        "row": np.asarray(made.row).astype("<i4"),
    }
    classes: list[str] = []
    if scored.class_ is not None:
        names, codes = np.unique(scored.class_, return_inverse=True)
        if len(names) <= np.iinfo(np.uint16).max:
            classes, arrays["class"] = names.tolist(), codes.astype("<u2")
    if scored.label is not None:
        arrays["label"] = scored.label.astype("u1")
    places = {}
    for name, values in arrays.items():
        places[name] = len(payload)
        payload.extend(values.tobytes() + bytes(-values.nbytes % 8))
    told = {
        "n": len(scored),
        "threshold": _plain(made.threshold),
        "anomalies": html.escape(made.anomalies),
        "classes": [html.escape(name) for name in classes],
        "pictures": [{"words": html.escape(w), "image": image} for w, image in made.pictures],
        "places": places,
    }
    return packed(told, payload)


def _plain(threshold: float) -> str:
    """As JavaScript's `Number` reads it: JSON has no infinity."""
    return repr(float(threshold)).replace("inf", "Infinity")
