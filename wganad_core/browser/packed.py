"""A header and arrays as a text that a page of ours holds."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any


def packed(header: Mapping[str, Any], payload: bytes | bytearray) -> str:
    """Base64 of gzipped bytes: the length of a JSON header, the header, then what it places. The
    same content gives the same text."""
    text = json.dumps(header).encode()
    return b64encode(
        gzip.compress(len(text).to_bytes(4, "little") + text + payload, 9, mtime=0)
    ).decode()
