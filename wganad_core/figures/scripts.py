"""The scripts and style sheets that draw in a browser, as text."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "static"
LANES = ("lanes.js", "player.js")  # draw and play, in the order in which one page holds them
FILM = "film.js"  # draws a search in place of lanes


def lanes_script() -> str:
    """The code that draws and plays a race, for one file that needs no server."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in LANES)


def lanes_looks() -> str:
    """Its style sheet."""
    return (FOLDER / "player.css").read_text(encoding="utf-8")
