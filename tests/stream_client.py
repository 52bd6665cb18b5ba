"""A small client of Streamlit's websocket protocol: a session without a browser.

It does what the browser's front end does for our pages: asks for a run of the script, presses a
button, and sends the timed reruns of fragments with `run_every`. Used to put several sessions on
a server and to measure how soon each is answered.
"""

from __future__ import annotations

import asyncio
import time
from typing import Self

import websockets.asyncio.client
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.typing import Subprotocol


class StreamClient:
    """One session. `updates` holds the arrival time of every new state of a component (a chart),
    `round_trips` the seconds from each timed rerun to the end of its run, `received` the bytes."""

    def __init__(self, url: str, page: str, query: str = "") -> None:
        self.url = url.replace("http://", "ws://") + "/_stcore/stream"
        self.page, self.query = page, query
        self.buttons: dict[str, str] = {}
        self.updates: list[float] = []
        self.round_trips: list[float] = []
        self.received = 0
        self._finished = asyncio.Event()
        self._sent: float | None = None
        self._timers: list[asyncio.Task[None]] = []
        self._last = b""

    async def __aenter__(self) -> Self:
        self.socket = await websockets.asyncio.client.connect(
            self.url, subprotocols=[Subprotocol("streamlit")], max_size=None
        )
        self._reader = asyncio.create_task(self._read())
        await self.rerun()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._stop_timers()
        self._reader.cancel()
        await self.socket.close()

    async def rerun(self, pressed: str | None = None) -> None:
        """Run the whole script, with the button labelled `pressed`, and wait for the end."""
        self._stop_timers()
        message = self._request()
        if pressed is not None:
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = self.buttons[pressed], True
        self._finished.clear()
        await self.socket.send(message.SerializeToString())
        await asyncio.wait_for(self._finished.wait(), 60)

    def _request(self, fragment: str = "") -> BackMsg:
        message = BackMsg()
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = self.query
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        return message

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    async def _tick(self, fragment: str, interval: float) -> None:
        """Like the browser's setInterval: at a fixed pace, whatever the answers do."""
        due = time.perf_counter()
        while True:
            due += interval
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if self._sent is None:
                self._sent = time.perf_counter()
            await self.socket.send(self._request(fragment).SerializeToString())

    async def _read(self) -> None:
        async for data in self.socket:
            assert isinstance(data, bytes)
            self.received += len(data)
            self._take(ForwardMsg.FromString(data))

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "button":
                self.buttons[element.button.label] = element.button.id
            elif element.WhichOneof("type") == "bidi_component":
                state = element.bidi_component.SerializeToString()
                if state != self._last:
                    self.updates.append(time.perf_counter())
                self._last = state
        elif kind == "auto_rerun":
            task = self._tick(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            self._timers.append(asyncio.ensure_future(task))
        elif kind == "script_finished":
            self._finished.set()
            if self._sent is not None:
                self.round_trips.append(time.perf_counter() - self._sent)
                self._sent = None
