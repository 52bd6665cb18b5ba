"""Words from outside in a real browser: nothing is asked for elsewhere, nothing is a link."""

from __future__ import annotations

import numpy as np
import pandas as pd
from playwright.sync_api import Page, expect

from tests.browser.test_own import PATIENCE, upload
from tests.conftest import Server

FOREIGN = (
    "![p](http://foreign.test/p.png)<img src=http://foreign.test/i>[in](http://foreign.test) "
    "www.foreign.test :smile: me@foreign.test http://foreign.test"
)


def test_nothing_is_fetched_from_elsewhere(page: Page, app: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{app.url}/race?race={FOREIGN.replace(' ', '%20')}")
    expect(page.get_by_test_id("stAlert")).to_contain_text("foreign.test", timeout=PATIENCE)
    nothing_foreign(page)

    n = 40
    names = {"id": [f"{FOREIGN}{i}" for i in range(n)], "class": [FOREIGN] * n}
    label = (np.arange(n) % 5 == 0).astype(int)
    scores = pd.DataFrame({"score": np.arange(n) / n, "label": label, **names})
    page.goto(f"{app.url}/cockpit?case=own")
    place = page.locator("input[type=file]")
    place.wait_for(state="attached", timeout=PATIENCE)
    name, data = f"{FOREIGN.replace('/', ':')}.csv", scores.to_csv(index=False).encode()
    place.set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    expect(page.get_by_text("40 scores, 8 of them anomalies")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".ck-classes").first).to_contain_text("[in](http", timeout=PATIENCE)
    nothing_foreign(page)

    page.goto(f"{app.url}/own?kind=own")
    page.locator("input[type=file]").wait_for(state="attached", timeout=PATIENCE)
    table = pd.DataFrame({f"{FOREIGN}x": np.arange(n), f"{FOREIGN}y": 5.0, "t": [FOREIGN] * n})
    upload(page, "mine.csv", table.to_csv(index=False).encode())
    expect(page.get_by_text("40 rows, 3 columns")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("The same value throughout")).to_be_visible(timeout=PATIENCE)
    nothing_foreign(page)
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith((app.url, "blob:", "data:"))] == []


def nothing_foreign(page: Page) -> None:
    assert not page.locator("[href*='foreign.test'], [src*='foreign.test']").count()
    assert "\N{SMILING FACE WITH OPEN MOUTH AND SMILING EYES}" not in page.inner_text("body")
