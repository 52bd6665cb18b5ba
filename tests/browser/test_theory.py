"""What is dragged on the page Theory: its numbers are the core's, and the address keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.test_app import complaints
from tests.conftest import Server
from wganad_core import browser as one_file
from wganad_core.networks.dense import dense
from wganad_core.theory.line import Humps, apart
from wganad_core.theory.shipped import LINES, PLANES
from wganad_core.theory.transport import optimal_plan

RING = PLANES["ring"]

URL = "http://theory.test/"
HTML = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/theory.css"><body style="margin: 20px; font: 16px sans-serif">
<div class="theory densities"></div>
<script type="module">
  import * as line from "/line.js";
  import { Discriminator } from "/discriminator.js";
  import { Densities } from "/densities.js";
  import { CloudCritic } from "/cloud_critic.js";
  import { optimalPlan, potential } from "/transport.js";
  const start = { real: [[1, 0, 0.5]], fake: [[1, 0, 0.5]], theta: 3 };
  window.told = [];
  const root = document.querySelector(".densities");
  const shown = new Densities(root, start, (state) => told.push(state));
  Object.assign(window, { line, Discriminator, shown, CloudCritic, optimalPlan, potential });
</script>"""


def open_kit(page: Page) -> None:
    """The scripts on a page of their own, without a server."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(URL)
        if not name:
            route.fulfill(body=HTML, content_type="text/html")
        else:
            route.fulfill(path=one_file.FOLDER / name)

    page.route("**/*", answer)
    page.goto(URL)
    page.wait_for_function("window.shown?.redraws > 0")


@pytest.fixture(scope="module")
def kit(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    open_kit(page)
    yield page
    context.close()


MIXTURES = [
    (Humps((3, 1), (-1.0, 1.5), (0.4, 0.7)), Humps((1, 1, 2), (-0.5, 1.0, 3.0), (0.5, 0.12, 0.3))),
    *((case.real, case.fake.moved(2.5)) for case in LINES.values()),
    (Humps((1,), (-3,), (0.12,)), Humps((1,), (3,), (0.12,))),
]


@pytest.mark.parametrize("number", range(len(MIXTURES)))
def test_numbers_of_two_densities_are_the_cores(kit: Page, number: int):
    """To 1e-6 on the same grid: densities, D*, JS, W1, and both derivatives."""
    real, fake = MIXTURES[number]
    x = np.linspace(-13, 13, 2601)
    core = apart(real, fake, x)
    found = kit.evaluate(
        """([real, fake]) => {
          const made = line.apart(real, fake, line.linspace(-13, 13, 2601));
          const plain = Object.entries(made).map(([k, v]) => [k, v.length ? [...v] : v]);
          return Object.fromEntries(plain);
        }""",
        [real.rows, fake.rows],
    )
    for name in ("real", "fake", "optimal", "integrand"):
        np.testing.assert_allclose(found[name], getattr(core, name), atol=1e-6, err_msg=name)
    for name, value in {
        "js": core.jensen_shannon,
        "jsSlope": core.jensen_shannon_slope,
        "w1": core.wasserstein,
    }.items():
        assert found[name] == pytest.approx(value, abs=1e-6), name
    # Where F_θ and F_r are equal to rounding, the sign of their difference is anyone's.
    assert found["w1Slope"] == pytest.approx(core.wasserstein_slope, abs=2e-3)


def test_curves_over_theta_are_those_of_every_place(kit: Page):
    real, fake = MIXTURES[0]
    thetas = np.linspace(-4, 4, 41)
    found = kit.evaluate(
        """([real, fake]) => line.along(
          real, fake, line.linspace(-4, 4, 41), line.linspace(-13, 13, 521))""",
        [real.rows, fake.rows],
    )
    for theta, one in zip(thetas, found, strict=True):
        core = apart(real, fake.moved(float(theta)))
        assert one["js"] == pytest.approx(core.jensen_shannon, abs=1e-4)
        assert one["w1"] == pytest.approx(core.wasserstein, abs=1e-3)
        assert one["jsSlope"] == pytest.approx(core.jensen_shannon_slope, abs=1e-3)
        assert one["w1Slope"] == pytest.approx(core.wasserstein_slope, abs=0.06)  # steps of 0.05


def test_the_discriminator_learns_as_pytorchs_does(kit: Page):
    """Same seed, same densities: the same D to 1e-3 after twenty steps of Adam."""
    case = LINES["two"]
    x = np.linspace(-7, 7, 281)
    here = apart(case.real, case.fake.moved(1.0), x)
    net = dense([1, 32, 32, 1], "leaky-relu", torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    points = torch.from_numpy(x[:, None] / 3).float()
    p, q = (torch.from_numpy(each / each.sum()).float() for each in (here.real, here.fake))
    for _ in range(20):
        logits = net(points)[:, 0]
        loss = p @ torch.nn.functional.softplus(-logits) + q @ torch.nn.functional.softplus(logits)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = kit.evaluate(
        """([p, q]) => {
          const made = new Discriminator(line.linspace(-7, 7, 281));
          for (let k = 0; k < 20; k++) made.step(p, q);
          return { loss: made.loss, values: [...made.values()] };
        }""",
        [here.real.tolist(), here.fake.tolist()],
    )
    assert found["loss"] == pytest.approx(loss.item(), abs=1e-4)
    with torch.no_grad():
        core = torch.sigmoid(net(points))[:, 0]
    np.testing.assert_allclose(found["values"], core, atol=1e-3)


def grip(page: Page, label: str) -> Locator:
    return page.get_by_role("slider", name=re.compile(label))


def drag(page: Page, handle: Locator, dx: float, dy: float, steps: int = 8) -> None:
    box = handle.locator(".grip, .theta-grip").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=steps)
    page.mouse.up()


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("shown.state")
    return found


def test_humps_are_dragged(page: Page, problems: list[str]):
    page.set_viewport_size({"width": 1200, "height": 800})
    open_kit(page)
    unit = page.evaluate("shown.main.x(1) - shown.main.x(0)")
    drag(page, grip(page, "data, hump 1: centre"), -unit, 40)
    assert state(page)["real"] == [[1, pytest.approx(-1, abs=0.02), 0.5]]  # one alone weighs all
    drag(page, grip(page, "data, hump 1: width"), 0.5 * unit, 0)
    assert state(page)["real"][0][2] == pytest.approx(1.0, abs=0.02)
    drag(page, grip(page, "^θ"), -2 * unit, 0)
    assert state(page)["theta"] == pytest.approx(1, abs=0.02)
    assert page.evaluate("told.length") == 3  # once a drag
    page.locator(".more-fake").click()
    assert [hump[0] for hump in state(page)["fake"]] == [0.667, 0.333]
    tall = page.evaluate("shown.height('fake', 1)")
    drag(page, grip(page, "generator, hump 2: centre"), 0, 2000)
    weights = [hump[0] for hump in state(page)["fake"]]
    assert weights == [0.96, 0.04]  # none vanishes
    assert page.evaluate("shown.height('fake', 1)") < tall
    page.get_by_role("button", name="As it was").click()
    assert state(page) == {"real": [[1, 0, 0.5]], "fake": [[1, 0, 0.5]], "theta": 3}
    assert problems == []


def test_arrow_keys_drag_too_and_what_follows_is_said(kit: Page):
    kit.evaluate("shown.show({ real: [[1, 0, 0.5]], fake: [[1, 0, 0.5]], theta: 0 })")
    handle = grip(kit, "^θ")
    handle.focus()
    for _ in range(20):
        handle.press("Shift+ArrowRight")
    assert state(kit)["theta"] == 4  # as far as it goes
    kit.wait_for_function("shown.here.w1 > 3.99")
    expect(kit.locator(".distances-said")).to_have_text("θ = +4.00: JS 0.693 W₁ 4.00")
    expect(kit.locator(".slopes-said")).to_contain_text("W₁ +1.00")
    expect(kit.locator(".area-said")).to_contain_text("stuck at ln 2")
    handle.press("Shift+ArrowLeft")
    assert state(kit)["theta"] == 3.5


def test_the_learned_d_comes_to_the_optimal_one(kit: Page):
    kit.evaluate("shown.show({ real: [[1, -1, 0.6]], fake: [[1, 0, 0.6]], theta: 1 })")
    kit.wait_for_function("shown.resting <= 0", timeout=60_000)
    apart = kit.evaluate(
        """() => {
          const d = shown.d.values();
          const weight = (x) => shown.here.real[x] + shown.here.fake[x];
          let [sum, all] = [0, 0];
          d.forEach((value, i) => {
            const x = 600 + 5 * i;
            sum += weight(x) * Math.abs(value - shown.here.optimal[x]);
            all += weight(x);
          });
          return sum / all;
        }"""
    )
    assert apart < 0.02


def test_the_address_keeps_what_was_dragged(page: Page, app: Server, problems: list[str]):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{app.url}/theory?theta=1")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("W₁ = 1.00", timeout=60_000)
    handle = grip(page, "^θ")
    expect(handle).to_be_visible(timeout=60_000)
    handle.focus()
    handle.press("Shift+ArrowRight")
    expect(heading).to_contain_text("W₁ = 1.50", timeout=60_000)
    expect(page).to_have_url(re.compile(r"theta=1\.5"), timeout=60_000)
    before = str(heading.text_content())
    grip(page, "generator, hump 1: width").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page).to_have_url(re.compile(r"fake=1%2C0%2C0\.75"), timeout=60_000)
    expect(heading).not_to_have_text(before, timeout=60_000)
    said = heading.text_content()
    page.reload()
    expect(heading).to_have_text(str(said), timeout=60_000)
    expect(grip(page, "generator, hump 1: width 0.75")).to_be_visible(timeout=60_000)
    assert complaints(problems) == []


def clouds(n: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(-3, 3, (n, 2)).round(2).tolist() for _ in range(2))


@pytest.mark.parametrize("n", [1, 2, 5, 8, 12])
def test_the_plan_is_the_cores(kit: Page, n: int):
    """Primal = dual = what linear programming finds, to 1e-9; f has slope 1 at most."""
    for seed in range(10):
        real, fake = clouds(n, seed)
        if seed == 9:
            fake = real  # nothing to carry
        plan = optimal_plan(np.array(real), np.array(fake))
        found = kit.evaluate("([real, fake]) => optimalPlan(real, fake)", [real, fake])
        assert found["primal"] == pytest.approx(plan.primal, abs=1e-9)
        assert found["dual"] == pytest.approx(plan.primal, abs=1e-9)
        assert sorted(found["to"]) == list(range(n))
        points = np.random.default_rng(seed).uniform(-3, 3, (40, 2)).tolist()
        f = np.array(
            kit.evaluate(
                "([points, fake, prices]) => points.map((one) => potential(one, fake, prices))",
                [points, fake, found["prices"]],
            )
        )
        apart_by = np.linalg.norm(np.array(points)[:, None] - np.array(points)[None], axis=2)
        assert (np.abs(f[:, None] - f[None]) <= apart_by + 1e-9).all()


def test_critics_find_what_their_bound_allows(kit: Page):
    real, fake = ([list(point) for point in cloud] for cloud in (RING.real, RING.fake))
    w = optimal_plan(np.array(real), np.array(fake)).primal
    found = kit.evaluate(
        """([real, fake]) => Object.fromEntries(
          ["penalty", "one-sided", "clip", "wide"].map((bound) => {
            const grid = [[0, 0], [1, 1]];
            const critic = new CloudCritic(bound, real.length, grid);
            critic.learn(real, fake, 600);
            return [bound, critic.look(real, fake)];
          }))""",
        [real, fake],
    )
    assert found["clip"]["estimate"] < 0.02 * w
    assert np.linalg.norm(found["clip"]["slopes"], axis=1).max() < 0.02
    assert found["wide"]["estimate"] > 5 * w
    for name in ("penalty", "one-sided"):
        assert found[name]["estimate"] == pytest.approx(w, rel=0.25), name
        assert 0.3 < np.linalg.norm(found[name]["slopes"], axis=1).mean() < 1.6


def test_points_are_moved_and_the_critic_goes_on(page: Page, app: Server, problems: list[str]):
    page.goto(f"{app.url}/theory?part=plane&plane=apart&beside=penalty")
    point = page.get_by_role("slider", name=re.compile("^generator, point 1:"))
    expect(point).to_be_visible(timeout=60_000)
    expect(page.locator(".learned p")).to_contain_text("times W₁", timeout=60_000)
    before = page.locator(".primal").text_content()
    point.focus()
    point.press("Shift+ArrowRight")
    expect(page.locator(".primal")).not_to_have_text(str(before))
    primal = str(page.locator(".primal").text_content())
    expect(page.get_by_role("heading", level=1)).to_contain_text(primal, timeout=60_000)
    expect(page).to_have_url(re.compile("at=-2.2"), timeout=60_000)
    page.reload()
    expect(page.locator(".primal")).to_have_text(primal, timeout=60_000)
    expect(page.locator(".dual")).to_have_text(primal.replace("primal", "dual"))
    assert complaints(problems) == []
