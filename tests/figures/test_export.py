"""Exports of a race: the page plays in a browser from disk, the GIF is small and tells the run."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from wganad_core.config import METHODS, MixtureConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.figures.export import MAX_STEPS, race_gif, race_html, recorded_steps
from wganad_core.figures.race import LaneRecord, Layers
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


def named(lanes: list[Replay]) -> list[LaneRecord]:
    return [LaneRecord(*of) for of in zip(TITLES, METHODS, lanes, strict=False)]


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
    gif = race_gif(named(THREE), RING)
    image, durations = frames_of(gif)
    assert image.width == 960
    assert len(durations) == MAX_STEPS
    assert durations[-1] > 10 * durations[0]
    assert len(gif) < 3_000_000


def test_a_gif_shows_samples_where_they_are():
    past = recording(RING, [0, 10])
    right = np.full((1000, 2), (1.2, 0.0), np.float32)
    past.frames[-1] = Frame(**{**vars(past.frames[-1]), "samples": right})
    image, _ = frames_of(race_gif([LaneRecord("x", "gan", past)], RING))
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
    image, durations = frames_of(race_gif(named(lanes), mixture, width))
    assert image.width <= width
    assert len(durations) == 3


def page_of(lanes: list[Replay], layers: Layers) -> bytes:
    return race_html(named(lanes), RING, layers)


def test_the_page_is_one_file_with_words_escaped():
    page = page_of([recording(RING, [0, 5])] * 3, Layers())
    text = page.decode()
    assert len(page) < 3_000_000
    assert "c &lt; 0.1 &amp; more" in text
    assert "<script src" not in text
    assert "http" not in text.partition("<script")[0]


def test_the_page_plays_from_disk(page: Page, problems: list[str], tmp_path: Path):
    lanes = [recording(RING, [0, 10, 20, 30]), recording(RING, [0, 30])]
    path = tmp_path / "race.html"
    path.write_bytes(page_of(lanes, Layers(arrows=True)))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.get_by_role("button", name="Pause the recording").click()
    page.get_by_label("Step of the recording").press("End")
    picture = page.locator(".lanes-planes")
    expect(page.locator(".lanes-step")).to_have_text("step 30")
    expect(picture).to_have_attribute("aria-label", re.compile("on 7 of 7 modes"))
    page.get_by_label("Step of the recording").press("ArrowLeft")
    expect(page.locator(".lanes-step")).to_have_text("step 20")
    page.get_by_role("button", name="Play the recording").click()
    page.get_by_role("button", name="Pause the recording").click()
    assert problems == []
    assert {url.partition(":")[0] for url in requests} <= {"file", "data", "blob"}
