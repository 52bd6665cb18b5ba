"""UCI HAR: archives good and bad, the cache, the split by subject, leaks, the bundled sample."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import har_files
from tests.data.damage import check_damage_is_refused
from tests.har_files import TINY, column, extract, nested, packed, text
from wganad_core.config import ACTIVITIES, HAR_PROTOCOLS
from wganad_core.data import DataError, har, har_archive, har_cache
from wganad_core.data.har import (
    TEST_SUBJECTS,
    TRAIN_SUBJECTS,
    Windows,
    load_har,
    load_sample,
    sample_ids,
    save_sample,
    split_har,
)
from wganad_core.data.har_archive import PUBLISHED, SIGNALS, Flaw, digest, find, read
from wganad_core.records import PARTS

N_TRAIN, N_TEST = 7352, 2947
# How many windows of each activity the two parts were published with.
TRAIN = (1226, 1073, 986, 1286, 1374, 1407)
TEST = (496, 471, 420, 491, 532, 537)
ZIP = "UCI HAR Dataset.zip"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder for a data set, of 8 + 6 windows; the cache lies beside it."""
    monkeypatch.setenv("WGANAD_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(har_cache, "OFFICIAL", TINY)
    (tmp_path / "data" / "uci_har").mkdir(parents=True)
    return tmp_path / "data" / "uci_har"


# Archives


FORMS: dict[str, Callable[[Path], Any]] = {
    "zip": lambda folder: (folder / ZIP).write_bytes(packed(har_files.files())),
    "zip without a root": lambda folder: (folder / ZIP).write_bytes(packed(har_files.files(), "")),
    "nested": lambda folder: (folder / PUBLISHED).write_bytes(nested(har_files.files())),
    "nested, renamed": lambda folder: (folder / ZIP).write_bytes(nested(har_files.files())),
    "extracted": lambda folder: extract(har_files.files(), folder / "UCI HAR Dataset"),
    "the folder itself": lambda folder: extract(har_files.files(), folder),
}


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


# The cache


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
    (tmp_path / body()).unlink()
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


# The protocols


@pytest.fixture(scope="module")
def pool() -> Windows:
    """As many windows of each activity and of each part's subjects as UCI's, all blank."""
    activities, subjects = [], []
    for counts, members in ((TRAIN, TRAIN_SUBJECTS), (TEST, TEST_SUBJECTS)):
        label = np.repeat(ACTIVITIES, counts)
        activities.append(label[np.arange(len(label)) * 7919 % len(label)])
        subjects.append(np.sort(np.resize(members, len(label))))
    n = N_TRAIN + N_TEST
    return Windows(
        np.broadcast_to(np.float32(0), (n, 9, 128)),
        np.concatenate(activities),
        np.concatenate(subjects),
        np.arange(n),
    )


def check_split(windows: Windows, abnormal: str, protocol: str) -> None:
    """What design.md §4 asks of a split, window by window."""
    split = split_har(windows, abnormal, protocol)
    assert tuple(split.parts) == PARTS
    assert (split.use_case, split.abnormal, split.protocol) == ("har", abnormal, protocol)
    np.testing.assert_array_equal(split.classes, windows.activities)
    expected: dict[str, list[int]] = {name: [] for name in PARTS}
    people = har.part_subjects()
    for i, (activity, subject) in enumerate(
        zip(windows.activities.tolist(), windows.subjects.tolist(), strict=True)
    ):
        if subject in TEST_SUBJECTS or (activity == abnormal and protocol == "test+all"):
            expected["test"].append(i)
        elif activity != abnormal:
            [name] = [name for name, members in people.items() if subject in members]
            expected[name].append(i)
    for name, part in split.parts.items():
        assert part.tolist() == expected[name]
        assert part.dtype == np.int64
        if name != "test":
            assert split.labels(name).sum() == 0
            assert not set(windows.subjects[part]) & set(TEST_SUBJECTS)
            assert set(windows.subjects[part]) == set(people[name])


@pytest.mark.parametrize("protocol", HAR_PROTOCOLS)
@pytest.mark.parametrize("abnormal", ACTIVITIES)
def test_a_split_is_by_subject(pool: Windows, abnormal: str, protocol: str) -> None:
    check_split(pool, abnormal, protocol)


def test_the_subjects_of_the_parts() -> None:
    """Pinned, since NumPy may change its stream, and with it who was trained on whom."""
    people = har.part_subjects()
    assert people == {
        "fit": (3, 5, 7, 8, 11, 14, 15, 16, 17, 19, 21, 22, 23, 25, 26, 28, 29),
        "validation": (1, 6),
        "calibration": (27, 30),
    }
    everyone = [*TEST_SUBJECTS, *(subject for members in people.values() for subject in members)]
    assert sorted(everyone) == list(range(1, 31))


def test_the_sizes_and_base_rates_of_the_test(pool: Windows) -> None:
    for i, activity in enumerate(ACTIVITIES):
        test, everything = (split_har(pool, activity, p).labels("test") for p in HAR_PROTOCOLS)
        assert (test.sum(), len(test)) == (TEST[i], 2947)
        assert (everything.sum(), len(everything)) == (TEST[i] + TRAIN[i], 2947 + TRAIN[i])
    rates = [split_har(pool, "sitting", p).labels("test").mean() for p in HAR_PROTOCOLS]
    assert rates == [pytest.approx(0.1666, abs=5e-5), pytest.approx(0.4198, abs=5e-5)]


def test_what_cannot_be_split_is_refused(pool: Windows, tmp_path: Path) -> None:
    for wrong in ("WALKING", "", "running", "0"):
        with pytest.raises(DataError, match=f"one of walking, .*, laying; found '{wrong}'"):
            split_har(pool, wrong)
    with pytest.raises(DataError, match="protocol is test or test\\+all; found '80/20'"):
        split_har(pool, "laying", "80/20")
    for wrong_pool in (pool.take(np.arange(99)), pool.take(np.arange(len(pool))[::-1])):
        with pytest.raises(DataError, match=r"full pool of 10,299 .* load_har"):
            split_har(wrong_pool, "laying")
        with pytest.raises(DataError, match="full pool"):
            save_sample(wrong_pool, tmp_path / "sample.npz")
    assert list(tmp_path.iterdir()) == []


# The bundled sample


def test_the_bundled_sample_is_whole() -> None:
    sample = load_sample()
    assert sample.signals.shape == (594, 9, 128)
    assert sample.signals.dtype == np.float32
    assert sample.position.dtype == sample.subjects.dtype == np.int64
    for activity in ACTIVITIES:
        members = sample.subjects[sample.activities == activity]
        assert np.unique(members, return_counts=True)[1].tolist() == [11] * 9
        assert set(members) == {2, 4, 9, 10, 12, 13, 18, 20, 24}
    assert (np.diff(sample.position) > 0).all()
    assert N_TRAIN <= sample.position[0] < sample.position[-1] < N_TRAIN + N_TEST
    assert len(set(sample_ids(sample.signals))) == 594
    assert har.SAMPLE.stat().st_size < 1_400_000


def write_npz(path: Path, **changes: NDArray[Any]) -> None:
    arrays: dict[str, Any] = {
        "signals": np.full((3, 9, 128), 0.5, np.float16),
        "labels": np.array([1, 6, 2], np.uint8),
        "subjects": np.array([2, 24, 4], np.uint8),
        "position": np.array([7352, 8000, 10_298]),
    }
    np.savez_compressed(path, **(arrays | changes))


def test_a_sample_in_a_file_comes_back(tmp_path: Path) -> None:
    write_npz(tmp_path / "sample.npz")
    sample = load_sample(tmp_path / "sample.npz")
    assert sample.activities.tolist() == ["walking", "laying", "upstairs"]
    assert sample.subjects.tolist() == [2, 24, 4]
    assert sample.position.tolist() == [7352, 8000, 10_298]
    assert (sample.signals == 0.5).all()


def test_an_unusable_sample_is_refused(tmp_path: Path) -> None:
    write_npz(tmp_path / "sample.npz")
    check_damage_is_refused(tmp_path / "sample.npz", load_sample)


BAD_SAMPLES = [
    ({"signals": np.zeros((2, 9, 128), np.float16)}, r"signals of shape \(2, 9, 128\) for 3"),
    ({"signals": np.zeros((3, 128, 9), np.float16)}, "signals of shape"),
    ({"signals": np.zeros((3, 9, 128), np.float32)}, "half precision"),
    ({"signals": np.full((3, 9, 128), np.nan, np.float16)}, "signals that are not finite"),
    ({"labels": np.array([1, 7, 2], np.uint8)}, "labels other than 1–6"),
    ({"labels": np.array([1, 0, 2], np.uint8)}, "labels other than 1–6"),
    ({"subjects": np.array([2, 24, 1], np.uint8)}, "subjects other than the nine for testing"),
    ({"subjects": np.array([2, 24], np.uint8)}, "subjects other than the nine"),
    ({"position": np.array([7352, 8000])}, "one for each position"),
    ({"position": np.array([7352, 8000, 8000])}, "positions that do not rise"),
    ({"position": np.array([7351, 8000, 8001])}, "positions that do not rise"),
    ({"position": np.array([7352, 8000, 10_299])}, "positions that do not rise"),
]


@pytest.mark.parametrize(("changes", "reason"), BAD_SAMPLES)
def test_a_sample_of_another_form_is_refused(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    write_npz(tmp_path / "sample.npz", **changes)
    with pytest.raises(DataError, match=reason):
        load_sample(tmp_path / "sample.npz")


# Content hashes


def test_a_sample_id_is_its_content_alone() -> None:
    signals = np.random.default_rng(0).normal(size=(5, 9, 128)).astype(np.float32)
    ids = sample_ids(signals)
    assert len(set(ids)) == 5
    first = signals[0].astype(np.float16).tobytes()
    assert ids[0] == hashlib.blake2b(first, digest_size=8).hexdigest()
    np.testing.assert_array_equal(sample_ids(signals[::-1]), ids[::-1])
    np.testing.assert_array_equal(sample_ids(np.asfortranarray(signals)), ids)
    halves = signals.astype(np.float16)
    np.testing.assert_array_equal(sample_ids(halves), ids)
    np.testing.assert_array_equal(sample_ids(halves.astype(np.float32)), ids)
    assert sample_ids(signals[:0]).shape == (0,)
    assert sample_ids(signals[:0]).dtype == ids.dtype


# The real data


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Windows:
    return load_har(shared_data / "uci_har")


def test_the_real_pool(real: Windows, shared_data: Path) -> None:
    assert real.signals.shape == (10_299, 9, 128)
    for part, counts in ((slice(N_TRAIN), TRAIN), (slice(N_TRAIN, None), TEST)):
        assert [int((real.activities[part] == a).sum()) for a in ACTIVITIES] == list(counts)
    assert set(real.subjects[N_TRAIN:]) == set(TEST_SUBJECTS)
    assert set(real.subjects) == set(range(1, 31))
    with zipfile.ZipFile(shared_data / "uci_har" / ZIP) as archive:
        for number, name in ((0, "body_acc_x"), (7, "total_acc_y")):
            content = archive.read(f"UCI HAR Dataset/test/Inertial Signals/{name}_test.txt")
            last = [float(word) for word in content.decode().splitlines()[-1].split()]
            np.testing.assert_array_equal(real.signals[-1, number], np.array(last, np.float32))
    # Gravity is along the phone's first axis unless its wearer lies.
    upright = real.signals[:, SIGNALS.index("total_acc_x")].mean(axis=1)
    assert np.median(upright[real.activities == "laying"]) < 0.5
    assert np.median(upright[real.activities != "laying"]) > 0.9


@pytest.mark.parametrize("protocol", HAR_PROTOCOLS)
def test_the_real_splits(real: Windows, protocol: str) -> None:
    for abnormal in ACTIVITIES:
        check_split(real, abnormal, protocol)
    rate = {a: split_har(real, a, protocol).labels("test").mean() for a in ("sitting", "standing")}
    expected = {"test": (0.17, 0.18), "test+all": (0.42, 0.44)}[protocol]
    assert (round(rate["sitting"], 2), round(rate["standing"], 2)) == expected
    parts = split_har(real, "laying", protocol).parts
    assert [len(parts[name]) for name in PARTS[:3]] == [4765, 565, 615]


@pytest.mark.parametrize("protocol", HAR_PROTOCOLS)
def test_no_test_window_occurs_in_training_by_content(real: Windows, protocol: str) -> None:
    ids = sample_ids(real.signals)
    assert len(set(ids)) == len(real)
    for abnormal in ACTIVITIES:
        split = split_har(real, abnormal, protocol)
        parts = {name: set(ids[i]) for name, i in split.parts.items()}
        assert sum(map(len, parts.values())) == len(set.union(*parts.values()))


def test_no_half_of_a_test_window_occurs_in_training(real: Windows) -> None:
    """Windows overlap by half, so a split by windows would leak halves where no whole recurs."""
    halves = real.signals.astype(np.float16).reshape(len(real), 9, 2, 64).swapaxes(1, 2)
    prints = np.array([[half.tobytes() for half in window] for window in halves], object)
    train, test = set(prints[:N_TRAIN].ravel()), set(prints[N_TRAIN:].ravel())
    assert len(train) < 1.6 * N_TRAIN  # most halves are in two windows
    assert not train & test


def test_the_bundled_sample_is_of_the_real_data(real: Windows, tmp_path: Path) -> None:
    sample = load_sample()
    there = real.take(sample.position)
    np.testing.assert_array_equal(sample.activities, there.activities)
    np.testing.assert_array_equal(sample.subjects, there.subjects)
    np.testing.assert_array_equal(sample_ids(sample.signals), sample_ids(there.signals))
    np.testing.assert_array_equal(sample.signals, there.signals.astype(np.float16))
    save_sample(real, tmp_path / "new" / "sample.npz")
    again = load_sample(tmp_path / "new" / "sample.npz")
    np.testing.assert_array_equal(again.position, sample.position)
    for abnormal in ACTIVITIES:
        for protocol in HAR_PROTOCOLS:
            split = split_har(real, abnormal, protocol)
            assert np.isin(sample.position, split.parts["test"]).all()
