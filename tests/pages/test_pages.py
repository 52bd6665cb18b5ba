"""Every page runs without a browser: what it shows, what its controls do, what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages._ui import runtime
from pages._ui.race import recorded, slow_motion
from wganad_core import pretrained, use_cases
from wganad_core.figures import cards
from wganad_core.figures import trace as figures
from wganad_core.figures.race import state_words

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def _one_worker() -> Iterator[None]:
    yield
    runtime.worker().stop()
    st.cache_resource.clear()


def app(page: str | None = None, **query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / "menu.py"), default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    if page is not None:
        test.switch_page(f"{page}.py").run()
    assert not test.exception
    return test


def captions(test: AppTest) -> str:
    return " ".join(element.value for element in test.caption)


SMALL = "ring~gan,batch_size=16,width=16"


def labels(test: AppTest) -> set[str]:
    return {button.label for button in test.button}


def tell(test: AppTest, story: str) -> AppTest:
    """Choose a story from the popover."""
    next(radio for radio in test.radio if radio.key == "story_choice").set_value(story).run()
    assert not test.exception
    return test


def press(test: AppTest, label: str) -> AppTest:
    button = next(button for button in test.button if button.label == label)
    assert not button.disabled
    button.click().run()
    assert not test.exception
    return test


def test_a_process_of_multiprocessing_is_no_second_app() -> None:
    """It runs the file of `__main__` again, as `__mp_main__`; once that set up and served the app
    instead of doing its work."""
    again = "import runpy; runpy.run_path('app.py', run_name='__mp_main__')"
    done = subprocess.run(
        [sys.executable, "-c", again], cwd=ROOT, timeout=60, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_home_leads_to_every_page() -> None:
    test = app()
    assert test.title[0].value == "See why Wasserstein GANs detect anomalies"
    words = " ".join(element.value for element in test.markdown)
    for audience in ("lecture", "study", "sensors"):
        assert audience in words
    assert "Mode collapse" in words


def test_cards_land_on_what_they_promise() -> None:
    """The recorded race at a step at which it has collapsed, not an untrained one."""
    mixture = recorded.mixture(recorded.shipped_runs()[0].mixture)
    runs = {name: recorded.shipped(name) for name in pretrained.RACE_RUNS}
    made = {card.name: card for card in cards.paper_cards(runs, mixture)}
    frame = runs["gan"].recording.nearest(int(made["collapse"].query["step"]))
    assert state_words(frame, mixture)[1] == "bad"
    test = app("race", **made["collapse"].query)
    assert test.session_state.race_state.show == "recorded"


def test_the_race_opens_with_the_shipped_recording() -> None:
    test = app("race")
    title = test.title[0].value
    assert title.startswith("The Vanilla GAN collapses onto one mode at step 395; WGAN-GP ends on")
    assert "ends on 7 of 7" in title
    assert labels(test) >= {"Train live"}


def test_all_lanes_of_the_recording_are_on_one_clock() -> None:
    ends = {run.recording.frames[-1].step for run in recorded.shipped_runs()}
    assert len(ends) == 1


def test_training_does_not_throw_the_recording_away() -> None:
    test = press(app("race", race=SMALL), "Step")
    press(test, "Recording")
    assert "collapses onto one mode" in test.title[0].value
    assert "race" not in test.query_params
    press(test, "My race")
    assert "Paused at step 1 " in captions(test)
    assert test.query_params["race"] in (SMALL, [SMALL])


def test_the_browser_s_back_finds_the_race_that_is_trained() -> None:
    test = press(app("race", race=SMALL), "Step")
    left = {name: test.query_params[name] for name in ("race", "run")}
    press(test, "Recording")
    for name, value in left.items():
        test.query_params[name] = value
    test.run()
    assert "Paused at step 1 " in captions(test)
    assert test.session_state.race_state.serial == 1


def test_the_seed_is_that_of_the_race() -> None:
    test = app("race", race=f"{SMALL},seed=7")
    assert next(one for one in test.number_input if one.label == "Seed").value == 7
    test.query_params["race"] = SMALL
    test.run()
    assert next(one for one in test.number_input if one.label == "Seed").value == 0


def rules() -> None:
    import streamlit as st

    from pages._ui.critic import choice

    st.caption(choice.rule(known=False))


def test_where_no_density_is_known_none_is_offered() -> None:
    """Nor is a rate that was chosen for it read as a distance."""
    test = AppTest.from_function(rules)
    test.query_params["rule"] = "density"
    test.run()
    assert test.caption[0].value == "generator"
    assert "True density" not in test.radio[0].options
    assert test.query_params["rule"] in ("density", ["density"])


def test_the_menu_comes_back_to_what_was_left() -> None:
    test = press(app("race", race=SMALL, lens="slope"), "Step")
    test.query_params.clear()
    test.switch_page("critic.py").run()
    test.number_input[0].set_value(0.5).run()
    test.query_params.clear()
    test.switch_page("race.py").run()
    assert not test.exception
    assert "Paused at step 1 " in captions(test)
    assert test.query_params["lens"] == "slope"
    test.query_params.clear()
    test.switch_page("critic.py").run()
    assert test.query_params["point"] == "0.5,0.62"
    assert test.number_input[0].value == 0.5


def test_own_points_of_a_link_are_asked_for() -> None:
    test = app("race", race="own~gan")
    assert "its points were somebody's own" in test.error[0].value
    assert "collapses onto one mode" in test.title[0].value


def test_step_pause_and_reset() -> None:
    test = press(app("race", race=SMALL), "Step")
    assert "Paused at step 1 (1 critic / 1 generator updates" in captions(test)
    press(test, "Critic only")
    assert "(2 critic / 1 generator updates" in captions(test)
    press(test, "Generator only")
    assert "(2 critic / 2 generator updates" in captions(test)
    press(test, "Reset")
    assert "Paused at step 0" in captions(test)


def test_train_and_pause() -> None:
    test = press(app("race"), "Train live")
    assert "Training" in captions(test)
    press(test, "Pause")
    assert "Paused at step" in captions(test)
    assert "Vanilla GAN" in test.title[0].value


def test_a_story_trains_its_race_at_once() -> None:
    test = app("race")
    tell(test, "clip")
    state = test.session_state.race_state
    assert (state.show, state.race) == ("trained", use_cases.STORIES["clip"].race)
    assert "Training" in captions(test)
    press(test, "Pause")
    tell(test, recorded.STORY)
    assert test.session_state.race_state.show == "recorded"


@pytest.mark.parametrize("story", [name for name in use_cases.STORIES if name != "race"])
def test_every_story_has_an_address(story: str) -> None:
    test = app("race", story=story)
    assert test.session_state.race_state.race == use_cases.STORIES[story].race
    assert use_cases.STORIES[story].watch.startswith(test.title[0].value)


def test_the_address_carries_the_race() -> None:
    test = app("race", story="penalise")
    assert test.query_params["race"] == "ring~wgan-gp~sharp"
    again = app("race", race="ring,sigma=0.1~wgan-gp,penalty=1.0")
    state = again.session_state.race_state
    assert state.race.mixture.sigma == 0.1
    assert state.race.lanes[0].training.penalty == 1.0


def test_a_bad_address_is_refused_in_a_sentence() -> None:
    test = app("race", race="ring~transformer")
    assert (
        "A lane is one of gan, wgan-clip, wgan-gp, slow-critic, sharp; found 'transformer'."
        in test.error[0].value
    )
    assert "collapses onto one mode" in test.title[0].value


def opened(test: AppTest, drawer: str) -> AppTest:
    """Open an expander whose content is made only while it is open."""
    test.session_state[f"drawer-{drawer}"] = True
    test.run()
    assert not test.exception
    return test


def test_slow_motion_walks_through_a_step() -> None:
    test = opened(press(app("race", race=SMALL), "Step"), "slow_motion_video")
    press(test, "Take one step")
    assert any("boxed" in element.value for element in test.latex)
    assert "Step 2:" in captions(test)


def test_slow_motion_shows_the_equations_of_the_lane_that_is_chosen() -> None:
    test = opened(app("race"), "slow_motion_video")
    lane = next(box for box in test.selectbox if box.label == "Lane")
    for i, own in enumerate((r"D(\tilde x)", "[-c, c]", r"\lambda")):
        lane.set_value(i).run()
        assert not test.exception
        assert any(own in element.value for element in test.latex)


def test_slow_motion_walks_by_itself_into_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(press(app("race", race=SMALL), "Step"), "slow_motion_video")
    press(test, "Walk by itself")
    monkeypatch.setattr(slow_motion, "SECONDS", 0.0)
    seen = []
    for _ in figures.STAGES:
        test.run()
        assert not test.exception
        seen.append(test.session_state["stage"])
    assert seen[:5] == [1, 2, 3, 4, 5]
    assert "Step 2:" in captions(test)
    press(test, "Hold")


def test_exports_name_the_command_that_makes_the_race_again() -> None:
    test = opened(app("race", race="ring~gan,width=16,batch_size=16"), "download")
    link, command = test.code
    assert "race=ring~gan,batch_size=16,width=16" in link.value
    assert command.value.startswith("python -m wganad_core train mixture")
    assert "--width 16" in command.value


def test_settings_make_another_race() -> None:
    test = opened(app("race"), "tune")
    next(element for element in test.number_input if element.label == "Modes").set_value(5)
    press(test, "Apply and reset")
    assert test.session_state.race_state.race.mixture.n_modes == 5
    assert "Paused at step 0" in captions(test)


def choose(test: AppTest, **values: str) -> AppTest:
    for key, value in values.items():
        next(group for group in test.radio if group.key == key).set_value(value).run()
        assert not test.exception
    return test


def false_alarms(test: AppTest) -> list[float]:
    """The percentages in the title "…: 91.4% false alarms (…) against 2.6% (…)"."""
    return [float(found) for found in re.findall(r"([\d.]+)%", test.title[0].value)]


def test_the_critic_page_opens_with_what_collapse_costs() -> None:
    test = app("critic")
    collapsed, covering = false_alarms(test)
    assert collapsed > 50
    assert covering < 10
    choose(test, model="gan")
    assert false_alarms(test) == [collapsed]
    best = test.dataframe[0].value.iloc[0]["Score"]
    assert best == "True density"


def test_every_rule_of_the_critic_says_why() -> None:
    test = app("critic", model="wgan-gp", rule="critic-interval")
    rules = next(group for group in test.radio if group.key == "rule")
    assert rules.value == "critic-interval"
    assert len(rules.options) == 4


def test_a_point_stays_in_the_address() -> None:
    test = app("critic", model="wgan-gp", rule="density", point="0,1")
    x, y = (next(e for e in test.number_input if e.label == axis) for axis in "xy")
    assert (x.value, y.value) == (0.0, 1.0)
    y.set_value(0.5).run()
    assert test.query_params["point"] == "0,0.5"
    test.query_params.clear()
    test.switch_page("home.py").run()
    test.query_params.clear()  # as a browser does
    test.switch_page("critic.py").run()
    assert test.query_params["point"] == "0,0.5"
    assert test.query_params["model"] == "wgan-gp"


def test_shipped_runs_are_what_the_pages_expect() -> None:
    for method in pretrained.RACE_RUNS:
        run = pretrained.load_run(pretrained.shipped_run(method))
        assert run.lane.training.method == method
        assert max(run.weights) == run.recording.frames[-1].step
