"""The threshold cockpit in a real browser: every way to move the line, and what follows it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from pages._ui.cockpit.data import cases
from tests.browser.charts import Traffic, drag
from tests.browser.test_app import complaints
from tests.conftest import Server
from tests.pages.cockpit import LABEL, SCORE, Case, csv, of_core
from wganad_core import evaluation
from wganad_core.evaluation import Curve

DIGITS = Case({}, "mnist", "4", {"detector": "ours", "protocol": "80/20"}, "encoder")
CHART = ".st-key-chart-cockpit .js-plotly-plot"
COUNTS = """Object.fromEntries([...document.querySelectorAll("[data-count]")]
  .map((node) => [node.dataset.count, Number(node.textContent.replaceAll(",", ""))]))"""
# Where a point given in data coordinates lies in the window.
PIXEL = """([chart, x, y, across, up]) => {
  const node = document.querySelector(chart);
  const { [across]: xa, [up]: ya } = node._fullLayout;
  const box = node.getBoundingClientRect();
  return [box.left + xa._offset + xa.d2p(x), box.top + ya._offset + ya.d2p(y)];
}"""


@pytest.fixture(scope="module")
def digits() -> Curve:
    """What the page opens with."""
    return DIGITS.curve()


@pytest.fixture(scope="module")
def page(browser: Browser, app: Server) -> Iterator[Page]:
    """One page for the whole module; nobody may have complained in the end."""
    context = browser.new_context(viewport={"width": 1440, "height": 1600}, accept_downloads=True)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: problems.extend([m.text] * (m.type in ("error", "warning"))))
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    yield page
    context.close()
    assert complaints(problems) == []
    assert not [word for word in ("Traceback", "WARN", "deprecat") if word in app.log()]


def open_page(page: Page, app: Server, query: str = "") -> None:
    page.goto(f"{app.url}/cockpit{query}")
    expect(page.locator(f"{CHART} .main-svg[role=img]")).to_have_count(1, timeout=60_000)
    settle(page)


@pytest.fixture(scope="module")
def traffic(page: Page) -> Traffic:
    """What comes over the page's websockets; there before the first opens."""
    return Traffic(page)


@pytest.fixture
def fresh(page: Page, app: Server, traffic: Traffic) -> Page:
    """The page as it opens, or as another test left it if only the threshold has moved."""
    if not re.fullmatch(r".*/cockpit\?t=[^&]*", page.url):
        open_page(page, app)
    return page


def settle(page: Page) -> None:
    """Wait until nothing has changed for a while; the address follows 300 ms after a move, and on
    a busy machine keys that were pressed together arrive one by one."""
    before, since = None, 0
    while since < 3:
        page.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
        page.wait_for_timeout(150)
        now = (page.url, page.evaluate(COUNTS))
        before, since = now, since + 1 if now == before else 0


def threshold(page: Page) -> float:
    """The one in the address."""
    return float(parse_qs(urlsplit(page.url).query)["t"][0])


def counts(page: Page) -> dict[str, int]:
    found: dict[str, int] = page.evaluate(COUNTS)
    return found


def rate(page: Page, name: str) -> str:
    """One of the rates, as it is written."""
    text = page.get_by_test_id("stMain").inner_text()
    found = re.search(rf"^{name}\s+([\d.]+%|–)", text, re.MULTILINE)
    assert found is not None, text[:500]
    return found[1]


def moved(page: Page, before: float) -> float:
    """Wait until the address has another threshold and the page is done; that threshold."""
    page.wait_for_function(
        "(t) => Math.abs(Number(new URLSearchParams(location.search).get('t')) - t) > 1e-12",
        arg=before,
        timeout=20_000,
    )
    settle(page)
    return threshold(page)


def line(page: Page) -> float:
    """Where the orange line stands."""
    found: float = page.evaluate(
        f"document.querySelector('{CHART}')._fullLayout.shapes"
        ".find((shape) => shape.name === 'threshold').x0"
    )
    return found


def pixel(page: Page, x: float, y: float, across: str, up: str) -> tuple[float, float]:
    page.locator(CHART).scroll_into_view_if_needed()
    left, top = page.evaluate(PIXEL, [CHART, x, y, across, up])
    return left, top


