"""The scripts and style sheets that draw in a browser, as text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
LANES = ("lanes.js", "player.js")  # draw and play
FILM = "film.js"  # draws a search in place of lanes
# In the order in which one page holds them: what they import stands above them.
IN_ONE_PAGE = ("recording.js", "curves.js", "landscape.js", "plane.js", *LANES)
# Nothing is imported in one file; and workers from a file on disk are no modules.
BETWEEN_MODULES = re.compile(r"^(import|export \*) .*;\n|^export ", re.MULTILINE)


def one_script(files: Iterable[Path]) -> str:
    """Modules one after the other as one."""
    texts = (path.read_text(encoding="utf-8") for path in files)
    return "\n".join(BETWEEN_MODULES.sub("", text) for text in texts)


def lanes_script() -> str:
    """The code that draws and plays a race, for one file that needs no server."""
    return one_script(FOLDER / name for name in IN_ONE_PAGE)


def lanes_looks() -> str:
    """Its style sheet."""
    return (FOLDER / "player.css").read_text(encoding="utf-8")
