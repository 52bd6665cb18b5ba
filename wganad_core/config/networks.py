"""Networks as settings, by the shape of what they see."""

from __future__ import annotations

import dataclasses
import math
from typing import ClassVar, Literal, get_args

from wganad_core.config.settings import Config, ConfigError, choice, whole

Activation = Literal["relu", "leaky-relu", "tanh", "elu", "softplus"]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
PICTURE_SIDES = (28, 32, 64, 128)  # pixels a side that networks for images are made for


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkConfig(Config):
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
        whole(self, "n_features", 1, 100_000)
        whole(self, "n_latent", 1, 4096)
        whole(self, "width", 1, 4096)
        whole(self, "depth", 1, 16)
        choice(self, "activation", ACTIVATIONS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageConfig(Config):
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
        whole(self, "depth", 2, 3)
        choice(self, "side", PICTURE_SIDES)
        choice(self, "channels", (1, 3))
        for field in dataclasses.fields(self):
            whole(self, field.name, 1, 4096)


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
class WindowConfig(Config):
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
        choice(self, "architecture", ARCHITECTURES)
        for name in ("n_latent", "width", "hidden", "features"):
            whole(self, name, 1, 4096)
        object.__setattr__(self, "scales", tuple(self.scales))  # JSON has lists only
        if not all(isinstance(scale, float) and 0 < scale < math.inf for scale in self.scales):
            raise ConfigError(f"scales must be numbers above 0; found {self.scales!r}.")


AnyNetworkConfig = NetworkConfig | ImageConfig | WindowConfig
