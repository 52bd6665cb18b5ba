"""Networks for windows of nine sensor signals (paper §6), four architectures with one interface.

Samples travel as rows (n, n_features) of what the architecture looks at (`WindowConfig.shape`),
in units of training normals; each network folds them itself. No batch normalisation in a critic.

* dense: the paper's second try, on the three signals of total acceleration;
* recurrence: the paper's first try, on nine channels of recurrence images (eq. 24);
* conv: 1-D convolutions on all nine signals, the paper's future work;
* recurrent: gated recurrent units along time, which the paper gave up on. PyTorch differentiates
  its own GRU twice, so the gradient penalty just works; cuDNN's, which it would take on a GPU, it
  does not.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from wganad_core.config import Architecture, WindowConfig
from wganad_core.networks.initial import initialise
from wganad_core.networks.joint import JointDiscriminator

SLOPE, CONTRAST_SLOPE = 0.2, 0.1
Layers = list[nn.Module]


def generator(config: WindowConfig, rng: torch.Generator) -> nn.Sequential:
    """z (n, n_latent) → x (n, n_features), of any size; recurrence images are not negative."""
    return initialise(nn.Sequential(*GENERATORS[config.architecture](config)), rng)


def critic(config: WindowConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, n_features) → f (n, 1)."""
    return encoder(config, rng, 1)


def encoder(config: WindowConfig, rng: torch.Generator, n_outputs: int) -> nn.Sequential:
    """x (n, n_features) → (n, n_outputs)."""
    layers, n_seen = TRUNKS[config.architecture](config)
    layers += [nn.Linear(n_seen, config.hidden), nn.LeakyReLU(SLOPE)]
    return initialise(nn.Sequential(*layers, nn.Linear(config.hidden, n_outputs)), rng)


