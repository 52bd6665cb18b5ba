"""Sets up `.venv` beside `app.py` and opens the app in it.

The standard library is all there is at this point. The syntax stays that of Python 3.8, so that an
old Python reads far enough to be told that it is too old.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # Runs a command to its end; returns its exit status and everything it printed.
    Runner = Callable[[Sequence[str]], "tuple[int, str]"]

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
# Where app.py, pages/ and pretrained/ lie: at the top of a checkout, in the package of a wheel.
HOUSE = PACKAGE / "_app" if (PACKAGE / "_app").is_dir() else ROOT
MINIMUM_PYTHON = (3, 11)
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# Of what is installed, most modules are never imported: Python compiles the others at first use.
PIP = ["-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
PIP += ["--disable-pip-version-check"]
# How pip (through requests and urllib3) says that it reached nobody.
NO_NETWORK = ["ConnectionError", "NameResolutionError", "ConnectTimeout", "Read timed out"]
NO_NETWORK += ["ProxyError", "Max retries exceeded"]
STAMP = "wganad-stamp"
UNFINISHED = {"unfinished"}


class SetupError(SystemExit):
    """A set-up that cannot go on. Uncaught, it prints its sentence and ends with status 1."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"Set-up stopped: {sentence}")


def open_app(arguments: Sequence[str]) -> int:
    """Set up what the app needs and serve it until it is stopped; return its exit status."""
    return serve(prepare("requirements.txt"), arguments)


def serve(python: Path, arguments: Sequence[str]) -> int:
    """Serve the app with this Python until it is stopped; return its exit status."""
    server = subprocess.Popen(
        [str(python), "-m", "streamlit", "run", "app.py", *arguments], cwd=HOUSE
    )
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:
            continue  # the terminal has told the server as well, and it closes by itself


def prepare(requirements: str, root: Path = ROOT, run: Runner | None = None) -> Path:
    """Make `.venv` hold what the file `requirements` lists; return the environment's Python.

    A stamp in the environment says what it holds, so a second call returns at once. It reads
    "unfinished" while work is going on: an environment found like that is made anew.
    """
    if sys.version_info < MINIMUM_PYTHON:
        raise SetupError(
            "expected Python {}.{} or newer, found {}; install a newer Python and run the same "
            "command with it.".format(*MINIMUM_PYTHON, platform.python_version())
        )
    environment = root / ".venv"
    try:
        found, wanted = read_stamp(environment), stamp(root, requirements)
        if not (python_of(environment).exists() and wanted <= found):
            _set_up(environment, root / requirements, found, run or run_quietly)
            write_stamp(environment, wanted)
    except OSError as problem:
        raise SetupError(explain(str(problem))) from None
    except KeyboardInterrupt:
        raise SetupError("interrupted; run the same command again to start over.") from None
    return python_of(environment)


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment, whether it exists yet or not."""
    windows = sys.platform == "win32"
    return environment / ("Scripts/python.exe" if windows else "bin/python")


def python_version() -> str:
    """The part of Python's version that installed packages depend on."""
    return "{}.{}".format(*sys.version_info)


def stamp(root: Path, requirements: str) -> set[str]:
    """What a finished environment is known by: its Python and each requirements file's hash.

    As a set, so that the tests' environment, which holds more, also passes for the app's.
    """
    text = (root / requirements).read_text(encoding="utf-8")
    tokens = {
        f"python-{python_version()}",
        f"{requirements}:{hashlib.sha256(text.encode()).hexdigest()}",
    }
    for included in re.findall(r"^-r (\S+)", text, re.MULTILINE):
        tokens |= stamp(root, included)
    return tokens


def read_stamp(environment: Path) -> set[str]:
    """What `environment` is known to hold; nothing when the set-up did not make it."""
    path = environment / STAMP
    return set(path.read_text(encoding="utf-8").split()) if path.exists() else set()


def write_stamp(environment: Path, tokens: set[str]) -> None:
    """Replace the stamp in one stroke, so that no half of it is ever read."""
    draft = environment / f"{STAMP}.tmp"
    draft.write_text("\n".join(sorted(tokens)) + "\n", encoding="utf-8")
    os.replace(draft, environment / STAMP)


