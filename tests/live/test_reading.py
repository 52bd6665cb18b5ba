"""People's files, read in processes of their own: what is found, and what it may cost."""

import contextlib
import dataclasses
import io
import os
import signal
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from wganad_core.data import DataError
from wganad_core.data.own.look import Look, look
from wganad_core.data.own.offers import Offered, offered
from wganad_core.data.own.points import read_points
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.samples import read_samples
from wganad_core.data.own.scores import OwnScores, read_scores
from wganad_core.data.picture import Picture, read_picture
from wganad_core.data.recording import Recording, read_recording
from wganad_core.live.readers import Readers, Unwanted

TABLE = b"who,heat,flow,label\nanna,1.5,2,normal\nanna,,4,normal\nbert,5.25,6.5,crack\n,7,8,\n"
SCORES = b"id,score,label,class\na,0.5,0,x\nb,2.5,1,y\nc,1.5,0,x\n"
POINTS = b"x,y\n" + b"1,2\n3,4.5\n" * 9
TIMES = b"time,a\n" + b"".join(f"{i / 50},{i}\n".encode() for i in range(60))


def png(side: int = 28) -> bytes:
    kept = io.BytesIO()
    values = np.zeros((side, side), np.uint8)
    values[side // 4 : side // 2, side // 3] = 255
    Image.fromarray(values).save(kept, "png")
    return kept.getvalue()


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    found = Readers()
    yield found
    found.stop()


def equal(one: Any, other: Any) -> bool:
    if dataclasses.is_dataclass(one):
        names = [field.name for field in dataclasses.fields(one)]
        return type(one) is type(other) and all(
            equal(getattr(one, name), getattr(other, name)) for name in names
        )
    if isinstance(one, np.ndarray):
        same = np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        return one.dtype == other.dtype and bool(same)
    return bool(one == other)


CASES: dict[str, tuple[Any, bytes, dict[str, Any], Any]] = {
    "look": (Look, TABLE, {}, lambda file: look(file)),
    "samples": (
        OwnSamples,
        TABLE,
        {"sample_id": "who", "features": ["heat", "flow"]},
        lambda file: read_samples(file, sample_id="who", features=("heat", "flow")),
    ),
    "offered": (Offered, SCORES, {}, offered),
    "scores": (OwnScores, SCORES, {"choose": None}, read_scores),
    "points": (np.ndarray, POINTS, {}, read_points),
    "recording": (Recording, TIMES, {"time_column": "time"}, read_recording),
    "picture": (Picture, png(), {}, lambda file: read_picture(file.read(), file.name)),
}


@pytest.mark.parametrize(
    ("what", "upload"),
    [(what, upload) for what in CASES for upload in (True, False) if upload or what != "picture"],
)
def test_what_is_found_is_the_same(what: str, upload: bool, readers: Readers, tmp_path: Path):
    kind, data, arguments, here = CASES[what]
    path = tmp_path / "mine.x"
    path.write_bytes(data)
    with path.open("rb") as file:
        expected = here(file)
    if upload:
        source: Any = io.BytesIO(data)
        source.name = str(path)
        assert equal(readers.read(kind, what, source, **arguments), expected)
    else:
        assert equal(readers.read(kind, what, path, **arguments), expected)


def test_a_refusal_is_the_same_sentence(readers: Readers, tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_bytes(b"a,b\n1,2\nx,4\n")
    for read in (
        lambda: readers.read(OwnSamples, "samples", path, features=["a"]),
        lambda: read_samples(path, features=["a"]),
    ):
        with pytest.raises(DataError, match=r"line 3.*expected"):
            read()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures of 7,000 × 7,000."""
    path, picture = tmp_path_factory.mktemp("slow") / "slow.zip", png(7_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(40):
            archive.writestr(f"{i}.png", picture)
    return path


@contextlib.contextmanager
def limited(**limits: int) -> Iterator[Readers]:
    made = Readers(1, **limits)
    try:
        yield made
    finally:
        made.stop()


def test_what_takes_too_much_memory_is_refused_and_the_next_is_read(tmp_path: Path):
    large, small = tmp_path / "large.parquet", tmp_path / "small.csv"
    pq.write_table(pa.table({f"c{i}": np.ones(1_000_000) for i in range(20)}), large)
    small.write_bytes(TABLE)
    assert large.stat().st_size < 200_000
    with limited(memory=100_000_000) as readers:
        with pytest.raises(DataError, match=r"^\S*large\.parquet\b.* memory.* keep fewer rows"):
            readers.read(OwnSamples, "samples", large)
        assert readers.read(Look, "look", small).n_rows == 4


def test_what_takes_too_long_is_ended(slow: Path):
    with (
        limited(seconds=1) as readers,
        pytest.raises(DataError, match=r"^slow\.zip: This takes minutes to read; keep fewer"),
    ):
        readers.read(OwnSamples, "samples", slow)


def test_work_ends_with_who_asked_for_it(slow: Path):
    with limited() as readers:
        with pytest.raises(Unwanted):
            readers.read(OwnSamples, "samples", slow, wanted=lambda: False)
        assert not readers._idle
        for thread in threading.enumerate():  # the one that reads sees the end of both processes
            if thread.daemon and "_answer" in thread.name:
                thread.join(timeout=60)
                assert not thread.is_alive()


def test_a_reader_that_dies_is_told_in_a_sentence(slow: Path):
    with limited() as readers:
        readers.warm()
        (process,) = readers._idle

        def killed() -> bool:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.process.pid, signal.SIGKILL)
            return True

        with pytest.raises(DataError, match=r"^slow\.zip: What read this file was ended \(SIGKILL"):
            readers.read(OwnSamples, "samples", slow, wanted=killed)