def features(config: WindowConfig, rng: torch.Generator) -> nn.Sequential:
    """x (n, 9·128) → (n, features): the contrastive network. It looks for what is where in time
    no matter when, hence the pools; no penalty forbids batch normalisation."""
    channels, length = config.shape
    widths = (channels, config.width, 8 * config.width // 5, 12 * config.width // 5)
    layers: Layers = [nn.Unflatten(1, (channels, length))]
    for n_in, n_out, size in zip(widths[:-1], widths[1:], (7, 5, 5), strict=True):
        convolution = nn.Conv1d(n_in, n_out, size, 2, size // 2)
        layers += [convolution, nn.BatchNorm1d(n_out), nn.LeakyReLU(CONTRAST_SLOPE)]
    layers += [MeanAndMax(), nn.Linear(2 * widths[-1], config.features)]
    layers += [nn.BatchNorm1d(config.features), nn.LeakyReLU(CONTRAST_SLOPE)]
    return initialise(nn.Sequential(*layers), rng)


class MeanAndMax(nn.Module):
    """(n, channels, steps) → (n, 2·channels): each channel's mean and its highest."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1)


def joint(config: WindowConfig, rng: torch.Generator) -> JointDiscriminator:
    """(x (n, n_features), z (n, n_latent)) → logit (n, 1)."""
    layers, n_seen = TRUNKS[config.architecture](config)
    return JointDiscriminator(
        nn.Sequential(*layers), n_seen, config.n_latent, 4 * config.hidden, config.hidden, rng
    )


def _dense_trunk(config: WindowConfig) -> tuple[Layers, int]:
    """(n, 384) → (n, width)."""
    width = config.width
    first = nn.Linear(config.n_features, width)
    return [first, nn.LeakyReLU(SLOPE), nn.Linear(width, width), nn.LeakyReLU(SLOPE)], width


def _dense_generator(config: WindowConfig) -> Layers:
    width = config.width
    return [
        nn.Linear(config.n_latent, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, config.n_features),
    ]  # fmt: skip


def _image_trunk(config: WindowConfig) -> tuple[Layers, int]:
    """(n, 9·32·32) → (n, 2·width·16): three strided convolutions, 32 → 16 → 8 → 4."""
    width = config.width
    channels, side, _ = config.shape
    return [
        nn.Unflatten(1, (channels, side, side)),
        nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, 2 * width, 4, 2, 1), nn.LeakyReLU(SLOPE),
        nn.Conv2d(2 * width, 2 * width, 4, 2, 1), nn.LeakyReLU(SLOPE),
        nn.Flatten(),
    ], 2 * width * (side // 8) ** 2  # fmt: skip


def _image_generator(config: WindowConfig) -> Layers:
    """The last doubling is a convolution whose channels are the pixels of 2 × 2 blocks."""
    width = config.width
    channels, side, _ = config.shape
    start = side // 8
    return [
        nn.Linear(config.n_latent, config.hidden), nn.ReLU(),
        nn.Linear(config.hidden, 2 * width * start**2), nn.ReLU(),
        nn.Unflatten(1, (2 * width, start, start)),
        nn.ConvTranspose2d(2 * width, 2 * width, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1), nn.ReLU(),
        nn.Conv2d(width, 4 * channels, 3, 1, 1),
        nn.PixelShuffle(2),
        nn.Flatten(),
        nn.Softplus(),
    ]  # fmt: skip


def _conv_trunk(config: WindowConfig) -> tuple[Layers, int]:
    """(n, 9·128) → (n, 2·width·16): three strided convolutions along time, 128 → 64 → 32 → 16."""
    width = config.width
    channels, length = config.shape
    return [
        nn.Unflatten(1, (channels, length)),
        nn.Conv1d(channels, width, 6, 2, 2), nn.LeakyReLU(SLOPE),
        nn.Conv1d(width, 2 * width, 6, 2, 2), nn.LeakyReLU(SLOPE),
        nn.Conv1d(2 * width, 2 * width, 6, 2, 2), nn.LeakyReLU(SLOPE),
        nn.Flatten(),
    ], 2 * width * (length // 8)  # fmt: skip


def _conv_generator(config: WindowConfig) -> Layers:
    width = config.width
    channels, length = config.shape
    return [
        nn.Linear(config.n_latent, config.hidden), nn.ReLU(),
        nn.Linear(config.hidden, 2 * width * (length // 8)), nn.ReLU(),
        nn.Unflatten(1, (2 * width, length // 8)),
        nn.ConvTranspose1d(2 * width, 2 * width, 6, 2, 2), nn.ReLU(),
        nn.ConvTranspose1d(2 * width, width, 6, 2, 2), nn.ReLU(),
        nn.ConvTranspose1d(width, channels, 6, 2, 2),
        nn.Flatten(),
    ]  # fmt: skip


class DoublyDifferentiableGRU(nn.GRU):
    """PyTorch's own on every device: cuDNN's has no second derivative."""

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        with torch.backends.cudnn.flags(enabled=False):
            found: tuple[Tensor, Tensor] = super().forward(*inputs)
        return found


class Recurrent(nn.Module):
    """A GRU along time: (n, channels, steps) → the mean and the last of its states, (n, 2·width).

    Four steps are read at once, which makes its way through time four times shorter.
    """

    STRIDE = 4

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.gru = DoublyDifferentiableGRU(channels * self.STRIDE, width, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        n, channels, steps = x.shape
        chunks = x.view(n, channels, steps // self.STRIDE, self.STRIDE)
        chunks = chunks.permute(0, 2, 1, 3)
        states, _ = self.gru(chunks.reshape(n, steps // self.STRIDE, channels * self.STRIDE))
        return torch.cat([states.mean(dim=1), states[:, -1]], dim=1)


class RecurrentGenerator(nn.Module):
    """(n, hidden) → (n, channels, steps): a GRU that is told the same at every four steps."""

    def __init__(self, hidden: int, width: int, channels: int, steps: int) -> None:
        super().__init__()
        self.channels, self.steps = channels, steps
        self.start = nn.Linear(hidden, width)
        self.gru = DoublyDifferentiableGRU(hidden, width, batch_first=True)
        self.out = nn.Linear(width, channels * Recurrent.STRIDE)

    def forward(self, h: Tensor) -> Tensor:
        n, times = len(h), self.steps // Recurrent.STRIDE
        told = h[:, None].expand(n, times, h.shape[1])
        states, _ = self.gru(told, torch.tanh(self.start(h))[None])
        chunks: Tensor = self.out(states).view(n, times, self.channels, Recurrent.STRIDE)
        return chunks.permute(0, 2, 1, 3).reshape(n, self.channels, self.steps)


def _recurrent_trunk(config: WindowConfig) -> tuple[Layers, int]:
    channels, length = config.shape
    fold = nn.Unflatten(1, (channels, length))
    return [fold, Recurrent(channels, config.width)], 2 * config.width


def _recurrent_generator(config: WindowConfig) -> Layers:
    channels, length = config.shape
    return [
        nn.Linear(config.n_latent, config.hidden), nn.ReLU(),
        RecurrentGenerator(config.hidden, config.width, channels, length),
        nn.Flatten(),
    ]  # fmt: skip


GENERATORS: dict[Architecture, Callable[[WindowConfig], Layers]] = {
    "dense": _dense_generator,
    "recurrence": _image_generator,
    "conv": _conv_generator,
    "recurrent": _recurrent_generator,
}
# The layers up to a flat (n, n_seen), and n_seen.
TRUNKS: dict[Architecture, Callable[[WindowConfig], tuple[Layers, int]]] = {
    "dense": _dense_trunk,
    "recurrence": _image_trunk,
    "conv": _conv_trunk,
    "recurrent": _recurrent_trunk,
}
