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
# Chromium, and what Playwright's driver needs that a bare Debian lacks.
DEBIAN_PACKAGES = ("chromium", "libatomic1")
# Starts the browser that is named, or Playwright's own, and prints its path.
TRIAL = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    path = sys.argv[1] or playwright.chromium.executable_path
    playwright.chromium.launch(executable_path=path, args=["--no-sandbox"]).close()
    print(path)
"""


def find_installed() -> str | None:
    """The browser named in WGANAD_CHROMIUM (set to nothing: none), else the first on the path."""
    named = os.environ.get(VARIABLE)
    names = NAMES if named is None else (named,)
    return next(filter(None, map(shutil.which, names)), None)


def ensure(python: Path, run: Runner) -> str | None:
    """Find a Chromium that Playwright can drive or install one: Debian's as root, else its own."""
    path = _try(python, find_installed(), run)
    if path is None and bootstrap.apt_install(DEBIAN_PACKAGES, run):
        path = _try(python, find_installed(), run)
    if path is None:
        run([str(python), "-m", "playwright", "install", "chromium"])
        path = _try(python, None, run)
    return path


def _try(python: Path, path: str | None, run: Runner) -> str | None:
    status, output = run([str(python), "-c", TRIAL, path or ""])
    return output.splitlines()[-1] if status == 0 else None
