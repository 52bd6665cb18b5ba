"""A race as one compact file of numbers for `lanes.js`, which draws it on a canvas.

The file is gzipped: four bytes with the length of a JSON header, the header, then arrays that the
header places. Numbers are stored as whole codes: `low + code · step`, the highest code standing
for what is not known. The same file holds a finished race, the newest frame of a live one, or
further layers of frames that are there already.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.mixture import Mixture
from wganad_core.figures.race import LaneRecord, state_words
from wganad_core.records import HISTORY, Box, FloatArray, Frame

N_DATA, N_SAMPLES = 400, 500  # drawn
SLOPES = (-4.0, 4.0)  # ‖∇f‖ from 1/16 to 16 on a scale of doublings whose middle is 1
SPARE = 1.0  # sides of the box beyond it in which a point's place is still told

Layer = str
FIRST: tuple[Layer, ...] = ("samples", "critic")
MORE: tuple[Layer, ...] = ("slope", "optimal", "arrows", "manifold")


def pack_lanes(
    lanes: Sequence[LaneRecord],
    mixture: Mixture,
    layers: Iterable[Layer] = FIRST,
    quick: bool = False,
) -> bytes:
    """The file.

    Parameters
    ----------
    lanes : each with at least one frame
    mixture : the data that they train on
    layers : which of `FIRST` and `MORE` are wanted
    quick : packed less tightly, for what travels once

    Examples
    --------
    >>> from wganad_core.config import MixtureConfig
    >>> from wganad_core.data.mixture import make_mixture
    >>> from wganad_core.figures.lanes import pack_lanes, unpack_header
    >>> unpack_header(pack_lanes([], make_mixture(MixtureConfig(n_samples=10))))["lanes"]
    []
    """
    file = CodeFile()
    header = {
        "box": [round(float(side), 5) for side in mixture.box],
        "modes": np.round(mixture.modes.astype(float), 5).tolist(),
        "sigma": mixture.sigma,
        "data": file.places(_some(mixture.x), mixture.box),
        "lanes": [_lane(file, lane, mixture, set(layers)) for lane in lanes],
    }
    return file.packed(header, quick)


def unpack_header(file: bytes) -> dict[str, Any]:
    """The header of a file of `pack_lanes`."""
    data = gzip.decompress(file)
    found: dict[str, Any] = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
    return found


class CodeFile:
    """Arrays on their way into a file, after its header."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def packed(self, header: Mapping[str, Any], quick: bool) -> bytes:
        """The whole file; `quick` as in `pack_lanes`."""
        told = {"version": 1, **header}
        text = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
        parts = [len(text).to_bytes(4, "little"), text, *self._parts]
        # Without a time stamp: the same race is the same file.
        return gzip.compress(b"".join(parts), 1 if quick else 6, mtime=0)

    def codes(self, values: NDArray[Any], low: float, high: float, bits: int) -> dict[str, Any]:
        """Values as codes between two ends, clipped to them."""
        top = 2**bits - 2
        step = (high - low) / top
        with np.errstate(invalid="ignore"):
            code = np.rint((values.astype(np.float64) - low) / (step or 1)).clip(0, top)
        code = np.where(np.isfinite(values), code, top + 1)
        kind: type[np.unsignedinteger[Any]] = np.uint8 if bits == 8 else np.uint16
        data = code.astype(kind).tobytes()
        place = {"bits": bits, "at": self._size, "shape": list(values.shape)}
        self._parts.append(data + bytes(-len(data) % 4))
        self._size += len(self._parts[-1])
        return {**place, "low": low, "step": step}

    def places(self, points: NDArray[Any], box: Box) -> dict[str, Any]:
        """Points (…, 2), relative to the box: 0 to 1 in it, y upwards; far outside they stop."""
        left, right, bottom, top = box
        inside = (points - np.array([left, bottom])) / np.array([right - left, top - bottom])
        return self.codes(inside, -SPARE, 1 + SPARE, 16)


