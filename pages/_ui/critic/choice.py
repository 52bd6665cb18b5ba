"""What the critic page looks at: which models, by which rule and threshold, at which point."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import linked, runtime
from pages._ui.race import recorded
from pages._ui.race import session as race_session
from pages._ui.race import state as race_state
from wganad_core import pretrained, thresholds, use_cases
from wganad_core.data.mixture import Mixture
from wganad_core.figures import detection as figures
from wganad_core.records import Detection

DETECTORS = {
    "generator": "Distance to the generator",
    "critic-interval": "Critic, interval (§5.1)",
    "critic": "Critic, quantile",
    "density": "True density",
}
# Why each works or fails, beside its name.
REASONS = {
    "generator": "Flags what no generated sample is near: a lost mode becomes false alarms (§3.3).",
    "critic-interval": "Flags f outside its range over the training set. No rate to choose, and f "
    "may well take a usual value at an unusual place: it misses most anomalies.",
    "critic": "Flags a low f. The critic is trained to tell data from *samples*, so where no "
    "samples go it may say anything.",
    "density": "−log p(x) under the true mixture: what no detector can beat.",
}
BOTH = "both"
USUAL_POINT = (-0.78, 0.62)  # a normal point, on mode 2
Point = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Model:
    """A trained pair (G, f), where the worker finds it, and the data it was trained on."""

    title: str
    source: Mapping[str, Any]
    mixture: Mixture


@dataclasses.dataclass(frozen=True)
class PlaneVerdicts:
    """What a model says by one rule, and the share of normals that it flags (NaN where nothing
    is known of normality)."""

    model: Model
    found: Detection
    rule: str
    threshold: float

    @property
    def flagged(self) -> NDArray[np.bool_]:
        return self.found.flagged(self.rule, self.threshold)

    @property
    def known(self) -> bool:
        """Whether it is known which points are anomalies: nothing else is a false alarm."""
        return len(self.model.mixture.modes) > 0

    @property
    def false_alarms(self) -> float:
        """Share of normals that are flagged; where no truth is known, of data drawn again."""
        return self.found.shares(self.rule, self.threshold)[0]

    @property
    def caught(self) -> float:
        return self.found.shares(self.rule, self.threshold)[1]


def models() -> list[Model]:
    """Vanilla beside WGAN-GP, one shipped run, or a lane of this session's race."""
    choices = {BOTH: "Vanilla GAN beside WGAN-GP"}
    choices |= {name: use_cases.METHOD_NAMES[name] for name in pretrained.RACE_RUNS}
    choices |= {pretrained.PAPER_RUNS[-1]: "WGAN-GP, λ = 10"}
    race = race_session.current()
    live = race_session.view(race)
    if live is not None and live.step:
        for i, lane in enumerate(race.race.lanes):
            choices[f"lane-{i}"] = f"My race, lane {i + 1}: {use_cases.lane_title(lane)}"
    name = linked.in_words("Model", choices, key="model", default=BOTH)
    if name == BOTH:
        return [_shipped("gan"), _shipped("wgan-gp")]
    if name.startswith("lane-"):
        source = {"race": runtime.session_race().key, "lane": int(name[5:])}
        return [Model(choices[name].partition(": ")[2], source, race_state.trained_data(race))]
    return [_shipped(name)]


def steps_of(name: str) -> list[int]:
    return sorted(recorded.shipped(name).weights)


def _shipped(name: str) -> Model:
    """A shipped run at its last step or, where more are kept, at the chosen one."""
    run, steps = recorded.shipped(name), steps_of(name)
    usual = figures.most_collapsed(run, steps) if len(steps) > 1 else steps[-1]
    asked = st.query_params.get(f"step-{name}", "")
    step = int(asked) if asked.isdecimal() and int(asked) in steps else usual
    title = f"{use_cases.lane_title(run.lane)}, step {step:,}"
    return Model(title, {"run": name, "step": step}, recorded.mixture(run.mixture))


def rule(known: bool) -> str:
    """The score and its rule, each with why it works or fails. The true density only where it is
    `known`; the wish for it stays in the address."""
    rules = {name: words for name, words in DETECTORS.items() if known or name != "density"}
    return linked.in_words(
        "Rule", rules, key="rule", default="generator", captions=REASONS, keep_wish=True
    )


