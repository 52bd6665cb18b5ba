"""Eight sessions on the app's pages beside the largest race that an address may ask for.

    python -m tests.soak.beside 60

Expected on a machine that has two cores to itself: nearly all runs of a page end within a second of
the request (p95, printed per page), and a Step of another race is answered within a second, too;
the server takes no more memory at the end than after the first round. Measured there: p95 0.73 s of
374 runs, from 0.34 s (Theory) to 0.96 s (Latent space), a Step 0.74 s; 415 MB before, 370 after.
With a whole test suite on both cores, p95 is 2.3 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import Server, start_server
from tests.stream_client import StreamClient

LANE = "sharp,width=256,depth=4,batch_size=1024,n_critic=20,steps=200000"
WORST = f"race=ring,n_samples=200000~{LANE}~{LANE},seed=1~{LANE},seed=2"
SMALL = "race=ring~sharp"
VISITED = ("home", "critic", "theory", "mnist", "latent", "har", "cockpit", "reproduction")
PAUSE = 1.0  # seconds that somebody looks at a page


async def visits(server: Server, page: str, until: float, took: dict[str, list[float]]) -> None:
    """Somebody who looks at a page again and again."""
    async with StreamClient(server.url, page) as client:
        while time.monotonic() < until:
            began = time.perf_counter()
            await client.rerun()
            took.setdefault(page, []).append(time.perf_counter() - began)
            await asyncio.sleep(PAUSE)


async def steps(server: Server, until: float, took: dict[str, list[float]]) -> None:
    """Somebody who steps through a small race."""
    async with StreamClient(server.url, "race", SMALL) as client:
        step = await button(client, "Step")
        while time.monotonic() < until:
            began = time.perf_counter()
            await client.rerun(pressed=step)
            took.setdefault("a Step", []).append(time.perf_counter() - began)
            await asyncio.sleep(PAUSE)


async def button(client: StreamClient, *words: str) -> str:
    """The label of the button that begins with one of these; a new server is slow to have it."""
    for _ in range(10):
        with contextlib.suppress(TimeoutError):
            await client.rerun()
        if there := [label for label in client.buttons if label.startswith(words)]:
            return there[0]
    raise SystemExit(f"Expected a button {words[0]}; found {', '.join(client.buttons)}.")


async def beside(server: Server, seconds: float) -> dict[str, list[float]]:
    """Seconds of every run, by page."""
    took: dict[str, list[float]] = {}
    async with StreamClient(server.url, "race", WORST) as worst:
        await worst.rerun(pressed=await button(worst, "Train", "Play"))
        until = time.monotonic() + seconds
        everybody = [visits(server, page, until, took) for page in VISITED[:7]]
        await asyncio.gather(*everybody, steps(server, until, took))
    return took


def memory(server: Server) -> int:
    """MB of the server itself."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


@contextlib.contextmanager
def running() -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server("app.py", (), Path(folder)) as server,
    ):
        yield server


def main() -> None:
    with running() as server:
        asyncio.run(beside(server, 10.0))  # everything has been read once
        before = memory(server)
        took = asyncio.run(beside(server, float(sys.argv[1])))
        for page, found in took.items():
            last = statistics.quantiles(found, n=20)[-1] if len(found) > 1 else found[0]
            middle = statistics.median(found)
            print(f"{page}: {len(found)} runs, median {middle:.2f} s, p95 {last:.2f} s")
        every = [one for some in took.values() for one in some]
        print(f"all: p95 {statistics.quantiles(every, n=20)[-1]:.2f} s of {len(every)} runs")
        print(f"the server: {before} MB before, {memory(server)} MB after")


if __name__ == "__main__":
    main()
