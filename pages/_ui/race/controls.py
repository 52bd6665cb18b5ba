"""The race page's controls: stories, transport, lenses, settings, exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, get_args

import streamlit as st

from pages._ui import linked, runtime
from pages._ui.chart import live_chart
from pages._ui.race import state as race_state
from wganad_core import use_cases
from wganad_core.config import (
    ACTIVATIONS,
    LIVE_LIMITS,
    MAX_LANES,
    ConfigError,
    Decay,
    GeneratorLoss,
    LaneConfig,
    MixtureConfig,
    NetworkConfig,
    Optimizer,
    RaceConfig,
)
from wganad_core.data import DataError
from wganad_core.data.mixture import clouds
from wganad_core.data.own.points import read_points
from wganad_core.figures import drawing, export
from wganad_core.figures.race import Curves, Lens, View
from wganad_core.live.messages import RaceView

SPEEDS = {"1 step/s": 1.0, "10 steps/s": 10.0, "100 steps/s": 100.0, "full speed": 0.0}
DATA_NAMES = {
    "ring": "Ring of Gaussians",
    "ring-8": "Ring of 8",
    "grid": "5 × 5 grid",
    "moons": "Two moons",
    "swiss-roll": "Swiss roll",
    "own": "My own points",
}


@contextmanager
def drawer(label: str, icon: str) -> Iterator[bool]:
    """An expander whose content is made only while it is open (the value tells)."""
    made = st.expander(label, icon=f":material/{icon}:", key=f"drawer-{icon}", on_change="rerun")
    with made:
        yield bool(made.open)


def stories(state: race_state.RaceState) -> None:
    """One-click races with a point, and what to watch in the chosen one."""
    names = list(use_cases.STORIES)

    def choose() -> None:
        name = st.session_state.story_choice
        if name is not None:
            change_race(state, use_cases.STORIES[name].race, story=name)

    st.pills(
        "Stories",
        names,
        format_func=lambda name: use_cases.STORIES[name].title,
        default=state.story if "story_choice" not in st.session_state else None,
        key="story_choice",
        on_change=choose,
        label_visibility="collapsed",
        width="stretch",
    )


def change_race(
    state: race_state.RaceState, race: RaceConfig, story: str | None = None, own: Any = None
) -> None:
    """Replace the race by another, untrained one; if that is refused, the old one stays."""

    def replace() -> None:
        race_state.open_live(state, race, own)
        state.story = story
        st.session_state.pop("trace", None)

    attempt(state, replace)


def attempt(state: race_state.RaceState, action: Callable[[], Any]) -> None:
    """Carry out a command; a refusal is shown at the top of the page."""
    try:
        action()
    except runtime.REFUSALS as error:
        state.problem = str(error)


def transport(state: race_state.RaceState, live: RaceView | None) -> None:
    """Play or pause, single steps, reset, speed, seed."""
    running = live is not None and (live.playing or live.place > 0)
    finished = live is not None and live.finished

    def play() -> None:
        speed = SPEEDS[st.session_state.get("speed", "full speed")]

        def start() -> None:
            if race_state.view(state) is None:
                race_state.open_live(state, state.race, state.own)
            race_state.command("play", speed=speed)

        attempt(state, start)

    def advance(what: str) -> None:
        def move() -> None:
            if race_state.view(state) is None:
                race_state.open_live(state, state.race, state.own)
            race_state.command("advance", what=what)

        attempt(state, move)

    def change_speed() -> None:
        if running:
            play()

    def reseed() -> None:
        seed = st.session_state.seed
        lanes = tuple(
            lane.replace(training=lane.training.replace(seed=seed)) for lane in state.race.lanes
        )
        change_race(state, state.race.replace(lanes=lanes), state.story, state.own)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if running:
            st.button(
                "Pause",
                icon=":material/pause:",
                type="primary",
                shortcut="Space",
                on_click=lambda: attempt(state, partial(race_state.command, "pause")),
            )
        else:
            st.button(
                "Play",
                icon=":material/play_arrow:",
                type="primary",
                shortcut="Space",
                on_click=play,
                disabled=finished,
            )
        for what, label, icon, key, meaning in (
            ("step", "Step", "skip_next", "S", "One step of every lane: critic, then generator."),
            ("critic", "Critic only", "gavel", "D", "One critic update; the generator waits."),
            (
                "generator",
                "Generator only",
                "brush",
                "G",
                "One generator update; the critic waits.",
            ),
        ):
            st.button(
                label,
                icon=f":material/{icon}:",
                shortcut=key,
                help=meaning,
                on_click=advance,
                args=(what,),
                disabled=running or finished,
            )
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            help="Back to untrained networks.",
            on_click=change_race,
            args=(state, state.race, state.story, state.own),
        )
        st.selectbox(
            "Speed",
            list(SPEEDS),
            index=len(SPEEDS) - 1,
            key="speed",
            on_change=change_speed,
            width=150,
        )
        st.number_input(
            "Seed",
            0,
            10_000,
            value=state.race.lanes[0].training.seed,
            key="seed",
            on_change=reseed,
            width=130,
        )


def lenses() -> View:
    """What is drawn under and over the samples; kept in the URL."""
    lens_names: dict[Lens, str] = {
        "critic": "Critic f (or D)",
        "slope": "Slope ‖∇f‖",
        "optimal": "Optimal D*",
        "none": "None",
    }
    curve_names: dict[Curves, str] = {
        "distances": "Distances",
        "losses": "Losses",
        "divergence": "Divergence",
    }
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        lens = linked.choice(
            "Lens",
            lens_names,
            key="lens",
            default="critic",
            help="‖∇f‖ is the Lipschitz lens: under a gradient penalty it stays near 1. D* is "
            "P_r/(P_r+P_θ), eq. 4: the best possible discriminator for these samples.",
        )
        curves = linked.choice(
            "Curves",
            curve_names,
            key="curves",
            default="distances",
            help="Exact W₁ is computed on 320 samples; two such samples of the data itself are "
            "about 0.15 apart, so that is its floor. A vanilla GAN has no estimate of W.",
        )
        arrows = st.toggle("Gradient arrows", key="arrows", bind="query-params")
        manifold = st.toggle("Latent grid", key="manifold", bind="query-params")
        data = st.toggle("Data", value=True, key="data", bind="query-params")
    return View(lens=lens, curves=curves, arrows=arrows, manifold=manifold, data=data)


def settings(state: race_state.RaceState) -> None:
    """Data and lanes; applying them makes a new race."""
    with drawer("Change the race: data, lanes, networks", "tune") as opened:
        if not opened:
            return
        data_column, lanes_column = st.columns([1, 3], gap="large")
        with data_column:
            mixture, own = _data_settings(state)
        with lanes_column:
            n_lanes = st.segmented_control(
                "Lanes",
                range(1, MAX_LANES + 1),
                default=len(state.race.lanes),
                required=True,
                key=f"n_lanes-{len(state.race.lanes)}",
            )
            columns = st.columns(n_lanes, gap="medium")
            settings_of_lanes = []
            for i, column in enumerate(columns):
                with column:
                    old = state.race.lanes[min(i, len(state.race.lanes) - 1)]
                    settings_of_lanes.append(_lane_settings(i, old))
        if st.button("Apply and reset", type="primary", icon=":material/check:"):
            try:
                lanes = tuple(
                    LaneConfig(
                        network=NetworkConfig.from_dict(network),
                        training=use_cases.RECIPES[recipe].replace(**training),
                    )
                    for recipe, network, training in settings_of_lanes
                )
                race = RaceConfig(mixture=MixtureConfig.from_dict(mixture), lanes=lanes)
            except ConfigError as error:
                st.error(str(error))
            else:
                change_race(state, race, own=own)
                st.rerun()


def _data_settings(state: race_state.RaceState) -> tuple[dict[str, Any], Any]:
    old = state.race.mixture
    name = st.selectbox(
        "Data",
        list(DATA_NAMES),
        format_func=DATA_NAMES.__getitem__,
        index=list(DATA_NAMES).index(old.name),
    )
    chosen: dict[str, Any] = {"name": name}
    if name == "own":
        return chosen, own_points()
    if name == "ring":
        chosen["n_modes"] = st.number_input("Modes", 1, 64, old.n_modes)
    if name.startswith("ring"):
        chosen["radius"] = st.number_input("Radius", 0.1, 100.0, old.radius)
    chosen["sigma"] = st.number_input(
        "σ", 0.001, 10.0, old.sigma, step=0.01, format="%.3f", help="Noise around each mode."
    )
    return chosen, None


def own_points() -> Any:
    """Points from a CSV, or drawn by clicking: each click adds a small cloud."""
    upload = st.file_uploader("Two columns: x, y", type="csv")
    if upload is not None:
        try:
            return read_points(upload)
        except DataError as error:
            st.error(str(error))
            return None
    st.caption("Or click in the square: every click adds a small cloud of 200 points.")
    clicks: list[tuple[float, float]] = st.session_state.setdefault("drawn", [])
    events = live_chart(drawing.drawing_figure(clicks), key="draw", alt="Your clouds of points")
    if events.click is not None:
        clicks.append((float(events.click["x"]), float(events.click["y"])))
        st.rerun()
    if st.button("Clear", disabled=not clicks):
        clicks.clear()
        st.rerun()
    return clouds(clicks) if clicks else None


def _lane_settings(i: int, old: LaneConfig) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Recipe name, network settings and the training settings that replace the recipe's."""
    names: dict[str, str] = {**use_cases.METHOD_NAMES, "sharp": "WGAN-GP, sharp"}
    recipe = st.selectbox(
        f"Lane {i + 1}",
        list(use_cases.RECIPES),
        format_func=names.__getitem__,
        index=list(use_cases.RECIPES).index(use_cases.recipe_of(old.training)),
        key=f"recipe-{i}-{use_cases.race_to_text(RaceConfig(lanes=(old,)))}",
    )
    start = use_cases.RECIPES[recipe]
    if use_cases.recipe_of(old.training) == recipe:
        start = old.training
    place = f"{i}-{recipe}-{hash(start)}"
    number = partial(_number, place)
    training: dict[str, Any] = {
        "learning_rate": number("Learning rate", start.learning_rate, 1e-6, 1.0, "%.1e"),
        "batch_size": number("Batch", start.batch_size, 1, LIVE_LIMITS["batch_size"]),
        "n_critic": number("Critic updates a step", start.n_critic, 1, LIVE_LIMITS["n_critic"]),
        "steps": number("Steps", start.steps, 1, LIVE_LIMITS["steps"]),
        "seed": start.seed,
    }
    if start.method == "wgan-gp":
        training["penalty"] = number("Penalty λ", start.penalty, 0.0, 1e6, "%g")
    if start.method == "wgan-clip":
        training["clip"] = number("Clip c", start.clip, 1e-4, 10.0, "%g")
    with st.popover("More", width="stretch"):
        choice = partial(_choice, place)
        if start.method == "gan":
            kinds = get_args(GeneratorLoss)
            training["generator_loss"] = choice("Generator loss", kinds, start.generator_loss)
        training["optimizer"] = choice("Optimiser", get_args(Optimizer), start.optimizer)
        training["beta1"] = number("β₁", start.beta1, 0.0, 0.9999, "%g")
        training["beta2"] = number("β₂", start.beta2, 0.0, 0.9999, "%g")
        training["decay"] = choice("Rate decay", get_args(Decay), start.decay)
        network: dict[str, Any] = {
            "width": number("Width", old.network.width, 1, LIVE_LIMITS["width"]),
            "depth": number("Depth", old.network.depth, 1, LIVE_LIMITS["depth"]),
            "activation": choice("Activation", ACTIVATIONS, old.network.activation),
        }
    return recipe, network, training


