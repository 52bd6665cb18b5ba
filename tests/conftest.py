"""Fixtures that several test modules share: the running app, a browser on it, the real data."""

from __future__ import annotations

import functools
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import chromium

try:
    import torch
except ImportError:
    pass
else:
    torch.set_num_threads(1)  # two threads change the bits and are no faster here

# The same examples on every run, however busy the machine is.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True)
hypothesis.settings.load_profile("tests")

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Server:
    """A Streamlit server that runs one script for the tests."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    def log(self) -> str:
        """Everything the server has printed so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def children(self, program: str) -> list[int]:
        """Its processes that run a program."""
        listed = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for path in listed for pid in path.read_text().split()]
        return [p for p in pids if program in Path(f"/proc/{p}/cmdline").read_text()]


RUNNING_SERVERS = pytest.StashKey[list[Server]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RUNNING_SERVERS] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
            item.add_marker("no_cover")  # our code runs in another process there


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show beside a failure what the servers and the browser said."""
    report = yield
    if report.failed:
        for server in item.config.stash[RUNNING_SERVERS]:
            report.sections.append((f"log of {server.url}", server.log()))
        if problems := getattr(item, "funcargs", {}).get("problems"):
            report.sections.append(("browser console", "\n".join(problems)))
    return report


@pytest.fixture(scope="session", autouse=True)
def _no_test_touches_your_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WGANAD_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _installed_packages_are_read_once() -> Iterator[None]:
    """`AppTest` looks through every installed package for components, at every run of a page;
    they stay what they are, and reading them took most of the time of a page's test."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(autouse=True)
def _main_stays_what_it_is() -> Iterator[None]:
    """A page that runs in this process calls itself `__main__`, which processes that a later test
    starts by `multiprocessing` would then run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The full data sets, laid out like the data directory; read-only."""
    if not SHARED_DATA.is_dir():
        pytest.skip("The full data sets are not here (looked for ../shared/data).")
    return SHARED_DATA


@pytest.fixture
def data_directory(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The full data sets, made the project's data directory for one test."""
    monkeypatch.setenv("WGANAD_DATA", str(shared_data))
    return shared_data


@pytest.fixture(scope="session")
def serve(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Callable[..., Server]]:
    """Start servers, `serve("app.py", "--server.maxUploadSize", "1")`; all end with the session."""
    running = pytestconfig.stash[RUNNING_SERVERS]
    with ExitStack() as stack:

        def start(script: str, *arguments: str) -> Server:
            folder = tmp_path_factory.mktemp("server")
            server = stack.enter_context(start_server(script, arguments, folder))
            running.append(server)
            return server

        yield start
    running.clear()


@pytest.fixture(scope="session")
def app(serve: Callable[..., Server]) -> Server:
    """The app. One for all tests of this process: most of a server's start goes into its workers,
    who import PyTorch and read models."""
    return serve("app.py")


@contextmanager
def start_server(script: str, arguments: tuple[str, ...], folder: Path) -> Iterator[Server]:
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", script]
    command += ["--server.headless", "true", "--server.port", str(port), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "WGANAD_DATA": str(folder / "data")}
    log_file = folder / "server.log"
    with (
        log_file.open("wb") as log,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        server = Server(f"http://localhost:{port}", process, log_file)
        try:
            _wait_until_healthy(server)
            yield server
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(server: Server, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"The server did not come up within {seconds:.0f} s; it said:\n{server.log()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module's tests.

    Not for the session: while Playwright runs, `asyncio.run` is refused in this thread, and other
    modules need it.
    """
    executable = chromium.find_installed()
    if executable is None:
        pytest.skip(f"No Chromium here: name one in {chromium.VARIABLE}, or run python3 -m tests.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def problems() -> list[str]:
    """What the `page` of this test has complained about so far: console and uncaught errors."""
    return []


@pytest.fixture
def page(browser: Browser, problems: list[str]) -> Iterator[Page]:
    """A fresh browser window, 1440 x 900."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on(
        "console",
        lambda message: (
            problems.append(f"{message.type}: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    yield page
    context.close()


@pytest.fixture(scope="module")
def page_workers() -> Iterator[None]:
    """After a module that runs pages in this process: their workers end, their caches are empty."""
    import streamlit as st

    from pages._ui import reading, runtime

    yield
    reading.readers().stop()
    for client in (runtime.worker(), runtime.image_worker()):
        client.ask("ping", timeout=120)  # one that is still starting would have to be killed
        client.stop()
    st.cache_resource.clear()
    st.cache_data.clear()
