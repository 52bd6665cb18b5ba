"""Sets up the development environment and passes every check; arguments go to pytest.

Lint, format, types and tests run in this order, all of them whatever the others say; the exit
status is 1 when any of them failed.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests import chromium
from wganad_core import bootstrap

# A process per core, up to four: each may have a browser and a server. Tests of one file stay
# together, because they share both.
PARALLEL = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]


def main(arguments: list[str]) -> int:
    """Set up, run the checks, and print a summary that ends with pytest's closing line."""
    python = bootstrap.prepare("requirements-dev.txt")
    browser = chromium.ensure(python, bootstrap.run_quietly)
    os.environ[chromium.VARIABLE] = browser or ""
    # Some containers forbid Python to keep what it compiles; then each of the hundreds of processes
    # that tests start would compile PyTorch, pandas and SciPy again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if browser is None:
        print(
            f"No Chromium was found or could be installed (name one in {chromium.VARIABLE}), "
            "so the browser tests will be skipped."
        )
    passed, closing = {}, ""
    for name, command in {
        "ruff check": ["ruff", "check"],
        "ruff format": ["ruff", "format", "--check"],
        "mypy": ["mypy"],
        "pytest": ["pytest", *PARALLEL, *arguments, "--cov"],  # last: what follows is its own
    }.items():
        print(f"\n== {name}", flush=True)
        passed[name], closing = _stream([str(python), "-m", *command])
    print()
    print(", ".join(f"{name}: {'passed' if good else 'FAILED'}" for name, good in passed.items()))
    print(closing)
    return 0 if all(passed.values()) else 1


def _stream(command: list[str]) -> tuple[bool, str]:
    """Run a command with its output shown as it comes; say whether it passed, and its last line."""
    last = ""
    with subprocess.Popen(
        command,
        cwd=bootstrap.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    return process.returncode == 0, last


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
