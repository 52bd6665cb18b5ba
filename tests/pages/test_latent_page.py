"""The page `latent` without a browser."""

from __future__ import annotations

import pytest

from tests.app_pages import choose, opened
from wganad_core import latent

pytestmark = pytest.mark.usefixtures("page_workers")


def test_the_map_says_where_the_unseen_digit_lands():
    test = opened("latent.py")
    title = test.title[0].value
    assert title.startswith("The unseen 4 lands among the 9s: ")
    rows = test.dataframe[0].value
    assert rows["lands among"][0] == "9"
    assert "4" not in set(rows["lands among"])


def test_dimensions_are_shown_as_measured():
    test = opened("latent.py")
    choose(test, view="size")
    rows = test.dataframe[0].value
    assert len(rows) == len(latent.load(latent.shipped_path()).fits)
    assert "With 2 latents neighbours find the 4" in test.title[0].value
