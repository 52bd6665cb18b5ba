"""500 tabs, one after the other: descriptors and memory of the server.

    python -m tests.soak.sessions

Expected (1.67 of Streamlit): descriptors level off at about 400, three for each of the 128 sessions
that it holds ready for a tab that may come back, and memory does not grow: 399 descriptors from 150
tabs to 500; 257 MB after 50, 265 after 150, 269 after 500. Six minutes at load 13.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from tests.conftest import Server, start_server
from tests.stream_client import StreamClient

N, SHOWN = 500, 50
MOST = 450  # descriptors


async def visit(server: Server) -> None:
    async with StreamClient(server.url, "own"):
        pass


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server("app.py", (), Path(folder)) as server,
    ):
        process = Path(f"/proc/{server.process.pid}")
        for n in range(1, N + 1):
            asyncio.run(visit(server))
            found = len(os.listdir(process / "fd"))
            if n % SHOWN == 0:
                memory = (process / "status").read_text().partition("VmRSS:")[2].split()[0]
                print(f"{n:4} tabs: {found} descriptors, {int(memory) // 1024} MB", flush=True)
            if found > MOST:
                raise SystemExit(f"Expected at most {MOST} descriptors; found {found}.")


if __name__ == "__main__":
    main()