def threshold(rule: str, known: bool) -> float:
    """What the rule leaves to choose: a tolerated distance (in σ, where σ is `known`), or a wanted
    rate."""
    if rule == "critic-interval":
        return 0.0
    if rule == "generator":
        words, unit, numbers = "Tolerance", " σ", (0.1, 6.0, 1.0, 0.1)
        if not known:
            unit, numbers = "", (0.01, 1.0, 0.1, 0.01)
        help = "A point is flagged when no generated sample is this near."
    else:
        words, unit, numbers = "Wanted false alarms", "%", (0.0, 20.0, 1.0, 0.1)
        if not known:
            words = "Flagged of the data"
        help = "The threshold is this quantile of the scores of held-out normals."
    key = "rate" if rule != "generator" else "tolerance" if known else "distance"
    low, high, usual, step = numbers
    now = st.session_state.get(key, _asked(key, low, high, usual))
    with st.popover(f"{words} **{now:g}{unit}**"):
        form = "%g" + unit.replace("%", "%%")
        look: dict[str, Any] = {"format": form, "width": 300}
        value: float = st.slider(words, low, high, now, step, key=key, help=help, **look)
    linked.put(key, None if value == usual else f"{value:g}")
    return value


def _asked(key: str, low: float, high: float, usual: float) -> float:
    try:
        value = float(st.query_params.get(key, usual))
    except ValueError:
        return usual
    return value if low <= value <= high else usual


def more(models: list[Model]) -> None:
    """At which of its kept steps a model is looked at."""
    several = [m for m in models if "run" in m.source and len(steps_of(m.source["run"])) > 1]
    if not several:
        return
    source = several[0].source
    name, steps = source["run"], steps_of(source["run"])
    with st.popover(f"Step **{source['step']:,}**", icon=":material/timeline:", key="rare"):

        def keep() -> None:
            linked.put(f"step-{name}", str(st.session_state[f"step-{name}"]))

        st.select_slider(
            "Training step of the vanilla GAN: watch modes get lost and come back",
            steps,
            value=source["step"],
            format_func="{:,}".format,
            key=f"step-{name}",
            on_change=keep,
        )


@st.cache_resource(show_spinner="Scoring the plane …", max_entries=24)
def _shipped_detection(source: dict[str, Any]) -> Detection:
    """A shipped model never changes, so its detection is made once per server."""
    return runtime.worker().detect(source)


def judge(model: Model, rule: str, chosen: float) -> PlaneVerdicts:
    """A model's scores and its threshold by the rule. Raises `WorkerError`."""
    source = dict(model.source)
    found = _shipped_detection(source) if "run" in source else runtime.worker().detect(source)
    if rule == "generator":
        level = chosen * model.mixture.sigma if len(model.mixture.modes) else chosen
    elif rule == "critic-interval":
        level = 0.0
    else:
        level = thresholds.quantile_threshold(found.calibration[rule], chosen / 100)
    return PlaneVerdicts(model, found, rule, level)


def point(click: Mapping[str, Any] | None) -> Point:
    """The point that is asked about: the last click, what the address says, or a normal one."""
    if click is None:
        return _point_of(st.query_params.get("point", "")) or USUAL_POINT
    return remember(float(click["x"]), float(click["y"]))


def remember(x: float, y: float) -> Point:
    """Put the point that is asked about into the address."""
    found = (round(x, 3), round(y, 3))
    linked.put("point", None if found == USUAL_POINT else f"{found[0]:g},{found[1]:g}")
    return found


def _point_of(text: str) -> Point | None:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (x, y) if abs(x) < 1e4 and abs(y) < 1e4 else None


def verdict(judged: PlaneVerdicts, point: Point) -> str:
    """What a model says of a point, and whether that is right. Raises `WorkerError`."""
    scores = runtime.worker().score(dict(judged.model.source), np.array([point]))
    score = float(scores[judged.rule][0])
    flagged, mixture = score > judged.threshold, judged.model.mixture
    said = "anomaly" if flagged else "normal"
    if judged.rule == "generator":
        far = f"{score / mixture.sigma:.1f} σ" if judged.known else f"{score:.3f}"
        why = f"{far} from its nearest sample"
    else:
        why = f"score {score:.3g}, threshold {judged.threshold:.3g}"
    if not judged.known:
        return f"<b>{said}</b><br>{why}"
    truth = bool(mixture.is_anomaly(np.array([point]))[0])
    right = "right" if truth == flagged else ("a false alarm" if flagged else "a miss")
    return f"<b>{said}</b>: {right}<br>{why}"


def sentence(judged: list[PlaneVerdicts]) -> str:
    """What the rule costs, in one sentence."""
    what = "false alarms" if judged[0].known else "of the data's own points flagged"
    said = [f"{one.false_alarms:.1%} ({_name(one)})" for one in judged]
    said[0] = said[0].replace("% ", f"% {what} ", 1)
    return f"{DETECTORS[judged[0].rule]}: {' against '.join(said)}"


def _name(judged: PlaneVerdicts) -> str:
    return judged.model.title.partition(",")[0].partition(" ·")[0]


def pane_title(judged: PlaneVerdicts) -> str:
    said = f"{judged.false_alarms:.1%} false alarms"
    if not judged.known:
        said = f"{judged.false_alarms:.1%} of the data flagged"
    elif judged.found.label.any():
        said += f" · {judged.caught:.0%} of anomalies caught"
    return f"<b>{judged.model.title}</b> · {said}"
