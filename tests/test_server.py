"""Whom the server answers, and what it begins before anybody asks."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.conftest import Server, start_server


def greeted(server: Server, name: str) -> bool:
    """Whether a page of this name, which leads to the server, may open a session."""
    port = urlsplit(server.url).port
    assert port is not None
    with socket.create_connection(("localhost", port)) as there:
        try:
            connect(
                f"ws://{name}:{port}/_stcore/stream",
                sock=there,
                origin=Origin(f"http://{name}:{port}"),
                subprotocols=[Subprotocol("streamlit")],
                legacy=True,
            ).close()
        except InvalidStatus:
            return False
        return True


@pytest.mark.parametrize(
    ("name", "welcome"),
    [("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("foreign.test", False)],
)
def test_only_this_machine_s_names_are_answered(app: Server, name: str, welcome: bool) -> None:
    """A page elsewhere whose name is made to lead here (DNS rebinding) opens no session."""
    assert greeted(app, name) == welcome


def test_the_worker_begins_with_the_server_and_not_with_its_first_visitor(tmp_path: Path) -> None:
    with start_server("app.py", (), tmp_path) as server:
        deadline = time.monotonic() + 60
        while not server.children("wganad_core.live.worker") and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(server.children("wganad_core.live.worker")) == 1
        assert "Traceback" not in server.log()
        assert "Warning" not in server.log()
