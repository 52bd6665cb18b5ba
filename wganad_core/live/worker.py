"""The worker process: holds every race of the server, trains them in turn, answers requests.

    python -m wganad_core.live.worker --max-live 4 --memory 4000000000

Messages come in on standard input and go out on standard output (see `protocol`). A message with
an `id` is answered by one with the same `id`, holding `error` (a sentence) if it failed. Playing
races push a frame about five times a second. The end of standard input ends the process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from numpy.typing import NDArray

from wganad_core import pretrained
from wganad_core.config import RaceConfig
from wganad_core.live import limits, protocol
from wganad_core.live.messages import (
    Frames,
    Generated,
    Judged,
    LaneView,
    RaceView,
    Replays,
)
from wganad_core.live.own_detectors import OwnDetectors, about, explained
from wganad_core.live.searching import SearchUnderWay
from wganad_core.live.session import Session
from wganad_core.packing import pack
from wganad_core.panels.panel import Panels
from wganad_core.panels.plane import PlaneDetectors
from wganad_core.run.race import Race, load_race
from wganad_core.storage import Arrays
from wganad_core.theory.study import law_fit

KEPT_DETECTORS = 6
NO_ROOM = (
    "The server gives this process no more memory; close other tabs of it, or ask for less, and "
    "try again."
)
Sent = dict[str, NDArray[Any]]
Slices = Generator[None, None, protocol.Message]  # of a request: it goes on when its step is made
Held = tuple[dict[str, Any], Sent, Slices | None]
log = logging.getLogger("wganad.worker")


class Worker:
    """All sessions of one server, at most `max_live` of them playing at a time."""

    def __init__(self, stdout: IO[bytes], max_live: int) -> None:
        self.stdout, self.max_live = stdout, max_live
        self.sessions: dict[str, Session] = {}
        self.detectors: dict[str, PlaneDetectors] = {}  # the last few, newest last
        self.panels = Panels()
        self.own = OwnDetectors()
        self.waiting: list[str] = []  # in the queue, first come first served
        self.inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.searches: dict[str, SearchUnderWay] = {}  # by the name of whoever watches
        # By race: what waits until its step is made, first come first served.
        self.held: dict[str, list[Held]] = {}

    def listen(self, stdin: IO[bytes]) -> None:
        """Move messages from `stdin` to the inbox until it ends."""
        while (data := protocol.read(stdin)) is not None:
            self.inbox.put(data)
        self.inbox.put(None)

    def run(self) -> None:
        while True:
            busy = {key: s for key, s in self.sessions.items() if s.busy}
            dues = [session.due() for session in busy.values()] + [0.0] * len(self.searches)
            wait = min(dues, default=None)
            if not self._answer(wait):
                return
            for key, session in busy.items():
                if session.busy and self.sessions.get(key) is session:
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
            protocol.write(self.stdout, arrays, {"search": key, "view": meta})

    def _work(self, key: str, session: Session) -> None:
        """A slice of a race's training, and what waited for the end of its step."""
        was_playing, failed = session.playing, None
        try:
            session.work(one_step=bool(self.held.get(key)))
        except Exception as error:  # whoever asked for the step is told
            log.exception("a step failed")
            failed, session.playing = error, False
        if was_playing and not session.playing:  # it has finished
            self._push_if_due(key, session)
            self._admit()
        while not session.under_way and self.held.get(key):
            self._answer_held(self.held[key].pop(0), session, failed)
            failed = None
        self._push_what_is_due()

    def _answer(self, wait: float | None) -> bool:
        """Handle what has arrived; False after the last message."""
        for data in self._messages(wait):
            if data is None:
                self._save_all()
                return False
            self._handle(data)
        return True

    def _push_what_is_due(self) -> None:
        """After every slice of anyone's training: nobody's frame waits for a whole round."""
        for key, session in self.sessions.items():
            if session.playing:
                self._push_if_due(key, session)

    def _messages(self, wait: float | None) -> Iterator[bytes | None]:
        """What has arrived; waits for at most `wait` seconds (None: until something comes)."""
        with contextlib.suppress(queue.Empty):
            yield self.inbox.get(block=wait is None or wait > 0, timeout=wait or None)
            while True:
                yield self.inbox.get(block=False)

    def _push_if_due(self, key: str, session: Session) -> None:
        if session.frame_due():
            self._push(key)

    def _handle(self, data: bytes) -> None:
        arrays, meta = protocol.parse(data)
        race = _race_of(meta["arguments"])
        session = self.sessions.get(race)
        if session is not None and session.under_way and meta["op"] != "play":
            if meta["op"] == "pause":  # after this step
                session.playing = False
            self.held.setdefault(race, []).append((meta, arrays, None))
            return
        self._carry_out(
            meta, lambda: getattr(self, f"on_{meta['op']}")(arrays, **meta["arguments"])
        )

    def _answer_held(self, held: Held, session: Session, failed: Exception | None) -> None:
        """What waited: for the step that it began, or to begin."""
        meta, arrays, begun = held
        if begun is None:
            work = getattr(self, f"on_{meta['op']}")
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
            protocol.write(self.stdout, reply_arrays, {"id": meta["id"], **reply})

    # Requests. Each takes arrays and keyword arguments and returns arrays and JSON.

    def on_open(
        self,
        arrays: Sent,
        race: str,
        config: dict[str, Any],
        checkpoint: str | None = None,
    ) -> protocol.Message:
        """Make a race (replacing one of the same name) and push its first frame."""
        self.on_close({}, race, keep=False)
        made = Race(RaceConfig.from_dict(config), arrays.get("own"))
        self.sessions[race] = Session(made, Path(checkpoint) if checkpoint else None)
        self._refresh(race)
        return {}, {}

    def on_resume(self, arrays: Sent, race: str, checkpoint: str, keep: str) -> protocol.Message:
        """Continue the race that a closed tab left in `checkpoint`, as a copy that is kept in
        `keep`; answers with its settings and, where they are a person's own, its points."""
        made = load_race(Path(checkpoint))
        self.on_close({}, race, keep=False)
        self.sessions[race] = Session(made, Path(keep))
        self._refresh(race)
        points = {"own": made.mixture.x} if made.config.mixture.name == "own" else {}
        return points, {"config": made.config.to_dict()}

    def on_play(self, arrays: Sent, race: str, speed: float = 0.0) -> protocol.Message:
        session = self._session(race)
        session.speed = speed
        if session.playing:
            session.play()
        elif not session.race.finished and race not in self.waiting:
            self.waiting.append(race)
            self._admit()
        self._push(race)
        return {}, {}

    def on_pause(self, arrays: Sent, race: str) -> protocol.Message:
        session = self._session(race)
        session.playing = False
        self._leave_queue(race)
        self._refresh(race)
        return {}, {}

    def on_advance(self, arrays: Sent, race: str, what: str) -> Slices:
        """A single "step", "critic" or "generator" update of every lane."""
        session = self._session(race)
        session.begin(session.race.slices(what))
        yield
        self._refresh(race)
        return {}, {}

    def on_trace(self, arrays: Sent, race: str, lane: int) -> Slices:
        """One step of every lane, with the inside of one lane's step."""
        session = self._session(race)
        session.begin(session.race.trace(lane))
        yield
        self._refresh(race)
        return pack(session.made)

    def on_replay(self, arrays: Sent, race: str, step: int) -> protocol.Message:
        """The recorded frames nearest to `step`."""
        lanes = self._session(race).race.lanes
        return pack(Frames(tuple(lane.recording.nearest(step) for lane in lanes)))

    def on_recordings(self, arrays: Sent, race: str) -> protocol.Message:
        """Everything recorded, for exports."""
        lanes = self._session(race).race.lanes
        return pack(Replays(tuple(lane.recording for lane in lanes)))

    def on_detect(self, arrays: Sent, source: dict[str, Any]) -> protocol.Message:
        """The detector of a shipped run ({"run", "step"}) or of a lane ({"race", "lane"})."""
        return pack(self._detector(source, fresh="race" in source).detection())

    def on_score(self, arrays: Sent, source: dict[str, Any]) -> protocol.Message:
        """Every score of the points in `arrays["x"]` (n, 2)."""
        return self._detector(source).score(arrays["x"]), {}

    def _detector(self, source: dict[str, Any], fresh: bool = False) -> PlaneDetectors:
        """From the few that are kept; `fresh` makes it anew."""
        key = json.dumps(source, sort_keys=True)
        made = None if fresh else self.detectors.pop(key, None)
        if made is None:
            if "race" in source:
                made = PlaneDetectors.from_lane(
                    self._session(source["race"]).race.lanes[source["lane"]]
                )
            else:
                run = pretrained.load_run(pretrained.shipped_run(source["run"]))
                made = PlaneDetectors.from_run(run, source["step"])
        self.detectors[key] = made
        for oldest in list(self.detectors)[:-KEPT_DETECTORS]:
            del self.detectors[oldest]
        return made

    # Models of images and of windows.

    def on_judge(self, arrays: Sent, model: dict[str, str], names: list[str]) -> protocol.Message:
        """Judgements of samples x (n, d) by detector. `model`: see `Panels.get`."""
        panel = self.panels.get(**model)
        x = panel.rows(arrays["x"])
        judgements, times = {}, {}
        for name in names or panel.detectors:
            began = time.perf_counter()
            judgements[name] = panel.judge(x, [name])[name]
            times[name] = (time.perf_counter() - began) * 1e3 / max(1, len(x))
        return pack(Judged(judgements, times, panel.view))

    def on_search(
        self, arrays: Sent, model: dict[str, str], search: str = "", **what: Any
    ) -> protocol.Message:
        """A slow detector's search for x (n, d), with the other arguments of `SearchUnderWay`. For
        whoever watches under the name `search` it begins, in place of another of that name, and
        its frames are pushed; without a name the answer is its end."""
        made = SearchUnderWay(self.panels.get(**model), arrays["x"], **what)
        if search:
            self.searches[search] = made
            return {}, {}
        while not made.finished:
            made.work()
        return pack(made.view())

    def on_end_search(self, arrays: Sent, search: str) -> protocol.Message:
        """Nobody watches any longer."""
        self.searches.pop(search, None)
        protocol.write(self.stdout, {}, {"closed": search})
        return {}, {}

    def on_generate(self, arrays: Sent, model: dict[str, str]) -> protocol.Message:
        """G(z) for latents z (n, n_latent)."""
        panel = self.panels.get(**model)
        return pack(Generated(panel.generate(arrays["z"]), panel.view))

    def on_encode(self, arrays: Sent, model: dict[str, str]) -> protocol.Message:
        """E(x) for samples x (n, d)."""
        panel = self.panels.get(**model)
        return {"z": panel.encode(panel.rows(arrays["x"]))}, {}

    # Theory.

    def on_theory_fit(self, arrays: Sent, n: int, seed: int) -> protocol.Message:
        """One fit of the 1/√n experiment: JS from the data, and ‖θ̂ − θ̄‖."""
        return {}, {"found": law_fit(n, seed)}

    # Detectors of people's own data.

    def on_own_about(self, arrays: Sent, path: str) -> protocol.Message:
        """What a saved detector is."""
        return {}, about(self.own.get(path))

    def on_own_explain(self, arrays: Sent, path: str) -> protocol.Message:
        """How a saved detector rebuilds rows x (n, d), and where it fails."""
        return explained(self.own.get(path), arrays["x"]), {}

    def on_close(self, arrays: Sent, race: str, keep: bool = True) -> protocol.Message:
        """Forget a race; `keep` writes its checkpoint first, if it had made a step."""
        session = self.sessions.pop(race, None)
        self._leave_queue(race)
        if session is not None and keep:
            session.save()
        if keep:
            protocol.write(self.stdout, {}, {"closed": race})
        return {}, {}

    def on_ping(self, arrays: Sent) -> protocol.Message:
        return {}, {"sessions": len(self.sessions), "searches": len(self.searches)}

    # Helpers.

    def _session(self, race: str) -> Session:
        if race not in self.sessions:
            raise ValueError("This run is no longer in memory; press Reset to start it again.")
        return self.sessions[race]

    def _leave_queue(self, race: str) -> None:
        if race in self.waiting:
            self.waiting.remove(race)
        self._admit()

    def _admit(self) -> None:
        """Start waiting races while there is room, and tell the others their place."""
        playing = sum(session.playing for session in self.sessions.values())
        while self.waiting and playing < self.max_live:
            self.sessions[self.waiting.pop(0)].play()
            playing += 1
        for race in self.waiting:
            self._push(race)

    def _refresh(self, race: str) -> None:
        session = self._session(race)
        if not session.playing and session.race.step_count:
            session.race.measure()
        session.race.observe()
        self._push(race)

    def _push(self, race: str) -> None:
        """Send the newest frames, the histories and the state of a race."""
        session = self.sessions[race]
        lanes = tuple(
            LaneView(
                lane.recording.frames[-1],
                np.array(lane.recording.history, np.float32),
                lane.recording.events,
                tuple(frame.step for frame in lane.recording.frames),
                lane.stopped,
                lane.trainer.n_critic_updates,
                lane.trainer.n_generator_updates,
            )
            for lane in session.race.lanes
        )
        place = self.waiting.index(race) + 1 if race in self.waiting else 0
        view = RaceView(race, lanes, session.playing, session.race.finished, place, session.rate)
        protocol.write(self.stdout, *pack(view))

    def _save_all(self) -> None:
        for session in self.sessions.values():
            session.save()


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
