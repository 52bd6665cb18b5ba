"""What differs between use cases: how a sample of a shape is drawn, chosen, taken apart, given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pages._ui.case import image, window
from pages._ui.case.choice import Choice
from wganad_core.data.gallery import Order
from wganad_core.records import FloatArray
from wganad_core.use_cases.case import Shape


class Insert(Protocol):
    """The parts of a page for one shape of samples; each module of `SHAPES` is one.

    `STYLE` (of the `KEY` of a class), `HELP` and `NAMED` belong to the row of classes: whether
    names stand beside thumbnails. `CLASS`, `PERSON` and `ORDERS`: what a gallery is filtered by.
    """

    STYLE: str
    HELP: str | None
    NAMED: bool
    CLASS: str
    PERSON: str | None
    ORDERS: Mapping[Order, str]

    def thumbnail(self, x: FloatArray) -> str:
        """One sample as the data URI of a picture."""
        ...

    def first_look(self, chosen: Choice) -> None:
        """What stands above the gallery."""
        ...

    def gallery(self, chosen: Choice, order: list[int], key: str) -> int:
        """Bundled samples, by their numbers; returns the one to be taken apart."""
        ...

    def autopsy(self, chosen: Choice, sample: int) -> None:
        """One bundled sample taken apart."""
        ...

    def upload(self, chosen: Choice) -> None:
        """A file of the reader's own."""
        ...


SHAPES: Mapping[Shape, Insert] = {"image": image, "window": window}
