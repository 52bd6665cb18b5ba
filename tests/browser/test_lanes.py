"""Lanes on a canvas, from their files and without a server: clock, keys, shapes, live frames."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.figures.test_export import RING, recording
from wganad_core.figures import scripts
from wganad_core.figures.lanes import FIRST, MORE, pack_lanes
from wganad_core.figures.race import LaneRecord, state_words
from wganad_core.records import Frame, Replay

HTML = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body {{ margin: 0 }} {looks}</style><p style="height: 50px">above</p>
<div class="lanes"></div><p style="height: 2000px">below</p>
<script type="module">{script}
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const kit = {{ createLanes, eventsOf, hopsAt, stateAt, extend }};
Object.assign(window, {{ kit, niceTicks, decode: (text) => decode(bytes(text)) }});
window.recording = await window.decode("{file}");
window.player = createPlayer(kit, document.querySelector(".lanes"), window.recording, {options});
</script>"""


def collapsing(steps: range = range(0, 101, 10)) -> Replay:
    """The second half of the run sits on mode 3."""
    past = recording(RING, list(steps))
    for i, frame in enumerate(past.frames):
        if frame.step > steps[-1] / 2:
            there = np.tile(RING.modes[2], (1000, 1)).astype(np.float32)
            counts = np.zeros(7, np.float32)
            counts[2] = 1000
            past.frames[i] = Frame(**{**vars(frame), "samples": there, "counts": counts})
    return past


def file_of(*pasts: Replay) -> str:
    lanes = [LaneRecord(f"lane {i}", "wgan-gp", past) for i, past in enumerate(pasts)]
    return b64encode(pack_lanes(lanes, RING, (*FIRST, *MORE))).decode()


def open_lanes(page: Page, file: str, options: str = "{}") -> None:
    html = HTML.format(
        looks=scripts.lanes_looks(), script=scripts.lanes_script(), file=file, options=options
    )
    page.set_content(html)
    page.wait_for_function("window.player?.views[0].redraws > 0")


def step(page: Page) -> str:
    return page.locator(".lanes-step").inner_text()


def test_it_plays_on_arrival_and_begins_again(page: Page, problems: list[str]) -> None:
    open_lanes(page, file_of(collapsing()))
    expect(page.locator(".lanes-step")).to_have_text("step 100", timeout=30_000)
    page.wait_for_function("player.at < 50", timeout=30_000)  # on a loop
    assert problems == []


def test_it_lingers_where_a_lane_collapses(page: Page) -> None:
    """Elsewhere no picture is drawn at a whole step but by chance."""
    open_lanes(page, file_of(collapsing()))
    page.wait_for_function("player.at === 60 && player.playing")
    page.wait_for_function("player.at > 60")


def test_a_hop_from_mode_to_mode_is_slow_enough_to_be_followed(page: Page) -> None:
    """From step 50 to 60 the lane collapses; before and after it does not hop."""
    open_lanes(page, file_of(collapsing()), "{autoplay: false}")
    slow = page.evaluate("[45, 51, 59, 60, 95, 100].map((at) => kit.hopsAt(recording, at))")
    assert slow == [False, True, True, False, False, False]


