"""Firefox and WebKit (Safari's engine) as Debian has them, which Playwright cannot drive: the one
by WebDriver BiDi, the other by WebDriver and a display of its own.

`apt install firefox-esr webkit2gtk-driver xvfb`; tests that need one that is absent say so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from websockets.sync.client import ClientConnection, connect

SECONDS = 60.0
# WebKit's driver tells nothing of the console: it is listened to in the page, from its load on.
LISTEN = """() => {
  window.complaints = [];
  addEventListener("error", ({ message }) => complaints.push(`uncaught: ${message}`));
  addEventListener("unhandledrejection", ({ reason }) => complaints.push(`uncaught: ${reason}`));
  for (const level of ["error", "warn"]) {
    const say = console[level];
    console[level] = (...said) => {
      complaints.push(`${level}: ${said.join(" ")}`);
      say.apply(console, said);
    };
  }
}"""


class Window(Protocol):
    """What a page's code is asked through: one of ours, or Playwright's `Page`."""

    def evaluate(self, expression: str, arg: Any = None) -> Any:
        """The value of an expression, or of a function at `arg`; promises are waited for."""


class Engine(Protocol):
    """A browser with one window."""

    version: str

    def open(self, url: str) -> None: ...
    def resize(self, width: int, height: int) -> None: ...
    def evaluate(self, expression: str, arg: Any = None) -> Any: ...
    def act(self, actions: list[dict[str, Any]]) -> None:
        """What a person does, as WebDriver's "Perform Actions" has it."""

    def problems(self) -> list[str]:
        """What its console has complained about, of this page at least."""


