"""The stories and recipes that the app and the command line share: each one can be run."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from tests.test_config import RACES
from wganad_core.config import (
    METHODS,
    AnyNetworkConfig,
    ConfigError,
    ImageConfig,
    LaneConfig,
    MixtureConfig,
    NetworkConfig,
    RaceConfig,
    TrainingConfig,
    WindowConfig,
)
from wganad_core.data.mixture import make_mixture
from wganad_core.methods import make_trainer, networks_of
from wganad_core.methods.evidence import NEIGHBOURS, PLAIN, spaces_of
from wganad_core.use_cases import (
    HAR,
    METHOD_NAMES,
    PAPER,
    RECIPES,
    SHARP,
    SLOW_CRITIC,
    STORIES,
    USE_CASES,
    Story,
    command_line,
    lane_title,
    race_from_text,
    race_to_text,
    recipe_of,
)

X = make_mixture(MixtureConfig(n_samples=500)).x
EVERY_STORY = pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)


@EVERY_STORY
def test_a_story_is_a_valid_race_that_survives_json(story: Story) -> None:
    text = json.dumps(story.race.to_dict(), allow_nan=False)
    assert RaceConfig.from_dict(json.loads(text)) == story.race
    assert story.title
    assert story.watch.endswith(".")


def test_stories_differ() -> None:
    assert len({story.race for story in STORIES.values()}) == len(STORIES)
    assert len({story.title for story in STORIES.values()}) == len(STORIES)


@EVERY_STORY
def test_every_lane_trains(story: Story) -> None:
    for lane in story.race.lanes:
        trainer = make_trainer(X, lane.training, lane.network)
        before = trainer.networks.checksum()
        for _ in range(2):
            trainer.step()
        assert trainer.snapshot().step == 2
        assert trainer.networks.checksum() != before
        assert np.isfinite(trainer.picture()).all()
        assert all(math.isfinite(loss) for loss in trainer.losses.values())


def test_lanes_of_a_story_start_alike() -> None:
    for story in STORIES.values():
        assert len({(lane.network, lane.training.seed) for lane in story.race.lanes}) == 1


def test_every_method_has_a_name_and_the_papers_recipe() -> None:
    assert set(METHOD_NAMES) == set(PAPER) == set(METHODS)
    for method, recipe in PAPER.items():
        assert recipe.method == method


def test_the_papers_figures() -> None:
    gp = PAPER["wgan-gp"]  # Algorithm 2: λ = 10, n_critic = 5, m = 64, α = 1e-4, β = 0.5, 0.9
    assert (gp.penalty, gp.n_critic, gp.batch_size) == (10, 5, 64)
    assert (gp.optimizer, gp.learning_rate, gp.beta1, gp.beta2) == ("adam", 1e-4, 0.5, 0.9)
    clipped = PAPER["wgan-clip"]
    assert (clipped.optimizer, clipped.learning_rate, clipped.clip) == ("rmsprop", 5e-5, 0.01)
    assert PAPER["gan"].generator_loss == "saturating"
    assert TrainingConfig() == gp.replace(steps=TrainingConfig().steps)
    assert (SHARP.method, SHARP.penalty, SHARP.steps) == ("wgan-gp", 0.1, 8_000)


# Data sets of which one class is the anomaly


def shifted(network: AnyNetworkConfig, method: str) -> bool:
    """Whether samples are known well enough for contrastive features: images, nine signals."""
    return isinstance(network, ImageConfig) or (
        method == "contrast" and isinstance(network, WindowConfig) and network.view == "signals"
    )


@pytest.mark.parametrize("name", USE_CASES)
def test_every_method_of_a_use_case_has_networks_and_a_recipe(name: str) -> None:
    case = USE_CASES[name]
    assert case.name == name
    for architecture in case.architectures:
        for method in case.methods:
            recipe, network = case.recipe(method, architecture), case.network(method, architecture)
            assert recipe.method == method
            if method in ("features", "contrast") and not shifted(network, method):
                continue
            made = networks_of(recipe.method, network, torch.Generator().manual_seed(0))
            trained = {"encoder": "encoder", "features": "features", "vae": "encoder"}
            trained["contrast"] = "projection"
            assert trained.get(method, "critic") in made.modules
            # an encoder inverts the generator that was trained before it
            assert network.n_latent == case.network("wgan-gp", architecture).n_latent or (
                method in ("vae", "bigan", "contrast")
            )


@pytest.mark.parametrize("name", USE_CASES)
def test_our_rules_name_evidence_that_there_is(name: str) -> None:
    case = USE_CASES[name]
    assert set(case.ours) <= set(case.architectures)
    known = {*PLAIN, *NEIGHBOURS}
    for config in case.ours.values():
        for rule, pieces in config.rules.items():
            assert rule.startswith("ours")
            assert {piece.partition("/")[0] for piece in pieces} <= known
            assert isinstance(config.n_references, int) or (
                spaces_of(pieces) <= config.n_references.keys()
            )
            assert config.n_peers > 0 or not any("/" in piece for piece in pieces)


def test_an_architecture_looks_at_what_its_networks_are_for() -> None:
    assert {name.partition("/")[0] for name in HAR.networks} == set(HAR.architectures)
    for name, network in HAR.networks.items():
        assert isinstance(network, WindowConfig)
        assert network.architecture == name.partition("/")[0]


# A race as text


@settings(max_examples=50)
@given(RACES)
def test_every_race_survives_its_text(race: RaceConfig) -> None:
    assert race_from_text(race_to_text(race)) == race


def race_of(*trainings: TrainingConfig, **mixture: Any) -> RaceConfig:
    lanes = tuple(LaneConfig(training=training) for training in trainings)
    return RaceConfig(mixture=MixtureConfig(**mixture), lanes=lanes)


@pytest.mark.parametrize(
    ("race", "text"),
    [
        (race_of(PAPER["gan"]), "ring~gan"),
        (race_of(SLOW_CRITIC.replace(seed=1)), "ring~slow-critic,seed=1"),
        (race_of(*PAPER.values()), "ring~gan~wgan-clip~wgan-gp"),
        (race_of(SHARP.replace(seed=3), sigma=0.1), "ring,sigma=0.1~sharp,seed=3"),
        (race_of(PAPER["gan"], name="grid", n_samples=50), "grid,n_samples=50~gan"),
        (
            RaceConfig(
                lanes=(
                    LaneConfig(
                        network=NetworkConfig(width=64, activation="tanh"),
                        training=PAPER["wgan-gp"].replace(decay="linear"),
                    ),
                )
            ),
            "ring~wgan-gp,decay=linear,width=64,activation=tanh",
        ),
    ],
)
def test_the_text_of_a_race_by_hand(race: RaceConfig, text: str) -> None:
    assert race_to_text(race) == text
    assert race_from_text(text) == race


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "name must be one of ring, .*; found ''"),
        ("nowhere~gan", "found 'nowhere'"),
        ("ring", "1 to 3 lanes; found 0"),
        ("ring~gan~gan~gan~gan", "1 to 3 lanes; found 4"),
        ("ring~", "A lane is one of gan, wgan-clip, wgan-gp, slow-critic, sharp; found ''"),
        ("ring~dcgan", "found 'dcgan'"),
        ("ring~gan,penalty", "Expected settings like penalty=0.1; found 'penalty'"),
        ("ring~gan,momentum=1", "TrainingConfig has no setting momentum"),
        ("ring,momentum=1~gan", "MixtureConfig has no setting momentum"),
        ("ring~gan,penalty=NaN", "found nan"),
        ("ring~gan,penalty=", "penalty must be .* found ''"),
        ("ring~gan,seed=true", "found True"),
        ("ring~gan,width=257", "width of a live run is at most 256; found 257"),
    ],
)
def test_other_texts_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        race_from_text(text)


def test_a_whole_number_of_any_length_is_refused_with_a_sentence() -> None:
    with pytest.raises(ConfigError):
        race_from_text(f"ring~gan,width={'9' * 400}")


@pytest.mark.parametrize("name", RECIPES)
def test_a_changed_recipe_is_still_that_recipe(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe_of(recipe) == name
    assert recipe_of(recipe.replace(seed=5, steps=100)) == name


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("gan", "Vanilla GAN"),
        ("slow-critic", "Vanilla GAN · slow D"),
        ("wgan-clip", "Clipped WGAN · c = 0.01"),
        ("wgan-gp", "WGAN-GP · λ = 10"),
        ("sharp", "WGAN-GP · λ = 0.1"),
    ],
)
def test_lanes_are_titled_by_what_sets_them_apart(name: str, title: str) -> None:
    assert lane_title(LaneConfig(training=RECIPES[name])) == title


def test_lanes_of_one_story_have_titles_of_their_own() -> None:
    for story in STORIES.values():
        titles = [lane_title(lane) for lane in story.race.lanes]
        assert len(set(titles)) == len(titles)


# A lane as a shell command (tests/commands/test_command_line.py reads it back)


def test_the_command_of_a_recipe_says_no_more_than_needed() -> None:
    start = "python -m wganad_core train mixture --method"
    for method, recipe in PAPER.items():
        lane = LaneConfig(training=recipe)
        assert command_line(MixtureConfig(), lane) == f"{start} {method}"
    slow = LaneConfig(training=SLOW_CRITIC)
    assert command_line(MixtureConfig(), slow) == f"{start} gan --recipe slow-critic"
    sharp = LaneConfig(training=SHARP, network=NetworkConfig(n_latent=3))
    assert command_line(MixtureConfig(), sharp) == f"{start} wgan-gp --recipe sharp --n-latent 3"


def test_the_command_keeps_the_two_seeds_apart() -> None:
    lane = LaneConfig(training=PAPER["gan"].replace(seed=2))
    assert command_line(MixtureConfig(seed=1), lane).endswith(" --data-seed 1 --seed 2")


def test_the_command_names_the_file_of_own_points() -> None:
    mixture, lane = MixtureConfig(name="own"), LaneConfig(training=PAPER["gan"])
    assert command_line(mixture, lane).endswith(" --method gan --data FILE")
    assert command_line(mixture, lane, "my points.csv").endswith(" --data 'my points.csv'")
