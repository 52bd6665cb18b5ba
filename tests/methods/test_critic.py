"""The critic as a detector, worked out by hand."""

from __future__ import annotations

import numpy as np
from torch import nn

from tests.methods.bundles import bundle_of, linear
from wganad_core.methods.critic import CriticScore, IntervalScore, critic_range
from wganad_core.records import FittedRules

POINTS = np.array([[1, 2], [3, -4]], np.float32)


def test_the_critics_sign() -> None:
    critic = nn.Sequential(linear([[1, 10]]))  # f = x₁ + 10 x₂
    assert CriticScore(bundle_of(critic=critic)).judge(POINTS).score.tolist() == [-21, 37]
    assert critic_range(critic, POINTS) == (-37, 21)


def test_the_interval_by_hand() -> None:
    bundle = bundle_of(critic=nn.Sequential(linear([[1]])), fitted=FittedRules((-1.0, 2.0)))
    x = np.array([[-3], [-1], [0], [2], [2.5]], np.float32)
    assert IntervalScore(bundle).judge(x).score.tolist() == [2, 0, 0, 0, 0.5]
