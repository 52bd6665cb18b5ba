"""UCI HAR as people have it: every form is read, damaged ones are refused in a sentence."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests import har_files
from tests.har_files import FORMS, ZIP, column, extract, nested, packed, text
from wganad_core.data import DataError, har_archive
from wganad_core.data.har import (
    load_har,
)
from wganad_core.data.har_archive import PUBLISHED, find


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: str, tiny: Path) -> None:
    FORMS[form](tiny)
    windows = load_har(tiny)
    np.testing.assert_array_equal(windows.signals, har_files.signals().astype(np.float32))
    assert windows.signals.dtype == np.float32
    assert windows.activities.tolist() == [
        "laying",
        "walking",
        "upstairs",
        "laying",
        "downstairs",
        "sitting",
        "standing",
        "walking",
        "upstairs",
        "walking",
        "downstairs",
        "sitting",
        "laying",
        "standing",
    ]
    assert windows.subjects.tolist() == [1, 1, 1, 1, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2]
    assert windows.position.tolist() == list(range(14))
    assert windows.subjects.dtype == windows.position.dtype == np.int64
    assert len(windows) == 14


def test_windows_can_be_taken_by_number_and_by_mask(tiny: Path) -> None:
    FORMS["zip"](tiny)
    windows = load_har(tiny)
    some = windows.take(np.array([9, 0]))
    assert some.activities.tolist() == ["walking", "laying"]
    assert some.position.tolist() == [9, 0]
    np.testing.assert_array_equal(some.signals, windows.signals[[9, 0]])
    assert windows.take(windows.activities == "walking").subjects.tolist() == [1, 3, 2]


def test_nothing_there(tiny: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_har(tiny)
    assert str(caught.value) == (
        f"UCI HAR is not in {tiny} (expected {ZIP}, {PUBLISHED} or an extracted folder); fetch it "
        "with `python -m wganad_core data fetch uci_har`."
    )
    assert find(tiny / "none") is None


def body(part: str = "train") -> str:
    return f"{part}/Inertial Signals/body_acc_x_{part}.txt"


def lines(name: str, *changed: bytes, at: int = 2) -> dict[str, bytes | None]:
    """One good file with some line replaced by others."""
    good = har_files.files()[name].splitlines(keepends=True)
    return {name: b"".join([*good[:at], *changed, *good[at + 1 :]])}


def row(n: int) -> bytes:
    return text(np.full((1, n), 0.1))


FULL = np.zeros((8, 128))
MISLABELLED: dict[str, tuple[dict[str, bytes | None], str]] = {
    "labels too short": (
        {"train/y_train.txt": column([6, 1, 2, 6, 3, 4, 5])},
        "train/y_train.txt: expected 8 × 1 numbers, found 7 × 1",
    ),
    "label 7": (
        {"test/y_test.txt": column([2, 1, 3, 7, 6, 5])},
        "test/y_test.txt: expected whole numbers from 1 to 6, found 7 in line 4",
    ),
    "label 1.5": (
        {"test/y_test.txt": column([2, 1.5, 3, 4, 6, 5])},
        "test/y_test.txt: expected whole numbers from 1 to 6, found 1.5 in line 2",
    ),
    "other counts": (
        {"train/y_train.txt": column([6, 1, 2, 6, 3, 4, 5, 2])},
        r"expected \(2, 1, 1, 1, 1, 2\) windows of the six activities, found \(1, 2, 1, 1, 1, 2\)",
    ),
    "other names": (
        {"activity_labels.txt": b"1 SITTING\n2 WALKING\n"},
        "activity_labels.txt: expected 1 WALKING 2 WALKING_UPSTAIRS …, found 1 SITTING 2 WALKING",
    ),
    "a subject in both parts": (
        {"train/subject_train.txt": column([1, 1, 1, 1, 3, 3, 3, 2])},
        r"subject_train.txt: expected the subjects \(1, 3\), found \(1, 2, 3\)",
    ),
    "a subject too few": (
        {"train/subject_train.txt": column([1] * 8)},
        r"expected the subjects \(1, 3\), found \(1,\)",
    ),
    "subject 31": (
        {"test/subject_test.txt": column([31] * 6)},
        "expected whole numbers from 1 to 30, found 31 in line 1",
    ),
    "a file of the other part": (
        {body(): har_files.files()[body("test")]},
        "body_acc_x_train.txt: expected 8 × 128 numbers, found 6 × 128",
    ),
    "a missing member": ({body("test"): None}, f"{body('test')} is missing"),
    "text": (
        lines(body(), b"walking " * 128 + b"\n"),
        f"{body()}: could not convert string 'walking'",
    ),
    "text in labels": (
        {"train/y_train.txt": b"WALKING\n" * 8},
        "train/y_train.txt: could not convert string 'WALKING'",
    ),
    "bytes": ({body(): bytes(range(256)) * 40}, f"{body()}: could not convert string"),
    "an empty file": ({body(): b" \n"}, f"{body()}: expected numbers, found nothing"),
    "prose": (lines(body(), b"walking was fun\n"), "columns changed from 128 to 3 at row 3"),
    "a short row": (lines(body(), row(127)), f"{body()}: the number of columns changed from 128"),
    "a long row": (lines(body(), row(129)), f"{body()}: the number of columns changed from 128"),
    "rows of 127": ({body(): text(FULL[:, 1:])}, "expected 8 × 128 numbers, found 8 × 127"),
    "a row too many": (lines(body(), row(128), row(128)), "expected 8 × 128 .*, found 9 × 128"),
    "NaN": (
        lines(body(), b"nan " * 128 + b"\n"),
        "expected finite numbers, found others in line 3",
    ),
    "infinity": (
        lines(body(), b"0 " * 127 + b"-inf\n", at=5),
        "expected finite numbers, found others in line 6",
    ),
    "overflow": (lines(body(), b"0 " * 127 + b"1e999\n"), "found others in line 3"),
    "metres per second squared": (
        {body(): text(FULL - 9.81)},
        "body_acc_x_train.txt: expected numbers within ±4, found 9.81",
    ),
    "degrees per second": (
        {body("test").replace("acc", "gyro"): text(FULL[:6] + 57.3)},
        "body_gyro_x_test.txt: expected numbers within ±20, found 57.3",
    ),
    "no gravity": (
        {"train/Inertial Signals/total_acc_z_train.txt": text(FULL)},
        r"train: expected a total acceleration of about 1 g \(gravity\), found 0.1\d",
    ),
    "more than asked for": (
        {body(): b"0 " * 128 * 8 * 20},
        f"{body()}: expected at most 25,576 bytes, found more",
    ),
}


@pytest.mark.parametrize("kind", MISLABELLED)
def test_a_data_set_of_another_form_is_refused(kind: str, tiny: Path) -> None:
    changes, sentence = MISLABELLED[kind]
    changed = {**har_files.files(), **changes}
    files = {name: content for name, content in changed.items() if content is not None}
    source = tiny / ZIP
    source.write_bytes(packed(files))
    with pytest.raises(DataError, match=sentence) as caught:
        load_har(tiny)
    said = str(caught.value)
    assert said.startswith(f"{source} is not UCI HAR as published (")
    assert said.endswith("); fetch it again.")
    assert "\n" not in said
    source.write_bytes(nested(files))
    with pytest.raises(DataError, match=sentence):
        load_har(tiny)
    source.unlink()
    extract(files, tiny)
    with pytest.raises(DataError, match=sentence.replace(" is missing", ": No such file")):
        load_har(tiny)


GOOD = packed(har_files.files())
FIRST = GOOD.index(b"PK\x01\x02")  # the archive's directory


def stored(names: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def flipped(at: int, mask: int = 255) -> bytes:
    return GOOD[:at] + bytes([GOOD[at] ^ mask]) + GOOD[at + 1 :]


LABEL_ENTRY = GOOD.index(b"UCI HAR Dataset/activity_labels.txt", FIRST) - 46
MNIST_ZIP = stored({"train-images-idx3-ubyte.gz": b"\x1f\x8b", "t10k-labels-idx1-ubyte.gz": b""})
BROKEN = {
    "empty": (b"", r"not a whole zip archive \(File is not a zip file\)"),
    "a page": (b"<html>Please log in", "not a whole zip archive"),
    "truncated": (GOOD[:-30], "not a whole zip archive"),
    "half": (GOOD[: len(GOOD) // 2], "not a whole zip archive"),
    "MNIST": (
        MNIST_ZIP,
        "expected activity_labels.txt or UCI HAR Dataset.zip in it, found train-images-idx3-",
    ),
    "an empty zip": (stored({}), "in it, found nothing"),
    "a truncated zip in a zip": (
        stored({ZIP: GOOD[:-30]}),
        r"not a whole zip archive \(File is not a zip file\)",
    ),
    "a zip in a zip in a zip": (
        stored({ZIP: nested(har_files.files())}),
        "expected activity_labels.txt",
    ),
    "damaged": (flipped(FIRST - 40), r"total_acc_z_test.txt cannot be unpacked \("),
    "an unknown method": (flipped(LABEL_ENTRY + 10, 0x60), "labels.txt cannot be unpacked"),
    "encrypted": (flipped(LABEL_ENTRY + 8, 1), "activity_labels.txt cannot be unpacked .*encrypt"),
    "long names": (stored({"x\n" * 9000: b""}), r"in it, found (x )+…\); fetch it"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_archive_is_refused(kind: str, tiny: Path) -> None:
    content, sentence = BROKEN[kind]
    (tiny / ZIP).write_bytes(content)
    with pytest.raises(DataError, match=sentence) as caught:
        load_har(tiny)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("inside", [body(), "activity_labels.txt", ZIP])
def test_a_small_archive_cannot_fill_the_memory(
    inside: str, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(har_archive, "ZIP_BYTES", 1_000_000)
    bomb = har_files.files() | {inside: bytes(50_000_000)}
    if inside == ZIP:
        bomb = {ZIP: bytes(50_000_000)}
    (tiny / ZIP).write_bytes(packed(bomb))
    assert (tiny / ZIP).stat().st_size < 1_000_000
    del bomb
    tracemalloc.start()
    with pytest.raises(DataError, match=r"expected at most [\d,]+ bytes, found more"):
        load_har(tiny)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_file_in_the_place_of_a_folder_and_the_reverse(tiny: Path) -> None:
    (tiny / ZIP).mkdir()
    with pytest.raises(DataError, match=r"\(activity_labels.txt: No such file or directory\)"):
        load_har(tiny)
    (tiny / ZIP).rmdir()
    (tiny / "UCI HAR Dataset").write_bytes(b"a file")
    with pytest.raises(DataError, match="not a whole zip archive"):
        load_har(tiny)
