"""What tests of several data files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.har_files import TINY
from wganad_core.data import har_cache


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for a data set, of 8 + 6 windows; the cache lies beside it."""
    monkeypatch.setenv("WGANAD_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(har_cache, "OFFICIAL", TINY)
    (tmp_path / "data" / "uci_har").mkdir(parents=True)
    return tmp_path / "data" / "uci_har"
