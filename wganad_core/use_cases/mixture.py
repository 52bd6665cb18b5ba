"""The mixture: recipes with their reasons, a race as text for an address and a shell, stories."""

from __future__ import annotations

import dataclasses
import json
import shlex
from typing import TYPE_CHECKING, Any

from wganad_core.config import (
    ConfigError,
    LaneConfig,
    MixtureConfig,
    NetworkConfig,
    RaceConfig,
    TrainingConfig,
)
from wganad_core.use_cases.case import Phrases, ScoredCase, usual

if TYPE_CHECKING:
    from wganad_core.data.pool import Samples

METHOD_NAMES: dict[str, str] = {
    "gan": "Vanilla GAN",
    "wgan-clip": "Clipped WGAN",
    "wgan-gp": "WGAN-GP",
}

# The paper gives Algorithm 2's settings and, in its appendix, the clipped WGAN's; of the vanilla
# GAN only the networks. It gets Algorithm 2's optimiser, k = 1 and the loss of Algorithm 1. An
# epoch is 100,000 / 64 steps: Fig. 8 shows 8 of them; Fig. 9's 30 must be counted in generator
# steps, as after 30 epochs of critic batches (9,375 steps) λ = 10 has not reached the modes.
PAPER: dict[str, TrainingConfig] = {
    "gan": TrainingConfig(method="gan", generator_loss="saturating", n_critic=1, steps=12_500),
    "wgan-clip": TrainingConfig(
        method="wgan-clip", optimizer="rmsprop", learning_rate=5e-5, steps=12_500
    ),
    "wgan-gp": TrainingConfig(method="wgan-gp", steps=46_875),
}

# Not the paper's: on this scale a small λ and a large, decayed rate learn far faster and sharper.
SHARP = TrainingConfig(
    method="wgan-gp",
    penalty=0.1,
    batch_size=256,
    learning_rate=2e-3,
    decay="cosine",
    steps=8_000,
)

# Of the race: as long as the others, on their clock. A critic that learns faster than G (Heusel et
# al. 2017) leaves samples nearer to the middle of their modes when the decay ends their ways.
IN_THE_RACE = SHARP.replace(steps=PAPER["gan"].steps, learning_rate=1e-3, critic_learning_rate=2e-3)

# A collapse that can be seen. With one rate for both, one blob runs around the ring and passes a
# mode now and then; a generator that learns faster than its discriminator gathers where D is
# highest, which is on a mode, until D has learned that mode. Rates apart in this direction, and
# β₁ ≤ 0.5, are those of Metz et al.'s (2017) example of collapse on a ring (theirs: 1e-3, 1e-4).
# The decay is that of WGAN-GP beside it.
SLOW_CRITIC = PAPER["gan"].replace(
    learning_rate=2e-3, critic_learning_rate=4e-5, beta1=0.0, beta2=0.999, decay="cosine"
)

RECIPES: dict[str, TrainingConfig] = {**PAPER, "slow-critic": SLOW_CRITIC, "sharp": SHARP}


def recipe_of(training: TrainingConfig) -> str:
    """The recipe that a training is closest to: it differs from it in the fewest settings."""
    fitting = {n: r for n, r in RECIPES.items() if r.method == training.method}
    return min(fitting, key=lambda name: len(_differences(training, fitting[name])))


def lane_title(lane: LaneConfig) -> str:
    """The method and what sets this lane apart from the paper's recipe."""
    training = lane.training
    slow = 0 < training.critic_learning_rate < training.learning_rate
    marks = {
        "gan": " · slow D" if slow else "",
        "wgan-clip": f" · c = {training.clip:g}",
        "wgan-gp": f" · λ = {training.penalty:g}",
    }
    usual = RECIPES[recipe_of(training)].n_critic
    critic = "" if training.n_critic == usual else f" · n_critic = {training.n_critic}"
    return METHOD_NAMES[training.method] + marks[training.method] + critic


def race_to_text(race: RaceConfig) -> str:
    """A race as one short text for a URL: `ring,sigma=0.1~gan~sharp,seed=3`.

    First the data, then each lane: a recipe's name and whatever differs from it.
    """
    parts = [_spell(race.mixture.name, race.mixture, MixtureConfig(name=race.mixture.name))]
    for lane in race.lanes:
        recipe = recipe_of(lane.training)
        changes = _differences(lane.training, RECIPES[recipe])
        changes |= _differences(lane.network, NetworkConfig())
        parts.append(",".join([recipe, *(f"{k}={v}" for k, v in changes.items())]))
    return "~".join(parts)


def race_from_text(text: str) -> RaceConfig:
    """Undo `race_to_text`. Raises `ConfigError` with one sentence for anything else."""
    data, *lanes = text.split("~")
    name, settings = _read(data)
    made = []
    for lane in lanes:
        recipe, changes = _read(lane)
        if recipe not in RECIPES:
            raise ConfigError(f"A lane is one of {', '.join(RECIPES)}; found {recipe!r}.")
        in_network = {field.name for field in dataclasses.fields(NetworkConfig)}
        network = {k: v for k, v in changes.items() if k in in_network}
        training = {k: v for k, v in changes.items() if k not in in_network}
        training = {**RECIPES[recipe].to_dict(), **training}
        made.append(
            LaneConfig(
                network=NetworkConfig.from_dict(network),
                training=TrainingConfig.from_dict(training),
            )
        )
    return RaceConfig(
        mixture=MixtureConfig.from_dict({"name": name, **settings}), lanes=tuple(made)
    )


