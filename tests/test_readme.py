"""What the README quotes is what the shipped scores give."""

from __future__ import annotations

from tests.readme import PLACE, README, filled
from wganad_core.use_cases import USE_CASES


def test_the_tables_are_those_of_the_scores_that_ship() -> None:
    text = README.read_text(encoding="utf-8")
    assert {place["case"] for place in PLACE.finditer(text)} == {*USE_CASES, "leaks"}
    assert filled(text) == text, "run `make tables`"