def wait_for(window: Window, expression: str, seconds: float = SECONDS) -> Any:
    """The expression's value once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := window.evaluate(expression)):
        assert time.monotonic() < deadline, f"still false after {seconds:.0f} s: {expression}"
        time.sleep(0.1)
    return found


def _called(expression: str, arg: Any) -> str:
    """A promise of JSON."""
    return f"""(async () => {{
      const made = ({expression});
      const value = await (typeof made === "function" ? made({json.dumps(arg)}) : made);
      return JSON.stringify(value ?? null);
    }})()"""


class Firefox:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._asked, self._problems = socket, 0, list[str]()
        self.version = self._ask("session.new", capabilities={})["capabilities"]["browserVersion"]
        self._ask("session.subscribe", events=["log.entryAdded"])
        self._window = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def _ask(self, method: str, **params: Any) -> Any:
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while (said := json.loads(self._socket.recv(timeout=2 * SECONDS))).get("id") != self._asked:
            entry = said.get("params", {})
            if said.get("method") == "log.entryAdded" and entry["level"] in ("error", "warn"):
                self._problems.append(f"{entry['level']}: {entry['text']}")
        assert said["type"] == "success", said
        return said["result"]

    def open(self, url: str) -> None:
        self._ask("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", context=self._window, viewport=size)

    def evaluate(self, expression: str, arg: Any = None) -> Any:
        asked = {"target": {"context": self._window}, "awaitPromise": True}
        found = self._ask("script.evaluate", expression=_called(expression, arg), **asked)
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return json.loads(found["result"]["value"])

    def act(self, actions: list[dict[str, Any]]) -> None:
        self._ask("input.performActions", context=self._window, actions=actions)

    def problems(self) -> list[str]:
        self._ask("session.status")
        return self._problems


class WebKit:
    def __init__(self, driver: str, browser: Path) -> None:
        self._driver = driver
        options = {"binary": str(browser), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = self._ask("session", capabilities=wanted)
        self._path = f"session/{session['sessionId']}"
        self.version = session["capabilities"]["browserVersion"]
        self._ask(f"{self._path}/timeouts", script=int(2000 * SECONDS))

    def close(self) -> None:
        """The browser ends with its session, before its driver does."""
        gone = urllib.request.Request(f"{self._driver}/{self._path}", method="DELETE")
        with urllib.request.urlopen(gone, timeout=SECONDS):
            pass

    def _ask(self, path: str, **body: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"{self._driver}/{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(asked, timeout=2 * SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def open(self, url: str) -> None:
        self._ask(f"{self._path}/url", url="about:blank")  # another place on a page is no new page
        self._ask(f"{self._path}/url", url=url)
        self.evaluate(LISTEN)

    def resize(self, width: int, height: int) -> None:
        self._ask(f"{self._path}/window/rect", width=width, height=height)

    def evaluate(self, expression: str, arg: Any = None) -> Any:
        wrong = "(error) => done(JSON.stringify({ wrong: String(error) }))"
        script = f"const done = arguments[0]; {_called(expression, arg)}.then(done, {wrong});"
        found = json.loads(self._ask(f"{self._path}/execute/async", script=script, args=[]))
        assert not (isinstance(found, dict) and "wrong" in found), found
        return found

    def act(self, actions: list[dict[str, Any]]) -> None:
        self._ask(f"{self._path}/actions", actions=actions)

    def problems(self) -> list[str]:
        found: list[str] = self.evaluate("window.complaints")
        return found


def _started(
    stack: ExitStack, command: list[str], home: Path, **environment: str
) -> tuple[subprocess.Popen[bytes], Path]:
    """A process that ends with the stack, and the file of all that it says."""
    said = home / f"{Path(command[0]).name}.log"
    log = stack.enter_context(said.open("wb"))
    env = os.environ | {"HOME": str(home)} | environment
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process, said


def _told(process: subprocess.Popen[bytes], said: Path, pattern: str) -> str:
    """What the process says of itself when it is there."""
    deadline = time.monotonic() + SECONDS
    while not (found := re.search(pattern, said.read_text(errors="replace"), re.MULTILINE)):
        here = process.poll() is None and time.monotonic() < deadline
        assert here, f"{said.stem} did not come up; it said:\n{said.read_text()}"
        time.sleep(0.1)
    return found[1]


@contextmanager
def firefox(home: Path) -> Iterator[Engine]:
    """Raises `LookupError` where there is none."""
    command = _needed("firefox-esr", "firefox")
    with ExitStack() as stack:
        profile = home / "profile"
        profile.mkdir()
        command += ["--headless", "--no-remote", "--profile", str(profile)]
        process, said = _started(stack, [*command, "--remote-debugging-port", "0"], home)
        address = _told(process, said, r"WebDriver BiDi listening on (ws://\S+)$")
        yield Firefox(stack.enter_context(connect(f"{address}/session", max_size=None)))


@contextmanager
def webkit(home: Path) -> Iterator[Engine]:
    """Raises `LookupError` where there is none."""
    driver, display = _needed("WebKitWebDriver"), _needed("Xvfb")
    browser = next(Path("/usr/lib").glob("*/webkit2gtk-*/MiniBrowser"), None)
    if browser is None:
        raise LookupError("MiniBrowser")
    with ExitStack() as stack:
        display += ["-displayfd", "1", "-screen", "0", "1500x1000x24"]
        number = _told(*_started(stack, display, home), r"^(\d+)$")
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            port = probe.getsockname()[1]
        _, said = _started(stack, [*driver, "-p", str(port)], home, DISPLAY=f":{number}")
        yield stack.enter_context(_webkit(f"http://localhost:{port}", browser, said))


@contextmanager
def _webkit(driver: str, browser: Path, said: Path) -> Iterator[WebKit]:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{driver}/status"):
                break
        except OSError:
            assert time.monotonic() < deadline, f"no driver at {driver}:\n{said.read_text()}"
            time.sleep(0.1)
    made = WebKit(driver, browser)
    try:
        yield made
    finally:
        made.close()


def _needed(*names: str) -> list[str]:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise LookupError(names[0])
    return [found]


ENGINES: dict[str, Callable[[Path], AbstractContextManager[Engine]]] = {
    "firefox": firefox,
    "webkit": webkit,
}
