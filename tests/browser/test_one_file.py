"""The one HTML file: its numbers are the core's, and it trains from a disk without a network."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.engines import Window
from wganad_core import use_cases
from wganad_core.__main__ import main
from wganad_core.browser import what_browsers_lack
from wganad_core.config import LIVE_LIMITS, LaneConfig, MixtureConfig, NetworkConfig, TrainingConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.divergence import mode_ledger, sliced_wasserstein
from wganad_core.figures.race import state_words
from wganad_core.records import Frame
from wganad_core.run.race import N_TRANSPORT, Lane
from wganad_core.use_cases.mixture import IN_THE_RACE, PAPER, SLOW_CRITIC

RING = make_mixture(MixtureConfig(n_samples=1000))
# The very code of the page, outside its worker.
KIT = """() => {
  const text = document.getElementById("training").textContent;
  window.kit = new Function(`${text}; return { Lane, Ring, slicedWasserstein };`)();
  window.onmessage = null;
}"""
RULES = "JSON.parse(document.getElementById('known').textContent).rules"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, as the command writes it."""
    made = tmp_path_factory.mktemp("page") / "demo.html"
    assert main(["export", "page", "--out", str(made)]) == 0
    return made


@pytest.fixture(scope="module")
def kit(browser: Browser, path: Path) -> Iterator[Page]:
    """A window with the page's code and no race."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("window.page?.race.recording")
    page.evaluate("page.race.close()")
    page.evaluate(KIT)
    yield page
    context.close()


def open_lane(kit: Window, training: TrainingConfig, network: NetworkConfig | None = None) -> None:
    """In the page, a lane on the points of RING."""
    lane = LaneConfig(training=training, network=network or NetworkConfig())
    given = {"lane": lane.to_dict(), "mixture": MixtureConfig(n_samples=1000).to_dict()}
    script = f"given => {{ window.lane = new kit.Lane({{...given, rules: {RULES}}}); }}"
    kit.evaluate(script, given | {"x": RING.x.ravel().tolist()})


def weights(kit: Window) -> dict[str, Any]:
    return kit.evaluate(
        """() => ({
          generator: lane.trainer.generator.numbers(), critic: lane.trainer.critic.numbers(),
          gradients: {
            generator: lane.trainer.generator.numbers(lane.trainer.generator.gradient),
            critic: lane.trainer.critic.numbers(lane.trainer.critic.gradient),
          },
          losses: lane.trainer.losses, w: lane.trainer.wEstimate,
          fixed: [...lane.trainer.fixed],
        })"""
    )


STEPPED = {
    "gan": PAPER["gan"],
    "gan-non-saturating": PAPER["gan"].replace(generator_loss="non-saturating", seed=3),
    "slow-critic": SLOW_CRITIC,
    "wgan-clip": PAPER["wgan-clip"],
    "wgan-gp": IN_THE_RACE,
    "averaged": IN_THE_RACE.replace(average=0.7),
}


@pytest.mark.parametrize("name", STEPPED)
def test_the_same_steps_as_the_core(kit: Page, name: str):
    """Same seed: the same weights to begin with, and the same batches and latents."""
    lane = Lane(LaneConfig(training=STEPPED[name]), RING)
    open_lane(kit, STEPPED[name])
    trainer = lane.trainer
    np.testing.assert_allclose(weights(kit)["fixed"], trainer.fixed_z.ravel(), atol=1e-5)
    start = trainer.networks.generator_parameters.vector.detach().numpy().copy()
    for _ in range(4):
        trainer.step()
        kit.evaluate("lane.advance(1)")
        found = weights(kit)
        for part in ("generator", "critic"):
            core = trainer.networks.flat[part].vector.detach()
            np.testing.assert_allclose(found[part], core, atol=1e-4, err_msg=part)
            assert found["losses"][part] == pytest.approx(trainer.losses[part], abs=1e-4)
        if STEPPED[name].method != "gan":
            assert found["w"] == pytest.approx(trainer.w_estimate, abs=1e-4)
    assert np.abs(found["generator"] - start).max() > 1e-4  # it has moved
    # What is looked at comes from the moving average, where one is kept.
    seen = kit.evaluate("[...lane.trainer.sample(lane.trainer.fixed)]")
    shown = np.reshape(seen, (-1, 4))[:1000, :2]
    np.testing.assert_allclose(shown, trainer.picture(), atol=1e-4)


@pytest.mark.parametrize("batch_size", [32, 51])
def test_other_networks_and_batches_as_the_core(kit: Page, batch_size: int):
    """Slowly: some biases' gradients cancel but for rounding, of which Adam makes whole steps."""
    leaky = NetworkConfig(width=30, depth=3, activation="leaky-relu")
    of = {"batch_size": batch_size, "n_critic": 2, "decay": "linear", "steps": 9}
    training = IN_THE_RACE.replace(learning_rate=1e-6, critic_learning_rate=0.0, **of)
    trainer = Lane(LaneConfig(training=training, network=leaky), RING).trainer
    open_lane(kit, training, leaky)
    for _ in range(2):
        trainer.step()
        kit.evaluate("lane.advance(1)")
        found = weights(kit)
        for part in ("generator", "critic"):
            core = trainer.networks.flat[part]
            np.testing.assert_allclose(found["gradients"][part], core.gradient, atol=1e-5)
            moved = core.gradient.abs() > 1e-6
            there = np.array(found[part])[moved]
            np.testing.assert_allclose(there, core.vector.detach()[moved], atol=1e-4)
        assert found["w"] == pytest.approx(trainer.w_estimate, abs=1e-4)


