"""Weights on disk: whole or refused, replaced at once or not at all, whatever kills the writer."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.data.unfinished import UNFINISHED
from wganad_core.storage import StorageError

ROOT = Path(__file__).resolve().parent.parent
ARRAYS: dict[str, NDArray[Any]] = {
    "weights": np.arange(6, dtype=np.float32).reshape(2, 3),
    "steps": np.array([1, 2, 3], np.int64),
}
META = {"note": "ring", "n_steps": 12, "losses": {"critic": -0.5}}
DATA = storage.encode("run", ARRAYS, META)

DTYPES = st.sampled_from(
    [np.float16, np.float32, np.float64, np.int8, np.uint8, np.int32, np.int64, np.uint64, np.bool_]
).map(np.dtype)
SOME_ARRAYS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=12).filter(lambda name: name != "__metadata__"),
    DTYPES.flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
    ),
    max_size=4,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def assert_same_arrays(found: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].shape == value.shape
        assert found[name].dtype == value.dtype
        assert found[name].tobytes() == np.asarray(value, order="C").tobytes()  # NaN's bits too


@settings(max_examples=50)
@given(SOME_ARRAYS, st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_arrays_and_json_survive(arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
    found, found_meta = storage.decode(storage.encode("thing", arrays, meta), "thing")
    assert_same_arrays(found, arrays)
    assert found_meta == meta


@pytest.mark.parametrize(
    "array",
    [
        np.float32(2.5),
        np.array(7),
        np.empty((0, 3)),
        np.empty((3, 0), np.int8),
        np.arange(6.0).reshape(2, 3).T,
        np.arange(10)[::-2],
    ],
    ids=["scalar", "0-d", "no rows", "no columns", "transposed", "strided"],
)
def test_arrays_of_every_layout_survive(array: NDArray[Any], tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.safetensors"
    storage.save(path, "thing", {"a": array}, {})
    arrays, meta = storage.load(path, "thing")
    assert_same_arrays(arrays, {"a": np.asarray(array)})
    assert meta == {}


def test_numbers_of_another_byte_order_are_read_again() -> None:
    """They were hashed as they came and written as this machine has them."""
    arrays, _ = storage.decode(
        storage.encode("thing", {"a": np.arange(3, dtype=">f4")}, {}), "thing"
    )
    assert_same_arrays(arrays, {"a": np.arange(3, dtype=np.float32)})


def test_it_is_a_safetensors_file() -> None:
    assert_same_arrays(safetensors.numpy.load(DATA), ARRAYS)


def test_the_hash_does_not_depend_on_the_order_of_things() -> None:
    shuffled = storage.encode("run", dict(reversed(ARRAYS.items())), dict(reversed(META.items())))
    assert hash_in(shuffled) == hash_in(DATA)
    assert hash_in(storage.encode("run", ARRAYS | {"steps": np.array([1, 2, 4])}, META)) != hash_in(
        DATA
    )
    assert hash_in(storage.encode("other", ARRAYS, META)) != hash_in(DATA)


def hash_in(data: bytes) -> str:
    size = int.from_bytes(data[:8], "little")
    found: str = json.loads(data[8 : 8 + size])["__metadata__"]["sha256"]
    return found


def test_the_json_can_be_read_alone() -> None:
    assert storage.read_meta(DATA) == META


# Damage

HEADER_END = 8 + int.from_bytes(DATA[:8], "little")
SCHEMA_AT = DATA.index(b'"schema":"') + len(b'"schema":"')


def refused(data: bytes) -> bool:
    try:
        storage.decode(data, "run", "the file")
    except StorageError as error:
        return str(error).startswith("the file ")
    return False


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF])
def test_a_changed_byte_is_refused_wherever_it_is(flip: int) -> None:
    for at in range(len(DATA)):
        if at == SCHEMA_AT:
            continue  # see below
        damaged = bytearray(DATA)
        damaged[at] ^= flip
        assert refused(bytes(damaged)), f"byte {at}: {DATA[at]:#x} ^ {flip:#x}"


def test_a_changed_schema_is_refused() -> None:
    damaged = bytearray(DATA)
    damaged[SCHEMA_AT] ^= 1
    assert damaged[SCHEMA_AT : SCHEMA_AT + 1] == b"0"
    assert refused(bytes(damaged))


def test_changed_weights_are_called_damaged() -> None:
    damaged = bytearray(DATA)
    damaged[HEADER_END + 3] ^= 1
    with pytest.raises(StorageError) as caught:
        storage.decode(bytes(damaged), "run", "model.safetensors")
    assert str(caught.value) == (
        "model.safetensors does not match its own hash, so it was changed or damaged; "
        "restore it from where it came from."
    )


def test_changed_json_is_called_damaged() -> None:
    damaged = DATA.replace(b"n_steps", b"m_steps")
    assert damaged != DATA
    with pytest.raises(StorageError, match="does not match its own hash"):
        storage.decode(damaged, "run")


def test_a_truncated_file_is_refused_at_every_length() -> None:
    for length in range(len(DATA)):
        assert refused(DATA[:length]), f"{length} of {len(DATA)} bytes"
    assert refused(DATA + b"\0")
    assert not refused(DATA)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"\0" * 8,
        b"\x02" + b"\0" * 7 + b"[]",
        b"PK\x03\x04 a zip, or a pickle",
        b"\x80\x04.",
    ],
)
def test_other_files_are_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(StorageError, match=str(path)):
        storage.load(path, "run")


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_somebody_elses_safetensors_file_is_refused(metadata: dict[str, str] | None) -> None:
    data = safetensors.numpy.save(ARRAYS, metadata)
    with pytest.raises(StorageError, match="was not written by this project"):
        storage.decode(data, "run", "theirs.safetensors")


@pytest.mark.parametrize("schema", ["2", "10", "one", "", "-1", "1.0"])
def test_another_schema_is_refused(schema: str) -> None:
    header = {"wganad": "run", "schema": schema, "meta": "{}", "sha256": "0"}
    with pytest.raises(StorageError, match=r"reads up to 1\. Update the project"):
        storage.decode(safetensors.numpy.save(ARRAYS, header), "run")


def test_another_kind_is_refused() -> None:
    with pytest.raises(StorageError) as caught:
        storage.decode(DATA, "checkpoint", "a.safetensors")
    expected = "a.safetensors holds a run; expected a checkpoint. Choose another file."
    assert str(caught.value) == expected


def test_a_header_of_the_wrong_form_is_refused() -> None:
    for header in ("[1]", '"text"', '{"__metadata__": 3}', '{"__metadata__": null}', "{", "\udc80"):
        text = header.encode("utf-8", "surrogateescape")
        data = len(text).to_bytes(8, "little") + text
        with pytest.raises(StorageError):
            storage.decode(data, "run")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"missing cannot be read: No such file"):
        storage.load(tmp_path / "missing", "run")
    with pytest.raises(StorageError, match="cannot be read"):
        storage.load(tmp_path, "run")


# Writing


def no_strays(folder: Path) -> bool:
    return not list(folder.glob(f"{UNFINISHED}*"))


def test_saving_again_replaces(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    storage.save(path, "run", ARRAYS, META)
    storage.save(path, "run", {"a": np.zeros(2)}, {})
    arrays, meta = storage.load(path, "run")
    assert_same_arrays(arrays, {"a": np.zeros(2)})
    assert meta == {}
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.safetensors"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "No space left on device"), (errno.EIO, "Input/output error")],
)
@pytest.mark.parametrize("old", [True, False], ids=["old file", "new file"])
def test_a_failed_write_leaves_what_was_there(
    call: str, number: int, words: str, old: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.safetensors"
    if old:
        storage.save(path, "run", ARRAYS, META)
    before = sorted(tmp_path.iterdir())

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(StorageError) as caught:
            storage.save(path, "run", {"a": np.zeros(9)}, {})
    assert str(caught.value) == (
        f"{path} could not be written ({words}); free some space or choose another place. "
        "What was there before is unchanged."
    )
    assert sorted(tmp_path.iterdir()) == before
    if old:
        assert_same_arrays(storage.load(path, "run")[0], ARRAYS)


def test_a_place_that_cannot_hold_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="could not be written"):
        storage.save(tmp_path / "file" / "run.safetensors", "run", ARRAYS, META)
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="could not be written"):
        storage.save(tmp_path / "folder", "run", ARRAYS, META)
    assert no_strays(tmp_path)


def test_a_folder_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.safetensors"
    storage.save(path, "run", ARRAYS, META)
    with monkeypatch.context() as patch:
        if os.geteuid() == 0:  # root may write anywhere, so the refusal is acted
            patch.setattr(Path, "open", refuse)
        else:
            tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        try:
            with pytest.raises(StorageError, match=r"could not be written \(Permission denied\)"):
                storage.save(path, "run", {}, {})
        finally:
            tmp_path.chmod(stat.S_IRWXU)
    assert_same_arrays(storage.load(path, "run")[0], ARRAYS)


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.skipif(os.name != "posix", reason="Only POSIX has these permissions.")
def test_a_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    storage.save(tmp_path / "run.safetensors", "run", ARRAYS, META)
    (tmp_path / "plain").write_bytes(b"")
    modes = {entry.stat().st_mode for entry in tmp_path.iterdir()}
    assert len(modes) == 1


def test_content_that_is_no_json_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    storage.save(path, "run", ARRAYS, META)
    with pytest.raises(TypeError):
        storage.save(path, "run", ARRAYS, {"path": path})
    assert storage.load(path, "run")[1] == META
    assert no_strays(tmp_path)


# Being killed

WRITER = """
import os, sys, time
from pathlib import Path
import numpy as np
from wganad_core import storage