def option(part: type, setting: str) -> str:
    """The command line's option for a setting of a config; the two seeds are told apart."""
    data_seed = part is MixtureConfig and setting == "seed"
    return "--data-seed" if data_seed else f"--{setting.replace('_', '-')}"


def command_line(
    mixture: MixtureConfig, lane: LaneConfig, data: str = "FILE", keep_weights: int = 0
) -> str:
    """The shortest shell command that trains this lane on this data without the app.

    `data` names the file of a data set called `own`.
    """
    recipe = recipe_of(lane.training)
    words = ["python", "-m", "wganad_core", "train", "mixture", "--method", lane.training.method]
    words += ["--recipe", recipe] if recipe not in PAPER else []
    where = data if mixture.name == "own" else mixture.name
    words += ["--data", where] if where != MixtureConfig().name else []
    for chosen, base in (
        (mixture, MixtureConfig(name=mixture.name)),
        (lane.training, RECIPES[recipe]),
        (lane.network, NetworkConfig()),
    ):
        for name, value in _differences(chosen, base).items():
            words += [option(type(chosen), name), str(value)]
    words += ["--keep-weights", str(keep_weights)] if keep_weights else []
    return shlex.join(words)


def _differences(config: Any, base: Any) -> dict[str, Any]:
    usual = base.to_dict()
    return {k: v for k, v in config.to_dict().items() if v != usual[k]}


def _spell(name: str, config: Any, base: Any) -> str:
    return ",".join([name, *(f"{k}={v}" for k, v in _differences(config, base).items())])


def _read(part: str) -> tuple[str, dict[str, Any]]:
    """`name,key=value,…`, with numbers read as numbers."""
    name, *settings = part.split(",")
    found: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"Expected settings like penalty=0.1; found {setting!r}.")
        try:
            found[key] = json.loads(value)
        except (ValueError, RecursionError):
            found[key] = value
    return name, found


@dataclasses.dataclass(frozen=True)
class Story:
    """A race with a point: a title for its button and what to look at."""

    title: str
    watch: str
    race: RaceConfig


# Whether a vanilla GAN collapses hangs on its first weights (docs/measured.md): with these it does.
COLLAPSING_SEED = 1


def _race(*trainings: TrainingConfig, seed: int = 0) -> RaceConfig:
    lanes = (LaneConfig(training=training.replace(seed=seed)) for training in trainings)
    return RaceConfig(lanes=tuple(lanes))


STORIES: dict[str, Story] = {
    "race": Story(
        "The race",
        "Three methods, one clock, the same starting weights. The vanilla GAN, whose discriminator "
        "learns 50 times slower than its generator, falls onto one mode and hops between modes; "
        "the two Wasserstein GANs spread over the ring.",
        _race(SLOW_CRITIC, PAPER["wgan-clip"], IN_THE_RACE, seed=COLLAPSING_SEED),
    ),
    "collapse": Story(
        "Make it collapse",
        "One vanilla GAN with Algorithm 1's own loss. All samples gather on one mode; when the "
        "discriminator has learned that mode, they jump to the next.",
        _race(SLOW_CRITIC, seed=COLLAPSING_SEED),
    ),
    "clip": Story(
        "Clip it",
        "Weight clipping on the same data, with the paper's c = 0.01 and with c = 0.1. The small "
        "box makes the critic nearly flat: look at its scale, and at ‖∇f‖.",
        _race(
            PAPER["wgan-clip"],
            PAPER["wgan-clip"].replace(clip=0.1, learning_rate=5e-4),
        ),
    ),
    "penalise": Story(
        "Penalise it",
        "The gradient penalty with the paper's λ = 10 beside λ = 0.1 at a larger, decayed rate. "
        "The smaller one lets the critic be steep between modes, and sharp samples follow.",
        _race(PAPER["wgan-gp"], SHARP),
    ),
    "lambda": Story(
        "λ too large",
        "λ = 1000 beside λ = 10: the critic cares about its slope and hardly about the data.",
        _race(PAPER["wgan-gp"].replace(penalty=1000.0), PAPER["wgan-gp"]),
    ),
    "undertrained": Story(
        "Critic under-trained",
        "One critic update a step with a slow critic, beside five. An estimate of W that has not "
        "converged is no distance, and following it goes nowhere steadily.",
        _race(SHARP.replace(n_critic=1), SHARP),
    ),
}


def bundled() -> Samples:
    from wganad_core.data import mixture  # not before: help needs no NumPy

    return mixture.samples()


MIXTURE = ScoredCase(
    name="mixture",
    title="the ring",
    label="Ring",
    shape="plane",
    samples="points",
    classes=("outside",),
    models={**METHOD_NAMES, "wgan-gp-paper": "WGAN-GP, λ = 10"},
    usual_model="wgan-gp",
    detectors={
        **usual("critic", "critic-interval"),
        "generator": (
            "Distance to the generator",
            "Distance to the nearest of 100,000 generated points",
        ),
        "density": (
            "True density",
            "Minus the logarithm of the density that the points come from",
        ),
    },
    phrases=Phrases(source="ring, {model}", anomalies="points outside 3σ of every mode"),
    bundled=bundled,
)
