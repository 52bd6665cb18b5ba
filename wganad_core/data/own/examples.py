"""Files to try when there is none of one's own: made here, the same every time."""

from __future__ import annotations

import io
import zipfile
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.mnist import load_sample

Example = Literal["table", "images", "series"]
SEED = 2018
PUMP = ("flow_m3_h", "pressure_bar", "power_kw", "speed_rpm", "vibration_mm_s", "bearing_c")
N_PUMP, N_FAULTS = 1_200, 60
DIGIT, OTHER = 0, 6  # what the pictures show, and what is wrong among them
N_DIGITS, N_OTHERS = 400, 40
RATE, SECONDS = 50, 60  # of the recording
FAULT = (slice(2_000, 2_075), slice(2_500, 2_575))  # rows in which the bearing knocks, and slips


def example(kind: Example) -> tuple[str, bytes]:
    """The name and the bytes of a file.

    `table`: CSV of a pump, 1,200 minutes by six sensors and a label, 60 of them faults. `images`:
    a zip of 400 handwritten zeros and 40 sixes in the folders normal and anomaly. `series`: CSV of
    a minute at 50 Hz by three sensors of a shaft with a label, two faults of 1.5 s.
    """
    if kind not in get_args(Example):
        raise DataError(f"The examples are {', '.join(get_args(Example))}; found {kind!r}.")
    if kind == "table":
        return "pump.csv", _csv((*PUMP, "label"), *_pump())
    if kind == "images":
        return "digits.zip", _digits()
    return "shaft.csv", _csv(("time", "acc_x", "acc_y", "current_a", "label"), *_shaft())


def _csv(names: tuple[str, ...], values: NDArray[np.float64], label: NDArray[np.int64]) -> bytes:
    lines = [
        ",".join([*(f"{value:.6g}" for value in row), str(flag)])
        for row, flag in zip(values.tolist(), label.tolist(), strict=True)
    ]
    return "\n".join([",".join(names), *lines, ""]).encode()


def _pump() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """A pump whose flow follows its speed, pressure the square of it and power the cube.

    Most faults break a dependence rather than a limit: each sensor by itself looks as usual.
    """
    rng = np.random.default_rng(SEED)
    speed = rng.normal(1_450, 120, N_PUMP)
    valve = rng.uniform(0.6, 1, N_PUMP)
    share = speed / 1_450
    flow = 40 * share * valve
    pressure = 4 * share**2 * (1.3 - 0.5 * valve)
    power = 0.9 + 0.05 * flow * pressure * share**0.5
    vibration = 1.2 * share**2 + 0.6 * (1 - valve)
    bearing = 35 + 8 * share**1.5 + 1.5 * power
    faults = rng.choice(N_PUMP, N_FAULTS, replace=False)
    leak, dry, worn, stuck = np.array_split(faults, 4)
    flow[leak] *= rng.uniform(0.55, 0.75, len(leak))
    power[dry] *= rng.uniform(0.6, 0.75, len(dry))
    pressure[dry] *= rng.uniform(0.6, 0.8, len(dry))
    vibration[worn] += rng.uniform(0.6, 1.2, len(worn))
    bearing[worn] += rng.uniform(3, 7, len(worn))
    bearing[stuck] = 35 + 8 * rng.permutation(share[stuck]) ** 1.5 - rng.uniform(3, 6, len(stuck))
    values = np.column_stack([flow, pressure, power, speed, vibration, bearing])
    values *= 1 + rng.normal(0, [0.01, 0.01, 0.01, 0.001, 0.04, 0.006], values.shape)
    label = np.zeros(N_PUMP, np.int64)
    label[faults] = 1
    return values, label


def _digits() -> bytes:
    """From the shipped sample of MNIST, as PNG files."""
    from PIL import Image

    digits = load_sample()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for folder, digit, n in (("normal", DIGIT, N_DIGITS), ("anomaly", OTHER, N_OTHERS)):
            chosen = digits.images[digits.labels == digit][:n]
            for at, image in enumerate(chosen):
                png = io.BytesIO()
                Image.fromarray(image).save(png, "PNG")
                # A fixed date, so that the bytes are the same every time.
                entry = zipfile.ZipInfo(f"{folder}/{digit}_{at:03}.png", (2018, 12, 1, 0, 0, 0))
                archive.writestr(entry, png.getvalue())
    return packed.getvalue()


def _shaft() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """A shaft that turns 2 to 2.5 times a second; the two faults keep within the usual range."""
    rng = np.random.default_rng(SEED)
    n = RATE * SECONDS
    time = np.arange(n) / RATE
    speed = 2.25 + 0.25 * np.sin(2 * np.pi * time / 20)
    phase = 2 * np.pi * np.cumsum(speed) / RATE
    knock, slip = FAULT
    x, y = np.cos(phase) + 0.3 * np.cos(2 * phase), np.sin(phase)
    current = 3 + 0.6 * np.sin(phase + 0.5) ** 2
    x[knock] += 0.5 * np.sin(11 * phase[knock])
    y[slip] = np.sin(phase[slip] + np.pi / 2)
    values = np.column_stack([x, y, current]) + rng.normal(0, 0.05, (n, 3))
    label = np.zeros(n, np.int64)
    label[knock] = label[slip] = 1
    return np.column_stack([time, values]), label