def along(page: Page, share: float) -> float:
    """The score at this share of the drawn axis."""
    where = f"document.querySelector('{CHART}')._fullLayout.xaxis"
    low, high = page.evaluate(f"{where}.range")
    place: float = low + share * (high - low)
    return 10**place if page.evaluate(f"{where}.type") == "log" else place


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(name))


def assert_agrees(page: Page, curve: Curve) -> None:
    """Numbers, line and address say the same."""
    assert counts(page) == of_core(curve, threshold(page))
    assert line(page) == pytest.approx(threshold(page), rel=1e-6)
    assert page.get_by_test_id("stException").count() == 0


# ---------------------------------------------------------------- the ways to move it


def test_the_keyboard_moves_everything(fresh: Page, digits: Curve) -> None:
    assert threshold(fresh) == evaluation.best_f(digits)
    assert_agrees(fresh, digits)
    slider(fresh, "Threshold").focus()
    for key, way in (("ArrowRight", 1), ("ArrowLeft", -1), ("ArrowLeft", -1)):
        before = threshold(fresh)
        fresh.keyboard.press(key)
        fresh.keyboard.press(key)
        assert (moved(fresh, before) - before) * way > 0
        assert_agrees(fresh, digits)
    for key, flagged in (("Home", digits.n), ("End", 0)):
        before = threshold(fresh)
        fresh.keyboard.press(key)
        moved(fresh, before)
        shown = counts(fresh)
        assert shown == of_core(digits, threshold(fresh))
        assert shown["tp"] + shown["fp"] == flagged


def test_a_move_sends_little(fresh: Page, traffic: Traffic) -> None:
    assert traffic.figures == 1  # when the page was opened
    slider(fresh, "Threshold").focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight"):
        before = threshold(fresh)
        traffic.clear()
        fresh.keyboard.press(key)
        moved(fresh, before)
        assert traffic.figures == 0
        assert 0 < sum(map(len, traffic.frames)) < 30_000


def test_the_line_is_dragged(fresh: Page, digits: Curve) -> None:
    for share in (0.8, 0.3):
        before, target = threshold(fresh), along(fresh, share)
        drag(
            fresh,
            pixel(fresh, before, 10, "xaxis", "yaxis"),
            pixel(fresh, target, 30, "xaxis", "yaxis"),
        )
        assert moved(fresh, before) == pytest.approx(target, rel=0.02)
        assert_agrees(fresh, digits)


def test_a_click_into_a_curve_sets_the_threshold(fresh: Page, digits: Curve) -> None:
    for recall in (0.6, 0.85):  # on the precision-recall curve, wherever in height
        before = threshold(fresh)
        fresh.mouse.click(*pixel(fresh, recall, 0.5, "xaxis2", "yaxis4"))
        point = digits.at(moved(fresh, before))
        assert point.recall == pytest.approx(recall, abs=0.01)
        assert_agrees(fresh, digits)
        dot = fresh.evaluate(
            f"document.querySelector('{CHART}')._fullLayout.shapes.find((s) => s.name === 'pr')"
        )
        assert (dot["xanchor"], dot["yanchor"]) == pytest.approx((point.recall, point.precision))
    before = threshold(fresh)  # on the ROC curve
    fresh.mouse.click(*pixel(fresh, 0.2, 0.5, "xaxis3", "yaxis5"))
    assert digits.at(moved(fresh, before)).false_alarm_rate == pytest.approx(0.2, abs=0.015)
    assert_agrees(fresh, digits)
    before, target = threshold(fresh), along(fresh, 0.9)  # among the scores
    fresh.mouse.click(*pixel(fresh, target, 10, "xaxis", "yaxis"))
    assert moved(fresh, before) == pytest.approx(target, rel=0.02)
    assert_agrees(fresh, digits)


def test_a_guide_does_what_it_says(fresh: Page, digits: Curve) -> None:
    for name, meets in {
        "Recall ≥ 95%": lambda point: 0.95 <= point.recall < 0.96,
        "False alarms ≤ 1%": lambda point: 0.009 < point.false_alarm_rate <= 0.01,
        "Best F1": lambda point: point.f() == digits.at(evaluation.best_f(digits)).f(),
    }.items():
        before = threshold(fresh)
        fresh.get_by_role("button", name=name).click()
        assert meets(digits.at(moved(fresh, before))), name
        assert_agrees(fresh, digits)
        expect(slider(fresh, "Threshold")).to_have_count(1)


