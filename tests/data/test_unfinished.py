"""What killed processes left goes; what is in use, and whatever is not ours, stays."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wganad_core.data import unfinished
from wganad_core.data.unfinished import UNFINISHED, Scratch, owned, sweep

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing is swept there")
HERE = platform.node()


@pytest.fixture(scope="module")
def ended() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


@pytest.fixture
def running() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.communicate(b"\n")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_and_folders_of_processes_that_ended_go(ended: int, tmp_path: Path) -> None:
    (tmp_path / f"{UNFINISHED}{HERE}-{ended}-0123456789abcdef").write_bytes(b"half")
    folder = tmp_path / f".fetching-{HERE}-{ended}-abcd_234"
    folder.mkdir()
    (folder / "part").write_bytes(b"half")
    assert sweep(tmp_path, ".fetching-") == 1
    assert sweep(tmp_path, UNFINISHED, ".fetching-") == 1
    assert names(tmp_path) == []
    assert sweep(tmp_path / "missing", UNFINISHED) == 0


def test_what_is_not_ours_stays_whatever_it_is_called(ended: int, tmp_path: Path) -> None:
    others = [
        f"{UNFINISHED}thoughts",
        f"{UNFINISHED}chapter-2-appendix",
        f"{UNFINISHED}{HERE}-{ended}",
        f"{UNFINISHED}{HERE}-{ended}-Abcdefgh",
        f"{UNFINISHED}{HERE}-{ended}-abcdefgh.txt",
        f"{UNFINISHED}elsewhere-{ended}-abcdefgh",  # may still be written there
        f"copy-of{UNFINISHED}{HERE}-{ended}-abcdefgh",
        "model.safetensors",
    ]
    for name in others:
        (tmp_path / name).write_text("the only copy")
    link = tmp_path / f"{UNFINISHED}{HERE}-{ended}-abcdefgh"
    link.symlink_to(tmp_path / "model.safetensors")
    assert sweep(tmp_path, UNFINISHED) == 0
    assert names(tmp_path) == sorted([*others, link.name])


def test_what_a_living_process_may_still_write_stays(running: int, tmp_path: Path) -> None:
    path = tmp_path / f"{UNFINISHED}{HERE}-{running}-abcdefgh"
    path.touch()
    assert sweep(tmp_path, UNFINISHED) == 0
    # Untouched for days, and locked by nobody: the number is another process's by now.
    os.utime(path, (0, 0))
    assert sweep(tmp_path, UNFINISHED) == 1


def test_what_is_held_stays_however_old_it_is(tmp_path: Path) -> None:
    with Scratch(UNFINISHED, tmp_path) as folder:
        os.utime(folder, (0, 0))
        assert sweep(tmp_path, UNFINISHED) == 0
        (folder / "half").write_bytes(b"half")
    assert names(tmp_path) == []
    path = tmp_path / f"{owned(UNFINISHED)}abcdefgh"
    with path.open("wb") as file:
        unfinished.lock(file.fileno())
        os.utime(path, (0, 0))
        assert sweep(tmp_path, UNFINISHED) == 0
    assert sweep(tmp_path, UNFINISHED) == 1


KILLED = """
import os, signal
from wganad_core.data.unfinished import Scratch
Scratch().folder.joinpath("half").write_bytes(b"half")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_temporary_folder_of_a_killed_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert len(names(tmp_path)) == 1
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Scratch() as ours:
        assert unfinished.sweep_temporary() == 1
        assert names(tmp_path) == [ours.name]