def test_who_wants_no_motion_sees_the_collapse_at_rest(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_lanes(page, file_of(collapsing()))
    expect(page.locator(".lanes-step")).to_have_text("step 60")
    said = page.locator(".lanes-planes").get_attribute("aria-label")
    assert said == "Step 60. lane 0: collapsed on mode 3"


def test_keys_play_and_move_but_leave_buttons_alone(page: Page) -> None:
    open_lanes(page, file_of(collapsing()), "{autoplay: false}")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lanes-step")).to_have_text("step 10")
    page.keyboard.press("Space")
    page.wait_for_function("player.playing")
    page.keyboard.press("Space")
    page.wait_for_function("!player.playing")
    jump = page.get_by_role("button", name="Next collapse")
    jump.focus()
    page.keyboard.press("Space")  # presses the button, which has the focus
    expect(page.locator(".lanes-step")).to_have_text("step 60")
    assert not page.evaluate("player.playing")


def test_scrubbing_draws_at_once(page: Page) -> None:
    """Twenty moves, twenty pictures: one a frame of the screen, none from a server."""
    open_lanes(page, file_of(collapsing(), recording(RING, [0, 50, 100])), "{autoplay: false}")
    drawn = page.evaluate(
        """async () => {
          const slider = document.querySelector(".lanes input");
          const before = player.views[0].redraws;
          for (let k = 1; k <= 20; k++) {
            slider.value = 5 * k;
            slider.dispatchEvent(new Event("input"));
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
          }
          return player.views[0].redraws - before;
        }"""
    )
    assert drawn >= 20
    expect(page.locator(".lanes-step")).to_have_text("step 100")


def swipe(touch: CDPSession, start: tuple[float, float], by: tuple[float, float]) -> None:
    """With one finger, in ten moves."""
    for i in range(11):
        point = {"x": start[0] + by[0] * i / 10, "y": start[1] + by[1] * i / 10}
        kind = "touchMove" if i else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_finger_scrolls_on_the_lanes_and_scrubs_on_the_slider(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    open_lanes(page, file_of(collapsing(), collapsing()), "{autoplay: false}")
    touch = page.context.new_cdp_session(page)
    slider = page.locator(".lanes-track input").bounding_box()
    assert slider is not None
    middle = slider["y"] + slider["height"] / 2
    swipe(touch, (slider["x"] + 8, middle), (slider["width"] / 2, 3))
    page.wait_for_function("player.at > 30")
    assert page.evaluate("scrollY") == 0
    swipe(touch, (120, 300), (5, -240))
    page.wait_for_function("scrollY > 100")
    page.evaluate("scrollTo(0, 0)")
    swipe(touch, (slider["x"] + 60, middle), (0, -240))
    page.wait_for_function("scrollY > 100")
    page.close()


@pytest.mark.parametrize("width", [1440, 1000, 390])
@pytest.mark.parametrize("n", [1, 3])
def test_planes_are_square_and_on_the_screen(page: Page, width: int, n: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    open_lanes(page, file_of(*[recording(RING, [0, 10])] * n), "{autoplay: false}")
    found = page.evaluate(
        """() => {
          const node = document.querySelector(".lanes-planes");
          return {
            cells: player.views[0].cells,
            shown: [node.clientWidth, node.clientHeight],
            drawn: [node.width / node.height],
            wide: document.documentElement.scrollWidth,
          };
        }"""
    )
    assert found["wide"] <= width
    shown_width, shown_height = found["shown"]
    assert found["drawn"][0] == pytest.approx(shown_width / shown_height, rel=0.01)
    for cell in found["cells"]:  # a circle's pixel is as wide as high: one side for both
        assert cell["x"] + cell["side"] <= shown_width + 1
        assert cell["y"] + cell["side"] <= shown_height + 1


def test_lanes_of_other_lengths_share_the_clock(page: Page) -> None:
    short = recording(RING, [0, 25, 50])
    open_lanes(page, file_of(collapsing(), short), "{start: 100}")
    states = page.evaluate("recording.lanes.map((lane) => kit.stateAt(lane, 100).step)")
    assert states == [100, 50]


def test_newer_frames_extend_what_is_there(page: Page) -> None:
    open_lanes(page, file_of(collapsing(range(0, 31, 10))), "{follow: true, autoplay: false}")
    later = Replay(frames=collapsing().frames[-1:])
    page.evaluate("async (file) => kit.extend(recording, await decode(file))", file_of(later))
    page.evaluate("player.show(recording)")
    assert page.evaluate("recording.clock") == [0, 10, 20, 30, 100]
    assert page.evaluate("kit.stateAt(recording.lanes[0], 100).words") == "collapsed on mode 3"
    # A race that went back (a lane that was reset) drops what it had ahead.
    back = Replay(frames=collapsing().frames[2:3])
    page.evaluate("async (file) => kit.extend(recording, await decode(file))", file_of(back))
    other = recording(RING, [0, 15])
    page.evaluate(
        "async (file) => kit.extend(recording, await decode(file))",
        file_of(Replay(frames=other.frames[-1:])),
    )
    assert page.evaluate("recording.clock") == [0, 10, 15]


def test_a_projector_gets_larger_words(page: Page) -> None:
    open_lanes(page, file_of(collapsing()), "{autoplay: false}")
    before = page.evaluate("player.views[0].options.scale")
    page.keyboard.press("p")
    assert page.evaluate("player.views[0].options.scale") > 1.3 * before
    page.keyboard.press("p")
    assert page.evaluate("player.views[0].options.scale") == before


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 2, [0, 1, 2]), (0, 1.2, [0, 0.5, 1]), (-1, 1, [-1, 0, 1]), (0, 12500, [0, 5000, 10000])],
)
def test_ticks_are_round(page: Page, low: float, high: float, ticks: list[float]) -> None:
    open_lanes(page, file_of(recording(RING, [0, 10])), "{autoplay: false}")
    assert page.evaluate(f"niceTicks({low}, {high}, 3)") == ticks


def test_states_in_words() -> None:
    first, *_, last = collapsing().frames
    assert state_words(first, RING) == ("untrained", "")
    assert state_words(last, RING) == ("collapsed on mode 3", "bad")
    spread = recording(RING, [0, 10]).frames[-1]
    assert state_words(spread, RING) == ("on 7 of 7 modes", "good")
    few = Frame(**{**vars(spread), "counts": np.full(7, 10, np.float32)})
    assert state_words(few, RING) == ("between modes", "")
