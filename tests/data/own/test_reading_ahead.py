"""A refused cell ends the process with a sentence, not by SIGABRT."""

from __future__ import annotations

import subprocess
import sys

# Bytes that come slowly to any thread but the first are still awaited when the process ends.
SCRIPT = """
import io, sys, threading, time
from wganad_core.data import DataError
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.samples import _chunks
from wganad_core.data.own import Roles

class Slow(io.BytesIO):
    def read(self, n=-1):
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.3)
        return super().read(n)

class SlowFile(OwnFile):
    def open(self):
        return Slow(self.content)

content = b"a,b\\n1,\\n1..2,\\n" + (b"1," + b"x" * 4_000 + b"\\n") * 2_000
try:
    list(_chunks(SlowFile("a.csv", content), Roles(), None))
except DataError as error:
    print(error)
    sys.exit(1)
"""


def test_arrow_asks_python_for_no_bytes_while_the_process_ends():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert "holds '1..2' in line 3" in done.stdout
