"""What the views of the page share: which use case, and how its choices look."""

from __future__ import annotations

from pages._ui import linked
from pages._ui.case import data
from wganad_core.storage import StorageError
from wganad_core.use_cases import USE_CASES, UseCase

# The title and one line of choices, and then the picture.
STYLE = """<style>
.stMainBlockContainer {padding-top: 3.6rem;}
.stMainBlockContainer > .stVerticalBlock {gap: 0.45rem;}
.stMain .stHeading [data-testid=stMarkdownContainer] {margin-bottom: 0;}
.stMain h3 {padding: 0.1rem 0; font-size: 1.35rem; line-height: 1.25;}
.st-key-choices {gap: 0.4rem;}
.st-key-choices button {min-height: 2rem; padding: 0 0.6rem;}
/* its options speak for themselves */
.st-key-leak [data-testid=stWidgetLabel] {display: none;}
@media (max-width: 640px) {
  .stMain h3 {font-size: 1rem; line-height: 1.2;}
  .stMainBlockContainer > .stVerticalBlock {gap: 0.3rem;}
  .st-key-choices {gap: 0.25rem;}
  .st-key-choices button {min-height: 1.6rem; padding: 0 0.35rem;}
  .st-key-choices button p {font-size: 0.8rem;}
  .st-key-leak button {height: 1.6rem;}
}
</style>"""


def case() -> UseCase:
    """A use case with score tables. Raises `StorageError` where none has."""
    there = {name: one.label for name, one in USE_CASES.items() if data.shipped(one)}
    if not there:
        raise StorageError("No score tables are here; restore them from the repository.")
    return USE_CASES[linked.in_words("Data", there, key="case", default=next(iter(there)))]
