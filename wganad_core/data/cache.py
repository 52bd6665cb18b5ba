"""Where data, checkpoints and caches live on this machine."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "WGANAD_DATA"


def data_directory() -> Path:
    """The folder named by the environment variable `WGANAD_DATA`, else the platform's cache.

    It need not exist yet; whoever writes makes it.
    """
    chosen = os.environ.get(VARIABLE)
    return Path(chosen).expanduser() if chosen else user_cache_path("wganad", appauthor=False)


# What is half done lies beside its place, under a name that tells whose it is.


def owned(prefix: str) -> str:
    """How the names of this process's temporary files begin."""
    return f"{prefix}{platform.node()}-{os.getpid()}-"


def abandoned(folder: Path, prefix: str) -> list[Path]:
    """Temporary files and folders that a killed process left in `folder`. Those of processes that
    run, or that may run on another machine, are not among them."""
    found = folder.glob(f"{prefix}*") if folder.is_dir() else ()
    return [path for path in found if not _may_be_in_use(path.name, prefix)]


def _may_be_in_use(name: str, prefix: str) -> bool:
    """Whether the process that a temporary file is named after may still write it."""
    here = f"{prefix}{platform.node()}-"
    if name.count("-") < 3:  # of a version that named none
        return False
    if not name.startswith(here) or os.name == "nt":  # where to ask would be to kill
        return True
    try:
        os.kill(int(name.removeprefix(here).partition("-")[0]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except (OSError, OverflowError):  # it runs for someone else
        return True
    return True
