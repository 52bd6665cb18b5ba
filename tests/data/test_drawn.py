"""A drawing as a text in an address, and the data around it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wganad_core.data import DataError, drawn

PLACE = st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))


@given(st.lists(PLACE, min_size=1, max_size=drawn.MOST))
def test_a_drawing_comes_back_as_exactly_as_it_is_stored(places: list[tuple[float, float]]) -> None:
    text = drawn.to_text(places)
    found = drawn.from_text(text)
    assert np.abs(found - places).max() <= 1.5 / 255 + 1e-9
    assert drawn.to_text(found.tolist()) == text
    assert len(text) <= 802
    assert text.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=30))
def test_any_other_text_is_refused_or_is_points(text: str) -> None:
    try:
        found = drawn.from_text(text)
    except DataError:
        return
    assert 1 <= len(found) <= drawn.MOST
    assert np.abs(found).max() <= 1.5


@pytest.mark.parametrize("text", ["", "A", "gIAA", "gIAA_w", "é" * 4, "AAAA" * 301, "A" * 2_000])
def test_a_text_that_was_cut_or_is_too_long_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="drawn points"):
        drawn.from_text(text)


@pytest.mark.parametrize("places", [[], [(0.0, 0.0)] * 301, [(np.nan, 0.0)]])
def test_what_no_address_holds_is_refused(places: list[tuple[float, float]]) -> None:
    with pytest.raises(DataError, match="drawn points"):
        drawn.to_text(places)


@pytest.mark.parametrize("n", [1, 7, 300])
def test_every_place_has_a_cloud_of_as_many_points(n: int) -> None:
    places = np.column_stack([np.linspace(-1.4, 1.4, n), np.zeros(n)])
    found = drawn.clouds(places)
    assert len(found) == pytest.approx(drawn.N_POINTS, rel=0.01)
    means = found.reshape(n, -1, 2).mean(axis=1)
    np.testing.assert_allclose(means, places, atol=5 * drawn.SPREAD / np.sqrt(len(found) / n))
    assert np.array_equal(found, drawn.clouds(places))