def _lane(file: CodeFile, lane: LaneRecord, mixture: Mixture, layers: set[Layer]) -> dict[str, Any]:
    frames, past = lane.recording.frames, lane.recording
    states = [state_words(frame, mixture) for frame in frames]
    made = {
        name: write(file, lane, mixture.box) for name, write in LAYERS.items() if name in layers
    }
    return {
        "title": lane.title,
        "method": lane.method,
        "steps": [frame.step for frame in frames],
        "words": [words for words, _ in states],
        "tones": [tone for _, tone in states],
        "counts": [np.round(f.counts / len(f.samples), 4).astype(float).tolist() for f in frames],
        "nearest": [_nearest_shares(frame, mixture) for frame in frames],
        "layers": {name: arrays for name, arrays in made.items() if arrays is not None},
        "history": {name: _plain(past.column(name)) for name in HISTORY} if past.history else {},
    }


def _some(points: FloatArray) -> FloatArray:
    """As many points as are drawn, from all over: people's own may come in an order."""
    at = np.random.default_rng(0).permutation(len(points))[:N_DATA]
    return points[np.sort(at)]


def _nearest_shares(frame: Frame, mixture: Mixture) -> list[float]:
    """Share of the samples whose nearest mode is each."""
    known = frame.samples[np.isfinite(frame.samples).all(axis=1)]
    if not len(mixture.modes) or not len(known):
        return []
    apart = known[:, None] - mixture.modes[None]
    nearest = (apart**2).sum(axis=2).argmin(axis=1)
    shares = np.bincount(nearest, minlength=len(mixture.modes)) / len(frame.samples)
    return [round(float(share), 4) for share in shares]


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    """With four digits; JSON has no NaN."""
    return [float(f"{v:.4g}") if math.isfinite(v) else None for v in values.tolist()]


def _stack(lane: LaneRecord, name: str) -> FloatArray:
    return np.stack([getattr(frame, name) for frame in lane.recording.frames])


def _samples(file: CodeFile, lane: LaneRecord, box: Box) -> dict[str, Any]:
    return file.places(_stack(lane, "samples")[:, :N_SAMPLES], box)


def _critic(file: CodeFile, lane: LaneRecord, box: Box) -> dict[str, Any]:
    """f, each frame on its own range as its level is arbitrary; D on [0, 1]."""
    values = _stack(lane, "field").astype(np.float64)
    low, high = (values.min(axis=(1, 2)), values.max(axis=(1, 2)))
    if lane.method == "gan":
        low, high = np.zeros(len(values)), np.ones(len(values))
    span = np.where(high > low, high - low, 1)[:, None, None]
    shares = (values - low[:, None, None]) / span
    return {**file.codes(shares, 0, 1, 8), "lows": _plain(low), "highs": _plain(high)}


def _slope(file: CodeFile, lane: LaneRecord, box: Box) -> dict[str, Any]:
    doublings = np.log2(_stack(lane, "slope").clip(2.0 ** SLOPES[0]))
    return file.codes(doublings, *SLOPES, 8)


def _optimal(file: CodeFile, lane: LaneRecord, box: Box) -> dict[str, Any]:
    return file.codes(_stack(lane, "optimal"), 0, 1, 8)


def _arrows(file: CodeFile, lane: LaneRecord, box: Box) -> dict[str, Any]:
    """Ends (frames, k, 2, 2) of the shafts; a frame's longest is an eighth of the box."""
    arrows = _stack(lane, "arrows").astype(np.float64)
    start, push = arrows[..., :2], arrows[..., 2:]
    longest = np.linalg.norm(push, axis=2).max(axis=1).clip(1e-12)[:, None, None]
    end = start + push / longest * ((box[1] - box[0]) / 8)
    return file.places(np.stack([start, end], axis=2), box)


def _manifold(file: CodeFile, lane: LaneRecord, box: Box) -> dict[str, Any] | None:
    grid = _stack(lane, "manifold")
    return file.places(grid, box) if np.isfinite(grid).all() else None


LAYERS: Mapping[Layer, Callable[[CodeFile, LaneRecord, Box], dict[str, Any] | None]] = {
    "samples": _samples,
    "critic": _critic,
    "slope": _slope,
    "optimal": _optimal,
    "arrows": _arrows,
    "manifold": _manifold,
}
