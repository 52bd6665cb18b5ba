"""What every loader of a bundled sample must refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wganad_core.data import DataError


def check_damage_is_refused(path: Path, load: Callable[[Path], Any]) -> None:
    """`path` is `sample.npz`, which loads as it is; it is gone afterwards."""
    load(path)
    good = path.read_bytes()
    at = good.index(b"PK\x01\x02") + 10  # the compression in the archive's directory
    damaged = {
        "empty": b"",
        "text": b"no archive",
        "truncated": good[:-30],
        "half": good[:200],
        "flipped": good[:90] + bytes([good[90] ^ 255]) + good[91:],
        "method": good[:at] + b"\x63" + good[at + 1 :],
    }
    for name, content in damaged.items():
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"sample.npz cannot be read \(.+\); restore it") as e:
            load(path)
        assert "\n" not in str(e.value), name
    path.unlink()
    with pytest.raises(DataError, match=r"\(No such file or directory\)"):
        load(path)
