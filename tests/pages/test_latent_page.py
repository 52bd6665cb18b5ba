"""The page `latent` without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.case import data
from tests.app_pages import choose, opened
from wganad_core import latent
from wganad_core.use_cases import MNIST

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
    assert "Neighbours find the 4: AUPRC 0.30 at 2 latents" in test.title[0].value
    assert "chance 0.36" in test.title[0].value


def test_the_ends_of_the_walk_are_in_the_address():
    samples = data.samples(MNIST)
    numbers = [int(samples.position[samples.first(digit)]) for digit in ("0", "7")]
    ends = "-".join(map(str, numbers))
    test = opened("latent.py", ends=ends)
    assert walked(test).startswith("From a 0 to a 7: ")
    test.switch_page("lessons.py").run()
    assert walked(test.switch_page("latent.py").run()).startswith("From a 0 to a 7: ")
    choose(test, digit="9")  # the same images, elsewhere on another map
    assert walked(test).startswith("From a 0 to a 7: ")
    assert test.query_params["ends"] == ends


@pytest.mark.parametrize("ends", ["", "x", "1-2-3", "0-99999999", "-"])
def test_ends_that_are_no_two_images_are_ignored(ends: str):
    test = opened("latent.py", ends=ends)
    assert walked(test).startswith("From a 4 to a 9: ")
    assert "ends" not in test.query_params


def walked(test: AppTest) -> str:
    """What stands below the strip."""
    (strip,) = (element for element in test.main if element.type == "image")
    caption: str = strip.proto.imgs[0].caption
    return caption
