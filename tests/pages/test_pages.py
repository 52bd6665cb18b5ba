"""Every page runs without a browser: what it shows, what its controls do, what it refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages._ui import runtime
from pages._ui.race import state as race_state
from wganad_core import pretrained, use_cases

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def _one_worker() -> Iterator[None]:
    yield
    runtime.worker().stop()
    st.cache_resource.clear()


def app(page: str | None = None, **query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    if page is not None:
        test.switch_page(f"pages/{page}.py").run()
    assert not test.exception
    return test


def captions(test: AppTest) -> str:
    return " ".join(element.value for element in test.caption)


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


def test_the_race_opens_with_the_shipped_recording() -> None:
    test = app("race")
    assert "ships with the app" in captions(test)
    scrubber = test.select_slider[0]
    assert len(scrubber.options) > 20
    earlier = race_state.shipped_runs()[0].recording.frames[2].step
    scrubber.set_value(earlier).run()
    assert not test.exception


def test_step_pause_and_reset() -> None:
    test = press(app("race"), "Step")
    assert "Paused at step 1 (1 critic / 1 generator updates" in captions(test)
    press(test, "Critic only")
    assert "(2 critic / 1 generator updates" in captions(test)
    press(test, "Generator only")
    assert "(2 critic / 2 generator updates" in captions(test)
    press(test, "Reset")
    assert "Paused at step 0" in captions(test)


def test_play_and_pause() -> None:
    test = press(app("race"), "Play")
    assert test.button[0].label == "Pause"
    assert "Training" in captions(test)
    press(test, "Pause")
    assert "Paused at step" in captions(test)


@pytest.mark.parametrize("story", list(use_cases.STORIES))
def test_every_story_sets_up_its_race(story: str) -> None:
    test = app("race")
    if story == "race":
        test.button_group[0].set_value("clip").run()
    test.button_group[0].set_value(story).run()
    assert not test.exception
    state = test.session_state.race_state
    assert state.race == use_cases.STORIES[story].race
    assert not state.shipped
    assert use_cases.STORIES[story].watch in [element.value for element in test.markdown]


def test_the_address_carries_the_race() -> None:
    test = app("race")
    test.button_group[0].set_value("penalise").run()
    assert test.query_params["race"] == "ring~wgan-gp~sharp"
    again = app("race", race="ring,sigma=0.1~wgan-gp,penalty=1.0")
    state = again.session_state.race_state
    assert state.race.mixture.sigma == 0.1
    assert state.race.lanes[0].training.penalty == 1.0


def test_a_bad_address_is_refused_in_a_sentence() -> None:
    test = app("race", race="ring~transformer")
    assert (
        "A lane is one of gan, wgan-clip, wgan-gp, sharp; found 'transformer'."
        in test.error[0].value
    )
    assert "ships with the app" in captions(test)


def opened(test: AppTest, drawer: str) -> AppTest:
    """Open an expander whose content is made only while it is open."""
    test.session_state[f"drawer-{drawer}"] = True
    test.run()
    assert not test.exception
    return test


def test_slow_motion_walks_through_a_step() -> None:
    test = opened(press(app("race"), "Step"), "slow_motion_video")
    press(test, "Take one step")
    assert any("boxed" in element.value for element in test.latex)
    assert "Step 2:" in captions(test)


def test_exports_name_the_command_that_makes_the_race_again() -> None:
    test = opened(app("race", race="ring~gan,width=16,batch_size=16"), "download")
    [command] = test.code
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
        next(group for group in test.button_group if group.key == key).set_value(value).run()
        assert not test.exception
    return test


def flagged_normals(test: AppTest) -> float:
    """The percentage in "All in all 12.3% of normals are flagged"."""
    return float(captions(test).split("All in all ")[1].split("%")[0])


def test_a_collapsed_generator_makes_false_alarms_of_lost_modes() -> None:
    test = choose(app("critic"), model="wgan-gp", rule="generator")
    assert flagged_normals(test) < 10
    choose(test, model="gan")
    assert flagged_normals(test) > 50
    table = test.dataframe[0].value
    assert set(table["score"]) >= {"True density", "Distance to the generator"}
    assert table.iloc[0]["score"] == "True density"


def test_a_point_gets_a_score_and_a_verdict() -> None:
    test = choose(app("critic"), model="wgan-gp", rule="density")
    verdicts = {metric.label: metric.value for metric in test.metric}
    assert (verdicts["Verdict"], verdicts["Truth"]) == ("anomaly", "anomaly")
    x, y = (next(e for e in test.number_input if e.label == axis) for axis in "xy")
    y.set_value(1.0).run()
    assert x.value == 0.0
    verdicts = {metric.label: metric.value for metric in test.metric}
    assert (verdicts["Verdict"], verdicts["Truth"]) == ("normal", "normal")


def test_shipped_runs_are_what_the_pages_expect() -> None:
    for method in pretrained.RACE_RUNS:
        run = pretrained.load_run(pretrained.shipped_run(method))
        assert run.lane.training.method == method
        assert max(run.weights) == run.recording.frames[-1].step
