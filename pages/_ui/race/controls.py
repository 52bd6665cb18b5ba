"""The race page's controls: stories, transport, lenses, settings, exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, get_args

import numpy as np
import streamlit as st

from pages._ui import anatomy, linked, reading, runtime
from pages._ui.chart import live_chart
from pages._ui.race import state as race_state
from pages._ui.widgets import download, refuse
from wganad_core import browser, use_cases
from wganad_core.config import (
    ACTIVATIONS,
    LIVE_LIMITS,
    MAX_LANES,
    MAX_SEED,
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
from wganad_core.data import DataError
from wganad_core.data.mixture import clouds
from wganad_core.data.own.points import near_unit
from wganad_core.figures import export
from wganad_core.figures.race import Curves, LaneRecord, Layers, Lens, clouds_figure
from wganad_core.live.messages import RaceView
from wganad_core.records import FloatArray

SPEEDS = {"1 step/s": 1.0, "10 steps/s": 10.0, "100 steps/s": 100.0, "full speed": 0.0}
DATA_NAMES = {
    "ring": "Ring of Gaussians",
    "ring-8": "Ring of 8",
    "grid": "5 × 5 grid",
    "moons": "Two moons",
    "swiss-roll": "Swiss roll",
    "own": "My own points",
}
LENSES: dict[Lens, str] = {
    "critic": "Critic f (or D)",
    "slope": "Slope ‖∇f‖",
    "optimal": "Optimal D*",
    "none": "None",
}
CURVES: dict[Curves, str] = {
    "distances": "Distances",
    "losses": "Losses",
    "divergence": "Divergence",
}
# What may be drawn, its label, and whether it usually is.
SWITCHES = (
    ("arrows", "Gradient arrows", False),
    ("manifold", "Latent grid", False),
    ("data", "Data", True),
)
# What is updated, its button's label, icon, key and meaning.
UPDATES = (
    ("step", "Step", "skip_next", "S", "One step of every lane: critic, then generator."),
    ("critic", "Critic only", "gavel", "D", "One critic update; the generator waits."),
    ("generator", "Generator only", "brush", "G", "One generator update; the critic waits."),
)

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


@contextmanager
def drawer(label: str, icon: str) -> Iterator[bool]:
    """An expander whose content is made only while it is open (the value tells)."""
    made = st.expander(label, icon=f":material/{icon}:", key=f"drawer-{icon}", on_change="rerun")
    with made:
        yield bool(made.open)


def choices(state: race_state.RaceState, live: RaceView | None) -> None:
    """The line above the picture: train or pause, which race, through which lens, and the rest."""
    with anatomy.choices():
        if state.show == "recorded":
            if state.live:
                _button("My race", "sports_score", partial(_attempt_looking, state))
            else:
                help = "The same race, trained on this machine; the recording stays."
                _button("Train live", "play_arrow", partial(_start, state, "play"), help=help)
        else:
            transport(state, live)
        stories(state)
        lens = linked.in_words("Lens", LENSES, key="lens", default="critic")
        with st.popover("More", icon=":material/tune:"):
            state.layers = _layers(lens)
            if state.show == "trained":
                _rare_transport(state, live)


def _button(label: str, icon: str, action: Callable[..., None], **more: Any) -> None:
    st.button(label, icon=f":material/{icon}:", on_click=action, **more)


def stories(state: race_state.RaceState) -> None:
    """One-click races with a point."""

    def choose() -> None:
        name = st.session_state.story_choice
        if name == race_state.RECORDED:
            race_state.look_at_recording(state)
        elif name is not None:
            change_race(state, use_cases.STORIES[name].race, story=name)
            _start(state, "play")

    titles = {name: story.title for name, story in use_cases.STORIES.items()}
    titles[race_state.RECORDED] = "The recorded race"
    now = race_state.RECORDED if state.show == "recorded" else state.story
    with st.popover(f"Race **{titles.get(now or '', 'my own')}**"):
        names = list(titles)
        st.radio(
            "Race",
            names,
            names.index(now) if now in names else None,
            titles.__getitem__,
            captions=[story.watch for story in use_cases.STORIES.values()],
            key="story_choice",
            on_change=choose,
            label_visibility="collapsed",
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


def _attempt_looking(state: race_state.RaceState) -> None:
    attempt(state, partial(race_state.look_at_trained, state))


def _start(state: race_state.RaceState, op: str, **arguments: Any) -> None:
    """Carry out a command of the session's race, which is made first if there is none."""
    if op == "play":
        arguments["speed"] = SPEEDS[st.session_state.get("speed", "full speed")]

    def begin() -> None:
        race_state.look_at_trained(state)
        race_state.command(op, **arguments)

    attempt(state, begin)


