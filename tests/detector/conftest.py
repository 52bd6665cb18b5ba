"""What several tests of detectors share."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from wganad_core.methods import descent


@pytest.fixture(scope="module")
def short_searches() -> Iterator[None]:
    """Searches for latents that take three steps: as they are made, in less time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(descent, "Descent", functools.partial(descent.Descent, steps=3))
        yield
