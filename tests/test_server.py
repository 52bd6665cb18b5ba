"""Whom the server answers."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.conftest import Server


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
