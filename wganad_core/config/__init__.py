"""What you choose: frozen settings, checked when they are made.

Every class here is plain data (numbers, strings, tuples), compares by value, and survives a trip
through JSON (`to_dict`, `from_dict`), so that one object drives the page, the URL, the command
line and the file that a run is stored in.
"""

from wganad_core.config.mixture import MIXTURES, MixtureConfig, MixtureName
from wganad_core.config.names import ACTIVITIES, DIGITS, HAR_PROTOCOLS, PROTOCOLS
from wganad_core.config.networks import (
    ACTIVATIONS,
    ARCHITECTURES,
    PICTURE_SIDES,
    VIEWS,
    Activation,
    AnyNetworkConfig,
    Architecture,
    ImageConfig,
    NetworkConfig,
    WindowConfig,
)
from wganad_core.config.race import LIVE_LIMITS, LIVE_SAMPLES, MAX_LANES, LaneConfig, RaceConfig
from wganad_core.config.rules import Join, RuleConfig
from wganad_core.config.settings import MAX_SEED, ConfigError
from wganad_core.config.training import (
    LESS_PRECISE,
    METHODS,
    TRAINABLE,
    Decay,
    GeneratorLoss,
    Method,
    Optimizer,
    Precision,
    TrainingConfig,
)

__all__ = [
    "ACTIVATIONS",
    "ACTIVITIES",
    "ARCHITECTURES",
    "DIGITS",
    "HAR_PROTOCOLS",
    "LESS_PRECISE",
    "LIVE_LIMITS",
    "LIVE_SAMPLES",
    "MAX_LANES",
    "MAX_SEED",
    "METHODS",
    "MIXTURES",
    "PICTURE_SIDES",
    "PROTOCOLS",
    "TRAINABLE",
    "VIEWS",
    "Activation",
    "AnyNetworkConfig",
    "Architecture",
    "ConfigError",
    "Decay",
    "GeneratorLoss",
    "ImageConfig",
    "Join",
    "LaneConfig",
    "Method",
    "MixtureConfig",
    "MixtureName",
    "NetworkConfig",
    "Optimizer",
    "Precision",
    "RaceConfig",
    "RuleConfig",
    "TrainingConfig",
    "WindowConfig",
]
