"""MNIST: hand-made idx files good and bad, the two protocols, leaks, and the bundled sample."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.data.damage import check_damage_is_refused
from wganad_core.config import DIGITS, PROTOCOLS
from wganad_core.data import DataError, mnist
from wganad_core.data.fetch import check_dataset
from wganad_core.data.mnist import (
    Digits,
    load_mnist,
    load_sample,
    read_idx,
    sample_ids,
    save_sample,
    split_mnist,
    vectors,
)
from wganad_core.records import PARTS

N = 70_000
# How many of each digit there are among the 60,000 and the 10,000.
TRAIN = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
TEST = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)

# idx files


def idx(values: Any, magic: int | None = None) -> bytes:
    array = np.asarray(values, np.uint8)
    head = struct.pack(">I", 0x800 + array.ndim if magic is None else magic)
    return head + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


IMAGES = np.arange(2 * 3 * 4).reshape(2, 3, 4)
GOOD = idx(IMAGES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_an_idx_file_is_read(pack: Any, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(pack(GOOD))
    found = read_idx(path, (2, 3, 4))
    np.testing.assert_array_equal(found, IMAGES)
    assert found.dtype == np.uint8
    path.write_bytes(pack(idx([7, 8, 9])))
    assert read_idx(path, (3,)).tolist() == [7, 8, 9]


REFUSED = {
    "no idx": (b"\x89PNG\r\n" + GOOD, "expected the magic number 00000803, found 89504e47"),
    "empty": (b"", "expected the magic number 00000803, found nothing"),
    "labels": (idx([1, 2]), "is not an idx file of 3-dimensional unsigned bytes: .*00000801"),
    "floats": (idx(IMAGES, 0xD03), "found 00000d03"),
    "another count": (idx(IMAGES[:1]), r"expected the shape \(2, 3, 4\), found \(1, 3, 4\)"),
    "transposed": (idx(IMAGES.T), r"found \(4, 3, 2\)"),
    "only a magic number": (GOOD[:4], "expected a header of 16 bytes, found 4"),
    "part of a header": (GOOD[:14], "expected a header of 16 bytes, found 14"),
    "no pixels": (GOOD[:16], "expected 24 bytes after the header, found 0"),
    "truncated": (GOOD[:-1], "expected 24 bytes after the header, found 23"),
    "surplus": (GOOD + b"x", "expected 24 bytes after the header, found more"),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
@pytest.mark.parametrize("kind", REFUSED)
def test_other_content_is_refused_in_a_sentence(kind: str, pack: Any, tmp_path: Path) -> None:
    content, sentence = REFUSED[kind]
    path = tmp_path / "images.gz"
    path.write_bytes(pack(content))
    with pytest.raises(DataError, match=sentence) as caught:
        read_idx(path, (2, 3, 4))
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith("; fetch it again.")


ARCHIVE = gzip.compress(GOOD)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ARCHIVE[:-9], "Compressed file ended before the end-of-stream marker was reached"),
        (ARCHIVE[:-8] + bytes(8), "CRC check failed"),
        (ARCHIVE[:2] + b"\x01" + ARCHIVE[3:], "Unknown compression method"),
        (ARCHIVE[:10] + b"\xff" * 8 + ARCHIVE[18:], "Error -3 while decompressing data"),
        (ARCHIVE + b"garbage", "Not a gzipped file"),
    ],
    ids=["truncated", "checksum", "method", "damaged", "surplus"],
)
def test_a_damaged_archive_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"images.gz cannot be read \({reason}"):
        read_idx(path, (2, 3, 4))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none cannot be read \(No such file or directory\)"):
        read_idx(tmp_path / "none", (3,))
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\); fetch it again"):
        read_idx(tmp_path, (3,))


def test_a_small_file_cannot_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(GOOD + bytes(50_000_000)))
    tracemalloc.start()
    with pytest.raises(DataError, match="found more"):
        read_idx(path, (2, 3, 4))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like MNIST's with 3 + 2 images, and a loader that expects as many."""
    monkeypatch.setattr(mnist, "N_TRAIN", 3)
    monkeypatch.setattr(mnist, "N_TEST", 2)
    start = 0
    names = [file.name for file in mnist.PUBLISHED.files]
    for images, labels, n in ((names[0], names[1], 3), (names[2], names[3], 2)):
        pixels = np.full((n, 28, 28), 50) + start + np.arange(n)[:, None, None]
        (tmp_path / images).write_bytes(gzip.compress(idx(pixels)))
        (tmp_path / labels).write_bytes(gzip.compress(idx(range(start, start + n))))
        start += n
    return tmp_path


