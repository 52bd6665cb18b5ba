"""The wheel, installed outside the checkout, and the containers that are made of it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from wganad_core import bootstrap
from wganad_core.__main__ import make_parser

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "requirements.txt", "app.py")
FOLDERS = ("wganad_core", "pages", "pretrained", ".streamlit")
MEGABYTE = 1_000_000


def outside() -> dict[str, str]:
    """Surroundings that know nothing of the checkout."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONSAFEPATH")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: the checkout gets no build folder."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in PROJECT:
        shutil.copy2(ROOT / name, copy / name)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=ignored, copy_function=os.link)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(out), "."], cwd=copy, check=True, env=outside())
    [made] = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment with the wheel; what it depends on is borrowed from here."""
    home = tmp_path_factory.mktemp("environment") / "env"
    venv.create(home, symlinks=True)
    python = bootstrap.python_of(home)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, env=outside())
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = home / "lib" / version / "site-packages"
    (packages / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"])
    return python.parent


def wganad(installed: Path, words: str, folder: Path) -> str:
    done = subprocess.run(
        [str(installed / "wganad"), *shlex.split(words)],
        cwd=folder,
        env=outside(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_no_larger_than_what_ships(wheel: Path):
    assert 20 * MEGABYTE < wheel.stat().st_size < 100 * MEGABYTE


def test_commands_work_outside_the_checkout(installed: Path, tmp_path: Path):
    where = "from wganad_core import pretrained; print(pretrained.SHIPPED)"
    found = subprocess.run(
        [str(installed / "python"), "-c", where],
        cwd=tmp_path,
        env=outside(),
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(found.stdout.strip()).is_relative_to(installed.parent)
    rows = "\n".join(f"{i % 7},{i % 5 / 2}" for i in range(300))
    (tmp_path / "pump.csv").write_text(f"flow,heat\n{rows}\n")
    made = wganad(installed, "fit pump.csv --out pump.safetensors --steps 3 --json", tmp_path)
    assert json.loads(made)["path"] == "pump.safetensors"
    wganad(installed, "export page --out demo.html", tmp_path)
    assert (tmp_path / "demo.html").stat().st_size > MEGABYTE


# ---------------------------------------------------------------- the container


def steps() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and what they are given."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def given(instruction: str) -> list[str]:
    return [words for name, words in steps() if name == instruction]


def test_the_image_is_made_of_what_is_here(tmp_path: Path):
    [base] = given("FROM")
    assert base.endswith("-slim")
    names = [name for name, _ in steps()]
    assert given("USER") == ["wganad"]
    assert names.index("USER") > max(i for i, name in enumerate(names) if name == "RUN")
    kept = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    ]
    copied = [source for words in given("COPY") for source in words.split()[:-1]]
    assert set(copied) == set(kept) == {*PROJECT, *FOLDERS}
    assert all((ROOT / name).exists() for name in copied)
    [grep] = [words for words in given("RUN") if words.startswith("grep")]
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    subprocess.run(grep, shell=True, cwd=tmp_path, check=True)
    assert (tmp_path / "torch.txt").read_text().strip() == bootstrap.torch_pin(
        ROOT / "requirements.txt"
    )


@pytest.fixture(scope="module")
def served(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app, as the container starts it, on a free port; healthy as the container asks."""
    [command], [check] = map(json.loads, given("CMD")), [given("HEALTHCHECK")[0]]
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = str(probe.getsockname()[1])
    asked = json.loads(check.partition("CMD ")[2].replace("8501", port))
    words = [port if word == "8501" else word for word in command]
    folder = tmp_path_factory.mktemp("served")
    environment = outside() | {"WGANAD_DATA": str(folder)}
    program = [str(installed / words[0]), *words[1:]]
    server = subprocess.Popen(program, cwd=folder, env=environment)
    try:
        for _ in range(600):
            healthy = subprocess.run(
                [str(installed / asked[0]), *asked[1:]], stderr=subprocess.DEVNULL
            )
            if healthy.returncode == 0 or server.poll() is not None:
                break
            time.sleep(0.1)
        assert healthy.returncode == 0
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(30)


def test_the_container_serves_the_app(page: Page, served: str):
    with urllib.request.urlopen(f"{served}/_stcore/health") as answer:
        assert answer.status == 200
    page.goto(served)
    heading = page.get_by_role("heading", name="See why Wasserstein GANs detect anomalies")
    expect(heading).to_be_visible(timeout=90_000)
    expect(page.locator(".lanes-planes")).to_be_visible(timeout=90_000)


def test_the_dev_container_runs_what_is_here():
    told = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    python, flag, code = told["onCreateCommand"]
    assert (python, flag) == ("python3", "-c")
    [requirements] = re.findall(r"bootstrap\.prepare\('(.+?)'\)", code)
    assert (ROOT / requirements).exists()
    compile(code, "onCreateCommand", "exec")
    assert told["postAttachCommand"][:2] == ["python3", "app.py"]
    assert told["forwardPorts"] == [8501]


def test_the_app_is_a_command():
    chosen = make_parser().parse_args(["app", "--port", "9000", "--headless"])
    assert (chosen.port, chosen.address, chosen.hosts) == (9000, "localhost", None)
