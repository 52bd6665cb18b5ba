"""A digit drawn in the one HTML file: every number is the core's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from scipy import ndimage

from wganad_core import browser as one_file
from wganad_core import pretrained, storage
from wganad_core.data import mnist
from wganad_core.data.picture import like_mnist
from wganad_core.panels.panel import Panel

UNSEEN = "4"
SAMPLE = mnist.load_sample()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "demo.html"
    made.write_bytes(one_file.page_html(UNSEEN))
    return made


@pytest.fixture(scope="module")
def drawn(browser: Browser, path: Path) -> Iterator[Page]:
    """The page, at rest on a drawn digit."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{path.as_uri()}#draw-a-digit")
    page.wait_for_function("window.digit?.verdict")
    yield page
    context.close()


def test_networks_say_what_the_cores_say(drawn: Page):
    """One image of the unseen digit, two others, and the drawing that the page begins with."""
    at = [int(np.flatnonzero(SAMPLE.labels == label)[0]) for label in (4, 7, 0)]
    begun = np.array(drawn.evaluate("[...digit.verdict.seen]"), np.float32)
    x = np.concatenate([mnist.vectors(SAMPLE.images[at]), begun[None]])
    panel = Panel(pretrained.SHIPPED / "mnist", UNSEEN)
    judged = panel.judge(x, ("encoder", "critic"))
    with torch.no_grad():
        rebuilt = panel.bundle.part("generator")(
            panel.bundle.part("encoder", "encoder")(torch.from_numpy(x))
        )
    for i, image in enumerate(x):
        found = drawn.evaluate(
            """(x) => {
              const made = digit.judge(Float32Array.from(x));
              return { ...made, rebuilt: [...made.rebuilt] };
            }""",
            image.tolist(),
        )
        for name in ("encoder", "critic"):
            assert found[name] == pytest.approx(float(judged[name].score[i]), abs=1e-4), name
        np.testing.assert_allclose(found["rebuilt"], rebuilt[i], atol=1e-3)


def blob(seed: int, side: int, size: int) -> np.ndarray:
    """Ink (side, side) of a wandering pen of about this size."""
    rng = np.random.default_rng(seed)
    ink = np.zeros((side, side), np.float32)
    steps = rng.normal(size=(60, 2)).cumsum(axis=0)
    steps = steps - steps.min(axis=0)
    places = (rng.integers(0, side - size) + steps / steps.max() * (size - 1)).astype(int)
    ink[places[:, 0], places[:, 1]] = 1
    blurred = ndimage.gaussian_filter(ink, size / 40)
    blurred /= blurred.max()
    return np.where(blurred > 0.02, blurred, 0).astype(np.float32)


@pytest.mark.parametrize(("side", "size"), [(280, 200), (280, 90), (60, 40), (40, 15), (28, 24)])
def test_a_drawing_becomes_what_a_picture_becomes(drawn: Page, side: int, size: int):
    """Boxes for large ones, cubic curves for small ones, as Pillow has them."""
    for seed in range(3):
        ink = blob(seed, side, size)
        found = drawn.evaluate(
            "([ink, side]) => [...digit.likeMnist(Float32Array.from(ink), side, side)]",
            [ink.ravel().tolist(), side],
        )
        apart = np.abs(np.array(found) - like_mnist(ink).ravel().astype(int))
        assert apart.max() <= 1  # of 255, where rounding decides
        assert (apart > 0).mean() < 0.01


def test_no_ink_is_no_digit(drawn: Page):
    assert drawn.evaluate("digit.likeMnist(new Float32Array(100), 10, 10)") is None


def test_the_scale_is_of_held_out_normals(drawn: Page):
    table = storage.load_scores(pretrained.scores_path("mnist", UNSEEN))
    for name in ("encoder", "critic"):
        normals = table.where(detector=name, part="calibration", seed=0).score
        for score in np.quantile(normals, [0.1, 0.5, 0.99]).tolist():
            script = "([name, score]) => digit.shareBelow(digit.model.arrays[name], score)"
            found = drawn.evaluate(script, [f"normals.{name}", score])
            assert found == pytest.approx((normals < score).mean(), abs=1e-9)


def test_a_digit_is_drawn_judged_and_wiped_away(page: Page, problems: list[str], path: Path):
    page.goto(path.as_uri())
    page.get_by_role("link", name="Draw a digit").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile("to networks that have never seen a 4"))
    assert not page.evaluate("window.page.race.running")
    page.get_by_role("button", name="Clear").click()
    expect(heading).to_have_text("Draw a digit, for networks that have never seen a 4")
    expect(page.locator(".outcome")).to_be_hidden()
    pad = page.locator(".pad")
    box = pad.bounding_box()
    assert box is not None
    across, down = box["x"] + box["width"] / 2, box["y"]
    page.mouse.move(across, down + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(across, down + 0.8 * box["height"], steps=5)
    page.mouse.up()
    expect(page.locator(".outcome")).to_be_visible()
    seen = np.array(page.evaluate("[...digit.verdict.seen]")).reshape(28, 28)
    rows, columns = np.nonzero(seen > 0.5)
    assert np.ptp(rows) + 1 == 20  # pixels of an upright stroke, centred
    assert np.ptp(columns) < 8
    assert rows.mean() == pytest.approx(13.5, abs=1)
    assert columns.mean() == pytest.approx(13.5, abs=1)
    expect(page.locator(".scale output").first).to_have_text(re.compile("above .*% of normals"))
    page.get_by_role("link", name="Race").click()
    expect(page.locator(".lanes-planes")).to_be_visible()
    assert problems == []