def test_the_pool_holds_the_training_images_first(tiny: Path) -> None:
    digits = load_mnist(tiny)
    assert digits.images.shape == (5, 28, 28)
    assert digits.images[:, 3, 3].tolist() == [50, 51, 52, 53, 54]
    assert digits.labels.tolist() == digits.position.tolist() == [0, 1, 2, 3, 4]
    assert digits.images.dtype == np.uint8
    assert digits.labels.dtype == digits.position.dtype == np.int64


def test_labels_beyond_9_are_refused(tiny: Path) -> None:
    (tiny / "t10k-labels-idx1-ubyte.gz").write_bytes(idx([3, 10]))
    with pytest.raises(DataError, match=r"t10k-labels\S+: expected labels 0–9, found 10; fetch"):
        load_mnist(tiny)


def test_images_in_the_place_of_labels_are_refused(tiny: Path) -> None:
    labels = tiny / "train-labels-idx1-ubyte.gz"
    labels.write_bytes((tiny / "train-images-idx3-ubyte.gz").read_bytes())
    with pytest.raises(DataError, match=r"1-dimensional .* 00000801, found 00000803"):
        load_mnist(tiny)
    labels.unlink()
    with pytest.raises(DataError, match="train-labels"):
        load_mnist(tiny)


def test_files_of_the_right_form_but_another_data_set_do_not_pass_the_check(tiny: Path) -> None:
    load_mnist(tiny)
    with pytest.raises(DataError, match="is not the file that MNIST was published with"):
        check_dataset(mnist.PUBLISHED, tiny)


# The protocols


@pytest.fixture(scope="module")
def pool() -> Digits:
    """Labels as many and as mixed as MNIST's, with blank images that take no memory."""
    sorted_ = [np.repeat(np.arange(10), counts) for counts in (TRAIN, TEST)]
    labels = [part[np.arange(len(part)) * 7919 % len(part)] for part in sorted_]
    blank = np.broadcast_to(np.uint8(0), (N, 28, 28))
    return Digits(blank, np.concatenate(labels), np.arange(N))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("abnormal", DIGITS)
def test_a_split_uses_every_image_once(pool: Digits, abnormal: str, protocol: str) -> None:
    split = split_mnist(pool, abnormal, protocol)
    assert tuple(split.parts) == PARTS
    assert (split.use_case, split.abnormal, split.protocol) == ("mnist", abnormal, protocol)
    used = np.concatenate(list(split.parts.values()))
    assert len(np.unique(used)) == len(used)
    anomalies = pool.labels == int(abnormal)
    np.testing.assert_array_equal(split.classes, pool.labels.astype(str))
    np.testing.assert_array_equal(np.sort(used), np.arange(N))
    for name, part in split.parts.items():
        assert (np.diff(part) > 0).all()
        assert part.dtype == np.int64
        assert split.labels(name).sum() == (anomalies.sum() if name == "test" else 0)
    if protocol == "official":
        assert all((split.parts[name] < 60_000).all() for name in PARTS[:3])
        np.testing.assert_array_equal(
            split.parts["test"], np.flatnonzero(anomalies | (np.arange(N) >= 60_000))
        )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_sizes_of_the_parts_class_by_class(pool: Digits, protocol: str) -> None:
    split = split_mnist(pool, "4", protocol)
    for digit in range(10):
        total = TRAIN[digit] + TEST[digit]
        train = TRAIN[digit] if protocol == "official" else round(0.8 * total)
        fit, validation = round(0.9 * train), round(0.05 * train)
        expected = [fit, validation, train - fit - validation, total - train]
        if digit == 4:
            expected = [0, 0, 0, total]
        found = [(split.classes[split.parts[name]] == str(digit)).sum() for name in PARTS]
        assert found == expected


