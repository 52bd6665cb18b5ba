"""Settings: what is refused and how it is said, and the way through JSON and back."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import given

from wganad_core.config import (
    ACTIVATIONS,
    ARCHITECTURES,
    LIVE_LIMITS,
    MAX_LANES,
    METHODS,
    MIXTURES,
    ConfigError,
    Decay,
    GeneratorLoss,
    ImageConfig,
    LaneConfig,
    MixtureConfig,
    NetworkConfig,
    Optimizer,
    RaceConfig,
    RuleConfig,
    TrainingConfig,
    WindowConfig,
)


def numbers(low: float, high: float, *, exclude_min: bool = False) -> st.SearchStrategy[float]:
    return st.floats(low, high, exclude_min=exclude_min)


SEEDS = st.integers(0, 2**32 - 1)

MIXTURE_CONFIGS = st.builds(
    MixtureConfig,
    name=st.sampled_from(MIXTURES),
    n_modes=st.integers(1, 64),
    radius=numbers(0, 100, exclude_min=True),
    sigma=numbers(0, 100, exclude_min=True),
    n_samples=st.integers(2, 10_000_000),
    seed=SEEDS,
)


def network_configs(width: int = 4096, depth: int = 16) -> st.SearchStrategy[NetworkConfig]:
    return st.builds(
        NetworkConfig,
        n_features=st.just(2),
        n_latent=st.integers(1, 64),
        width=st.integers(1, width),
        depth=st.integers(1, depth),
        activation=st.sampled_from(ACTIVATIONS),
    )


SIZES = st.integers(1, 4096)
IMAGE_CONFIGS = st.builds(ImageConfig, n_latent=SIZES, critic_width=SIZES, hidden=SIZES)
WINDOW_CONFIGS = st.builds(
    WindowConfig,
    architecture=st.sampled_from(ARCHITECTURES),
    n_latent=SIZES,
    width=SIZES,
    hidden=SIZES,
    features=SIZES,
)


def training_configs(
    batch_size: int = 65_536, n_critic: int = 1000, steps: int = 100_000_000
) -> st.SearchStrategy[TrainingConfig]:
    return st.builds(
        TrainingConfig,
        method=st.sampled_from(METHODS),
        generator_loss=st.sampled_from(get_args(GeneratorLoss)),
        optimizer=st.sampled_from(get_args(Optimizer)),
        learning_rate=numbers(0, 10, exclude_min=True),
        critic_learning_rate=numbers(0, 10),
        beta1=numbers(0, 0.9999),
        beta2=numbers(0, 0.99999),
        batch_size=st.integers(1, batch_size),
        n_critic=st.integers(1, n_critic),
        penalty=numbers(0, 1e6),
        clip=numbers(0, 1e3, exclude_min=True),
        decay=st.sampled_from(get_args(Decay)),
        average=numbers(0, 0.99999),
        steps=st.integers(1, steps),
        seed=SEEDS,
    )


LIVE_LANES = st.builds(
    LaneConfig,
    network=network_configs(LIVE_LIMITS["width"], LIVE_LIMITS["depth"]),
    training=training_configs(64, 5, LIVE_LIMITS["steps"]),
)
RACES = st.builds(
    RaceConfig,
    mixture=MIXTURE_CONFIGS.map(lambda one: one.replace(n_samples=min(one.n_samples, 200_000))),
    lanes=st.lists(LIVE_LANES, min_size=1, max_size=MAX_LANES).map(tuple),
)


def test_a_live_run_has_a_bound_of_samples() -> None:
    with pytest.raises(ConfigError, match="at most 200,000; found 10,000,000"):
        RaceConfig(mixture=MixtureConfig(n_samples=10_000_000))


LANES = st.builds(LaneConfig, network=network_configs(), training=training_configs())


@given(
    st.one_of(
        MIXTURE_CONFIGS,
        network_configs(),
        IMAGE_CONFIGS,
        WINDOW_CONFIGS,
        training_configs(),
        LANES,
        RACES,
    )
)
def test_every_config_survives_json(config: Any) -> None:
    text = json.dumps(config.to_dict(), allow_nan=False)
    assert type(config).from_dict(json.loads(text)) == config


def test_what_an_architecture_sees_of_a_window() -> None:
    configs = [WindowConfig(architecture=architecture) for architecture in ARCHITECTURES]
    found = {c.architecture: (c.view, c.shape, c.n_features) for c in configs}
    assert found == {
        "dense": ("total", (3, 128), 384),
        "recurrence": ("recurrence", (9, 32, 32), 9216),
        "conv": ("signals", (9, 128), 1152),
        "recurrent": ("signals", (9, 128), 1152),
    }


def test_equal_settings_are_equal_hashable_and_frozen() -> None:
    assert len({RaceConfig(), RaceConfig(), RaceConfig(mixture=MixtureConfig(seed=1))}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        MixtureConfig().seed = 3  # type: ignore[misc]


def test_replace_changes_one_setting_and_checks_it() -> None:
    config = TrainingConfig(method="gan", steps=7)
    changed = config.replace(steps=8)
    assert changed == TrainingConfig(method="gan", steps=8)
    assert config.steps == 7
    with pytest.raises(ConfigError, match="steps"):
        config.replace(steps=0)


@pytest.mark.parametrize("kind", [MixtureConfig, NetworkConfig, TrainingConfig])
def test_an_unknown_setting_is_named_beside_the_known_ones(kind: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        kind.from_dict({"seed": 1, "wdith": 3})
    assert f"{kind.__name__} has no setting" in str(caught.value)
    assert "wdith" in str(caught.value)
    for field in dataclasses.fields(kind):
        assert field.name in str(caught.value).partition("knows")[2]


def test_an_unknown_setting_inside_a_lane_is_named() -> None:
    values = RaceConfig().to_dict()
    values["lanes"][0]["training"]["momentum"] = 0.9
    with pytest.raises(ConfigError, match="TrainingConfig has no setting momentum"):
        RaceConfig.from_dict(values)


# Setting, the values at its bounds (allowed), the values just beyond (refused).
WHOLE: list[tuple[Any, str, tuple[int, ...], tuple[int, ...]]] = [
    (MixtureConfig, "n_modes", (1, 64), (0, 65)),
    (MixtureConfig, "n_samples", (2, 10_000_000), (1, 10_000_001)),
    (MixtureConfig, "seed", (0,), (-1,)),
    (NetworkConfig, "n_features", (1, 100_000), (0, 100_001)),
    (NetworkConfig, "n_latent", (1, 4096), (0, 4097)),
    (NetworkConfig, "width", (1, 4096), (0, 4097)),
    (NetworkConfig, "depth", (1, 16), (0, 17)),
    (WindowConfig, "n_latent", (1, 4096), (0, 4097)),
    (WindowConfig, "width", (1, 4096), (0, 4097)),
    (WindowConfig, "hidden", (1, 4096), (0, 4097)),
    (WindowConfig, "features", (1, 4096), (0, 4097)),
    (TrainingConfig, "batch_size", (1, 65_536), (0, 65_537)),
    (TrainingConfig, "n_critic", (1, 1000), (0, 1001)),
    (TrainingConfig, "steps", (1, 100_000_000), (0, 100_000_001)),
    (TrainingConfig, "seed", (0,), (-1,)),
]
REAL: list[tuple[Any, str, tuple[float, ...], tuple[float, ...]]] = [
    (MixtureConfig, "radius", (1e-9, 100), (0, -1.0, 100.5)),
    (MixtureConfig, "sigma", (1e-9, 100), (0, -0.05, 100.5)),
    (TrainingConfig, "learning_rate", (1e-12, 10), (0, -1e-4, 10.5)),
    (TrainingConfig, "critic_learning_rate", (0, 10), (-1e-4, 10.5)),
    (TrainingConfig, "beta1", (0, 0.9999), (-0.1, 1)),
    (TrainingConfig, "beta2", (0, 0.99999), (-0.1, 1)),
    (TrainingConfig, "penalty", (0, 1e6), (-1, 1.5e6)),
    (TrainingConfig, "clip", (1e-9, 1e3), (0, -0.01, 1001)),
    (TrainingConfig, "average", (0, 0.99999), (-0.1, 1)),
    (TrainingConfig, "weight_decay", (0, 10), (-0.1, 10.5)),
]
CHOICE: list[tuple[Any, str]] = [
    (MixtureConfig, "name"),
    (NetworkConfig, "activation"),
    (WindowConfig, "architecture"),
    (TrainingConfig, "method"),
    (TrainingConfig, "generator_loss"),
    (TrainingConfig, "optimizer"),
    (TrainingConfig, "decay"),
    (TrainingConfig, "precision"),
]


def test_scales_are_numbers_above_0() -> None:
    assert WindowConfig(scales=[1.0, 2.5, 0.1]).scales == (1.0, 2.5, 0.1)  # type: ignore[arg-type]
    for wrong in ((1.0, 0.0, 1.0), (1.0, -1.0), (math.nan,), (math.inf,), ("1",)):
        with pytest.raises(ConfigError, match="scales must be numbers above 0; found"):
            WindowConfig(scales=wrong)  # type: ignore[arg-type]


def test_the_tables_below_cover_every_setting() -> None:
    covered = {(kind, name) for kind, name, *_ in [*WHOLE, *REAL, *CHOICE]}
    covered |= {(WindowConfig, "scales")}  # above
    kinds = (MixtureConfig, NetworkConfig, WindowConfig, TrainingConfig)
    assert covered == {(kind, f.name) for kind in kinds for f in dataclasses.fields(kind)}


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, name, inside, _ in [*WHOLE, *REAL] for value in inside],
)
def test_a_value_at_its_bound_is_allowed(kind: Any, name: str, value: float) -> None:
    assert getattr(kind(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, name, _, outside in [*WHOLE, *REAL] for value in outside]
    + [
        (kind, name, value)
        for kind, name, *_ in REAL
        for value in (math.nan, math.inf, -math.inf, "0.5", None, True)
    ]
    + [
        (kind, name, value)
        for kind, name, *_ in WHOLE
        for value in (math.nan, math.inf, "3", None, True, 3.0, 2.5)
    ]
    + [(kind, name, value) for kind, name in CHOICE for value in ("nonsense", "", None, 1, True)],
)
def test_a_bad_value_is_refused_naming_the_setting_and_the_value(
    kind: Any, name: str, value: Any
) -> None:
    with pytest.raises(ConfigError) as caught:
        kind(**{name: value})
    message = str(caught.value)
    assert message.startswith(f"{name} must be ")
    assert message.endswith(f"found {value!r}.")


@pytest.mark.parametrize(("kind", "name"), CHOICE)
def test_a_bad_choice_lists_the_good_ones(kind: Any, name: str) -> None:
    with pytest.raises(ConfigError, match=f"one of .*{getattr(kind(), name)}"):
        kind(**{name: "nonsense"})


def test_bounds_are_said_in_words() -> None:
    with pytest.raises(ConfigError) as open_low:
        TrainingConfig(clip=0)
    assert str(open_low.value) == "clip must be a number above 0 and at most 1,000; found 0."
    with pytest.raises(ConfigError) as wide:
        TrainingConfig(seed=-1)
    assert (
        str(wide.value) == "seed must be a number at least 0 and at most 4,294,967,295; found -1."
    )


@pytest.mark.parametrize("n_lanes", [1, 2, 3])
def test_a_race_takes_one_to_three_lanes(n_lanes: int) -> None:
    assert len(RaceConfig(lanes=(LaneConfig(),) * n_lanes).lanes) == n_lanes


@pytest.mark.parametrize("lanes", [5, None, "gan", {}])
def test_lanes_are_a_list(lanes: object) -> None:
    with pytest.raises(ConfigError, match="lanes of a race are a list; found"):
        RaceConfig.from_dict({**RaceConfig().to_dict(), "lanes": lanes})


@pytest.mark.parametrize("method", ["encoder", "bigan"])
def test_one_row_has_no_spread(method: str) -> None:
    """Batch normalisation ended in an error of PyTorch's at the first step."""
    with pytest.raises(ConfigError, match="batch_size must be a number at least 2"):
        TrainingConfig(method=method, batch_size=1)