def test_without_vector_instructions_the_same(kit: Page):
    """Old browsers multiply in plain JavaScript."""
    training = IN_THE_RACE.replace(batch_size=32)
    lane = Lane(LaneConfig(training=training), RING)
    kit.evaluate(
        "() => { window.kept = WebAssembly.validate; WebAssembly.validate = () => false; }"
    )
    try:
        open_lane(kit, training)
        assert kit.evaluate("lane.trainer.room.fast") is None
        kit.evaluate("lane.advance(2)")
    finally:
        kit.evaluate("() => { WebAssembly.validate = kept; }")
    for _ in range(2):
        lane.trainer.step()
    core = lane.trainer.networks.critic_parameters.vector.detach()
    np.testing.assert_allclose(weights(kit)["critic"], core, atol=1e-4)


@pytest.mark.parametrize("method", ["gan", "wgan-gp"])
def test_what_is_drawn_is_what_the_app_draws(kit: Page, method: str):
    training = {"gan": PAPER["gan"], "wgan-gp": IN_THE_RACE.replace(batch_size=64)}[method]
    lane = Lane(LaneConfig(training=training), RING)
    for _ in range(3):
        lane.advance("step")
    lane.measure()
    lane.observe()
    frame, numbers = lane.recording.frames[-1], lane.recording
    open_lane(kit, training)
    found = kit.evaluate(
        """() => {
          lane.advance(3);
          const { layers, ...rest } = lane.observe(["slope", "arrows", "manifold"]);
          for (const name in layers) layers[name] = [...layers[name].frames[0]];
          const { reach, box, data } = lane.scene();
          return { ...rest, layers, reach, box, data: [...data] };
        }"""
    )
    left, right, bottom, top = RING.box
    layers = {name: np.array(values) for name, values in found["layers"].items()}

    def place(points: Any) -> Any:
        return ((points - [left, bottom]) / [right - left, top - bottom]).ravel()

    f = frame.field.ravel()
    shares = f if method == "gan" else (f - f.min()) / (f.max() - f.min())
    np.testing.assert_allclose(layers["critic"], shares, atol=1e-3)
    slope = np.log2(frame.slope.ravel().clip(1 / 16))
    assert (np.abs(layers["slope"] - slope) < 1e-2).mean() > 0.97  # kinks of ReLU may lie there
    np.testing.assert_allclose(layers["samples"], place(frame.samples[:500]), atol=1e-3)
    np.testing.assert_allclose(layers["manifold"], place(frame.manifold.reshape(-1, 2)), atol=1e-3)
    shafts = layers["arrows"].reshape(64, 2, 2)
    np.testing.assert_allclose(shafts[:, 0].ravel(), place(frame.arrows[:, :2]), atol=1e-3)
    push = frame.arrows[:, 2:] / np.linalg.norm(frame.arrows[:, 2:], axis=1).max() / 8
    np.testing.assert_allclose(shafts[:, 1] - shafts[:, 0], push, atol=1e-3)
    np.testing.assert_allclose(found["box"], RING.box, atol=1e-5)
    np.testing.assert_allclose(found["data"], place(RING.x[:400]), atol=1e-4)
    np.testing.assert_allclose(found["counts"][0], frame.counts / 1000, atol=0.002)
    assert found["words"] == [state_words(frame, RING)[0]]
    assert found["reach"] == pytest.approx(3 * RING.sigma / (right - left))
    for name, value in found["numbers"].items():
        if name != "sliced_wasserstein" and value is not None:  # which points, is the core's own
            assert value == pytest.approx(numbers.column(name)[-1], abs=2e-3), name
    assert (found["numbers"]["w_estimate"] is None) == (method == "gan")


