"""Latents to generate from: drawn from the prior, and on the way between two of them."""

from __future__ import annotations

import numpy as np

from wganad_core.records import FloatArray


def draw(n: int, n_latent: int, seed: int) -> FloatArray:
    """n latents (n, n_latent) from the standard normal prior."""
    return np.random.default_rng(seed).standard_normal((n, n_latent), np.float32)


def walk(start: FloatArray, end: FloatArray, n: int) -> FloatArray:
    """n latents on the great circle from one latent to another: a straight line would leave the
    shell where the prior's mass is."""
    cosine = float(start @ end / (np.linalg.norm(start) * np.linalg.norm(end)))
    angle = max(float(np.arccos(np.clip(cosine, -1, 1))), 1e-6)
    t = np.linspace(0, 1, n, dtype=np.float32)[:, None]
    return np.asarray(
        (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle), np.float32
    )


def stride(steps: int, frames: int) -> int:
    """How many steps of a search lie between two of at most `frames` pictures and its end."""
    return -(-steps // frames)


def recorded(steps: int, frames: int) -> list[int]:
    """The steps at which such a search records its path, its end among them."""
    return [*range(0, steps, stride(steps, frames)), steps]
