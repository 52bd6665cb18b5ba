"""Every address of a race is a page or a sentence, with the drawer open that shows its numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import app_pages
from wganad_core import use_cases
from wganad_core.config import ConfigError, RaceConfig

NAMES = st.sampled_from(["ring", "grid", "moons", "swiss-roll", "ring-8", "own", "x", ""])
RECIPES = st.sampled_from(["gan", "wgan-gp", "wgan-clip", "slow-critic", "sharp", "", "x"])
KEYS = st.sampled_from(
    "n_modes radius sigma n_samples seed learning_rate beta1 beta2 batch_size n_critic steps "  # noqa: SIM905
    "penalty clip optimizer decay generator_loss width depth activation n_latent method x".split()
)
VALUES = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from(["", "adam", "relu", "gan", "true", "None", "[" * 1_100, "1_000", "0x1", "é"]),
    st.text(max_size=5),
)
SETTINGS = st.lists(st.tuples(KEYS, VALUES).map("=".join), max_size=2)
PARTS = st.tuples(RECIPES, SETTINGS).map(lambda part: ",".join([part[0], *part[1]]))
ADDRESSES = st.tuples(NAMES, SETTINGS, st.lists(PARTS, max_size=4)).map(
    lambda found: "~".join([",".join([found[0], *found[1]]), *found[2]])
)


@settings(max_examples=500)
@given(ADDRESSES)
def test_an_address_is_a_race_or_refused_in_a_sentence(text: str) -> None:
    try:
        race = use_cases.race_from_text(text)
    except ConfigError:
        return
    assert isinstance(race, RaceConfig)
    assert use_cases.race_from_text(use_cases.race_to_text(race)) == race


@pytest.mark.parametrize(
    "race",
    [
        "ring,radius=2~sharp,penalty=10",
        "ring,sigma=0.0001~gan,learning_rate=1",
        "ring,sigma=500,radius=1000~wgan-clip,clip=50",
        "ring~gan,beta1=0,seed=50000",
        "ring~gan,seed=" + "[" * 1_100,
        "own~gan",
    ],
)
def test_the_page_of_an_address(page_workers: None, race: str) -> None:
    test = app_pages.opened("race.py", race=race)
    test.session_state["drawer-tune"] = True
    test.run()
    assert not test.exception
    assert len(test.error) <= 1