def test_a_link_opens_where_it_was_made(page: Page, app: Server) -> None:
    curve = Case({}, "mnist", "9", {"detector": "encoder", "protocol": "80/20"}, "").curve()
    aim = evaluation.at_recall(curve, 0.7)
    open_page(page, app, f"?class=9&detector=encoder&t={aim!r}&below=advice&cost=100")
    assert threshold(page) == aim
    assert_agrees(page, curve)
    expect(page.get_by_text("Median + k·MAD").first).to_be_visible()
    before = page.url
    page.reload()
    expect(page.locator(f"{CHART} .main-svg[role=img]")).to_have_count(1, timeout=60_000)
    settle(page)
    assert page.url == before
    assert_agrees(page, curve)
    # Another detector's scores have another scale: the threshold does not move along.
    pick(page, "Scores", "3")
    other = Case({}, "mnist", "3", {"detector": "encoder", "protocol": "80/20"}, "").curve()
    assert moved(page, aim) == evaluation.best_f(other)
    assert_agrees(page, other)


def test_the_base_rate_changes_precision_only(fresh: Page, digits: Curve) -> None:
    before, at = counts(fresh), threshold(fresh)
    precision, recall = rate(fresh, "Precision"), rate(fresh, "Recall")
    fresh.get_by_role("button", name=re.compile("^World")).click()
    slider(fresh, "Base rate").focus()
    for _ in range(3):
        fresh.keyboard.press("ArrowRight")
    fresh.wait_for_url("**rate=*")
    fresh.keyboard.press("Escape")
    settle(fresh)
    shifted = float(parse_qs(urlsplit(fresh.url).query)["rate"][0])
    assert counts(fresh) == before
    assert threshold(fresh) == at
    assert rate(fresh, "Recall") == recall
    assert rate(fresh, "Precision") != precision
    expected = 100 * digits.at(at, shifted).precision
    assert float(rate(fresh, "Precision")[:-1]) == pytest.approx(expected, abs=0.06)
    assert_agrees(fresh, digits)


# ---------------------------------------------------------------- what is taken away


def saved(page: Page, name: str) -> bytes:
    with page.expect_download(timeout=30_000) as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_bytes()


def test_what_is_taken_away_agrees(page: Page, app: Server, digits: Curve) -> None:
    open_page(page, app, "?below=export")
    before = threshold(page)
    page.get_by_role("button", name="Recall ≥ 95%").click()
    at = moved(page, before)
    shown = counts(page)
    report: dict[str, Any] = json.loads(saved(page, "Report (JSON)"))
    assert report["threshold"] == at
    assert report["rule"] == "recall ≥ 95%"
    assert report["flagged"] == shown["tp"] + shown["fp"]
    assert report["true_positives"] == shown["tp"]
    assert report["precision"] == digits.at(at).precision
    flagged = pd.read_csv(io.BytesIO(saved(page, "Flagged (CSV)")))
    assert len(flagged) == report["flagged"]
    assert int(flagged.label.sum()) == shown["tp"]
    assert flagged.score.is_monotonic_decreasing
    assert flagged.score.min() > at
    rows = DIGITS.rows()
    assert set(flagged.id) == set(rows.sample_id[rows.score > at])
    everyone = pd.read_csv(io.BytesIO(saved(page, "All scores (CSV)")))
    assert len(everyone) == digits.n
    picture = Image.open(io.BytesIO(saved(page, "Figure (PNG)")))
    assert picture.format == "PNG"
    assert picture.width > 1_000
    assert len(picture.convert("RGB").getcolors(1 << 22) or ()) > 20  # something is drawn
    document = saved(page, "Experiment (HTML)")
    assert len(document) < 400_000
    page.context.set_offline(True)
    try:
        tab = page.context.new_page()
        tab.set_content(document.decode(), wait_until="load")
        tab.wait_for_function("window.experiment?.made")
        assert tab.evaluate("experiment.threshold") == at
        assert tab.evaluate("experiment.made.hits") == shown["tp"]
        assert tab.evaluate("experiment.made.falseAlarms") == shown["fp"]
        assert "python -m wganad_core threshold" in str(tab.locator("pre").text_content())
        tab.close()
    finally:
        page.context.set_offline(False)


# ---------------------------------------------------------------- one's own scores


