"""The set-up, with a runner that only notes what would be run: no network, no installing."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import chromium
from wganad_core import bootstrap

NO_NETWORK = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)'
ERROR: Could not find a version that satisfies the requirement numpy (from versions: none)
ERROR: No matching distribution found for numpy"""
NO_WHEEL = "ERROR: No matching distribution found for torch==2.13.0"
DISK_FULL = "ERROR: Could not install packages: [Errno 28] No space left on device"


class FakeRunner:
    """Notes commands, and fails those that contain one of `failures`' keys."""

    def __init__(self, failures: dict[str, str] | None = None) -> None:
        self.commands: list[str] = []
        self.failures = failures or {}

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        line = " ".join(command)
        self.commands.append(line)
        for key, output in self.failures.items():
            if key in line:
                return 1, output
        if "-m venv" in line:
            python = bootstrap.python_of(Path(command[-1]))
            python.parent.mkdir(parents=True)
            python.touch()
        return 0, ""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two requirements files and nothing set up, on Linux, by an ordinary user."""
    (tmp_path / "requirements.txt").write_text("# torch==0.0\ntorch==2.13.0  # exact\nnumpy>=2\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\npytest\n")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    return tmp_path


def set_up(root: Path, requirements: str = "requirements.txt", **failures: str) -> FakeRunner:
    runner = FakeRunner(failures)
    bootstrap.prepare(requirements, root, runner)
    return runner


def test_a_first_run_installs_torch_from_the_cpu_index_and_then_the_rest(root, capsys):
    python = bootstrap.python_of(root / ".venv")
    make, torch, rest = set_up(root).commands
    assert make.endswith(f"-m venv {root / '.venv'}")
    assert torch.startswith(f"{python} -m pip install")
    assert "--retries 0 --timeout 5" in torch
    assert f"--index-url {bootstrap.CPU_INDEX} torch==2.13.0" in torch
    assert rest.startswith(f"{python} -m pip install")
    assert rest.endswith(f"-r {root / 'requirements.txt'}")
    assert re.findall(r"^\d/\d", capsys.readouterr().out, re.MULTILINE) == ["1/3", "2/3", "3/3"]


def test_without_the_cpu_index_the_plain_package_is_taken_once(root):
    runner = FakeRunner({bootstrap.CPU_INDEX: NO_NETWORK})
    bootstrap.install_torch(Path("python"), "torch==2.13.0", runner)
    tried, plain = runner.commands
    assert bootstrap.CPU_INDEX in tried
    assert plain.endswith("torch==2.13.0")
    assert "--index-url" not in plain


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_elsewhere_torch_needs_no_stage_of_its_own(root, monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    make, rest = set_up(root).commands
    assert "-m venv" in make
    assert rest.endswith("requirements.txt")


def test_a_finished_environment_is_left_alone(root):
    set_up(root)
    assert set_up(root).commands == []


def test_the_tests_environment_also_serves_the_app_but_not_the_reverse(root):
    set_up(root)
    assert len(set_up(root, "requirements-dev.txt").commands) == 2
    assert set_up(root).commands == []


@pytest.mark.parametrize("changed", ["requirements.txt", "requirements-dev.txt"])
def test_changed_requirements_are_installed_into_the_same_environment(root, changed):
    set_up(root, "requirements-dev.txt")
    with (root / changed).open("a") as file:
        file.write("scipy\n")
    commands = set_up(root, "requirements-dev.txt").commands
    assert len(commands) == 2
    assert not any("-m venv" in command for command in commands)


def test_another_python_gets_an_environment_of_its_own(root, monkeypatch):
    set_up(root)
    leftover = root / ".venv" / "leftover"
    leftover.touch()
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert "-m venv" in set_up(root).commands[0]
    assert not leftover.exists()


def test_a_vanished_interpreter_is_replaced(root):
    set_up(root)
    bootstrap.python_of(root / ".venv").unlink()
    assert "-m venv" in set_up(root).commands[0]


@pytest.mark.parametrize("stage", ["-m venv", "pip install"])
def test_an_interrupted_set_up_starts_over(root, stage):
    def interrupted(command: Sequence[str]) -> tuple[int, str]:
        status = FakeRunner()(command)
        if stage in " ".join(command):
            raise KeyboardInterrupt
        return status

    with pytest.raises(bootstrap.SetupError, match="interrupted"):
        bootstrap.prepare("requirements.txt", root, interrupted)
    assert bootstrap.read_stamp(root / ".venv") == bootstrap.UNFINISHED
    assert len(set_up(root).commands) == 3
    assert set_up(root).commands == []


def test_an_environment_that_someone_else_made_is_filled_and_not_removed(root):
    python = bootstrap.python_of(root / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    mine = root / ".venv" / "mine"
    mine.touch()
    assert len(set_up(root).commands) == 2
    assert mine.exists()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (NO_NETWORK, "expected to reach the Python package index, found no way there"),
        (NO_WHEEL, f"found: {NO_WHEEL}; use another Python"),
        (DISK_FULL, "found the disk full; free some"),
        ("first\nERROR: that broke\nhint\n", "found: ERROR: that broke; mend that"),
        ("", "found: no output; mend that"),
    ],
)
def test_a_failed_step_is_told_in_one_sentence(root, output, sentence):
    with pytest.raises(bootstrap.SetupError) as stopped:
        set_up(root, **{"-r ": output})
    message = str(stopped.value)
    assert message.startswith("Set-up stopped: expected ")
    assert sentence in message
    assert message.endswith(".")
    assert "\n" not in message
    assert bootstrap.read_stamp(root / ".venv") == bootstrap.UNFINISHED


def test_a_full_disk_is_told_when_python_itself_meets_it(root, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bootstrap, "write_stamp", full)
    with pytest.raises(bootstrap.SetupError, match="found the disk full"):
        set_up(root)


def test_an_old_python_is_told_so(root, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr("platform.python_version", lambda: "3.9.2")
    with pytest.raises(
        bootstrap.SetupError, match=r"expected Python 3\.11 or newer, found 3\.9\.2"
    ):
        set_up(root)
    assert not (root / ".venv").exists()


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "tests/__init__.py",
        "tests/__main__.py",
        "tests/chromium.py",
        "wganad_core/__init__.py",
        "wganad_core/bootstrap.py",
    ],
)
def test_an_old_python_can_read_what_tells_it_so(path):
    source = (bootstrap.ROOT / path).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))


def test_a_python_without_venv_names_the_missing_package(root, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    package = f"python{bootstrap.python_version()}-venv"
    with pytest.raises(bootstrap.SetupError, match=f"sudo apt-get install {package}"):
        set_up(root)


def test_root_on_debian_gets_the_missing_package(root, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    commands = set_up(root).commands
    assert commands[0].startswith("apt-get update")
    assert commands[1].endswith(f"python{bootstrap.python_version()}-venv")
    assert "-m venv" in commands[2]


def test_a_set_up_error_ends_a_program_without_a_traceback():
    code = "from wganad_core import bootstrap; raise bootstrap.SetupError('expected a.')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=bootstrap.ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "Set-up stopped: expected a.\n")


def test_the_torch_version_is_read_from_the_requirements(root):
    assert bootstrap.torch_pin(root / "requirements.txt") == "torch==2.13.0"
    assert bootstrap.torch_pin(root / "requirements-dev.txt") == "torch==2.13.0"
    (root / "requirements.txt").write_text("torch>=2\n")
    with pytest.raises(bootstrap.SetupError, match=r"torch==x\.y\.z in requirements\.txt"):
        bootstrap.torch_pin(root / "requirements.txt")


def test_the_projects_own_requirements_pin_torch():
    assert bootstrap.torch_pin(bootstrap.ROOT / "requirements-dev.txt") == "torch==2.13.0"


@pytest.fixture
def machine(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The programs on a machine's path, to be filled in; no browser is named."""
    programs: dict[str, str] = {}
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    monkeypatch.setattr("shutil.which", programs.get)
    return programs


