"""Your data in a real browser: upload, train, cancel, look, download, open again, bad files."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import pyarrow.csv
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_app import PLOT, TABLE, above_the_picture, complaints
from tests.conftest import Server
from wganad_core import detector
from wganad_core.data.own.examples import example
from wganad_core.data.own.samples import read_samples

VERDICT = ".st-key-headline h1"
PATIENCE = 180_000  # three, for a slow machine


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def option(page: Page, name: str) -> Locator:
    return page.get_by_role("radio", name=name)


def saved(page: Page, name: str, folder: Path) -> Path:
    """What a download button gives, under its own name."""
    with page.expect_download(timeout=PATIENCE) as download:
        button(page, name).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def upload(page: Page, name: str, data: bytes) -> None:
    """The page's file, or another in its place, which is where the data are named."""
    kind, place = "application/octet-stream", page.locator(".st-key-own-data input[type=file]")
    if not place.count():  # it stays open: closed, it would give up what is on its way
        page.locator(".st-key-own-what button").click()
    place.set_input_files({"name": name, "mimeType": kind, "buffer": data})


def trained_for(page: Page, effort: str) -> None:
    there = page.get_by_role("button", name=re.compile("^Training"))
    expect(there).to_have_count(1, timeout=PATIENCE)  # it moves when something is found
    there.click()
    option(page, effort).click()
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)


def test_from_upload_to_download_and_back(
    page: Page, app: Server, tmp_path: Path, problems: list[str]
) -> None:
    data = example("table")[1]
    page.goto(f"{app.url}/own?kind=own")
    page.locator("input[type=file]").wait_for(state="attached", timeout=PATIENCE)
    upload(page, "my pump.csv", data)
    expect(page.get_by_text("1,200 rows, 7 columns")).to_be_visible(timeout=PATIENCE)
    trained_for(page, "Quick")
    button(page, "Train").click()
    # Nearest neighbours stand in until the networks are trained.
    expect(page.locator(VERDICT)).to_contain_text("of 60 anomalies caught", timeout=PATIENCE)
    expect(button(page, "Train again")).to_be_enabled(timeout=PATIENCE)
    expect(page.get_by_text("is flagged with a score of")).to_be_visible(timeout=PATIENCE)
    verdict = page.locator(VERDICT).inner_text()
    option(page, "Threshold").click()
    page.wait_for_selector("[data-count]", timeout=PATIENCE)  # the cockpit
    caught, alarms = (int(found) for found in re.findall(r"(\d+)(?: of| false)", verdict)[:2])
    assert int(page.locator("[data-count=tp]").inner_text()) == caught
    assert int(page.locator("[data-count=fp]").inner_text()) == alarms

    page.reload()  # nothing is lost, the upload neither
    expect(page.locator(VERDICT)).to_contain_text("of 60 anomalies caught", timeout=PATIENCE)
    assert page.locator(VERDICT).inner_text() == verdict
    expect(button(page, "Train again")).to_be_enabled()
    expect(page.get_by_text("You have changed")).to_have_count(0)

    option(page, "Files and code").click()
    model = saved(page, "Detector", tmp_path)
    scores = saved(page, "Scores (CSV)", tmp_path)
    button(page, "Make ONNX").click()
    expect(button(page, "ONNX")).to_be_visible(timeout=PATIENCE)
    exported = onnx.load(saved(page, "ONNX", tmp_path))
    metadata = {entry.key: entry.value for entry in exported.metadata_props}
    assert (model.name, scores.name) == ("my-pump-detector.safetensors", "my-pump-scores.csv")
    (tmp_path / "my-pump.csv").write_bytes(data)
    fitted = detector.load(model)
    assert float(metadata["threshold"]) == fitted.threshold_
    assert list(fitted.feature_names_in_) == list(read_samples(tmp_path / "my-pump.csv").features)
    table = pyarrow.csv.read_csv(scores)
    label, flagged = (table[name].to_numpy(zero_copy_only=False) for name in ("label", "flagged"))
    assert int((flagged & (label == 1)).sum()) == caught
    expect(page.get_by_text("fit my-pump.csv --out")).to_be_visible()

    page.get_by_role("button", name="Data my-pump.csv").click()
    option(page, "Open a saved one").click()
    page.keyboard.press("Escape")
    place = page.locator(".st-key-own-detector input[type=file]")
    place.wait_for(state="attached", timeout=PATIENCE)
    place.set_input_files(model)
    expect(page.get_by_text("scores rows of 6 features")).to_be_visible(timeout=PATIENCE)
    button(page, "Score").click()
    expect(page.locator(VERDICT)).to_contain_text("1,140 normal rows", timeout=PATIENCE)
    expect(page.locator(VERDICT)).to_contain_text(f"{caught} of 60")
    assert not page.get_by_test_id("stException").count()
    assert not complaints(problems)


def test_an_example_in_three_clicks_on_a_phone(
    page: Page, app: Server, problems: list[str]
) -> None:
    """Train, cancel, train; nothing is wider than the screen."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/own?kind=series")
    trained_for(page, "Thorough")
    button(page, "Train").click()
    expect(page.get_by_text(re.compile("step .* of"))).to_be_visible(timeout=PATIENCE)
    cancel = button(page, "Cancel")
    bar = page.get_by_role("progressbar").bounding_box()
    there = cancel.bounding_box()
    assert bar is not None
    assert there is not None
    assert there["x"] >= bar["x"] + bar["width"]  # beside it, not below
    cancel.click()
    # A quick detector, if one was made by then, has words of its own.
    cancelled = page.get_by_test_id("stAlert").filter(has_text="Cancelled")
    expect(cancelled).to_be_visible(timeout=20_000)
    trained_for(page, "Quick")
    button(page, "Train").click()
    expect(page.locator(VERDICT)).to_contain_text("labelled stretches caught", timeout=PATIENCE)
    expect(page.get_by_text("Cancelled")).to_have_count(0)
    expect(page.get_by_text("Orange: what the generator makes")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not complaints(problems)


def test_a_bad_file_loses_nothing(page: Page, app: Server, problems: list[str]) -> None:
    page.goto(f"{app.url}/own?kind=own")
    page.locator("input[type=file]").wait_for(state="attached", timeout=PATIENCE)
    upload(page, "good.csv", b"a,b\n" + b"1,2\n3,4\n" * 30)
    expect(page.get_by_text("60 rows, 2 columns")).to_be_visible(timeout=PATIENCE)
    upload(page, "bad.csv", b"a,a\n1,2\n")
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("bad.csv", timeout=PATIENCE)
    expect(page.get_by_text("60 rows, 2 columns")).to_be_visible()
    expect(button(page, "Train")).to_be_enabled()
    assert not page.get_by_test_id("stException").count()
    assert not complaints(problems)


PICTURES = {"table": TABLE, "images": ".own-strip", "series": PLOT}


@pytest.mark.parametrize(("width", "most"), [(1440, 90), (1280, 90), (390, 120)])
@pytest.mark.parametrize("kind", PICTURES)
def test_it_shows_before_it_asks(page: Page, app: Server, kind: str, width: int, most: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{app.url}/own?kind={kind}")
    page.locator(PICTURES[kind]).first.wait_for(timeout=PATIENCE)
    expect(button(page, "Use your own file")).to_be_in_viewport(ratio=1)
    expect(button(page, "Train")).to_be_in_viewport(ratio=1, timeout=PATIENCE)
    assert above_the_picture(page, PICTURES[kind]) <= most