path, hang_at = Path(sys.argv[1]), int(sys.argv[2])
replace = os.replace
def replace_or_hang(*arguments):
    if n == hang_at:
        print("hanging", flush=True)
        time.sleep(600)
    replace(*arguments)
os.replace = replace_or_hang
for n in range(1_000_000):
    storage.save(path, "run", {"a": np.full(200_000, n)}, {"n": n})
    print("saved", flush=True)
"""


def killed_writer(path: Path, hang_at: int, wait_for: str, seconds: float) -> None:
    """Start a process that saves over and over; kill it some time after it has said something."""
    command = [sys.executable, "-c", WRITER, str(path), str(hang_at)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.strip() == wait_for:
                    break
            time.sleep(seconds)
            assert process.poll() is None
        finally:
            process.kill()
    if os.name == "posix":
        assert process.returncode == -signal.SIGKILL


def assert_whole(path: Path) -> int:
    arrays, meta = storage.load(path, "run")
    assert np.array_equal(arrays["a"], np.full(200_000, meta["n"]))
    n: int = meta["n"]
    return n


def test_a_writer_killed_before_the_rename_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    killed_writer(path, hang_at=2, wait_for="hanging", seconds=0)
    assert assert_whole(path) == 1
    assert not no_strays(tmp_path)
    assert storage.sweep(tmp_path) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.safetensors"]
    assert storage.sweep(tmp_path) == 0


@pytest.mark.parametrize("seconds", [0.0, 0.011, 0.023])
def test_a_writer_killed_at_any_time_leaves_a_whole_file(seconds: float, tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    killed_writer(path, hang_at=-1, wait_for="saved", seconds=seconds)
    assert assert_whole(path) >= 0
    storage.sweep(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.safetensors"]


# Hostile headers, and places that are no files


def container(metadata: str) -> bytes:
    text = f'{{"__metadata__":{metadata}}}'.encode()
    return len(text).to_bytes(8, "little") + text


def without_meta() -> str:
    """Rightly hashed, all the same."""
    digest = storage.digest("run", "1", {}, "")
    return json.dumps({"wganad": "run", "schema": "1", "sha256": digest})


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (container("[" * 100_000), "is not a safetensors file"),
        (container(json.dumps({"wganad": "run", "schema": "9" * 5_000})), "has schema 99999"),
        (container(json.dumps({"wganad": "run"})), "has schema none"),
        (container(without_meta()), "lacks the JSON that says what it holds"),
    ],
    ids=["deep", "long", "no schema", "no meta"],
)
def test_a_hostile_header_is_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(StorageError, match=sentence) as caught:
        storage.decode(data, "run", "the file")
    assert len(str(caught.value)) < 200
    if "lacks" in sentence or "safetensors" in sentence:
        with pytest.raises(StorageError):
            storage.read_meta(data)


@pytest.mark.skipif(os.name == "nt", reason="POSIX files")
def test_a_name_that_is_too_long_is_told_before_any_work(tmp_path: Path) -> None:
    """It ended in a traceback, of a fit when all was done."""
    path = tmp_path / ("a" * 300)
    for use in (storage.check_place, storage.read_bytes, lambda p: storage.save(p, "run", {}, {})):
        with pytest.raises(StorageError, match="File name too long"):
            use(path)
    assert not list(tmp_path.iterdir())


def test_a_pipe_is_not_replaced_and_a_link_is_written_through(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StorageError, match="is no file but a pipe, a socket or a device"):
        storage.save(tmp_path / "pipe", "run", {}, {})
    with pytest.raises(StorageError, match="/dev/null is no file"):
        storage.write_atomically(Path(os.devnull), b"x")
    with pytest.raises(StorageError, match="is no file but a pipe"):  # and not waited for
        storage.load(tmp_path / "pipe", "run")
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    link.symlink_to(target)
    for content in (b"one", b"two"):  # first, the link leads nowhere
        storage.write_atomically(link, content)
        assert target.read_bytes() == content
    assert link.is_symlink()
    assert list(target.parent.iterdir()) == [target]
