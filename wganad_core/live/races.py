"""The races of one server: what is asked of them, whose turn it is, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import pretrained
from wganad_core.config import RaceConfig
from wganad_core.live import protocol
from wganad_core.live.messages import Frames, LaneView, RaceView, Replays
from wganad_core.live.session import Session
from wganad_core.packing import pack
from wganad_core.panels.plane import PlaneDetectors
from wganad_core.run.race import Race, load_race
from wganad_core.storage import Arrays

KEPT_DETECTORS = 6
Sent = dict[str, NDArray[Any]]
Slices = Generator[None, None, protocol.Message]  # of a request: it goes on when its step is made
Tell = Callable[[Arrays, dict[str, Any]], None]


class Races:
    """All sessions, at most `max_live` of them playing at a time; `tell` sends a message that
    nobody has asked for. Each request takes arrays and keyword arguments and returns arrays and
    JSON."""

    def __init__(self, tell: Tell, max_live: int) -> None:
        self._tell, self.max_live = tell, max_live
        self.sessions: dict[str, Session] = {}
        self.waiting: list[str] = []  # in the queue, first come first served
        self.detectors: dict[str, PlaneDetectors] = {}  # the last few, newest last

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
        self.refresh(race)
        return {}, {}

    def on_resume(self, arrays: Sent, race: str, checkpoint: str, keep: str) -> protocol.Message:
        """Continue the race that a closed tab left in `checkpoint`, as a copy that is kept in
        `keep`; answers with its settings and, where they are a person's own, its points."""
        made = load_race(Path(checkpoint))
        self.on_close({}, race, keep=False)
        self.sessions[race] = Session(made, Path(keep))
        self.refresh(race)
        points = {"own": made.mixture.x} if made.config.mixture.name == "own" else {}
        return points, {"config": made.config.to_dict()}

    def on_play(self, arrays: Sent, race: str, speed: float = 0.0) -> protocol.Message:
        session = self._session(race)
        session.speed = speed
        if session.playing:
            session.play()
        elif not session.race.finished and race not in self.waiting:
            self.waiting.append(race)
            self.admit()
        self._push(race)
        return {}, {}

    def on_pause(self, arrays: Sent, race: str) -> protocol.Message:
        session = self._session(race)
        session.playing = False
        self._leave_queue(race)
        self.refresh(race)
        return {}, {}

    def on_advance(self, arrays: Sent, race: str, what: str) -> Slices:
        """A single "step", "critic" or "generator" update of every lane."""
        session = self._session(race)
        session.begin(session.race.slices(what))
        yield
        self.refresh(race)
        return {}, {}

    def on_trace(self, arrays: Sent, race: str, lane: int) -> Slices:
        """One step of every lane, with the inside of one lane's step."""
        session = self._session(race)
        session.begin(session.race.trace(lane))
        yield
        self.refresh(race)
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

    def on_close(self, arrays: Sent, race: str, keep: bool = True) -> protocol.Message:
        """Forget a race; `keep` writes its checkpoint first, if it had made a step."""
        session = self.sessions.pop(race, None)
        self._leave_queue(race)
        if session is not None and keep:
            session.save()
        if keep:
            self._tell({}, {"closed": race})
        return {}, {}

    def _session(self, race: str) -> Session:
        if race not in self.sessions:
            raise ValueError("This run is no longer in memory; press Reset to start it again.")
        return self.sessions[race]

    def _leave_queue(self, race: str) -> None:
        if race in self.waiting:
            self.waiting.remove(race)
        self.admit()

    def admit(self) -> None:
        """Start waiting races while there is room, and tell the others their place."""
        playing = sum(session.playing for session in self.sessions.values())
        while self.waiting and playing < self.max_live:
            self.sessions[self.waiting.pop(0)].play()
            playing += 1
        for race in self.waiting:
            self._push(race)

    def refresh(self, race: str) -> None:
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
        self._tell(*pack(view))

    def save_all(self) -> None:
        for session in self.sessions.values():
            session.save()

    def push_what_is_due(self) -> None:
        """After every slice of anyone's training: nobody's frame waits for a whole round."""
        for key, session in self.sessions.items():
            if session.playing:
                self.push_if_due(key, session)

    def push_if_due(self, key: str, session: Session) -> None:
        if session.frame_due():
            self._push(key)