def clouds() -> list[tuple[np.ndarray[Any, Any], Mixture]]:
    """Samples that stand in every way."""
    rng = np.random.default_rng(0)
    some = [rng.normal(scale=scale, size=(1000, 2)) for scale in (0.05, 0.5, 2)]
    on = RING.modes[rng.integers(7, size=1000)] + rng.normal(scale=0.05, size=(1000, 2))
    one = np.where(rng.random((1000, 1)) < 0.85, RING.modes[4], on)
    few = np.where(rng.random((1000, 1)) < 0.5, RING.modes[2], RING.modes[5])
    lost = on.copy()
    lost[3, 0] = np.nan
    return [(x.astype(np.float32), RING) for x in (*some, on, one, few, lost)]


def test_words_are_the_apps(kit: Page):
    said = set()
    for samples, mixture in clouds():
        counts = np.array(mode_ledger(samples, mixture).counts, np.float32)
        nothing = np.zeros((1, 1), np.float32)
        for step in (0, 7):
            frame = Frame(step, samples, nothing, nothing, nothing, nothing, nothing, counts)
            words, tone = state_words(frame, mixture)
            found = kit.evaluate(
                f"""([x, step, mixture]) => {{
                  const values = x.map((value) => value ?? NaN);
                  return new kit.Ring(mixture, {RULES}).standing(values, x.length / 2, 2, step);
                }}""",
                [
                    [v if math.isfinite(v) else None for v in samples.ravel().tolist()],
                    step,
                    MixtureConfig(n_samples=1000).to_dict(),
                ],
            )
            assert (found["words"], found["tone"]) == (words, tone)
            said.add(words)
    assert len(said) >= 6


def test_distances_are_the_cores(kit: Page):
    a, b = RING.x[:N_TRANSPORT], 0.7 * RING.x[500 : 500 + N_TRANSPORT]
    script = "([a, b]) => kit.slicedWasserstein(Float32Array.from(a), Float32Array.from(b))"
    found = kit.evaluate(script, [a.ravel().tolist(), b.ravel().tolist()])
    assert found == pytest.approx(sliced_wasserstein(a, b), abs=1e-5)


