"""The cache of UCI HAR: parsed once, told apart by content, made again where it is damaged."""

from __future__ import annotations

import dataclasses
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import har_files
from tests.har_files import FORMS, TINY, ZIP, column, extract, packed
from wganad_core.data import DataError, har_archive, har_cache
from wganad_core.data.har import (
    Windows,
    load_har,
)
from wganad_core.data.har_archive import Flaw, digest, read


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was parsed, rather than taken from the cache."""
    asked: list[Path] = []

    def counted(path: Path, layout: har_archive.Layout) -> har_archive.Raw:
        asked.append(path)
        return read(path, layout)

    monkeypatch.setattr(har_archive, "read", counted)
    return asked


def same(first: Windows, second: Windows) -> None:
    for field in dataclasses.fields(Windows):
        one, other = getattr(first, field.name), getattr(second, field.name)
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


@pytest.mark.parametrize("form", FORMS)
def test_the_same_content_is_parsed_once(form: str, tiny: Path, reads: list[Path]) -> None:
    FORMS[form](tiny)
    first, second = load_har(tiny), load_har(tiny)
    same(first, second)
    assert len(reads) == 1
    assert [path.name for path in tiny.parent.iterdir() if path != tiny] == [har_cache.NAME]


@pytest.mark.parametrize("form", ["zip", "extracted"])
def test_changed_content_is_parsed_anew(form: str, tiny: Path, reads: list[Path]) -> None:
    FORMS[form](tiny)
    load_har(tiny)
    source = tiny / ZIP if form == "zip" else tiny / "UCI HAR Dataset" / "train" / "y_train.txt"
    before = source.stat()
    labels = {"train/y_train.txt": column([1, 6, 2, 6, 3, 4, 5, 1])}
    if form == "zip":
        source.write_bytes(packed(har_files.files() | labels))
    else:
        source.write_bytes(labels["train/y_train.txt"])
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert load_har(tiny).activities[:2].tolist() == ["walking", "laying"]
    assert len(reads) == 2
    source.write_bytes(b"damaged since")
    with pytest.raises(DataError, match="is not UCI HAR"):
        load_har(tiny)


def test_a_digest_tells_every_file_apart(tmp_path: Path) -> None:
    files = har_files.files()
    extract(files, tmp_path)
    found = {digest(tmp_path, TINY)}
    for name in files:
        (tmp_path / name).write_bytes(files[name] + b"\n")
        found.add(digest(tmp_path, TINY))
        (tmp_path / name).write_bytes(files[name])
    assert len(found) == 1 + len(files) == 24
    assert digest(tmp_path, TINY) in found
    (tmp_path / "train/Inertial Signals/body_acc_x_train.txt").unlink()
    with pytest.raises(Flaw, match=r"body_acc_x_train\.txt: No such file"):
        digest(tmp_path, TINY)


def damaged_caches(good: bytes) -> dict[str, bytes]:
    with np.load(io.BytesIO(good)) as content:
        arrays = dict(content)
    pickled, partial = io.BytesIO(), io.BytesIO()
    np.savez(pickled, **(arrays | {"labels": np.array([print], object)}))
    np.savez(partial, key=arrays["key"])
    return {
        "empty": b"",
        "text": b"no cache",
        "truncated": good[:-30],
        "half": good[: len(good) // 2],
        "flipped": good[:20_000] + bytes([good[20_000] ^ 255]) + good[20_001:],
        "pickled": pickled.getvalue(),
        "partial": partial.getvalue(),
    }


def test_a_damaged_cache_is_made_again(tiny: Path, reads: list[Path]) -> None:
    FORMS["zip"](tiny)
    first = load_har(tiny)
    place = tiny.parent / har_cache.NAME
    good = place.read_bytes()
    for n, (kind, content) in enumerate(damaged_caches(good).items(), 2):
        place.write_bytes(content)
        same(load_har(tiny), first)
        assert len(reads) == n, kind
        same(load_har(tiny), first)
        assert len(reads) == n, kind


def test_where_the_data_are_for_reading_only_the_cache_lies_elsewhere(
    tiny: Path, tmp_path: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "home" / "cache"
    monkeypatch.setattr(har_cache, "user_cache_path", lambda *_, **__: elsewhere)
    FORMS["zip"](tiny)
    tiny.parent.chmod(0o555)  # for root as well, whom no permission holds back
    load_har(tiny)
    load_har(tiny)
    assert len(reads) == 1
    assert [path.name for path in elsewhere.iterdir()] == [har_cache.NAME]
    elsewhere.chmod(0o555)
    (elsewhere / har_cache.NAME).unlink()
    same(load_har(tiny), load_har(tiny))
    assert len(reads) == 3
    assert list(elsewhere.iterdir()) == []
    assert list(tiny.parent.iterdir()) == [tiny]


def test_a_cache_that_cannot_be_written_leaves_nothing(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(file: Any, **_: Any) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    FORMS["zip"](tiny)
    monkeypatch.setattr(np, "savez", full)
    assert len(load_har(tiny)) == 14
    assert caplog.messages[-1].endswith("could not be written (No space left on device).")
    assert list(tiny.parent.iterdir()) == [tiny]
