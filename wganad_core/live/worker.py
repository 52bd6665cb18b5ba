"""The worker process: holds every race of the server, trains them in turn, answers requests.

    python -m wganad_core.live.worker --max-live 4 --memory 4000000000

Messages come in on standard input and go out on standard output (see `protocol`). A message with
an `id` is answered by one with the same `id`, holding `error` (a sentence) if it failed. Playing
races push a frame about five times a second. The end of standard input ends the process.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from typing import IO, Any

import torch

from wganad_core.live import limits, protocol
from wganad_core.live.models import Models
from wganad_core.live.races import Races, Sent, Slices
from wganad_core.live.searching import SearchUnderWay
from wganad_core.live.session import Session
from wganad_core.packing import pack
from wganad_core.storage import Arrays

NO_ROOM = (
    "The server gives this process no more memory; close other tabs of it, or ask for less, and "
    "try again."
)
Held = tuple[dict[str, Any], Sent, Slices | None]
log = logging.getLogger("wganad.worker")


class Worker:
    """Messages in and out, and everybody's turns: slices of steps and of searches."""

    def __init__(self, stdout: IO[bytes], max_live: int) -> None:
        self.stdout = stdout
        self.races = Races(self._tell, max_live)
        self.models = Models()
        self.searches: dict[str, SearchUnderWay] = {}  # by the name of whoever watches
        self.inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        # By race: what waits until its step is made, first come first served.
        self.held: dict[str, list[Held]] = {}

    def _tell(self, arrays: Arrays, meta: dict[str, Any]) -> None:
        protocol.write(self.stdout, arrays, meta)

    def listen(self, stdin: IO[bytes]) -> None:
        """Move messages from `stdin` to the inbox until it ends."""
        while (data := protocol.read(stdin)) is not None:
            self.inbox.put(data)
        self.inbox.put(None)

    def run(self) -> None:
        while True:
            busy = {key: s for key, s in self.races.sessions.items() if s.busy}
            dues = [session.due() for session in busy.values()] + [0.0] * len(self.searches)
            wait = min(dues, default=None)
            if not self._answer(wait):
                return
            for key, session in busy.items():
                if session.busy and self.races.sessions.get(key) is session:
                    self._work(key, session)
                    # Nobody waits for the steps of all the others, nor for a whole one.
                    if not self._answer(0.0):
                        return
            for key, search in list(self.searches.items()):
                self._go_on_searching(key, search)
                if not self._answer(0.0):
                    return

    def _go_on_searching(self, key: str, search: SearchUnderWay) -> None:
        """A slice of a search; whoever watches it gets each new frame."""
        if self.searches.get(key) is not search:
            return  # it was ended meanwhile
        try:
            view = search.view() if search.work() else None
        except Exception as error:
            log.exception("a search failed")
            search.error = _sentence(error)
            view = search.view()
        if search.finished:
            del self.searches[key]
        if view is not None:
            arrays, meta = pack(view)
            self._tell(arrays, {"search": key, "view": meta})

    def _work(self, key: str, session: Session) -> None:
        """A slice of a race's training, and what waited for the end of its step."""
        was_playing, failed = session.playing, None
        try:
            session.work(one_step=bool(self.held.get(key)))
        except Exception as error:  # whoever asked for the step is told
            log.exception("a step failed")
            failed, session.playing = error, False
        if was_playing and not session.playing:  # it has finished
            self.races.push_if_due(key, session)
            self.races.admit()
        while not session.under_way and self.held.get(key):
            self._answer_held(self.held[key].pop(0), session, failed)
            failed = None
        self.races.push_what_is_due()

    def _answer(self, wait: float | None) -> bool:
        """Handle what has arrived; False after the last message."""
        for data in self._messages(wait):
            if data is None:
                self.races.save_all()
                return False
            self._handle(data)
        return True

    def _messages(self, wait: float | None) -> Iterator[bytes | None]:
        """What has arrived; waits for at most `wait` seconds (None: until something comes)."""
        with contextlib.suppress(queue.Empty):
            yield self.inbox.get(block=wait is None or wait > 0, timeout=wait or None)
            while True:
                yield self.inbox.get(block=False)

    def _handle(self, data: bytes) -> None:
        arrays, meta = protocol.parse(data)
        race = _race_of(meta["arguments"])
        session = self.races.sessions.get(race)
        if session is not None and session.under_way and meta["op"] != "play":
            if meta["op"] == "pause":  # after this step
                session.playing = False
            self.held.setdefault(race, []).append((meta, arrays, None))
            return
        self._carry_out(meta, lambda: self._request(meta["op"])(arrays, **meta["arguments"]))

    def _request(self, op: str) -> Callable[..., Any]:
        """Whoever answers this."""
        name = f"on_{op}"
        holder = next((one for one in (self.races, self.models) if hasattr(one, name)), self)
        found: Callable[..., Any] = getattr(holder, name)
        return found

    def _answer_held(self, held: Held, session: Session, failed: Exception | None) -> None:
        """What waited: for the step that it began, or to begin."""
        meta, arrays, begun = held
        if begun is None:
            work = self._request(meta["op"])
            self._carry_out(meta, lambda: work(arrays, **meta["arguments"]))
        elif failed is not None:
            self._carry_out(meta, lambda: begun.throw(failed))
        else:
            self._carry_out(meta, lambda: _returned(begun))

    def _carry_out(self, meta: dict[str, Any], work: Callable[[], Any]) -> None:
        """Answer a request, or hold it until the step is made that it has begun."""
        reply_arrays: Arrays = {}
        reply: dict[str, Any] = {}
        try:
            found = work()
            if isinstance(found, Generator):
                next(found)
                self.held.setdefault(_race_of(meta["arguments"]), []).insert(0, (meta, {}, found))
                return
            reply_arrays, reply = found
        except (ValueError, RuntimeError, KeyError, OSError, MemoryError) as error:
            reply = {"error": _sentence(error)}
        except Exception as error:
            log.exception("request %s failed", meta.get("op"))
            reply = {"error": f"The training process could not do this: {error}."}
        if "id" in meta:
            self._tell(reply_arrays, {"id": meta["id"], **reply})

    # Requests, beside those of `Races` and of `Models`.

    def on_search(
        self, arrays: Sent, model: dict[str, str], search: str = "", **what: Any
    ) -> protocol.Message:
        """A slow detector's search for x (n, d), with the other arguments of `SearchUnderWay`. For
        whoever watches under the name `search` it begins, in place of another of that name, and
        its frames are pushed; without a name the answer is its end."""
        made = SearchUnderWay(self.models.panels.get(**model), arrays["x"], **what)
        if search:
            self.searches[search] = made
            return {}, {}
        while not made.finished:
            made.work()
        return pack(made.view())

    def on_end_search(self, arrays: Sent, search: str) -> protocol.Message:
        """Nobody watches any longer."""
        self.searches.pop(search, None)
        self._tell({}, {"closed": search})
        return {}, {}

    def on_ping(self, arrays: Sent) -> protocol.Message:
        return {}, {"sessions": len(self.races.sessions), "searches": len(self.searches)}


def _race_of(arguments: dict[str, Any]) -> str:
    """The race that a request is about, or none."""
    source = arguments.get("source")
    return str(arguments.get("race") or (isinstance(source, dict) and source.get("race")) or "")


def _returned(begun: Slices) -> protocol.Message:
    """What a request that has waited for its step answers."""
    try:
        next(begun)
    except StopIteration as end:
        found: protocol.Message = end.value
        return found
    raise RuntimeError("a request waits for one step only")


def _sentence(error: Exception) -> str:
    if limits.is_out_of_memory(error):
        return NO_ROOM
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'A file'}: {error.strerror}."
    return str(error.args[0]) if error.args else type(error).__name__


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-live", type=int, default=4)
    parser.add_argument("--memory", type=int, required=True, help="bytes that it may take")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    torch.set_num_threads(1)
    limits.bound(arguments.memory)
    worker = Worker(sys.stdout.buffer, arguments.max_live)
    sys.stdout = sys.stderr  # a stray print must not break the pipe
    threading.Thread(target=worker.listen, args=(sys.stdin.buffer,), daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        worker.run()
    os._exit(0)  # at once: taking torch apart would keep a dead server's worker for a second


if __name__ == "__main__":
    main()
