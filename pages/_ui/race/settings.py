"""Another race: its data, lanes and networks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, get_args

import streamlit as st

from pages._ui.race import own_points
from pages._ui.race import state as race_state
from pages._ui.race.transport import change_race
from pages._ui.widgets import drawer, number, refuse
from wganad_core import use_cases
from wganad_core.config import (
    ACTIVATIONS,
    LIVE_LIMITS,
    MAX_LANES,
    ConfigError,
    Decay,
    GeneratorLoss,
    LaneConfig,
    Method,
    MixtureConfig,
    NetworkConfig,
    Optimizer,
    RaceConfig,
)

DATA_NAMES = {
    "ring": "Ring of Gaussians",
    "ring-8": "Ring of 8",
    "grid": "5 × 5 grid",
    "moons": "Two moons",
    "swiss-roll": "Swiss roll",
    "own": "My own points",
}
# A setting's name, its widget's label, and either what there is to choose from or the lowest and
# the highest number and how it is written.
Field = tuple[Any, ...]
TRAINING: tuple[Field, ...] = (
    ("learning_rate", "Learning rate", 1e-6, 1.0, "%.1e"),
    ("batch_size", "Batch", 1, LIVE_LIMITS["batch_size"], None),
    ("n_critic", "Critic updates a step", 1, LIVE_LIMITS["n_critic"], None),
    ("steps", "Steps", 1, LIVE_LIMITS["steps"], None),
)
OF_METHOD: dict[Method, Field] = {
    "wgan-gp": ("penalty", "Penalty λ", 0.0, 1e6, "%g"),
    "wgan-clip": ("clip", "Clip c", 1e-4, 10.0, "%g"),
}
LOSS: Field = ("generator_loss", "Generator loss", get_args(GeneratorLoss))
MORE_TRAINING: tuple[Field, ...] = (
    ("critic_learning_rate", "Critic's rate (0: the same)", 0.0, 1.0, "%.1e"),
    ("optimizer", "Optimiser", get_args(Optimizer)),
    ("beta1", "β₁", 0.0, 0.9999, "%g"),
    ("beta2", "β₂", 0.0, 0.9999, "%g"),
    ("decay", "Rate decay", get_args(Decay)),
)
NETWORK: tuple[Field, ...] = (
    ("width", "Width", 1, LIVE_LIMITS["width"], None),
    ("depth", "Depth", 1, LIVE_LIMITS["depth"], None),
    ("activation", "Activation", ACTIVATIONS),
)


def settings(state: race_state.RaceState) -> None:
    """Data and lanes; applying them makes a new race."""
    with drawer("Change the race: data, lanes, networks", "tune") as opened:
        if not opened:
            return
        data_column, lanes_column = st.columns([1, 3], gap="large")
        with data_column:
            mixture, own = _data_settings(state)
        with lanes_column:
            before = state.race.lanes
            n_lanes = st.segmented_control(
                "Lanes",
                range(1, MAX_LANES + 1),
                default=len(before),
                required=True,
                key=f"n_lanes-{len(before)}",
            )
            chosen = []
            for i, column in enumerate(st.columns(n_lanes, gap="medium")):
                with column:
                    chosen.append(_lane_settings(i, before[min(i, len(before) - 1)]))
        if st.button("Apply and reset", type="primary", icon=":material/check:"):
            try:
                lanes = tuple(
                    LaneConfig(
                        network=NetworkConfig.from_dict(network),
                        training=use_cases.RECIPES[recipe].replace(**training),
                    )
                    for recipe, network, training in chosen
                )
                race = RaceConfig(mixture=MixtureConfig.from_dict(mixture), lanes=lanes)
            except ConfigError as error:
                refuse(error)
            else:
                change_race(state, race, own=own)
                st.rerun()


def _data_settings(
    state: race_state.RaceState,
) -> tuple[dict[str, Any], race_state.OwnPoints | None]:
    old, names = state.race.mixture, list(DATA_NAMES)
    if state.own is None:
        names.remove("own")
    name = st.selectbox("Data", names, names.index(old.name), format_func=DATA_NAMES.__getitem__)
    if st.button("Draw or upload points", icon=":material/draw:"):
        own_points.dialog(state)
    chosen: dict[str, Any] = {"name": name}
    if name == "own":
        return chosen, state.own
    if name == "ring":
        chosen["n_modes"] = number("Modes", 1, 64, old.n_modes)
    if name.startswith("ring"):
        chosen["radius"] = number("Radius", 0.1, 100.0, old.radius)
    chosen["sigma"] = number(
        "σ", 0.001, 10.0, old.sigma, step=0.01, format="%.3f", help="Noise around each mode."
    )
    return chosen, None


def _lane_settings(i: int, old: LaneConfig) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Recipe name, network settings and the training settings that replace the recipe's."""
    names: dict[str, str] = {
        **use_cases.METHOD_NAMES,
        "slow-critic": "Vanilla GAN, slow critic",
        "sharp": "WGAN-GP, sharp",
    }
    recipes, before = list(use_cases.RECIPES), use_cases.recipe_of(old.training)
    recipe = st.selectbox(
        f"Lane {i + 1}",
        recipes,
        recipes.index(before),
        format_func=names.__getitem__,
        key=f"recipe-{i}-{use_cases.race_to_text(RaceConfig(lanes=(old,)))}",
    )
    start = old.training if before == recipe else use_cases.RECIPES[recipe]
    ask, own = partial(_ask, f"{i}-{recipe}-{hash(start)}"), OF_METHOD.get(start.method)
    training = {"seed": start.seed, **ask(start, [*TRAINING, own] if own else TRAINING)}
    with st.popover("More", width="stretch"):
        training |= ask(start, [LOSS, *MORE_TRAINING] if start.method == "gan" else MORE_TRAINING)
        network = ask(old.network, NETWORK)
    return recipe, network, training


def _ask(place: str, before: Any, fields: Sequence[Field]) -> dict[str, Any]:
    """A widget for each of the fields, at its value in `before`; what was chosen, by name."""
    chosen: dict[str, Any] = {}
    for name, label, *choice in fields:
        value, key = getattr(before, name), f"{label}-{place}"
        if len(choice) == 1:
            [options] = choice
            chosen[name] = st.selectbox(label, options, options.index(value), key=key)
        else:
            low, high, form = choice
            step = None if isinstance(low, int) else value / 2 or 0.1
            chosen[name] = number(label, low, high, value, step=step, format=form, key=key)
    return chosen
