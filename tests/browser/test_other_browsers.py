"""The one HTML file and the app's first page in Firefox and in WebKit, where they are installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.browser.test_drawn_digits import SAMPLE, UNSEEN
from tests.browser.test_one_file import KIT, RING, open_lane, weights
from tests.conftest import Server
from tests.engines import ENGINES, Engine, wait_for
from wganad_core import browser as one_file
from wganad_core import pretrained
from wganad_core.config import LaneConfig
from wganad_core.data import mnist
from wganad_core.panels.panel import Panel
from wganad_core.run.race import Lane
from wganad_core.use_cases.mixture import IN_THE_RACE, PAPER

PHONE = (390, 844)


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    try:
        with ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as made:
            yield made
    except LookupError as missing:
        pytest.skip(f"No {request.param} here: {missing} is not installed (see tests/engines.py).")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = tmp_path_factory.mktemp("page") / "demo.html"
    made.write_bytes(one_file.page_html(UNSEEN))
    return made.as_uri()


def stroke(across: float, down: float, length: float) -> list[dict[str, Any]]:
    """A pen's way downwards."""

    def to(y: float) -> dict[str, Any]:
        return {"type": "pointerMove", "duration": 0, "x": round(across), "y": round(y)}

    way = [to(down + length * part / 5) for part in range(6)]
    pen = [
        way[0],
        {"type": "pointerDown", "button": 0},
        *way[1:],
        {"type": "pointerUp", "button": 0},
    ]
    return [
        {"type": "pointer", "id": "pen", "parameters": {"pointerType": "mouse"}, "actions": pen}
    ]


def test_the_file_trains_on_arrival_and_draws(engine: Engine, url: str):
    engine.resize(*PHONE)
    engine.open(url)
    wait_for(engine, "window.page?.race?.step >= 3")
    picture = engine.evaluate(
        """() => {
          const canvas = document.querySelector(".lanes-planes");
          const { width, height } = canvas;
          const seen = canvas.getContext("2d").getImageData(0, 0, width, height).data;
          const colours = new Set(new Uint32Array(seen.buffer));
          const { scrollWidth } = document.documentElement;
          return { colours: colours.size, fits: scrollWidth <= innerWidth };
        }"""
    )
    assert picture["colours"] > 50  # the landscape has as many shades, and there are samples on it
    assert picture["fits"]
    assert engine.problems() == []


def test_it_trains_as_the_core(engine: Engine, url: str):
    engine.open(url)
    wait_for(engine, "window.page?.race?.recording")
    engine.evaluate("page.race.close()")
    engine.evaluate(KIT)
    for training in (PAPER["gan"], IN_THE_RACE):
        trainer = Lane(LaneConfig(training=training), RING).trainer
        open_lane(engine, training)
        for _ in range(3):
            trainer.step()
        engine.evaluate("lane.advance(3)")
        found = weights(engine)
        for part in ("generator", "critic"):
            core = trainer.networks.flat[part].vector.detach()
            np.testing.assert_allclose(found[part], core, atol=1e-4, err_msg=part)


def test_a_drawn_digit_has_the_cores_scores(engine: Engine, url: str):
    engine.resize(1280, 900)
    engine.open(f"{url}#draw-a-digit")
    wait_for(engine, "window.digit?.verdict")
    x = mnist.vectors(SAMPLE.images[:2])
    judged = Panel(pretrained.SHIPPED / "mnist", UNSEEN).judge(x, ("encoder", "critic"))
    for i, image in enumerate(x):
        found = engine.evaluate("(x) => digit.judge(Float32Array.from(x))", image.tolist())
        for name in ("encoder", "critic"):
            assert found[name] == pytest.approx(float(judged[name].score[i]), abs=1e-4), name
    pad = engine.evaluate(
        """() => {
          [...document.querySelectorAll("button")].find((one) => one.innerText === "Clear").click();
          digit.verdict = null;
          return document.querySelector(".pad").getBoundingClientRect().toJSON();
        }"""
    )
    across, down = pad["x"] + pad["width"] / 2, pad["y"] + 0.2 * pad["height"]
    engine.act(stroke(across, down, 0.6 * pad["height"]))
    seen = np.array(wait_for(engine, "digit.verdict && [...digit.verdict.seen]")).reshape(28, 28)
    rows, columns = np.nonzero(seen > 0.5)
    assert np.ptp(rows) + 1 == 20  # pixels of an upright stroke
    assert np.ptp(columns) < 8
    assert engine.problems() == []


def test_the_apps_race_plays(engine: Engine, app: Server):
    engine.resize(1440, 900)
    engine.open(f"{app.url}/race")
    shown = "Number(document.querySelector('.lanes-step')?.innerText.replace(/\\D/g, ''))"
    began = wait_for(engine, shown)
    wait_for(engine, f"{shown} > {began}")
    assert engine.problems() == []


def test_complaints_are_heard(engine: Engine, url: str):
    """Last, as they stay: what the tests above rest on."""
    engine.open(url)
    engine.evaluate(
        """() => { console.error("a loud complaint"); setTimeout(() => nowhere(), 0); }"""
    )
    engine.evaluate("new Promise((go) => setTimeout(go, 300))")
    heard = engine.problems()
    assert len(heard) == 2  # of an uncaught one from a file, WebKit tells no more
    assert "a loud complaint" in heard[0]
