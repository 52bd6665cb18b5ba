"""The process that reads people's files for the server, each within limits of memory and time.

    python -m wganad_core.live.reading --memory 1500000000 --seconds 120

Messages are those of `protocol`: in comes {"what", "arguments"} and, of an upload, its bytes as
the array `data`; out goes a record (`protocol.pack_record`), or {"error": sentence}. Each request
is carried out by a copy of this process (`fork`), which ends with it: what a file took is given
back, and imports are done once. A copy that dies takes the process along, as `readers` tells.
This is no sandbox: it bounds what a file can cost, and keeps crashes out of the server.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import select
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from wganad_core.data import DataError
from wganad_core.data.own import LabelRanges
from wganad_core.data.own.labels_beside import with_ranges
from wganad_core.data.own.look import look
from wganad_core.data.own.masks import whole_picture
from wganad_core.data.own.offers import offered
from wganad_core.data.own.points import read_points
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.samples import read_samples
from wganad_core.data.own.scores import OwnScores, read_scores
from wganad_core.data.picture import read_picture
from wganad_core.data.recording import read_recording
from wganad_core.live import limits, protocol

VALUES = 25_000_000  # numbers of a table that the server holds, 200 MB
IDLE = 600.0  # seconds that the process waits for a request


def _samples(ranges: Mapping[str, Any] | None = None, **arguments: Any) -> OwnSamples:
    """As `read_samples` finds them, labelled by a second file where one is given."""
    found = read_samples(**arguments, most=VALUES)
    return with_ranges(found, _ranges(ranges))


def _scores(ranges: Mapping[str, Any] | None = None, **arguments: Any) -> OwnScores:
    """As `read_scores` finds them, labelled by a second file where one is given."""
    return read_scores(**arguments, ranges=_ranges(ranges))


def _ranges(given: Mapping[str, Any] | None) -> LabelRanges | None:
    return None if given is None else LabelRanges(**{**given, "file": Path(given["file"])})


READS: Mapping[str, Callable[..., Any]] = {
    "look": look,
    "samples": _samples,
    "offered": offered,
    "scores": _scores,
    "points": read_points,
    "recording": read_recording,
    "whole": whole_picture,
    "picture": lambda source: read_picture(source.read(), source.name),
}
log = logging.getLogger("wganad.reading")


def answered(data: bytes) -> protocol.Message:
    """What a request is answered with."""
    arrays, meta = protocol.parse(data)
    arguments = dict(meta["arguments"])
    if "path" in arguments:
        arguments["source"] = Path(arguments.pop("path"))
    else:
        arguments["source"] = upload = io.BytesIO(arrays["data"].data)
        upload.name = arguments.pop("file_name")
    try:
        return protocol.pack_record(READS[meta["what"]](**arguments))
    except DataError as error:
        return {}, {"error": str(error)}
    except MemoryError:
        return {}, {"error": "This file does not fit into memory; keep fewer rows or columns."}
    except Exception as error:
        log.exception("%s failed", meta["what"])
        sentence = f"This file cannot be read, in a way that nobody foresaw ({error})"
        return {}, {"error": f"{sentence}; please report it with the server's log."}


def _end_with(stdin: IO[bytes]) -> None:
    """Leave as soon as nobody waits for the answer."""
    hung_up = select.poll()
    hung_up.register(stdin, 0)
    hung_up.poll()
    os._exit(3)


def serve(stdin: IO[bytes], stdout: IO[bytes], memory: int, seconds: int) -> int:
    """Until the end of input; the exit status."""
    while not hasattr(os, "fork"):  # Windows, which bounds nothing either
        if (data := protocol.read(stdin)) is None:
            return 0
        protocol.write(stdout, *answered(data))
    while select.select([stdin], [], [], IDLE)[0] and (data := protocol.read(stdin)) is not None:
        if (copy := os.fork()) == 0:
            try:
                threading.Thread(target=_end_with, args=(stdin,), daemon=True).start()
                limits.bound(memory, seconds)
                protocol.write(stdout, *answered(data))
            except BaseException:  # such as no memory for the answer
                log.exception("no answer")
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(copy, 0)
        if status:  # half an answer may have been written
            return os.waitstatus_to_exitcode(status)
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=int, required=True, help="bytes for one file")
    parser.add_argument("--seconds", type=int, required=True, help="of work for one file")
    allowed = parser.parse_args()
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not come between the messages
    status = serve(stdin, stdout, allowed.memory, allowed.seconds)
    if status < 0:  # end as the copy did
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    main()