def test_the_published_sizes_and_base_rates(pool: Digits) -> None:
    def sizes(protocol: str) -> list[int]:
        return [len(part) for part in split_mnist(pool, "0", protocol).parts.values()]

    assert sizes("80/20") == [45_430, 2_524, 2_523, 19_523]
    assert sizes("official") == [48_669, 2_704, 2_704, 15_923]
    rates = [split_mnist(pool, digit).labels("test").mean() for digit in DIGITS]
    assert min(rates) == pytest.approx(0.331, abs=5e-4)  # digit 5
    assert max(rates) == pytest.approx(0.388, abs=5e-4)  # digit 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_part_of_an_image_does_not_depend_on_the_abnormal_digit(
    pool: Digits, protocol: str
) -> None:
    seen = np.full((10, N), "", dtype="<U11")
    for digit in range(10):
        for name, part in split_mnist(pool, str(digit), protocol).parts.items():
            seen[digit, part] = name
    elsewhere = seen[(pool.labels + 1) % 10, np.arange(N)]  # where its own digit is normal
    for digit in range(10):
        normal = pool.labels != digit
        np.testing.assert_array_equal(seen[digit, normal], elsewhere[normal])
        assert set(seen[digit, ~normal]) == {"test"}


def test_the_permutations_are_those_of_the_shipped_models(pool: Digits) -> None:
    """Pinned, since NumPy may change its stream, and with it who was trained on what."""
    split = split_mnist(pool, "0")
    digest = hashlib.sha256(b"".join(part.tobytes() for part in split.parts.values()))
    assert digest.hexdigest()[:16] == "c40bba9d447dafd7"


def test_a_split_is_the_same_each_time(pool: Digits) -> None:
    first, second = split_mnist(pool, "9"), split_mnist(pool, "9")
    for name in PARTS:
        np.testing.assert_array_equal(first.parts[name], second.parts[name])


def test_what_cannot_be_split_is_refused(pool: Digits, tmp_path: Path) -> None:
    for wrong in ("10", "", "zero", "01"):
        with pytest.raises(DataError, match=f"one of 0 to 9; found '{wrong}'"):
            split_mnist(pool, wrong)
    with pytest.raises(DataError, match="protocol is 80/20 or official; found '50/50'"):
        split_mnist(pool, "1", "50/50")
    part = Digits(pool.images[:99], pool.labels[:99], pool.position[:99])
    mixed = dataclasses.replace(pool, position=pool.position[::-1])
    for wrong_pool in (part, mixed):
        with pytest.raises(DataError, match=r"full pool of 70,000 .* load_mnist"):
            split_mnist(wrong_pool, "1")
        with pytest.raises(DataError, match="full pool"):
            save_sample(wrong_pool, tmp_path / "sample.npz")
    assert list(tmp_path.iterdir()) == []


# The bundled sample


def test_a_saved_sample_comes_back(pool: Digits, tmp_path: Path) -> None:
    path = tmp_path / "new" / "sample.npz"
    save_sample(pool, path)
    sample = load_sample(path)
    held_out: set[int] = set()
    for abnormal in ("0", "1"):
        split = split_mnist(pool, abnormal)
        held_out |= set(split.parts["test"][split.labels("test") == 0].tolist())
    assert sample.position.tolist() == sorted(held_out)
    np.testing.assert_array_equal(sample.labels, pool.labels[sample.position])
    assert sample.images.shape == (len(sample.labels), 28, 28)


def test_the_bundled_sample_is_whole() -> None:
    sample = load_sample()
    expected = [t + e - round(0.8 * (t + e)) for t, e in zip(TRAIN, TEST, strict=True)]
    assert np.bincount(sample.labels).tolist() == expected
    assert sum(expected) == len(sample.images) == 14_001
    assert sample.images.shape == (14_001, 28, 28)
    assert sample.images.dtype == np.uint8
    assert sample.labels.dtype == sample.position.dtype == np.int64
    assert (np.diff(sample.position) > 0).all()
    assert 0 <= sample.position[0] < sample.position[-1] < N
    assert len(set(sample_ids(sample.images))) == 14_001