def _number(
    place: str, label: str, value: Any, low: Any, high: Any, form: str | None = None
) -> Any:
    step = None if isinstance(value, int) else value / 2 or 0.1
    return st.number_input(label, low, high, value, step=step, format=form, key=f"{label}-{place}")


def _choice(place: str, label: str, options: tuple[str, ...], value: str) -> str:
    return st.selectbox(label, options, index=options.index(value), key=f"{label}-{place}")


def exports(state: race_state.RaceState, live: RaceView | None) -> None:
    """The run as a file, and the commands that reproduce it."""
    with drawer("Export", "download") as opened:
        if not opened:
            return
        if live is not None and live.playing:
            st.write("Pause the race to export it.")
            return
        lanes = race_state.drawings(state, live, None)
        titles, methods = [lane.title for lane in lanes], [lane.method for lane in lanes]
        recordings, mixture = race_state.recordings(live), race_state.data(state)

        def make(write: Callable[..., bytes]) -> bytes:
            return write(titles, methods, recordings(), mixture)

        with st.container(horizontal=True):
            st.download_button(
                "Interactive page (HTML)",
                partial(make, export.race_html),
                "race.html",
                "text/html",
                on_click="ignore",
                icon=":material/web:",
                help="One file with a play button; opens anywhere, without a network.",
            )
            st.download_button(
                "Animation (GIF)",
                partial(make, export.race_gif),
                "race.gif",
                "image/gif",
                on_click="ignore",
                icon=":material/gif_box:",
            )
        st.caption(
            "The buttons at the top right of the picture save it as PNG or SVG. From the shell:"
        )
        commands = [use_cases.command_line(state.race.mixture, lane) for lane in state.race.lanes]
        st.code("\n".join(commands), language="bash")
