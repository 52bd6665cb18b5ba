"""What the views of the page share: which use case."""

from __future__ import annotations

from pages._ui import linked
from pages._ui.case import data
from wganad_core.storage import StorageError
from wganad_core.use_cases import USE_CASES, UseCase


def case() -> UseCase:
    """A use case with score tables. Raises `StorageError` where none has."""
    there = {name: one.label for name, one in USE_CASES.items() if data.shipped(one)}
    if not there:
        raise StorageError("No score tables are here; restore them from the repository.")
    return USE_CASES[linked.in_words("Data", there, key="case", default=next(iter(there)))]