def torch_pin(requirements: Path) -> str:
    """The exact torch requirement, `torch==x.y.z`, of a requirements file or one it includes."""
    text = requirements.read_text(encoding="utf-8")
    pin = re.search(r"^torch==[\w.]+", text, re.MULTILINE)
    if pin:
        return pin.group()
    included = re.search(r"^-r (\S+)", text, re.MULTILINE)
    if included:
        return torch_pin(requirements.parent / included.group(1))
    raise SetupError(
        f"expected a line torch==x.y.z in {requirements.name}, found none; restore that file."
    )


def install_torch(python: Path, pin: str, run: Runner) -> None:
    """Install torch without CUDA's several gigabytes where the CPU index answers, else plain.

    The index gets one short try: out of reach, pip's usual retries would cost 80 seconds. What
    torch itself depends on comes with the other packages.
    """
    once = ["--retries", "0", "--timeout", "5", "--no-deps", "--index-url", CPU_INDEX]
    status, _ = run([str(python), *PIP, *once, pin])
    if status != 0:
        _tell("    the CPU-only build is out of reach; taking the plain package, which is larger")
        _check(run([str(python), *PIP, pin]))


def run_quietly(command: Sequence[str]) -> tuple[int, str]:
    """Run a command that asks nothing and shows nothing; return its status and its output."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout


def apt_install(packages: Sequence[str], run: Runner) -> bool:
    """Install Debian packages where that can be done without asking (root, apt-get)."""
    if not shutil.which("apt-get") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    _tell(f"    installing Debian's {' and '.join(packages)}")
    run(["apt-get", "update", "-qq"])  # a stale list may still do, so its failure is no verdict
    status, _ = run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])
    return status == 0


def explain(output: str) -> str:
    """One sentence, from what a failed command printed: expected, found, what to do."""

    def printed(*needles: str) -> bool:
        return any(needle in output for needle in needles)

    if printed("No space left on device", "not enough space on the disk"):
        return (
            "expected about 3 GB of free disk space, found the disk full; "
            "free some and run the same command again."
        )
    if printed(*NO_NETWORK):
        return (
            "expected to reach the Python package index, found no way there; connect to the "
            "network (or name a mirror in PIP_INDEX_URL) and run the same command again."
        )
    if printed("No matching distribution found"):
        return (
            f"expected packages made for Python {python_version()} on {platform.system()} "
            f"{platform.machine()}, found: {_last_line(output)}; use another Python "
            "(3.11 to 3.13 are safe) and run the same command again."
        )
    return f"expected the step to succeed, found: {_last_line(output)}; mend that and run it again."


def _set_up(environment: Path, requirements: Path, found: set[str], run: Runner) -> None:
    """Create or update the environment, one line of progress a stage."""
    python = python_of(environment)
    if not python.exists() or (found and f"python-{python_version()}" not in found):
        shutil.rmtree(environment, ignore_errors=True)
    pin = torch_pin(requirements)
    stages: list[tuple[str, Callable[[], None]]] = []
    if not python.exists():
        stages.append(("making the environment .venv", lambda: _make(environment, run)))
    if sys.platform == "linux":
        stages.append((f"installing {pin} (minutes)", lambda: install_torch(python, pin, run)))
    rest = [str(python), *PIP, "-r", str(requirements)]
    stages.append((f"installing {requirements.name} (minutes)", lambda: _check(run(rest))))

    environment.mkdir(exist_ok=True)
    write_stamp(environment, UNFINISHED)
    for number, (title, work) in enumerate(stages, start=1):
        _tell(f"{number}/{len(stages)} {title} ...")
        work()


def _make(environment: Path, run: Runner) -> None:
    """Create the environment, with pip in it."""
    package = f"python{python_version()}-venv"  # Debian and Ubuntu split this part of Python off
    if importlib.util.find_spec("ensurepip") is None and not apt_install([package], run):
        raise SetupError(
            "expected Python's venv module, found a Python without it; on Debian or Ubuntu run "
            f"`sudo apt-get install {package}`, then the same command again."
        )
    # Python's own program and not the environment's, which may just have been removed.
    base = getattr(sys, "_base_executable", sys.executable)
    _check(run([base, "-m", "venv", str(environment)]))


def _check(result: tuple[int, str]) -> None:
    status, output = result
    if status != 0:
        raise SetupError(explain(output))


def _last_line(output: str) -> str:
    """The last line that says something; pip marks the ones that matter."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["no output"])[-1]


def _tell(line: str) -> None:
    print(line, flush=True)