def upload_of(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": data}


def test_one_s_own_scores(page: Page, app: Server) -> None:
    page.goto(f"{app.url}/cockpit?case=own")
    upload = page.locator("input[type=file]")
    upload.wait_for(state="attached", timeout=60_000)
    assert counts(page) == {}  # nothing that could be taken for the reader's
    upload.set_input_files(upload_of("mine.csv", csv(SCORE, LABEL)))
    curve = evaluation.curve(LABEL, SCORE)
    expect(page.locator(f"{CHART} .main-svg[role=img]")).to_have_count(1, timeout=60_000)
    page.wait_for_function("location.search.includes('t=')", timeout=20_000)
    settle(page)
    assert threshold(page) == evaluation.best_f(curve)
    assert_agrees(page, curve)
    upload.set_input_files(upload_of("bad.csv", b"score,label\n1,0\n2,1\n3,perhaps\n"))
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("bad.csv", timeout=20_000)
    expect(alert).to_contain_text("perhaps")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    settle(page)
    assert_agrees(page, curve)  # the last file that could be read
    page.get_by_role("button", name="False alarms ≤ 1%").click()
    moved(page, evaluation.best_f(curve))
    assert_agrees(page, curve)
    upload.set_input_files(upload_of("bare.csv", csv(SCORE)))
    expect(page.locator("[data-count=flagged]")).to_have_count(1, timeout=20_000)
    picture = page.locator(f"{CHART} .main-svg[role=img]")
    expect(picture).to_have_attribute(
        "aria-label", re.compile("60 samples flagged"), timeout=20_000
    )
    settle(page)
    assert counts(page) == {"flagged": int((threshold(page) < SCORE).sum())}
    expect(page.get_by_test_id("stException")).to_have_count(0)
    slider(page, "Threshold").focus()
    before = threshold(page)
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    moved(page, before)
    assert counts(page) == {"flagged": int((threshold(page) < SCORE).sum())}
    assert counts(page)["flagged"] > 3


def test_every_section_fits_a_phone(page: Page, app: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        open_page(page, app, "?against=encoder")
        for section in ("Without labels", "Two detectors", "Take away", "Which samples"):
            page.get_by_role("radio", name=section).click()
            assert_fits(page)
        assert above_the_picture(page) <= 120
        for case in cases().values():
            pick(page, "Scores", case)
            assert_fits(page)
    finally:
        page.set_viewport_size({"width": 1440, "height": 1600})


def pick(page: Page, popover: str, choice: str) -> None:
    """Choose in one of the popovers in the line of choices."""
    page.get_by_role("button", name=re.compile(f"^{popover}")).click()
    page.get_by_test_id("stPopoverBody").get_by_text(choice, exact=True).click()
    page.keyboard.press("Escape")
    settle(page)


def above_the_picture(page: Page) -> float:
    """Pixels between the menu and the picture."""
    found: float = page.evaluate(
        """() => document.querySelector(".st-key-chart-cockpit").getBoundingClientRect().top
          - document.querySelector("[data-testid=stHeader]").getBoundingClientRect().bottom"""
    )
    return found


def letters(page: Page) -> list[float]:
    """The sizes of the words in the chart, in pixels."""
    found: list[float] = page.evaluate(
        f"""() => [...document.querySelectorAll("{CHART} .main-svg text")]
          .filter((node) => node.textContent.trim())
          .map((node) => parseFloat(getComputedStyle(node).fontSize))"""
    )
    return found


def test_the_picture_comes_first_and_can_be_read(page: Page, app: Server) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    try:
        open_page(page, app, "?against=encoder")
        assert above_the_picture(page) <= 90
        sizes = letters(page)
        assert len(sizes) > 30
        assert min(sizes) >= 14
        expect(page.get_by_role("heading", level=1)).to_contain_text("% of anomalies; of 100")
        # What follows from the threshold is in sight, too.
        box = page.locator(".ck").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 905
        page.keyboard.press("p")  # for a projector
        page.wait_for_function("document.documentElement.classList.contains('projector')")
        page.wait_for_timeout(300)
        assert min(letters(page)) >= 18
        page.keyboard.press("p")
        page.wait_for_function("!document.documentElement.classList.contains('projector')")
    finally:
        page.set_viewport_size({"width": 1440, "height": 1600})


def assert_fits(page: Page) -> None:
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url
    expect(page.get_by_test_id("stException")).to_have_count(0)
