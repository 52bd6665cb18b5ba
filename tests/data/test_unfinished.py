"""What killed processes left goes; what is in use, and whatever is not ours, stays."""

import contextlib
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wganad_core.data import har_example, mnist, unfinished
from wganad_core.data.unfinished import UNFINISHED, Replacement, Scratch, owned, sweep

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


def test_what_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"before")
    with contextlib.suppress(KeyboardInterrupt), Replacement(path) as file:
        file.write(b"half of it")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["kept"]
    with Replacement(path) as file:
        file.write(b"all of it")
    assert path.read_bytes() == b"all of it"
    assert names(tmp_path) == ["kept"]


def digits(path: Path) -> None:
    n = mnist.N_TRAIN + mnist.N_TEST
    images = np.zeros((n, mnist.SIDE, mnist.SIDE), np.uint8)
    mnist.save_sample(mnist.Digits(images, np.arange(n) % 10, np.arange(n)), path)


def recording(path: Path) -> None:
    har_example.save_example(har_example.load_example(), path)


@pytest.mark.parametrize("save", [digits, recording])
def test_a_sample_that_is_made_again_is_whole_or_as_before(
    save: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "sample.npz"
    save(path)
    before = path.read_bytes()

    def full(file: Any, **_: Any) -> None:
        with file.open("wb") if isinstance(file, Path) else contextlib.nullcontext(file) as opened:
            opened.write(b"half of it")
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space"):
        save(path)
    assert path.read_bytes() == before
    assert names(path.parent) == ["sample.npz"]
