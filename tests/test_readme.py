"""What README.md and docs/measured.md quote is what the shipped scores give."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readme import PAGES, PLACE, filled

TABLES = {"README.md": {"mnist", "har"}, "measured.md": {"mnist", "har", "leaks"}}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tables_are_those_of_the_scores_that_ship(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert {place["case"] for place in PLACE.finditer(text)} == TABLES[page.name]
    assert filled(text) == text, "run `make tables`"