def write_npz(path: Path, **changes: NDArray[Any]) -> None:
    arrays: dict[str, Any] = {
        "images": np.zeros((3, 28, 28), np.uint8),
        "labels": np.array([1, 2, 3], np.uint8),
        "position": np.arange(3),
    }
    np.savez_compressed(path, **(arrays | changes))


def test_an_unusable_sample_is_refused(tmp_path: Path) -> None:
    write_npz(tmp_path / "sample.npz")
    check_damage_is_refused(tmp_path / "sample.npz", load_sample)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"images": np.zeros((2, 28, 28), np.uint8)}, r"images of shape \(2, 28, 28\) for 3"),
        ({"images": np.zeros((3, 784), np.uint8)}, "images of shape"),
        ({"images": np.zeros((3, 28, 28))}, "images of shape"),
        ({"labels": np.array([1, 2, 30], np.uint8)}, "labels other than 0–9"),
        ({"position": np.arange(2)}, "one for each position"),
        ({"position": np.array([0, 2, 2])}, "positions that do not rise"),
        ({"position": np.array([0, 1, 70_000])}, "positions that do not rise"),
    ],
)
def test_a_sample_of_another_form_is_refused(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    write_npz(tmp_path / "sample.npz", **changes)
    with pytest.raises(DataError, match=reason):
        load_sample(tmp_path / "sample.npz")


# Vectors and content hashes


def test_vectors_are_rows_between_0_and_1() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, 1], images[1, 27, 27] = 255, 51
    rows = vectors(images)
    assert rows.shape == (2, 784)
    assert rows.dtype == np.float32
    assert (rows[0, 1], rows[1, 783]) == (1, np.float32(0.2))
    assert rows.sum() == pytest.approx(1.2)
    assert vectors(images[:0]).shape == (0, 784)


def test_a_sample_id_is_its_content_alone() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    ids = sample_ids(images)
    assert len(set(ids)) == 5
    assert ids[0] == hashlib.blake2b(images[0].tobytes(), digest_size=8).hexdigest()
    np.testing.assert_array_equal(sample_ids(images[::-1]), ids[::-1])
    np.testing.assert_array_equal(sample_ids(np.asfortranarray(images)), ids)
    np.testing.assert_array_equal(sample_ids(images.reshape(5, 784)), ids)
    assert sample_ids(images[:0]).shape == (0,)
    assert sample_ids(images[:0]).dtype == ids.dtype


# The real data


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Digits:
    return load_mnist(shared_data / "mnist")


def test_the_real_pool(real: Digits) -> None:
    assert np.bincount(real.labels[:60_000]).tolist() == list(TRAIN)
    assert np.bincount(real.labels[60_000:]).tolist() == list(TEST)
    assert real.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert real.labels[60_000:60_005].tolist() == [7, 2, 1, 0, 4]
    assert vectors(real.images).mean() == pytest.approx(0.1309, abs=5e-4)


def test_the_bundled_sample_is_the_held_out_fifth(real: Digits, tmp_path: Path) -> None:
    sample = load_sample()
    np.testing.assert_array_equal(sample.images, real.images[sample.position])
    np.testing.assert_array_equal(sample.labels, real.labels[sample.position])
    for digit in DIGITS:
        split = split_mnist(real, digit)
        normal = split.parts["test"][split.labels("test") == 0]
        np.testing.assert_array_equal(normal, sample.position[sample.labels != int(digit)])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_test_image_occurs_in_training_by_content(real: Digits, protocol: str) -> None:
    ids = sample_ids(real.images)
    for digit in DIGITS:
        parts = {name: set(ids[i]) for name, i in split_mnist(real, digit, protocol).parts.items()}
        assert sum(map(len, parts.values())) == len(set.union(*parts.values()))


def test_no_image_of_the_sample_is_trained_on_by_content(real: Digits) -> None:
    held_out = set(sample_ids(load_sample().images))
    for digit in DIGITS:
        parts = split_mnist(real, digit).parts
        trained = np.concatenate([parts[name] for name in PARTS[:3]])
        assert not held_out & set(sample_ids(real.images[trained]))
