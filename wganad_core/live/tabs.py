"""What browser tabs hold, and for how long it outlives them: a reload, a sleeping laptop or a bad
network ends a tab's session as if the tab had been closed."""

from __future__ import annotations

import atexit
import secrets
import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

REST, END = 60.0, 600.0  # seconds after the tab is gone
MOST, ALL = 4, 32  # tabs that are gone, and still kept: of one browser, and of everybody
PATIENCE = 0.5  # seconds in which a tab that is being reloaded closes


class Held(Protocol):
    """`browser`: whose it is; `rest`: stop what costs time; `end`: free everything."""

    browser: str

    def rest(self) -> None: ...
    def end(self) -> None: ...


T = TypeVar("T", bound=Held)


class Tabs(Generic[T]):
    """Each tab has a name that nobody guesses. Closed, it can be opened again by its name: what it
    holds rests after a minute, and ends after ten."""

    def __init__(
        self, make: Callable[[], T], rest: float = REST, end: float = END, most: int = MOST
    ) -> None:
        self._make, self._rest, self._end, self._most = make, rest, end, most
        self._open: dict[str, T] = {}
        self._closed: dict[str, tuple[T, list[threading.Timer]]] = {}  # the oldest first
        self._lock = threading.Lock()
        atexit.register(self.stop)

    def name(self, asked: str | None = None, may: Callable[[T], bool] = lambda held: True) -> str:
        """`asked`, if a tab of that name is closed and the asker `may` have what it held; it is
        opened then. Else a new name: no two browsers share one."""
        deadline = time.monotonic() + PATIENCE
        while asked is not None:
            with self._lock:
                if asked in self._closed and may(self._closed[asked][0]) and self._reopen(asked):
                    return asked
                waiting = asked in self._open and time.monotonic() < deadline
            if not waiting:
                break
            time.sleep(0.02)
        return secrets.token_urlsafe(16)

    def open(self, name: str) -> T:
        """What the tab of this name holds, or something new."""
        with self._lock:
            if name not in self._open and not self._reopen(name):
                self._open[name] = self._make()
            return self._open[name]

    def _reopen(self, name: str) -> bool:
        """Whether it was closed and kept."""
        if name not in self._closed:
            return False
        self._open[name], timers = self._closed.pop(name)
        for timer in timers:
            timer.cancel()
        return True

    def close(self, name: str) -> None:
        """The tab is gone; where too many of its browser are, the one that went first ends, not
        somebody else's."""
        with self._lock:
            held = self._open.pop(name, None)
            if held is None:
                return
            timers = [
                threading.Timer(self._rest, held.rest),
                threading.Timer(self._end, self._ended, [name]),
            ]
            self._closed[name] = held, timers
            names = [n for n, (kept, _) in self._closed.items() if kept.browser == held.browser]
            oldest = {*names[: -self._most], *list(self._closed)[:-ALL]}
        for timer in timers:
            timer.daemon = True
            timer.start()
        for other in oldest:
            self._ended(other)

    def _ended(self, name: str) -> None:
        with self._lock:
            held, timers = self._closed.pop(name, (None, []))
        for timer in timers:
            timer.cancel()
        if held is not None:
            held.end()

    def stop(self) -> None:
        """End everything, with the server."""
        with self._lock:
            everyone = [*self._open.values(), *(held for held, _ in self._closed.values())]
            timers = [timer for _, both in self._closed.values() for timer in both]
            self._open.clear()
            self._closed.clear()
        for timer in timers:
            timer.cancel()
        for held in everyone:
            held.end()
        atexit.unregister(self.stop)
