"""What you choose: frozen settings, checked when they are made.

Every class here is plain data (numbers, strings, tuples), compares by value, and survives a trip
through JSON (`to_dict`, `from_dict`), so that one object drives the page, the URL, the command
line and the file that a run is stored in.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, get_args

MixtureName = Literal["ring", "ring-8", "grid", "moons", "swiss-roll", "own"]
Method = str  # the name of something trainable
Activation = Literal["relu", "leaky-relu", "tanh", "elu", "softplus"]
Optimizer = Literal["adam", "adamw", "rmsprop"]
GeneratorLoss = Literal["saturating", "non-saturating"]
Decay = Literal["none", "linear", "cosine", "one-cycle"]
Precision = Literal["single", "bfloat16"]
LESS_PRECISE = ("contrast", "encoder")  # the methods that bear it: no penalty on a gradient

METHODS = ("gan", "wgan-clip", "wgan-gp")  # a generator against a critic
TRAINABLE = {
    *METHODS,
    "bigan",
    "vae",
    "encoder",
    "contrast",
}  # `methods.registry.trains` adds to it
MIXTURES: tuple[MixtureName, ...] = get_args(MixtureName)
# What MNIST's models may be asked for (design.md §4).
DIGITS = tuple("0123456789")
PROTOCOLS = ("80/20", "official")
# And HAR's.
ACTIVITIES = ("walking", "upstairs", "downstairs", "sitting", "standing", "laying")
HAR_PROTOCOLS = ("test", "test+all")
MAX_SEED = 2**32 - 1
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
PICTURE_SIDES = (28, 32, 64, 128)  # pixels a side that networks for images are made for


class ConfigError(ValueError):
    """A setting is out of range. The message says which, what was found and what is allowed."""


class _Config:
    """Dictionary round trip shared by every config."""

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from a mapping; an unknown key raises `ConfigError` and names the known ones."""
        cls._check_keys(values)
        return cls(**values)

    @classmethod
    def _check_keys(cls, values: Mapping[str, Any], *, all_needed: bool = False) -> None:
        if not isinstance(values, Mapping):
            raise ConfigError(f"{cls.__name__} has settings by name; found {values!r:.60}.")
        known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        unknown, missing = sorted(set(values) - known), sorted(known - set(values))
        if unknown:
            raise ConfigError(
                f"{cls.__name__} has no setting {', '.join(unknown)}; "
                f"it knows {', '.join(sorted(known))}."
            )
        if missing and all_needed:
            raise ConfigError(f"{cls.__name__} needs {', '.join(missing)} as well.")

    def replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


def _number(
    owner: object, name: str, low: float, high: float = math.inf, *, open_low: bool = False
) -> None:
    value = getattr(owner, name)
    inside = (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max  # false for NaN and for infinities
        and (low < value if open_low else low <= value)
        and value <= high
    )
    if not inside:
        bounds = f"{'above' if open_low else 'at least'} {low:g}"
        bounds += "" if math.isinf(high) else f" and at most {high:,.10g}"
        raise ConfigError(f"{name} must be a number {bounds}; found {value!r}.")


