"""What makes another thing of a sample: the shifts that contrastive features learn to tell apart.

A distortion leaves a sample what it is, a shift does not: an 8 on its side is no 8 (Tack et al.
2020, CSI). Shifted copies count as other instances, and a head names the shift.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from wganad_core.config import AnyNetworkConfig, ConfigError, ImageConfig, WindowConfig
from wganad_core.data.views import KNEES


class Shifts(nn.Module):
    """Samples (n, d) → all in every shift (shifts, n, d), the first as they are.

    `n_shifts` are learned; `scored` are the numbers of those that samples to be scored go through,
    which need no second sample; the first `n_compared` of these have features that are compared
    with those of normals.
    """

    n_shifts: int
    scored: tuple[int, ...]
    n_compared: int

    @abstractmethod
    def forward(self, x: Tensor, others: Tensor | None = None) -> Tensor:
        """(n_shifts, n, d) with `others` (n, d), partners in training for a shift that mixes two;
        without them only those that are `scored`."""


class ShiftHead(nn.Linear):
    """h (n, n_features) → logits (n, n_shifts): which shift a sample went through. `shift` makes
    them."""

    def __init__(self, n_features: int, shift: Shifts) -> None:
        super().__init__(n_features, shift.n_shifts)
        self.shift = shift


class Rotations(Shifts):
    """Images (n, d) of `side` × `side` pixels turned by 0, 90, 180 and 270 degrees."""

    n_shifts = n_compared = 4
    scored = (0, 1, 2, 3)

    def __init__(self, side: int, channels: int) -> None:
        super().__init__()
        self.shape = (side, side) if channels == 1 else (side, side, channels)

    def forward(self, x: Tensor, others: Tensor | None = None) -> Tensor:
        images = x.view(-1, *self.shape)
        turned = [torch.rot90(images, k, (1, 2)) for k in range(self.n_shifts)]
        return torch.stack(turned).flatten(2)


# Of windows. Signals are (n, 3 sensors, 3 axes, steps) in g and rad/s: body acceleration, rotation,
# total acceleration.
BODY, ROTATION, TOTAL = range(3)
PACE, SIZE = 1.5, 2.0


def gravity_of(signals: Tensor) -> Tensor:
    """(n, 3 axes, steps): total less body acceleration."""
    return signals[:, TOTAL] - signals[:, BODY]


def with_body(signals: Tensor, body: Tensor, gravity: Tensor) -> Tensor:
    """Windows of this body acceleration and rotation (n, 2, 3, steps) under this gravity."""
    return torch.cat([body, (gravity + body[:, BODY])[:, None]], dim=1)


def backwards(signals: Tensor) -> Tensor:
    """Time reversed: turning one way becomes turning the other, accelerations keep their sign."""
    back = signals.flip(3)
    return torch.stack([back[:, BODY], -back[:, ROTATION], back[:, TOTAL]], dim=1)


def upside_down(signals: Tensor) -> Tensor:
    """Turned by 180° about x."""
    return signals * signals.new_tensor([1.0, -1.0, -1.0])[:, None]


def along_other_axes(signals: Tensor) -> Tensor:
    """Movements along y, z, x instead of x, y, z; gravity stays."""
    return with_body(signals, signals[:, :TOTAL].roll(-1, dims=2), gravity_of(signals))


def stronger(signals: Tensor) -> Tensor:
    """Movements of twice their size; gravity stays."""
    return with_body(signals, SIZE * signals[:, :TOTAL], gravity_of(signals))


def reading(pace: float, length: int) -> Tensor:
    """What windows are multiplied with (length, length) to be read at another pace from their
    middle outwards, mirrored at their ends, linearly interpolated."""
    middle = (length - 1) / 2
    time = ((torch.arange(length, dtype=torch.float64) - middle) * pace + middle).abs()
    time = torch.where(time > length - 1, 2 * (length - 1) - time, time)
    before = time.floor().clamp(max=length - 2).long()
    matrix = torch.zeros(length, length, dtype=torch.float64)
    column = torch.arange(length)
    matrix[before, column] = 1 - (time - before)
    matrix[before + 1, column] = time - before
    return matrix.float()


class Movements(Shifts):
    """Windows (n, 9·128) of the view `signals`, eight times: as they are; backwards; turned by 180°
    about x; moving in another's gravity; moving along other axes; quicker; slower; stronger.

    All happen to the signals in g and rad/s, so `scales` are those of the view.
    """

    n_shifts, n_compared = 8, 3
    scored = (0, 1, 2, 4, 5, 6, 7)

    def __init__(self, shape: tuple[int, ...], scales: tuple[float, ...]) -> None:
        super().__init__()
        self.shape = (3, shape[0] // 3, shape[1])
        units = torch.tensor(scales or (1.0, 1.0, 1.0)).view(3, 1, 1)
        knees = torch.tensor([KNEES["body_acc"], KNEES["body_gyro"]]).view(2, 1, 1)
        made = {"units": units, "knees": knees}
        made |= {"quicker": reading(PACE, shape[1]), "slower": reading(1 / PACE, shape[1])}
        for name, value in made.items():
            self.register_buffer(name, value, persistent=False)

    def signals(self, x: Tensor) -> Tensor:
        """Rows as signals, as `View.signals` undoes the view."""
        seen = x.view(-1, *self.shape) * self.get_buffer("units")
        body = seen[:, :TOTAL]
        length = _lengths(body)
        body = body * (length.expm1() * self.get_buffer("knees") / length)
        return torch.cat([body, seen[:, TOTAL:]], dim=1)

    def rows(self, signals: Tensor) -> Tensor:
        """Undo `signals`."""
        body = signals[:, :TOTAL]
        length = _lengths(body)
        body = body * ((length / self.get_buffer("knees")).log1p() / length)
        return (torch.cat([body, signals[:, TOTAL:]], dim=1) / self.get_buffer("units")).flatten(1)

    def forward(self, x: Tensor, others: Tensor | None = None) -> Tensor:
        signals = self.signals(x)
        shifted = [backwards(signals), upside_down(signals)]
        if others is not None:
            gravity = gravity_of(self.signals(others))
            shifted.append(with_body(signals, signals[:, :TOTAL], gravity))
        shifted += [
            along_other_axes(signals),
            signals @ self.get_buffer("quicker"),
            signals @ self.get_buffer("slower"),
            stronger(signals),
        ]
        return torch.stack([x, *map(self.rows, shifted)])


def _lengths(vectors: Tensor) -> Tensor:
    """(…, 3 axes, steps) → (…, 1, steps), never nothing."""
    return vectors.square().sum(dim=-2, keepdim=True).sqrt().clamp(min=1e-12)


def shifts_of(config: AnyNetworkConfig) -> Shifts:
    """The shifts of the networks' samples. Raises `ConfigError` if there are none."""
    if isinstance(config, ImageConfig):
        return Rotations(config.side, config.channels)
    if isinstance(config, WindowConfig) and config.view == "signals":
        return Movements(config.shape, config.scales)
    raise ConfigError("Contrastive features need images or the nine signals of windows.")
