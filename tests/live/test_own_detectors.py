"""What a saved detector says of rows, and what saying it may cost."""

import numpy as np
import pytest

from wganad_core import WGANAnomalyDetector
from wganad_core.jobs import blame
from wganad_core.live.own_detectors import explained

X = np.random.default_rng(0).normal(size=(80, 4))


def test_blame_is_the_same_in_pieces_and_left_out_where_it_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd = X[:3].copy()
    odd[[0, 1, 2], [2, 0, 3]] = 9.0
    found = WGANAnomalyDetector(score_method="neighbours").fit(X)
    whole = explained(found, odd)
    assert whole["blame"].argmax(axis=1).tolist() == [2, 0, 3]
    monkeypatch.setattr(blame, "AT_ONCE", 20)
    np.testing.assert_allclose(explained(found, odd)["blame"], whole["blame"])
    monkeypatch.setattr(blame, "MOST_CHANGED", 20)
    assert explained(found, odd) == {}  # without networks there is nothing else to say
