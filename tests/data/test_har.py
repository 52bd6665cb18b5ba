"""UCI HAR: the split by subject, leaks, the bundled sample, the real data."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.data.damage import check_damage_is_refused
from tests.har_files import ZIP
from wganad_core.config import ACTIVITIES, HAR_PROTOCOLS
from wganad_core.data import DataError, har
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
from wganad_core.data.har_archive import SIGNALS
from wganad_core.records import PARTS

N_TRAIN, N_TEST = 7352, 2947
# How many windows of each activity the two parts were published with.
TRAIN = (1226, 1073, 986, 1286, 1374, 1407)
TEST = (496, 471, 420, 491, 532, 537)


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