class BrowserRunner(FakeRunner):
    """A Playwright that drives whichever of `drivable` it is handed; "" is its own browser."""

    def __init__(self, drivable: set[str]) -> None:
        super().__init__()
        self.drivable = drivable

    def __call__(self, command: Sequence[str]) -> tuple[int, str]:
        if chromium.TRIAL not in command:
            return super().__call__(command)
        path = command[-1]
        return (0, f"noise\n{path or 'own'}\n") if path in self.drivable else (1, "no")


def test_a_browser_that_can_be_driven_is_taken_as_it_is(machine):
    machine["google-chrome"] = "/opt/chrome"
    runner = BrowserRunner({"/opt/chrome"})
    assert chromium.ensure(Path("python"), runner) == "/opt/chrome"
    assert runner.commands == []


def test_root_on_debian_gets_a_browser_and_what_the_driver_needs(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine["apt-get"] = "/usr/bin/apt-get"
    runner = BrowserRunner({"/usr/bin/chromium"})
    install = runner.__call__

    def run(command: Sequence[str]) -> tuple[int, str]:
        if "install" in command:
            machine["chromium"] = "/usr/bin/chromium"
        return install(command)

    assert chromium.ensure(Path("python"), run) == "/usr/bin/chromium"
    update, get = runner.commands
    assert update.startswith("apt-get update")
    assert get.endswith("chromium libatomic1")


@pytest.mark.parametrize(("drivable", "found"), [({""}, "own"), (set(), None)])
def test_anyone_else_gets_playwrights_browser_or_none(machine, drivable, found):
    runner = BrowserRunner(set())

    def run(command: Sequence[str]) -> tuple[int, str]:
        if "playwright" in command:
            runner.drivable = drivable
        return runner(command)

    assert chromium.ensure(Path("python"), run) == found
    assert runner.commands == ["python -m playwright install chromium"]


@pytest.mark.parametrize(
    ("named", "found"), [("mine", "/mine"), ("", None), ("missing", None), (None, "/usr/chromium")]
)
def test_the_browser_that_is_named_is_the_only_one(machine, monkeypatch, named, found):
    machine |= {"mine": "/mine", "chromium": "/usr/chromium"}
    if named is not None:
        monkeypatch.setenv(chromium.VARIABLE, named)
    assert chromium.find_installed() == found
