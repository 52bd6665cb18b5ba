"""What the registry knows of a use case, and the registry itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Literal

from wganad_core.config import ImageConfig, RuleConfig, TrainingConfig, WindowConfig

if TYPE_CHECKING:
    from wganad_core.data.fetch import Dataset
    from wganad_core.data.pool import Pool, Samples

Shape = Literal["plane", "image", "window"]

# Where models of images and windows start from: for two processor cores and one night; App. C
# gives no sizes, App. D Adam's settings, which the shorter runs here quicken.
GAN = TrainingConfig(learning_rate=1e-3, batch_size=32, n_critic=2, average=0.998, decay="linear")
ENCODER = TrainingConfig(method="encoder", learning_rate=1e-3, beta1=0.9, beta2=0.999)
ENCODER = ENCODER.replace(batch_size=128, decay="cosine", steps=3_000)
Words = Mapping[str, tuple[str, str]]  # by a thing's name: what people call it, and what it is


def usual(*detectors: str) -> Words:
    """The words for detectors that mean the same in every use case."""
    words = {
        "ours-wgan": ("Ours (WGAN)", "Our best rule that uses the WGAN-GP's own networks only"),
        "encoder": ("Encoder", "The paper's: how far G(E(x)) is from x (eq. 23)"),
        "critic": ("Critic", "Minus the critic's output (§5.1)"),
        "critic-interval": (
            "Interval",
            "Distance of the critic's output from its range in training (§5.1)",
        ),
    }
    return {name: words[name] for name in detectors}


@dataclasses.dataclass(frozen=True)
class Phrases:
    """How sentences speak of a class: `{name}` is its name, `{what}` what `describe` makes of it,
    `{noun}` what a class is, `{model}` what people call the model that has never seen it."""

    unseen: str = "{what}"  # what a model has never seen
    found: str = "them"
    these: str = "the {name}s"
    source: str = "{what} unseen"
    anomalies: str = "{what}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoredCase:
    """A data set with scores that ship, and what people call all that is in it.

    The first of the `classes` and of the `models` is the usual one, unless named. `models`: those
    that tables tell apart, as addresses name them; empty where every detector has its own.
    `bundled` gives the samples that ship, which pages draw by their `shape`.
    """

    name: str
    title: str
    label: str  # on buttons
    shape: Shape
    noun: str = "class"  # what a class is
    samples: str  # what samples are called, in the plural
    classes: tuple[str, ...]
    usual_class: str = ""
    protocols: tuple[str, ...] = ("test",)
    protocol_words: Mapping[str, str] = dataclasses.field(default_factory=dict)
    protocol_help: str = ""
    detectors: Words
    baselines: Words = dataclasses.field(default_factory=dict)
    models: Mapping[str, str] = dataclasses.field(default_factory=dict)
    usual_model: str = ""
    model_name: str = "{}"  # of a model in tables
    phrases: Phrases = Phrases()
    describe: Callable[[str], str] = str
    bundled: Callable[[], Samples]

    @property
    def sample(self) -> str:
        """What one sample is called."""
        return self.samples.removesuffix("s")

    @property
    def labels(self) -> dict[str, str]:
        """What people call the detectors, in the order in which they are offered."""
        return {name: words[0] for name, words in {**self.detectors, **self.baselines}.items()}

    @property
    def meanings(self) -> dict[str, str]:
        return {name: words[1] for name, words in {**self.detectors, **self.baselines}.items()}

    def offered(self, scored: Collection[str]) -> dict[str, tuple[str, str]]:
        """The words for those of the detectors that pages offer: the known ones in their order,
        then whatever else has scores and is no baseline."""
        known = {name: words for name, words in self.detectors.items() if name in scored}
        others = [name for name in scored if name not in {**known, **self.baselines}]
        return known | {name: (name.capitalize(), f"The detector {name}") for name in others}

    def name_of(self, detector: str) -> str:
        """What people call a detector."""
        return self.labels.get(detector, detector)

    def model_of(self, model: str) -> str:
        """A model's name in tables, by its name in addresses."""
        return self.model_name.format(model)

    def say(self, phrase: str, abnormal: str, model: str = "") -> str:
        """One of the phrases, of a class."""
        facts = {"name": abnormal, "noun": self.noun, "what": self.describe(abnormal)}
        return phrase.format(**facts, model=self.models.get(model, model))


@dataclasses.dataclass(frozen=True)
class PaperBoxes:
    """A figure of the paper with box plots: of which detector and, unless it is the chosen one, of
    which abnormal class and architecture."""

    title: str
    detector: str
    words: str
    abnormal: str = ""
    architecture: str = ""


@dataclasses.dataclass(frozen=True)
class BoardWords:
    """What the page of all figures shows: its bars as label → (detector, model; "" for any), a
    caption, and what the paper says of a class and an architecture. `paper`: what its rows are
    called, by model; the first model is that of the paper's own detector."""

    bars: Mapping[str, tuple[str, str]]
    caption: str
    quotes: tuple[tuple[str, str, str], ...] = ()
    paper: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class UseCase(ScoredCase):
    """A data set of which one class is the anomaly in turn, and how models of it are trained.

    `pool` reads the full data set, downloaded first if that is asked for. `networks` maps an
    architecture to its networks, those of another method than the WGAN-GP's under
    `ARCHITECTURE/METHOD` where they differ; `recipes` maps `METHOD` or `ARCHITECTURE/METHOD` to a
    training. The first architecture and protocol are the usual ones. `views`: those that its page
    has, by name.
    """

    architectures: tuple[str, ...]
    architecture_words: Words = dataclasses.field(default_factory=dict)
    methods: tuple[str, ...]
    networks: Mapping[str, ImageConfig | WindowConfig]
    recipes: Mapping[str, TrainingConfig]
    ours: Mapping[str, RuleConfig]
    protocols_train_apart: bool  # or do they differ in what is tested only
    searched: bool  # whether tables hold the slow detectors
    pool: Callable[..., Pool]
    published: Callable[[], Dataset] | None = None  # what `data fetch` fetches
    views: Mapping[str, str] = dataclasses.field(default_factory=dict)
    boxes: tuple[PaperBoxes, ...] = ()
    board: BoardWords = BoardWords({}, "")

    def network(self, method: str, architecture: str) -> ImageConfig | WindowConfig:
        own = self.networks.get(f"{architecture}/{method}")
        return own if own is not None else self.networks[architecture]

    def recipe(self, method: str, architecture: str) -> TrainingConfig:
        own = self.recipes.get(f"{architecture}/{method}")
        return own if own is not None else self.recipes[method]

    def short(self, architecture: str) -> str:
        """What people call an architecture, without the paper's figures."""
        return self.architecture_words[architecture][0].partition(" (")[0]


SCORED_CASES: dict[str, ScoredCase] = {}  # all that pages find scores of
USE_CASES: dict[str, UseCase] = {}  # those of them that have models of images or windows


def register(case: ScoredCase) -> None:
    """Make a use case known to the commands and to the pages."""
    SCORED_CASES[case.name] = case
    if isinstance(case, UseCase):
        USE_CASES[case.name] = case