def toggle(state: race_state.RaceState) -> None:
    """Pause the race that is trained here, or train on: what the space bar does."""
    live = race_state.view(state)
    if live is not None and (live.playing or live.place):
        attempt(state, partial(race_state.command, "pause"))
    elif live is None or not live.finished:
        _start(state, "play")


def transport(state: race_state.RaceState, live: RaceView | None) -> None:
    """Train or pause, a single step, begin again, back to the recording."""
    running = live is not None and (live.playing or live.place > 0)
    finished = live is not None and live.finished
    if running:
        _button("Pause", "pause", partial(toggle, state), type="primary")
    else:
        first: dict[str, Any] = {"type": "primary", "disabled": finished}
        _button("Train", "play_arrow", partial(_start, state, "play"), **first)
    what, label, icon, key, meaning = UPDATES[0]
    held: dict[str, Any] = {"disabled": running or finished, "help": meaning, "shortcut": key}
    _button(label, icon, partial(_start, state, "advance", what=what), **held)
    again = partial(change_race, state, state.race, state.story, state.own)
    _button("Reset", "restart_alt", again, help="Back to untrained networks.")
    _button("Recording", "movie", partial(race_state.look_at_recording, state))


def _rare_transport(state: race_state.RaceState, live: RaceView | None) -> None:
    """Single updates, speed, seed."""
    running = live is not None and (live.playing or live.place > 0)
    held = running or (live is not None and live.finished)

    def reseed() -> None:
        lanes = tuple(
            lane.replace(training=lane.training.replace(seed=st.session_state.seed))
            for lane in state.race.lanes
        )
        change_race(state, state.race.replace(lanes=lanes), state.story, state.own)

    with st.container(horizontal=True):
        for what, label, icon, key, meaning in UPDATES[1:]:
            advance = partial(_start, state, "advance", what=what)
            _button(label, icon, advance, shortcut=key, help=meaning, disabled=held)
    with st.container(horizontal=True):
        speeds = list(SPEEDS)
        change = partial(_start, state, "play") if running else None
        st.selectbox("Speed", speeds, len(speeds) - 1, key="speed", on_change=change, width=150)
        seed = state.race.lanes[0].training.seed
        number("Seed", 0, MAX_SEED, seed, key="seed", on_change=reseed, width=150)


def number(label: str, low: Any, high: Any, value: Any, **more: Any) -> Any:
    """A number to type. An address may ask for one beyond the usual ends, or write 2 for 2.0."""
    value = type(low)(value)
    return st.number_input(label, min(low, value), max(high, value), value, **more)


def _layers(lens: Lens) -> Layers:
    """What is drawn besides the lens."""
    help = (
        "Exact W₁ is computed on 320 samples; two such samples of the data itself are about 0.15 "
        "apart, so that is its floor. A vanilla GAN has no estimate of W."
    )
    curves = linked.choice("Curves", CURVES, key="curves", default="distances", help=help)
    switches = {
        name: linked.switch(label, key=name, default=usual) for name, label, usual in SWITCHES
    }
    st.caption("Space plays and pauses, ← → move a frame, **P** is for projectors.")
    return Layers(lens=lens, curves=curves, **switches)


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