def test_its_own_ring_is_the_apps_in_law(kit: Page):
    """NumPy's numbers are not made in the browser; what they follow is."""
    x = np.array(
        kit.evaluate(
            f"(config) => [...new kit.Ring(config, {RULES}).x]",
            MixtureConfig(n_samples=7_000).to_dict(),
        )
    ).reshape(-1, 2)
    counts = np.array(mode_ledger(x, RING).counts)
    assert counts.sum() == pytest.approx(0.989 * 7000, rel=0.01)
    np.testing.assert_allclose(counts / counts.sum(), 1 / 7, atol=0.02)
    spread = x - RING.modes[((x[:, None] - RING.modes[None]) ** 2).sum(axis=2).argmin(axis=1)]
    np.testing.assert_allclose(spread.std(axis=0), 0.05, rtol=0.05)


def test_wgan_gp_covers_the_ring(kit: Page):
    """The race's recipe on the page's own data, counted in steps."""
    lane = LaneConfig(training=IN_THE_RACE)
    step = kit.evaluate(
        f"""(given) => {{
          const lane = new kit.Lane({{...given, rules: {RULES}}});
          for (let step = 10; step <= 300; step += 10) {{
            lane.advance(10);
            if (lane.observe().words[0] === "on 7 of 7 modes") return step;
          }}
        }}""",
        {"lane": lane.to_dict(), "mixture": MixtureConfig().to_dict()},
    )
    assert step is not None


def test_the_largest_lane_has_room(kit: Page):
    largest = NetworkConfig(width=LIVE_LIMITS["width"], depth=LIVE_LIMITS["depth"])
    training = IN_THE_RACE.replace(batch_size=LIVE_LIMITS["batch_size"], n_critic=1)
    open_lane(kit, training, largest)
    kit.evaluate("lane.advance(1)")
    assert kit.evaluate("lane.observe().steps") == [1]


def test_a_lane_that_diverges_says_so_and_stays(kit: Page):
    open_lane(kit, PAPER["wgan-clip"].replace(learning_rate=1.0, clip=1000.0))
    kit.evaluate("lane.trainer.x.fill(NaN)")
    found = kit.evaluate("() => { lane.advance(3); return lane.observe(); }")
    assert found["words"] == ["diverged"]
    assert found["finished"]
    assert "diverged at step 0" in found["stopped"]


# ---------------------------------------------------------------- the page


def test_the_file_is_small_and_written_once(path: Path, capsys: pytest.CaptureFixture[str]):
    assert path.stat().st_size < 3_000_000
    assert "<script src" not in path.read_text(encoding="utf-8")
    assert main(["export", "page", "--out", str(path), "--json"]) == 0  # over its own kind
    assert str(path.stat().st_size) in capsys.readouterr().out
    mine = path.with_name("notes.txt")
    mine.write_text("mine")
    assert main(["export", "page", "--out", str(mine)]) == 1
    assert "replace it by --overwrite" in capsys.readouterr().err
    assert mine.read_text() == "mine"


