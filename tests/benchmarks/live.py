"""Live training under measurement: `python -m tests.benchmarks.live [--json] [--seconds 30]`.

Starts the app and, for a race of one lane and for the default one of three, one after the other:
a bare training loop before and after one real browser that plays the race, so that a share of it
says something on a machine that others use, too; four websocket sessions that play it at once.
What the worker itself gives to frames, messages and measurements shows in steps for each second of
its processor time; what the server and the browser take from it, in how many cores each used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import CDPSession, sync_playwright

from tests import chromium
from tests.conftest import CHROMIUM_ARGUMENTS, Server, start_server
from tests.stream_client import StreamClient

# The addresses of a single WGAN-GP with the paper's settings and of the default race.
RACES = {"one_lane": "ring~wgan-gp", "three_lanes": "ring~gan~wgan-clip~sharp"}

WATCH = """
() => {
  const player = () => document.querySelector('.lanes-live .lanes, .lanes').player;
  const planes = () => document.querySelector('.lanes-planes');
  const first = player();
  window.seen = {nodes: new Set([planes()]), empty: 0, long: 0, before: first.views[0].redraws};
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.seen.long += entry.duration;
  }).observe({entryTypes: ['longtask']});
  const look = () => {
    if (planes()) window.seen.nodes.add(planes()); else window.seen.empty++;
    requestAnimationFrame(look);
  };
  look();
}
"""
READ = """
() => ({...window.seen, nodes: window.seen.nodes.size,
  redraws: document.querySelector('.lanes').player.views[0].redraws - window.seen.before})
"""
BARE = """
import time, torch
torch.set_num_threads(1)
from wganad_core.run.race import Race
from wganad_core.use_cases import race_from_text
race = Race(race_from_text({race!r}))
for _ in range(30): race.advance()
start, worked, n = time.perf_counter(), time.process_time(), 0
while time.perf_counter() - start < {seconds}:
    race.advance(); n += 1
print(n / (time.perf_counter() - start), n / (time.process_time() - worked))
"""


def bare_rates(race: str, seconds: float) -> NDArray[np.float64]:
    """Race steps with nobody watching: in a second, and in one of processor time."""
    code = BARE.format(race=race, seconds=seconds)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return np.array(done.stdout.split(), float)


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"No memory figure for process {pid}.")


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def used(pid: int, below: bool = False) -> float:
    """Seconds of processor time that a process has taken, or with all those below it."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
    return own + (sum(used(child, below) for child in children(pid)) if below else 0.0)


def processor_times(server: Server) -> NDArray[np.float64]:
    """Of the worker that trains, the server, and everything that this process has started
    besides: the browser."""
    (worker,) = children(server.process.pid)
    mine = used(server.process.pid)
    everything = sum(used(child, below=True) for child in children(os.getpid()))
    return np.array([used(worker), mine, everything - used(server.process.pid, below=True)])


def in_browser(server: Server, race: str, seconds: float) -> dict[str, float]:
    """One real session: first paint, redraws, canvases, long tasks, training rate."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find_installed(), args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        start = time.perf_counter()
        page.goto(f"{server.url}/race?race={race}")
        page.wait_for_selector(".lanes-planes[aria-label]")
        chart = time.perf_counter() - start
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        page.get_by_role("button", name=re.compile("Train$")).click()
        page.wait_for_selector(".lanes-live .lanes-planes")
        page.wait_for_timeout(3000)
        page.evaluate(WATCH)
        tools = page.context.new_cdp_session(page)
        tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        busy, before, began = _busy(tools), _step(page), time.perf_counter()
        worked = processor_times(server)
        page.wait_for_timeout(seconds * 1000)
        worked = processor_times(server) - worked
        seen, elapsed = page.evaluate(READ), time.perf_counter() - began
        busy = _busy(tools) - busy
        steps = _step(page) - before
        browser.close()
    return {
        "first_contentful_paint_s": paint / 1000,
        "first_chart_s": chart,
        "redraws_per_s": seen["redraws"] / elapsed,
        # Of the page's main thread, Streamlit's own work included: of a thousand.
        "cpu_ms_per_redraw": 1000 * busy / max(1, seen["redraws"]),
        "canvas_nodes": seen["nodes"],
        "empty_frames": seen["empty"],
        "long_task_ms_per_s": seen["long"] / elapsed,
        "steps_per_s": steps / elapsed,
        "steps_per_worker_s": steps / worked[0],
        **dict(
            zip(("worker_cores", "server_cores", "browser_cores"), worked / elapsed, strict=True)
        ),
    }


def _busy(tools: CDPSession) -> float:
    """Seconds of processor time that the page's main thread has taken."""
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def _step(page) -> int:
    return int(page.evaluate("document.querySelector('.lanes').player.last"))


async def in_sessions(server: Server, race: str, n: int, seconds: float) -> dict[str, float]:
    """n websocket sessions at once: updates a second of the slowest, round trips of all."""
    clients = [StreamClient(server.url, "race", f"race={race}") for _ in range(n)]
    for client in clients:
        await client.__aenter__()
        await client.rerun(pressed="Train")
    await asyncio.sleep(3)
    server_before = memory(server.process.pid)
    for client in clients:
        client.updates.clear()
        client.round_trips.clear()
        client.received = 0
    await asyncio.sleep(seconds)
    trips = sorted(trip for client in clients for trip in client.round_trips)
    result = {
        "slowest_updates_per_s": min(len(client.updates) for client in clients) / seconds,
        "round_trip_p50_ms": 1000 * statistics.median(trips),
        "round_trip_p95_ms": 1000 * trips[int(0.95 * len(trips))],
        "kilobytes_per_update": sum(c.received for c in clients)
        / sum(len(c.updates) for c in clients)
        / 1000,
        "server_mb": memory(server.process.pid),
        "worker_mb": sum(memory(child) for child in children(server.process.pid)),
        "growth_mb_per_1000_updates": 1000
        * (memory(server.process.pid) - server_before)
        / sum(len(c.updates) for c in clients),
    }
    for client in clients:
        await client.__aexit__()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=30.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["WGANAD_DATA"] = folder
        result: dict[str, object] = {}
        with start_server("app.py", (), Path(folder)) as server:
            urllib.request.urlopen(server.url).read()
            for name, race in RACES.items():
                before = bare_rates(race, min(10.0, arguments.seconds))
                one = in_browser(server, race, arguments.seconds)
                bare = (before + bare_rates(race, min(10.0, arguments.seconds))) / 2
                one["share_of_bare"] = one["steps_per_s"] / bare[0]
                one["share_of_bare_by_processor_time"] = one["steps_per_worker_s"] / bare[1]
                four = asyncio.run(in_sessions(server, race, 4, arguments.seconds))
                result[name] = {"bare_steps_per_s": bare[0], "browser": one, "four_sessions": four}
            maps = Path(f"/proc/{server.process.pid}/maps").read_text()
            result["torch_in_server"] = "torch" in maps
    print(json.dumps(result, indent=None if arguments.json else 2))


if __name__ == "__main__":
    main()
