"""Pictures of parts that are made up, with defects whose masks are known: what judges of pictures
are chosen on, besides the published cases.

Every normal differs from the next as photographs do: noise, light, a shift of some pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 192
Rgb = NDArray[np.float32]  # (SIDE, SIDE, 3)
Mask = NDArray[np.bool_]
Y, X = np.mgrid[:SIDE, :SIDE]


@dataclasses.dataclass(frozen=True)
class Family:
    """`normal(rng)` is a picture; each of `defects` makes one of it with a defect."""

    normal: Callable[[np.random.Generator], Rgb]
    defects: Mapping[str, Callable[[Rgb, np.random.Generator], Rgb]]

    def odd(self, kind: str, rng: np.random.Generator) -> tuple[Rgb, Mask]:
        """A picture with a defect, and where it is."""
        before = self.normal(rng)
        after = self.defects[kind](before, rng)
        return _taken(after, rng), np.abs(after - before).max(axis=2) > 0.02

    def good(self, rng: np.random.Generator) -> Rgb:
        return _taken(self.normal(rng), rng)


def _taken(picture: Rgb, rng: np.random.Generator) -> Rgb:
    """As a camera takes it: brighter or darker by a few per cent, with noise."""
    light = 1 + 0.03 * rng.normal()
    noise = 0.015 * rng.normal(size=picture.shape)
    return np.asarray((picture * light + noise).clip(0, 1), np.float32)


def _painted(picture: Rgb, where: NDArray[np.floating] | Mask, colour: tuple[float, ...]) -> Rgb:
    share = np.asarray(where, np.float32)[..., None]
    return np.asarray(picture * (1 - share) + share * np.array(colour, np.float32), np.float32)


def _disc(y: float, x: float, radius: float) -> Mask:
    return np.asarray(np.hypot(Y - y, X - x) < radius)


def _bar(y: float, x: float, half: tuple[float, float], degrees: float) -> Mask:
    """A rectangle about a point, turned."""
    angle = np.radians(degrees)
    along = (X - x) * np.cos(angle) + (Y - y) * np.sin(angle)
    across = -(X - x) * np.sin(angle) + (Y - y) * np.cos(angle)
    return np.asarray((np.abs(along) < half[0]) & (np.abs(across) < half[1]))


def _somewhere(rng: np.random.Generator, margin: int = 50) -> tuple[float, float]:
    y, x = rng.uniform(margin, SIDE - margin, 2)
    return float(y), float(x)


def scratch(picture: Rgb, rng: np.random.Generator) -> Rgb:
    """A line one pixel and a half wide, a little darker."""
    line = _bar(*_somewhere(rng), (rng.uniform(12, 25), 0.8), rng.uniform(0, 180))
    return _painted(picture, 0.35 * line, (0.1, 0.1, 0.1))


def stain(picture: Rgb, rng: np.random.Generator) -> Rgb:
    """A soft spot, darker by a sixth."""
    y, x = _somewhere(rng)
    spot = np.exp(-((Y - y) ** 2 + (X - x) ** 2) / (2 * rng.uniform(6, 10) ** 2))
    return _painted(picture, 0.3 * spot, (0.25, 0.2, 0.15))


def tint(picture: Rgb, rng: np.random.Generator) -> Rgb:
    """A spot of another colour, as bright as before."""
    grey = picture.mean(axis=2, keepdims=True)
    spot = _disc(*_somewhere(rng), rng.uniform(7, 12))[..., None]
    return np.where(spot, grey * np.array([1.25, 0.9, 0.85], np.float32), picture).clip(0, 1)


# A plate of brushed metal: its streaks are new every time.


def plate(rng: np.random.Generator) -> Rgb:
    streaks = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), (0.7, 14)) * 0.35
    grey = 0.6 + streaks + 0.05 * (X / SIDE - 0.5)
    return np.asarray(grey[..., None] * np.array([1, 0.99, 0.95]), np.float32)


# A board with parts, put down a little differently every time.

PARTS = ((50, 50, (18, 9)), (50, 130, (9, 16)), (125, 60, (12, 12)), (135, 135, (20, 8)))
COLOURS = ((0.15, 0.15, 0.17), (0.75, 0.65, 0.3), (0.3, 0.3, 0.6), (0.6, 0.2, 0.2))
GROUND = (0.1, 0.42, 0.22)


def _board(rng: np.random.Generator, change: Callable[[int], tuple[float, bool, float]]) -> Rgb:
    """`change`: of each part, by how much it is turned, whether it is there, how far it is off."""
    picture = np.tile(np.array(GROUND, np.float32), (SIDE, SIDE, 1))
    dy, dx = rng.uniform(-2, 2, 2)
    for at, ((y, x, half), colour) in enumerate(zip(PARTS, COLOURS, strict=True)):
        turn, there, off = change(at)
        if there:
            y_off, x_off = y + dy + rng.uniform(-0.7, 0.7), x + dx + rng.uniform(-0.7, 0.7) + off
            share = ndimage.gaussian_filter(_bar(y_off, x_off, half, turn) * 1.0, 0.7)
            picture = _painted(picture, share, colour)
    return picture


def board(rng: np.random.Generator) -> Rgb:
    return _board(rng, lambda at: (0.0, True, 0.0))


def _odd_board(made: Callable[[int, int], tuple[float, bool, float]]) -> Callable[..., Rgb]:
    def changed(picture: Rgb, rng: np.random.Generator) -> Rgb:
        which = int(rng.integers(len(PARTS)))
        return _board(rng, lambda at: made(at, which))

    return changed


# A cloth, whose weave begins anywhere.


def cloth(rng: np.random.Generator) -> Rgb:
    phase = rng.uniform(0, 2 * np.pi, 2)
    weave = np.sin(2 * np.pi * X / 9 + phase[0]) * np.sin(2 * np.pi * Y / 11 + phase[1])
    grey = 0.5 + 0.12 * weave + 0.03 * ndimage.gaussian_filter(rng.normal(size=weave.shape), 2)
    return np.asarray(grey[..., None] * np.array([0.75, 0.85, 1.1]), np.float32)


# A nut that lies at any angle.


def nut(rng: np.random.Generator) -> Rgb:
    angle = rng.uniform(0, 2 * np.pi)
    theta = np.arctan2(Y - SIDE / 2, X - SIDE / 2) - angle
    radius = np.hypot(Y - SIDE / 2, X - SIDE / 2)
    edge = 70 * np.cos(np.pi / 6) / np.cos(np.mod(theta, np.pi / 3) - np.pi / 6)
    body = ndimage.gaussian_filter(((radius < edge) & (radius > 30)) * 1.0, 0.7)
    shade = 0.62 + 0.08 * np.cos(6 * theta)
    ground = np.full((SIDE, SIDE, 3), 0.15, np.float32)
    return ground * (1 - body[..., None]) + (body * shade)[..., None].astype(np.float32)


def on_nut(defect: Callable[[Rgb, np.random.Generator], Rgb]) -> Callable[..., Rgb]:
    """The defect where the nut is, whose ground tells nothing."""

    def made(picture: Rgb, rng: np.random.Generator) -> Rgb:
        body = picture.mean(axis=2) > 0.4
        for _ in range(20):
            found = defect(picture, rng)
            if (np.abs(found - picture).max(axis=2) > 0.02)[body].sum() > 30:
                break
        return found

    return made


SPOTS = {"scratch": scratch, "stain": stain, "tint": tint}
FAMILIES = {
    "plate": Family(plate, SPOTS),
    "board": Family(
        board,
        {
            **SPOTS,
            "missing": _odd_board(lambda at, which: (0.0, at != which, 0.0)),
            "turned": _odd_board(lambda at, which: (25.0 * (at == which), True, 0.0)),
            "off": _odd_board(lambda at, which: (0.0, True, 7.0 * (at == which))),
        },
    ),
    "cloth": Family(cloth, SPOTS),
    "nut": Family(nut, {name: on_nut(defect) for name, defect in SPOTS.items()}),
}
