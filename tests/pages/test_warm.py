"""What is ready with the server, before anybody comes."""

from __future__ import annotations

import json
import subprocess
import sys

GET_READY = """
import gc, json, sys
from pages._ui import runtime, warm
warm.get_ready()
print(json.dumps({
    "kept": gc.get_freeze_count(), "looked_at": len(gc.get_objects()),
    "missing": [name for name in warm.PARTS if name not in sys.modules],
    "worker": runtime.worker().alive,
    "torch": "torch" in sys.modules,
}))
"""


def test_garbage_is_not_sought_among_what_is_loaded_with_the_server() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GET_READY], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["worker"]
    assert not found["missing"]
    assert not found["torch"]
    assert found["looked_at"] < found["kept"] / 10
