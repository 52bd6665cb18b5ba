"""A file that is held is not lost by a visit to another page, which empties its uploader."""

from __future__ import annotations

import pytest

from tests.pages.cockpit import LABEL, SCORE, counts, csv, own, words

pytestmark = pytest.mark.usefixtures("page_workers")


def test_scores_are_still_here_until_they_are_removed() -> None:
    test = own(csv(SCORE, LABEL))
    before = counts(test)
    assert "is still here" not in words(test)
    test.file_uploader(key="own-scores").clear().run()  # what a visit elsewhere does to it
    assert "**mine.csv** is still here." in words(test)
    assert counts(test) == before
    test.button(key="own-scores-remove").click().run()
    assert not test.exception
    assert "is still here" not in words(test)
    assert counts(test) == {}
    assert not test.button(key="own-example").disabled
