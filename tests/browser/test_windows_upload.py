"""Recordings on the page of windows, in a real browser: drag the threshold, upload, download; and
the views of all scores on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_app import complaints
from tests.conftest import Server
from tests.pages.test_windows_upload import activity as activity
from wganad_core.data import har_example
from wganad_core.data.recording import read_recording

PLOT = ".js-plotly-plot .main-svg"


def open_own(page: Page, app: Server, query: str) -> None:
    page.goto(f"{app.url}/har?view=own&{query}")
    page.wait_for_selector(PLOT, timeout=90_000)
    expect(page.get_by_text("Two people are no population")).to_be_attached(timeout=30_000)


def line_at(page: Page) -> tuple[float, float]:
    """Where the threshold's line is on the screen: a point on it."""
    box = page.evaluate(
        """() => {
            const node = [...document.querySelectorAll(".js-plotly-plot")].find(
                (plot) => plot.layout.shapes?.some((shape) => shape.name === "threshold"));
            node.scrollIntoView({ block: "center" });
            const shape = node.layout.shapes.find((shape) => shape.name === "threshold");
            const axis = node._fullLayout[shape.yref.replace("y", "yaxis")];
            const { left, top } = node.getBoundingClientRect();
            return [left + node._fullLayout._size.l + 40,
                    top + axis._offset + axis.d2p(shape.y0), top + axis._offset];
        }"""
    )
    return box[0], box[1]


def flagged(page: Page) -> str:
    return page.locator("h3", has_text="flagged").inner_text()


def test_dragging_the_line_changes_what_is_flagged(
    page: Page, app: Server, activity: str, problems: list[str]
) -> None:
    open_own(page, app, f"activity={activity}&detector=ours")
    before = flagged(page)
    page.wait_for_timeout(1_000)
    x, y = line_at(page)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x, y + 6 * step)
        page.wait_for_timeout(40)
    page.mouse.up()
    expect(page.get_by_text("where you dragged it")).to_be_visible(timeout=20_000)
    assert flagged(page) != before
    page.wait_for_timeout(1_500)
    assert line_at(page)[1] - y == pytest.approx(60, abs=3)  # it stays where it was dropped
    page.get_by_role("button", name="Back to the slider").click()
    expect(page.locator("h3", has_text="flagged")).to_have_text(before, timeout=20_000)
    assert not complaints(problems)


def test_the_example_can_be_saved_and_brought_back(
    page: Page, app: Server, activity: str, tmp_path: Path, problems: list[str]
) -> None:
    open_own(page, app, f"activity={activity}&detector=ours")
    before = flagged(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="The example as CSV").click()
    path = tmp_path / "recording.csv"
    download.value.save_as(path)
    assert len(read_recording(path).time) == len(har_example.load_example().recording.time)
    upload = page.locator("input[type=file]")
    upload.set_input_files(path)
    mine = page.locator("h3", has_text="recording.csv: ")
    expect(mine).to_be_visible(timeout=60_000)
    assert mine.inner_text().partition(": ")[2] == before.partition(": ")[2]
    expect(page.get_by_text("What was really done")).to_have_count(0)  # nobody knows it now
    upload.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("bad.csv: Expected a column that tells the time", timeout=20_000)
    expect(mine).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Flagged stretches as CSV").click()
    table = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert table[0] == "start (s),end (s),peak score,windows"
    n = re.search(r"(\d+) stretch", before)
    assert n is not None
    assert len(table) == int(n.group(1)) + 1
    assert not complaints(problems)


def test_every_view_fits_a_phone(
    page: Page, app: Server, activity: str, problems: list[str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/har?activity={activity}&view=own")
    for name in ("Your recording", "By activity", "All figures"):
        page.get_by_role("radio", name=name, exact=True).click(timeout=90_000)
        page.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
        page.wait_for_selector(PLOT, timeout=90_000)
        page.wait_for_timeout(1_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not complaints(problems)
