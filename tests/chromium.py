"""Finds the Chromium that browser tests drive, and fetches one where that is possible.

Standard library only: the set-up uses it before anything is installed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from wganad_core import bootstrap

if TYPE_CHECKING:
    from wganad_core.bootstrap import Runner

VARIABLE = "WGANAD_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright as s\n"
    "with s() as p: print(p.chromium.executable_path)"
)


def find_installed() -> str | None:
    """The browser the person names in WGANAD_CHROMIUM, else the first one on the path."""
    candidates = (os.environ.get(VARIABLE, ""), *NAMES)
    return next(filter(None, map(shutil.which, filter(None, candidates))), None)


def ensure(python: Path, run: Runner) -> str | None:
    """Find a Chromium or install one: Debian's as root, else Playwright's own."""
    if find_installed() is None and _playwrights(python, run) is None:
        bootstrap.apt_install("chromium", run)
        if find_installed() is None:
            run([str(python), "-m", "playwright", "install", "chromium"])
    return find_installed() or _playwrights(python, run)


def _playwrights(python: Path, run: Runner) -> str | None:
    status, output = run([str(python), "-c", ASK_PLAYWRIGHT])
    path = output.strip()
    return path if status == 0 and Path(path).is_file() else None