def _whole(owner: object, name: str, low: int, high: int | None = None) -> None:
    value = getattr(owner, name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(f"{name} must be a whole number; found {value!r}.")
    _number(owner, name, low, math.inf if high is None else high)


def _choice(owner: object, name: str, allowed: tuple[object, ...]) -> None:
    value = getattr(owner, name)
    if value not in allowed:
        listed = ", ".join(map(str, allowed))
        raise ConfigError(f"{name} must be one of {listed}; found {value!r}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixtureConfig(_Config):
    """A two-dimensional data set (paper §2.1). Lengths are in the units of the plane.

    `n_modes`, `radius` and `sigma` shape the rings; the other shapes have their own layout and
    use `sigma` as noise. `own` stands for points that a person drew or uploaded.
    """

    name: MixtureName = "ring"
    n_modes: int = 7
    radius: float = 1.0
    sigma: float = 0.05
    n_samples: int = 100_000
    seed: int = 0

    def __post_init__(self) -> None:
        _choice(self, "name", MIXTURES)
        _whole(self, "n_modes", 1, 64)
        _number(self, "radius", 0, 100, open_low=True)
        _number(self, "sigma", 0, 100, open_low=True)
        _whole(self, "n_samples", 2, 10_000_000)
        _whole(self, "seed", 0, MAX_SEED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkConfig(_Config):
    """Dense networks: `n_latent`-width-…-width-`n_features` and `n_features`-width-…-width-1.

    The defaults are the paper's 2-128-128-2 and 2-128-128-1 (§3.2, §5.1).
    """

    kind: ClassVar[str] = "dense"
    n_features: int = 2
    n_latent: int = 2
    width: int = 128
    depth: int = 2
    activation: Activation = "relu"

    def __post_init__(self) -> None:
        _whole(self, "n_features", 1, 100_000)
        _whole(self, "n_latent", 1, 4096)
        _whole(self, "width", 1, 4096)
        _whole(self, "depth", 1, 16)
        _choice(self, "activation", ACTIVATIONS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageConfig(_Config):
    """Convolutional networks for images of `side` × `side` in grey or, with three `channels`, in
    colour. `depth` layers halve the side, from 32 pixels where it is larger.

    The widest layers have twice (`depth` 2) or four times (3) the widths as channels; `hidden` is
    the dense layer of critics and encoders and of the BiGAN's discriminator, `features` the length
    of contrastive feature vectors.
    """

    kind: ClassVar[str] = "image"
    depth: int = 2
    n_latent: int = 16
    generator_width: int = 24
    critic_width: int = 16
    encoder_width: int = 16
    hidden: int = 64
    features: int = 128
    side: int = 28
    channels: int = 1

    @property
    def n_features(self) -> int:
        return self.side**2 * self.channels

    def __post_init__(self) -> None:
        _whole(self, "depth", 2, 3)
        _choice(self, "side", PICTURE_SIDES)
        _choice(self, "channels", (1, 3))
        for field in dataclasses.fields(self):
            _whole(self, field.name, 1, 4096)


Architecture = Literal["dense", "recurrence", "conv", "recurrent"]
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
# What each takes of a window of nine signals × 128 steps (data.views): the three signals of total
# acceleration, nine images of 32 × 32 distances, or all nine signals.
VIEWS: dict[Architecture, tuple[str, tuple[int, ...]]] = {
    "dense": ("total", (3, 128)),
    "recurrence": ("recurrence", (9, 32, 32)),
    "conv": ("signals", (9, 128)),
    "recurrent": ("signals", (9, 128)),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class WindowConfig(_Config):
    """Networks for windows of wearable sensors (paper §6), by architecture.

    `width`: units of a dense layer or of a recurrent state, channels of the first convolution;
    `hidden`: the dense layer next to the latents or the score; `features`: the length of
    contrastive feature vectors. `scales`: those of the view's sensors, which contrastive features
    need for their shifts (`methods.shifts`); ones if left out.
    """

    kind: ClassVar[str] = "window"
    architecture: Architecture = "conv"
    n_latent: int = 16
    width: int = 24
    hidden: int = 64
    features: int = 128
    scales: tuple[float, ...] = ()

    @property
    def view(self) -> str:
        return VIEWS[self.architecture][0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample as the networks see it: channels first."""
        return VIEWS[self.architecture][1]

    @property
    def n_features(self) -> int:
        return math.prod(self.shape)

    def __post_init__(self) -> None:
        _choice(self, "architecture", ARCHITECTURES)
        for name in ("n_latent", "width", "hidden", "features"):
            _whole(self, name, 1, 4096)
        object.__setattr__(self, "scales", tuple(self.scales))  # JSON has lists only
        if not all(isinstance(scale, float) and 0 < scale < math.inf for scale in self.scales):
            raise ConfigError(f"scales must be numbers above 0; found {self.scales!r}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RuleConfig(_Config):
    """How detectors join evidence (`methods.evidence`).

    `rules`: per detector the pieces of evidence that are averaged; `k` nearest normals count;
    `n_references`: how many normals are compared with, by space or in all; `n_peers` nearest
    normals are what evidence is relative to.
    `join`: how, as `records.Rule` tells. Which of their evidence rules join is chosen by the mean
    `criterion` (`panels.criterion`), of up to `largest` pieces, for each class by the others; for
    all alike by all in the rules named `everywhere`. `centres`: references
    are centres of clusters of normals instead of normals drawn at random. `whiten`: main axes are
    divided by the root of their standard deviation. `n_axes`, by space: references are kept by
    coordinates along so many main axes; `bits`: how many a coordinate has in files.
    """

    rules: Mapping[str, tuple[str, ...]]
    k: int
    n_references: Mapping[str, int] | int
    n_peers: int = 0
    join: Literal["mean", "logs", "squares"] = "mean"
    centres: bool = False
    whiten: bool = False
    n_axes: Mapping[str, int] = dataclasses.field(default_factory=dict)
    bits: Literal[4, 8, 32] = 8
    criterion: Literal["auroc", "auprc"] = "auroc"
    largest: int = 6
    everywhere: tuple[str, ...] = ()


AnyNetworkConfig = NetworkConfig | ImageConfig | WindowConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingConfig(_Config):
    """How a model is trained.

    A step is one generator update preceded by `n_critic` critic updates (k in Algorithm 1).
    `penalty` is λ of Algorithm 2 and only used by `wgan-gp`; `clip` is c of the clipped WGAN and
    only used by `wgan-clip`; `generator_loss` only by `gan`; `weight_decay` only by `adamw`.
    `precision` is that of the products of large layers; weights, losses and updates are single.
    `decay` takes the learning rate to (nearly) zero at the last of `steps`; `one-cycle` raises it
    during the first three tenths, from a twenty-fifth of `learning_rate`. `critic_learning_rate` is
    the critic's own; 0: `learning_rate`. `average` is the rate of
    the exponential moving average of the generator's weights from which snapshots sample; 0 means
    the weights themselves.
    """

    method: str = "wgan-gp"
    generator_loss: GeneratorLoss = "non-saturating"
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-4
    beta1: float = 0.5
    beta2: float = 0.9
    weight_decay: float = 1e-4
    batch_size: int = 64
    n_critic: int = 5
    penalty: float = 10.0
    clip: float = 0.01
    decay: Decay = "none"
    average: float = 0.0
    steps: int = 10_000
    seed: int = 0
    precision: Precision = "single"
    critic_learning_rate: float = 0.0

    def __post_init__(self) -> None:
        _choice(self, "method", tuple(sorted(TRAINABLE)))
        _choice(self, "generator_loss", get_args(GeneratorLoss))
        _choice(self, "optimizer", get_args(Optimizer))
        _number(self, "learning_rate", 0, 10, open_low=True)
        _number(self, "beta1", 0, 0.9999)
        _number(self, "beta2", 0, 0.99999)
        _number(self, "weight_decay", 0, 10)
        _whole(self, "batch_size", 1, 65_536)
        _whole(self, "n_critic", 1, 1000)
        _number(self, "penalty", 0, 1e6)
        _number(self, "clip", 0, 1e3, open_low=True)
        _choice(self, "decay", get_args(Decay))
        _number(self, "average", 0, 0.99999)
        _whole(self, "steps", 1, 100_000_000)
        _whole(self, "seed", 0, MAX_SEED)
        _number(self, "critic_learning_rate", 0, 10)
        _choice(self, "precision", get_args(Precision))
        if self.precision != "single" and self.method not in LESS_PRECISE:
            raise ConfigError(
                f"precision {self.precision} is for {' and '.join(LESS_PRECISE)}; {self.method} "
                "trains in single precision."
            )


MAX_LANES = 3
LIVE_LIMITS = {
    "n_latent": 64,
    "width": 256,
    "depth": 4,
    "batch_size": 1024,
    "n_critic": 20,
    "steps": 200_000,
}


LIVE_SAMPLES = 200_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class LaneConfig(_Config):
    """One runner of a race: its networks and its training."""

    network: NetworkConfig = NetworkConfig()
    training: TrainingConfig = TrainingConfig()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        cls._check_keys(values, all_needed=True)
        return cls(
            network=NetworkConfig.from_dict(values["network"]),
            training=TrainingConfig.from_dict(values["training"]),
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RaceConfig(_Config):
    """One to three lanes that train on the same data on one clock, within the live limits.

    The limits keep a browser session from taking the machine; the command line has none.
    """

    mixture: MixtureConfig = MixtureConfig()
    lanes: tuple[LaneConfig, ...] = (LaneConfig(),)

    def __post_init__(self) -> None:
        if not 1 <= len(self.lanes) <= MAX_LANES:
            raise ConfigError(f"A race has 1 to {MAX_LANES} lanes; found {len(self.lanes)}.")
        for lane in self.lanes:
            _choice(lane.training, "method", METHODS)
            if lane.network.n_features != 2:
                raise ConfigError(
                    f"n_features of a race is 2, the plane; found {lane.network.n_features}."
                )
            for part in (lane.network, lane.training):
                for name, highest in LIVE_LIMITS.items():
                    found = getattr(part, name, 0)
                    if found > highest:
                        raise ConfigError(
                            f"{name} of a live run is at most {highest:,}; found {found:,}. "
                            "Train larger ones from the command line."
                        )
        self._check_cost()

    def _check_cost(self) -> None:
        """Others have their turns between the updates of a step; samples take memory."""
        n = self.mixture.n_samples
        if n > LIVE_SAMPLES and self.mixture.name != "own":
            raise ConfigError(
                f"n_samples of a live run is at most {LIVE_SAMPLES:,}; found {n:,}. Train on more "
                "from the command line."
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Nested version of the round trip; raises `ConfigError` like the parts do."""
        cls._check_keys(values, all_needed=True)
        lanes = tuple(LaneConfig.from_dict(lane) for lane in values["lanes"])
        return cls(mixture=MixtureConfig.from_dict(values["mixture"]), lanes=lanes)
