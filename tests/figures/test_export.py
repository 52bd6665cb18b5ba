"""Exports of a race: the page plays in a browser from disk, the GIF is small and tells the run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from wganad_core.config import METHODS, MixtureConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.figures.export import MAX_STEPS, race_gif, race_html, recorded_steps
from wganad_core.figures.race import Layers
from wganad_core.records import FloatArray, Frame, Replay

RING = make_mixture(MixtureConfig(n_samples=1000))
MOONS = make_mixture(MixtureConfig(name="moons", n_samples=1000))
TITLES = ["Vanilla GAN", "c < 0.1 & more", "WGAN-GP · λ = 10"]


def field(phase: float, size: int = 48) -> FloatArray:
    line = np.linspace(-2, 2, size)
    return (np.sin(2 * line[None] + phase) * np.cos(2 * line[:, None])).astype(np.float32)


def recording(mixture: Mixture, steps: list[int], seed: int = 0) -> Replay:
    """A made-up run: a cloud that grows into the data, under a critic that turns."""
    rng, past = np.random.default_rng(seed), Replay()
    for step in steps:
        done = step / max(steps[-1], 1)
        samples = (mixture.x[:1000] * done + rng.normal(scale=0.1, size=(1000, 2))).astype("f4")
        counts = np.full(len(mixture.modes), 60 * done, np.float32)
        frame = Frame(
            step,
            samples,
            field(3 * done),
            np.abs(field(done)),
            field(done, 32).clip(0, 1),
            np.zeros((64, 4), np.float32),
            np.zeros((17, 17, 2), np.float32),
            counts,
        )
        past.add(frame, {"step": step, "w_estimate": 1 - done, "wasserstein": 1 - done / 2})
    return past


THREE = [recording(RING, list(range(0, 951, 10)), i) for i in range(3)]


def frames_of(gif: bytes) -> tuple[Any, list[int]]:
    image: Any = Image.open(io.BytesIO(gif))
    durations = []
    for i in range(image.n_frames):
        image.seek(i)
        durations.append(image.info["duration"])
    return image, durations


def test_steps_are_chosen_evenly_from_all_lanes():
    some = recording(RING, [0, 10, 30])
    assert recorded_steps([some, recording(RING, [0, 20, 50])]) == [0, 10, 20, 30, 50]
    many = recorded_steps(THREE)
    assert len(many) == MAX_STEPS
    assert many[0] == 0
    assert many[-1] == 950
    assert set(np.diff(many)) <= {20, 30}


def test_a_gif_of_three_lanes_is_small_and_holds_its_last_picture():
    gif = race_gif(TITLES, METHODS, THREE, RING)
    image, durations = frames_of(gif)
    assert image.width == 960
    assert len(durations) == MAX_STEPS
    assert durations[-1] > 10 * durations[0]
    assert len(gif) < 3_000_000


def test_a_gif_shows_samples_where_they_are():
    past = recording(RING, [0, 10])
    right = np.full((1000, 2), (1.2, 0.0), np.float32)
    past.frames[-1] = Frame(**{**vars(past.frames[-1]), "samples": right})
    image, _ = frames_of(race_gif(["x"], ["gan"], [past], RING))
    image.seek(1)
    pixels = np.asarray(image.convert("RGB"), int)
    y, x = np.nonzero((np.abs(pixels - (230, 159, 0)) < 40).all(axis=2))
    left, right_edge, bottom, top = RING.box
    side = 460
    assert x.mean() == pytest.approx(14 + side * (1.2 - left) / (right_edge - left), abs=2)
    assert y.mean() == pytest.approx(62 + side * (top - 0.0) / (top - bottom), abs=2)


@pytest.mark.parametrize("mixture", [RING, MOONS], ids=["ring", "moons"])
@pytest.mark.parametrize("width", [240, 960])
def test_a_gif_of_any_size_of_any_data(mixture: Mixture, width: int):
    lanes = [recording(mixture, [0]), recording(mixture, [0, 4, 9])]
    lanes[0].frames[0].samples[0] = np.nan
    image, durations = frames_of(race_gif(["a", "b"], ["gan", "wgan-gp"], lanes, mixture, width))
    assert image.width <= width
    assert len(durations) == 3


def test_the_page_is_one_file_with_words_escaped():
    page = race_html(TITLES, METHODS, [recording(RING, [0, 5])] * 3, RING, Layers())
    text = page.decode()
    assert len(page) < 10_000_000
    assert "c &lt; 0.1 &amp; more" in text
    assert "<script src" not in text
    assert "http" not in text.partition("<script")[0]


def test_the_page_plays_from_disk(page: Page, problems: list[str], tmp_path: Path):
    lanes = [recording(RING, [0, 10, 20, 30]), recording(RING, [0, 30])]
    path = tmp_path / "race.html"
    path.write_bytes(race_html(["one", "two"], ["gan", "wgan-gp"], lanes, RING, Layers()))
    assert path.stat().st_size < 10_000_000
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    step = page.locator("#step")
    expect(step).to_have_text("step 30")

    def shown(expression: str) -> Any:
        return page.evaluate(f"document.getElementById('race').{expression}")

    headlines = (
        "layout.annotations.flatMap((a) => a.text.split('<br>')).filter((t) => /^step/.test(t))"
    )
    assert shown(headlines) == ["step 30 · 7 of 7 modes · 42 % within 3σ"] * 2
    page.get_by_label("recorded step").fill("1")
    expect(step).to_have_text("step 10")
    page.wait_for_function(
        "() => document.getElementById('race').layout.annotations[0].text.includes('step 10 ')"
    )
    assert shown(headlines)[1].startswith("step 0 ")  # the nearest that the second lane has
    assert shown("_fullData[0].z.length") == 48
    assert shown("_fullData[0].z[20][20]") == pytest.approx(float(field(1)[20, 20]))
    assert shown("_fullData[0].colorscale.length") == 3  # a frame changes values, not looks
    page.get_by_role("button", name="Play").click()
    expect(step).to_have_text("step 30")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert problems == []
    assert {url.partition(":")[0] for url in requests} <= {"file", "data", "blob"}