def test_it_trains_on_arrival_from_a_disk(page: Page, problems: list[str], path: Path):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_function("window.page.race.step >= 6", timeout=120_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Train")).to_be_visible()
    page.wait_for_function("document.getElementById('step').disabled === false")
    step = page.evaluate("window.page.race.step")
    page.get_by_role("button", name="Step", exact=True).click()
    expect(page.locator(".lanes-step")).to_have_text(f"step {step + 1}")
    steps = page.evaluate("window.page.race.recording.lanes.map((lane) => lane.steps.at(-1))")
    assert steps == [step + 1] * 3  # one clock
    page.get_by_label("Step of the recording").press("Home")
    expect(page.locator(".lanes-step")).to_have_text("step 0")
    picture = page.locator(".lanes-planes")
    expect(picture).to_have_attribute("aria-label", re.compile("Vanilla GAN · slow D: untrained"))
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("window.page.race.recording.clock.length === 1")
    assert problems == []
    assert {url.partition(":")[0] for url in requests} <= {"file", "data", "blob"}


def test_a_race_with_settings_of_ones_own(page: Page, problems: list[str], path: Path):
    page.goto(path.as_uri())
    page.get_by_label("Race", exact=True).select_option("Penalise it")
    page.wait_for_function("window.page.race.recording?.lanes.length === 2")
    page.get_by_text("Change the race").click()
    page.get_by_label("Penalty λ").first.fill("much")
    page.get_by_role("button", name="Start again with these").click()
    wrong = page.get_by_text("Penalty λ must be a number from 0 to 1000000; found “much”.")
    expect(wrong).to_be_visible()
    page.get_by_label("Penalty λ").first.fill("0,5")
    page.get_by_label("Modes").fill("5")
    page.get_by_role("button", name="Start again with these").click()
    page.wait_for_function("window.page.race.recording?.modes.length === 5", timeout=60_000)
    titles = page.evaluate("window.page.race.recording.lanes.map((lane) => lane.title)")
    assert titles[0] == "WGAN-GP · λ = 0.5"
    page.get_by_text("What is drawn").click()
    page.get_by_label("Land").select_option("slope")
    page.wait_for_function("window.page.race.recording.lanes[0].layers.slope?.frames.at(-1)")
    assert problems == []


def test_a_race_as_a_file(page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The app's address in, its settings and the commands that make it again in the page."""
    out = tmp_path / "mine.html"
    text = "ring,n_modes=5~gan,seed=7~sharp,penalty=1.5"
    assert main(["export", "page", "--race", text, "--out", str(out)]) == 0
    page.goto(out.as_uri())
    page.wait_for_function("window.page?.race.recording?.clock.length")
    titles = page.evaluate("window.page.race.recording.lanes.map((lane) => lane.title)")
    assert titles == ["Vanilla GAN", "WGAN-GP · λ = 1.5"]
    assert page.evaluate("window.page.race.recording.modes.length") == 5
    race = use_cases.race_from_text(text)
    commands = [use_cases.command_line(race.mixture, lane) for lane in race.lanes]
    assert page.locator("#commands").text_content() == "\n".join(commands)
    capsys.readouterr()
    assert main(["export", "page", "--race", "moons~gan", "--out", str(tmp_path / "no.html")]) == 1
    assert "rings of Gaussians; found data named 'moons'" in capsys.readouterr().err
    assert not (tmp_path / "no.html").exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ring-8~sharp", None),
        ('ring~gan,activation="tanh"', "activation relu, leaky-relu; found 'tanh'"),
        ('ring~gan,decay="one-cycle"', "decay none, linear, cosine; found 'one-cycle'"),
        ("ring~gan,n_latent=3", "n_latent 2; found 3"),
        ("ring~gan,batch_size=4", "batches of 8 or more; found 4"),
    ],
)
def test_what_browsers_cannot_train_is_told(text: str, found: str | None):
    why = what_browsers_lack(use_cases.race_from_text(text))
    assert why is None if found is None else found in str(why)


def test_titles_are_the_apps(kit: Page):
    lanes = [lane for story in use_cases.STORIES.values() for lane in story.race.lanes]
    lanes.append(LaneConfig(training=PAPER["gan"].replace(n_critic=3)))
    found = kit.evaluate("(all) => all.map(titleOf)", [lane.training.to_dict() for lane in lanes])
    assert found == [use_cases.lane_title(lane) for lane in lanes]


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_it_fits(browser: Browser, path: Path, dark: bool):
    scheme: Any = "dark" if dark else "light"
    size: Any = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelector('.lanes-planes')?.clientHeight > 500")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    box = page.locator(".lanes-planes").bounding_box()
    assert box is not None
    assert box["y"] < 190
    assert box["y"] + box["height"] < 930
    assert page.evaluate("page.player.options.theme.dark") is dark
    key = "Lighter: the critic" if dark else "Darker: the critic"
    expect(page.locator(".lanes-key")).to_contain_text(key)
    context.close()