def _data_settings(state: race_state.RaceState) -> tuple[dict[str, Any], Any]:
    old, names = state.race.mixture, list(DATA_NAMES)
    name = st.selectbox("Data", names, names.index(old.name), format_func=DATA_NAMES.__getitem__)
    chosen: dict[str, Any] = {"name": name}
    if name == "own":
        return chosen, own_points()
    if name == "ring":
        chosen["n_modes"] = number("Modes", 1, 64, old.n_modes)
    if name.startswith("ring"):
        chosen["radius"] = number("Radius", 0.1, 100.0, old.radius)
    chosen["sigma"] = number(
        "σ", 0.001, 10.0, old.sigma, step=0.01, format="%.3f", help="Noise around each mode."
    )
    return chosen, None


def own_points() -> FloatArray | None:
    """Points from a CSV, or drawn by clicking: each click adds a small cloud."""
    upload = st.file_uploader("Two columns: x, y", type="csv")
    if upload is not None:
        try:
            found, told = near_unit(reading.read(np.ndarray, "points", upload))
        except DataError as error:
            refuse(error)
            return None
        if told:
            st.info(told)
        return found
    st.caption("Or click in the square: every click adds a small cloud of 200 points.")
    clicks: list[tuple[float, float]] = st.session_state.setdefault("drawn", [])
    events = live_chart(clouds_figure(clicks), key="draw", alt="Your clouds of points")
    if events.click is not None:
        clicks.append((float(events.click["x"]), float(events.click["y"])))
        st.rerun()
    points = clouds(clicks)
    with st.container(horizontal=True):
        if st.button("Undo", icon=":material/undo:", disabled=not clicks):
            clicks.pop()
            st.rerun()
        if st.button("Clear", icon=":material/delete:", disabled=not clicks):
            clicks.clear()
            st.rerun()
        if clicks:  # the file is how drawn points travel: an address would be too long
            lines = ["x,y", *(f"{x:.4f},{y:.4f}" for x, y in points.tolist())]
            download("Points", "\n".join(lines), "points.csv", "text/csv", key="own-csv")
    return points if clicks else None


def _lane_settings(i: int, old: LaneConfig) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Recipe name, network settings and the training settings that replace the recipe's."""
    names: dict[str, str] = {**use_cases.METHOD_NAMES, "sharp": "WGAN-GP, sharp"}
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


def exports(state: race_state.RaceState, live: RaceView | None) -> None:
    """The run as a file, and the commands that reproduce it."""
    with drawer("Export", "download") as opened:
        if not opened:
            return
        if live is not None and live.playing:
            st.write("Pause the race to export it.")
            return
        lanes = race_state.lanes_of(state)
        titles = [(use_cases.lane_title(lane), lane.training.method) for lane in lanes]
        recordings, mixture = race_state.recordings(live), race_state.data(state)
        layers = state.layers

        def records() -> list[LaneRecord]:
            return [
                LaneRecord(*title, past) for title, past in zip(titles, recordings(), strict=True)
            ]

        def page() -> bytes:
            return export.race_html(records(), mixture, layers)

        def animation() -> bytes:
            return export.race_gif(records(), mixture)

        def offer(label: str, make: Callable[[], bytes], kind: str, icon: str, help: str) -> None:
            name, sign = f"race.{kind.partition('/')[2]}", f":material/{icon}:"
            st.download_button(label, make, name, kind, icon=sign, help=help, on_click="ignore")

        with st.container(horizontal=True):
            told = "One file that plays; opens anywhere, without a network."
            offer("Interactive page (HTML)", page, "text/html", "web", told)
            told = "Three GANs that train in any browser, and a digit to draw; without a network."
            asked = RaceConfig(mixture=race_state.data_config(state), lanes=lanes)
            mine = None if browser.what_browsers_lack(asked) else asked
            live_page = partial(browser.page_html, race=mine)
            told += "" if mine else " It begins with another race: browsers cannot train this one."
            offer("Live page (HTML)", live_page, "text/html", "bolt", told)
            offer("Animation (GIF)", animation, "image/gif", "gif_box", "For slides and chats.")
        st.caption("From the shell:")
        data = race_state.data_config(state)
        st.code("\n".join(use_cases.command_line(data, lane) for lane in lanes), language="bash")
