"""Where data, checkpoints and caches live on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "WGANAD_DATA"


def data_directory() -> Path:
    """The folder named by the environment variable `WGANAD_DATA`, else the platform's cache.

    It need not exist yet; whoever writes makes it.
    """
    chosen = os.environ.get(VARIABLE)
    return Path(chosen).expanduser() if chosen else user_cache_path("wganad", appauthor=False)
