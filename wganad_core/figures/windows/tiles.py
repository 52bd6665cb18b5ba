"""The recurrence images of a window's signals, beside those of what a model makes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from wganad_core.data import recurrence
from wganad_core.data.har import SIGNALS
from wganad_core.data.views import View
from wganad_core.figures.windows.recurrence import Tile
from wganad_core.figures.windows.signals import AXES, UNITS
from wganad_core.records import FloatArray


@dataclasses.dataclass(frozen=True)
class Rebuilt:
    """What the encoder's model made of one window: `signals` by name (128,), in g and rad/s, or
    `seen` and `images` (9, 32, 32) of a network that knows recurrence images only."""

    signals: dict[str, FloatArray] = dataclasses.field(default_factory=dict)
    seen: FloatArray | None = None
    images: FloatArray | None = None

    @classmethod
    def of(cls, window: FloatArray, row: FloatArray, view: View) -> Rebuilt:
        """From a window (9, 128) and the model's row (n_features,) of it."""
        if view.kind == "recurrence":
            seen = view.seen(window[None])[0]
            return cls(seen=seen, images=row.reshape(seen.shape))
        rebuilt = view.signals(row[None])[0]
        return cls(signals=dict(zip(SIGNALS[-len(rebuilt) :], rebuilt, strict=True)))


def tiles_of(
    window: FloatArray, rebuilt: Rebuilt, names: Sequence[str], share: float | None = None
) -> list[Tile]:
    """The image of the named signals of one sensor and, where there is one, the model's.

    `share`: the threshold ε of the classical plot, of the largest distance of the first image,
    whose scale the second one has, too; None draws distances.
    """
    unit = _unit(names)
    colours = [AXES[name[-1]] for name in names]

    def tile(title: str, signals: FloatArray, top: float | None = None) -> Tile:
        image = recurrence.joint_distance_matrix(signals)
        top = top or float(image.max()) or 1.0
        title = title.format(f"{top:.2g} {unit}")
        return Tile(title, image, dict(zip(colours, signals, strict=True)), top, unit)

    tiles = [tile("R, up to {}", _signals(window, names))]
    if all(name in rebuilt.signals for name in names):
        back = np.stack([rebuilt.signals[name] for name in names])
        tiles.append(tile("R of what comes back", back, tiles[0].top))
    if rebuilt.images is not None and rebuilt.seen is not None and len(names) == 1:
        number = SIGNALS.index(names[0])
        limit = float(rebuilt.seen[number].max()) or 1.0
        tiles.append(Tile("The network sees", rebuilt.seen[number], {}, limit))
        tiles.append(Tile("… and gives back", rebuilt.images[number], {}, limit))
    if share is None:
        return tiles
    plots = [recurrence.recurrence_plot(one.image, share * one.top) for one in tiles]
    return [dataclasses.replace(one, image=p) for one, p in zip(tiles, plots, strict=True)]


def cell_in_words(window: FloatArray, names: Sequence[str], i: int, j: int) -> str:
    """The values of the named signals at the times i and j, and how far apart these are: rounded
    as they are written, so that all three agree.

    Examples
    --------
    >>> from wganad_core.figures.windows.tiles import cell_in_words
    >>> window = np.zeros((9, 128), np.float32)
    >>> window[0, 2] = -0.5
    >>> cell_in_words(window, ["body_acc_x"], 0, 2)
    '0.000 and −0.500 g, so |sᵢ − sⱼ| = **0.500 g**'
    """
    values = np.round(_signals(window, names)[:, [i, j]].astype(float), 3)
    distance, unit = float(np.linalg.norm(values[:, 0] - values[:, 1])), _unit(names)
    first, second = (
        ", ".join(f"{value:.3f}" for value in pair).replace("-", "−") for pair in values.T
    )
    bars = "|sᵢ − sⱼ|" if len(names) == 1 else "‖sᵢ − sⱼ‖"
    return f"{first} and {second} {unit}, so {bars} = **{distance:.3f} {unit}**"


def _signals(window: FloatArray, names: Sequence[str]) -> FloatArray:
    return np.stack([window[SIGNALS.index(name)] for name in names])


def _unit(names: Sequence[str]) -> str:
    return UNITS[names[0].rpartition("_")[0]]