@pytest.mark.parametrize("n_lanes", [0, 4])
def test_a_race_refuses_other_numbers_of_lanes(n_lanes: int) -> None:
    with pytest.raises(ConfigError, match=f"1 to 3 lanes; found {n_lanes}"):
        RaceConfig(lanes=(LaneConfig(),) * n_lanes)


def lane_with(name: str, value: int) -> LaneConfig:
    if name in ("width", "depth"):
        return LaneConfig(network=NetworkConfig(**{name: value}))  # type: ignore[arg-type]
    return LaneConfig(training=TrainingConfig(**{name: value}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "highest"),
    [("width", 256), ("depth", 4), ("batch_size", 1024), ("n_critic", 20), ("steps", 200_000)],
)
def test_a_live_run_is_limited_where_the_command_line_is_not(name: str, highest: int) -> None:
    RaceConfig(lanes=(lane_with(name, highest),))
    larger = lane_with(name, highest + 1)  # a lane by itself may be larger
    with pytest.raises(ConfigError) as caught:
        RaceConfig(lanes=(LaneConfig(), larger))
    assert f"{name} of a live run is at most {highest:,}; found {highest + 1:,}" in str(
        caught.value
    )


RULES: dict[str, Any] = {"rules": {"ours": ("critic", "near-latent")}, "k": 3, "n_references": 9}


def test_rules_come_back_from_json():
    rules = RuleConfig(**RULES, everywhere=("ours",), n_axes={"critic": 4}, join="logs", bits=4)
    assert RuleConfig.from_dict(json.loads(json.dumps(rules.to_dict()))) == rules


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({"rules": {}}, "rules must name pieces of evidence"),
        ({"rules": {"ours": ()}}, "rules must name pieces of evidence"),
        ({"everywhere": ("theirs",)}, "everywhere some of the rules"),
        ({"k": 0}, "k must be a number at least 1"),
        ({"join": "product"}, "join must be one of mean, logs, squares"),
        ({"bits": 5}, "bits must be one of 4, 8, 32"),
        ({"n_references": "many"}, "n_references and n_axes must be whole numbers above 0"),
        ({"n_references": {"critic": 0}}, "n_references and n_axes must be whole numbers"),
        ({"n_axes": {"critic": 2.5}}, "n_references and n_axes must be whole numbers"),
    ],
)
def test_rules_that_cannot_be_are_refused(bad: dict[str, Any], sentence: str):
    with pytest.raises(ConfigError, match=sentence):
        RuleConfig(**{**RULES, **bad})
